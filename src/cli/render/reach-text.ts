// What reaches what, for people: a block for each source, a line for each destination and its services; with `rings`,
// what each ring by itself lets through.
import { originText } from "../../problem.ts";
import type { PairReach, Reach } from "../../questions/reach/model.ts";
import { flowText, flowTexts } from "../../questions/reach/service-text.ts";
import { endName } from "./end-name.ts";
import { paint, type Paint } from "./paint.ts";
import { isMinor, reachRows, type ReachRow, type RowKind } from "./reach-rows.ts";

const marks: Readonly<Record<RowKind, string>> = { allowed: "→", depends: "?", "one-way": "⇥" };

/** As many services as a line holds before they are counted. */
const mostServices = 12;

export function reachText(
  estateName: string,
  reach: Reach,
  about: { readonly colour: boolean; readonly rings: boolean; readonly all?: boolean },
): string {
  const p = paint(about.colour);
  const every = reachRows(reach);
  const rows = about.all === true ? every : every.filter((row) => !isMinor(row));
  const lines = [
    `${p.strong(`what reaches what in ${estateName}`)}  ${countText(reach)}`,
    ...sections(rows, p, about.rings),
    ...(rows.length === 0 ? ["", "Nothing reaches anything that was asked about."] : []),
    ...legend(rows, p),
    ...minorLine(every.length - rows.length, p),
    ...unknownLine(reach, p),
  ];
  return `${lines.join("\n")}\n`;
}

/** A section for each source; sources that reach the same by the same share one. */
function sections(rows: readonly ReachRow[], p: Paint, rings: boolean): string[] {
  const bySource = Map.groupBy(rows, ({ pair }) => `${pair.from.id} ${pair.family}`);
  const blocks = [...bySource.values()].map((own) => ({ own, lines: blockLines(own, p, rings) }));
  const alike = Map.groupBy(blocks, ({ own, lines }) => `${own[0]?.pair.family ?? ""}\n${lines.join("\n")}`);
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const names = same.flatMap(({ own }) => own.slice(0, 1).map((row) => endName(row.pair.from)));
    const family = first.own[0]?.pair.family === 6 ? " (IPv6)" : "";
    return ["", p.strong(`${nameList(names)}${family}`), ...first.lines];
  });
}

/** As many names as one line lists before it counts. */
const mostNames = 5;

function nameList(names: readonly string[]): string {
  const own = [...new Set(names)];
  return own.length <= mostNames
    ? own.join(", ")
    : `${own.slice(0, mostNames - 1).join(", ")} and ${own.length - mostNames + 1} more`;
}

export function countText(reach: Reach): string {
  const count = (number: number, one: string, many: string): string =>
    `${number} ${number === 1 ? one : many}`;
  return `${count(reach.classes.length, "class", "classes")} of ends, ${count(reach.pairs.length, "pair", "pairs")} with flows`;
}

/** A line for each service list of a source, with the destinations that it holds for. */
function blockLines(rows: readonly ReachRow[], p: Paint, rings: boolean): string[] {
  const groups = [...Map.groupBy(rows, (row) => rowKey(row, rings)).values()];
  const label = (group: readonly ReachRow[]): string => nameList(group.map((row) => endName(row.pair.to)));
  const width = Math.min(48, Math.max(...groups.map((group) => label(group).length)));
  return groups.flatMap((group) => {
    const [row] = group;
    if (row === undefined) return [];
    const [first = "", ...rest] = flowTexts(row.services, mostServices);
    const colour = row.kind === "allowed" ? p.good : row.kind === "depends" ? p.unsure : p.bad;
    const via = row.pair.via.length === 0 ? "" : p.faint(`  via ${row.pair.via.join(", ")}`);
    const indent = `    ${" ".repeat(width)}  `;
    return [
      `  ${colour(marks[row.kind])} ${label(group).padEnd(width)}  ${first}${via}`,
      ...rest.map((text) => `${indent}${text}`),
      ...row.causes.map((cause) => `${indent}${p.faint(`depends on ${cause}`)}`),
      ...(rings ? ringLines(row.pair, indent, p) : []),
    ];
  });
}

/** What rows must share to stand in one line; with the rings shown, every pair stands alone. */
function rowKey(row: ReachRow, rings: boolean): string {
  const { kind, services, causes, pair } = row;
  const own = rings ? [pair.to.id] : [];
  return [kind, ...services.map(flowText), ...pair.via, ...causes, ...own].join("\n");
}

function ringLines(pair: PairReach, indent: string, p: Paint): string[] {
  return pair.rings().flatMap((share) => {
    const lets = flowTexts(share.lets.services(), mostServices);
    const perhaps = flowTexts(share.perhaps.services(), mostServices);
    const what = [
      lets.length === 0 ? "lets nothing through" : `lets ${lets.join("; ")} through`,
      ...(perhaps.length === 0 ? [] : [`perhaps ${perhaps.join("; ")}`]),
      ...(share.why === undefined ? [] : [share.why]),
    ].join(", ");
    const cited = share.rules.slice(0, 3).map((rule) => `${rule.text} (${originText(rule.origin)})`);
    return [
      `${indent}${p.faint(share.leg === "forward" ? "there" : "back ")} ${share.ring} at ${share.place}: ${what}`,
      ...cited.map((text) => `${indent}      ${p.faint(text)}`),
    ];
  });
}

function legend(rows: readonly ReachRow[], p: Paint): string[] {
  const kinds = new Set(rows.map((row) => row.kind));
  const words = [
    ...(kinds.has("depends") ? ["? hangs on what is not known"] : []),
    ...(kinds.has("one-way") ? ["⇥ gets there, but the answer does not come back"] : []),
  ];
  return words.length === 0 ? [] : ["", p.faint(words.join("   "))];
}

function minorLine(count: number, p: Paint): string[] {
  if (count === 0) return [];
  return [
    "",
    p.faint(
      `${count === 1 ? "1 pair" : `${count} pairs`} may exchange other protocols than TCP, UDP and SCTP, which hangs on what is not known; --all lists ${count === 1 ? "it" : "them"}.`,
    ),
  ];
}

function unknownLine(reach: Reach, p: Paint): string[] {
  const count = reach.unknowns.length;
  if (count === 0) return [];
  return [
    "",
    p.faint(
      `${count === 1 ? "1 thing" : `${count} things`} in what was read can't be known or was not understood. ringwall show --unknowns lists ${count === 1 ? "it" : "them"}.`,
    ),
  ];
}
