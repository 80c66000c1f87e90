// Looks for a packet that gets past obstacles of which some only lead by the others: returns, and gotos that came back.
// Cuts a region until every skip holds for all of it or for none, then leaves the takers that are left to the search.
import { boxOf, hasPoint, meets, type Box, type Found, type Search } from "./search.ts";
import type { Table } from "./table.ts";

/** A box at its place in the order of the walk. Takers take a packet for good. */
export interface Taker {
  readonly box: number;
  readonly place: number;
}

/** What it holds goes on at the place `to`: takers and skips between do not see it. Unsure: perhaps it does. */
export interface Skip extends Taker {
  readonly to: number;
  readonly sure: boolean;
}

export interface Obstacles {
  readonly takers: readonly Taker[];
  /** In the order of their places. */
  readonly skips: readonly Skip[];
}

/**
 * A packet of the region that may get past all of them; or the boxes of takers that, with the skips as they are, hold all.
 *
 * @example escape(search, region, { takers: [{ box: 3, place: 6 }], skips: [] })
 */
export function escape(search: Search, region: Box, { takers, skips }: Obstacles): Found {
  const used = new Set<number>();
  const found = past(search, region, takers, skips, used);
  return found ?? { kind: "none", used: [...used] };
}

/** Undefined: none gets past. */
function past(
  search: Search,
  region: Box,
  takers: readonly Taker[],
  skips: readonly Skip[],
  used: Set<number>,
): Exclude<Found, { kind: "none" }> | undefined {
  const { table } = search;
  const skip = skips.find((one) => shields(table, one, region, takers) || shields(table, one, region, skips));
  if (skip === undefined) {
    const found = search.free(
      region,
      takers.map(({ box }) => box),
    );
    if (found.kind !== "none") return found;
    for (const box of found.used) used.add(box);
    return undefined;
  }
  search.budget -= takers.length + skips.length;
  if (search.budget < 0) return { kind: "bound" };
  // A taker that no skip leads by, and that holds the whole region, needs no cutting.
  const whole = takers.find(
    ({ box, place }) =>
      holdsAll(table, box, region) && !skips.some((one) => one.place < place && place < one.to),
  );
  if (whole !== undefined) {
    used.add(whole.box);
    return undefined;
  }
  const others = skips.filter((one) => one !== skip);
  for (const part of outside(table, region, skip.box)) {
    const found = past(search, part, meeting(table, takers, part), meeting(table, others, part), used);
    if (found !== undefined) return found;
  }
  const inside = common(table, region, skip.box);
  const left = (one: Taker): boolean => one.place < skip.place || one.place >= skip.to;
  const led = past(
    search,
    inside,
    meeting(table, takers, inside).filter(left),
    meeting(table, others, inside).filter(left),
    used,
  );
  if (led !== undefined || skip.sure) return led;
  return past(search, inside, meeting(table, takers, inside), meeting(table, others, inside), used);
}

/** Whether a skip leads by one of them somewhere in the region. */
function shields(table: Table, skip: Skip, region: Box, by: readonly Taker[]): boolean {
  if (by.length === 0) return false;
  const inside = common(table, region, skip.box);
  return by.some(({ box, place }) => place > skip.place && place < skip.to && meets(table, box, inside));
}

function meeting<T extends Taker>(table: Table, takers: readonly T[], region: Box): T[] {
  return takers.filter(({ box }) => meets(table, box, region));
}

export function holdsAll(table: Table, box: number, region: Box): boolean {
  return hasPoint(table, box, region.low) && hasPoint(table, box, region.high);
}

/** The part of the region in the box, which meets it. */
export function common(table: Table, region: Box, box: number): Box {
  const { low, high } = boxOf(table, box);
  return {
    low: region.low.map((value, side) => Math.max(value, low[side] ?? 0)),
    high: region.high.map((value, side) => Math.min(value, high[side] ?? 0)),
  };
}

/** The part of the region outside the box, as boxes that do not meet. */
function outside(table: Table, region: Box, box: number): Box[] {
  const inside = common(table, region, box);
  const low = region.low.slice();
  const high = region.high.slice();
  const parts: Box[] = [];
  for (let side = 0; side < table.width; side += 1) {
    const first = inside.low[side] ?? 0;
    const last = inside.high[side] ?? 0;
    if (first > (low[side] ?? 0)) {
      const below = { low: low.slice(), high: high.slice() };
      below.high[side] = first - 1;
      parts.push(below);
      low[side] = first;
    }
    if (last < (high[side] ?? 0)) {
      const above = { low: low.slice(), high: high.slice() };
      above.low[side] = last + 1;
      parts.push(above);
      high[side] = last;
    }
  }
  return parts;
}
