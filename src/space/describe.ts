// A set as cubes for people: exactly the set, in few cubes. Chooses no words; renderers do.
import type { AddressSet } from "../packet/address-set.ts";
import type { Edge } from "./bdd.ts";
import type { Cube } from "./cube.ts";
import type { FieldSets } from "./field-sets.ts";
import { fragmentsOf, namesOf, statesOf } from "./fields-of.ts";
import { intervalsOf, numbersOf } from "./interval-edges.ts";
import { fields, type Field, type Place } from "./layout.ts";

/** Values of one field, as a function of its variables alone; family and address belong together. */
interface Part {
  readonly field: Field;
  readonly values: Edge;
}

/** Disjoint boxes: at each field the values that lead to the same rest are taken together. */
export function boxesOf(sets: FieldSets, a: Edge): readonly (readonly Part[])[] {
  const { bdd } = sets;
  const found: Part[][] = [];
  const walk = (edge: Edge, at: number, parts: readonly Part[]): void => {
    if (edge === 0) return;
    if (edge === 1) {
      found.push([...parts]);
      return;
    }
    const field = fields[at];
    if (field === undefined) return;
    const place = sets.place(field);
    const level = bdd.level(edge);
    if (level >= place.first + place.bits) {
      walk(edge, at + 1, parts);
      return;
    }
    for (const [rest, values] of restsOf(sets, place, edge))
      walk(rest, at + 1, [...parts, { field, values }]);
  };
  walk(a, 0, []);
  return found;
}

/** What can follow a field, with the values that lead there, as functions of the field's variables. */
function restsOf({ bdd }: FieldSets, place: Place, edge: Edge): Map<Edge, Edge> {
  const end = place.first + place.bits;
  const known = new Map<Edge, Map<Edge, Edge>>();
  const walk = (at: Edge): Map<Edge, Edge> => {
    if (at === 0) return new Map();
    if (bdd.level(at) >= end) return new Map([[at, 1]]);
    const before = known.get(at);
    if (before !== undefined) return before;
    const level = bdd.level(at);
    const [low, high] = [walk(bdd.low(at)), walk(bdd.high(at))];
    const found = new Map<Edge, Edge>();
    for (const rest of new Set([...low.keys(), ...high.keys()]))
      found.set(rest, bdd.edge(level, low.get(rest) ?? 0, high.get(rest) ?? 0));
    known.set(at, found);
    return found;
  };
  return walk(edge);
}

/** The cube of a box. */
export function cubeOf(sets: FieldSets, parts: readonly Part[]): Cube {
  const { bdd } = sets;
  const of = new Map(parts.map(({ field, values }) => [field, values] as const));
  const family = of.get("family");
  const version = family === undefined ? undefined : family === sets.family(4) ? 4 : 6;
  const cube: { -readonly [key in keyof Cube]: Cube[key] } = {};
  if (version !== undefined) cube.family = version;
  for (const side of ["source", "destination"] as const) {
    const values = of.get(side);
    if (values !== undefined) cube[side] = addresses(sets, side, version ?? 4, values);
  }
  for (const [field, key] of numberKeys) {
    const values = of.get(field);
    if (values !== undefined) cube[key] = numbersOf(bdd, sets.place(field), values);
  }
  for (const [field, key] of nameKeys) {
    const values = of.get(field);
    if (values === undefined) continue;
    cube[key] = namesOf(sets, values, field, field.endsWith("interface") ? sets.interfaces : sets.endpoints);
  }
  const flags = of.get("tcp-flags");
  if (flags !== undefined) cube.tcpFlags = flagTests(sets, flags);
  const fragment = of.get("fragment");
  if (fragment !== undefined) cube.fragment = fragmentsOf(sets, fragment);
  const state = of.get("state");
  if (state !== undefined) cube.state = statesOf(sets, state);
  return cube;
}

const numberKeys = [
  ["protocol", "protocol"],
  ["source-port", "sourcePort"],
  ["destination-port", "destinationPort"],
  ["icmp-type", "icmpType"],
  ["icmp-code", "icmpCode"],
  ["mark", "mark"],
  ["connection-mark", "connectionMark"],
] as const;

const nameKeys = [
  ["in-interface", "inInterface"],
  ["out-interface", "outInterface"],
  ["source-endpoint", "from"],
  ["destination-endpoint", "to"],
] as const;

function addresses(sets: FieldSets, side: "source" | "destination", family: 4 | 6, values: Edge): AddressSet {
  const place = sets.addressPlace(side, family);
  return family === 4
    ? { v4: numbersOf(sets.bdd, place, values), v6: [] }
    : { v4: [], v6: intervalsOf(sets.bdd, place, values) };
}

/** The paths of a function of the flags: disjoint tests that make it up. */
function flagTests(sets: FieldSets, values: Edge): { mask: number; value: number }[] {
  const { bdd } = sets;
  const { first, bits } = sets.place("tcp-flags");
  const found: { mask: number; value: number }[] = [];
  const walk = (edge: Edge, mask: number, value: number): void => {
    if (edge === 0) return;
    if (edge === 1) {
      found.push({ mask, value });
      return;
    }
    const bit = 1 << (first + bits - 1 - bdd.level(edge));
    walk(bdd.low(edge), mask | bit, value);
    walk(bdd.high(edge), mask | bit, value | bit);
  };
  walk(values, 0, 0);
  return found;
}

/** Cubes that are exactly the set. */
export function describe(sets: FieldSets, a: Edge): readonly Cube[] {
  return boxesOf(sets, a).map((parts) => cubeOf(sets, parts));
}
