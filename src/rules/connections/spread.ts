// Which address of a range the kernel's NAT picks (find_best_ips_proto): by a hash of source and destination, so that
// one client meets one server by the same address every time. Bob Jenkins' lookup3 over 32-bit words (jhash2), as a
// little-endian kernel computes it, in the default conntrack zone and without `persistent`.
import { isAddress, type AddressSet } from "../../packet/address-set.ts";
import type { Address } from "../../packet/address.ts";
import type { Tuple } from "./tuple.ts";

const goldenRatio = 0xdeadbeef;

/**
 * The address out of a range for a tuple, of which this side is exchanged; undefined where tuple or range is not of known
 * addresses of one family.
 */
export function spread(
  addresses: AddressSet,
  tuple: Tuple,
  side: "source" | "destination",
): Address | undefined {
  const { source, destination } = tuple;
  if (!isAddress(source) || !isAddress(destination)) return undefined;
  const range = rangeEnds(addresses);
  if (range === undefined || range.first.family !== source.family || destination.family !== source.family)
    return undefined;
  const first = words(range.first);
  const last = words(range.last);
  const to = words(destination);
  const seed = swapped(to.at(-1) ?? 0);
  const from = words(source).map(swapped);
  let hash = jhash2([...from, ...Array.from({ length: 4 - from.length }, () => 0)], seed);
  const picked: number[] = [];
  let free = false;
  for (const [at, low] of first.entries()) {
    const high = last[at] ?? 0;
    const floor = free ? 0 : low;
    const distance = free ? 0xffffffff : (high - low + 1) >>> 0;
    const word = (floor + scaled(hash, distance)) >>> 0;
    picked.push(word);
    if (word !== high) free = true;
    // The kernel writes in place: where the destination is exchanged, it goes on with the word that it has just picked.
    hash = (hash ^ swapped(side === "destination" ? word : (to[at] ?? 0))) >>> 0;
  }
  return fromWords(picked);
}

function rangeEnds(set: AddressSet): { readonly first: Address; readonly last: Address } | undefined {
  const [four, fourEnd] = set.v4;
  const [six, sixEnd] = set.v6;
  if (set.v4.length === 2 && set.v6.length === 0 && four !== undefined && fourEnd !== undefined)
    return { first: { family: 4, value: four }, last: { family: 4, value: fourEnd } };
  if (set.v6.length === 2 && set.v4.length === 0 && six !== undefined && sixEnd !== undefined)
    return { first: { family: 6, value: six }, last: { family: 6, value: sixEnd } };
  return undefined;
}

function words(address: Address): number[] {
  if (address.family === 4) return [address.value];
  return [96n, 64n, 32n, 0n].map((shift) => Number((address.value >> shift) & 0xffffffffn));
}

function fromWords(parts: readonly number[]): Address {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return { family: 4, value: only };
  return { family: 6, value: parts.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n) };
}

/** A word in network order as a little-endian machine reads it. */
function swapped(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

/** hash × distance / 2^32, whole. */
function scaled(hash: number, distance: number): number {
  return Number((BigInt(hash) * BigInt(distance)) >> 32n);
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function jhash2(key: readonly number[], seed: number): number {
  let a = (goldenRatio + (key.length << 2) + seed) | 0;
  let b = a;
  let c = a;
  let at = 0;
  let left = key.length;
  while (left > 3) {
    a = (a + (key[at] ?? 0)) | 0;
    b = (b + (key[at + 1] ?? 0)) | 0;
    c = (c + (key[at + 2] ?? 0)) | 0;
    a = ((a - c) | 0) ^ rotated(c, 4);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rotated(a, 6);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rotated(b, 8);
    b = (b + a) | 0;
    a = ((a - c) | 0) ^ rotated(c, 16);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rotated(a, 19);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rotated(b, 4);
    b = (b + a) | 0;
    left -= 3;
    at += 3;
  }
  if (left === 3) c = (c + (key[at + 2] ?? 0)) | 0;
  if (left >= 2) b = (b + (key[at + 1] ?? 0)) | 0;
  if (left >= 1) a = (a + (key[at] ?? 0)) | 0;
  if (left === 0) return c >>> 0;
  c = ((c ^ b) - rotated(b, 14)) | 0;
  a = ((a ^ c) - rotated(c, 11)) | 0;
  b = ((b ^ a) - rotated(a, 25)) | 0;
  c = ((c ^ b) - rotated(b, 16)) | 0;
  a = ((a ^ c) - rotated(c, 4)) | 0;
  b = ((b ^ a) - rotated(a, 14)) | 0;
  c = ((c ^ b) - rotated(b, 24)) | 0;
  return c >>> 0;
}
