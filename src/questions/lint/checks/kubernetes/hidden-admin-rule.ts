// RW608: rules of AdminNetworkPolicies that those of a lower priority number leave nothing of.
import type { NetworkPolicy } from "../../../../layers/network-policy/model.ts";
import { coverage, type RuleFact } from "../../../../rules/coverage/coverage.ts";
import { all } from "../../../../rules/match.ts";
import type { Rule } from "../../../../rules/rule.ts";
import type { Context } from "../../context.ts";
import { policyId } from "../../context.ts";
import { editPolicies } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { origin, policySubject } from "./pods.ts";

type Hidden = Extract<RuleFact, { kind: "unreachable" }>;

export const hiddenAdminRule: Check = {
  number: "RW608",
  name: "hidden-admin-rule",
  title: "A rule of an AdminNetworkPolicy never decides",
  severity: "medium",
  why:
    "Admin policies are asked by priority, lowest number first, and the first rule that matches decides. This one reads as if it " +
    "were in force, and an earlier one takes all that it is for.",
  references: [
    {
      title: "Network Policy API, AdminNetworkPolicy: priority and the order of rules",
      url: "https://network-policy-api.sigs.k8s.io/api-overview/",
    },
  ],
  *run(context) {
    for (const direction of ["ingress", "egress"] as const)
      for (const { fact, policy, rule, by } of hidden(context, direction)) {
        const [first] = by;
        yield {
          subject: policySubject(policy, `${direction} ${rule.text}`),
          severity: fact.agreement === "same" ? "note" : "medium",
          title: `“${rule.text}” of ${policyId(policy)} never decides: ${by.map((item) => `“${item.rule.text}” of ${policyId(item.policy)}`).join(" and ")} ${by.length === 1 ? "is" : "are"} asked before`,
          origins: [rule.origin, ...by.map((item) => item.rule.origin)],
          remedy: {
            text:
              first === undefined
                ? "remove it"
                : `give it a lower priority number than ${policyId(first.policy)} if it is meant to count (or put it before that rule); else remove it`,
            edit: editPolicies((policies) =>
              policies.map((other) =>
                other === policy
                  ? { ...policy, [direction]: policy[direction]?.filter((item) => item !== rule) ?? [] }
                  : other,
              ),
            ),
          },
        };
      }
  },
};

interface Written {
  readonly policy: NetworkPolicy;
  readonly rule: Rule;
}

function* hidden(
  context: Context,
  direction: "ingress" | "egress",
): Iterable<Written & { readonly fact: Hidden; readonly by: readonly Written[] }> {
  // All of them, whatever is in focus: each may hide another.
  const admin = context.estate.policies
    .filter((policy) => policy.kind === "AdminNetworkPolicy" && policy.pods.size > 0)
    .toSorted((a, b) => a.priority - b.priority);
  const side = direction === "ingress" ? "destination" : "source";
  const written = new Map<Rule, Written>();
  for (const policy of admin)
    for (const rule of policy[direction] ?? []) {
      // A policy's rules are for its pods alone.
      const match = all({ kind: "endpoint", side, ids: policy.pods }, rule.match);
      written.set({ ...rule, match }, { policy, rule });
    }
  if (written.size < 2) return;
  const rules = [...written.keys()];
  for (const fact of coverage({ name: `admin policies ${direction}`, rules, origin }, new Map())) {
    const own = written.get(fact.rule);
    if (own === undefined || fact.kind !== "unreachable") continue;
    const { focus } = context;
    if (focus?.kind === "policy" && focus.id !== policyId(own.policy)) continue;
    yield { ...own, fact, by: fact.by.flatMap((place) => written.get(place.rule) ?? []) };
  }
}
