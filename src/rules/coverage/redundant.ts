// Which rules could be taken out with no packet's verdict changed: whatever they decide, what follows decides the same.
// Each that is found is left out for those after it, so that all of them can be taken out together.
import type { Fact } from "./facts.ts";
import { common } from "./escape.ts";
import type { Verdict } from "./program.ts";
import { meets, type Box } from "./search.ts";
import type { Walks } from "./walks.ts";

type Reached = Extract<Fact, { kind: "reached" }>;

/** @param known whether each rule is reached; those that are not are left out of the walks already */
export function redundantRules(walks: Walks, known: readonly Fact[]): Fact[] {
  const facts: Fact[] = [];
  for (const group of groupsOf(walks, known)) {
    const fact = redundant(walks, group);
    if (fact === undefined) continue;
    facts.push(...fact);
    if (fact[0]?.kind === "redundant") for (const { rule } of group) walks.live[rule] = 0;
  }
  return facts;
}

/** Rules that stand in several places are one: they go or stay together. Only those that decide wherever they are reached. */
function groupsOf({ program, live }: Walks, known: readonly Fact[]): Reached[][] {
  const { same, effects } = program;
  const groups = new Map<number, Reached[] | "kept">();
  for (const fact of known) {
    if (live[fact.rule] === 0) continue;
    const key = same?.[fact.rule] ?? fact.rule;
    const group = groups.get(key) ?? [];
    if (fact.kind !== "reached" || effects[fact.rule]?.kind !== "decide" || group === "kept")
      groups.set(key, "kept");
    else groups.set(key, [...group, fact]);
  }
  return [...groups.values()].filter((group) => group !== "kept");
}

/** Undefined: it is needed. */
function redundant(walks: Walks, group: readonly Reached[]): Fact[] | undefined {
  const own = new Set(group.map(({ rule }) => rule));
  const facts: Fact[] = [];
  for (const { rule, witness } of group) {
    const effect = walks.effect(rule);
    if (effect.kind !== "decide") return undefined;
    walks.begin();
    const question = new Replacement(walks, rule, effect.verdict, own);
    if (question.isRefuted()) return undefined;
    const proof = question.prove();
    if (proof === "needed") return undefined;
    if (proof === "bound") return [{ kind: "undecided", rule, question: "redundant" }];
    const by = question.fewest(proof);
    facts.push({ kind: "redundant", rule, by: by.after, byPolicy: by.byPolicy, witness });
  }
  return facts;
}

interface Proof {
  /** Rules before it that take its packets, and rules after it that decide as it does. */
  readonly used: ReadonlySet<number>;
  readonly byPolicy: boolean;
}

/** Whether what follows a rule decides the rule's packets as it does. */
class Replacement {
  readonly #walks: Walks;
  readonly #rule: number;
  readonly #verdict: Verdict;
  readonly #own: ReadonlySet<number>;

  constructor(walks: Walks, rule: number, verdict: Verdict, own: ReadonlySet<number>) {
    this.#walks = walks;
    this.#rule = rule;
    this.#verdict = verdict;
    this.#own = own;
  }

  /** Whether some packet at hand shows already that it is needed. */
  isRefuted(): boolean {
    const walks = this.#walks;
    if (this.#own.size > 1) return false;
    return walks
      .must(this.#rule)
      .flatMap((box) => walks.samples(walks.box(box)))
      .some((point) => {
        if (walks.decider(point) !== this.#rule) return false;
        const next = walks.decider(point, this.#rule + 1);
        if (next === undefined) return false;
        return this.#keyOf(next) !== this.#verdict.key;
      });
  }

  #keyOf(rule: number): string | undefined {
    if (rule === this.#walks.count) return this.#walks.program.otherwise?.key;
    const effect = this.#walks.effect(rule);
    return effect.kind === "decide" ? effect.verdict.key : undefined;
  }

  /** @param only rules that may count for the proof; absent: all */
  prove(only?: ReadonlySet<number>): Proof | "needed" | "bound" {
    const used = new Set<number>();
    let byPolicy = false;
    for (const box of this.#walks.may(this.#rule)) {
      const region = this.#walks.box(box);
      const replaced = this.#proveBox(region, used, only);
      if (replaced === "needed" || replaced === "bound") return replaced;
      if (replaced === "policy") byPolicy = true;
    }
    return { used, byPolicy };
  }

  #proveBox(
    region: Box,
    used: Set<number>,
    only: ReadonlySet<number> | undefined,
  ): "needed" | "bound" | "policy" | "rules" {
    const walks = this.#walks;
    const { table, program } = walks;
    const takes = (rule: number, verdict: Verdict): boolean =>
      verdict.key === this.#verdict.key && !this.#own.has(rule);
    const counts = ({ box }: { readonly box: number }): boolean =>
      only === undefined || only.has(table.rule[box] ?? 0);
    const before = walks.obstacles(region, 0, this.#rule, "possible");
    const after = walks.obstacles(region, this.#rule + 1, walks.count, "possible", takes, true);
    const takersBefore = before.takers.filter(counts);
    const takersAfter = after.takers.filter(counts);
    const whole = walks.escape(region, {
      takers: [...takersBefore, ...takersAfter],
      skips: [...before.skips, ...after.skips],
    });
    if (whole.kind === "bound") return "bound";
    if (whole.kind === "point" && program.otherwise?.key !== this.#verdict.key) return "needed";
    let last = walks.count;
    if (whole.kind === "none") {
      last = 0;
      for (const box of whole.used) {
        used.add(table.rule[box] ?? 0);
        last = Math.max(last, table.rule[box] ?? 0);
      }
    }
    // Whoever decides otherwise must not come to see one of its packets; nor must a rule that nothing comes to now, perhaps
    // only since this one hides it.
    for (const { rule, box: other } of walks.mayMeet(region, this.#rule + 1, last)) {
      if (!this.#contradicts(rule)) continue;
      const part = common(table, region, other);
      const inPart = ({ box }: { readonly box: number }): boolean => meets(table, box, part);
      const way =
        after.skips.length === 0
          ? { takers: takersAfter.filter((one) => one.place < 2 * rule && inPart(one)), skips: [] }
          : walks.obstacles(part, this.#rule + 1, rule, "possible", takes, true);
      const found = walks.escape(part, {
        takers: [...takersBefore.filter(inPart), ...way.takers.filter(counts)],
        skips: [...before.skips.filter(inPart), ...way.skips],
      });
      if (found.kind === "point") return "needed";
      if (found.kind === "bound") return "bound";
      for (const box of found.used) used.add(table.rule[box] ?? 0);
    }
    return whole.kind === "point" ? "policy" : "rules";
  }

  #contradicts(rule: number): boolean {
    if (this.#own.has(rule)) return false;
    const effect = this.#walks.effect(rule);
    if (effect.kind === "unknown") return true;
    return effect.kind === "decide" && effect.verdict.key !== this.#verdict.key;
  }

  /** The later rules of a proof that can't be left out of it. */
  fewest(proof: Proof): { readonly after: readonly number[]; readonly byPolicy: boolean } {
    let left = [...proof.used].sort((a, b) => a - b);
    for (const rule of left.toReversed()) {
      if (rule < this.#rule) continue;
      this.#walks.begin();
      const without = left.filter((one) => one !== rule);
      const again = this.prove(new Set(without));
      // A rule that decides its packets says more than that the policy would, were it not there.
      if (again === "needed" || again === "bound" || (again.byPolicy && !proof.byPolicy)) continue;
      left = without;
    }
    return { after: left.filter((rule) => rule > this.#rule), byPolicy: proof.byPolicy };
  }
}
