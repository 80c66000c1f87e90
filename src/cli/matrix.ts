// `ringwall matrix`: one firewall and one service: who reaches whom, as a grid of address classes; and who may spoof.
import { loadEstate } from "../formats/load.ts";
import type { Estate } from "../estate/model.ts";
import type { HostFirewall, Hook } from "../layers/host/model.ts";
import type { Family } from "../packet/address.ts";
import { hasPorts } from "../packet/protocol.ts";
import { Problem } from "../problem.ts";
import { serviceMatrices, type Service } from "../questions/matrix.ts";
import { assignmentOf } from "../questions/matrix/assignment.ts";
import { spoofing } from "../questions/matrix/spoofing.ts";
import {
  choiceOption,
  flagOption,
  numberOption,
  portsOption,
  protocolOption,
  estateArgument,
} from "./options.ts";
import { matrixJson } from "./render/matrix-json.ts";
import { matrixText, spoofingText } from "./render/matrix-text.ts";
import type { OptionValues, Verb } from "./verb.ts";

const help = `ringwall matrix: who reaches whom with one service through one firewall

usage: ringwall matrix ESTATE --port N [--proto tcp] [options]

Parts all addresses into classes that the firewall treats alike, and says between which of them new connections of the
service are let through: → for certain, ? where it hangs on what no header shows.

  --port N, --proto P     the service: tcp 22; several ports make several matrices: --port 22,80
  --source-port N         only from that port
  --host NAME             which host, where the estate has several firewalls
  --hook H                forward (default), input or output
  --family 4|6            (default: 4)
  --interfaces            take addresses to come by the interface that the host's routes and addresses give them, and
                          say by which of them somebody can get through with an address that is not theirs
  --format text|json

Exit status: 0 somebody reaches somebody, 1 nobody does, 2 unusable input or usage.
`;

/** More ports than these are a question for reach. */
const mostPorts = 16;

export const matrixVerb: Verb = {
  summary: "who reaches whom with one service through one firewall, as a grid",
  help,
  options: {
    port: { type: "string" },
    proto: { type: "string" },
    "source-port": { type: "string" },
    host: { type: "string" },
    hook: { type: "string" },
    family: { type: "string" },
    interfaces: { type: "boolean" },
    format: { type: "string" },
  },
  run: async (positionals, options, terminal) => {
    const path = estateArgument(positionals, "ringwall matrix rules.v4 --port 22");
    const format = choiceOption(options, "format", ["text", "json"], "text");
    const hook: Hook = choiceOption(options, "hook", ["forward", "input", "output"], "forward");
    const services = servicesOf(options);
    const firewall = firewallOf(await loadEstate(path), options);
    const assignment = flagOption(options, "interfaces") ? assignmentOf(firewall) : [];
    const matrices = serviceMatrices(firewall, hook, services, assignment);
    const family = services[0]?.family ?? 4;
    const spoofed = assignment.length === 0 ? [] : spoofing(firewall, hook, family, assignment);
    terminal.write(
      format === "json"
        ? `${JSON.stringify(matrixJson(firewall.name, hook, matrices, spoofed), undefined, 2)}\n`
        : [
            ...matrices.map((matrix) => matrixText(matrix, { colour: terminal.colour })),
            ...(spoofed.length === 0 ? [] : [spoofingText(spoofed, { colour: terminal.colour })]),
          ].join("\n"),
    );
    return matrices.some((matrix) => matrix.edges.length > 0) ? 0 : 1;
  },
};

function servicesOf(options: OptionValues): Service[] {
  const protocol = protocolOption(options);
  const family: Family = choiceOption(options, "family", ["4", "6"], "4") === "6" ? 6 : 4;
  const sourcePort = numberOption(options, "source-port", 65535);
  const shared = { family, protocol, ...(sourcePort === undefined ? {} : { sourcePort }) };
  const port = portsOption(options, "port");
  if (port === undefined) {
    if (hasPorts(protocol))
      throw new Problem("usage", "which service? --port is missing", {
        remedy: "--port 22, --proto udp --port 53",
      });
    return [shared];
  }
  const ports = typeof port === "number" ? [port] : singlePorts(port);
  return ports.map((destinationPort) => ({ ...shared, destinationPort }));
}

function singlePorts(set: readonly number[]): number[] {
  const ports: number[] = [];
  for (let at = 0; at + 1 < set.length; at += 2)
    for (let value = set[at] ?? 0; value <= (set[at + 1] ?? -1); value += 1) {
      if (ports.length === mostPorts)
        throw new Problem("usage", `a matrix a port: at most ${mostPorts} of them`, {
          remedy: "ringwall reach answers for all ports at once",
        });
      ports.push(value);
    }
  return ports;
}

function firewallOf(estate: Estate, options: OptionValues): HostFirewall {
  const walled = [...estate.hosts.values()].flatMap((host) =>
    host.firewall === undefined ? [] : [{ host, firewall: host.firewall }],
  );
  const wanted = options["host"];
  const chosen =
    wanted === undefined ? walled : walled.filter(({ host }) => host.name === wanted || host.id === wanted);
  const [only, ...others] = chosen;
  if (only !== undefined && others.length === 0) return only.firewall;
  const names = walled.map(({ host }) => host.name).join(", ");
  throw new Problem(
    "unanswerable",
    walled.length === 0
      ? "no host here has a firewall that was read"
      : wanted === undefined
        ? `${walled.length} hosts here have a firewall`
        : `no host “${String(wanted)}” with a firewall is here`,
    walled.length === 0 ? {} : { remedy: `--host: ${names}` },
  );
}
