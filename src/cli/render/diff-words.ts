// Words that every rendering of a diff shares. Computes nothing.
import { originText } from "../../problem.ts";
import type { Because, Cut, Diff, DiffEnd, FlowChange, FlowChangeKind } from "../../questions/diff/model.ts";
import { flowTexts } from "../../questions/reach/service-text.ts";

export const kindWords: Readonly<Record<FlowChangeKind, string>> = {
  opened: "newly open",
  closed: "newly closed",
  doubtful: "no longer certain",
  settled: "certain now",
};

/** As many services as one change names before they are counted. */
const mostServices = 8;

export function servicesOf(change: FlowChange | Cut): string {
  const services = flowTexts(change.services, mostServices).join("; ");
  if (!("kind" in change) || change.kind !== "settled") return services;
  return `${services} (now ${change.now === "allowed" ? "allowed" : "refused"})`;
}

/** As many ends as one side of a change names before they are counted. */
const mostEnds = 4;

/** `internet, office → db-1`; the family where it is not IPv4. */
export function endsOf(change: FlowChange | Cut): string {
  return `${namesOf(change.from)} → ${namesOf(change.to)}${change.family === 6 ? " (IPv6)" : ""}`;
}

function namesOf(ends: readonly DiffEnd[]): string {
  const names = [...new Set(ends.map((end) => end.name))];
  return names.length <= mostEnds
    ? names.join(", ")
    : `${names.slice(0, mostEnds - 1).join(", ")} and ${names.length - mostEnds + 1} more`;
}

export function becauseText(because: Because): string {
  return `${because.side} ${because.ring}: ${because.text} (${originText(because.origin)})`;
}

export function cutWords(cut: Cut): string {
  switch (cut.at) {
    case "once":
      return "cut at once";
    case "end":
      return "go on until they end";
    case "unknown":
      return "may be cut";
  }
}

/** `2 newly open, 1 newly closed`; what did not happen is not named. */
export function summaryOf(diff: Diff): string {
  const counts = (["opened", "closed", "doubtful", "settled"] as const).flatMap((kind) => {
    const count = diff.changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} ${kindWords[kind]}`];
  });
  const cut = diff.cuts.filter((item) => item.at !== "end").length;
  const parts = [...counts, ...(cut === 0 ? [] : [`connections of ${cut} cut`])];
  return parts.length === 0 ? "no flow changes" : parts.join(", ");
}

/** `proved: 34 of 36 pairs of ends exchange the same flows as before`. */
export function proofOf(diff: Diff): string {
  const { pairs, same } = diff.compared;
  return same === pairs
    ? `proved: all ${pairs} pairs of ends exchange the same flows as before`
    : `proved: ${same} of ${pairs} pairs of ends exchange the same flows as before`;
}
