// What a change opens, closes and cuts as SARIF 2.1.0, so that code scanning shows it at the lines of the rules that do it.
import { packetText } from "../../packet/packet.ts";
import type { Cut, Diff, FlowChange } from "../../questions/diff/model.ts";
import { version } from "../version.ts";
import { becauseText, cutWords, endsOf, kindWords, proofOf, servicesOf } from "./diff-words.ts";
import { levels, locationSarif, securitySeverity } from "./sarif.ts";

const rules = [
  { id: "opened", text: "A flow that was refused is allowed now" },
  { id: "closed", text: "A flow that was allowed is refused now" },
  { id: "doubtful", text: "A flow that was certain hangs now on what can't be known" },
  { id: "settled", text: "A flow that hung on what can't be known is certain now" },
  { id: "cut", text: "Connections that exist now are cut by the change" },
] as const;

export function diffSarif(diff: Diff): Record<string, unknown> {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Ringwall",
            semanticVersion: version(),
            rules: rules.map(({ id, text }) => ({ id: `ringwall-diff/${id}`, shortDescription: { text } })),
          },
        },
        columnKind: "utf16CodeUnits",
        automationDetails: { id: "ringwall diff/" },
        properties: { proof: proofOf(diff) },
        results: [
          ...diff.changes.map(changeSarif),
          ...diff.cuts.filter((cut) => cut.at !== "end").map(cutSarif),
        ],
      },
    ],
  };
}

function changeSarif(change: FlowChange): Record<string, unknown> {
  return {
    ...base(change.kind, change),
    // What is closed or settled is for information: it is what a stricter policy is for.
    level: change.kind === "opened" || change.kind === "doubtful" ? levels[change.severity] : "note",
    message: {
      text: [
        `${endsOf(change)} ${servicesOf(change)} is ${kindWords[change.kind]} (${change.weight}).`,
        `Witness: ${packetText(change.witness)}.`,
        ...change.because.map(becauseText),
      ].join(" "),
    },
    properties: { severity: change.severity, "security-severity": securitySeverity[change.severity] },
  };
}

function cutSarif(cut: Cut): Record<string, unknown> {
  return {
    ...base("cut", cut),
    level: "warning",
    message: {
      text: `Connections ${endsOf(cut)} ${servicesOf(cut)} are ${cutWords(cut)} (${cut.tracking}): ${cut.why}.`,
    },
  };
}

function base(rule: (typeof rules)[number]["id"], about: FlowChange | Cut): Record<string, unknown> {
  // The rules of the new side stand in the files under review; a rule that is gone can only be shown where it stood.
  const sides = [
    ...about.because.filter((because) => because.side === "after"),
    ...about.because.filter((because) => because.side === "before"),
  ];
  const [first, ...others] = sides;
  return {
    ruleId: `ringwall-diff/${rule}`,
    ruleIndex: rules.findIndex((item) => item.id === rule),
    ...(first === undefined ? {} : { locations: [locationSarif(first.origin)] }),
    ...(others.length === 0
      ? {}
      : { relatedLocations: others.map((other, at) => ({ id: at + 1, ...locationSarif(other.origin) })) }),
    partialFingerprints: {
      "ringwall/v1": `${rule} ${endsOf(about)} ${servicesOf(about)}`,
    },
  };
}
