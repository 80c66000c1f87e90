// What a check is, and what it finds. Data only; how checks are run and their remedies tried stands in ../lint.ts and
// try-remedy.ts.
import type { Estate } from "../../estate/model.ts";
import type { Severity, Suppression } from "../../estate/settings.ts";
import type { Packet } from "../../packet/packet.ts";
import type { Origin } from "../../problem.ts";
import type { TraceQuestion } from "../trace/model.ts";
import type { Context } from "./context.ts";

/** Where more about a mistake is written: a benchmark's control, a vendor's page. */
export interface Reference {
  /** `CIS AWS Foundations 5.0, 5.3`, `VPC user guide, “Network ACL rules”`. */
  readonly title: string;
  readonly url?: string;
}

/**
 * One kind of mistake. Numbers are grouped: RW1xx exposure, RW2xx return traffic, RW3xx order and coverage of rules,
 * RW4xx groups, RW5xx host firewalls, RW6xx Kubernetes, RW7xx segmentation and routes. A number is never used again.
 */
export interface Check {
  readonly number: `RW${number}`;
  /** In kebab case: `open-to-world-admin`. */
  readonly name: string;
  /** The mistake in a few words, without a place: “An administration port is open to the internet”. */
  readonly title: string;
  /** What it is as a rule; a finding may be weighed otherwise. */
  readonly severity: Severity;
  /** Why it matters, for who has never heard of it. */
  readonly why: string;
  readonly references: readonly Reference[];
  /** Run only where the settings enable it: what is a matter of taste. */
  readonly optional?: true;
  /** Goes through what `context` offers (which is all, or one subject when a remedy is tried). Keeps no state. */
  readonly run: (context: Context) => Iterable<Finding>;
}

export type SubjectKind =
  | "security-group"
  | "network-acl"
  | "packet-filter"
  | "host"
  | "interface"
  | "load-balancer"
  | "subnet"
  | "network"
  | "route-table"
  | "policy"
  | "namespace"
  | "tier"
  | "settings";

/** What a finding is about: a place or ring, and the part of it (a rule) where it is one. */
export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
  readonly name: string;
  /** Tells findings of one check at one place apart, and stays when lines move: `inbound tcp 22 from 0.0.0.0/0`. */
  readonly part?: string;
}

/** A packet that shows the mistake, and where it is seen. */
export interface Witness {
  /** With values that people recognise: see `exampleOf` in witness.ts. */
  readonly packet: Packet;
  /** What happens to it, in words: `internet reaches web-1`, `core refuses it at rule 10`. */
  readonly seen: string;
}

/** A change of the estate that mends the finding. Pure; made with edits.ts. */
export type Edit = (estate: Estate) => Estate;

/** A question with the answer that it must have once the remedy is in place. */
export interface Expectation {
  readonly question: TraceQuestion;
  /** `not-allowed`: denied, or at least no longer allowed. */
  readonly answer: "allowed" | "not-allowed";
}

export interface Remedy {
  readonly text: string;
  /** Absent where only a person can choose (which addresses the office has): `unchecked` says why. */
  readonly edit?: Edit;
  readonly unchecked?: string;
  /** What must keep working, and what must be closed, beside the finding being gone. */
  readonly expect?: readonly Expectation[];
}

/** What a check says. */
export interface Finding {
  readonly subject: Subject;
  /** As weighed; the check's own where absent. */
  readonly severity?: Severity;
  /** The mistake with its place: “web-sg lets the internet reach ssh (tcp 22) of web-1”. */
  readonly title: string;
  /** The first is where a person would change something; never empty. */
  readonly origins: readonly [Origin, ...Origin[]];
  readonly witness?: Witness;
  /** Why it matters here, where that is more than the check's own `why`. */
  readonly why?: string;
  readonly remedy?: Remedy;
}

/**
 * Whether a remedy holds: `works` means that on the estate as edited the finding is gone, nothing as bad is new, and what
 * must work does. `fails` names what was not so; `untried` why nothing was tried.
 */
export type Tried =
  | { readonly outcome: "works" }
  | { readonly outcome: "fails"; readonly why: string }
  | { readonly outcome: "untried"; readonly why: string };

/** A finding as it is reported. */
export interface Reported {
  readonly check: Check;
  readonly severity: Severity;
  readonly subject: Subject;
  readonly title: string;
  readonly origins: readonly [Origin, ...Origin[]];
  readonly witness?: Witness;
  readonly why: string;
  readonly remedy?: {
    readonly text: string;
    /** Tried when first asked for. */
    readonly tried: () => Tried;
  };
  /** A suppression of it that is no longer valid. */
  readonly expired?: Suppression;
}
