// The tiers of Kubernetes policies, each as the ways that a decision can go there: admin policies by priority, the union
// of NetworkPolicies with their implied refusal, the baseline. Which way is gone is decided in decide.ts.
import type { Packet } from "../../packet/packet.ts";
import { protocolName, SCTP, TCP, UDP } from "../../packet/protocol.ts";
import { all, inverted, protocol } from "../../rules/match.ts";
import { matches } from "../../rules/matches.ts";
import type { Rule } from "../../rules/rule.ts";
import { isMaybe, type Cause, type Truth } from "../../rules/truth.ts";
import type { View } from "../../rules/view.ts";
import type { Exemption, NetworkPolicy } from "./model.ts";

export type Direction = "ingress" | "egress";

/** One way that a decision can go, and the rules that lead there. `on`: to the next tier. */
export interface Way {
  readonly outcome: "allowed" | "denied" | "on";
  readonly rules: readonly Rule[];
  readonly policies: readonly NetworkPolicy[];
  /** Refused since nothing allows it, by no rule that anybody wrote. */
  readonly implied?: boolean;
}

/** Every way that is possible; the causes say what chooses between them. */
export interface Ways {
  readonly ways: readonly Way[];
  readonly causes: readonly Cause[];
}

const onward: Way = { outcome: "on", rules: [], policies: [] };

/** The traffic of the pod's own node is never refused, since the kubelet's probes are of it. */
export function exemptionTier(
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
export function adminTiers(bound: readonly NetworkPolicy[], direction: Direction, view: View): Ways[] {
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
export function policyTier(bound: readonly NetworkPolicy[], direction: Direction, view: View): Ways {
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

export function baselineTier(bound: readonly NetworkPolicy[], direction: Direction, view: View): Ways {
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

export function policyName(policy: NetworkPolicy): string {
  return `${policy.kind} ${policy.namespace === undefined ? "" : `${policy.namespace}/`}${policy.name}`;
}
