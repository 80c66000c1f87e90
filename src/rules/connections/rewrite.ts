// Rewriting the packets of translated connections, in both directions, ICMP errors together with what they quote
// (nf_nat_proto.c). To what a connection was bound stands in translate.ts.
import type { Packet } from "../../packet/packet.ts";
import { hasPorts, ICMP, ICMPV6 } from "../../packet/protocol.ts";
import type { Connection } from "./connection.ts";
import type { Direction } from "./model.ts";
import type { Side } from "./translate.ts";
import type { Tuple } from "./tuple.ts";

/** Whether packets of this direction have this side rewritten. A reply is rewritten on the other side. */
export function isTranslated(connection: Connection, direction: Direction, side: Side): boolean {
  const original = direction === "original" ? side : side === "source" ? "destination" : "source";
  return connection.status.has(original === "source" ? "snat" : "dnat");
}

/**
 * The packet as it is after one side was translated as its connection has it; the same packet where it is not.
 * An ICMP error is rewritten together with the packet that it quotes; undefined where the kernel drops it, which it
 * does with redirects (RFC 792) about translated connections.
 */
export function rewrite(
  packet: Packet,
  connection: Connection,
  direction: Direction,
  side: Side,
  isError: boolean,
): Packet | undefined {
  const isRedirect = isError && packet.icmpType === (packet.protocol === ICMP ? 5 : 137);
  if (isRedirect && (connection.status.has("snat") || connection.status.has("dnat"))) return undefined;
  if (!isTranslated(connection, direction, side)) return packet;
  // The packet must look like the inverse of the other direction's tuple.
  const other = connection.tuple(direction === "original" ? "reply" : "original");
  const address = side === "source" ? other.destination : other.source;
  if (isError) {
    const quoted = packet.quoted === undefined ? undefined : rewriteQuoted(packet.quoted, other, side);
    const outer: Packet =
      side === "source" ? { ...packet, source: address } : { ...packet, destination: address };
    return quoted === undefined ? outer : { ...outer, quoted };
  }
  const moved: Packet =
    side === "source" ? { ...packet, source: address } : { ...packet, destination: address };
  if (isIcmp(packet)) {
    return packet.icmpId === undefined || other.icmpId === undefined
      ? moved
      : { ...moved, icmpId: other.icmpId };
  }
  const port = side === "source" ? other.destinationPort : other.sourcePort;
  if (port === undefined || packet.sourcePort === undefined) return moved;
  return side === "source" ? { ...moved, sourcePort: port } : { ...moved, destinationPort: port };
}

/** The quoted packet went the other way: its opposite side is made to look as its sender wrote it. */
function rewriteQuoted(quoted: Packet, other: Tuple, side: Side): Packet {
  const ported = typeof quoted.protocol !== "number" || hasPorts(quoted.protocol);
  const id = isIcmp(quoted) && other.icmpId !== undefined ? { icmpId: other.icmpId } : {};
  if (side === "source") {
    const port =
      ported && other.destinationPort !== undefined ? { destinationPort: other.destinationPort } : {};
    return { ...quoted, destination: other.destination, ...port, ...id };
  }
  const port = ported && other.sourcePort !== undefined ? { sourcePort: other.sourcePort } : {};
  return { ...quoted, source: other.source, ...port, ...id };
}

function isIcmp(packet: Packet): boolean {
  return packet.protocol === ICMP || packet.protocol === ICMPV6;
}
