// The lines of a reach answer, in words: what text, CSV and JSON print alike. Computes nothing but order and words.
import type { Reach, PairReach, Service } from "../../questions/reach/model.ts";
import { causeText } from "./trace-json.ts";

export type RowKind =
  /** There and back, for certain. */
  | "allowed"
  /** It hangs on what is not known. */
  | "depends"
  /** It gets there, and the answer does not come back. */
  | "one-way";

export interface ReachRow {
  readonly pair: PairReach;
  readonly kind: RowKind;
  readonly services: readonly Service[];
  /** What a `depends` hangs on. */
  readonly causes: readonly string[];
}

export function reachRows(reach: Reach): ReachRow[] {
  return reach.pairs.flatMap((pair) => [
    ...row(pair, "allowed", pair.allowed.services()),
    ...row(pair, "depends", pair.depends.services()),
    ...row(pair, "one-way", pair.oneWay.services()),
  ]);
}

function row(pair: PairReach, kind: RowKind, services: readonly Service[]): ReachRow[] {
  if (services.length === 0) return [];
  const causes = kind === "depends" ? [...new Set(pair.causes.map(causeText))] : [];
  return [{ pair, kind, services, causes }];
}
