// Unions of products of interval sets: intersection, union and complement, as far as a bound on their number allows.
// Knows no field by name.
import {
  complement,
  fromPairs,
  intersection,
  numberDomain,
  pairsOf,
  type NumberSet,
} from "../../packet/intervals.ts";
import type { Dimensions, Product, Region } from "./model.ts";

export const nowhere: Region = [];
export const everywhere: Region = [[]];

/** More products than this in one match are not multiplied out. */
export const mostProducts = 20_000;

/** One set in one dimension; the whole of it is no constraint. */
export function slab({ list }: Dimensions, at: number, set: NumberSet): Region {
  if (set.length === 0) return nowhere;
  if (set.length === 2 && set[0] === 0 && set[1] === list[at]?.last) return everywhere;
  const product: (NumberSet | undefined)[] = [];
  product[at] = set;
  return [Array.from(product)];
}

/** Undefined where there would be too many products. */
export function meet(a: Region, b: Region): Region | undefined {
  if (isEverywhere(a)) return b;
  if (isEverywhere(b)) return a;
  if (a.length * b.length > mostProducts * 10) return undefined;
  const products: Product[] = [];
  for (const left of a)
    for (const right of b) {
      const both = meetProducts(left, right);
      if (both !== undefined) products.push(both);
    }
  return products.length > mostProducts && products.length > a.length + b.length ? undefined : products;
}

export function meetProducts(a: Product, b: Product): Product | undefined {
  const product: (NumberSet | undefined)[] = [];
  const length = Math.max(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [left, right] = [a[at], b[at]];
    if (left === undefined || right === undefined) {
      product.push(left ?? right);
      continue;
    }
    const both = intersection(left, right);
    if (both.length === 0) return undefined;
    product.push(both);
  }
  return product;
}

/** The union; slabs of one and the same dimension become one set. */
export function join(dimensions: Dimensions, parts: readonly Region[]): Region {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const slabs = new Map<number, [number, number][]>();
  const rest: Product[] = [];
  for (const part of parts)
    for (const product of part) {
      const at = onlyDimension(product);
      if (at === "none") return everywhere;
      if (at === "many") {
        rest.push(product);
        continue;
      }
      const pairs = slabs.get(at) ?? [];
      pairs.push(...pairsOf(product[at] ?? []));
      slabs.set(at, pairs);
    }
  const joined = [...slabs].flatMap(([at, pairs]) =>
    slab(dimensions, at, fromPairs(numberDomain(0xffffffff), pairs)),
  );
  return joined.some((product) => product.length === 0) ? everywhere : [...joined, ...rest];
}

/** Everything in `within` that is not in the region; undefined where there would be too many products. */
export function without(dimensions: Dimensions, within: Region, region: Region): Region | undefined {
  let left: Region = within;
  for (const product of region) {
    const outside: Product[] = [];
    for (const [at, set] of product.entries()) {
      const last = dimensions.list[at]?.last;
      if (set !== undefined && last !== undefined)
        outside.push(...slab(dimensions, at, complement(numberDomain(last), set)));
    }
    const next = meet(left, outside);
    if (next === undefined) return undefined;
    left = next;
    if (left.length === 0) return left;
  }
  return left;
}

function isEverywhere(region: Region): boolean {
  return region.length === 1 && region[0]?.every((set) => set === undefined) === true;
}

function onlyDimension(product: Product): number | "none" | "many" {
  let only: number | "none" = "none";
  for (const [at, set] of product.entries()) {
    if (set === undefined) continue;
    if (only !== "none") return "many";
    only = at;
  }
  return only;
}
