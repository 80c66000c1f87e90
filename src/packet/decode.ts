// Frames of a capture as packets: takes the link layer off and hands the rest to decode-ip.ts. Never throws: what is
// not an IP packet, or is too damaged to be one, comes back as a value that says why. Checksums are not verified,
// since a sender's card fills them in after the capture has seen the packet.
import { byteAt, fourBytesAt, macAt, twoBytesAt } from "./bytes.ts";
import { undecodable, type Decoded, type Undecodable } from "./decoded.ts";
import { decodeIp } from "./decode-ip.ts";
import type { Packet } from "./packet.ts";

/** Link types as capture files number them (https://www.tcpdump.org/linktypes.html). */
export const linkTypes = {
  null: 0,
  ethernet: 1,
  /** DLT_RAW of BSD and OpenBSD, which some writers put into files. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

const IPV4 = 0x0800;
const IPV6 = 0x86dd;

/** VLAN tags: 802.1Q, 802.1ad (QinQ), and the numbers used for it before that standard. */
const vlanTypes: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200]);
const mostVlanTags = 8;

const typeNames: Readonly<Record<number, string>> = {
  0x0806: "ARP",
  0x8035: "reverse ARP",
  0x8847: "MPLS",
  0x8863: "PPPoE discovery",
  0x8864: "PPPoE",
  0x888e: "802.1X",
  0x88cc: "LLDP",
  0x88e5: "MACsec",
};

/** What the link layer said, and where the network layer begins. */
interface Link {
  readonly kind: "link";
  readonly at: number;
  /** Absent: the first nibble of the packet tells. */
  readonly etherType?: number;
  readonly linkType?: Packet["linkType"];
  readonly sourceMac?: string;
  readonly direction?: "in" | "out";
  readonly interfaceIndex?: number;
}

/**
 * Decodes one captured frame. `wireBytes` is its length before the capture cut it off (snap length).
 *
 * @example decode(frame, linkTypes.ethernet) // { kind: "packet", packet: { family: 4, protocol: 6, … } }
 */
export function decode(frame: Uint8Array, linkType: number, wireBytes: number = frame.length): Decoded {
  const link = linkOf(frame, linkType);
  if (link.kind === "undecodable") return link;
  if (link.etherType !== undefined && link.etherType !== IPV4 && link.etherType !== IPV6)
    return undecodable(notIp(link.etherType));
  const family = link.etherType === undefined ? undefined : link.etherType === IPV4 ? 4 : 6;
  const decoded = decodeIp(frame, link.at, Math.max(wireBytes, frame.length), family, {
    ...(link.linkType === undefined ? {} : { linkType: link.linkType }),
    ...(link.sourceMac === undefined ? {} : { sourceMac: link.sourceMac }),
  });
  if (decoded.kind === "undecodable") return decoded;
  if (link.direction === undefined && link.interfaceIndex === undefined) return decoded;
  return {
    ...decoded,
    ...(link.direction === undefined ? {} : { direction: link.direction }),
    ...(link.interfaceIndex === undefined ? {} : { interfaceIndex: link.interfaceIndex }),
  };
}

function notIp(etherType: number): string {
  const name = typeNames[etherType];
  return name === undefined
    ? `not IP: Ethernet type 0x${etherType.toString(16).padStart(4, "0")}`
    : `not IP: ${name}`;
}

function linkOf(frame: Uint8Array, linkType: number): Link | Undecodable {
  switch (linkType) {
    case linkTypes.ethernet:
      return ethernet(frame);
    case linkTypes.linuxCooked:
      return linuxCooked(frame);
    case linkTypes.linuxCooked2:
      return linuxCooked2(frame);
    case linkTypes.raw:
    case linkTypes.rawBsd:
    case linkTypes.rawOpenBsd:
      return { kind: "link", at: 0 };
    case linkTypes.ipv4:
      return { kind: "link", at: 0, etherType: IPV4 };
    case linkTypes.ipv6:
      return { kind: "link", at: 0, etherType: IPV6 };
    case linkTypes.null:
    case linkTypes.loop:
      return bsdLoopback(frame, linkType);
    default:
      return undecodable(`link type ${linkType} is none that Ringwall decodes`);
  }
}

