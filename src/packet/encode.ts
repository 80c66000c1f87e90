// A packet as the bytes that stand on the wire: IPv4 or IPv6 header, TCP, UDP, ICMP or ICMPv6 with checksums, and a
// payload that the caller gives; and such bytes cut into fragments. No link layer, no IP options, no TCP options.
import { Problem } from "../problem.ts";
import type { Address } from "./address.ts";
import { isAddress } from "./address-set.ts";
import { isIcmpError, packetText, type AddressValue, type NumberValue, type Packet } from "./packet.ts";
import { ICMP, ICMPV6, TCP, UDP } from "./protocol.ts";

/** What the bytes need beside the packet's own fields. */
export interface Encoding {
  /** What follows the transport header; in an ICMP error, what follows the quoted packet's headers. */
  readonly payload?: Uint8Array;
  /** IPv4's identification (16 bits), IPv6's flow label (20 bits): zero where absent. */
  readonly identification?: number;
}

const empty = new Uint8Array(0);
const defaultTtl = 64;

/**
 * Encodes one whole packet. Fields that are absent get a default: TTL 64, DSCP 0, TCP window 65535 and sequence
 * numbers 0. `length` and `tcp.payloadBytes` follow from the payload and are not looked at.
 *
 * @example encode({ family: 4, source, destination, protocol: UDP, sourcePort: 5000, destinationPort: 53 }, { payload })
 * @throws Problem `unanswerable` where a field is left open, or the packet is a fragment (see `fragments`)
 */
export function encode(packet: Packet, encoding: Encoding = {}): Uint8Array {
  if (packet.fragment !== undefined)
    throw new Problem("unanswerable", `a fragment can't be encoded by itself: ${packetText(packet)}`, {
      remedy: "encode the whole packet and cut it with fragments()",
    });
  const protocol = one(packet, "protocol", packet.protocol);
  const source = single(packet, packet.source);
  const destination = single(packet, packet.destination);
  const transport = transportOf(packet, protocol, encoding.payload ?? empty);
  const checksumAt = checksumPlace(protocol);
  if (checksumAt !== undefined) {
    const pseudo = protocol === ICMP ? 0 : pseudoHeaderSum(source, destination, protocol, transport.length);
    const sum = checksum(transport, pseudo);
    // RFC 768: a UDP checksum that comes out as zero is sent as all ones, since zero says that there is none.
    put16(transport, checksumAt, protocol === UDP && sum === 0 ? 0xffff : sum);
  }
  return packet.family === 4
    ? withIpv4Header(packet, source, destination, protocol, transport, encoding.identification ?? 0)
    : withIpv6Header(packet, source, destination, protocol, transport, encoding.identification ?? 0);
}

function transportOf(packet: Packet, protocol: number, payload: Uint8Array): Uint8Array {
  if (protocol === TCP) return tcp(packet, payload);
  if (protocol === UDP) return udp(packet, payload);
  if (protocol === (packet.family === 4 ? ICMP : ICMPV6)) return icmp(packet, payload);
  return payload.slice();
}

function tcp(packet: Packet, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + payload.length);
  put16(bytes, 0, one(packet, "source port", packet.sourcePort));
  put16(bytes, 2, one(packet, "destination port", packet.destinationPort));
  put32(bytes, 4, packet.tcp?.sequence ?? 0);
  put32(bytes, 8, packet.tcp?.acknowledgment ?? 0);
  bytes[12] = 5 << 4;
  bytes[13] = packet.tcpFlags ?? 0;
  put16(bytes, 14, packet.tcp?.window ?? 0xffff);
  bytes.set(payload, 20);
  return bytes;
}

function udp(packet: Packet, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length);
  put16(bytes, 0, one(packet, "source port", packet.sourcePort));
  put16(bytes, 2, one(packet, "destination port", packet.destinationPort));
  put16(bytes, 4, bytes.length);
  bytes.set(payload, 8);
  return bytes;
}

function icmp(packet: Packet, payload: Uint8Array): Uint8Array {
  const quoted =
    packet.quoted === undefined || !isIcmpError(packet) ? payload : encode(packet.quoted, { payload });
  const bytes = new Uint8Array(8 + quoted.length);
  bytes[0] = one(packet, "ICMP type", packet.icmpType);
  bytes[1] = one(packet, "ICMP code", packet.icmpCode ?? 0);
  put16(bytes, 4, packet.icmpId ?? 0);
  bytes.set(quoted, 8);
  return bytes;
}

function checksumPlace(protocol: number): number | undefined {
  if (protocol === TCP) return 16;
  if (protocol === UDP) return 6;
  return protocol === ICMP || protocol === ICMPV6 ? 2 : undefined;
}

