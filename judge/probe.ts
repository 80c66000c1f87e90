// A probe: one packet that the judge sends, and the fate that it met: where it came out and what it looked like then.
import { parseAddress, type Address } from "../src/packet/address.ts";
import { decode, linkTypes } from "../src/packet/decode.ts";
import { encode, fragments } from "../src/packet/encode.ts";
import { packetText, type Packet } from "../src/packet/packet.ts";

/** Generic Routing Encapsulation (RFC 2784). */
const GRE = 47;

export interface Probe {
  /** The flow that it belongs to: probes of one flow shrink together. */
  readonly flow: number;
  /** The link that it arrives by, by its place in the topology. */
  readonly link: number;
  /** Whole, even where it travels in pieces. */
  readonly packet: Packet;
  readonly payloadBytes: number;
  /** Sent as fragments that carry this many bytes each. */
  readonly pieceBytes?: number;
}

/** Where one packet (or one fragment) came out. */
export interface Arrival {
  readonly at: "gateway" | number;
  readonly packet: Packet;
}

/** What the kernel did with a probe: nothing came out, or what did, in order. */
export type Fate = readonly Arrival[];

/** Ids fit into IPv4's identification; IPv6 carries them in its flow label. Zero is nobody's. */
export const mostProbesAtOnce = 60_000;

/** The bytes to send, one packet or several fragments, carrying an id that survives the gateway. */
export function bytesOf(probe: Probe, id: number): Uint8Array[] {
  // GRE's own header is in its payload. Zeros are plain GRE; version 1 is PPTP's, whose key the kernel tracks by.
  const payload = new Uint8Array(probe.payloadBytes).fill(probe.packet.protocol === GRE ? 0 : id & 0xff);
  const whole = encode(probe.packet, { payload, identification: id });
  return probe.pieceBytes === undefined ? [whole] : fragments(whole, probe.pieceBytes, id);
}

/** The id of bytes that arrived. */
export function idOf(bytes: Buffer): number {
  if (bytes.length < 20) return 0;
  return bytes.readUInt8(0) >> 4 === 4 ? bytes.readUInt16BE(4) : bytes.readUInt32BE(0) & 0xfffff;
}

export function packetOf(bytes: Buffer): Packet | undefined {
  const decoded = decode(bytes, linkTypes.raw);
  return decoded.kind === "packet" ? decoded.packet : undefined;
}

/** The packets as the gateway meets them: with the link layer's fields, and the lengths that bytes give. */
export function asReceived(probe: Probe): Packet[] {
  return bytesOf(probe, 1).flatMap((bytes) => {
    const packet = packetOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (packet === undefined) return [];
    // The judge's segments carry no options, and our reading may know that.
    const tcp = packet.tcp === undefined ? {} : { tcp: { ...packet.tcp, options: {} } };
    return [{ ...packet, ...tcp, sourceMac: senderMac, linkType: "unicast" as const }];
  });
}

/** What every frame of the judge has as its source. */
export const senderMac = "02:00:00:00:00:00";

export function requireAddress(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is not an address`);
  return address;
}

export function probeText(probe: Probe, devices: readonly string[]): string {
  const pieces = probe.pieceBytes === undefined ? "" : ` in fragments of ${probe.pieceBytes} bytes`;
  const { packet } = probe;
  const numbers =
    packet.tcp === undefined ? "" : ` seq ${packet.tcp.sequence} ack ${packet.tcp.acknowledgment}`;
  const quoted = packet.quoted === undefined ? "" : ` quoting (${packetText(packet.quoted)})`;
  const id = packet.icmpId === undefined ? "" : ` id ${packet.icmpId}`;
  return (
    `${packetText(packet)}${id}${numbers}${quoted} in ${devices[probe.link] ?? "?"}` +
    ` ttl ${packet.ttl ?? 64} dscp ${packet.dscp ?? 0} payload ${probe.payloadBytes}${pieces}`
  );
}
