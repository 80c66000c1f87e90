// The readings of a chain that have to agree, each as a function from a packet's view to a verdict. A new reading is one more
// row of `readings`; what they are held to stands in suite.ts.
import { compile } from "../../src/rules/classify/classifier.ts";
import { evaluate } from "../../src/rules/evaluate.ts";
import type { Chain, ChainSet } from "../../src/rules/rule.ts";
import { chainSets } from "../../src/rules/symbolic/chain-sets.ts";
import { verdicts } from "../../src/rules/symbolic/verdicts.ts";
import { vocabularyOf } from "../../src/rules/symbolic/vocabulary.ts";
import type { View } from "../../src/rules/view.ts";
import { Space } from "../../src/space/space.ts";

export type Verdict = "allowed" | "denied" | "depends";

export interface Reading {
  readonly name: string;
  /** Reads a chain once; the function that it gives is asked about many packets of one family. */
  readonly verdictOf: (chain: Chain, chains: ChainSet, family: 4 | 6) => (view: View) => Verdict;
}

/** The reading that the others are held to: one packet, step by step. */
export const evaluating: Reading = {
  name: "evaluate",
  verdictOf: (chain, chains) => (view) => {
    let passes = false;
    let refuses = false;
    // Rules change the marks of the view that they are given.
    for (const { outcome } of evaluate(chain, chains, { ...view }).decisions) {
      if (outcome.kind === "unknown") return "depends";
      if (outcome.kind === "drop" || outcome.kind === "reject") refuses = true;
      else passes = true;
    }
    return passes && refuses ? "depends" : passes ? "allowed" : "denied";
  },
};

/** Nodes that packets asked about may leave behind before they are swept away. */
const mostLeft = 1_000_000;

const computing: Reading = {
  name: "space",
  verdictOf: (chain, chains, family) => {
    const space = new Space({
      question: `the readings of ${chain.name}`,
      mostNodes: 1 << 25,
      ...vocabularyOf(chains.values()),
    });
    const sets = verdicts(space, chainSets(space, chain, chains, space.family(family)));
    space.collect(Object.values(sets));
    const most = space.size + mostLeft;
    return ({ packet, state, inInterface, outInterface, mark, connectionMark }) => {
      const asked = space.packet(packet, { state, inInterface, outInterface, mark, connectionMark });
      const found = (["allowed", "denied", "depends"] as const).filter((verdict) =>
        space.isSubset(asked, sets[verdict]),
      );
      if (space.size > most) space.collect(Object.values(sets));
      const [only, ...others] = found;
      if (only === undefined || others.length > 0)
        throw new Error(`the packet is in ${found.length} of three sets that part all packets`);
      return only;
    };
  },
};

const classifying: Reading = {
  name: "classify",
  verdictOf: (chain, chains) => {
    const classifier = compile(chain, chains);
    return (view) => classifier.outcomeOf(view).verdict;
  },
};

export const readings: readonly Reading[] = [computing, classifying];
