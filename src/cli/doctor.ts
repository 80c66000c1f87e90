// `ringwall doctor`: on this Linux host, why it is allowed and still does not work.
import { takeSnapshot } from "../formats/linux/snapshot.ts";
import { parseAddress, type Address } from "../packet/address.ts";
import { parsePort, protocolName, TCP, UDP } from "../packet/protocol.ts";
import { Problem } from "../problem.ts";
import { examine } from "../questions/doctor.ts";
import { choiceOption, protocolOption, requireOption, textOption } from "./options.ts";
import { doctorJson, doctorText } from "./render/doctor-text.ts";
import type { OptionValues, Verb } from "./verb.ts";

const help = `ringwall doctor: why does nobody reach this port of this host, although it is allowed?

usage: ringwall doctor --port N [--proto tcp|udp] [--from ADDRESS] [--to ADDRESS] [--format text|json]

Looks at this Linux host as it stands now and changes nothing: what listens and on which address, what the loaded
firewall says to the packet and to its answer, Docker's and Kubernetes' chains, addresses and ways, the reverse path
filter, the listen queue and the connection table. Each line says what was looked at and what to do. As root it sees
everything; what it can't see it says.

  --port N          the port that clients connect to: 8080, https
  --proto P         tcp (default) or udp
  --from ADDRESS    the client that can't connect (default: anybody on the internet)
  --to ADDRESS      the host's address that the client uses (default: the one that faces the client)
  --format text|json

Exit status: 0 nothing wrong found, 1 a fault was found, 2 unusable input or usage.
`;

export const doctorVerb: Verb = {
  summary: "on this host: why nobody reaches a port although it is allowed",
  help,
  options: {
    port: { type: "string" },
    proto: { type: "string" },
    from: { type: "string" },
    to: { type: "string" },
    format: { type: "string" },
  },
  run: async (positionals, options, terminal) => {
    if (positionals.length > 0) {
      throw new Problem("usage", `doctor looks at this host; “${positionals[0]}” was not expected`, {
        remedy: "for an estate's files: ringwall trace",
      });
    }
    const format = choiceOption(options, "format", ["text", "json"], "text");
    const question = questionOf(options);
    if (process.platform !== "linux") {
      throw new Problem("unanswerable", `doctor reads Linux's own tables, and this is ${process.platform}`);
    }
    const examination = examine(await takeSnapshot(question), question);
    terminal.write(
      format === "json"
        ? `${JSON.stringify(doctorJson(examination), undefined, 2)}\n`
        : doctorText(examination, terminal.colour),
    );
    return examination.lines.some((line) => line.health === "fault") ? 1 : 0;
  },
};

function questionOf(options: OptionValues) {
  const protocol = protocolOption(options);
  if (protocol !== TCP && protocol !== UDP) {
    throw new Problem("usage", `${protocolName(protocol)} has no ports that a program listens on`, {
      remedy: "--proto tcp or --proto udp",
    });
  }
  const text = requireOption(textOption(options, "port"), "which port? --port is missing", "--port 8080");
  const port = parsePort(text);
  if (port === undefined || port === 0) {
    throw new Problem("usage", `“${text}” is no port`, {
      remedy: "a number from 1 to 65535, or a name such as https",
    });
  }
  const client = addressOption(options, "from");
  const server = addressOption(options, "to");
  if (client !== undefined && server !== undefined && client.family !== server.family)
    throw new Problem("usage", "--from and --to are of two families");
  return {
    protocol,
    port,
    ...(client === undefined ? {} : { client }),
    ...(server === undefined ? {} : { server }),
  };
}

function addressOption(options: OptionValues, name: string): Address | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (address === undefined)
    throw new Problem("usage", `--${name} takes an address, and “${text}” is none`, {
      remedy: `--${name} 203.0.113.7`,
    });
  return address;
}
