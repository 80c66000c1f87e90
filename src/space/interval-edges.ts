// Intervals of numbers as functions of a field's variables, and back.
import { fromPairs, numberDomain, type Intervals, type NumberSet } from "../packet/intervals.ts";
import { Problem } from "../problem.ts";
import type { Bdd, Edge } from "./bdd.ts";
import type { Place } from "./layout.ts";

/**
 * The values whose bits under the mask form a number of the set. The width is at most 32 bits.
 *
 * @example numbersEdge(bdd, { first: 0, bits: 16 }, [80, 80])
 */
export function numbersEdge(bdd: Bdd, place: Place, set: NumberSet, mask = 2 ** place.bits - 1): Edge {
  // `from`: the bits above as they were chosen; the set's intervals before `low` all end below it.
  const build = (left: number, from: number, low: number): Edge => {
    const most = from + (mask % 2 ** left);
    let at = low;
    while (at < set.length && (set[at + 1] ?? 0) < from) at += 2;
    const first = set[at];
    if (first === undefined || first > most) return 0;
    if (first <= from && (set[at + 1] ?? 0) >= most) return 1;
    const bit = 2 ** (left - 1);
    if (Math.floor(mask / bit) % 2 === 0) return build(left - 1, from, at);
    const variable = place.first + place.bits - left;
    return bdd.edge(variable, build(left - 1, from, at), build(left - 1, from + bit, at));
  };
  return build(place.bits, 0, 0);
}

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

/**
 * The values of a field for which the function is something, by that something: the field's variables are the first that
 * the function depends on, and what is left below them is the key.
 */
export function valuesByRest(bdd: Bdd, place: Place, edge: Edge): Map<Edge, [bigint, bigint][]> {
  const found = new Map<Edge, [bigint, bigint][]>();
  let intervals = 0;
  const end = place.first + place.bits;
  const walk = (at: Edge, variable: number, from: bigint): void => {
    if (at === 0) return;
    const level = bdd.level(at);
    if (level >= end) {
      const last = from + (1n << BigInt(end - variable)) - 1n;
      const list = found.get(at);
      const tail = list?.at(-1);
      if (list === undefined) found.set(at, [[from, last]]);
      else if (tail !== undefined && tail[1] + 1n === from) tail[1] = last;
      else list.push([from, last]);
      intervals += 1;
      if (intervals > mostIntervals) throw tooMany();
      return;
    }
    const half = 1n << BigInt(end - variable - 1);
    walk(level === variable ? bdd.low(at) : at, variable + 1, from);
    walk(level === variable ? bdd.high(at) : at, variable + 1, from + half);
  };
  walk(edge, place.first, 0n);
  return found;
}

/** The intervals of a function of one field's variables alone. */
export function intervalsOf(bdd: Bdd, place: Place, edge: Edge): Intervals<bigint> {
  return (valuesByRest(bdd, place, edge).get(1) ?? []).flat();
}

export function numbersOf(bdd: Bdd, place: Place, edge: Edge): NumberSet {
  return intervalsOf(bdd, place, edge).map(Number);
}

/** Any numbers as a set. */
export function numberSet(numbers: readonly number[], bits: number): NumberSet {
  return fromPairs(
    numberDomain(2 ** bits - 1),
    numbers.map((number) => [number, number] as const),
  );
}

function tooMany(): Problem {
  return new Problem("limit", `the values of a field fall into more than ${mostIntervals} intervals`, {
    remedy:
      "narrow the question, or look for a mask with holes among the rules: it makes one interval of each address",
  });
}
