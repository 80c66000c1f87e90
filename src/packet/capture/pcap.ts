// The classic capture file of tcpdump (draft-ietf-opsawg-pcap): a file header, then a header and bytes for each packet,
// in either byte order, with micro- or nanoseconds, and the "modified" variant of old Linux patches.
import { mostFrameBytes, type CapturedPacket } from "./packet.ts";
import type { Window } from "./window.ts";

interface Variant {
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
  readonly recordHeader: number;
}

/** By the first four bytes, read in network order. */
const variants: ReadonlyMap<number, Variant> = new Map([
  [0xa1b2c3d4, { littleEndian: false, nanoseconds: false, recordHeader: 16 }],
  [0xd4c3b2a1, { littleEndian: true, nanoseconds: false, recordHeader: 16 }],
  [0xa1b23c4d, { littleEndian: false, nanoseconds: true, recordHeader: 16 }],
  [0x4d3cb2a1, { littleEndian: true, nanoseconds: true, recordHeader: 16 }],
  // Kuznetzov's patch of 1998: interface, protocol and packet type after each record's header.
  [0xa1b2cd34, { littleEndian: false, nanoseconds: false, recordHeader: 24 }],
  [0x34cdb2a1, { littleEndian: true, nanoseconds: false, recordHeader: 24 }],
]);

export function isPcap(magic: number): boolean {
  return variants.has(magic);
}

/**
 * The packets of a classic capture; `undefined` between them asks for more input.
 * @throws Problem `syntax` where a length is impossible or the file ends inside a record
 */
export function* pcapPackets(window: Window, magic: number): Generator<CapturedPacket | undefined, void> {
  const variant = variants.get(magic);
  if (variant === undefined) throw window.problem("this is not a pcap file");
  while (!window.has(24)) {
    if (window.ended) throw window.cutOff("the file header", 24);
    yield undefined;
  }
  window.littleEndian = variant.littleEndian;
  // The upper bits tell of a frame check sequence; the link type is what is below them.
  const linkType = window.four(20) & 0x03ffffff;
  window.skip(24);
  const header = variant.recordHeader;
  const unit = variant.nanoseconds ? 1 : 1000;
  for (;;) {
    while (!window.has(header)) {
      if (window.ended) {
        if (window.available === 0) return;
        throw window.cutOff("a packet's header", header);
      }
      yield undefined;
    }
    const captured = window.four(8);
    if (captured > mostFrameBytes)
      throw window.problem(
        `a captured length of ${captured} bytes; ${mostFrameBytes} is the most there can be`,
      );
    while (!window.has(header + captured)) {
      if (window.ended) throw window.cutOff("a packet", header + captured);
      yield undefined;
    }
    const packet: CapturedPacket = {
      number: window.packets + 1,
      offset: window.offset,
      time: { seconds: window.four(0), nanoseconds: window.four(4) * unit },
      linkType,
      frame: window.bytes(header, captured),
      wireBytes: Math.max(window.four(12), captured),
    };
    window.skip(header + captured);
    window.packets += 1;
    yield packet;
  }
}
