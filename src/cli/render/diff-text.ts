// What a change opens, closes and cuts, for people at a terminal.
import { packetText } from "../../packet/packet.ts";
import type { Diff, FlowChange, FlowChangeKind } from "../../questions/diff/model.ts";
import { becauseText, cutWords, endsOf, kindWords, proofOf, servicesOf, summaryOf } from "./diff-words.ts";
import { paint, type Paint } from "./paint.ts";

const marks: Readonly<Record<FlowChangeKind, string>> = {
  opened: "+",
  closed: "-",
  doubtful: "?",
  settled: "=",
};

export function diffText(diff: Diff, colour: boolean): string {
  const p = paint(colour);
  const lines = [
    `${p.strong(`${diff.before} → ${diff.after}`)}  ${summaryOf(diff)}`,
    ...(["opened", "closed", "doubtful", "settled"] as const).flatMap((kind) => changeLines(diff, kind, p)),
    ...cutLines(diff, p),
    ...placeLines(diff),
    "",
    p.faint(proofOf(diff)),
    ...(diff.unknowns.length === 0
      ? []
      : [p.faint(`${diff.unknowns.length} things in what was read can't be known or were not understood`)]),
  ];
  return `${lines.join("\n")}\n`;
}

function changeLines(diff: Diff, kind: FlowChangeKind, p: Paint): string[] {
  const changes = diff.changes.filter((change) => change.kind === kind);
  if (changes.length === 0) return [];
  let before = "";
  const lines = changes.flatMap((change) => {
    const rules = change.because.map(becauseText).join("\n");
    // Rules that stand behind several changes are cited with the first.
    const cited = rules !== "" && rules === before ? [`      ${p.faint("by the same rules")}`] : undefined;
    before = rules;
    return oneChange(change, p, cited);
  });
  return ["", p.strong(kindWords[kind]), ...lines];
}

function oneChange(change: FlowChange, p: Paint, cited: readonly string[] | undefined): string[] {
  const colour = change.kind === "opened" ? p.bad : change.kind === "closed" ? p.good : p.unsure;
  return [
    `  ${colour(marks[change.kind])} ${endsOf(change)}  ${p.strong(servicesOf(change))}  ${change.severity}: ${change.weight}`,
    `      ${p.faint(`witness ${packetText(change.witness)}`)}`,
    ...(cited ??
      change.because.map(
        (because) => `      ${p.faint(because.side === "before" ? "-" : "+")} ${becauseText(because)}`,
      )),
  ];
}

function cutLines(diff: Diff, p: Paint): string[] {
  if (diff.cuts.length === 0) return [];
  return [
    "",
    p.strong("connections that exist now"),
    ...diff.cuts.map((cut) => {
      const colour = cut.at === "end" ? p.faint : p.bad;
      return `  ${colour(cut.at === "end" ? "·" : "✂")} ${endsOf(cut)}  ${servicesOf(cut)}  ${cutWords(cut)} (${cut.tracking}): ${cut.why}`;
    }),
  ];
}

function placeLines(diff: Diff): string[] {
  const names = (ends: Diff["added"]): string => ends.map((end) => end.name).join(", ");
  return [
    ...(diff.added.length === 0 ? [] : ["", `new: ${names(diff.added)}`]),
    ...(diff.removed.length === 0 ? [] : ["", `gone: ${names(diff.removed)}`]),
  ];
}
