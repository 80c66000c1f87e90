// The block-structured capture file of Wireshark (draft-ietf-opsawg-pcapng): sections, each with its own byte order
// and interfaces, and packets in enhanced, simple and obsolete blocks. Other blocks are passed over by their length.
import { mostFrameBytes, type CapturedPacket, type CaptureTime } from "./packet.ts";
import type { Window } from "./window.ts";

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

/** As in libpcap: a block over this is damage, not content. */
const mostBlockBytes = 16 * 1024 * 1024;
const mostInterfaces = 65_536;

interface CaptureInterface {
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapBytes: number;
  readonly name?: string;
  readonly unitsPerSecond: bigint;
  /** Seconds to add to every time. */
  readonly offsetSeconds: bigint;
}

export function isPcapng(magic: number): boolean {
  return magic === SECTION;
}

/**
 * The packets of a pcapng file; `undefined` between them asks for more input.
 * @throws Problem `syntax` where a block's length is impossible, a packet names an interface that is not there, or
 * the file ends inside a block
 */
export function* pcapngPackets(window: Window): Generator<CapturedPacket | undefined, void> {
  let interfaces: CaptureInterface[] = [];
  for (let first = true; ; first = false) {
    while (!window.has(12)) {
      if (window.ended) {
        if (window.available === 0 && !first) return;
        throw window.cutOff("a block's header", 12);
      }
      yield undefined;
    }
    const type = window.four(0);
    if (type === SECTION) {
      setByteOrder(window);
      interfaces = [];
    } else if (first) throw window.problem("a pcapng file begins with a section header");
    const length = blockLength(window, type);
    while (!window.has(length)) {
      if (window.ended) throw window.cutOff("a block", length);
      yield undefined;
    }
    const closing = window.four(length - 4);
    if (closing !== length)
      throw window.problem(`a block's two lengths differ: ${length} before it and ${closing} behind it`);
    if (type === SECTION) checkVersion(window);
    else if (type === INTERFACE) {
      if (interfaces.length >= mostInterfaces)
        throw window.problem(`over ${mostInterfaces} interfaces in one section`);
      interfaces.push(readInterface(window, length));
    } else if (type === ENHANCED_PACKET || type === OBSOLETE_PACKET || type === SIMPLE_PACKET) {
      const packet = readPacket(window, type, length, interfaces);
      window.packets += 1;
      window.skip(length);
      yield packet;
      continue;
    }
    window.skip(length);
  }
}

/** The byte-order magic stands behind the length, so it is read before the length is. */
function setByteOrder(window: Window): void {
  window.littleEndian = false;
  const magic = window.four(8);
  if (magic === 0x1a2b3c4d) return;
  if (magic !== 0x4d3c2b1a) throw window.problem("a section header without a byte-order magic of 1a2b3c4d");
  window.littleEndian = true;
}

function checkVersion(window: Window): void {
  const major = window.two(12);
  if (major !== 1)
    throw window.problem(`pcapng version ${major}; Ringwall reads version 1`, "convert the file");
}

/** The least length of the blocks that are read; the others are but type and two lengths. */
const leastBlock: Readonly<Record<number, number>> = {
  [SECTION]: 28,
  [INTERFACE]: 20,
  [OBSOLETE_PACKET]: 32,
  [SIMPLE_PACKET]: 16,
  [ENHANCED_PACKET]: 32,
};

function blockLength(window: Window, type: number): number {
  const length = window.four(4);
  const least = leastBlock[type] ?? 12;
  if (length < least) throw window.problem(`a block length of ${length} bytes; ${least} is the least here`);
  if (length % 4 !== 0) throw window.problem(`a block length of ${length} bytes, which is no multiple of 4`);
  if (length > mostBlockBytes)
    throw window.problem(
      `a block length of ${length} bytes; ${mostBlockBytes} is the most that Ringwall takes`,
    );
  return length;
}

