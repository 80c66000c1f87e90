// A program made ready for questions: its boxes in one table, and what can stop or lead a packet on its way to a rule.
// Chooses obstacles only; whether a packet gets past them is asked in escape.ts.
import { firstFrom } from "./drawers.ts";
import { escape, holdsAll, type Obstacles, type Skip, type Taker } from "./escape.ts";
import type { Effect, Point, Program, Verdict } from "./program.ts";
import { exactRules, joinTables, type Meeting, type RuleBoxes } from "./rule-boxes.ts";
import { boxOf, hasPoint, meets, Search, type Box, type Found } from "./search.ts";
import { pointInOrder, tableOf, tellingOrder, type Table } from "./table.ts";

/**
 * - `possible`: who may come to a rule: only what certainly matches takes a packet away before.
 * - `certain`: who certainly comes there: whatever may take it away does.
 */
export type Mode = "possible" | "certain";

/** A coordinate of a dimension, from `low` to `high`, that people would recognise in a packet. */
export type Recognisable = (dimension: number, low: number, high: number) => number;

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
  readonly #skipRules: readonly number[];
  readonly #bound: number;
  /** The hidden dimensions, in the table's order. */
  readonly #hidden: readonly number[];
  readonly #recognisable: Recognisable;

  /** @param bound takers that one question may weigh before it is given up */
  constructor(program: Program, bound: number, recognisable: Recognisable = (_, low) => low) {
    const { must, may, effects } = program;
    this.program = program;
    this.count = effects.length;
    this.#bound = bound;
    this.#skipRules = effects.flatMap(({ kind }, rule) => (kind === "skip" ? [rule] : []));
    this.#order = tellingOrder(may);
    this.#recognisable = recognisable;
    const hidden = new Set(program.hidden);
    this.#hidden = this.#order.flatMap((dimension, side) => (hidden.has(dimension) ? [side] : []));
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
    return this.#must.byRule[rule] ?? [];
  }

  may(rule: number): readonly number[] {
    return this.#may.byRule[rule] ?? [];
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
   * @param hiddenSkips whether skips that nothing comes to, as the list stands, are there as possible ones
   */
  obstacles(
    region: Box,
    from: number,
    target: number,
    mode: Mode,
    decides?: (rule: number, verdict: Verdict) => boolean,
    hiddenSkips = false,
  ): Obstacles {
    const takers: Taker[] = [];
    const skips: Skip[] = [];
    const { table } = this;
    const plain = mode === "possible" ? this.#must : this.#may;
    const end = plain.from[target] ?? 0;
    const candidates = plain.drawers.candidates(region);
    for (let at = firstFrom(candidates, plain.from[from] ?? 0); at < candidates.length; at += 1) {
      const place = candidates[at] ?? end;
      if (place >= end) break;
      const box = plain.boxes[place] ?? 0;
      const rule = table.rule[box] ?? 0;
      if (this.live[rule] === 0 || !meets(table, box, region)) continue;
      const effect = this.effect(rule);
      if (effect.kind === "pass" || (effect.kind === "unknown" && mode === "possible")) continue;
      if (effect.kind === "decide" && decides?.(rule, effect.verdict) === false) continue;
      if (effect.kind !== "skip" || effect.to > target) takers.push({ box, place: 2 * rule });
      else if (this.#exact[rule] === 1) skips.push({ box, place: 2 * rule, to: 2 * effect.to, sure: true });
      else this.#unsure(region, rule, box, effect.to, mode, takers, skips);
    }
    if (mode === "possible") this.#unsureSkips(region, from, target, skips, hiddenSkips);
    skips.sort((a, b) => a.place - b.place);
    return { takers, skips };
  }

  /** A return that may match or not, where it does or does not lead by something on the way. */
  #unsure(
    region: Box,
    rule: number,
    box: number,
    to: number,
    mode: Mode,
    takers: Taker[],
    skips: Skip[],
  ): void {
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

  #unsureSkips(region: Box, from: number, target: number, skips: Skip[], hidden: boolean): void {
    for (const rule of this.#skipRules) {
      if (rule < from || rule >= target) continue;
      const effect = this.effect(rule);
      const unsure = this.live[rule] === 0 ? hidden : this.#exact[rule] === 0;
      if (effect.kind !== "skip" || effect.to > target || !unsure) continue;
      for (const box of this.may(rule))
        if (meets(this.table, box, region))
          skips.push({ box, place: 2 * rule, to: 2 * effect.to, sure: false });
    }
  }

  /** Whether the packet certainly comes to the rule and matches it, whatever is hidden. False also where that is not easily seen. */
  surelyReaches(point: Uint32Array, rule: number): boolean {
    if (!this.holds(this.must(rule), point)) return false;
    const region = { low: point.slice(), high: point.slice() };
    for (const side of this.#hidden) {
      region.low[side] = 0;
      region.high[side] = this.program.may.dimensions[this.#order[side] ?? 0]?.last ?? 0;
    }
    if (this.#hidden.length > 0 && !this.must(rule).some((box) => holdsAll(this.table, box, region)))
      return false;
    const { takers, skips } = this.obstacles(region, 0, rule, "certain");
    if (takers.length === 0) return true;
    if (this.#hidden.length > 0) return false;
    this.begin();
    return escape(this.search, region, { takers, skips }).kind === "point";
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
      this.#recognisable(this.#order[side] ?? 0, low, region.high[side] ?? low),
    );
    return [known, region.low.slice(), region.high.slice()];
  }

  /**
   * The rule that certainly decides the packet, from the rule `from` on: `count` where none does and it falls to what
   * happens otherwise; undefined where that is not certain.
   */
  decider(point: ArrayLike<number>, from = 0): number | undefined {
    const { boxes, from: starts, drawers } = this.certain ? this.#must : this.#may;
    const candidates = drawers.candidatesAt(point);
    let next = starts[from] ?? 0;
    for (let at = firstFrom(candidates, next); at < candidates.length; at += 1) {
      const place = candidates[at] ?? 0;
      if (place < next) continue;
      const box = boxes[place] ?? 0;
      if (!hasPoint(this.table, box, point)) continue;
      const rule = this.table.rule[box] ?? 0;
      if (this.live[rule] === 0) continue;
      const effect = this.effect(rule);
      if (effect.kind === "pass") continue;
      if (effect.kind === "unknown" || !this.holds(this.must(rule), point)) return undefined;
      if (effect.kind === "decide") return rule;
      next = starts[effect.to] ?? boxes.length;
    }
    return this.count;
  }

  /** Rules from `from` up to `to` that may match a packet of the region, with the boxes that do: left out or not. */
  mayMeet(region: Box, from: number, to: number): Iterable<Meeting> {
    return this.#may.meeting(region, from, to);
  }

  /** The same of rules that certainly match one. */
  mustMeet(region: Box, from: number, to: number): Iterable<Meeting> {
    return this.#must.meeting(region, from, to);
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
