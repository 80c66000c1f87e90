// The boxes of rules in one table: what each certainly matches, and, where that is more, what it may match. Finds those that
// meet a region; knows nothing of what rules do.
import { Drawers, firstFrom } from "./drawers.ts";
import { meets, type Box } from "./search.ts";
import type { Table } from "./table.ts";

export interface Meeting {
  readonly rule: number;
  readonly box: number;
}

/** Boxes of the table, in the order of their rules. */
export class RuleBoxes {
  /** Rule r's are from[r] … from[r + 1] − 1 of `boxes`. */
  readonly from: Uint32Array;
  readonly boxes: readonly number[];
  readonly byRule: readonly (readonly number[])[];
  readonly drawers: Drawers;
  readonly #table: Table;

  constructor(table: Table, from: Uint32Array, boxes: readonly number[]) {
    this.from = from;
    this.boxes = boxes;
    this.byRule = Array.from({ length: from.length - 1 }, (_, rule) =>
      boxes.slice(from[rule], from[rule + 1]),
    );
    this.drawers = new Drawers(table, boxes);
    this.#table = table;
  }

  /** Rules from `from` up to `to` with a box that meets the region, and the box. */
  *meeting(region: Box, from: number, to: number): Iterable<Meeting> {
    const candidates = this.drawers.candidates(region);
    const end = this.from[to] ?? this.boxes.length;
    for (let at = firstFrom(candidates, this.from[from] ?? 0); at < candidates.length; at += 1) {
      const place = candidates[at] ?? end;
      if (place >= end) return;
      const box = this.boxes[place] ?? 0;
      if (meets(this.#table, box, region)) yield { rule: this.#table.rule[box] ?? 0, box };
    }
  }
}

/** For each rule 1, if it certainly matches all that it may. */
export function exactRules(must: Table, may: Table, count: number): Uint8Array {
  const exact = new Uint8Array(count);
  for (let rule = 0; rule < count; rule += 1)
    exact[rule] = must === may || sameBoxes(must, may, rule) ? 1 : 0;
  return exact;
}

function sameBoxes(must: Table, may: Table, rule: number): boolean {
  const { width } = must;
  const [mustFrom, mustTo] = [(must.from[rule] ?? 0) * width, (must.from[rule + 1] ?? 0) * width];
  const [mayFrom, mayTo] = [(may.from[rule] ?? 0) * width, (may.from[rule + 1] ?? 0) * width];
  if (mustTo - mustFrom !== mayTo - mayFrom) return false;
  for (let at = 0; at < mustTo - mustFrom; at += 1)
    if (
      must.low[mustFrom + at] !== may.low[mayFrom + at] ||
      must.high[mustFrom + at] !== may.high[mayFrom + at]
    )
      return false;
  return true;
}

/** One table of both: what a rule may match stands behind, where it is more than what it certainly matches. */
export function joinTables(
  must: Table,
  may: Table,
  exact: Uint8Array,
  count: number,
): { readonly table: Table; readonly must: RuleBoxes; readonly may: RuleBoxes } {
  const all = Array.from({ length: must.count }, (_, box) => box);
  if (must === may) {
    const both = new RuleBoxes(must, must.from, all);
    return { table: must, must: both, may: both };
  }
  const boxes: number[] = [];
  const from = new Uint32Array(count + 1);
  const added: number[] = [];
  for (let rule = 0; rule < count; rule += 1) {
    from[rule] = boxes.length;
    if (exact[rule] === 1) {
      for (let box = must.from[rule] ?? 0; box < (must.from[rule + 1] ?? 0); box += 1) boxes.push(box);
      continue;
    }
    for (let box = may.from[rule] ?? 0; box < (may.from[rule + 1] ?? 0); box += 1) {
      boxes.push(must.count + added.length);
      added.push(box);
    }
  }
  from[count] = boxes.length;
  const table = withBoxes(must, may, added);
  return { table, must: new RuleBoxes(table, must.from, all), may: new RuleBoxes(table, from, boxes) };
}

function withBoxes(table: Table, other: Table, added: readonly number[]): Table {
  const { width } = table;
  const count = table.count + added.length;
  const low = new Uint32Array(count * width);
  const high = new Uint32Array(count * width);
  const rule = new Uint32Array(count);
  low.set(table.low);
  high.set(table.high);
  rule.set(table.rule.subarray(0, table.count));
  for (const [at, box] of added.entries()) {
    const cell = (table.count + at) * width;
    low.set(other.low.subarray(box * width, (box + 1) * width), cell);
    high.set(other.high.subarray(box * width, (box + 1) * width), cell);
    rule[table.count + at] = other.rule[box] ?? 0;
  }
  return { width, count, low, high, rule, from: table.from };
}