function ethernet(frame: Uint8Array): Link | Undecodable {
  if (frame.length < 14) return undecodable("the capture ends inside the Ethernet header");
  const type = untagged(frame, 12);
  if (type.kind === "undecodable") return type;
  if (type.etherType < 0x600) return undecodable("not IP: an 802.3 frame with a length in place of a type");
  return {
    kind: "link",
    at: type.at,
    etherType: type.etherType,
    linkType: deliveryOf(frame),
    sourceMac: macAt(frame, 6),
  };
}

function deliveryOf(frame: Uint8Array): Packet["linkType"] {
  if ((byteAt(frame, 0) & 1) === 0) return "unicast";
  return fourBytesAt(frame, 0) === 0xffffffff && twoBytesAt(frame, 4) === 0xffff ? "broadcast" : "multicast";
}

/** The Ethernet type at `typeAt`, past any VLAN tags, and where its payload begins. */
function untagged(
  frame: Uint8Array,
  typeAt: number,
): { readonly kind: "type"; readonly etherType: number; readonly at: number } | Undecodable {
  let at = typeAt;
  for (let tags = 0; tags <= mostVlanTags; tags += 1) {
    const etherType = twoBytesAt(frame, at);
    if (!vlanTypes.has(etherType)) return { kind: "type", etherType, at: at + 2 };
    at += 4;
    if (at + 2 > frame.length) return undecodable("the capture ends inside a VLAN tag");
  }
  return undecodable(`over ${mostVlanTags} VLAN tags on one frame`);
}

/** LINKTYPE_LINUX_SLL: what `tcpdump -i any` wrote before libpcap 1.10. */
function linuxCooked(frame: Uint8Array): Link | Undecodable {
  if (frame.length < 16) return undecodable("the capture ends inside the Linux cooked header");
  const hardwareLength = twoBytesAt(frame, 4);
  const type = untagged(frame, 14);
  if (type.kind === "undecodable") return type;
  return cooked(type, twoBytesAt(frame, 0), hardwareLength === 6 ? macAt(frame, 6) : undefined);
}

/** LINKTYPE_LINUX_SLL2: carries the interface's index. */
function linuxCooked2(frame: Uint8Array): Link | Undecodable {
  if (frame.length < 20) return undecodable("the capture ends inside the Linux cooked header");
  const etherType = twoBytesAt(frame, 0);
  const type = vlanTypes.has(etherType)
    ? untagged(frame, 22)
    : ({ kind: "type", etherType, at: 20 } as const);
  if (type.kind === "undecodable") return type;
  const link = cooked(type, byteAt(frame, 10), byteAt(frame, 11) === 6 ? macAt(frame, 12) : undefined);
  return { ...link, interfaceIndex: fourBytesAt(frame, 4) };
}

/** Packet types of packet(7): 0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us. */
function cooked(
  type: { readonly etherType: number; readonly at: number },
  packetType: number,
  sourceMac: string | undefined,
): Link {
  const linkType = (["unicast", "broadcast", "multicast", "unicast"] as const)[packetType];
  return {
    kind: "link",
    at: type.at,
    etherType: type.etherType,
    ...(linkType === undefined ? {} : { linkType }),
    ...(sourceMac === undefined ? {} : { sourceMac }),
    ...(packetType > 4 ? {} : { direction: packetType === 4 ? "out" : "in" }),
  };
}

/** AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24, 28 and 30 on the BSDs and macOS. */
const ipv6Families: ReadonlySet<number> = new Set([10, 24, 28, 30]);

/** LINKTYPE_NULL has the address family in the byte order of the machine that captured, LINKTYPE_LOOP in network order. */
function bsdLoopback(frame: Uint8Array, linkType: number): Link | Undecodable {
  if (frame.length < 4) return undecodable("the capture ends inside the loopback header");
  const big = fourBytesAt(frame, 0);
  const family =
    linkType === linkTypes.null && big > 0xffff ? byteAt(frame, 0) | (byteAt(frame, 1) << 8) : big;
  if (family === 2) return { kind: "link", at: 4, etherType: IPV4 };
  if (ipv6Families.has(family)) return { kind: "link", at: 4, etherType: IPV6 };
  return undecodable(`not IP: address family ${family} in the loopback header`);
}
