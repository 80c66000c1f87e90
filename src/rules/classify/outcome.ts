// What can come of a packet, each kept once and known by its number: the verdict, and the rules that decided.
import type { Decision, Evaluation } from "../evaluate.ts";
import { outcomeKey } from "../evaluate.ts";
import type { Rule } from "../rule.ts";

export interface OutcomeRecord {
  readonly verdict: "allowed" | "denied" | "depends";
  /** As `evaluate` gives them: every one that is possible, most certain last. */
  readonly decisions: Evaluation["decisions"];
}

/** The verdict of some decisions; a chain that ends without one lets the packet go on. */
export function verdictOf(decisions: readonly Decision[]): OutcomeRecord["verdict"] {
  let passes = false;
  let refuses = false;
  for (const { outcome } of decisions) {
    if (outcome.kind === "drop" || outcome.kind === "reject") refuses = true;
    else if (outcome.kind === "unknown") return "depends";
    else passes = true;
  }
  return passes && refuses ? "depends" : refuses ? "denied" : "allowed";
}

/** Records by number, from 0; equal ones have one number. */
export class Outcomes {
  readonly list: OutcomeRecord[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #rules = new Map<Rule, number>();

  numberOf(decisions: Evaluation["decisions"]): number {
    const key = decisions
      .map(({ outcome, rule, chain, via }) =>
        [outcomeKey(outcome), this.#ruleNumber(rule), chain, ...via.map((one) => this.#ruleNumber(one))].join(
          " ",
        ),
      )
      .join("\n");
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.list.length;
    this.#numbers.set(key, number);
    this.list.push({ verdict: verdictOf(decisions), decisions });
    return number;
  }

  #ruleNumber(rule: Rule | undefined): number {
    if (rule === undefined) return -1;
    const known = this.#rules.get(rule);
    if (known !== undefined) return known;
    const number = this.#rules.size;
    this.#rules.set(rule, number);
    return number;
  }
}
