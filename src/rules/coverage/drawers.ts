// Finds the boxes of a list that may meet a region without asking all of them: drawers by the coordinates of the most telling
// dimensions. Chooses candidates only, in the list's order; whether they meet is for the caller to ask.
import type { Box } from "./search.ts";
import type { Table } from "./table.ts";

/** Dimensions that have drawers. */
const mostSides = 5;
const mostDrawers = 512;
/** Entries of all drawers of a dimension together: wide boxes lie in many drawers. */
const mostEntries = 4_000_000;

interface Side {
  readonly side: number;
  /** Drawer i holds what meets the coordinates from starts[i] to below starts[i + 1]. */
  readonly starts: Uint32Array;
  readonly drawers: readonly Int32Array[];
}

export class Drawers {
  readonly #all: Int32Array;
  readonly #sides: readonly Side[];

  /** @param boxes boxes of the table: the list */
  constructor(table: Table, boxes: readonly number[]) {
    this.#all = Int32Array.from(boxes.keys());
    const most = Math.min(mostDrawers, Math.floor(mostEntries / Math.max(1, boxes.length)));
    const sides = Array.from({ length: Math.min(mostSides, table.width) }, (_, side) => side);
    this.#sides = most < 2 || boxes.length < 64 ? [] : sides.map((side) => fill(table, boxes, side, most));
  }

  /** Places in the list, ascending, of every box that meets the region and perhaps of others. */
  candidates(region: Box): Int32Array {
    let best = this.#all;
    for (const { side, starts, drawers } of this.#sides) {
      const at = drawerOf(starts, region.low[side] ?? 0);
      if ((region.high[side] ?? 0) >= (starts[at + 1] ?? Infinity)) continue;
      const drawer = drawers[at];
      if (drawer !== undefined && drawer.length < best.length) best = drawer;
    }
    return best;
  }

  /** The same of one point. */
  candidatesAt(point: ArrayLike<number>): Int32Array {
    let best = this.#all;
    for (const { side, starts, drawers } of this.#sides) {
      const drawer = drawers[drawerOf(starts, point[side] ?? 0)];
      if (drawer !== undefined && drawer.length < best.length) best = drawer;
    }
    return best;
  }
}

/** The first place in an ascending list that is not below a value. */
export function firstFrom(list: Int32Array, value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function fill(table: Table, boxes: readonly number[], side: number, most: number): Side {
  const starts = evenStarts(table, boxes, side, most);
  const lists: number[][] = Array.from(starts, () => []);
  for (const [at, box] of boxes.entries()) {
    const cell = box * table.width + side;
    const last = table.high[cell] ?? 0;
    let drawer = drawerOf(starts, table.low[cell] ?? 0);
    do {
      lists[drawer]?.push(at);
      drawer += 1;
    } while (drawer < starts.length && (starts[drawer] ?? 0) <= last);
  }
  return { side, starts, drawers: lists.map((list) => Int32Array.from(list)) };
}

/** Where boxes begin, thinned out evenly; the first is 0. */
function evenStarts(
  { width, low }: Table,
  boxes: readonly number[],
  side: number,
  most: number,
): Uint32Array {
  const distinct = Uint32Array.from(new Set([0, ...boxes.map((box) => low[box * width + side] ?? 0)])).sort();
  const step = Math.max(1, Math.ceil(distinct.length / most));
  return distinct.filter((_, at) => at % step === 0);
}

function drawerOf(starts: Uint32Array, value: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= value) low = middle;
    else high = middle;
  }
  return low;
}
