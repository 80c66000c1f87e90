// `ringwall trace`: what happens to a packet at every ring, there and back.
import { loadEstate } from "../formats/load.ts";
import type { Estate, Host } from "../estate/model.ts";
import type { HostFirewall } from "../layers/host/model.ts";
import { formatAddress } from "../packet/address.ts";
import { isAddress } from "../packet/address-set.ts";
import { parsePacketText, type WrittenPacket } from "../packet/packet-text.ts";
import type { Packet } from "../packet/packet.ts";
import { Problem } from "../problem.ts";
import { trace, type Trace, type TraceQuestion } from "../questions/trace.ts";
import { traceHost } from "../questions/trace/host.ts";
import { stopsFor } from "../questions/trace/stop.ts";
import {
  choiceOption,
  flagOption,
  numberOption,
  portsOption,
  protocolOption,
  requireOption,
  textOption,
  estateArgument,
} from "./options.ts";
import { traceJson } from "./render/trace-json.ts";
import { traceText } from "./render/trace-text.ts";
import type { OptionValues, Verb } from "./verb.ts";

const help = `ringwall trace: what happens to a packet at every ring, there and back

usage: ringwall trace ESTATE --from A --to B --port N [--proto tcp|udp|icmp|N] [options]
       ringwall trace ESTATE --packet 'tcp 203.0.113.7:50000 > 192.0.2.10:22 in eth0'

A and B are an address, a name, an instance or interface id, a tag (Role=web), a pod (shop/cart), or internet.

  --from A, --to B        the two ends
  --proto P               tcp (default), udp, icmp, sctp, or a number
  --port N                destination port: 443, https, 8000-8100, 80,443 or any
  --source-port N         otherwise any of the ephemeral ports of the client's system
  --icmp-type N, --icmp-code N
  --state new|established whether the connection is known already (default: new)
  --family 4|6            where both ends have both
  --packet TEXT           one packet, written out; “in NAME” and “out NAME” for one host's firewall
  --in NAME, --out NAME   interfaces, for one host's firewall
  --deny                  say what would stop it rather than what would let it through
  --format text|json      (default: text); the JSON schema is schemas/trace.schema.json

Exit status: 0 allowed, 1 denied or it depends, 2 unusable input or usage.
`;

export const traceVerb: Verb = {
  summary: "what happens to a packet at every ring, there and back",
  help,
  options: {
    from: { type: "string" },
    to: { type: "string" },
    proto: { type: "string" },
    port: { type: "string" },
    "source-port": { type: "string" },
    "icmp-type": { type: "string" },
    "icmp-code": { type: "string" },
    state: { type: "string" },
    family: { type: "string" },
    packet: { type: "string" },
    in: { type: "string" },
    out: { type: "string" },
    deny: { type: "boolean" },
    format: { type: "string" },
  },
  run: async (positionals, options, terminal) => {
    const path = estateArgument(
      positionals,
      "ringwall trace examples/three-tier --from internet --to alb --port 443",
    );
    const format = choiceOption(options, "format", ["text", "json"], "text");
    const estate = await loadEstate(path);
    const answer = ask(estate, options);
    const stops = flagOption(options, "deny") ? stopsFor(answer) : [];
    terminal.write(
      format === "json"
        ? `${JSON.stringify(traceJson(answer, stops), undefined, 2)}\n`
        : traceText(answer, {
            colour: terminal.colour,
            remedies: flagOption(options, "deny") ? "deny" : "allow",
            stops,
          }),
    );
    return answer.answer === "allowed" ? 0 : 1;
  },
};

function ask(estate: Estate, options: OptionValues): Trace {
  const text = textOption(options, "packet");
  const written = text === undefined ? undefined : parsePacketText(text);
  const devices = [options["in"], options["out"], written?.inInterface, written?.outInterface];
  const alone = loneHost(
    estate,
    devices.some((device) => device !== undefined),
  );
  if (alone !== undefined) return askHost(estate, alone, written ?? packetOf(options), options);
  if (written !== undefined) return trace(estate, questionOf(written));
  return trace(estate, {
    from: requireOption(
      textOption(options, "from"),
      "from where? --from is missing",
      "--from internet, or an address, a name, an id",
    ),
    to: requireOption(
      textOption(options, "to"),
      "to where? --to is missing",
      "--to NAME, or an address, an id",
    ),
    ...service(options),
  });
}

