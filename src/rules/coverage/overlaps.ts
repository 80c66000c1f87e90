// Which earlier rules of the opposite verdict a rule overlaps: inside it, as exceptions before a general rule, or crossing
// it, so that their order matters. Judges only what certainly matches.
import { common } from "./escape.ts";
import type { Fact, Overlap } from "./facts.ts";
import type { Verdict } from "./program.ts";
import { isOpposite } from "./reached.ts";
import { meets } from "./search.ts";
import type { Table } from "./table.ts";
import type { Walks } from "./walks.ts";

type Reached = Extract<Fact, { kind: "reached" }>;

/** @param most overlaps that one fact shows; it counts all */
export function overlappingRules(walks: Walks, reached: readonly Reached[], most: number): Fact[] {
  const deciders = new Map<number, Decider>();
  const facts: Fact[] = [];
  for (const fact of reached) {
    const effect = walks.effect(fact.rule);
    if (effect.kind !== "decide" || effect.verdict.side === "other") continue;
    const decider = new Decider(walks, fact, effect.verdict);
    facts.push(...overlaps(walks, decider, deciders, most));
    deciders.set(fact.rule, decider);
  }
  return facts;
}

/** A rule that decides, with what every comparison needs of it. */
class Decider {
  readonly rule: number;
  readonly verdict: Verdict;
  readonly must: readonly number[];
  readonly may: readonly number[];
  readonly fact: Reached;

  constructor(walks: Walks, fact: Reached, verdict: Verdict) {
    this.rule = fact.rule;
    this.verdict = verdict;
    this.fact = fact;
    this.must = walks.must(fact.rule);
    this.may = walks.may(fact.rule);
  }
}

function overlaps(walks: Walks, rule: Decider, deciders: ReadonlyMap<number, Decider>, most: number): Fact[] {
  const crossing: Decider[] = [];
  const inside: Decider[] = [];
  walks.begin();
  for (const number of earlierThatMeet(walks, rule)) {
    const other = deciders.get(number);
    if (other === undefined || !isOpposite(other.verdict.side, rule.verdict.side)) continue;
    if (isInside(walks, other, rule)) inside.push(other);
    else if (!isInside(walks, rule, other)) crossing.push(other);
  }
  const facts: Fact[] = [];
  if (crossing.length > 0) facts.push(...correlated(walks, rule, crossing, most));
  if (inside.length > 0) {
    const of = inside.slice(0, most).map(({ rule, fact: { witness } }) => ({ rule, witness }));
    facts.push({ kind: "generalises", rule: rule.rule, of, count: inside.length });
  }
  return facts;
}

/** Earlier rules that certainly match one of its packets, in their order. */
function earlierThatMeet(walks: Walks, { rule, must }: Decider): readonly number[] {
  const rules = new Set<number>();
  for (const box of must)
    for (const meeting of walks.mustMeet(walks.box(box), 0, rule)) rules.add(meeting.rule);
  return must.length > 1 ? [...rules].sort((a, b) => a - b) : [...rules];
}

/** Whether the outer rule certainly matches all that the inner one may. Where that is not decided: no. */
function isInside(walks: Walks, inner: Decider, outer: Decider): boolean {
  const { table } = walks;
  return inner.may.every((box) => {
    if (outer.must.some((one) => isBoxInside(table, box, one))) return true;
    if (outer.must.length === 1) return false;
    const region = walks.box(box);
    const takers = outer.must.filter((one) => meets(table, one, region));
    return walks.search.free(region, takers).kind === "none";
  });
}

function isBoxInside({ width, low, high }: Table, inner: number, outer: number): boolean {
  for (let side = 0; side < width; side += 1) {
    const [cell, around] = [inner * width + side, outer * width + side];
    if ((low[cell] ?? 0) < (low[around] ?? 0) || (high[cell] ?? 0) > (high[around] ?? 0)) return false;
  }
  return true;
}

function correlated(walks: Walks, rule: Decider, crossing: readonly Decider[], most: number): Fact[] {
  const found: Overlap[] = [];
  let undecided = false;
  walks.begin();
  for (const other of crossing) {
    if (found.length === most) break;
    const witness = decidedInOverlap(walks, rule, other);
    if (witness === "bound") undecided = true;
    else if (witness !== undefined) found.push({ rule: other.rule, witness: walks.point(witness) });
  }
  if (found.length > 0) return [{ kind: "correlated", rule: rule.rule, with: found, count: crossing.length }];
  return undecided ? [{ kind: "undecided", rule: rule.rule, question: "correlated" }] : [];
}

/** A packet that both match, and that the earlier one certainly decides. */
function decidedInOverlap(walks: Walks, rule: Decider, other: Decider): Uint32Array | "bound" | undefined {
  let undecided = false;
  for (const box of other.must)
    for (const own of rule.must) {
      if (!meets(walks.table, own, walks.box(box))) continue;
      const region = common(walks.table, walks.box(own), box);
      for (const point of walks.samples(region)) if (walks.decider(point) === other.rule) return point;
      const found = walks.escape(region, walks.obstacles(region, 0, other.rule, "certain"));
      if (found.kind === "point") return found.point;
      if (found.kind === "bound") undecided = true;
    }
  return undecided ? "bound" : undefined;
}
