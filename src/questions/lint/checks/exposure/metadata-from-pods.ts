// RW109: pods that get to the instance metadata service of the node that they run on.
import type { Host } from "../../../../estate/model.ts";
import { addressSet } from "../../../../packet/address-set.ts";
import { TCP } from "../../../../packet/protocol.ts";
import { all, always, destination, inverted } from "../../../../rules/match.ts";
import type { NetworkPolicy } from "../../../../layers/network-policy/model.ts";
import type { Rule } from "../../../../rules/rule.ts";
import type { Context } from "../../context.ts";
import { addPolicy } from "../../edits.ts";
import type { Check, Edit, Finding } from "../../model.ts";
import { exampleOf } from "../../witness.ts";

/** Where AWS, Azure, Google and OpenStack answer a machine's questions about itself, its credentials among them. */
const metadata = "169.254.169.254";

export const metadataFromPods: Check = {
  number: "RW109",
  name: "metadata-from-pods",
  title: "Pods get to the instance metadata service",
  severity: "medium",
  why:
    "The metadata service hands the node's own credentials to whoever asks from the node, pods included. One flaw that lets an " +
    "attacker choose a URL, and the cluster's cloud account is theirs.",
  references: [
    {
      title:
        "Amazon EKS best practices, “Restrict access to the instance profile assigned to the worker node”",
      url: "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
    },
    { title: "CIS Kubernetes Benchmark 1.10, 5.3.2 (all namespaces have network policies)" },
  ],
  *run(context) {
    const namespaces = Map.groupBy(
      [...context.estate.hosts.values()].filter((host) => host.kind === "pod"),
      namespaceOf,
    );
    for (const [namespace, pods] of namespaces) {
      if (context.focus?.kind === "namespace" && context.focus.id !== namespace) continue;
      const finding = findingFor(context, namespace, pods);
      if (finding !== undefined) yield finding;
    }
  },
};

function namespaceOf(pod: Host): string {
  return pod.name.includes("/") ? pod.name.slice(0, pod.name.indexOf("/")) : "default";
}

function findingFor(context: Context, namespace: string, pods: readonly Host[]): Finding | undefined {
  // Nothing of the cluster's own: those pods run the node and need what it knows.
  if (namespace.startsWith("kube-")) return undefined;
  const open = pods.flatMap((pod) => {
    const [id] = pod.interfaces;
    const asked =
      id === undefined
        ? undefined
        : context.ask({ from: id, to: metadata, protocol: TCP, port: 80, family: 4 });
    return asked?.answer === "allowed" ? [{ pod, packet: asked.question.packet }] : [];
  });
  const [first] = open;
  if (first === undefined) return undefined;
  const names = open.length === 1 ? first.pod.name : `${open.length} of ${pods.length} pods of ${namespace}`;
  return {
    subject: { kind: "namespace", id: namespace, name: namespace },
    title: `${names} ${open.length === 1 ? "gets" : "get"} to the instance metadata service (${metadata})`,
    origins: [first.pod.origin],
    witness: {
      packet: exampleOf(first.packet),
      seen: `no policy refuses it to ${first.pod.name}; where the node has such a service, it answers`,
    },
    remedy: {
      text: `let no pod of ${namespace} out to ${metadata}: in its policies for egress, ipBlock 0.0.0.0/0 with except: [${metadata}/32] (and on AWS, IMDSv2 with a hop limit of 1)`,
      edit: refuse(
        namespace,
        open.flatMap(({ pod }) => pod.interfaces),
      ),
    },
  };
}

/**
 * Policies of namespaces add up, and those of administrators go before: all that let the pods out get the exception. Pods
 * that no policy of their namespace selects get one, which counts before a baseline.
 */
function refuse(namespace: string, pods: readonly string[]): Edit {
  const selects = (policy: NetworkPolicy): boolean =>
    policy.egress !== undefined && pods.some((pod) => policy.pods.has(pod));
  return (estate) => {
    const policies = estate.policies.map((policy) =>
      selects(policy) && policy.kind !== "BaselineAdminNetworkPolicy"
        ? { ...policy, egress: policy.egress?.map(withException) ?? [] }
        : policy,
    );
    const free = pods.filter(
      (pod) =>
        !estate.policies.some(
          (policy) => policy.kind === "NetworkPolicy" && selects(policy) && policy.pods.has(pod),
        ),
    );
    const mended = { ...estate, policies };
    return free.length === 0 ? mended : addPolicy(policyFor(namespace, free))(mended);
  };
}

function withException(rule: Rule): Rule {
  if (!rule.actions.some((action) => action.kind === "accept")) return rule;
  return { ...rule, match: all(rule.match, inverted(destination(addressSet(metadata)))) };
}

/** Everything out but that one address. */
function policyFor(namespace: string, pods: readonly string[]): NetworkPolicy {
  const origin = { file: "remedy", line: 1 };
  const open: Rule = {
    match: always,
    actions: [{ kind: "accept" }],
    origin,
    text: `to everything except ${metadata}`,
  };
  return {
    kind: "NetworkPolicy",
    name: "no-metadata",
    namespace,
    priority: 0,
    pods: new Set(pods),
    egress: [withException(open)],
    origin,
  };
}
