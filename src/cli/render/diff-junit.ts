// What a change does as JUnit XML, which pipelines show as tests: a failed case for each flow that changed, and one that
// passes for the pairs that are proved the same.
import { packetText } from "../../packet/packet.ts";
import type { Diff, FlowChange } from "../../questions/diff/model.ts";
import { becauseText, endsOf, kindWords, proofOf, servicesOf } from "./diff-words.ts";

/** @param fails whether a change counts as a failure; others pass and carry their text */
export function diffJunit(diff: Diff, fails: (change: FlowChange) => boolean): string {
  const failures = diff.changes.filter(fails).length;
  const cases = diff.changes.map((change) => {
    const name = escape(`${kindWords[change.kind]}: ${endsOf(change)} ${servicesOf(change)}`);
    const text = escape(
      [
        `${change.severity}: ${change.weight}`,
        `witness ${packetText(change.witness)}`,
        ...change.because.map(becauseText),
      ].join("\n"),
    );
    return fails(change)
      ? `    <testcase classname="ringwall.diff" name="${name}"><failure message="${escape(kindWords[change.kind])}" type="${change.kind}">${text}</failure></testcase>`
      : `    <testcase classname="ringwall.diff" name="${name}"><system-out>${text}</system-out></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite name="ringwall diff" tests="${cases.length + 1}" failures="${failures}" errors="0" skipped="0">`,
    `    <testcase classname="ringwall.diff" name="${escape(proofOf(diff))}"/>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** XML 1.0 has no place for most control characters, however they are written. */
function escape(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "?")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
  );
}
