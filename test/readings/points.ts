// Packets as points: one value for each field that rules may ask for, the headers that the packet lacks among them. A point
// becomes a well-formed packet in a view; drawing them from what rules name stands in packets.ts.
import { parseAddress, type Address, type Family } from "../../src/packet/address.ts";
import type { Packet } from "../../src/packet/packet.ts";
import { hasPorts, ICMP, ICMPV6, TCP } from "../../src/packet/protocol.ts";
import type { ConnectionState } from "../../src/rules/match.ts";
import type { View } from "../../src/rules/view.ts";

export interface Point {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  readonly tcpFlags: number;
  readonly fragment: "whole" | "first" | "later";
  readonly state: ConnectionState;
  readonly inInterface: string;
  readonly outInterface: string;
  readonly mark: number;
  readonly connectionMark: number;
}

/** What fields may be, for those of which something is known. */
export type Values = { readonly [Field in keyof Point]?: readonly Point[Field][] };

/** What is drawn where rules name nothing: of each field a few values that no dump's rules treat in a special way. */
export function usualValues(family: Family): { readonly [Field in keyof Point]: readonly Point[Field][] } {
  const addresses = (
    family === 4
      ? ["10.11.12.13", "192.168.7.7", "198.51.100.9", "8.8.8.8"]
      : ["2001:db8:7::9", "fd00::7", "2600::1"]
  ).map(addressOf);
  return {
    source: addresses,
    destination: addresses,
    protocol: [TCP, TCP, 17, family === 4 ? ICMP : ICMPV6, 47],
    sourcePort: [50_000, 10_000],
    destinationPort: [443, 7777],
    icmpType: [family === 4 ? 8 : 128],
    icmpCode: [0],
    tcpFlags: [0x02, 0x12, 0x10],
    fragment: ["whole", "whole", "whole", "whole", "first", "later"],
    state: ["new", "new", "established", "related", "invalid", "untracked"],
    inInterface: ["eth0", "other7"],
    outInterface: ["eth1", "other8", ""],
    mark: [0],
    connectionMark: [0],
  };
}

export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`“${text}” is no address`);
  return address;
}

/** The packet with the headers that its protocol and fragment carry, in a view of which everything is known. */
export function viewOf(point: Point): View {
  const { source, destination, protocol, fragment } = point;
  const family = source.family;
  const headed = fragment !== "later";
  const packet: Packet = {
    family,
    source,
    destination,
    protocol,
    ...(headed && hasPorts(protocol)
      ? { sourcePort: point.sourcePort, destinationPort: point.destinationPort }
      : {}),
    ...(headed && protocol === TCP ? { tcpFlags: point.tcpFlags } : {}),
    ...(headed && protocol === (family === 4 ? ICMP : ICMPV6)
      ? { icmpType: point.icmpType, icmpCode: point.icmpCode }
      : {}),
    ...(fragment === "whole" ? {} : { fragment }),
  };
  return {
    packet,
    state: point.state,
    inInterface: point.inInterface,
    outInterface: point.outInterface,
    mark: point.mark,
    connectionMark: point.connectionMark,
  };
}
