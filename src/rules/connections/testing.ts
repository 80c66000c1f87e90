// Packets for the tests of this folder: one client, one server, short to write.
import { parseAddress, type Address } from "../../packet/address.ts";
import { ACK, FIN, RST, SYN, type Packet } from "../../packet/packet.ts";
import { Problem } from "../../problem.ts";

export const flagsOf = {
  syn: SYN,
  "syn-ack": SYN | ACK,
  ack: ACK,
  fin: FIN | ACK,
  rst: RST,
  "rst-ack": RST | ACK,
} as const;
export type Segment = keyof typeof flagsOf;

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Problem("syntax", `“${text}” is no address`);
  return parsed;
}

const client = address("198.51.100.7");
const server = address("192.0.2.10");

function between(fromClient: boolean, protocol: number, ports: readonly [number, number]): Packet {
  return {
    family: 4,
    source: fromClient ? client : server,
    destination: fromClient ? server : client,
    protocol,
    sourcePort: fromClient ? ports[0] : ports[1],
    destinationPort: fromClient ? ports[1] : ports[0],
  };
}

/** A TCP segment between port 50000 of the client and port 443 of the server. `>`: from the client. */
export function tcp(
  way: ">" | "<",
  segment: Segment,
  ports: readonly [number, number] = [50_000, 443],
): Packet {
  return { ...between(way === ">", 6, ports), tcpFlags: flagsOf[segment] };
}

export function udp(way: ">" | "<", ports: readonly [number, number] = [50_000, 53]): Packet {
  return between(way === ">", 17, ports);
}

/** An ICMP message, with the identifier that pairs question and answer. */
export function icmp(way: ">" | "<", type: number, more: Partial<Packet> = {}): Packet {
  const { family, source, destination } = between(way === ">", 1, [0, 0]);
  return { family, source, destination, protocol: 1, icmpType: type, icmpCode: 0, ...more };
}
