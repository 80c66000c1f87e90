// IPv4 and IPv6 headers, with IPv6's extension headers, down to where the transport begins (decode-transport.ts).
// Fragments are told apart, not put together: that is for whoever follows connections.
import type { Family } from "./address.ts";
import { byteAt, fourBytesAt, sixteenBytesAt, twoBytesAt } from "./bytes.ts";
import {
  undecodable,
  type DecodedPacket,
  type Draft,
  type FragmentPlace,
  type Undecodable,
} from "./decoded.ts";
import { decodeTransport } from "./decode-transport.ts";
import { isIcmpError, type Packet } from "./packet.ts";
import { AH } from "./protocol.ts";

/** The part of a decoded packet that the headers above the link layer give. */
export type DecodedIp = Pick<DecodedPacket, "kind" | "packet" | "fragmentOf" | "incomplete">;

/** What the link layer already told of the packet. */
export type LinkFields = Pick<Packet, "linkType" | "sourceMac">;

/** Where the transport stands, once the network layer is read. */
interface Payload {
  readonly draft: Draft;
  readonly at: number;
  /** Where the packet ends by its own length field. */
  readonly end: number;
  readonly fragmentOf?: FragmentPlace;
  readonly incomplete?: string;
}

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;
/** RFC 8200 allows no chain that long; the kernel bounds it by the packet's length, we by a number too. */
const mostExtensionHeaders = 32;

/**
 * Decodes the IP packet that begins at `at`. `wireEnd` is where the frame ended before the capture cut it; `family`
 * is what the link layer announced. A `quoted` packet (inside an ICMP error) may end anywhere after its addresses.
 */
export function decodeIp(
  bytes: Uint8Array,
  at: number,
  wireEnd: number,
  family: Family | undefined,
  link: LinkFields = {},
  quoted = false,
): DecodedIp | Undecodable {
  if (at >= bytes.length) return undecodable("the capture ends before the IP header");
  const version = byteAt(bytes, at) >> 4;
  if (version !== 4 && version !== 6) return undecodable(`IP version ${version}`);
  if (family !== undefined && version !== family)
    return undecodable(`announced as IPv${family}, and its header says version ${version}`);
  const payload = version === 4 ? ipv4(bytes, at, wireEnd, link) : ipv6(bytes, at, wireEnd, link);
  if ("kind" in payload) return payload;
  const { draft, fragmentOf } = payload;
  const short =
    !quoted && payload.end > wireEnd
      ? "shorter than its own length field says: a host drops it unseen"
      : undefined;
  const incomplete =
    payload.incomplete ??
    (draft.fragment === "later"
      ? undefined
      : decodeTransport(draft, bytes, payload.at, payload.end, quoted)) ??
    (quoted ? undefined : readQuote(payload, bytes)) ??
    short;
  return {
    kind: "packet",
    packet: draft,
    ...(fragmentOf === undefined ? {} : { fragmentOf }),
    ...(incomplete === undefined ? {} : { incomplete }),
  };
}

/** An ICMP error has the packet that it is about eight bytes after its own beginning. */
function readQuote({ draft, at, end }: Payload, bytes: Uint8Array): string | undefined {
  if (draft.fragment === "later" || !isIcmpError(draft)) return undefined;
  const inner = decodeIp(bytes.subarray(0, end), at + 8, end, draft.family, {}, true);
  if (inner.kind === "undecodable") return `the packet that it quotes can't be read: ${inner.why}`;
  draft.quoted = inner.packet;
  return undefined;
}

