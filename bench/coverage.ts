// What can be proved of the rules of ClassBench's sets: a line a set of 10 000 rules, whole (boxes, reachability, redundancy,
// overlaps), and one of 1 000 beside a twin that subtracts every earlier rule from every rule, pair by pair.
import { existsSync, readFileSync } from "node:fs";
import type { FlatBoxes } from "../src/rules/coverage/program.ts";
import { coverage, type RuleFact } from "../src/rules/coverage/coverage.ts";
import { unfold } from "../src/rules/coverage/unfold.ts";
import { always } from "../src/rules/match.ts";
import type { Chain, Rule } from "../src/rules/rule.ts";
import { readClassBench, rulesOfClassBench } from "./classbench.ts";
import { measure, type Line } from "./measure.ts";

const folder = new URL("../../shared/cases/classbench/", import.meta.url);
const sets = ["acl1", "acl2", "acl3", "acl4", "acl5", "fw1", "fw2", "fw3", "fw4", "fw5", "ipc1", "ipc2"];

/** The twin multiplies pieces: on the firewalls' sets of this size it comes to no end. */
const twinSet = "acl1_1k";

/** The files give no actions: a fixed hash of the rule's number chooses one, and the policy drops. */
function chainOf(name: string): Chain {
  const read = rulesOfClassBench(readClassBench(readFileSync(new URL(name, folder), "utf8")));
  const rules = read.map((rule, at): Rule => {
    const accepts = Math.imul(at + 1, 0x9e3779b1) >>> 31 === 0;
    return { ...rule, actions: [{ kind: accepts ? "accept" : "drop" }] };
  });
  const origin = { file: name, line: 1 };
  return {
    name,
    rules,
    policy: { match: always, actions: [{ kind: "drop" }], origin, text: "policy" },
    origin,
  };
}

function analyse(chain: Chain): readonly RuleFact[] {
  return coverage(chain, new Map([[chain.name, chain]]), { families: [4] });
}

type Sides = readonly (readonly [number, number])[];

/** The twin: what is left of each rule when every earlier one is taken off it, box by box. Says which rules nothing is left of. */
function hiddenByPairs(boxes: FlatBoxes, rules: number): number {
  const width = boxes.dimensions.length;
  const all: Sides[][] = Array.from({ length: rules }, () => []);
  for (let box = 0; box < boxes.count; box += 1)
    all[boxes.rule[box] ?? 0]?.push(
      boxes.dimensions.map((_, side) => [
        boxes.low[box * width + side] ?? 0,
        boxes.high[box * width + side] ?? 0,
      ]),
    );
  let hidden = 0;
  for (const [rule, own] of all.entries()) {
    let left: Sides[] = own;
    for (let earlier = 0; earlier < rule; earlier += 1)
      for (const taken of all[earlier] ?? []) left = left.flatMap((part) => subtract(part, taken));
    if (left.length === 0) hidden += 1;
  }
  return hidden;
}

function subtract(from: Sides, taken: Sides): Sides[] {
  if (from.some(([low, high], side) => low > (taken[side]?.[1] ?? 0) || high < (taken[side]?.[0] ?? 0)))
    return [from];
  const parts: Sides[] = [];
  let rest = from;
  for (const [side, [low, high]] of from.entries()) {
    const [takenLow, takenHigh] = taken[side] ?? [low, high];
    if (takenLow > low) parts.push(rest.with(side, [low, takenLow - 1]));
    if (takenHigh < high) parts.push(rest.with(side, [takenHigh + 1, high]));
    rest = rest.with(side, [Math.max(low, takenLow), Math.min(high, takenHigh)]);
  }
  return parts;
}

function summary(facts: readonly RuleFact[]): string {
  const count = (kind: RuleFact["kind"]): number => facts.filter((fact) => fact.kind === kind).length;
  return (
    `none: ${count("unreachable")} unreachable, ${count("redundant")} redundant, ` +
    `${count("correlated")} correlated, ${count("undecided")} undecided`
  );
}

export async function benchCoverage(): Promise<Line[]> {
  if (!existsSync(folder)) return [];
  const lines: Line[] = [];
  for (const set of sets) {
    const chain = chainOf(`${set}_10k`);
    let facts: readonly RuleFact[] = [];
    const { ms } = await measure(
      () => {
        facts = analyse(chain);
      },
      { rounds: 1, warm: 0 },
    );
    const what = `coverage of ${set} (${chain.rules.length} rules)`;
    lines.push({ what, ours: ms, unit: "ms", against: summary(facts) });
  }
  const small = chainOf(twinSet);
  let facts: readonly RuleFact[] = [];
  const ours = await measure(
    () => {
      facts = analyse(small);
    },
    { rounds: 5, warm: 1 },
  );
  let hidden = 0;
  const twin = await measure(
    () => {
      hidden = hiddenByTwin(small);
    },
    { rounds: 1, warm: 0 },
  );
  const found = facts.filter(({ kind }) => kind === "unreachable").length;
  if (hidden !== found) throw new Error(`the twin finds ${hidden} unreachable rules, not ${found}`);
  lines.push({
    what: `coverage of ${twinSet} (${small.rules.length} rules)`,
    ours: ours.ms,
    unit: "ms",
    peer: twin.ms,
    against: "pairwise subtraction, which only finds the unreachable",
  });
  return lines;
}

function hiddenByTwin(chain: Chain): number {
  const unfolded = unfold(chain, new Map(), [4]);
  if (unfolded === undefined) throw new Error("too large for the twin");
  return hiddenByPairs(unfolded.program.may, unfolded.program.effects.length);
}
