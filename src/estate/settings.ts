// What an estate says of itself beside its places: which tiers it has, how it wants to be linted, and which
// rules it must keep. Data only, each
// with its origin; the names of checks are the lint's to know.
import type { NumberSet } from "../packet/intervals.ts";
import type { Origin } from "../problem.ts";

export const severities = ["critical", "high", "medium", "low", "note"] as const;
/** How bad a finding is, worst first. */
export type Severity = (typeof severities)[number];

/** @example isAsBad("high", "medium") // true */
export function isAsBad(severity: Severity, as: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(as);
}

/** Places that belong together and are kept apart from others: a tier, a zone. */
export interface Tier {
  readonly name: string;
  /** Subnets, hosts, load balancers, interfaces or security groups by id or name, or tags (`Tier=app`). */
  readonly members: readonly Written[];
  /** Tiers, names of addresses or `internet` that may begin connections to it; absent: the tier before it in the list. */
  readonly from?: readonly Written[];
  /** What stands in it, where that bears on how bad an opening is. */
  readonly holds?: "databases";
  readonly origin: Origin;
}

/** A word of the file with its place. */
export interface Written {
  readonly text: string;
  readonly origin: Origin;
}

/** A finding that is known and accepted for a while. */
export interface Suppression {
  /** Number or name of the check. */
  readonly check: string;
  /** Where: the subject's id or name, the rule's text, `file` or `file:line`. Absent: everywhere. */
  readonly at?: string;
  readonly reason: string;
  /** The last day on which it counts, `2026-12-31` (UTC). */
  readonly until: string;
  readonly origin: Origin;
}

/** Which ports belong to a class of services. */
export type PortClass = "admin" | "database" | "plain-text";

export interface LintSettings {
  /** Numbers or names of checks that are not run. */
  readonly disable: readonly Written[];
  /** Checks that are run though they are not by themselves. */
  readonly enable: readonly Written[];
  readonly severity: readonly { readonly check: Written; readonly severity: Severity }[];
  readonly ports: Readonly<Partial<Record<PortClass, NumberSet>>>;
  /** The worst severity that still ends with status 0 is the one below it. */
  readonly fail?: Severity | "never";
  readonly suppress: readonly Suppression[];
}

/** What an assertion speaks of: `tcp 443`. Absent parts: every one. */
export interface AssertedService {
  readonly protocol: number | "any";
  readonly ports?: NumberSet;
  readonly icmp?: { readonly type: number; readonly code?: number };
}

/** A rule that the estate must keep, in its owner's words and names. */
export interface Assertion {
  readonly kind: "must" | "mustNot" | "exactly" | "only" | "defaultDeny";
  /** The owner's name for it. */
  readonly name?: string;
  /** Empty: any. */
  readonly from: readonly Written[];
  readonly to: readonly Written[];
  /** Empty: all. */
  readonly services: readonly AssertedService[];
  readonly family?: 4 | 6;
  readonly origin: Origin;
}

export interface EstateSettings {
  readonly tiers: readonly Tier[];
  readonly lint: LintSettings;
  readonly assertions: readonly Assertion[];
  readonly origin: Origin;
}

export const noLintSettings: LintSettings = {
  disable: [],
  enable: [],
  severity: [],
  ports: {},
  suppress: [],
};
