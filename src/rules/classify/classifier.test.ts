// The compiled reading against `evaluate`: the same decisions by the same rules, for random chains and packets.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate, type Decision } from "../evaluate.ts";
import type { Chain, ChainSet } from "../rule.ts";
import type { View } from "../view.ts";
import { anyView } from "../boxes/testing.ts";
import { compile, type Classifier } from "./classifier.ts";
import { anyChains, anyRuleList, chainOf } from "./testing.ts";

const views = fc.array(anyView, { minLength: 24, maxLength: 24 });

/** Decisions in words that tell any two apart. */
function said(decisions: readonly Decision[] | undefined): unknown {
  return decisions?.map(({ outcome, rule, chain, via }) => ({
    outcome,
    rule: rule?.origin.line,
    chain,
    via: via.map((one) => one.origin.line),
  }));
}

function agree(classifier: Classifier, chain: Chain, chains: ChainSet, view: View): void {
  const expected = said(evaluate(chain, chains, { ...view }).decisions);
  expect(said(classifier.outcomeOf(view).decisions)).toEqual(expected);
}

test(
  "a chain decides as evaluate does: jumps, gotos, returns, marks, lookups, unknown matches",
  { timeout: 240_000 },
  () => {
    let asked = 0;
    let packets = 0;
    fc.assert(
      fc.property(anyChains, views, ({ chain, chains }, some) => {
        const classifier = compile(chain, chains);
        for (const view of some) agree(classifier, chain, chains, view);
        asked += classifier.asked;
        packets += some.length;
      }),
      { numRuns: 60 },
    );
    // Only matches too intricate to be written as boxes are asked about.
    expect(asked).toBeLessThan(packets / 5);
  },
);

test("a list of rules decides as evaluate does, as columns", { timeout: 240_000 }, () => {
  fc.assert(
    fc.property(anyRuleList, views, (rules, some) => {
      const chain = chainOf("list", rules, "drop");
      const classifier = compile(chain, new Map());
      for (const family of [4, 6] as const) {
        const ours = some
          .filter((view) => view.packet.family === family)
          .map((view) => ({ ...view, mark: 0, connectionMark: 0 }));
        if (ours.length === 0) continue;
        const columns = classifier.columnsOf(ours);
        if (columns === undefined) throw new Error("packets of single values have columns");
        const results = new Uint32Array(ours.length);
        classifier.classify(columns, results);
        for (const [at, view] of ours.entries()) {
          const outcome = classifier.outcomes[results[at] ?? -1];
          expect(said(outcome?.decisions)).toEqual(said(evaluate(chain, new Map(), { ...view }).decisions));
        }
      }
    }),
    { numRuns: 60 },
  );
});
