// A program made ready for questions: its boxes in one table, and what can stop or lead a packet on its way to a rule.
// Chooses obstacles only; whether a packet gets past them is asked in escape.ts.
import { escape, type Obstacles, type Skip, type Taker } from "./escape.ts";
import type { Effect, Point, Program, Verdict } from "./program.ts";
import { boxOf, hasPoint, meets, Search, type Box, type Found } from "./search.ts";
import { pointInOrder, tableOf, tellingOrder, type Table } from "./table.ts";

/**
 * - `possible`: who may come to a rule: only what certainly matches takes a packet away before.
 * - `certain`: who certainly comes there: whatever may take it away does.
 */
export type Mode = "possible" | "certain";

/** Boxes of the table: rule r's are from[r] … from[r + 1] − 1 of `boxes`. */
interface RuleBoxes {
  readonly from: Uint32Array;
  readonly boxes: readonly number[];
}

export class Walks {
  readonly program: Program;
  readonly table: Table;
  readonly search: Search;
  readonly count: number;
  /** 0: left out, since it is unreachable or was found redundant. */
  readonly live: Uint8Array;
  /** Whether anything in it may match or not, or end or not. */
  readonly certain: boolean;
  readonly #order: readonly number[];
  readonly #must: RuleBoxes;
  readonly #may: RuleBoxes;
  readonly #exact: Uint8Array;
  readonly #bound: number;
  readonly #preferred: readonly (number | undefined)[];

