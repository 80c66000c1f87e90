// How Kubernetes policies decide for one endpoint and direction: AdminNetworkPolicies in order of priority, then the
// union of NetworkPolicies with their implied refusal, then the BaselineAdminNetworkPolicy, then allow. Replies of what
// was allowed are the caller's affair: policies speak of connections. (kubernetes.io, "Network Policies";
// network-policy-api.sigs.k8s.io, API reference)
import type { Packet } from "../../packet/packet.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Step } from "../../rules/step.ts";
import type { Cause } from "../../rules/truth.ts";
import type { View } from "../../rules/view.ts";
import type { NetworkPolicy } from "./model.ts";
import { denialRemedy, nearMiss } from "./near-miss.ts";
import {
  adminTiers,
  baselineTier,
  exemptionTier,
  policyName,
  policyTier,
  type Direction,
  type Way,
  type Ways,
} from "./tiers.ts";

export type { Direction } from "./tiers.ts";

/**
 * What the policies make of a connection's first packet at one endpoint.
 *
 * @example decideNetworkPolicy(estate.policies, "shop/cart:eth0", "ingress", packet, "shop/cart")
 */
export function decideNetworkPolicy(
  policies: readonly NetworkPolicy[],
  endpoint: string,
  direction: Direction,
  packet: Packet,
  place: string,
): Step {
  const view: View = { packet };
  const bound = policies.filter((policy) => policy.pods.has(endpoint) && policy[direction] !== undefined);
  const tiers = [
    exemptionTier(policies, endpoint, direction, view),
    ...adminTiers(bound, direction, view),
    policyTier(bound, direction, view),
    baselineTier(bound, direction, view),
  ];
  const { ways, causes } = follow(tiers);
  const allowed = ways.filter((way) => way.outcome !== "denied");
  const denied = ways.filter((way) => way.outcome === "denied");
  const base = { layer: "network-policy", place, ring: ringName(ways, direction) } as const;
  const [refusal] = denied;
  if (refusal === undefined) {
    return {
      ...base,
      verdict: "allowed",
      rules: distinct(allowed.flatMap((way) => way.rules)),
      why: allowanceText(allowed, bound, direction, place),
      causes: [],
    };
  }
  if (allowed.length > 0) {
    return {
      ...base,
      verdict: "depends",
      rules: distinct(ways.flatMap((way) => way.rules)),
      why: `${direction} of ${place} is allowed for a part only, or hangs on what is not known`,
      causes,
    };
  }
  const behind = laterDenials(tiers, refusal);
  return {
    ...base,
    verdict: "denied",
    rules: distinct([...denied, ...behind].flatMap((way) => way.rules)),
    why: refusalText(refusal, behind, bound, direction, view, place),
    causes: [],
    silent: true,
    remedy: denialRemedy(refusal.policies, refusal.rules, direction, packet),
  };
}

/** Goes through the tiers; a later one counts only as far as some way leads on to it. */
function follow(tiers: readonly Ways[]): Ways {
  const ways: Way[] = [];
  const causes: Cause[] = [];
  for (const tier of tiers) {
    ways.push(...tier.ways.filter((way) => way.outcome !== "on"));
    causes.push(...tier.causes);
    if (!tier.ways.some((way) => way.outcome === "on")) return { ways, causes };
  }
  ways.push({ outcome: "allowed", rules: [], policies: [] });
  return { ways, causes };
}

/** What would refuse it too, if the refusal that counts were gone: tiers behind it that refuse for certain. */
function laterDenials(tiers: readonly Ways[], refusal: Way): Way[] {
  const at = tiers.findIndex((tier) => tier.ways.includes(refusal));
  const found: Way[] = [];
  for (const tier of tiers.slice(at + 1)) {
    if (tier.ways.every((way) => way.outcome === "denied")) found.push(...tier.ways);
    if (!tier.ways.some((way) => way.outcome === "on")) break;
  }
  return found;
}

function distinct(rules: readonly Rule[]): Rule[] {
  return [...new Set(rules)];
}

function ringName(ways: readonly Way[], direction: Direction): string {
  const names = [...new Set(ways.flatMap((way) => way.policies).map(policyName))];
  return names.length === 0 ? `network policies ${direction}` : `${names.join(", ")} ${direction}`;
}

function allowanceText(
  ways: readonly Way[],
  bound: readonly NetworkPolicy[],
  direction: Direction,
  place: string,
): string {
  const rule = ways.flatMap((way) => way.rules)[0];
  if (rule !== undefined) return `${rule.origin.id ?? "a rule"} allows it: ${rule.text}`;
  return bound.length === 0
    ? `no policy selects ${place} for ${direction}: such pods let everything through`
    : `no policy of ${place} refuses it, and no NetworkPolicy selects ${place} for ${direction}`;
}

function refusalText(
  refusal: Way,
  behind: readonly Way[],
  bound: readonly NetworkPolicy[],
  direction: Direction,
  view: View,
  place: string,
): string {
  const [rule] = refusal.rules;
  const names = refusal.policies.map(policyName).join(", ");
  const also =
    behind.length === 0
      ? ""
      : `; so would ${behind
          .flatMap((way) => way.policies)
          .map(policyName)
          .join(", ")}`;
  if (refusal.implied !== true) return `${rule?.origin.id ?? names} refuses it: ${rule?.text ?? ""}${also}`;
  const near = nearMiss(bound, direction, view);
  const select = refusal.policies.length === 1 ? "selects" : "select";
  return `${names} ${select} ${place} for ${direction}, and no rule allows it${near === undefined ? "" : `: ${near}`}`;
}
