// Transport headers: ports, TCP's flags and numbers, ICMP's type, code and identifier. Whatever is not there stays
// absent, and the reason comes back as text. The packet that an ICMP error quotes is decode-ip.ts's own matter.
import { byteAt, fourBytesAt, twoBytesAt } from "./bytes.ts";
import type { Draft } from "./decoded.ts";
import { DCCP, ICMP, ICMPV6, protocolName, SCTP, TCP, UDP, UDPLITE } from "./protocol.ts";

/** The least header of each protocol that has ports, in bytes. */
const leastHeader: Readonly<Record<number, number>> = {
  [TCP]: 20,
  [UDP]: 8,
  [DCCP]: 12,
  [SCTP]: 12,
  [UDPLITE]: 8,
};

/** ICMP queries carry an identifier: echo, timestamp, information, address mask (RFC 792, RFC 950). */
const queries: ReadonlySet<number> = new Set([0, 8, 13, 14, 15, 16, 17, 18]);

/**
 * Reads the transport header that begins at `at` into the draft; `end` is where the packet ends by its own length.
 * A quoted packet is cut off by custom, so that is not worth a word there.
 * @returns what is missing or malformed, if something is
 */
export function decodeTransport(
  draft: Draft,
  bytes: Uint8Array,
  at: number,
  end: number,
  quoted: boolean,
): string | undefined {
  const there = Math.min(bytes.length, end) - at;
  const announced = end - at;
  const protocol = draft.protocol;
  if (typeof protocol !== "number") return undefined;
  const least = leastHeader[protocol];
  if (least !== undefined) {
    if (there >= 4) {
      draft.sourcePort = twoBytesAt(bytes, at);
      draft.destinationPort = twoBytesAt(bytes, at + 2);
    }
    const tcp = protocol === TCP ? readTcp(draft, bytes, at, there, announced) : undefined;
    return quoted ? undefined : (cut(protocol, least, there, announced) ?? tcp);
  }
  if (protocol === (draft.family === 4 ? ICMP : ICMPV6))
    return readIcmp(draft, bytes, at, end, there, quoted);
  return undefined;
}

function cut(protocol: number, least: number, there: number, announced: number): string | undefined {
  if (there >= least) return undefined;
  const name = protocolName(protocol).toUpperCase();
  return announced >= least
    ? `the capture ends inside the ${name} header`
    : `its ${name} header is ${Math.max(announced, 0)} bytes long; ${least} is the least`;
}

function readTcp(
  draft: Draft,
  bytes: Uint8Array,
  at: number,
  there: number,
  announced: number,
): string | undefined {
  if (there >= 14) draft.tcpFlags = byteAt(bytes, at + 13);
  if (there < 16) return undefined;
  const header = (byteAt(bytes, at + 12) >> 4) * 4;
  if (header < 20) return `a TCP header length of ${header} bytes; 20 is the least`;
  if (header > announced) return `a TCP header length of ${header} bytes in ${announced} bytes of segment`;
  draft.tcp = {
    sequence: fourBytesAt(bytes, at + 4),
    acknowledgment: fourBytesAt(bytes, at + 8),
    window: twoBytesAt(bytes, at + 14),
    payloadBytes: announced - header,
  };
  return undefined;
}

function readIcmp(
  draft: Draft,
  bytes: Uint8Array,
  at: number,
  end: number,
  there: number,
  quoted: boolean,
): string | undefined {
  const name = draft.family === 4 ? "ICMP" : "ICMPv6";
  if (there >= 1) draft.icmpType = byteAt(bytes, at);
  if (there >= 2) draft.icmpCode = byteAt(bytes, at + 1);
  const type = draft.icmpType;
  const query = draft.family === 4 ? queries.has(Number(type)) : type === 128 || type === 129;
  if (query && there >= 6) draft.icmpId = twoBytesAt(bytes, at + 4);
  if (quoted) return undefined;
  if (there < 8)
    return end - at >= 8
      ? `the capture ends inside the ${name} header`
      : `its ${name} header is ${Math.max(end - at, 0)} bytes long; 8 is the least`;
  return undefined;
}
