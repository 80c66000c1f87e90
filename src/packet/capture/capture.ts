// Reads a capture file packet by packet, in constant memory: pcap and pcapng, plain or compressed with gzip. Decodes
// nothing; ../decode.ts does.
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Problem } from "../../problem.ts";
import type { CapturedPacket } from "./packet.ts";
import { isPcap, pcapPackets } from "./pcap.ts";
import { isPcapng, pcapngPackets } from "./pcapng.ts";
import { Window } from "./window.ts";

const readsWhat =
  "Ringwall reads pcap and pcapng, as tcpdump -w and Wireshark write them, and either in gzip";

/** Whether a file's first bytes (four are enough) are those of a capture. */
export function isCapture(start: Uint8Array): boolean {
  const magic = magicOf(start);
  return isPcap(magic) || isPcapng(magic) || isGzip(start);
}

/**
 * The packets of a capture whose bytes come in chunks of any size. `file` is its name in messages.
 *
 * @example for await (const packet of readCapture(createReadStream("web.pcap"), "web.pcap")) …
 * @throws Problem where the file is none or is damaged, naming packet and byte; the packets before it have been given
 */
export async function* readCapture(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<CapturedPacket, void> {
  const { start, all } = await withStart(chunks);
  const window = new Window(file);
  let packets: Generator<CapturedPacket | undefined, void> | undefined;
  for await (const chunk of isGzip(start) ? gunzipped(all, file) : all) {
    window.push(chunk);
    if (packets === undefined && !window.has(4)) continue;
    packets ??= packetsIn(window, file);
    for (let next = packets.next(); ; next = packets.next()) {
      if (next.done === true) return;
      if (next.value === undefined) break;
      yield next.value;
    }
  }
  window.ended = true;
  if (packets === undefined) throw tooShort(window, file);
  for (const packet of packets) if (packet !== undefined) yield packet;
}

/** As `readCapture`, from a file by its path; `-` is standard input. @throws Problem `unreadable` too */
export function openCapture(path: string): AsyncGenerator<CapturedPacket, void> {
  const stream = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 });
  return readCapture(readable(stream, path), path);
}

async function* readable(stream: AsyncIterable<unknown>, path: string): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throw new Problem("unreadable", `the capture can't be read: ${messageOf(error)}`, {
      origin: { file: path, line: 1 },
      cause: error,
    });
  }
}

function tooShort(window: Window, file: string): Problem {
  const what = window.available === 0 ? "the file is empty" : `the file has only ${window.available} bytes`;
  return new Problem("syntax", `${what}; a capture was expected`, {
    origin: { file, line: 1 },
    remedy: readsWhat,
  });
}

function packetsIn(window: Window, file: string): Generator<CapturedPacket | undefined, void> {
  const magic = magicOf(window.bytes(0, 4));
  if (isPcapng(magic)) return pcapngPackets(window);
  if (isPcap(magic)) return pcapPackets(window, magic);
  throw new Problem(
    "unrecognised",
    `this is not a capture file: it begins with ${magic.toString(16).padStart(8, "0")}`,
    { origin: { file, line: 1 }, remedy: readsWhat },
  );
}

function magicOf(start: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = start;
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** The first chunks until two bytes are there, and all chunks again from the beginning. */
async function withStart(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly start: Uint8Array; readonly all: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < 2) {
    const next = await iterator.next();
    if (next.done === true) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  async function* all(): AsyncGenerator<Uint8Array, void> {
    try {
      if (start.length > 0) yield start;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { start, all: all() };
}

async function* gunzipped(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array, void> {
  const source = Readable.from(chunks, { objectMode: false });
  const gunzip = createGunzip();
  let failure: unknown;
  source.on("error", (error) => {
    failure = error;
    gunzip.destroy(error);
  });
  try {
    for await (const chunk of source.pipe(gunzip)) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    if (failure instanceof Problem) throw failure;
    throw new Problem("syntax", `the gzip file is damaged or cut off: ${messageOf(error)}`, {
      origin: { file, line: 1 },
      remedy: "the packets before this place are good; compress or copy the file again",
      cause: error,
    });
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
