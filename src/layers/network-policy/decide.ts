// How Kubernetes policies decide for one endpoint and direction: AdminNetworkPolicies in order of priority, then the
// union of NetworkPolicies with their implied refusal, then the BaselineAdminNetworkPolicy, then allow. Replies of what
// was allowed are the caller's affair: policies speak of connections. (kubernetes.io, "Network Policies";
// network-policy-api.sigs.k8s.io, API reference)
import type { Packet } from "../../packet/packet.ts";
import { protocolName, SCTP, TCP, UDP } from "../../packet/protocol.ts";
import { all, inverted, protocol } from "../../rules/match.ts";
import { matches } from "../../rules/matches.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Step } from "../../rules/step.ts";
import { isMaybe, type Cause, type Truth } from "../../rules/truth.ts";
import type { View } from "../../rules/view.ts";
import type { Exemption, NetworkPolicy } from "./model.ts";
import { denialRemedy, nearMiss } from "./near-miss.ts";

export type Direction = "ingress" | "egress";

/** One way that a decision can go, and the rules that lead there. `on`: to the next tier. */
interface Way {
  readonly outcome: "allowed" | "denied" | "on";
  readonly rules: readonly Rule[];
  readonly policies: readonly NetworkPolicy[];
  /** Refused since nothing allows it, by no rule that anybody wrote. */
  readonly implied?: boolean;
}

/** Every way that is possible; the causes say what chooses between them. */
interface Ways {
  readonly ways: readonly Way[];
  readonly causes: readonly Cause[];
}

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

const onward: Way = { outcome: "on", rules: [], policies: [] };

/** The traffic of the pod's own node is never refused, since the kubelet's probes are of it. */
function exemptionTier(
  policies: readonly NetworkPolicy[],
  endpoint: string,
  direction: Direction,
  view: View,
): Ways {
  const exemption: Exemption | undefined = policies
    .find((policy) => policy.exempt !== undefined)
    ?.exempt?.get(endpoint);
  const rule = exemption?.[direction];
  const truth = rule === undefined ? false : matches(rule.match, view);
  if (rule === undefined || truth === false) return { ways: [onward], causes: [] };
  const allowed: Way = { outcome: "allowed", rules: [rule], policies: [] };
  return isMaybe(truth) ? { ways: [allowed, onward], causes: truth.causes } : { ways: [allowed], causes: [] };
}

/** A tier for each priority, lowest number first. */
function adminTiers(bound: readonly NetworkPolicy[], direction: Direction, view: View): Ways[] {
  const admin = bound.filter((policy) => policy.kind === "AdminNetworkPolicy");
  const priorities = [...new Set(admin.map((policy) => policy.priority))].sort((a, b) => a - b);
  const tiers: Ways[] = [];
  let passed: Ways = { ways: [], causes: [] };
  for (const priority of priorities) {
    const equals = admin.filter((policy) => policy.priority === priority);
    const tier = samePriority(equals, direction, view);
    tiers.push({ ways: tier.ways, causes: tier.causes });
    if (tier.passes) {
      // A Pass leaves all further admin policies out: from here on, both ways stay open until the tier below.
      passed = { ways: [onward], causes: tier.causes };
      if (!tier.goesOn) break;
      return [...tiers, ...adminTail(admin, priority, direction, view, passed)];
    }
  }
  return tiers;
}

/** The admin policies below a Pass that is only possible: they too are only possible. */
function adminTail(
  admin: readonly NetworkPolicy[],
  above: number,
  direction: Direction,
  view: View,
  passed: Ways,
): Ways[] {
  const rest = adminTiers(
    admin.filter((policy) => policy.priority > above),
    direction,
    view,
  );
  return rest.map((tier) => ({
    ways: [...tier.ways, ...passed.ways],
    causes: [...tier.causes, ...passed.causes],
  }));
}

/** Policies of one priority: where two of them could decide differently, nobody can know which one the plugin takes. */
function samePriority(
  equals: readonly NetworkPolicy[],
  direction: Direction,
  view: View,
): Ways & { readonly passes: boolean; readonly goesOn: boolean } {
  const each = equals.map((policy) => orderedWays(policy, direction, view));
  const found = each.flatMap((one) => one.ways.filter((way) => way.rules.length > 0));
  const outcomes = new Set(found.map((way) => way.outcome));
  const goesOn = each.every((one) => one.ways.includes(onward));
  const decides = each.filter((one) => one.ways.some((way) => way.rules.length > 0)).length;
  const causes = each.flatMap((one) => one.causes);
  if (decides > 1 && outcomes.size > 1) {
    causes.push({
      kind: "condition",
      what:
        `which of ${equals.map((policy) => policy.name).join(" and ")} the network plugin applies:` +
        ` both have priority ${equals[0]?.priority ?? 0}`,
    });
  }
  return {
    ways: [...found, ...(goesOn ? [onward] : [])],
    causes,
    passes: outcomes.has("on"),
    goesOn,
  };
}

