// Kubernetes policies in their own words, with every selector already resolved to the endpoints it selects: interfaces
// of pods, so that a policy for a secondary network (MultiNetworkPolicy) binds that network's interfaces alone. How the tiers
// (AdminNetworkPolicy, NetworkPolicy, BaselineAdminNetworkPolicy) decide stands in decide.ts.
import type { Rule } from "../../rules/rule.ts";
import type { Origin } from "../../problem.ts";

/** Which policy, and whom it binds. Rules carry the action: `accept`, `drop` or `return` (Pass). */
export interface NetworkPolicy {
  readonly kind: "NetworkPolicy" | "MultiNetworkPolicy" | "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy";
  readonly name: string;
  /** Absent for the cluster-wide kinds. */
  readonly namespace?: string;
  /** AdminNetworkPolicy: 0 to 1000, lowest first. */
  readonly priority: number;
  /** Endpoint ids (interface ids in the estate) of the pods that it selects. */
  readonly pods: ReadonlySet<string>;
  /** Absent where the policy does not speak of that direction. */
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
  /** What is written and stands for nothing that was read: rules are lowered without it. */
  readonly idle?: readonly IdlePart[];
  /** By endpoint: what no policy can refuse it, namely the traffic of the node that it runs on. One map for all policies. */
  readonly exempt?: ReadonlyMap<string, Exemption>;
  readonly origin: Origin;
}

/** A part of a rule that stands for nobody, in the policy's own words. */
export interface IdlePart {
  /**
   * `peer`: selectors that find no pod, in namespaces that were read; `elsewhere`: as `peer`, but pods of namespaces that
   * were not read may be meant;
   * `port`: a name that no pod has; `block`: addresses of pods, whom an ipBlock does not mean.
   */
  readonly kind: "peer" | "elsewhere" | "port" | "block";
  readonly direction: "ingress" | "egress";
  readonly text: string;
  readonly origin: Origin;
}

export interface Exemption {
  readonly ingress: Rule;
  readonly egress: Rule;
}

/**
 * The identity (`from` or `to` of a packet) of a peer that is known to be no pod and no node: the internet, a company's
 * network. A peer without any identity may still turn out to be a node, where a policy or an exemption asks for one.
 */
export const outsideCluster = "outside the cluster";