function ipv4(bytes: Uint8Array, at: number, wireEnd: number, link: LinkFields): Payload | Undecodable {
  if (at + 20 > bytes.length) return undecodable("the capture ends inside the IPv4 header");
  const header = (byteAt(bytes, at) & 15) * 4;
  if (header < 20) return undecodable(`an IPv4 header length of ${header} bytes; 20 is the least`);
  // Segmentation offload: a packet over 64 KB is captured before it is cut up, with a length of zero.
  const length = twoBytesAt(bytes, at + 2) || wireEnd - at;
  if (length < header)
    return undecodable(`an IPv4 length of ${length} bytes, less than its header's ${header}`);
  const place = twoBytesAt(bytes, at + 6);
  const offset = (place & 0x1fff) * 8;
  const more = (place & 0x2000) !== 0;
  const draft: Draft = {
    family: 4,
    source: { family: 4, value: fourBytesAt(bytes, at + 12) },
    destination: { family: 4, value: fourBytesAt(bytes, at + 16) },
    protocol: byteAt(bytes, at + 9),
    length,
    ttl: byteAt(bytes, at + 8),
    dscp: byteAt(bytes, at + 1) >> 2,
    ...link,
  };
  if (offset > 0) draft.fragment = "later";
  else if (more) draft.fragment = "first";
  return {
    draft,
    at: at + header,
    end: at + length,
    ...(offset > 0 || more
      ? { fragmentOf: { identification: twoBytesAt(bytes, at + 4), offset, more } }
      : {}),
  };
}

function ipv6(bytes: Uint8Array, at: number, wireEnd: number, link: LinkFields): Payload | Undecodable {
  if (at + 40 > bytes.length) return undecodable("the capture ends inside the IPv6 header");
  const announced = twoBytesAt(bytes, at + 4);
  const next = byteAt(bytes, at + 6);
  // A jumbogram (RFC 2675) has its length in a hop-by-hop option; the frame's own length serves as well.
  const jumbo = announced === 0 && next === HOP_BY_HOP;
  const end = jumbo ? wireEnd : at + 40 + announced;
  const draft: Draft = {
    family: 6,
    source: { family: 6, value: sixteenBytesAt(bytes, at + 8) },
    destination: { family: 6, value: sixteenBytesAt(bytes, at + 24) },
    protocol: next,
    length: end - at,
    ttl: byteAt(bytes, at + 7),
    dscp: (twoBytesAt(bytes, at) >> 6) & 0x3f,
    ...link,
  };
  return extensionHeaders(bytes, at + 40, end, draft);
}

/** Walks the chain of extension headers as the kernel does: mobility, ESP and "no next header" count as the transport. */
function extensionHeaders(bytes: Uint8Array, start: number, end: number, draft: Draft): Payload {
  let at = start;
  let protocol = byteAt(bytes, start - 40 + 6);
  let fragmentOf: FragmentPlace | undefined;
  const done = (incomplete?: string): Payload => {
    draft.protocol = protocol;
    return {
      draft,
      at,
      end,
      ...(fragmentOf === undefined ? {} : { fragmentOf }),
      ...(incomplete === undefined ? {} : { incomplete }),
    };
  };
  for (let count = 0; isExtension(protocol); count += 1) {
    if (count >= mostExtensionHeaders) return done(`over ${mostExtensionHeaders} IPv6 extension headers`);
    if (at + 8 > end) return done("its IPv6 extension headers are longer than the packet");
    if (at + 8 > bytes.length) return done("the capture ends inside the IPv6 extension headers");
    const next = byteAt(bytes, at);
    if (protocol === FRAGMENT) {
      const place = twoBytesAt(bytes, at + 2);
      const offset = place & 0xfff8;
      const more = (place & 1) !== 0;
      // An atomic fragment (RFC 6946) is a whole packet.
      if (offset > 0 || more) {
        fragmentOf = { identification: fourBytesAt(bytes, at + 4), offset, more };
        draft.fragment = offset > 0 ? "later" : "first";
      }
      at += 8;
    } else {
      at += protocol === AH ? (byteAt(bytes, at + 1) + 2) * 4 : (byteAt(bytes, at + 1) + 1) * 8;
    }
    protocol = next;
    if (draft.fragment === "later") break;
  }
  return done();
}

function isExtension(protocol: number): boolean {
  return (
    protocol === HOP_BY_HOP ||
    protocol === ROUTING ||
    protocol === FRAGMENT ||
    protocol === DESTINATION_OPTIONS ||
    protocol === AH
  );
}