/** First match in the policy's own order; a way for every rule that may be the one. */
function orderedWays(policy: NetworkPolicy, direction: Direction, view: View): Ways {
  const ways: Way[] = [];
  const causes: Cause[] = [];
  for (const rule of policy[direction] ?? []) {
    const truth = matches(rule.match, view);
    if (truth === false) continue;
    ways.push({ outcome: outcomeOf(rule), rules: [rule], policies: [policy] });
    if (truth === true) return { ways, causes };
    causes.push(...truth.causes);
  }
  return { ways: [...ways, onward], causes };
}

function outcomeOf(rule: Rule): Way["outcome"] {
  const [action] = rule.actions;
  if (action?.kind === "accept") return "allowed";
  return action?.kind === "return" ? "on" : "denied";
}

/** NetworkPolicies add up. A pod that one of them selects refuses what none of them allows. */
function policyTier(bound: readonly NetworkPolicy[], direction: Direction, view: View): Ways {
  const isolating = bound.filter(
    (policy) => policy.kind === "NetworkPolicy" || policy.kind === "MultiNetworkPolicy",
  );
  if (isolating.length === 0) return { ways: [onward], causes: [] };
  const sure: Rule[] = [];
  const perhaps: Rule[] = [];
  const causes: Cause[] = [];
  for (const rule of isolating.flatMap((policy) => policy[direction] ?? [])) {
    const truth = matches(rule.match, view);
    if (truth === true) sure.push(rule);
    else if (isMaybe(truth)) {
      perhaps.push(rule);
      causes.push(...truth.causes);
    }
  }
  if (sure.length > 0) {
    return { ways: [{ outcome: "allowed", rules: sure, policies: isolating }], causes: [] };
  }
  const refusal: Way = {
    outcome: "denied",
    rules: isolating.map((policy) => impliedRefusal(policy, direction)),
    policies: isolating,
    implied: true,
  };
  const covered = coveredTruth(view);
  if (covered !== true) {
    causes.push(...(isMaybe(covered) ? covered.causes : []), {
      kind: "condition",
      what: `what the network plugin does with ${otherProtocolText(view.packet)}: Kubernetes defines policies for TCP, UDP and SCTP`,
    });
  }
  const open: Way[] =
    perhaps.length > 0 || covered !== true
      ? [{ outcome: "allowed", rules: perhaps, policies: isolating }]
      : [];
  return { ways: [...open, refusal], causes };
}

/** Whether Kubernetes defines what becomes of it. ("For other protocols, such as ARP or ICMP, the behaviour is undefined") */
function coveredTruth(view: View): Truth {
  return matches(protocol(TCP, UDP, SCTP), view);
}

function otherProtocolText(packet: Packet): string {
  return typeof packet.protocol === "number" ? protocolName(packet.protocol) : "other protocols";
}

/** The default, as a rule of its own. */
function impliedRefusal(policy: NetworkPolicy, direction: Direction): Rule {
  const rules = policy[direction] ?? [];
  const name = policyName(policy);
  return {
    match: all(...rules.map((rule) => inverted(rule.match))),
    actions: [{ kind: "drop" }],
    origin: policy.origin,
    text:
      rules.length === 0
        ? `${name} has no ${direction} rule: the pods that it selects refuse everything that no other policy allows`
        : `no rule of ${name} allows it: the pods that a policy selects refuse the rest`,
  };
}

function baselineTier(bound: readonly NetworkPolicy[], direction: Direction, view: View): Ways {
  const ways: Way[] = [];
  const causes: Cause[] = [];
  for (const policy of bound.filter((each) => each.kind === "BaselineAdminNetworkPolicy")) {
    const one = orderedWays(policy, direction, view);
    ways.push(...one.ways.filter((way) => way.rules.length > 0));
    causes.push(...one.causes);
    if (!one.ways.includes(onward)) return { ways, causes };
  }
  return { ways: [...ways, onward], causes };
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

export function policyName(policy: NetworkPolicy): string {
  return `${policy.kind} ${policy.namespace === undefined ? "" : `${policy.namespace}/`}${policy.name}`;
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
