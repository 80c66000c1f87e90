// A packet's headers as the rings see them. A field is one value, a set of values that the question leaves open, or
// absent. Knows no rule and no place; the interface it passes and its connection belong to the view of a ring.
import { formatAddress, type Address, type Family } from "./address.ts";
import { formatAddressSet, isAddress, isEmptyAddresses, type AddressSet } from "./address-set.ts";
import { pairsOf, type NumberSet } from "./intervals.ts";
import { missingFromInternet } from "./special.ts";
import { hasPorts, ICMP, ICMPV6, protocolName, TCP } from "./protocol.ts";

/** TCP flag bits, RFC 9293 section 3.1 and RFC 3168. */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;
export const ECE = 64;
export const CWR = 128;

export type AddressValue = Address | AddressSet;
export type NumberValue = number | NumberSet;

/** One packet, or all packets that its open fields leave possible. */
export interface Packet {
  readonly family: Family;
  readonly source: AddressValue;
  readonly destination: AddressValue;
  /** The transport protocol, after IPv6 extension headers. */
  readonly protocol: NumberValue;
  /** Present where the protocol has ports and the fragment carries them. */
  readonly sourcePort?: NumberValue;
  readonly destinationPort?: NumberValue;
  readonly icmpType?: NumberValue;
  readonly icmpCode?: NumberValue;
  /** Identifier of an echo request or reply: what conntrack uses in place of ports. */
  readonly icmpId?: number;
  readonly tcpFlags?: number;
  /** Later fragments have no transport header. Absent: a whole packet. */
  readonly fragment?: "first" | "later";
  /** Total length in bytes; absent where not known, and a match on it is then unknown. The same holds for the next four. */
  readonly length?: number;
  readonly ttl?: number;
  readonly dscp?: number;
  readonly sourceMac?: string;
  /** How the link layer addressed it. */
  readonly linkType?: "unicast" | "broadcast" | "multicast";
  /** Sequence numbers and window, where a capture gives them; conntrack's TCP tracking uses them. */
  readonly tcp?: {
    readonly sequence: number;
    readonly acknowledgment: number;
    readonly window: number;
    readonly payloadBytes: number;
    /** The options that bear on the window; absent where the header's options were not read, `{}` where it has none. */
    readonly options?: {
      /** Shift count, in a SYN (RFC 7323). */
      readonly windowScale?: number;
      /** In a SYN (RFC 2018). */
      readonly sackPermitted?: boolean;
      /** The highest right edge of the selective acknowledgments. */
      readonly sack?: number;
    };
  };
  /** The packet that an ICMP error quotes: what makes it RELATED. */
  readonly quoted?: Packet;
  /** The endpoints by identity, where known: interface or pod ids. Policies that select by identity look here. */
  readonly from?: string;
  readonly to?: string;
}

/** Whether the packet is an ICMP or ICMPv6 error (RFC 792, RFC 4443), which quotes another packet. */
export function isIcmpError(packet: Packet): boolean {
  const type = packet.icmpType;
  if (typeof type !== "number") return false;
  return packet.protocol === ICMP
    ? type === 3 || type === 4 || type === 5 || type === 11 || type === 12
    : packet.protocol === ICMPV6 && type < 128;
}

/** `203.0.113.7`, or what is left open, for people. */
export function addressText(value: AddressValue): string {
  if (isAddress(value)) return value.name ?? formatAddress(value);
  if (value.name !== undefined) return value.name;
  const missing = missingFromInternet(value);
  if (missing === undefined) return formatAddressSet(value);
  return isEmptyAddresses(missing) ? "internet" : `internet except ${formatAddressSet(missing)}`;
}

/** `443`, `32768–60999`, `80, 443`. */
export function numberText(value: NumberValue): string {
  if (typeof value === "number") return String(value);
  return pairsOf(value)
    .map(([a, b]) => (a === b ? String(a) : `${a}–${b}`))
    .join(", ");
}

/** The packet in a line: `tcp 203.0.113.7:50000 > 192.0.2.10:22`. */
export function packetText(packet: Packet): string {
  const protocol = typeof packet.protocol === "number" ? protocolName(packet.protocol) : "any protocol";
  const end = (address: AddressValue, port: NumberValue | undefined): string => {
    const text = addressText(address);
    if (port === undefined) return text;
    return `${text.includes(":") ? `[${text}]` : text}:${isEveryPort(port) ? "any" : numberText(port)}`;
  };
  const ported = typeof packet.protocol !== "number" || hasPorts(packet.protocol);
  const icmp =
    packet.icmpType === undefined
      ? ""
      : ` type ${numberText(packet.icmpType)}${packet.icmpCode === undefined ? "" : ` code ${numberText(packet.icmpCode)}`}`;
  const flags =
    packet.protocol === TCP && packet.tcpFlags !== undefined ? ` [${flagText(packet.tcpFlags)}]` : "";
  return (
    `${protocol} ${end(packet.source, ported ? packet.sourcePort : undefined)}` +
    ` > ${end(packet.destination, ported ? packet.destinationPort : undefined)}${icmp}${flags}`
  );
}

function isEveryPort(value: NumberValue): boolean {
  return typeof value !== "number" && value.length === 2 && (value[0] ?? 1) <= 1 && value[1] === 65535;
}

const flagNames = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"] as const;

export function flagText(flags: number): string {
  const names = flagNames.filter((_, bit) => (flags & (1 << bit)) !== 0);
  return names.length === 0 ? "no flags" : names.join(" ");
}
