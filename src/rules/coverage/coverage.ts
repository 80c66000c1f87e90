// What can be proved of the rules of a chain, and of all that it calls: which are reached, hidden, redundant, or at odds with
// earlier ones. Turns chains into programs and facts about numbers into facts about rules; says nothing of how bad it is.
import type { Family } from "../../packet/address.ts";
import type { Chain, ChainSet, Rule } from "../rule.ts";
import { joinFacts, type RuleFact } from "./join.ts";
import { analyseList, type ListOptions } from "./list.ts";
import { unfold } from "./unfold.ts";
import { analyseUnion } from "./union.ts";
import { recognisable } from "./witness.ts";

export type { RuleFact, RuleOverlap } from "./join.ts";
export type { Place } from "./unfold.ts";

export interface CoverageOptions extends Omit<ListOptions, "recognisable"> {
  /** Whose packets come to the chain: an iptables dump is of one family. Default: both. */
  readonly families?: readonly Family[];
}

/**
 * Every fact about the rules that a packet can meet from a base chain on, its policy as the last of them. For each rule one of
 * `never`, `reached`, `unreachable` or `undecided`, in the order in which packets meet them; then what else holds. Everything
 * said is proved for all packets; what unknown tests leave open is never taken for granted. Jumps are unfolded, and their own
 * removal is not judged; nor is that of returns and of rules that leave traces (logs, marks).
 *
 * @example coverage(chain, chains, { families: [4] }).filter(({ kind }) => kind === "unreachable")
 */
export function coverage(chain: Chain, chains: ChainSet, options: CoverageOptions = {}): readonly RuleFact[] {
  const families = options.families ?? bothFamilies;
  const unfolded = unfold(chain, chains, families);
  if (unfolded === undefined)
    return chain.rules.map((rule) => ({
      rule,
      chain: chain.name,
      via: [],
      kind: "undecided",
      question: "too large",
    }));
  const { program, universe } = unfolded;
  const facts = analyseList(program, {
    ...options,
    recognisable: (dimension, low, high) => recognisable(universe.axes[dimension], low, high),
  });
  return joinFacts(facts, unfolded, families, options.leastHidden);
}

/**
 * The same of a list without order whose rules all permit (the security groups of one interface): `never`, `reached`,
 * `redundant` and `undecided` alone, one for each rule. All redundant ones can be taken out together.
 *
 * @param name what the union is called, in place of a chain
 * @example unionCoverage(groups.flatMap((group) => group.rules), "eni-0a1 inbound")
 */
export function unionCoverage(
  rules: readonly Rule[],
  name: string,
  options: Pick<CoverageOptions, "families" | "bound"> = {},
): readonly RuleFact[] {
  const families = options.families ?? bothFamilies;
  const origin = rules[0]?.origin ?? { file: name, line: 1 };
  const permits = rules.map((rule) => ({ ...rule, actions: [{ kind: "accept" }] as const }));
  const unfolded = unfold({ name, rules: permits, origin }, new Map(), families);
  if (unfolded === undefined)
    return rules.map((rule) => ({ rule, chain: name, via: [], kind: "undecided", question: "too large" }));
  const places = rules.map((rule) => ({ rule, chain: name, via: [] }));
  const { program, universe } = unfolded;
  const facts = analyseUnion(rules.length, program.must, program.may, {
    ...options,
    recognisable: (dimension, low, high) => recognisable(universe.axes[dimension], low, high),
  });
  return joinFacts(facts, { ...unfolded, places }, families);
}

const bothFamilies: readonly Family[] = [4, 6];
