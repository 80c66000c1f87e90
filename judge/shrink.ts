// Makes a failing case small: leaves out packets, chains and rules as long as what is left still fails. Greedy, and
// every step is judged by the kernel again.
import type { Kernel } from "./kernel.ts";
import type { Probe } from "./probe.ts";
import type { GeneratedChain, GeneratedTable, RuleSet } from "./rule-set.ts";
import { judge, replaying, type Distortion, type Mismatch } from "./trial.ts";

export interface SmallCase {
  readonly ruleSet: RuleSet;
  readonly probes: readonly Probe[];
  readonly mismatch: Mismatch;
}

interface Candidate {
  readonly ruleSet: RuleSet;
  readonly probes: readonly Probe[];
}

/** How many cases are tried at most: a load takes some 30 ms. */
const mostTries = 600;

/** The smallest case found, or undefined where the failure does not show again (it depended on timing). */
export function shrink(
  kernel: Kernel,
  whole: Candidate,
  first: Mismatch,
  distort?: Distortion,
): SmallCase | undefined {
  let tries = 0;
  const isTired = (): boolean => tries >= mostTries;
  const failure = (candidate: Candidate): Mismatch | undefined => {
    if (candidate.probes.length === 0) return undefined;
    tries += 1;
    const trial = replaying(candidate.ruleSet, candidate.probes);
    const outcome = judge(kernel, distort === undefined ? trial : { ...trial, distort });
    return outcome.kind === "judged" ? outcome.mismatches[0] : undefined;
  };
  const upTo = whole.probes.slice(0, first.at + 1);
  const attempts = [upTo.filter(({ flow }) => flow === first.probe.flow), upTo, whole.probes];
  let small: SmallCase | undefined;
  for (const probes of attempts) {
    const mismatch = failure({ ruleSet: whole.ruleSet, probes });
    if (mismatch !== undefined) {
      small = { ruleSet: whole.ruleSet, probes, mismatch };
      break;
    }
  }
  if (small === undefined) return undefined;
  const keep = (candidate: Candidate): boolean => {
    const mismatch = isTired() ? undefined : failure(candidate);
    if (mismatch !== undefined) small = { ...candidate, mismatch };
    return mismatch !== undefined;
  };
  for (;;) {
    const before = sizeOf(small);
    const { ruleSet } = small;
    lessOf(small.probes, (probes) => keep({ ruleSet, probes }));
    for (const smaller of dropTables(small.ruleSet)) keep({ ruleSet: smaller, probes: small.probes });
    shrinkRules(
      () => (small as SmallCase).ruleSet,
      (ruleSet) => keep({ ruleSet, probes: (small as SmallCase).probes }),
    );
    if (sizeOf(small) === before || isTired()) break;
  }
  return small;
}

function sizeOf({ ruleSet, probes }: SmallCase): number {
  return (
    probes.length +
    ruleSet.tables.reduce(
      (sum, { sets, chains }) =>
        sum + 1 + sets.length + chains.reduce((inner, { rules }) => inner + 1 + rules.length, 0),
      0,
    )
  );
}

/** Leaves out halves, then quarters, then single items, as long as what is left is kept. */
function lessOf<Item>(items: readonly Item[], keep: (fewer: readonly Item[]) => boolean): void {
  let left = items;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < left.length;) {
      const fewer = [...left.slice(0, at), ...left.slice(at + size)];
      if (keep(fewer)) left = fewer;
      else at += size;
    }
  }
}

function* dropTables(ruleSet: RuleSet): Iterable<RuleSet> {
  for (const table of ruleSet.tables)
    if (ruleSet.tables.length > 1)
      yield { ...ruleSet, tables: ruleSet.tables.filter((other) => other !== table) };
  if (ruleSet.ipsets.length > 0) yield { ...ruleSet, ipsets: [] };
}

function shrinkRules(now: () => RuleSet, keep: (ruleSet: RuleSet) => boolean): void {
  for (let table = 0; table < now().tables.length; table += 1) {
    const change = (part: Partial<GeneratedTable>): boolean =>
      keep({
        ...now(),
        tables: now().tables.map((each, at) => (at === table ? { ...each, ...part } : each)),
      });
    const current = (): GeneratedTable => now().tables[table] ?? { name: "", sets: [], chains: [] };
    lessOf(current().chains, (chains) => change({ chains }));
    lessOf(current().sets, (sets) => change({ sets }));
    for (const { name } of current().chains) {
      const chain = current().chains.find((each) => each.name === name);
      if (chain === undefined) continue;
      lessOf(chain.rules, (rules) =>
        change({
          chains: current().chains.map((each): GeneratedChain =>
            each.name === name ? { ...each, rules } : each,
          ),
        }),
      );
    }
  }
}
