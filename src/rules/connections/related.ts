// ICMP in the connection table, apart from questions and answers: errors, which belong to the connection that they
// quote (RELATED), and the messages that IPv6 itself lives on, which are not tracked. After nf_conntrack_inet_error
// and nf_conntrack_icmpv6_error.
import { isAddress } from "../../packet/address-set.ts";
import { isIcmpError, type AddressValue, type Packet } from "../../packet/packet.ts";
import { ICMPV6 } from "../../packet/protocol.ts";
import type { Connection } from "./connection.ts";
import type { Direction, Tracked } from "./model.ts";
import { inverted, tupleOf, type Tuple } from "./tuple.ts";

/** Multicast listener and neighbour discovery messages (RFC 2710, RFC 3810, RFC 4861): the kernel leaves them untracked. */
const untrackedIcmpv6 = new Set([130, 131, 132, 133, 134, 135, 136, 143]);

export function isUntrackedByNature(packet: Packet): boolean {
  return (
    packet.protocol === ICMPV6 &&
    packet.family === 6 &&
    typeof packet.icmpType === "number" &&
    untrackedIcmpv6.has(packet.icmpType)
  );
}

export const untracked: Tracked = { state: "untracked", direction: "original" };

export function invalid(why: string): Tracked {
  return { state: "invalid", direction: "original", why };
}

/** What an ICMP error belongs to; undefined where the packet is none. */
export function trackError(
  packet: Packet,
  find: (tuple: Tuple) => { readonly connection: Connection; readonly direction: Direction } | undefined,
): Tracked | undefined {
  if (!isIcmpError(packet)) return undefined;
  if (packet.quoted === undefined) return invalid("it is an ICMP error that quotes no packet");
  const tuple = inverted(tupleOf(packet.quoted));
  const found = tuple === undefined ? undefined : find(tuple);
  if (found === undefined) return invalid("it is an ICMP error about a packet of no known connection");
  // The error must go where the quoted packet came from, or it is forged.
  if (!sameAddress(packet.destination, found.connection.tuple(found.direction).destination))
    return invalid("it is an ICMP error that goes elsewhere than the packet it quotes came from");
  return { state: "related", connection: found.connection, direction: found.direction };
}

function sameAddress(a: AddressValue, b: AddressValue): boolean {
  // Where either is open, the question did not mean to forge.
  return !isAddress(a) || !isAddress(b) || (a.family === b.family && a.value === b.value);
}
