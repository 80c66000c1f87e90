// The part of a capture that is being looked at: chunks come in at one end, whole records are taken at the other.
// Holds no more than one record and one chunk. Multi-byte numbers come in the byte order that the file declared.
import { Problem } from "../../problem.ts";

export class Window {
  readonly file: string;
  /** What the numbers of the file are written in; a pcapng section may change it. */
  littleEndian = false;
  /** No more chunks will come. */
  ended = false;
  /** Packets handed out so far. */
  packets = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  /** The reading place in #bytes, and the number of bytes of the file before #bytes. */
  #at = 0;
  #before = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(file: string) {
    this.file = file;
  }

  push(chunk: Uint8Array): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
  }

  /** Where the file is being read, in bytes from its beginning. */
  get offset(): number {
    return this.#before + this.#at;
  }

  get available(): number {
    return this.#bytes.length - this.#at + this.#waitingBytes;
  }

  /** Whether the next `count` bytes have come; from then on they can be read. */
  has(count: number): boolean {
    if (this.#bytes.length - this.#at >= count) return true;
    if (this.available < count) return false;
    this.#join();
    return true;
  }

  /** Chunks are joined once the bytes of a whole record are there, so a long record is not copied again and again. */
  #join(): void {
    const rest = this.#bytes.subarray(this.#at);
    const [only] = this.#waiting;
    this.#before += this.#at;
    this.#bytes =
      rest.length === 0 && this.#waiting.length === 1 && only !== undefined
        ? only
        : Buffer.concat([rest, ...this.#waiting]);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    this.#at = 0;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** The next three read at a distance from the reading place, within what `has` confirmed. */
  byte(at: number): number {
    return this.#view.getUint8(this.#at + at);
  }

  two(at: number): number {
    return this.#view.getUint16(this.#at + at, this.littleEndian);
  }

  four(at: number): number {
    return this.#view.getUint32(this.#at + at, this.littleEndian);
  }

  /** A view of the file's bytes, no copy. */
  bytes(at: number, count: number): Uint8Array {
    return this.#bytes.subarray(this.#at + at, this.#at + at + count);
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** What is wrong with the file, and where: the packet that would have been next, and the byte. */
  problem(
    message: string,
    remedy = "the packets before this place are good; capture again for the rest",
  ): Problem {
    const id = `packet ${this.packets + 1} at byte ${this.offset}`;
    return new Problem("syntax", `${id}: ${message}`, {
      origin: { file: this.file, line: 1, id },
      remedy,
    });
  }

  /** The file ends where something is missing. */
  cutOff(what: string, needed: number): Problem {
    return this.problem(
      `the capture is cut off inside ${what}: ${needed} bytes were expected, and ${this.available} are there`,
    );
  }
}
