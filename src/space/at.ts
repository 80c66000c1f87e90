// What is left of a set once one address is known: a walk down where the address's variables come first, as they do once
// the address above is known too.
import { addressBits, type Address } from "../packet/address.ts";
import type { Edge } from "./bdd.ts";
import type { FieldSets } from "./field-sets.ts";
import type { Side } from "./layout.ts";

export function cofactorAt(sets: FieldSets, a: Edge, side: Side, address: Address): Edge {
  const { bdd } = sets;
  const words = wordsOf(address);
  const family = sets.place("family").first;
  const { first } = sets.place(side);
  const end = first + addressBits(address.family);
  let at = a;
  let level = bdd.level(at);
  if (level === family) {
    at = address.family === 4 ? bdd.low(at) : bdd.high(at);
    level = bdd.level(at);
  }
  while (level >= first && level < end) {
    at = bitOf(words, level - first) === 0 ? bdd.low(at) : bdd.high(at);
    level = bdd.level(at);
  }
  if (level >= end) return at;
  const known = new Uint8Array(end - first);
  for (let bit = 0; bit < known.length; bit += 1) known[bit] = bitOf(words, bit);
  return bdd.cofactor(at, first, known);
}

/** The address in words of 32 bits, the most significant first. */
function wordsOf(address: Address): readonly number[] {
  if (address.family === 4) return [address.value];
  return [96n, 64n, 32n, 0n].map((shift) => Number((address.value >> shift) & 0xffffffffn));
}

function bitOf(words: readonly number[], bit: number): 0 | 1 {
  return (((words[bit >> 5] ?? 0) >>> (31 - (bit & 31))) & 1) === 0 ? 0 : 1;
}
