// RW603, RW605 to RW607: policies and parts of them that stand for nothing: no pod, no peer, no port.
import type { IdlePart, NetworkPolicy } from "../../../../layers/network-policy/model.ts";
import type { Severity } from "../../../../estate/settings.ts";
import type { Context } from "../../context.ts";
import { policyId } from "../../context.ts";
import { editPolicies } from "../../edits.ts";
import type { Check, Edit, Finding } from "../../model.ts";
import { isNamespaced, namespaceOf, networkPolicies, policySubject } from "./pods.ts";

export const selectsNoPod: Check = {
  number: "RW603",
  name: "policy-selects-no-pod",
  title: "A policy selects no pod",
  severity: "low",
  why: "Its labels were mistyped, or the pods have gone. Whoever reads it believes that something is guarded, and nothing is.",
  references: [networkPolicies],
  *run(context) {
    for (const policy of context.policies()) {
      if (policy.pods.size > 0) continue;
      const populated = [...context.estate.hosts.values()].some(
        (host) =>
          host.kind === "pod" && (policy.namespace === undefined || namespaceOf(host) === policy.namespace),
      );
      yield {
        subject: policySubject(policy),
        // Without pods in the input the selector may be right.
        severity: populated ? "low" : "note",
        title: `${policyId(policy)} selects no pod${populated ? "" : " that was read: none of its namespace is in the input"}`,
        origins: [policy.origin],
        remedy: {
          text: "correct its podSelector to labels that pods have, or remove it",
          edit: editPolicies((policies) => policies.filter((other) => other !== policy)),
        },
      };
    }
  },
};

function* idleParts(
  context: Context,
  kinds: readonly IdlePart["kind"][],
): Iterable<readonly [NetworkPolicy, IdlePart]> {
  for (const policy of context.policies()) {
    // A policy for nobody is RW603's.
    if (!isNamespaced(policy) || policy.pods.size === 0) continue;
    for (const part of policy.idle ?? []) if (kinds.includes(part.kind)) yield [policy, part];
  }
}

function without(policy: NetworkPolicy, part: IdlePart): Edit {
  return editPolicies((policies) =>
    policies.map((other) =>
      other === policy
        ? {
            ...policy,
            idle: policy.idle?.filter((item) => item.kind !== part.kind || item.text !== part.text) ?? [],
          }
        : other,
    ),
  );
}

function findingFor(
  policy: NetworkPolicy,
  part: IdlePart,
  says: { readonly title: string; readonly text: string; readonly severity?: Severity },
): Finding {
  return {
    subject: policySubject(policy, `${part.direction} ${part.text}`),
    ...(says.severity === undefined ? {} : { severity: says.severity }),
    title: says.title,
    origins: [part.origin, policy.origin],
    remedy: { text: says.text, edit: without(policy, part) },
  };
}

export const peerIsNobody: Check = {
  number: "RW605",
  name: "policy-peer-is-nobody",
  title: "A rule of a policy is for pods that there are not",
  severity: "low",
  why:
    "A selector that finds nobody allows nobody: the one who was meant is refused. And when a pod with such labels comes, whoever " +
    "made it is let in.",
  references: [networkPolicies],
  *run(context) {
    for (const [policy, part] of idleParts(context, ["peer", "elsewhere"])) {
      const known = part.kind === "peer";
      yield findingFor(policy, part, {
        severity: known ? "low" : "note",
        title: `${policyId(policy)} is for ${part.text} (${part.direction}), and no pod ${known ? "is so labelled" : "that was read is such a one"}`,
        text: `correct the selector to labels that ${known ? "pods have" : "namespaces and pods have"}, or remove it${known ? "" : "; or give Ringwall the namespaces that it is for"}`,
      });
    }
  },
};

export const portIsNobodys: Check = {
  number: "RW606",
  name: "policy-port-is-nobodys",
  title: "A rule of a policy names a port that no pod has",
  severity: "medium",
  why: "A named port is looked up in the pods that are asked. Where none has a port of that name, the rule allows nothing.",
  references: [networkPolicies],
  *run(context) {
    for (const [policy, part] of idleParts(context, ["port"]))
      yield findingFor(policy, part, {
        title: `${policyId(policy)} names the port “${part.text}” (${part.direction}), and no pod that it could mean has one of that name`,
        text: "name the container port so, or write its number",
      });
  },
};

export const blockOfPods: Check = {
  number: "RW607",
  name: "ip-block-of-pods",
  title: "A policy names pods by their addresses",
  severity: "medium",
  why:
    "An ipBlock is for addresses outside the cluster: pods come and go with other addresses, and network plugins differ in whether " +
    "an ipBlock means pods at all. What it allows today is refused tomorrow, or somewhere else.",
  references: [networkPolicies],
  *run(context) {
    for (const [policy, part] of idleParts(context, ["block"]))
      yield findingFor(policy, part, {
        title: `${policyId(policy)} names ${part.text} (${part.direction}), which are addresses of pods`,
        text: "select the pods by podSelector and namespaceSelector instead",
      });
  },
};
