// The lines of a reach answer, in words: what text, CSV and JSON print alike. Computes nothing but order and words.
import { SCTP, TCP, UDP } from "../../packet/protocol.ts";
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

/** What Kubernetes defines policies for. */
const policyProtocols: ReadonlySet<unknown> = new Set([TCP, UDP, SCTP]);

/**
 * Whether a line hangs on something unknown and speaks of none of TCP, UDP and SCTP: between pods that is every pair, since
 * what becomes of other protocols is the network plugin's affair. Text and pictures leave such lines out.
 */
export function isMinor({ kind, services }: ReachRow): boolean {
  return (
    kind === "depends" &&
    services.every(({ protocol }) => protocol !== "any" && !policyProtocols.has(protocol))
  );
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
