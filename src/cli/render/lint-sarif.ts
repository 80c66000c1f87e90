// Findings as SARIF 2.1.0 (OASIS, “Static Analysis Results Interchange Format”), as code scanning services read it: a rule a
// check, a result a finding, suppressed ones among them. Computes nothing.
import type { Suppression } from "../../estate/settings.ts";
import { packetText } from "../../packet/packet.ts";
import type { Lint } from "../../questions/lint.ts";
import type { Check, Reported, Tried } from "../../questions/lint/model.ts";
import { version } from "../version.ts";
import { fingerprintOf } from "./lint-json.ts";
import { levels, locationSarif, securitySeverity } from "./sarif.ts";

export function lintSarif(found: Lint): Record<string, unknown> {
  const ruleAt = new Map(found.checks.map((check, at) => [check, at]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Ringwall",
            semanticVersion: version(),
            rules: found.checks.map(ruleSarif),
          },
        },
        columnKind: "utf16CodeUnits",
        automationDetails: { id: `ringwall lint/${found.estate}` },
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: found.unknowns.map(({ what, effect, origin }) => ({
              level: "note",
              message: { text: `${what}: ${effect}` },
              locations: [locationSarif(origin)],
            })),
          },
        ],
        results: [
          ...found.findings.map((finding) => resultSarif(finding, ruleAt)),
          ...found.suppressed.map(({ finding, by }) => resultSarif(finding, ruleAt, by)),
        ],
      },
    ],
  };
}

function ruleSarif(check: Check): Record<string, unknown> {
  const references = check.references.map(({ title, url }) => ({ title, url }));
  const seen = references.map(({ title, url }) => (url === undefined ? title : `${title}: ${url}`));
  const help = [check.why, ...seen].join("\n");
  const [helpUri] = references.flatMap(({ url }) => url ?? []);
  return {
    id: check.number,
    name: check.name.replaceAll(/(?:^|-)(\w)/g, (_found, letter: string) => letter.toUpperCase()),
    shortDescription: { text: check.title },
    fullDescription: { text: check.why },
    help: {
      text: help,
      markdown: [
        check.why,
        "",
        ...references.map(({ title, url }) => (url === undefined ? `- ${title}` : `- [${title}](${url})`)),
      ].join("\n"),
    },
    ...(helpUri === undefined ? {} : { helpUri }),
    defaultConfiguration: { level: levels[check.severity] },
    properties: {
      tags: ["security", "network"],
      "security-severity": securitySeverity[check.severity],
      precision: "high",
    },
  };
}

function resultSarif(
  finding: Reported,
  ruleAt: ReadonlyMap<Check, number>,
  by?: Suppression,
): Record<string, unknown> {
  const { check, severity, title, origins, witness, why, remedy, expired } = finding;
  const [origin, ...others] = origins;
  const tried = remedy?.tried();
  const parts = [
    `${title}.`,
    ...(witness === undefined ? [] : [`Witness: ${packetText(witness.packet)}: ${witness.seen}.`]),
    why,
    ...(remedy === undefined || tried === undefined ? [] : [`Remedy: ${remedy.text} (${triedText(tried)}).`]),
    ...(expired === undefined ? [] : [`It was suppressed until ${expired.until}: ${expired.reason}.`]),
  ];
  return {
    ruleId: check.number,
    ruleIndex: ruleAt.get(check) ?? -1,
    level: levels[severity],
    message: { text: parts.join(" ") },
    locations: [locationSarif(origin)],
    ...(others.length === 0
      ? {}
      : { relatedLocations: others.map((other, at) => ({ id: at + 1, ...locationSarif(other) })) }),
    partialFingerprints: { "ringwall/v1": fingerprintOf(finding) },
    ...(by === undefined
      ? { suppressions: [] }
      : {
          suppressions: [
            { kind: "external", status: "accepted", justification: `${by.reason} (until ${by.until})` },
          ],
        }),
    properties: { severity, "security-severity": securitySeverity[severity] },
  };
}

function triedText(tried: Tried): string {
  switch (tried.outcome) {
    case "works":
      return "tried: it works";
    case "fails":
      return `tried, and it is not enough: ${tried.why}`;
    case "untried":
      return `not tried: ${tried.why}`;
  }
}
