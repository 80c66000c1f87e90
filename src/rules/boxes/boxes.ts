// Lists of boxes from matches: what a region is multiplied out to, packed in typed arrays.
import { pairsOf } from "../../packet/intervals.ts";
import type { Match } from "../match.ts";
import { extentOf } from "./extent.ts";
import type { BoxList, Dimensions, Product, Region } from "./model.ts";

/** The boxes of one match: where it certainly holds, and where it may. */
export interface Boxes {
  readonly must: BoxList;
  readonly may: BoxList;
  /** False where these are only bounds: the match is too intricate to be written as boxes. */
  readonly exact: boolean;
}

/**
 * A match as boxes, all of rule 0. Boxes may overlap.
 *
 * @param dimensions made by `dimensionsOf` from this match, among others
 * @example boxesOf(rule.match, dimensionsOf(4, [rule.match])).must.count
 */
export function boxesOf(match: Match, dimensions: Dimensions): Boxes {
  return boxesOfAll([match], dimensions);
}

/** The matches of a list of rules as boxes, each with its rule's place in the list. */
export function boxesOfAll(matches: readonly Match[], dimensions: Dimensions): Boxes {
  const extents = matches.map((match) => extentOf(match, dimensions));
  const must = packRegions(
    extents.map((extent) => extent.must),
    dimensions,
  );
  const same = extents.every((extent) => extent.must === extent.may);
  const may = same
    ? must
    : packRegions(
        extents.map((extent) => extent.may),
        dimensions,
      );
  return { must, may, exact: extents.every((extent) => extent.exact) };
}

/** How many boxes a region is. */
export function boxCount(region: Region): number {
  return region.reduce(
    (sum, product) => sum + product.reduce((count, set) => count * ((set?.length ?? 2) / 2), 1),
    0,
  );
}

/** Regions, one for each rule, as one list. */
export function packRegions(regions: readonly Region[], { list }: Dimensions): BoxList {
  const count = regions.reduce((sum, region) => sum + boxCount(region), 0);
  const width = list.length;
  const low = new Uint32Array(count * width);
  const high = new Uint32Array(count * width);
  const rule = new Uint32Array(count);
  let box = 0;
  const current: [number, number][] = list.map(({ last }) => [0, last]);
  const emit = (product: Product, from: number, of: number): void => {
    for (let at = from; at < width; at += 1) {
      const set = product[at];
      const last = list[at]?.last ?? 0;
      if (set !== undefined && set.length > 2) {
        for (const pair of pairsOf(set)) {
          current[at] = pair;
          emit(product, at + 1, of);
        }
        return;
      }
      current[at] = [set?.[0] ?? 0, set?.[1] ?? last];
    }
    for (let at = 0; at < width; at += 1) {
      low[box * width + at] = current[at]?.[0] ?? 0;
      high[box * width + at] = current[at]?.[1] ?? 0;
    }
    rule[box] = of;
    box += 1;
  };
  for (const [of, region] of regions.entries()) for (const product of region) emit(product, 0, of);
  return { dimensions: list, count, low, high, rule };
}
