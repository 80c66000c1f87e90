// Findings as a good compiler would print them: place, severity, number and title on one line; the witness, why and the
// remedy below. Computes nothing.
import { packetText } from "../../packet/packet.ts";
import { originText, type Origin } from "../../problem.ts";
import { severities, type Severity, type Suppression } from "../../estate/settings.ts";
import type { Lint } from "../../questions/lint.ts";
import type { Check, Reported, Tried } from "../../questions/lint/model.ts";
import { paint, type Paint } from "./paint.ts";

export interface TextOptions {
  readonly colour: boolean;
  readonly columns: number;
}

export function lintText(found: Lint, options: TextOptions): string {
  const p = paint(options.colour);
  const explained = new Set<string>();
  const lines: string[] = [];
  for (const finding of found.findings) {
    lines.push(...findingLines(finding, p, options.columns, explained), "");
  }
  for (const { finding, by } of found.suppressed) lines.push(suppressedLine(finding, by, p));
  if (found.suppressed.length > 0) lines.push("");
  for (const item of found.unused)
    lines.push(
      `${place(item.origin)}: ${p.unsure("note")} this suppression of ${item.check}${item.at === undefined ? "" : ` at ${item.at}`} suppresses nothing: remove it`,
      "",
    );
  lines.push(summary(found, p));
  if (found.unknowns.length > 0)
    lines.push(
      `${found.unknowns.length} ${found.unknowns.length === 1 ? "thing was" : "things were"} not understood (ringwall show lists them): what hangs on them is not judged`,
    );
  return `${lines.join("\n")}\n`;
}

function findingLines(finding: Reported, p: Paint, columns: number, explained: Set<string>): string[] {
  const { check, severity, title, origins, witness, why, remedy, expired } = finding;
  const [origin, ...others] = origins;
  const lines = [
    `${p.faint(`${place(origin)}:`)} ${coloured(severity, p)(severity)} ${p.faint(check.number)} ${p.strong(title)}`,
  ];
  const say = (label: string, text: string): void => {
    lines.push(...wrapped(label, text, columns));
  };
  if (witness !== undefined) say("witness", `${packetText(witness.packet)}: ${witness.seen}`);
  if (others.length > 0) say("also", others.map(place).join(", "));
  // The same reason is said once.
  if (!explained.has(why)) say("why", why);
  explained.add(why);
  if (remedy !== undefined) {
    const tried = remedy.tried();
    say("remedy", remedy.text);
    say("", triedText(tried, p));
  }
  if (expired !== undefined)
    say(
      "expired",
      `it was suppressed until ${expired.until} (${expired.reason}), at ${place(expired.origin)}`,
    );
  return lines;
}

function triedText(tried: Tried, p: Paint): string {
  switch (tried.outcome) {
    case "works":
      return p.good("tried: it works");
    case "fails":
      return p.unsure(`tried, and it is not enough: ${tried.why}`);
    case "untried":
      return p.faint(`not tried: ${tried.why}`);
  }
}

function suppressedLine({ check, title, origins }: Reported, by: Suppression, p: Paint): string {
  return p.faint(`${place(origins[0])}: suppressed until ${by.until} ${check.number} ${title}: ${by.reason}`);
}

function place(origin: Origin): string {
  return originText(origin);
}

function coloured(severity: Severity, p: Paint): (text: string) => string {
  switch (severity) {
    case "critical":
    case "high":
      return p.bad;
    case "medium":
    case "low":
      return p.unsure;
    case "note":
      return p.faint;
  }
}

function summary(found: Lint, p: Paint): string {
  const { findings } = found;
  const ran = `${found.checks.length} ${found.checks.length === 1 ? "check" : "checks"}`;
  if (findings.length === 0) return p.good(`${found.estate}: nothing found by ${ran}`);
  const counts = severities.flatMap((severity) => {
    const count = findings.filter((item) => item.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  return `${found.estate}: ${counts.join(", ")} (${ran})`;
}

/** A label and its text, wrapped and indented below the label's end. */
function wrapped(label: string, text: string, columns: number): string[] {
  const indent = 11;
  const width = Math.max(40, columns - indent);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((each, at) => `${(at === 0 ? `  ${label}` : "").padEnd(indent)}${each}`);
}

/** Every check, a line each. */
export function checkList(checks: readonly Check[]): string {
  const width = Math.max(...checks.map((check) => check.name.length));
  const rows = checks.map(
    (check) =>
      `${check.number}  ${check.name.padEnd(width)}  ${check.severity.padEnd(8)}  ${check.title}${check.optional === true ? " (only where enabled)" : ""}`,
  );
  return `${rows.join("\n")}\n`;
}

/** One check, explained. */
export function checkText(check: Check, options: TextOptions): string {
  const p = paint(options.colour);
  return [
    `${p.strong(`${check.number} ${check.name}`)}: ${check.title}`,
    ...wrapped("severity", `${check.severity} as a rule; weighed by what can be reached`, options.columns),
    ...wrapped("why", check.why, options.columns),
    ...check.references.flatMap(({ title, url }) =>
      wrapped("see", `${title}${url === undefined ? "" : ` ${url}`}`, options.columns),
    ),
    "",
  ].join("\n");
}
