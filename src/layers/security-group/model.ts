// Security groups in their own words: allow rules on interfaces, weighed together. How they decide stands in decide.ts.
import type { AddressSet } from "../../packet/address-set.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import type { Origin } from "../../problem.ts";

/** Who is at the other end of a rule. A group stands for the private addresses of its members' interfaces. */
export type Peer =
  | { readonly kind: "addresses"; readonly set: AddressSet }
  | { readonly kind: "prefix-list"; readonly id: string }
  | { readonly kind: "group"; readonly id: string }
  /** Who it is can't be told from what was read: a group of an account that was not exported. In words. */
  | { readonly kind: "unknown"; readonly what: string };

export interface SecurityGroupRule {
  /** The vendor's id of the rule where it has one (`sgr-…`). */
  readonly id?: string;
  /** Protocol number, or every protocol. */
  readonly protocol: number | "any";
  /** Destination ports, for protocols that have them; absent: every port. */
  readonly ports?: NumberSet;
  /** ICMP type and code; absent: every one. */
  readonly icmp?: { readonly type: number; readonly code?: number };
  readonly peer: Peer;
  readonly origin: Origin;
  /** The rule on one line, as the vendor's console would show it. */
  readonly text: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  /** The network (VPC) it belongs to. */
  readonly network: string;
  readonly inbound: readonly SecurityGroupRule[];
  readonly outbound: readonly SecurityGroupRule[];
  readonly tags: Readonly<Record<string, string>>;
  readonly origin: Origin;
}