function readInterface(window: Window, length: number): CaptureInterface {
  let name: string | undefined;
  let unitsPerSecond = 1_000_000n;
  let offsetSeconds = 0n;
  for (const option of options(window, 16, length - 4)) {
    if (option.code === 2) name = readText(window.bytes(option.at, option.length));
    else if (option.code === 9 && option.length >= 1) {
      const resolution = window.byte(option.at);
      unitsPerSecond =
        (resolution & 0x80) === 0 ? 10n ** BigInt(resolution) : 1n << BigInt(resolution & 0x7f);
    } else if (option.code === 14 && option.length >= 8) {
      const high = BigInt(window.four(option.at + (window.littleEndian ? 4 : 0)));
      const low = BigInt(window.four(option.at + (window.littleEndian ? 0 : 4)));
      offsetSeconds = BigInt.asIntN(64, (high << 32n) | low);
    }
  }
  return {
    linkType: window.two(8),
    snapBytes: window.four(12),
    ...(name === undefined || name === "" ? {} : { name }),
    unitsPerSecond,
    offsetSeconds,
  };
}

interface BlockOption {
  readonly code: number;
  readonly at: number;
  readonly length: number;
}

/** The options between two places of the block; one that reaches past the end is damage. */
function* options(window: Window, from: number, end: number): Generator<BlockOption, void> {
  let at = from;
  while (at + 4 <= end) {
    const code = window.two(at);
    const length = window.two(at + 2);
    if (code === 0) return;
    if (at + 4 + length > end)
      throw window.problem(`a block option of ${length} bytes where ${end - at - 4} are left`);
    yield { code, at: at + 4, length };
    at += 4 + Math.ceil(length / 4) * 4;
  }
}

/** Names come from whoever made the file: control characters would reach a terminal. */
function readText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll(/\p{Cc}/gu, "");
}

function readPacket(
  window: Window,
  type: number,
  length: number,
  interfaces: readonly CaptureInterface[],
): CapturedPacket {
  const simple = type === SIMPLE_PACKET;
  const index = simple ? 0 : type === ENHANCED_PACKET ? window.four(8) : window.two(8);
  const from = interfaces[index];
  if (from === undefined)
    throw window.problem(`it names interface ${index}, and the section has described ${interfaces.length}`);
  const header = simple ? 12 : 28;
  const room = length - header - 4;
  const wireBytes = window.four(simple ? 8 : 24);
  const captured = simple
    ? Math.min(wireBytes, from.snapBytes === 0 ? wireBytes : from.snapBytes, room)
    : window.four(20);
  if (captured > room)
    throw window.problem(`a captured length of ${captured} bytes in a block with room for ${room}`);
  if (captured > mostFrameBytes)
    throw window.problem(
      `a captured length of ${captured} bytes; ${mostFrameBytes} is the most there can be`,
    );
  const behind = header + Math.ceil(captured / 4) * 4;
  const direction = simple ? undefined : directionOf(window, behind, length - 4);
  return {
    number: window.packets + 1,
    offset: window.offset,
    ...(simple ? {} : { time: timeOf(window.four(12), window.four(16), from) }),
    linkType: from.linkType,
    frame: window.bytes(header, captured),
    wireBytes: Math.max(wireBytes, captured),
    ...(from.name === undefined ? {} : { interface: from.name }),
    ...(direction === undefined ? {} : { direction }),
  };
}

/** The flags option, bits 0 and 1: 1 inbound, 2 outbound. */
function directionOf(window: Window, from: number, end: number): "in" | "out" | undefined {
  for (const option of options(window, from, end)) {
    if (option.code !== 2 || option.length < 4) continue;
    const bits = window.four(option.at) & 3;
    return bits === 1 ? "in" : bits === 2 ? "out" : undefined;
  }
  return undefined;
}

function timeOf(high: number, low: number, from: CaptureInterface): CaptureTime {
  // Microseconds, by far the most usual, fit a number for the next two centuries.
  if (from.unitsPerSecond === 1_000_000n && from.offsetSeconds === 0n && high < 0x200000) {
    const micros = high * 0x1_0000_0000 + low;
    const seconds = Math.floor(micros / 1_000_000);
    return { seconds, nanoseconds: (micros - seconds * 1_000_000) * 1000 };
  }
  const units = (BigInt(high) << 32n) | BigInt(low);
  const nanoseconds = ((units % from.unitsPerSecond) * 1_000_000_000n) / from.unitsPerSecond;
  return {
    seconds: Number(units / from.unitsPerSecond + from.offsetSeconds),
    nanoseconds: Number(nanoseconds),
  };
}
