// Findings as JSON, in the shape that schemas/lint.schema.json publishes.
import { createHash } from "node:crypto";
import type { Suppression } from "../../estate/settings.ts";
import { packetText } from "../../packet/packet.ts";
import type { Origin } from "../../problem.ts";
import type { Lint } from "../../questions/lint.ts";
import type { Reported } from "../../questions/lint/model.ts";
import { findingKey } from "../../questions/lint/try-remedy.ts";
import type { LintDocument } from "./lint-schema.ts";
import { packetJson } from "./trace-json.ts";

type FindingDocument = LintDocument["findings"][number];

export function lintJson(found: Lint): LintDocument {
  return {
    schema: "ringwall.lint/1",
    estate: found.estate,
    checks: found.checks.map((check) => check.number),
    findings: found.findings.map((finding) => findingJson(finding)),
    suppressed: found.suppressed.map(({ finding, by }) => ({
      ...findingJson(finding),
      suppressed: suppressionJson(by),
    })),
    unusedSuppressions: found.unused.map(({ check, at, origin }) => ({
      check,
      ...(at === undefined ? {} : { at }),
      origin: originJson(origin),
    })),
    unknowns: found.unknowns.map(({ what, effect, origin }) => ({
      what,
      effect,
      origin: originJson(origin),
    })),
  };
}

function findingJson(finding: Reported): FindingDocument {
  const { check, severity, title, subject, origins, witness, why, remedy, expired } = finding;
  const tried = remedy?.tried();
  return {
    check: check.number,
    name: check.name,
    severity,
    title,
    fingerprint: fingerprintOf(finding),
    subject: { ...subject },
    origins: origins.map(originJson),
    ...(witness === undefined
      ? {}
      : {
          witness: {
            packet: { text: packetText(witness.packet), ...packetJson(witness.packet) },
            seen: witness.seen,
          },
        }),
    why,
    ...(remedy === undefined || tried === undefined
      ? {}
      : {
          remedy: {
            text: remedy.text,
            tried: tried.outcome,
            ...(tried.outcome === "works" ? {} : { because: tried.why }),
          },
        }),
    ...(expired === undefined ? {} : { expired: suppressionJson(expired) }),
  };
}

function suppressionJson({ reason, until, origin }: Suppression): NonNullable<FindingDocument["expired"]> {
  return { reason, until, origin: originJson(origin) };
}

function originJson(origin: Origin): FindingDocument["origins"][number] {
  return { ...origin };
}

/** The same for one mistake at one place, whatever lines around it change: 32 hexadecimal digits. */
export function fingerprintOf({ check, subject }: Reported): string {
  return createHash("sha256")
    .update(`${check.number} ${findingKey(subject)}`)
    .digest("hex")
    .slice(0, 32);
}
