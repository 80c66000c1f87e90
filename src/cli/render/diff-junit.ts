// What a change does as JUnit XML: a failed case for each flow that changed and counts, and one that passes for the pairs
// that are proved the same.
import { packetText } from "../../packet/packet.ts";
import type { Diff, FlowChange } from "../../questions/diff/model.ts";
import { becauseText, endsOf, kindWords, proofOf, servicesOf } from "./diff-words.ts";
import { junit } from "./junit.ts";

/** @param fails whether a change counts as a failure; others pass and carry their text */
export function diffJunit(diff: Diff, fails: (change: FlowChange) => boolean): string {
  return junit("ringwall diff", [
    { name: proofOf(diff) },
    ...diff.changes.map((change) => {
      const name = `${kindWords[change.kind]}: ${endsOf(change)} ${servicesOf(change)}`;
      const text = [
        `${change.severity}: ${change.weight}`,
        `witness ${packetText(change.witness)}`,
        ...change.because.map(becauseText),
      ].join("\n");
      return fails(change)
        ? { name, failure: { type: change.kind, message: kindWords[change.kind], text } }
        : { name, output: text };
    }),
  ]);
}