function service(options: OptionValues): Omit<TraceQuestion, "from" | "to"> {
  const port = portsOption(options, "port");
  const sourcePort = portsOption(options, "source-port");
  const icmpType = numberOption(options, "icmp-type", 255);
  const icmpCode = numberOption(options, "icmp-code", 255);
  const family = choiceOption(options, "family", ["4", "6", "either"], "either");
  return {
    protocol: protocolOption(options),
    state: choiceOption(options, "state", ["new", "established"], "new"),
    ...(port === undefined ? {} : { port }),
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(icmpType === undefined ? {} : { icmpType }),
    ...(icmpCode === undefined ? {} : { icmpCode }),
    ...(family === "either" ? {} : { family: family === "4" ? 4 : 6 }),
  };
}

type FirewalledHost = Host & { readonly firewall: HostFirewall };

/**
 * A dump of one host with no network around it, or a question that names interfaces of a host (`in eth0`): then the
 * question is about its firewall alone.
 */
function loneHost(estate: Estate, namesDevices: boolean): FirewalledHost | undefined {
  if (estate.networks.size > 0 && !namesDevices) return undefined;
  const walled = [...estate.hosts.values()].filter(
    (host): host is FirewalledHost => host.firewall !== undefined,
  );
  const [host, ...others] = walled;
  if (namesDevices && estate.networks.size > 0 && (host === undefined || others.length > 0)) {
    throw new Problem(
      "usage",
      `an interface was named, but ${host === undefined ? "no host" : `${walled.length} hosts`} here ${others.length > 0 ? "have" : "has"} a firewall that was read`,
      {
        remedy: "ask with --from and --to, or name the host's own dump as the estate",
      },
    );
  }
  return others.length > 0 ? undefined : host;
}

function askHost(estate: Estate, host: FirewalledHost, written: WrittenPacket, options: OptionValues): Trace {
  const inInterface = textOption(options, "in") ?? written.inInterface;
  const outInterface = textOption(options, "out") ?? written.outInterface;
  const state =
    options["state"] === undefined
      ? written.state
      : choiceOption(options, "state", ["new", "established"], "new");
  return traceHost(
    host,
    {
      packet: written.packet,
      ...(inInterface === undefined ? {} : { inInterface }),
      ...(outInterface === undefined ? {} : { outInterface }),
      ...(state === undefined ? {} : { state }),
    },
    estate.unknowns,
  );
}

/** A packet from --from, --to and --port, for a host that stands alone. */
function packetOf(options: OptionValues): WrittenPacket {
  const end = (name: "from" | "to"): string =>
    requireOption(
      textOption(options, name),
      `--${name} is missing`,
      `--${name} takes an address here, or write the packet out with --packet`,
    );
  const bracketed = (address: string): string => (address.includes(":") ? `[${address}]` : address);
  const port = textOption(options, "port");
  const source = textOption(options, "source-port");
  const type = textOption(options, "icmp-type");
  const code = textOption(options, "icmp-code");
  const text = [
    textOption(options, "proto") ?? "tcp",
    `${bracketed(end("from"))}${source === undefined ? "" : `:${source}`}`,
    ">",
    `${bracketed(end("to"))}${port === undefined ? "" : `:${port}`}`,
    ...(type === undefined ? [] : ["type", type]),
    ...(code === undefined ? [] : ["code", code]),
  ];
  return parsePacketText(text.join(" "));
}

/** A written packet as a question of an estate: its addresses are the ends. */
function questionOf(written: WrittenPacket): TraceQuestion {
  const { packet } = written;
  return {
    from: endText(packet, "source"),
    to: endText(packet, "destination"),
    protocol: typeof packet.protocol === "number" ? packet.protocol : 0,
    ...(packet.destinationPort === undefined ? {} : { port: packet.destinationPort }),
    ...(packet.sourcePort === undefined ? {} : { sourcePort: packet.sourcePort }),
    ...(typeof packet.icmpType === "number" ? { icmpType: packet.icmpType } : {}),
    ...(typeof packet.icmpCode === "number" ? { icmpCode: packet.icmpCode } : {}),
    ...(written.state === undefined ? {} : { state: written.state }),
    headers: headersOf(packet),
  };
}

/** What a written packet says of itself beside its ends. */
function headersOf(packet: Packet): NonNullable<TraceQuestion["headers"]> {
  const { tcpFlags, length, ttl, sourceMac } = packet;
  return {
    ...(tcpFlags === undefined ? {} : { tcpFlags }),
    ...(length === undefined ? {} : { length }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(sourceMac === undefined ? {} : { sourceMac }),
  };
}

function endText(packet: Packet, field: "source" | "destination"): string {
  const value = packet[field];
  return isAddress(value) ? formatAddress(value) : "internet";
}
