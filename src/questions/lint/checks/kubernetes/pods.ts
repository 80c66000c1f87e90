// The pods of a cluster by namespace, and the policies that bind them: what the checks of Kubernetes share. Judges nothing.
import type { Host } from "../../../../estate/model.ts";
import type { Direction } from "../../../../layers/network-policy/decide.ts";
import type { NetworkPolicy } from "../../../../layers/network-policy/model.ts";
import type { Context } from "../../context.ts";
import { policyId } from "../../context.ts";
import type { Subject } from "../../model.ts";

export const origin = { file: "remedy", line: 1 };

export const networkPolicies = {
  title: "Kubernetes documentation, “Network Policies”",
  url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
};
export const namespacePolicies = {
  title: "CIS Kubernetes Benchmark 1.10, 5.3.2 (all namespaces have network policies)",
};

export function namespaceOf(pod: Host): string {
  return pod.name.includes("/") ? pod.name.slice(0, pod.name.indexOf("/")) : "default";
}

/** Namespaces with their pods; those of the cluster itself are left out, and so is the ingress controller of no namespace. */
export function namespaces(context: Context): readonly (readonly [string, readonly Host[]])[] {
  const pods = [...context.estate.hosts.values()].filter(
    (host) => host.kind === "pod" && host.name.includes("/"),
  );
  const { focus } = context;
  return [...Map.groupBy(pods, namespaceOf)].filter(
    ([name]) => !name.startsWith("kube-") && (focus?.kind !== "namespace" || focus.id === name),
  );
}

/** A pod's interface on its primary network: what policies speak of. */
export function primary(pod: Host): string {
  return pod.interfaces[0] ?? "";
}

/** The policies that select a pod and speak of a direction, those of all tiers. */
export function boundTo(
  policies: readonly NetworkPolicy[],
  endpoint: string,
  direction: Direction,
): readonly NetworkPolicy[] {
  return policies.filter((policy) => policy[direction] !== undefined && policy.pods.has(endpoint));
}

export function policySubject(policy: NetworkPolicy, part?: string): Subject {
  return {
    kind: "policy",
    id: policyId(policy),
    name: policy.name,
    ...(part === undefined ? {} : { part }),
  };
}

export function isNamespaced(policy: NetworkPolicy): boolean {
  return policy.kind === "NetworkPolicy" || policy.kind === "MultiNetworkPolicy";
}

/** `web`, `web and api`, `web and 3 more pods`. */
export function podNames(pods: readonly Host[]): string {
  const [first, second] = pods.map((pod) => pod.name);
  if (first === undefined) return "";
  if (second === undefined) return first;
  return pods.length === 2 ? `${first} and ${second}` : `${first} and ${pods.length - 1} more pods`;
}
