// Network ACLs in their own words: numbered entries at a subnet's edge, the lowest number that matches decides, no
// memory. How they decide stands in decide.ts.
import type { AddressSet } from "../../packet/address-set.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import type { Origin } from "../../problem.ts";

export interface NetworkAclEntry {
  /** 1 to 32766; lowest first. The closing `*` (32767) is not an entry: it is the ring's default. */
  readonly number: number;
  readonly action: "allow" | "deny";
  readonly protocol: number | "any";
  readonly ports?: NumberSet;
  readonly icmp?: { readonly type: number; readonly code?: number };
  /** The other end: the source of an inbound entry, the destination of an outbound one. */
  readonly peer: AddressSet;
  /** Whether the entry stands there can't be told (the ACL was not exported): in words, why. Its match is then unknown. */
  readonly uncertain?: string;
  readonly origin: Origin;
  readonly text: string;
}

export interface NetworkAcl {
  readonly id: string;
  readonly name: string;
  readonly network: string;
  readonly inbound: readonly NetworkAclEntry[];
  readonly outbound: readonly NetworkAclEntry[];
  readonly tags: Readonly<Record<string, string>>;
  readonly origin: Origin;
}
