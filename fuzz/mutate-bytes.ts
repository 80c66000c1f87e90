// Breaks binary files: bits, bytes, lengths of two and four bytes in either order, cuts, doublings, splices.
import type { Random } from "./random.ts";

const numbers: readonly number[] = [
  0, 1, 3, 4, 7, 8, 12, 16, 20, 28, 32, 40, 255, 256, 0x7fff, 0x8000, 0xffff, 0x40000, 0x7fffffff, 0x80000000,
  0xfffffffc, 0xffffffff,
];

export function mutateBytes(bytes: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let mutated: Buffer = Buffer.from(bytes);
  for (let times = 1 + random.below(4); times > 0; times -= 1) mutated = change(mutated, random, others);
  return mutated;
}

function change(bytes: Buffer, random: Random, others: readonly Uint8Array[]): Buffer {
  const at = random.below(bytes.length + 1);
  const till = Math.min(bytes.length, at + random.below(64));
  switch (random.below(9)) {
    case 0:
    case 1:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 2:
      if (at < bytes.length) bytes[at] = random.below(256);
      return bytes;
    case 3:
      if (at + 4 <= bytes.length) {
        if (random.chance(2)) bytes.writeUInt32LE(random.pick(numbers), at);
        else bytes.writeUInt32BE(random.pick(numbers), at);
      }
      return bytes;
    case 4:
      if (at + 2 <= bytes.length) bytes.writeUInt16BE(random.pick(numbers) & 0xffff, at);
      return bytes;
    case 5:
      return bytes.subarray(0, at);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(till)]);
    case 7:
      return Buffer.concat([bytes.subarray(0, till), bytes.subarray(at)]).subarray(0, 8192);
    default: {
      const other = random.pick(others);
      const from = random.below(other.length + 1);
      return Buffer.concat([
        bytes.subarray(0, at),
        other.subarray(from, from + random.below(128)),
        bytes.subarray(till),
      ]).subarray(0, 8192);
    }
  }
}
