// What a change opens, closes and cuts, as Markdown for a pull request: the worst first, details folded away.
import { packetText } from "../../packet/packet.ts";
import type { Diff, FlowChange, FlowChangeKind } from "../../questions/diff/model.ts";
import { becauseText, cutWords, endsOf, kindWords, proofOf, servicesOf, summaryOf } from "./diff-words.ts";

const titles: Readonly<Record<FlowChangeKind, string>> = {
  opened: "Newly open",
  closed: "Newly closed",
  doubtful: "No longer certain",
  settled: "Certain now",
};

export function diffMarkdown(diff: Diff): string {
  const parts = [
    "## Ringwall: what this change does to the network",
    "",
    `\`${diff.before}\` → \`${diff.after}\`: **${summaryOf(diff)}**`,
    "",
    ...(["opened", "closed", "doubtful", "settled"] as const).flatMap((kind) => section(diff, kind)),
    ...cuts(diff),
    ...places(diff),
    `_${proofOf(diff)}._`,
    ...(diff.unknowns.length === 0 ? [] : ["", unknowns(diff)]),
  ];
  return `${parts.join("\n")}\n`;
}

function section(diff: Diff, kind: FlowChangeKind): string[] {
  const changes = diff.changes.filter((change) => change.kind === kind);
  if (changes.length === 0) return [];
  return [
    `### ${titles[kind]}`,
    "",
    "| severity | from → to | services | why it weighs so |",
    "| --- | --- | --- | --- |",
    ...changes.map((change) =>
      row([change.severity, endsOf(change), `**${escape(servicesOf(change))}**`, change.weight], [2]),
    ),
    "",
    "<details><summary>Witnesses and rules</summary>",
    "",
    ...changes.flatMap(details),
    "",
    "</details>",
    "",
  ];
}

function details(change: FlowChange): string[] {
  return [
    `- **${escape(endsOf(change))}**, ${kindWords[change.kind]}: \`${packetText(change.witness).replaceAll("`", "'")}\``,
    ...change.because.map((because) => `  - ${escape(becauseText(because))}`),
  ];
}

function cuts(diff: Diff): string[] {
  if (diff.cuts.length === 0) return [];
  return [
    "### Connections that exist now",
    "",
    "| from → to | services | what happens to them | why |",
    "| --- | --- | --- | --- |",
    ...diff.cuts.map((cut) =>
      row([endsOf(cut), servicesOf(cut), `${cutWords(cut)} (${cut.tracking})`, cut.why]),
    ),
    "",
  ];
}

function places(diff: Diff): string[] {
  const names = (ends: Diff["added"]): string => ends.map((end) => escape(end.name)).join(", ");
  return [
    ...(diff.added.length === 0 ? [] : [`New: ${names(diff.added)}.`, ""]),
    ...(diff.removed.length === 0 ? [] : [`Gone: ${names(diff.removed)}.`, ""]),
  ];
}

function unknowns(diff: Diff): string {
  const shown = diff.unknowns.slice(0, 20).map(({ what, effect }) => `- ${escape(`${what}: ${effect}`)}`);
  return [
    `<details><summary>${diff.unknowns.length} things can't be known or were not understood</summary>`,
    "",
    ...shown,
    "",
    "</details>",
  ].join("\n");
}

/** Cells are escaped but those that hold Markdown of ours. */
function row(cells: readonly string[], plain: readonly number[] = []): string {
  return `| ${cells.map((cell, at) => (plain.includes(at) ? cell : escape(cell))).join(" | ")} |`;
}

/** Names come from the input: they must not become markup, mentions or links. */
function escape(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]<>#|~]/g, (character) => `\\${character}`)
    .replaceAll("@", "&#64;")
    .replaceAll("\n", " ");
}
