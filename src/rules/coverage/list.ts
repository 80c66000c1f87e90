// The whole analysis of a list whose first matching rule decides: every fact about every rule, each proved.
import type { Fact } from "./facts.ts";
import { overlappingRules } from "./overlaps.ts";
import type { Program } from "./program.ts";
import { reachedRules } from "./reached.ts";
import { redundantRules } from "./redundant.ts";
import { Walks, type Recognisable } from "./walks.ts";

export interface ListOptions {
  /** Takers that one question may weigh; beyond it the answer is `undecided`. Default 20 million: a fraction of a second. */
  readonly bound?: number;
  /** Chooses witnesses where it can. Default: the lowest coordinate. */
  readonly recognisable?: Recognisable;
  /** Overlaps that one fact shows. Default 4. */
  readonly mostOverlaps?: number;
  /** Rules of the opposite verdict that a rule hides before it is said of it. Default 2. */
  readonly leastHidden?: number;
}

/** Fewer than this are no pattern. */
export const leastHidden = 2;

/**
 * Every fact about the rules of a program: for each rule one of `never`, `reached` and `unreachable` (or `undecided`), in the
 * order of the rules, and after these what else holds of some. Facts are proved, never sampled.
 *
 * @example analyseList({ effects, must: boxes, may: boxes }).filter(({ kind }) => kind === "unreachable")
 */
export function analyseList(program: Program, options: ListOptions = {}): Fact[] {
  const walks = new Walks(program, options.bound ?? 20_000_000, options.recognisable);
  const facts = reachedRules(walks);
  const reached = facts.filter((fact) => fact.kind === "reached");
  const overlapping = overlappingRules(walks, reached, options.mostOverlaps ?? 4);
  const hiding = hidingRules(facts, options.leastHidden ?? leastHidden);
  // Last, since it leaves out what it finds.
  return [...facts, ...redundantRules(walks, facts), ...overlapping, ...hiding];
}

function hidingRules(facts: readonly Fact[], least: number): Fact[] {
  const hidden = new Map<number, number[]>();
  for (const fact of facts) {
    if (fact.kind !== "unreachable" || fact.agreement !== "opposite") continue;
    const [alone, another] = fact.by;
    if (alone === undefined || another !== undefined) continue;
    const rules = hidden.get(alone);
    if (rules === undefined) hidden.set(alone, [fact.rule]);
    else rules.push(fact.rule);
  }
  return [...hidden]
    .filter(([, rules]) => rules.length >= least)
    .map(([rule, rules]) => ({ kind: "hides", rule, rules }) as const);
}
