// Everything of a packet but its addresses, as one small number: its service class. Packets of one class lie in the same
// boxes as far as protocol, ports, flags, state, interfaces and marks go. Built once; a table look-up a field at run time.
import { pairsOf, type NumberSet } from "../../packet/intervals.ts";
import type { Dimension, Product } from "../boxes/model.ts";

/** More combinations than this, which 16 bits number, are not tabled at once: fields are joined in groups. */
const mostCombined = 1 << 16;
/** More combinations than this are not tabled at all. */
const mostJoined = 1 << 24;

/** One field: what each coordinate adds to the index of its group's table; of TCP's flags, what their byte adds. */
export interface ServiceField {
  /** The place among the dimensions. */
  readonly place: number;
  readonly dimension: Dimension;
  readonly add: Uint16Array;
}

/** Fields whose values are combined in one table, and the table that joins it with the groups before. */
export interface ServiceGroup {
  readonly fields: readonly ServiceField[];
  readonly classes: Uint32Array;
  readonly count: number;
  /** Class before × `count` + class here; empty for the first group. */
  readonly join: Uint32Array;
}

export interface Services {
  readonly groups: readonly ServiceGroup[];
  /** How many classes there are. */
  readonly count: number;
  /** For each spec `stride` words, one bit a class: whether packets of the class satisfy the spec. */
  readonly holds: Uint32Array;
  readonly stride: number;
}

