// Looks for a packet of a box that no taker takes: finds one, or proves that there is none, or gives up at its bound.
// Cuts the box around its largest taker, or in halves where all are small, and stops at the first part that is free.
import type { Table } from "./table.ts";

/** A box in a table's order of dimensions. */
export interface Box {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

export type Found =
  | { readonly kind: "point"; readonly point: Uint32Array }
  /** `used`: takers (boxes of the table) that together take the whole box. */
  | { readonly kind: "none"; readonly used: readonly number[] }
  | { readonly kind: "bound" };

/** Below this share of the region, the largest taker is no good place to cut, if there are many. */
const smallShare = 0.1;
const manyTakers = 32;

/** One search at a time; its memory is kept for the next. */
export class Search {
  readonly table: Table;
  /** Weighed takers left before it gives up. Shared by searches that make up one question. */
  budget = 0;
  #lists = new Int32Array(1 << 16);
  #region = new Uint32Array(1 << 10);
  readonly #point: Uint32Array;
  #used = new Set<number>();

  constructor(table: Table) {
    this.table = table;
    this.#point = new Uint32Array(table.width);
  }

  /**
   * @param takers boxes of the table, each of which meets the region
   * @example search.free(regionOf(table, 7), [3, 5]).kind === "point"
   */
  free(region: Box, takers: readonly number[]): Found {
    const { width } = this.table;
    this.#used = new Set();
    this.#region.set(region.low, 0);
    this.#region.set(region.high, width);
    this.#reserveLists(takers.length);
    this.#lists.set(takers, 0);
    const found = this.#solve(0, 0, takers.length);
    if (found === "bound") return { kind: "bound" };
    return found ? { kind: "point", point: this.#point.slice() } : { kind: "none", used: [...this.#used] };
  }

  #reserveLists(length: number): void {
    if (length <= this.#lists.length) return;
    const larger = new Int32Array(Math.max(length, this.#lists.length * 2));
    larger.set(this.#lists);
    this.#lists = larger;
  }

  #reserveRegion(length: number): void {
    if (length <= this.#region.length) return;
    const larger = new Uint32Array(this.#region.length * 2);
    larger.set(this.#region);
    this.#region = larger;
  }

  /** The region stands at `at` (lows, then highs), its takers at `from` … `to` − 1. */
  #solve(at: number, from: number, to: number): boolean | "bound" {
    const { width, low, high } = this.table;
    if (from === to) {
      for (let side = 0; side < width; side += 1) this.#point[side] = this.#region[at + side] ?? 0;
      return true;
    }
    this.budget -= to - from;
    if (this.budget < 0) return "bound";
    const region = this.#region;
    let pivot = -1;
    let largest = -1;
    for (let item = from; item < to; item += 1) {
      const box = this.#lists[item] ?? 0;
      let share = 1;
      let whole = true;
      for (let side = 0, cell = box * width; side < width; side += 1, cell += 1) {
        const first = region[at + side] ?? 0;
        const last = region[at + width + side] ?? 0;
        const boxFirst = low[cell] ?? 0;
        const boxLast = high[cell] ?? 0;
        if (boxFirst <= first && boxLast >= last) continue;
        whole = false;
        share *=
          ((boxLast < last ? boxLast : last) - (boxFirst > first ? boxFirst : first) + 1) /
          (last - first + 1);
      }
      if (whole) {
        this.#used.add(box);
        return false;
      }
      if (share > largest) {
        largest = share;
        pivot = box;
      }
    }
    if (to - from > manyTakers && largest < smallShare) {
      const halves = this.#halve(at, from, to);
      if (halves !== undefined) return halves;
    }
    return this.#peel(at, from, to, pivot);
  }

  /** Cuts the region into what lies outside the pivot, side by side; nothing is left to look at inside it. */
  #peel(at: number, from: number, to: number, pivot: number): boolean | "bound" {
    const { width, low, high } = this.table;
    const next = at + 2 * width;
    for (let side = 0; side < width; side += 1) {
      const first = this.#region[at + side] ?? 0;
      const last = this.#region[at + width + side] ?? 0;
      const pivotFirst = low[pivot * width + side] ?? 0;
      const pivotLast = high[pivot * width + side] ?? 0;
      if (pivotFirst > first) {
        const found = this.#part(at, next, side, first, pivotFirst - 1, from, to);
        if (found !== false) return found;
        this.#region[at + side] = pivotFirst;
      }
      if (pivotLast < last) {
        const found = this.#part(at, next, side, pivotLast + 1, last, from, to);
        if (found !== false) return found;
        this.#region[at + width + side] = pivotLast;
      }
    }
    this.#used.add(pivot);
    return false;
  }

  /** The region with one side narrowed, and the takers that still meet it. */
  #part(
    at: number,
    next: number,
    side: number,
    first: number,
    last: number,
    from: number,
    to: number,
  ): boolean | "bound" {
    const { width, low, high } = this.table;
    this.#reserveRegion(next + 2 * width);
    const region = this.#region;
    region.copyWithin(next, at, at + 2 * width);
    region[next + side] = first;
    region[next + width + side] = last;
    this.#reserveLists(to + (to - from));
    const lists = this.#lists;
    let end = to;
    for (let item = from; item < to; item += 1) {
      const box = lists[item] ?? 0;
      let meets = true;
      for (let each = 0, cell = box * width; each < width; each += 1, cell += 1) {
        if (
          (low[cell] ?? 0) > (region[next + width + each] ?? 0) ||
          (high[cell] ?? 0) < (region[next + each] ?? 0)
        ) {
          meets = false;
          break;
        }
      }
      if (meets) lists[end++] = box;
    }
    return this.#solve(next, to, end);
  }

  /** Two halves, at the middle of the ends that lie inside, on the side where most takers end inside. Undefined: no side does. */
  #halve(at: number, from: number, to: number): boolean | "bound" | undefined {
    const { width, low, high } = this.table;
    const lists = this.#lists;
    let best = -1;
    let most = 0;
    for (let side = 0; side < width; side += 1) {
      const first = this.#region[at + side] ?? 0;
      const last = this.#region[at + width + side] ?? 0;
      let inside = 0;
      for (let item = from; item < to; item += 1) {
        const cell = (lists[item] ?? 0) * width + side;
        if ((low[cell] ?? 0) > first || (high[cell] ?? 0) < last) inside += 1;
      }
      if (inside > most) {
        most = inside;
        best = side;
      }
    }
    if (best < 0) return undefined;
    const first = this.#region[at + best] ?? 0;
    const last = this.#region[at + width + best] ?? 0;
    const starts: number[] = [];
    const step = Math.max(1, Math.floor((to - from) / 64));
    for (let item = from; item < to; item += step) {
      const cell = (lists[item] ?? 0) * width + best;
      const boxFirst = low[cell] ?? 0;
      const boxLast = high[cell] ?? 0;
      if (boxFirst > first) starts.push(boxFirst);
      if (boxLast < last) starts.push(boxLast + 1);
    }
    if (starts.length === 0) return undefined;
    starts.sort((a, b) => a - b);
    const cut = starts[starts.length >> 1] ?? first;
    const next = at + 2 * width;
    const found = this.#part(at, next, best, first, cut - 1, from, to);
    return found === false ? this.#part(at, next, best, cut, last, from, to) : found;
  }
}

/** Whether two boxes share a packet. */
export function meets(table: Table, box: number, region: Box): boolean {
  const { width, low, high } = table;
  for (let side = 0, cell = box * width; side < width; side += 1, cell += 1)
    if ((low[cell] ?? 0) > (region.high[side] ?? 0) || (high[cell] ?? 0) < (region.low[side] ?? 0))
      return false;
  return true;
}

/** A box of the table by itself. */
export function boxOf({ width, low, high }: Table, box: number): Box {
  return {
    low: low.subarray(box * width, (box + 1) * width),
    high: high.subarray(box * width, (box + 1) * width),
  };
}

/** Whether the box holds the point. */
export function hasPoint({ width, low, high }: Table, box: number, point: ArrayLike<number>): boolean {
  for (let side = 0, cell = box * width; side < width; side += 1, cell += 1) {
    const value = point[side] ?? 0;
    if ((low[cell] ?? 0) > value || (high[cell] ?? 0) < value) return false;
  }
  return true;
}
