// Packets for tests, in a line each: `tcp 10.0.0.1:1000 > 10.0.0.2:22 syn`.
import { parseAddress, type Address } from "../../../packet/address.ts";
import { ACK, FIN, RST, SYN, type Packet } from "../../../packet/packet.ts";
import { parseProtocol } from "../../../packet/protocol.ts";

const flagBits: Readonly<Record<string, number>> = { fin: FIN, syn: SYN, rst: RST, ack: ACK, none: 0 };

/**
 * `tcp A[:port] > B[:port] [syn,ack]`, `icmp A > B 8[/0]`, `udp later A > B` for a later fragment. IPv6 addresses with a
 * port stand in brackets.
 */
export function packet(line: string, more: Partial<Packet> = {}): Packet {
  const [, name = "", fragment, from = "", to = "", rest] =
    /^(\S+)(?: (first|later))? (\S+) > (\S+)(?: (\S+))?$/.exec(line) ?? [];
  const protocol = parseProtocol(name);
  if (protocol === undefined) throw new Error(`no packet: ${line}`);
  const [source, sourcePort] = end(from);
  const [destination, destinationPort] = end(to);
  const icmp = name.startsWith("icmp") && fragment !== "later";
  const [type, code] = icmp ? (rest ?? "8").split("/") : [];
  return {
    family: source.family,
    source,
    destination,
    protocol,
    ...(fragment === "first" || fragment === "later" ? { fragment } : {}),
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(destinationPort === undefined ? {} : { destinationPort }),
    ...(type === undefined ? {} : { icmpType: Number(type), icmpCode: Number(code ?? 0) }),
    ...(name === "tcp" && fragment !== "later" ? { tcpFlags: flags(rest ?? "syn") } : {}),
    ...more,
  };
}

function flags(names: string): number {
  return names.split(",").reduce((bits, name) => bits | (flagBits[name] ?? 0), 0);
}

function end(text: string): [Address, number | undefined] {
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const address = parseAddress(six ?? four ?? text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return [address, port === undefined ? undefined : Number(port)];
}