/** What products ask of the fields that are no addresses: equal ones have one number. */
export class Specs {
  readonly products: Product[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #places: readonly number[];

  constructor(places: readonly number[]) {
    this.#places = places;
  }

  numberOf(product: Product): number {
    const key = this.#places.map((place) => product[place]?.join(",") ?? "").join(";");
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.products.length;
    this.#numbers.set(key, number);
    this.products.push(product);
    return number;
  }
}

/** The service classes of some specs; undefined where they would be too many. */
export function servicesOf(
  dimensions: readonly Dimension[],
  places: readonly number[],
  specs: readonly Product[],
): Services | undefined {
  const words = Math.max(1, (specs.length + 31) >> 5);
  const parts = places.flatMap((place) => {
    const dimension = dimensions[place];
    return dimension === undefined ? [] : [partOf(dimension, place, specs, words)];
  });
  if (parts.some(({ bits }) => bits.length > mostCombined)) return undefined;
  parts.sort((a, b) => a.bits.length - b.bits.length);
  let joined: readonly Uint32Array[] = [everySpec(specs.length, words)];
  const groups: ServiceGroup[] = [];
  for (const fields of grouped(parts.filter((part) => part.bits.length > 1))) {
    const group = combine(fields, words, specs.length);
    const first = groups.length === 0;
    if (joined.length * group.bits.length > mostJoined) return undefined;
    const join = first ? { numbers: new Uint32Array(0), bits: group.bits } : cross(joined, group.bits);
    groups.push({
      fields: group.fields,
      classes: group.classes,
      count: group.bits.length,
      join: join.numbers,
    });
    joined = join.bits;
  }
  const stride = (joined.length + 31) >> 5;
  const holds = new Uint32Array(Math.max(1, specs.length * stride));
  for (const [at, bits] of joined.entries())
    for (let spec = 0; spec < specs.length; spec += 1)
      if ((((bits[spec >> 5] ?? 0) >>> (spec & 31)) & 1) === 1)
        holds[spec * stride + (at >> 5)] = (holds[spec * stride + (at >> 5)] ?? 0) | (1 << (at & 31));
  return { groups, count: joined.length, holds, stride };
}

/** A field's values, told apart as the specs tell them apart. */
interface Part {
  readonly place: number;
  readonly dimension: Dimension;
  /** The class of each coordinate. */
  readonly classOf: Uint32Array;
  /** For each class, which specs it satisfies in this field. */
  readonly bits: readonly Uint32Array[];
}

function partOf(dimension: Dimension, place: number, specs: readonly Product[], words: number): Part {
  const sets = new Map<string, { readonly set: NumberSet; readonly specs: number[] }>();
  const free: number[] = [];
  for (const [spec, product] of specs.entries()) {
    const set = product[place];
    if (set === undefined) {
      free.push(spec);
      continue;
    }
    const key = set.join(",");
    const same = sets.get(key);
    if (same === undefined) sets.set(key, { set, specs: [spec] });
    else same.specs.push(spec);
  }
  const starts = new Set([0]);
  for (const { set } of sets.values())
    for (const [first, last] of pairsOf(set)) starts.add(first).add(last + 1);
  const cuts = [...starts].filter((start) => start <= dimension.last).sort((a, b) => a - b);
  const placeOfCut = new Map(cuts.map((cut, at) => [cut, at]));
  const bitsOfCut = cuts.map(() => bitsOf(free, words));
  for (const { set, specs: those } of sets.values())
    for (const [first, last] of pairsOf(set))
      for (let at = placeOfCut.get(first) ?? 0; (cuts[at] ?? Infinity) <= last; at += 1)
        for (const spec of those) setBit(bitsOfCut[at], spec);
  const classes = new Classes();
  const classOf = new Uint32Array(dimension.last + 1);
  for (const [at, cut] of cuts.entries()) {
    const bits = bitsOfCut[at];
    if (bits !== undefined) classOf.fill(classes.numberOf(bits), cut, cuts[at + 1] ?? dimension.last + 1);
  }
  return { place, dimension, classOf, bits: classes.bits };
}

/** Fields in groups, each of which has few enough combinations for one table. */
function* grouped(parts: readonly Part[]): Iterable<readonly Part[]> {
  let group: Part[] = [];
  let size = 1;
  for (const part of parts) {
    if (group.length > 0 && size * part.bits.length > mostCombined) {
      yield group;
      group = [];
      size = 1;
    }
    group.push(part);
    size *= part.bits.length;
  }
  if (group.length > 0) yield group;
}

function combine(
  parts: readonly Part[],
  words: number,
  specs: number,
): {
  readonly fields: ServiceField[];
  readonly classes: Uint32Array;
  readonly bits: readonly Uint32Array[];
} {
  let classes = new Uint32Array(1);
  let bits: readonly Uint32Array[] = [everySpec(specs, words)];
  for (const part of parts) {
    const values = part.bits.length;
    const joined = cross(bits, part.bits);
    const longer = new Uint32Array(classes.length * values);
    for (let at = 0; at < longer.length; at += 1) {
      const value = at % values;
      longer[at] = joined.numbers[(classes[(at - value) / values] ?? 0) * values + value] ?? 0;
    }
    classes = longer;
    bits = joined.bits;
  }
  let weight = classes.length;
  const fields = parts.map((part): ServiceField => {
    weight /= part.bits.length;
    return { place: part.place, dimension: part.dimension, add: addends(part, weight) };
  });
  return { fields, classes, bits };
}

function addends({ dimension: { meaning, last }, classOf }: Part, weight: number): Uint16Array {
  const ofCoordinate = new Uint16Array(classOf.length);
  for (let at = 0; at < classOf.length; at += 1) ofCoordinate[at] = (classOf[at] ?? 0) * weight;
  if (meaning.kind !== "flags") return ofCoordinate;
  return Uint16Array.from(
    { length: 257 },
    (_, flags) => ofCoordinate[flags === 256 ? last : (meaning.classOf[flags] ?? last)] ?? 0,
  );
}

function cross(
  before: readonly Uint32Array[],
  here: readonly Uint32Array[],
): { readonly numbers: Uint32Array; readonly bits: Uint32Array[] } {
  const numbers = new Uint32Array(before.length * here.length);
  const classes = new Classes();
  for (const [at, left] of before.entries())
    for (const [value, right] of here.entries())
      numbers[at * here.length + value] = classes.numberOf(intersectionOf(left, right));
  return { numbers, bits: classes.bits };
}

/** Sets of specs, each with a number. */
class Classes {
  readonly bits: Uint32Array[] = [];
  /** By hash: the number of the last set that has it, and for each set the number of the one before it; −1: none. */
  readonly #last = new Map<number, number>();
  readonly #before: number[] = [];

  numberOf(bits: Uint32Array): number {
    let hash = 0;
    for (const word of bits) hash = Math.imul(hash ^ word, 0x9e3779b1) ^ (hash >>> 15);
    const last = this.#last.get(hash) ?? -1;
    for (let known = last; known >= 0; known = this.#before[known] ?? -1)
      if (isEqual(bits, this.bits[known])) return known;
    const number = this.bits.length;
    this.#last.set(hash, number);
    this.#before.push(last);
    this.bits.push(bits);
    return number;
  }
}

function isEqual(a: Uint32Array, b: Uint32Array | undefined): boolean {
  if (b === undefined) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

function intersectionOf(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(a.length);
  for (let at = 0; at < a.length; at += 1) both[at] = (a[at] ?? 0) & (b[at] ?? 0);
  return both;
}

function everySpec(count: number, words: number): Uint32Array {
  const bits = new Uint32Array(words);
  for (let spec = 0; spec < count; spec += 1) setBit(bits, spec);
  return bits;
}

function bitsOf(specs: readonly number[], words: number): Uint32Array {
  const bits = new Uint32Array(words);
  for (const spec of specs) setBit(bits, spec);
  return bits;
}

function setBit(bits: Uint32Array | undefined, at: number): void {
  if (bits !== undefined) bits[at >> 5] = (bits[at >> 5] ?? 0) | (1 << (at & 31));
}
