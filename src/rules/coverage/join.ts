// Turns facts about the rules of an unfolded program into facts about rules as they were written: a rule that is met in
// several places is one rule. Proves nothing itself.
import type { Family } from "../../packet/address.ts";
import type { Rule } from "../rule.ts";
import type { View } from "../view.ts";
import type { Agreement, Fact } from "./facts.ts";
import { leastHidden } from "./list.ts";
import type { Point } from "./program.ts";
import type { Place, Unfolded } from "./unfold.ts";
import { isPossible, viewOf } from "./witness.ts";

export interface RuleOverlap extends Place {
  /** A packet that both match, and that the earlier rule decides. */
  readonly witness: View;
}

/**
 * A fact about one rule, which may be met in several places: what is said of it holds of all of them. See `Fact` for what each
 * kind says; rules are cited with the chain in which they stand, and packets come as the ring sees them.
 */
export type RuleFact = Place & About;

type About =
  | {
      readonly kind: "never";
      /** Its own test holds for no packet; false: only for none that the jumps to its chain let come. */
      readonly byItself: boolean;
    }
  | { readonly kind: "reached"; readonly witness: View; readonly certain: boolean }
  | {
      readonly kind: "unreachable";
      readonly by: readonly Place[];
      readonly agreement: Agreement;
      readonly witness: View;
      readonly decidedBy?: Place;
    }
  /** `by`: later rules that decide its packets; a chain's policy is one of them. */
  | { readonly kind: "redundant"; readonly by: readonly Place[]; readonly witness: View }
  /** `count`: overlaps in all places together. */
  | { readonly kind: "correlated"; readonly with: readonly RuleOverlap[]; readonly count: number }
  | { readonly kind: "generalises"; readonly of: readonly RuleOverlap[]; readonly count: number }
  | { readonly kind: "hides"; readonly rules: readonly Place[] }
  | { readonly kind: "undecided"; readonly question: "reached" | "redundant" | "correlated" | "too large" };

/** @param facts in the order of `analyseList` */
export function joinFacts(
  facts: readonly Fact[],
  unfolded: Unfolded,
  families: readonly Family[],
  least = leastHidden,
): readonly RuleFact[] {
  return new Joiner(unfolded, families).join(facts, least);
}

type OfKind<K extends Fact["kind"]> = Extract<Fact, { kind: K }>;

class Joiner {
  readonly #unfolded: Unfolded;
  readonly #families: readonly Family[];

  constructor(unfolded: Unfolded, families: readonly Family[]) {
    this.#unfolded = unfolded;
    this.#families = families;
  }

