// Finds the elements of a large set of tuples that can hold a packet's values, without asking each: a map for elements
// of single values, an interval tree for the rest. Chooses candidates only; whether they hold is asked in matches.ts.
import type { Address } from "../packet/address.ts";
import { pairsOf } from "../packet/intervals.ts";
import type { TupleElement } from "./match.ts";

/** A field's value: one address or number, nothing that any test could hold of, or (undefined) left open. */
export type FieldValue = Address | number | "absent" | undefined;

/** Fewer elements than this are asked one by one: that costs less than to look up. */
const fewest = 16;

interface Span {
  readonly first: number | bigint;
  readonly last: number | bigint;
  readonly index: number;
}

/** Spans sorted by their first value; `most[i]`: the highest last value in the subtree whose middle is i. */
interface SpanTree {
  readonly spans: readonly Span[];
  readonly most: readonly (number | bigint)[];
}

interface TupleIndex {
  /** Elements whose every part is one value, by these values. */
  readonly exact: ReadonlyMap<string, readonly number[]>;
  /** The other elements, by their spans in one field. */
  readonly field: number;
  readonly trees: Readonly<Record<"number" | "v4" | "v6", SpanTree>>;
  /** Elements that this field does not bound: they are always candidates. */
  readonly unbounded: readonly number[];
}

/** By the array that holds the elements, which never changes: an index lives as long as its set. */
const indexes = new WeakMap<object, TupleIndex>();

/**
 * The indexes of the elements that may hold the values, ascending; all others certainly do not. Undefined: too few
 * elements, or a field left open, and each has to be asked.
 *
 * @param owner the array that stands for the set; `keysOf` gives its elements' keys and is called once for it
 * @param read the packet's value of the field with this number
 */
export function candidates(
  owner: readonly unknown[],
  keysOf: () => readonly TupleElement[],
  fields: number,
  read: (field: number) => FieldValue,
): readonly number[] | undefined {
  if (owner.length < fewest || fields === 0) return undefined;
  const values: (Address | number)[] = [];
  let absent = false;
  for (let field = 0; field < fields; field += 1) {
    const value = read(field);
    if (value === undefined) return undefined;
    if (value === "absent") absent = true;
    else values.push(value);
  }
  let index = indexes.get(owner);
  if (index === undefined) {
    index = build(keysOf(), fields);
    indexes.set(owner, index);
  }
  if (absent) return index.unbounded;
  const value = values[index.field];
  if (value === undefined) return undefined;
  const found = [...(index.exact.get(values.map(valueName).join(" ")) ?? []), ...index.unbounded];
  collect(index.trees[treeOf(value)], typeof value === "number" ? value : value.value, found);
  return found.length < 2 ? found : [...new Set(found)].sort((a, b) => a - b);
}

function valueName(value: Address | number): string {
  return typeof value === "number" ? String(value) : `${value.family}:${value.value}`;
}

function treeOf(value: Address | number): "number" | "v4" | "v6" {
  return typeof value === "number" ? "number" : value.family === 4 ? "v4" : "v6";
}

function build(keys: readonly TupleElement[], fields: number): TupleIndex {
  const exact = new Map<string, number[]>();
  const ranged: number[] = [];
  for (const [at, key] of keys.entries()) {
    const name = key.length === fields ? exactName(key) : undefined;
    if (name === undefined) ranged.push(at);
    else {
      const same = exact.get(name);
      if (same === undefined) exact.set(name, [at]);
      else same.push(at);
    }
  }
  const field = mostTelling(keys, ranged, fields);
  const spans: Record<"number" | "v4" | "v6", Span[]> = { number: [], v4: [], v6: [] };
  const unbounded: number[] = [];
  for (const index of ranged) {
    const part = keys[index]?.[field];
    // An element with fewer parts than fields holds where the others' parts hold; absent fields don't rule it out.
    if (part === undefined || keys[index]?.length !== fields) unbounded.push(index);
    else if ("numbers" in part)
      for (const [first, last] of pairsOf(part.numbers)) spans.number.push({ first, last, index });
    else {
      for (const [first, last] of pairsOf(part.addresses.v4)) spans.v4.push({ first, last, index });
      for (const [first, last] of pairsOf(part.addresses.v6)) spans.v6.push({ first, last, index });
    }
  }
  const trees = { number: treeFrom(spans.number), v4: treeFrom(spans.v4), v6: treeFrom(spans.v6) };
  return { exact, field, trees, unbounded };
}

/** The values of an element whose every part is a single one; undefined for any other. */
function exactName(key: TupleElement): string | undefined {
  const names: string[] = [];
  for (const part of key) {
    const single = "numbers" in part ? one(part.numbers) : undefined;
    if ("numbers" in part) {
      if (single === undefined) return undefined;
      names.push(String(single));
      continue;
    }
    const { v4, v6 } = part.addresses;
    const four = v6.length === 0 ? one(v4) : undefined;
    const six = v4.length === 0 ? one(v6) : undefined;
    if (four === undefined && six === undefined) return undefined;
    names.push(four === undefined ? `6:${six}` : `4:${four}`);
  }
  return names.join(" ");
}

function one<T extends number | bigint>(set: readonly T[]): T | undefined {
  return set.length === 2 && set[0] === set[1] ? set[0] : undefined;
}

/** The field in which the elements differ most. */
function mostTelling(keys: readonly TupleElement[], ranged: readonly number[], fields: number): number {
  let best = { field: 0, distinct: -1 };
  for (let field = 0; field < fields; field += 1) {
    const starts = new Set<number | bigint | undefined>();
    for (const index of ranged) {
      const part = keys[index]?.[field];
      if (part !== undefined)
        starts.add("numbers" in part ? part.numbers[0] : (part.addresses.v4[0] ?? part.addresses.v6[0]));
    }
    if (starts.size > best.distinct) best = { field, distinct: starts.size };
  }
  return best.field;
}

function treeFrom(unsorted: Span[]): SpanTree {
  const spans = unsorted.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const most: (number | bigint)[] = Array.from({ length: spans.length }, () => 0);
  const fill = (low: number, high: number): number | bigint | undefined => {
    if (low >= high) return undefined;
    const middle = (low + high) >> 1;
    let highest = spans[middle]?.last ?? 0;
    for (const other of [fill(low, middle), fill(middle + 1, high)]) {
      if (other !== undefined && other > highest) highest = other;
    }
    most[middle] = highest;
    return highest;
  };
  fill(0, spans.length);
  return { spans, most };
}

/** Adds the index of every span that holds the value. */
function collect(
  tree: SpanTree,
  value: number | bigint,
  into: number[],
  low = 0,
  high = tree.spans.length,
): void {
  if (low >= high) return;
  const middle = (low + high) >> 1;
  const span = tree.spans[middle];
  const most = tree.most[middle];
  if (span === undefined || most === undefined || most < value) return;
  collect(tree, value, into, low, middle);
  if (span.first > value) return;
  if (span.last >= value) into.push(span.index);
  collect(tree, value, into, middle + 1, high);
}
