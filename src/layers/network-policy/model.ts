// Kubernetes policies in their own words, with every selector already resolved to the pods it selects. How the tiers
// (AdminNetworkPolicy, NetworkPolicy, BaselineAdminNetworkPolicy) decide stands in decide.ts.
import type { Rule } from "../../rules/rule.ts";
import type { Origin } from "../../problem.ts";

/** Which policy, and whom it binds. Rules carry the action: `accept`, `drop` or `return` (Pass). */
export interface NetworkPolicy {
  readonly kind: "NetworkPolicy" | "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy";
  readonly name: string;
  /** Absent for the cluster-wide kinds. */
  readonly namespace?: string;
  /** AdminNetworkPolicy: 0 to 1000, lowest first. */
  readonly priority: number;
  /** Endpoint ids of the pods that it selects. */
  readonly pods: ReadonlySet<string>;
  /** Absent where the policy does not speak of that direction. */
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
  readonly origin: Origin;
}
