// RW601, RW602: pods that no policy selects, so that they take, or send, everything.
import type { Direction } from "../../../../layers/network-policy/decide.ts";
import type { NetworkPolicy } from "../../../../layers/network-policy/model.ts";
import { TCP } from "../../../../packet/protocol.ts";
import type { Context } from "../../context.ts";
import { addPolicy } from "../../edits.ts";
import type { Check, Finding, Witness } from "../../model.ts";
import { exampleOf } from "../../witness.ts";
import {
  boundTo,
  isNamespaced,
  namespacePolicies,
  namespaces,
  networkPolicies,
  origin,
  podNames,
  primary,
} from "./pods.ts";
import type { Host } from "../../../../estate/model.ts";

export const noIngressDeny: Check = {
  number: "RW601",
  name: "no-default-deny-ingress",
  title: "Pods take whatever any other pod sends them",
  severity: "medium",
  why:
    "A pod that no policy selects for ingress takes everything from every namespace. One pod that is taken over reaches all of them; " +
    "and a pod that is added tomorrow is open until somebody thinks of it.",
  references: [namespacePolicies, networkPolicies],
  run: (context) => freePods(context, "ingress"),
};

export const noEgressDeny: Check = {
  number: "RW602",
  name: "no-default-deny-egress",
  title: "Pods send whatever they like to wherever they like",
  severity: "low",
  why:
    "A pod that no policy selects for egress may call anybody: what an attacker has found leaves by it, and what they want to load " +
    "comes in by it.",
  references: [namespacePolicies, networkPolicies],
  run: (context) => freePods(context, "egress"),
};

function* freePods(context: Context, direction: Direction): Iterable<Finding> {
  const { policies } = context.estate;
  for (const [namespace, pods] of namespaces(context)) {
    const free = pods.filter(
      (pod) =>
        primary(pod) !== "" &&
        !boundTo(policies, primary(pod), direction).some((policy) => closes(policy, direction)),
    );
    const [first] = free;
    if (first === undefined) continue;
    const other = direction === "ingress" ? "egress" : "ingress";
    const bound = policies.filter((policy) => policy.namespace === namespace);
    const halfway = bound.length > 0 && bound.every((policy) => policy[direction] === undefined);
    const shown = witnessOf(context, first, direction);
    yield {
      subject: { kind: "namespace", id: namespace, name: namespace },
      title: `no policy selects ${free.length === pods.length ? `any pod of ${namespace}` : podNames(free)} for ${direction}${halfway ? `: its policies speak of ${other} alone` : ""}`,
      origins: [first.origin, ...bound.slice(0, 3).map((policy) => policy.origin)],
      ...(shown === undefined ? {} : { witness: shown }),
      remedy: {
        text: `add a policy to ${namespace} with podSelector: {} and policyTypes: [${direction === "ingress" ? "Ingress" : "Egress"}], and allow what is needed${direction === "egress" ? " (DNS first)" : ""}`,
        edit: addPolicy(denial(namespace, free.map(primary), direction)),
      },
    };
  }
}

/** A NetworkPolicy refuses what it does not allow; the policies of administrators only what a rule denies. */
function closes(policy: NetworkPolicy, direction: Direction): boolean {
  return (
    isNamespaced(policy) ||
    policy[direction]?.some((rule) => rule.actions.some((action) => action.kind === "drop")) === true
  );
}

/** Somebody of another namespace who gets there, or whom it gets to. */
function witnessOf(context: Context, pod: Host, direction: Direction): Witness | undefined {
  const other = namespaces(context).find(([, pods]) => !pods.includes(pod))?.[1][0];
  if (other === undefined) return undefined;
  const [from, to] = direction === "ingress" ? [other, pod] : [pod, other];
  const asked = context.ask({ from: primary(from), to: primary(to), protocol: TCP, port: 8080 });
  if (asked?.answer !== "allowed") return undefined;
  return {
    packet: exampleOf(asked.question.packet),
    seen: `${from.name} gets to ${to.name}, and so it is for every port`,
  };
}

function denial(namespace: string, pods: readonly string[], direction: Direction): NetworkPolicy {
  return {
    kind: "NetworkPolicy",
    name: `default-deny-${direction}`,
    namespace,
    priority: 0,
    pods: new Set(pods),
    [direction]: [],
    origin,
  };
}
