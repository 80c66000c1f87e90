// Which earlier rules of the opposite verdict a rule overlaps: inside it, as exceptions before a general rule, or crossing
// it, so that their order matters. Judges only what certainly matches.
import { common, holdsAll } from "./escape.ts";
import type { Fact, Overlap } from "./facts.ts";
import type { Side, Verdict } from "./program.ts";
import { isOpposite } from "./reached.ts";
import { meets } from "./search.ts";
import type { Walks } from "./walks.ts";

type Reached = Extract<Fact, { kind: "reached" }>;

/** @param most overlaps that one fact shows; it counts all */
export function overlappingRules(walks: Walks, reached: readonly Reached[], most: number): Fact[] {
  const deciders = reached.flatMap((fact) => {
    const effect = walks.effect(fact.rule);
    return effect.kind === "decide" && effect.verdict.side !== "other"
      ? [new Decider(walks, fact, effect.verdict)]
      : [];
  });
  const bySide: Record<Exclude<Side, "other">, Decider[]> = { permit: [], deny: [] };
  const facts: Fact[] = [];
  for (const decider of deciders) {
    const { side } = decider.verdict;
    if (side === "other") continue;
    facts.push(...overlaps(walks, decider, bySide[side === "permit" ? "deny" : "permit"], most));
    bySide[side].push(decider);
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

function overlaps(walks: Walks, rule: Decider, earlier: readonly Decider[], most: number): Fact[] {
  const crossing: Decider[] = [];
  const inside: Decider[] = [];
  walks.begin();
  for (const other of earlier) {
    if (!isOpposite(other.verdict.side, rule.verdict.side) || !meet(walks, rule, other)) continue;
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

function meet({ table }: Walks, a: Decider, b: Decider): boolean {
  const { width, low, high } = table;
  for (const one of a.must)
    for (const other of b.must) {
      let cell = one * width;
      let otherCell = other * width;
      const end = cell + width;
      while (
        cell < end &&
        (low[cell] ?? 0) <= (high[otherCell] ?? 0) &&
        (low[otherCell] ?? 0) <= (high[cell] ?? 0)
      ) {
        cell += 1;
        otherCell += 1;
      }
      if (cell === end) return true;
    }
  return false;
}

/** Whether the outer rule certainly matches all that the inner one may. Where that is not decided: no. */
function isInside(walks: Walks, inner: Decider, outer: Decider): boolean {
  return inner.may.every((box) => {
    const region = walks.box(box);
    const takers = outer.must.filter((one) => meets(walks.table, one, region));
    if (takers.some((one) => holdsAll(walks.table, one, region))) return true;
    return takers.length > 1 && walks.search.free(region, takers).kind === "none";
  });
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
