// RW604: a rule of a policy that lets everybody in, to every port.
import type { Match } from "../../../../rules/match.ts";
import type { Rule } from "../../../../rules/rule.ts";
import { policyId } from "../../context.ts";
import { editPolicies } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { isNamespaced, networkPolicies, policySubject } from "./pods.ts";

export const openIngress: Check = {
  number: "RW604",
  name: "policy-allows-everything",
  title: "A policy lets everybody in, to every port",
  severity: "medium",
  why:
    "Policies add up, so one rule without peers and without ports (`- {}`) undoes every other that selects the same pods: they are " +
    "as open as if no policy were there, and look guarded.",
  references: [networkPolicies],
  *run(context) {
    for (const policy of context.policies()) {
      if (!isNamespaced(policy) || policy.pods.size === 0) continue;
      const open = policy.ingress?.find(
        (rule) => rule.actions[0]?.kind === "accept" && isAnything(rule.match),
      );
      if (open === undefined) continue;
      yield {
        subject: policySubject(policy, "ingress everything"),
        title: `${policyId(policy)} lets everybody in, to every port of the ${policy.pods.size === 1 ? "pod" : `${policy.pods.size} pods`} that it selects`,
        origins: [open.origin, policy.origin],
        remedy: {
          text: "name in the rule who may come in (from) and to which ports",
          edit: editPolicies((policies) =>
            policies.map((other) =>
              other === policy ? { ...policy, ingress: policy.ingress?.filter(isOther(open)) ?? [] } : other,
            ),
          ),
        },
      };
    }
  },
};

function isOther(rule: Rule): (other: Rule) => boolean {
  return (other) => other !== rule;
}

/** No test of who it is, nor of the port: of the protocol alone, and of what plugins make of others. */
function isAnything(match: Match): boolean {
  if (match.kind === "always" || match.kind === "unknown") return true;
  if (match.kind === "number") return match.field === "protocol";
  return match.kind === "any" && match.of.every(isAnything);
}
