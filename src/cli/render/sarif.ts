// What every SARIF 2.1.0 document of Ringwall shares: levels by severity, and places.
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { Severity } from "../../estate/settings.ts";
import type { Origin } from "../../problem.ts";

/** How services sort results: https://docs.github.com/en/code-security/code-scanning (over 9.0 critical, over 7.0 high, …). */
export const securitySeverity: Readonly<Record<Severity, string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "3.0",
  note: "0.5",
};
export const levels: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "warning",
  note: "note",
};

export function locationSarif(origin: Origin): Record<string, unknown> {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(origin.file) },
      region: {
        startLine: origin.line,
        ...(origin.column === undefined ? {} : { startColumn: origin.column }),
      },
    },
    ...(origin.id === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: origin.id }] }),
  };
}

/** A relative path stays relative (to where the command ran, which is the repository's root in a pipeline). */
function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
}