function withIpv4Header(
  packet: Packet,
  source: Address,
  destination: Address,
  protocol: number,
  transport: Uint8Array,
  identification: number,
): Uint8Array {
  const bytes = new Uint8Array(20 + transport.length);
  bytes[0] = 0x45;
  bytes[1] = (packet.dscp ?? 0) << 2;
  put16(bytes, 2, bytes.length);
  put16(bytes, 4, identification & 0xffff);
  bytes[8] = packet.ttl ?? defaultTtl;
  bytes[9] = protocol;
  bytes.set(addressBytes(source), 12);
  bytes.set(addressBytes(destination), 16);
  put16(bytes, 10, checksum(bytes.subarray(0, 20), 0));
  bytes.set(transport, 20);
  return bytes;
}

function withIpv6Header(
  packet: Packet,
  source: Address,
  destination: Address,
  protocol: number,
  transport: Uint8Array,
  flowLabel: number,
): Uint8Array {
  const bytes = new Uint8Array(40 + transport.length);
  put32(bytes, 0, 0x60000000 + ((packet.dscp ?? 0) << 22) + (flowLabel & 0xfffff));
  put16(bytes, 4, transport.length);
  bytes[6] = protocol;
  bytes[7] = packet.ttl ?? defaultTtl;
  bytes.set(addressBytes(source), 8);
  bytes.set(addressBytes(destination), 24);
  bytes.set(transport, 40);
  return bytes;
}

/**
 * Cuts a packet from `encode` into fragments that carry at most `pieceBytes` of its payload each (rounded down to a
 * multiple of eight, as RFC 791 and RFC 8200 want; at least eight).
 */
export function fragments(whole: Uint8Array, pieceBytes: number, identification: number): Uint8Array[] {
  const headerBytes = (whole[0] ?? 0) >> 4 === 4 ? 20 : 40;
  const step = Math.max(8, pieceBytes & ~7);
  const pieces: Uint8Array[] = [];
  for (let at = headerBytes; at < whole.length; at += step) {
    const piece = whole.subarray(at, at + step);
    const more = at + step < whole.length;
    const offset = at - headerBytes;
    pieces.push(
      headerBytes === 20
        ? ipv4Fragment(whole, piece, offset, more, identification)
        : ipv6Fragment(whole, piece, offset, more, identification),
    );
  }
  return pieces;
}

function ipv4Fragment(
  whole: Uint8Array,
  piece: Uint8Array,
  offset: number,
  more: boolean,
  identification: number,
): Uint8Array {
  const bytes = new Uint8Array(20 + piece.length);
  bytes.set(whole.subarray(0, 20));
  put16(bytes, 2, bytes.length);
  put16(bytes, 4, identification & 0xffff);
  put16(bytes, 6, (more ? 0x2000 : 0) | (offset >> 3));
  put16(bytes, 10, 0);
  put16(bytes, 10, checksum(bytes.subarray(0, 20), 0));
  bytes.set(piece, 20);
  return bytes;
}

function ipv6Fragment(
  whole: Uint8Array,
  piece: Uint8Array,
  offset: number,
  more: boolean,
  identification: number,
): Uint8Array {
  const bytes = new Uint8Array(48 + piece.length);
  bytes.set(whole.subarray(0, 40));
  put16(bytes, 4, 8 + piece.length);
  bytes[6] = 44;
  bytes[40] = whole[6] ?? 0;
  put16(bytes, 42, offset | (more ? 1 : 0));
  put32(bytes, 44, identification);
  bytes.set(piece, 48);
  return bytes;
}

/** The Internet checksum (RFC 1071) of the bytes, added to a sum that was begun elsewhere. */
export function checksum(bytes: Uint8Array, begun: number): number {
  let sum = begun;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function pseudoHeaderSum(source: Address, destination: Address, protocol: number, length: number): number {
  let sum = protocol + length;
  for (const address of [source, destination]) {
    const bytes = addressBytes(address);
    for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  }
  return sum;
}

function addressBytes(address: Address): Uint8Array {
  if (address.family === 4) {
    const bytes = new Uint8Array(4);
    put32(bytes, 0, address.value);
    return bytes;
  }
  const bytes = new Uint8Array(16);
  for (let word = 0; word < 4; word += 1)
    put32(bytes, word * 4, Number((address.value >> BigInt(96 - word * 32)) & 0xffffffffn));
  return bytes;
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, (value >>> 16) & 0xffff);
  put16(bytes, at + 2, value & 0xffff);
}

function single(packet: Packet, value: AddressValue): Address {
  if (isAddress(value) && value.family === packet.family) return value;
  throw new Problem("unanswerable", `one address of IPv${packet.family} is needed: ${packetText(packet)}`);
}

function one(packet: Packet, field: string, value: NumberValue | undefined): number {
  if (typeof value === "number") return value;
  throw new Problem("unanswerable", `the ${field} is left open, and bytes need one: ${packetText(packet)}`);
}
