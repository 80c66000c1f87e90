// RW610: pods whose policies let them out to something, and not to the name server.
import type { Host } from "../../../../estate/model.ts";
import type { NetworkPolicy } from "../../../../layers/network-policy/model.ts";
import { holds } from "../../../../packet/intervals.ts";
import { TCP, UDP } from "../../../../packet/protocol.ts";
import { all, destinationPorts, protocol } from "../../../../rules/match.ts";
import type { Rule } from "../../../../rules/rule.ts";
import type { Context } from "../../context.ts";
import { addPolicy } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { portsOfMatch } from "../../ports-of-match.ts";
import { boundTo, namespaces, networkPolicies, origin, podNames, primary } from "./pods.ts";

export const noDns: Check = {
  number: "RW610",
  name: "egress-without-dns",
  title: "Pods may go out, and may not look up a name",
  severity: "medium",
  why:
    "Programs call services by name. With egress closed but for what rules name, and no rule for port 53, every call fails at its " +
    "first step, and the policy that allows it seems to be wrong.",
  references: [networkPolicies],
  *run(context) {
    for (const [namespace, pods] of namespaces(context)) {
      const mute = pods.flatMap((pod) => {
        const bound = withoutDns(context, pod);
        return bound === undefined ? [] : [{ pod, bound }];
      });
      const [first] = mute;
      const [policy] = first?.bound ?? [];
      if (first === undefined || policy === undefined) continue;
      yield {
        subject: { kind: "namespace", id: namespace, name: namespace, part: "dns" },
        title: `${podNames(mute.map(({ pod }) => pod))} may go out by ${policy.name}, and no policy lets ${mute.length === 1 ? "it" : "them"} ask for names (udp and tcp 53)`,
        origins: [policy.origin, ...first.bound.slice(1).map((other) => other.origin)],
        remedy: {
          text: "allow egress to port 53, UDP and TCP, of the cluster's name server (namespaceSelector kube-system, podSelector k8s-app: kube-dns)",
          edit: addPolicy(
            dnsFor(
              namespace,
              mute.map(({ pod }) => primary(pod)),
            ),
          ),
        },
      };
    }
  },
};

/** The policies that let a pod out to something, and none of them to port 53. A pod that may go nowhere is meant to be so. */
function withoutDns(context: Context, pod: Host): readonly NetworkPolicy[] | undefined {
  const bound = boundTo(context.estate.policies, primary(pod), "egress");
  if (!bound.some((policy) => policy.kind === "NetworkPolicy")) return undefined;
  const rules = bound.flatMap((policy) => policy.egress ?? []);
  if (rules.length === 0 || rules.some(mayAskNames)) return undefined;
  return bound.filter((policy) => (policy.egress ?? []).length > 0);
}

function mayAskNames(rule: Rule): boolean {
  const allows = rule.actions.some((action) => action.kind === "accept");
  // The name server's pods may not be in the input: then the rule is for nobody that was read, and says so in its words.
  if (rule.match.kind === "never") return allows && /(?:^|\D)53(?:\D|$)/u.test(rule.text);
  return allows && holds(portsOfMatch(rule.match), 53);
}

function dnsFor(namespace: string, pods: readonly string[]): NetworkPolicy {
  return {
    kind: "NetworkPolicy",
    name: "allow-dns",
    namespace,
    priority: 0,
    pods: new Set(pods),
    egress: [
      {
        match: all(protocol(TCP, UDP), destinationPorts([53, 53])),
        actions: [{ kind: "accept" }],
        origin,
        text: "egress to anyone, UDP 53, TCP 53",
      },
    ],
    origin,
  };
}
