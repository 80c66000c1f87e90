// Checks a document against the schema and turns what does not fit into one clear error: the first by position, at the
// value or key that is wrong. Says nothing of what the strings mean.
import type { z } from "zod";
import { Problem, type Origin } from "../../problem.ts";
import type { Path, YamlDocument } from "./document.ts";
import { ringwallSchema, type RingwallFile } from "./schema.ts";

/** @throws Problem `syntax` at the first value or key that does not belong there */
export function checkStructure(document: YamlDocument): RingwallFile {
  if (!isMapping(document.value))
    throw new Problem(
      "syntax",
      `${document.value === null ? "the file is empty" : "this is no mapping"}; one that begins with “ringwall: 1” was expected`,
      { origin: document.valueAt([]) },
    );
  const result = ringwallSchema.safeParse(document.value);
  if (result.success) return result.data;
  const [first] = result.error.issues
    .flatMap((issue) => flatten(issue, document))
    .map((issue) => problemOf(issue, document))
    .toSorted((a, b) => byPosition(a.origin, b.origin));
  throw first ?? new Problem("syntax", "the file does not fit its format", { origin: document.valueAt([]) });
}

export function byPosition(a: Origin | undefined, b: Origin | undefined): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

interface Fault {
  readonly path: Path;
  readonly message: string;
  /** The key of the mapping at `path` that is not known. */
  readonly key?: string;
}

/** One fault, or of a choice the faults of the one alternative that the value was meant to be. */
function flatten(issue: z.core.$ZodIssue, document: YamlDocument): Fault[] {
  const path = plainPath(issue.path);
  if (issue.code === "unrecognized_keys")
    return issue.keys.slice(0, 1).map((key) => ({ path, message: issue.message, key }));
  if (issue.code === "invalid_union") {
    const ofItsKind = (errors: readonly z.core.$ZodIssue[]): boolean =>
      !errors.some((error) => error.code === "invalid_type" && error.path.length === 0);
    const [only, other] = issue.errors.filter(ofItsKind);
    if (only !== undefined && other === undefined)
      return only.flatMap((error) => flatten({ ...error, path: [...path, ...error.path] }, document));
  }
  return [{ path, message: expected(issue.message, path, document) }];
}

/** What was expected, and what stands there instead. */
function expected(message: string, path: Path, document: YamlDocument): string {
  const key = path.at(-1);
  const value = path.reduce<unknown>(
    (at, step) =>
      typeof at === "object" && at !== null
        ? (Object.entries(at).find(([name]) => name === String(step))?.[1] as unknown)
        : undefined,
    document.value,
  );
  if (value === undefined) return `“${String(key)}” is missing: ${message}`;
  if (value === null) return `“${String(key)}” is empty: ${message}`;
  return `${message}, not ${describe(value)}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return `“${JSON.stringify(value).replaceAll(/^"|"$/g, "")}”`;
}

function problemOf(fault: Fault, document: YamlDocument): Problem {
  const origin =
    fault.key === undefined ? document.valueAt(fault.path) : document.keyAt([...fault.path, fault.key]);
  return new Problem("syntax", fault.message, { origin });
}

function plainPath(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === "number" ? step : String(step)));
}

function isMapping(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
