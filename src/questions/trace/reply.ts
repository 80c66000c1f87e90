// The packet that answers a packet: ends exchanged, the flags or types that an answer has.
import { ACK, SYN, type Packet } from "../../packet/packet.ts";
import { ICMP, ICMPV6, TCP } from "../../packet/protocol.ts";

/** ICMP requests and their answers (RFC 792, RFC 950, RFC 4443). */
const icmpAnswers: Readonly<Record<number, number>> = { 8: 0, 13: 14, 15: 16, 17: 18 };

/** The answer that the other end sends; undefined where nothing is answered. */
export function replyTo(packet: Packet): Packet | undefined {
  const icmp = packet.protocol === ICMP || packet.protocol === ICMPV6;
  const icmpType = icmp ? icmpAnswer(packet) : undefined;
  if (icmp && icmpType === undefined) return undefined;
  const { source, destination, sourcePort, destinationPort, from, to, tcpFlags, ...both } = packet;
  // The answer's own length, TTL and sender are not the question's, and nobody knows them.
  const { length: _length, ttl: _ttl, sourceMac: _mac, ...rest } = both;
  return {
    ...rest,
    source: destination,
    destination: source,
    ...(destinationPort === undefined ? {} : { sourcePort: destinationPort }),
    ...(sourcePort === undefined ? {} : { destinationPort: sourcePort }),
    ...(to === undefined ? {} : { from: to }),
    ...(from === undefined ? {} : { to: from }),
    ...(icmpType === undefined ? {} : { icmpType }),
    ...(packet.protocol === TCP && tcpFlags !== undefined
      ? { tcpFlags: tcpFlags === SYN ? SYN | ACK : ACK }
      : {}),
  };
}

function icmpAnswer(packet: Packet): number | undefined {
  if (typeof packet.icmpType !== "number") return undefined;
  if (packet.protocol === ICMPV6) return packet.icmpType === 128 ? 129 : undefined;
  return icmpAnswers[packet.icmpType];
}
