// The packets that some matches can tell apart, of both families at once: the dimensions of each family side by side, the
// family itself as one, and one for each condition that nobody knows and that whole chains hang on.
import type { Family } from "../../packet/address.ts";
import { pairsOf } from "../../packet/intervals.ts";
import { dimensionsOf } from "../boxes/dimensions.ts";
import { extentOf } from "../boxes/extent.ts";
import type { Dimension, Dimensions, Extent, Product, Region } from "../boxes/model.ts";

import type { Match } from "../match.ts";
import type { FlatBoxes } from "./program.ts";

/** A dimension of the universe, and which of a family's it is. */
export type Axis =
  | { readonly kind: "family"; readonly families: readonly Family[]; readonly last: number }
  | { readonly kind: "field"; readonly of: ReadonlyMap<Family, Dimension>; readonly last: number }
  /** 1 where the condition holds. */
  | { readonly kind: "condition"; readonly last: 1 };

/** More conditions are not kept apart: what hangs on the others is only possible. */
const mostConditions = 24;

export class Universe {
  readonly axes: Axis[];
  readonly #families: readonly { readonly dimensions: Dimensions; readonly places: readonly number[] }[];
  /** Of each family, the coordinates that its packets can have. */
  readonly #ranges: readonly Product[];
  #conditions = 0;

  constructor(families: readonly Family[], matches: readonly Match[]) {
    const each = families.map((family) => dimensionsOf(family, matches, { unknowns: false }));
    // Where no test is of a field, the one family is the dimension: without any, there were no packets at all.
    const bare = each.every(({ list }) => list.length === 0);
    this.axes =
      families.length === 1 && !bare ? [] : [{ kind: "family", families, last: families.length - 1 }];
    const fields = new Map<string, Map<Family, Dimension>>();
    for (const { family, list } of each)
      for (const dimension of list) {
        const key = keyOf(dimension);
        fields.set(key, (fields.get(key) ?? new Map<Family, Dimension>()).set(family, dimension));
      }
    const keys = [...fields.keys()];
    for (const of of fields.values())
      this.axes.push({ kind: "field", of, last: Math.max(...[...of.values()].map(({ last }) => last)) });
    const before = families.length === 1 ? 0 : 1;
    this.#families = each.map((dimensions) => ({
      dimensions,
      places: dimensions.list.map((dimension) => before + keys.indexOf(keyOf(dimension))),
    }));
    // The coordinates of a field are fewer in one family than in the other; where it has none, 0 stands for them all.
    this.#ranges = families.map((family, at) =>
      this.axes.map((axis) => (axis.kind === "field" ? [0, axis.of.get(family)?.last ?? 0] : [at, at])),
    );
  }

  /** Where a match holds, certainly and possibly. */
  extent(match: Match): Pick<Extent, "must" | "may"> {
    const each = this.#families.map(({ dimensions, places }, at) => {
      const { must, may } = extentOf(match, dimensions);
      const placed = (region: Region): Region => region.map((product) => this.#place(product, places, at));
      const certain = placed(must);
      return { must: certain, may: must === may ? certain : placed(may) };
    });
    const must = each.flatMap((one) => one.must);
    return { must, may: each.every((one) => one.must === one.may) ? must : each.flatMap((one) => one.may) };
  }

  #place(product: Product, places: readonly number[], family: number): Product {
    if (this.#families.length === 1) return product;
    const placed: (Product[number] | undefined)[] = this.#ranges[family]?.slice() ?? [];
    for (const [at, set] of product.entries()) if (set !== undefined) placed[places[at] ?? 0] = set;
    return placed;
  }

  /** An extent whose unknown part is known of each packet: it holds there where a new condition does. Else, the same. */
  conditioned({ must, may }: Pick<Extent, "must" | "may">): Pick<Extent, "must" | "may"> {
    if (must === may || this.#conditions === mostConditions) return { must, may };
    const at = this.axes.length;
    this.axes.push({ kind: "condition", last: 1 });
    this.#conditions += 1;
    const held = may.map((product) => {
      const with1 = Array.from({ length: at + 1 }, (_, place) => product[place]);
      with1[at] = [1, 1];
      return with1;
    });
    const both = [...must, ...held];
    return { must: both, may: both };
  }

  /** Regions, one for each rule, as boxes. */
  pack(regions: readonly Region[]): FlatBoxes {
    const low: number[] = [];
    const high: number[] = [];
    const rule: number[] = [];
    for (const [of, region] of regions.entries())
      for (const product of region)
        for (const sides of this.#boxes(product)) {
          for (const [first, last] of sides) {
            low.push(first);
            high.push(last);
          }
          rule.push(of);
        }
    return {
      dimensions: this.axes,
      count: rule.length,
      low: Uint32Array.from(low),
      high: Uint32Array.from(high),
      rule: Uint32Array.from(rule),
    };
  }

  /** A product of sets of intervals as products of intervals. */
  #boxes(product: Product): (readonly (readonly [number, number])[])[] {
    let boxes: (readonly (readonly [number, number])[])[] = [[]];
    for (const [at, { last }] of this.axes.entries()) {
      const pairs: readonly (readonly [number, number])[] = pairsOf(product[at] ?? [0, last]);
      boxes = boxes.flatMap((sides) => pairs.map((pair) => [...sides, pair]));
    }
    return boxes;
  }
}

/** Dimensions of two families with the same key mean the same kind of thing, marks under the same mask. */
function keyOf({ field, meaning }: Dimension): string {
  return meaning.kind === "spans" ? `${field} ${meaning.mask}` : field;
}
