// A replay for people: a line a packet, what it came to, and the connection tables.
import { addressText, numberText, type NumberValue } from "../../packet/packet.ts";
import { protocolName } from "../../packet/protocol.ts";
import { originText } from "../../problem.ts";
import type { ConnectionListing, ReplayRow } from "../../questions/replay.ts";
import type { ConnectionEntry } from "../../rules/connections/model.ts";
import type { Paint } from "./paint.ts";
import { timeText, type ReplayCounts } from "./replay-json.ts";
import { causeText } from "./trace-json.ts";

/** `   3  22:13:20.123456  allowed   new          tcp 203.0.113.7:50000 > … [SYN]  host.rules:7  -A INPUT …`. */
export function replayRowText(row: ReplayRow, paint: Paint): string {
  const number = String(row.number).padStart(5);
  const time = row.time === undefined ? "-" : (/T([\d:]+\.\d{6})/.exec(timeText(row.time))?.[1] ?? "-");
  const verdict = row.verdict.padEnd(8);
  const shown =
    row.verdict === "allowed"
      ? paint.good(verdict)
      : row.verdict === "denied"
        ? paint.bad(verdict)
        : row.verdict === "depends"
          ? paint.unsure(verdict)
          : paint.faint(verdict);
  const rule =
    row.rule === undefined ? row.why : `${originText(row.rule.origin)}  ${row.rule.text}${where(row)}`;
  const depends =
    row.causes.length === 0 ? "" : `  depends on ${[...new Set(row.causes.map(causeText))].join("; ")}`;
  const incomplete = row.incomplete === undefined ? "" : `  (${row.incomplete})`;
  const state = (row.state ?? "").padEnd(11);
  return `${number}  ${time.padEnd(15)}  ${shown}  ${state}  ${row.text}  ${paint.faint(rule)}${depends}${incomplete}\n`;
}

/** The place where the rule stands, unless the rule's own text is all there is to say. */
function where(row: ReplayRow): string {
  return row.place === undefined ? "" : `  at ${row.place}`;
}

export function replaySummaryText(counts: ReplayCounts, complete: boolean): string {
  const total = counts.allowed + counts.denied + counts.depends + counts.unjudged;
  const parts = [`${counts.allowed} allowed`, `${counts.denied} denied`];
  if (counts.depends > 0) parts.push(`${counts.depends} depend on what no header shows`);
  if (counts.unjudged > 0) parts.push(`${counts.unjudged} not judged`);
  const until = complete ? "" : ", as far as the capture could be read";
  return `\n${total} ${total === 1 ? "packet" : "packets"}: ${parts.join(", ")}${until}\n`;
}

const columns = [
  "protocol",
  "source",
  "port",
  "destination",
  "port",
  "state",
  "age",
  "packets",
  "bytes",
] as const;

/** Connections that are shown of one place; the JSON has them all. */
const mostShown = 200;

export function connectionsText({ place, connections }: ConnectionListing): string {
  if (connections.length === 0) return `\nconnections of ${place}: none\n`;
  const rows = connections.slice(0, mostShown).map(cells);
  const widths = columns.map((name, at) =>
    Math.max(name.length, ...rows.map((row) => (row[at] ?? "").length)),
  );
  const line = (cellsOf: readonly string[]): string =>
    `  ${cellsOf
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd()}`;
  const left = connections.length - rows.length;
  return [
    "",
    `connections of ${place}:`,
    line(columns),
    ...rows.map(line),
    ...(left > 0 ? [`  and ${left} more (--format json has them all)`] : []),
    "",
  ].join("\n");
}

function cells(entry: ConnectionEntry): string[] {
  const port = (value: NumberValue | undefined): string => (value === undefined ? "-" : numberText(value));
  const unconfirmed = entry.seenReply ? (entry.assured ? "ASSURED" : "REPLIED") : "UNREPLIED";
  return [
    typeof entry.protocol === "number" ? protocolName(entry.protocol) : numberText(entry.protocol),
    addressText(entry.source),
    port(entry.sourcePort ?? entry.icmpId),
    addressText(entry.destination),
    port(entry.destinationPort),
    entry.state ?? unconfirmed,
    `${entry.age.toFixed(1)} s`,
    String(entry.packets),
    String(entry.bytes),
  ];
}