  /** @param bound takers that one question may weigh before it is given up */
  constructor(program: Program, bound: number, preferred: readonly (number | undefined)[] = []) {
    const { must, may, effects } = program;
    this.program = program;
    this.count = effects.length;
    this.#bound = bound;
    this.#order = tellingOrder(may);
    this.#preferred = this.#order.map((dimension) => preferred[dimension]);
    const mustTable = tableOf(must, this.#order, this.count);
    const mayTable = must === may ? mustTable : tableOf(may, this.#order, this.count);
    this.#exact = exactRules(mustTable, mayTable, this.count);
    const joined = joinTables(mustTable, mayTable, this.#exact, this.count);
    this.table = joined.table;
    this.#must = joined.must;
    this.#may = joined.may;
    this.live = new Uint8Array(this.count).fill(1);
    this.certain = this.#exact.every((one) => one === 1) && effects.every(({ kind }) => kind !== "unknown");
    this.search = new Search(this.table);
  }

  must(rule: number): readonly number[] {
    return this.#must.boxes.slice(this.#must.from[rule], this.#must.from[rule + 1]);
  }

  may(rule: number): readonly number[] {
    return this.#may.boxes.slice(this.#may.from[rule], this.#may.from[rule + 1]);
  }

  effect(rule: number): Effect {
    return this.program.effects[rule] ?? { kind: "pass" };
  }

  /** A new question: its bound begins anew. */
  begin(): void {
    this.search.budget = this.#bound;
  }

  /**
   * What stands in the way of the region's packets from the rule `from` on, up to the rule `target`.
   *
   * @param decides which decisions take a packet; absent: all
   */
  obstacles(
    region: Box,
    from: number,
    target: number,
    mode: Mode,
    decides?: (rule: number, verdict: Verdict) => boolean,
  ): Obstacles {
    const takers: Taker[] = [];
    const skips: Skip[] = [];
    const { table } = this;
    const plain = mode === "possible" ? this.#must : this.#may;
    const end = plain.from[target] ?? 0;
    for (let at = plain.from[from] ?? 0; at < end; at += 1) {
      const box = plain.boxes[at] ?? 0;
      const rule = table.rule[box] ?? 0;
      if (this.live[rule] === 0 || !meets(table, box, region)) continue;
      const effect = this.effect(rule);
      if (effect.kind === "pass" || (effect.kind === "unknown" && mode === "possible")) continue;
      if (effect.kind === "decide" && decides?.(rule, effect.verdict) === false) continue;
      if (effect.kind !== "skip" || effect.to > target) takers.push({ box, place: 2 * rule });
      else if (this.#exact[rule] === 1) skips.push({ box, place: 2 * rule, to: 2 * effect.to, sure: true });
      else this.#unsure(region, rule, box, effect.to, mode, takers, skips);
    }
    if (mode === "possible") this.#unsureSkips(region, from, target, skips);
    skips.sort((a, b) => a.place - b.place);
    return { takers, skips };
  }

  /** A return that may match or not, where it does or does not lead by something on the way. */
  #unsure(region: Box, rule: number, box: number, to: number, mode: Mode, takers: Taker[], skips: Skip[]): void {
    if (mode === "possible") {
      skips.push({ box, place: 2 * rule, to: 2 * to, sure: true });
      return;
    }
    // Only where it certainly matches is it known what comes next: elsewhere its packets count as taken.
    takers.push({ box, place: 2 * rule + 1 });
    for (const sure of this.must(rule))
      if (meets(this.table, sure, region) && !skips.some((one) => one.box === sure))
        skips.push({ box: sure, place: 2 * rule, to: 2 * to, sure: true });
  }

  #unsureSkips(region: Box, from: number, target: number, skips: Skip[]): void {
    if (this.certain) return;
    for (let rule = from; rule < target; rule += 1) {
      const effect = this.effect(rule);
      if (effect.kind !== "skip" || effect.to > target || this.live[rule] === 0 || this.#exact[rule] === 1) continue;
      for (const box of this.may(rule))
        if (meets(this.table, box, region)) skips.push({ box, place: 2 * rule, to: 2 * effect.to, sure: false });
    }
  }

  /** A packet of the region that gets past the obstacles. What people would recognise, if that does. */
  escape(region: Box, obstacles: Obstacles): Found {
    if (obstacles.skips.length === 0) {
      for (const point of this.samples(region))
        if (!obstacles.takers.some(({ box }) => hasPoint(this.table, box, point)))
          return { kind: "point", point };
      this.search.budget -= obstacles.takers.length;
    }
    return escape(this.search, region, obstacles);
  }

  /** Some packets of a region: one that people would recognise, and its two outermost. */
  samples(region: Box): Uint32Array[] {
    const known = region.low.map((low, side) =>
      Math.min(Math.max(this.#preferred[side] ?? low, low), region.high[side] ?? low),
    );
    return [known, region.low.slice(), region.high.slice()];
  }

  /**
   * The rule that certainly decides the packet, from the rule `from` on: `count` where none does and it falls to what
   * happens otherwise; undefined where that is not certain.
   */
  decider(point: ArrayLike<number>, from = 0): number | undefined {
    const boxes = this.certain ? this.#must.boxes : this.#may.boxes;
    const starts = this.certain ? this.#must.from : this.#may.from;
    let at = starts[from] ?? 0;
    while (at < boxes.length) {
      const box = boxes[at] ?? 0;
      at += 1;
      if (!hasPoint(this.table, box, point)) continue;
      const rule = this.table.rule[box] ?? 0;
      if (this.live[rule] === 0) continue;
      const effect = this.effect(rule);
      if (effect.kind === "pass") continue;
      if (effect.kind === "unknown" || !this.holds(this.must(rule), point)) return undefined;
      if (effect.kind === "decide") return rule;
      at = Math.max(at, starts[effect.to] ?? boxes.length);
    }
    return this.count;
  }

  box(box: number): Box {
    return boxOf(this.table, box);
  }

  holds(boxes: readonly number[], point: ArrayLike<number>): boolean {
    return boxes.some((box) => hasPoint(this.table, box, point));
  }

  /** The point in the order of the program's own dimensions. */
  point(point: ArrayLike<number>): Point {
    return pointInOrder(point, this.#order);
  }
}

function exactRules(must: Table, may: Table, count: number): Uint8Array {
  const exact = new Uint8Array(count);
  for (let rule = 0; rule < count; rule += 1) exact[rule] = must === may || sameBoxes(must, may, rule) ? 1 : 0;
  return exact;
}

function sameBoxes(must: Table, may: Table, rule: number): boolean {
  const { width } = must;
  const [mustFrom, mustTo] = [(must.from[rule] ?? 0) * width, (must.from[rule + 1] ?? 0) * width];
  const [mayFrom, mayTo] = [(may.from[rule] ?? 0) * width, (may.from[rule + 1] ?? 0) * width];
  if (mustTo - mustFrom !== mayTo - mayFrom) return false;
  for (let at = 0; at < mustTo - mustFrom; at += 1)
    if (must.low[mustFrom + at] !== may.low[mayFrom + at] || must.high[mustFrom + at] !== may.high[mayFrom + at])
      return false;
  return true;
}

/** One table of both: what a rule may match stands behind, where it is more than what it certainly matches. */
function joinTables(
  must: Table,
  may: Table,
  exact: Uint8Array,
  count: number,
): { readonly table: Table; readonly must: RuleBoxes; readonly may: RuleBoxes } {
  const all = Array.from({ length: must.count }, (_, box) => box);
  const mustBoxes = { from: must.from, boxes: all };
  if (must === may) return { table: must, must: mustBoxes, may: mustBoxes };
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
  return { table: withBoxes(must, may, added), must: mustBoxes, may: { from, boxes } };
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
