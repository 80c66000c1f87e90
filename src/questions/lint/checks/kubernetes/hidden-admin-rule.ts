// RW608: rules of AdminNetworkPolicies that those of a lower priority number leave nothing of.
import type { NetworkPolicy } from "../../../../layers/network-policy/model.ts";
import { all } from "../../../../rules/match.ts";
import type { Rule } from "../../../../rules/rule.ts";
import { matchSets } from "../../../../rules/symbolic/match-sets.ts";
import { vocabularyOf } from "../../../../rules/symbolic/vocabulary.ts";
import { Space, type PacketSet } from "../../../../space/space.ts";
import type { Context } from "../../context.ts";
import { policyId } from "../../context.ts";
import { editPolicies } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { origin, policySubject } from "./pods.ts";

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
      for (const found of hidden(context, direction)) {
        const { policy, rule, by } = found;
        const [first] = by;
        yield {
          subject: policySubject(policy, `${direction} ${rule.text}`),
          severity: isSame(found) ? "note" : "medium",
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

interface Hidden extends Written {
  /** The earlier rules that take a part of it. */
  readonly by: readonly Written[];
}

/** Rules of which nothing certainly gets past those that are asked before; found in sets of packets and identities. */
function* hidden(context: Context, direction: "ingress" | "egress"): Iterable<Hidden> {
  // All of them, whatever is in focus: each may hide another.
  const admin = context.estate.policies
    .filter((policy) => policy.kind === "AdminNetworkPolicy" && policy.pods.size > 0)
    .toSorted((a, b) => a.priority - b.priority);
  const side = direction === "ingress" ? "destination" : "source";
  const written = admin.flatMap((policy) =>
    (policy[direction] ?? []).map((rule) => ({
      policy,
      rule,
      // A policy's rules are for its pods alone.
      match: all({ kind: "endpoint", side, ids: policy.pods }, rule.match),
    })),
  );
  const question = `the admin policies for ${direction}`;
  const rules = written.map(({ rule, match }) => ({ ...rule, match }));
  const space = new Space({ question, ...vocabularyOf([{ name: question, rules, origin }]) });
  const before: (Written & { readonly must: PacketSet })[] = [];
  for (const { policy, rule, match } of written) {
    const { must, may } = matchSets(space, match);
    const { focus } = context;
    const counts = focus?.kind !== "policy" || focus.id === policyId(policy);
    // Of two policies of one priority nobody can know which is asked first.
    const by = before.filter(
      (earlier) =>
        (earlier.policy === policy || earlier.policy.priority < policy.priority) &&
        space.overlaps(earlier.must, may),
    );
    const taken = space.unionOf(by.map((earlier) => earlier.must));
    if (counts && !space.isEmpty(may) && space.isSubset(may, taken)) yield { policy, rule, by };
    before.push({ policy, rule, must });
  }
}

function isSame({ rule, by }: Hidden): boolean {
  return by.every((earlier) => earlier.rule.actions[0]?.kind === rule.actions[0]?.kind);
}
