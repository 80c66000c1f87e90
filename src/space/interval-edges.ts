// Intervals of numbers as functions of a field's variables, and back.
import type { Intervals, NumberSet } from "../packet/intervals.ts";
import { Problem } from "../problem.ts";
import type { Bdd, Edge } from "./bdd.ts";
import type { Place } from "./layout.ts";

/**
 * The values whose bits under the mask form a number of the set. The width is at most 32 bits.
 *
 * @example numbersEdge(bdd, { first: 0, bits: 16 }, [80, 80])
 */
export function numbersEdge(bdd: Bdd, place: Place, set: NumberSet, mask?: number): Edge {
  // `from`: the bits above as they were chosen; the set's intervals before `low` all end below it.
  const build = (left: number, from: number, low: number): Edge => {
    const size = powers[left] ?? 1;
    const most = from + (mask === undefined ? size - 1 : mask % size);
    let at = low;
    while (at < set.length && (set[at + 1] ?? 0) < from) at += 2;
    const first = set[at];
    if (first === undefined || first > most) return 0;
    if (first <= from && (set[at + 1] ?? 0) >= most) return 1;
    const bit = powers[left - 1] ?? 1;
    if (mask !== undefined && Math.floor(mask / bit) % 2 === 0) return build(left - 1, from, at);
    const variable = place.first + place.bits - left;
    return bdd.edge(variable, build(left - 1, from, at), build(left - 1, from + bit, at));
  };
  return build(place.bits, 0, 0);
}

const powers = Array.from({ length: 33 }, (_, bits) => 2 ** bits);

/** As `numbersEdge`, for 128 bits without a mask. */
export function bigEdge(bdd: Bdd, place: Place, set: Intervals<bigint>): Edge {
  const build = (left: number, from: bigint, low: number): Edge => {
    const most = from + (1n << BigInt(left)) - 1n;
    let at = low;
    while (at < set.length && (set[at + 1] ?? 0n) < from) at += 2;
    const first = set[at];
    if (first === undefined || first > most) return 0;
    if (first <= from && (set[at + 1] ?? 0n) >= most) return 1;
    const half = 1n << BigInt(left - 1);
    const variable = place.first + place.bits - left;
    return bdd.edge(variable, build(left - 1, from, at), build(left - 1, from + half, at));
  };
  return build(place.bits, 0n, 0);
}

/** The values whose bits under the mask are those of `value`. */
export function bitsEdge(bdd: Bdd, place: Place, mask: bigint, value: bigint): Edge {
  let edge: Edge = 1;
  for (let bit = 0; bit < place.bits; bit += 1) {
    if (((mask >> BigInt(bit)) & 1n) === 0n) continue;
    const variable = place.first + place.bits - 1 - bit;
    edge = ((value >> BigInt(bit)) & 1n) === 0n ? bdd.edge(variable, edge, 0) : bdd.edge(variable, 0, edge);
  }
  return edge;
}

/** More intervals than this are no answer that anyone could read or keep. */
const mostIntervals = 1 << 20;

/** The intervals of a function of one field's variables alone. */
export function intervalsOf(bdd: Bdd, place: Place, edge: Edge): Intervals<bigint> {
  const flat: bigint[] = [];
  const walk = (at: Edge, bits: number, from: bigint): void => {
    if (at === 0) return;
    if (at === 1) {
      const last = from + (1n << BigInt(bits)) - 1n;
      if (flat.at(-1) === from - 1n) flat[flat.length - 1] = last;
      else flat.push(from, last);
      if (flat.length > mostIntervals * 2) throw tooMany(bdd.question);
      return;
    }
    const isAsked = bdd.level(at) === place.first + place.bits - bits;
    walk(isAsked ? bdd.low(at) : at, bits - 1, from);
    walk(isAsked ? bdd.high(at) : at, bits - 1, from + (1n << BigInt(bits - 1)));
  };
  walk(edge, place.bits, 0n);
  return flat;
}

export function numbersOf(bdd: Bdd, place: Place, edge: Edge): NumberSet {
  return intervalsOf(bdd, place, edge).map(Number);
}

/** One of several: (value & mask) = value. */
export interface BitTest {
  readonly mask: number;
  readonly value: number;
}

/** A function of one field's variables, of 32 bits at most, as disjoint tests of its bits. */
export function bitTests(bdd: Bdd, { first, bits }: Place, edge: Edge): readonly BitTest[] {
  const found: BitTest[] = [];
  const walk = (at: Edge, mask: number, value: number): void => {
    if (at === 1) found.push({ mask, value });
    if (at <= 1) return;
    const bit = 2 ** (first + bits - 1 - bdd.level(at));
    walk(bdd.low(at), mask + bit, value);
    walk(bdd.high(at), mask + bit, value + bit);
  };
  walk(edge, 0, 0);
  return found;
}

export function bitTestsEdge(bdd: Bdd, place: Place, tests: readonly BitTest[]): Edge {
  return bdd.unionOf(tests.map(({ mask, value }) => bitsEdge(bdd, place, BigInt(mask), BigInt(value))));
}

function tooMany(question: string): Problem {
  return new Problem(
    "limit",
    `${question}: the values of a field fall into more than ${mostIntervals} intervals`,
    {
      remedy:
        "narrow the question, or look for a mask with holes among the rules: it makes one interval of each address",
    },
  );
}