  join(facts: readonly Fact[], least: number): RuleFact[] {
    const reachability = facts.filter(isReachability);
    const joined: RuleFact[] = [...this.#byRule(reachability).values()].map((of) => this.#reached(of));
    for (const of of this.#byRule(ofKind(facts, "redundant")).values()) {
      const [first] = of;
      const by = this.#distinct(of.flatMap((fact) => fact.by));
      joined.push({ ...this.#place(first.rule), kind: "redundant", by, witness: this.#view(first.witness) });
    }
    for (const of of this.#byRule(ofKind(facts, "correlated")).values()) {
      const overlaps = this.#overlaps(
        of.flatMap((fact) => fact.with.map((one) => [fact.rule, one] as const)),
      );
      const count = of.reduce((sum, fact) => sum + fact.count, 0);
      if (overlaps.length > 0)
        joined.push({ ...this.#place(of[0].rule), kind: "correlated", with: overlaps, count });
    }
    for (const of of this.#byRule(ofKind(facts, "generalises")).values()) {
      const overlaps = this.#overlaps(of.flatMap((fact) => fact.of.map((one) => [fact.rule, one] as const)));
      const count = of.reduce((sum, fact) => sum + fact.count, 0);
      if (overlaps.length > 0)
        joined.push({ ...this.#place(of[0].rule), kind: "generalises", of: overlaps, count });
    }
    const hidden = new Set(joined.filter(({ kind }) => kind === "unreachable").map(({ rule }) => rule));
    for (const of of this.#byRule(ofKind(facts, "hides")).values()) {
      const rules = this.#distinct(of.flatMap((fact) => fact.rules)).filter(({ rule }) => hidden.has(rule));
      if (rules.length >= least) joined.push({ ...this.#place(of[0].rule), kind: "hides", rules });
    }
    const later = ofKind(facts, "undecided").filter(({ question }) => question !== "reached");
    for (const [{ rule, question }] of this.#byRule(later).values())
      joined.push({ ...this.#place(rule), kind: "undecided", question });
    return joined;
  }

  /** A rule is reached if it is anywhere; it never matches or is unreachable only if so everywhere. */
  #reached(of: readonly [Reachability, ...Reachability[]]): RuleFact {
    const [first] = of;
    const reached = ofKind(of, "reached");
    const surely = ({ certain, witness }: OfKind<"reached">): boolean => certain && this.#isPossible(witness);
    const found = reached.find(surely) ?? reached[0];
    if (found !== undefined) {
      const { rule, witness } = found;
      return { ...this.#place(rule), kind: "reached", witness: this.#view(witness), certain: surely(found) };
    }
    if (of.some(({ kind }) => kind === "undecided"))
      return { ...this.#place(first.rule), kind: "undecided", question: "reached" };
    const unreachable = ofKind(of, "unreachable");
    // What it would decide says more than that it would log, too.
    const deciding = unreachable.filter(({ agreement }) => agreement !== "none");
    const telling = deciding.length > 0 ? deciding : unreachable;
    const shown = telling.find(({ agreement }) => agreement === "opposite") ?? telling[0];
    if (shown === undefined) {
      const place = this.#place(first.rule);
      return { ...place, kind: "never", byItself: this.#unfolded.holdsNever(place.rule) };
    }
    return {
      ...this.#place(shown.rule),
      kind: "unreachable",
      by: this.#distinct(unreachable.flatMap((fact) => fact.by)),
      agreement: telling.every(({ agreement }) => agreement === shown.agreement) ? shown.agreement : "mixed",
      witness: this.#view(shown.witness),
      ...(shown.decidedBy === undefined ? {} : { decidedBy: this.#place(shown.decidedBy) }),
    };
  }

  #overlaps(pairs: readonly (readonly [number, OfKind<"correlated">["with"][number]])[]): RuleOverlap[] {
    const seen = new Set<Rule>();
    return pairs.flatMap(([rule, overlap]) => {
      const place = this.#place(overlap.rule);
      if (place.rule === this.#place(rule).rule || seen.has(place.rule)) return [];
      if (!this.#isPossible(overlap.witness)) return [];
      seen.add(place.rule);
      return [{ ...place, witness: this.#view(overlap.witness) }];
    });
  }

  #byRule<F extends Fact>(facts: readonly F[]): Map<Rule, [F, ...F[]]> {
    const groups = new Map<Rule, [F, ...F[]]>();
    for (const fact of facts) {
      const { rule } = this.#place(fact.rule);
      const group = groups.get(rule);
      if (group === undefined) groups.set(rule, [fact]);
      else group.push(fact);
    }
    return groups;
  }

  /** The places of some rules, each rule once. */
  #distinct(rules: readonly number[]): Place[] {
    const places = new Map<Rule, Place>();
    for (const rule of rules) {
      const place = this.#place(rule);
      if (!places.has(place.rule)) places.set(place.rule, place);
    }
    return [...places.values()];
  }

  #place(rule: number): Place {
    const place = this.#unfolded.places[rule];
    if (place === undefined) throw new Error(`a fact names rule ${rule}, which the program does not have`);
    return place;
  }

  #isPossible(point: Point): boolean {
    return isPossible(point, this.#unfolded.universe.axes, this.#families);
  }

  #view(point: Point): View {
    return viewOf(point, this.#unfolded.universe.axes, this.#families);
  }
}

type Reachability = OfKind<"never" | "reached" | "unreachable" | "undecided">;

function isReachability(fact: Fact): fact is Reachability {
  return (
    fact.kind === "never" ||
    fact.kind === "reached" ||
    fact.kind === "unreachable" ||
    (fact.kind === "undecided" && fact.question === "reached")
  );
}

function ofKind<K extends Fact["kind"]>(facts: readonly Fact[], kind: K): OfKind<K>[] {
  return facts.filter((fact): fact is OfKind<K> => fact.kind === kind);
}
