// Fewer boxes for a set: each is widened as far as the set reaches, so that they overlap, and those that the others cover
// are left out.
import type { Edge } from "./bdd.ts";
import { boxesOf, boxSet, joined, keyOf, valuesOf, withValues, type Box } from "./boxes.ts";
import { countOver } from "./count.ts";
import type { FieldSets } from "./field-sets.ts";
import { fields, type Field } from "./layout.ts";

/** More boxes than this are joined, and not widened: that costs several operations on the whole set for each. */
const mostWidened = 256;

/** Boxes that together are exactly the set, the largest first; none is covered by the others. */
export function cover(sets: FieldSets, a: Edge): readonly Box[] {
  const boxes = joined(sets, boxesOf(sets, a));
  if (boxes.length < 2 || boxes.length > mostWidened) return boxes;
  const widest = new Map<string, Box>();
  for (const order of [fields, fields.toReversed()])
    for (const box of boxes) {
      const wide = widened(sets, a, box, order);
      widest.set(keyOf(wide), wide);
    }
  const chosen = irredundant(sets, a, [...widest.values()]);
  return chosen.length <= boxes.length ? chosen : boxes;
}

/** The box with every value, field by field, that keeps it inside the set. The family stays: addresses hang on it. */
function widened(sets: FieldSets, a: Edge, box: Box, order: readonly Field[]): Box {
  const { bdd } = sets;
  let wide = box;
  for (const field of order) {
    if (!wide.has(field) || (field === "family" && (wide.has("source") || wide.has("destination")))) continue;
    const outside = bdd.minus(boxSet(sets, withValues(wide, field, 1)), a);
    const others = sets.variables(fields.filter((one) => one !== field));
    const values = bdd.forall(bdd.not(outside), others);
    if (values !== valuesOf(wide, field)) wide = withValues(wide, field, values);
  }
  return wide;
}

/** Some of the boxes: the largest that add something, less those that later ones made needless. */
function irredundant(sets: FieldSets, a: Edge, boxes: readonly Box[]): readonly Box[] {
  const { bdd } = sets;
  const variables = Array.from({ length: sets.layout.variables }, (_, variable) => variable);
  const bySize = boxes
    .map((box) => ({ box, set: boxSet(sets, box) }))
    .map(({ box, set }) => ({ box, set, size: countOver(bdd, set, variables) }))
    .sort((one, other) => (one.size > other.size ? -1 : one.size < other.size ? 1 : 0));
  const taken: { readonly box: Box; readonly set: Edge }[] = [];
  let left = a;
  for (const { box, set } of bySize) {
    if (bdd.and(left, set) === 0) continue;
    taken.push({ box, set });
    left = bdd.minus(left, set);
  }
  // From the smallest: what all before it and all kept after it cover is left out.
  const before: Edge[] = [];
  let sum: Edge = 0;
  for (const { set } of taken) {
    before.push(sum);
    sum = bdd.or(sum, set);
  }
  const kept: Box[] = [];
  let after: Edge = 0;
  for (const [at, { box, set }] of [...taken.entries()].toReversed()) {
    if (bdd.minus(set, bdd.or(before[at] ?? 0, after)) === 0) continue;
    kept.push(box);
    after = bdd.or(after, set);
  }
  return kept.toReversed();
}
