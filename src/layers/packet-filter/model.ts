// A packet filter as a course book draws it: ordered rules, the first match decides, an explicit default; with or
// without a connection table. It stands at a subnet's edge.
import type { Chain } from "../../rules/rule.ts";
import type { Origin } from "../../problem.ts";

export interface PacketFilter {
  readonly id: string;
  readonly name: string;
  /** Stateful: replies and related errors of a connection that was let through pass without a rule. */
  readonly stateful: boolean;
  /** Into the subnet, and out of it. Each has its default as policy. */
  readonly inbound: Chain;
  readonly outbound: Chain;
  readonly origin: Origin;
}
