// A set as boxes: products of one set of values for each field. First disjoint ones as the diagram has them, then joined
// where they differ in one field alone.
import { Problem } from "../problem.ts";
import type { Edge } from "./bdd.ts";
import type { FieldSets } from "./field-sets.ts";
import { fields, type Field, type Place } from "./layout.ts";

/** The values of each field that is not free, as functions of that field's variables alone; in the order of the fields. */
export type Box = ReadonlyMap<Field, Edge>;

/** More boxes than this are no answer that anyone could read. */
const mostBoxes = 1 << 16;

/** Disjoint boxes that are the set: at each field the values that lead to the same rest stay together. */
export function boxesOf(sets: FieldSets, a: Edge): readonly Box[] {
  const { bdd } = sets;
  const found: Box[] = [];
  const walk = (edge: Edge, at: number, box: Box): void => {
    const field = fields[at];
    if (field === undefined || edge <= 1) {
      if (edge === 1) found.push(box);
      if (found.length > mostBoxes) throw tooMany(bdd.question);
      return;
    }
    const place = sets.place(field);
    if (bdd.level(edge) >= place.first + place.bits) walk(edge, at + 1, box);
    else
      for (const [rest, values] of restsOf(sets, place, edge))
        walk(rest, at + 1, new Map([...box, [field, values]]));
  };
  walk(a, 0, new Map());
  return found;
}

/** What can follow a field, each with the values that lead there. */
function restsOf({ bdd }: FieldSets, place: Place, edge: Edge): ReadonlyMap<Edge, Edge> {
  const end = place.first + place.bits;
  const known = new Map<Edge, ReadonlyMap<Edge, Edge>>();
  const walk = (at: Edge): ReadonlyMap<Edge, Edge> => {
    if (at === 0) return new Map();
    const level = bdd.level(at);
    if (level >= end) return new Map([[at, 1]]);
    const before = known.get(at);
    if (before !== undefined) return before;
    const [low, high] = [walk(bdd.low(at)), walk(bdd.high(at))];
    const found = new Map<Edge, Edge>();
    for (const rest of new Set([...low.keys(), ...high.keys()]))
      found.set(rest, bdd.edge(level, low.get(rest) ?? 0, high.get(rest) ?? 0));
    known.set(at, found);
    return found;
  };
  return walk(edge);
}

/** The same set in fewer boxes: two that differ in one field alone become one, until none do. */
export function joined({ bdd }: FieldSets, boxes: readonly Box[]): readonly Box[] {
  let current = boxes;
  for (;;) {
    const before = current.length;
    for (const field of fields) {
      // Addresses of the two families are not the same variables: describe.ts puts them together.
      if (field === "family" || current.length < 2) continue;
      const groups = new Map<string, Box>();
      for (const box of current) {
        const key = keyOf(box, field);
        const same = groups.get(key);
        groups.set(
          key,
          same === undefined
            ? box
            : withValues(box, field, bdd.or(valuesOf(same, field), valuesOf(box, field))),
        );
      }
      current = [...groups.values()];
    }
    if (current.length === before) return current;
  }
}

/** A field's values; all where the box leaves it free. */
export function valuesOf(box: Box, field: Field): Edge {
  return box.get(field) ?? 1;
}

/** The box with other values in a field. */
export function withValues(box: Box, field: Field, values: Edge): Box {
  const parts = fields.flatMap((one): [Field, Edge][] => {
    const value = one === field ? values : valuesOf(box, one);
    return value === 1 ? [] : [[one, value]];
  });
  return new Map(parts);
}

/** What two boxes share that differ in the field at most. */
export function keyOf(box: Box, without?: Field): string {
  return [...box]
    .map(([field, values]) => (field === without ? "" : `${field} ${values}`))
    .filter(Boolean)
    .join(",");
}

/** The members of a box. */
export function boxSet({ bdd }: FieldSets, box: Box): Edge {
  // From the last field up, so that each step only puts nodes on top.
  return [...box.values()].reduceRight((rest, values) => bdd.and(values, rest), 1);
}

function tooMany(question: string): Problem {
  return new Problem("limit", `${question}: a set of packets falls into more than ${mostBoxes} parts`, {
    remedy:
      "narrow the question: fewer sources or destinations (--from, --to), one protocol or port, or one family",
  });
}
