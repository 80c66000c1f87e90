// The Kubernetes reader: manifests and `kubectl get` exports, YAML or JSON, as one cluster with its policies.
import type { EstatePart } from "../../estate/model.ts";
import type { NetworkPolicy } from "../../layers/network-policy/model.ts";
import { originText, type Unknown } from "../../problem.ts";
import type { Reader, SourceFile } from "../reader.ts";
import { readAdminPolicy } from "./admin-policy.ts";
import { readCluster, type Cluster, type HostNetworkPods } from "./cluster.ts";
import { readEntrances } from "./entrances.ts";
import { clusterPlaces } from "./estate.ts";
import { readExemptions } from "./exemptions.ts";
import { isRead, leftOver, slipOfGroup } from "./kinds.ts";
import { readMultiNetworkPolicy, readNetworkPolicy } from "./network-policy.ts";
import { readObjects, type KubernetesObject } from "./objects.ts";
import { readServices } from "./services.ts";

export const kubernetesReader: Reader = {
  format: "kubernetes",
  recognises,
  read: (files) => readKubernetes(files).part,
};

/** Objects begin with apiVersion and kind, in either order; lists with items before them count too. */
function recognises(file: SourceFile): boolean {
  const head = file.text.slice(0, 65536);
  if (/^\uFEFF?\s*[{[]/.test(head))
    return /"apiVersion"\s*:\s*"/.test(head) && /"(?:kind|items)"\s*:/.test(head);
  return /^\s*(?:- )?["']?apiVersion["']?:\s*\S/m.test(head) && /^\s*(?:- )?["']?kind["']?:\s*\S/m.test(head);
}

/**
 * Reads the files as one cluster.
 *
 * @throws Problem for what Kubernetes itself would refuse, with file, line, column and what was expected
 * @example readKubernetes([{ path: "shop.yaml", text }]).part.policies
 */
export function readKubernetes(
  files: readonly SourceFile[],
  assume: { readonly hostNetworkPods?: HostNetworkPods } = {},
): { readonly part: EstatePart; readonly cluster: Cluster } {
  const all = readObjects(files);
  const objects = all.filter(isRead);
  const origin = { file: files[0]?.path ?? "", line: 1 };
  const cluster = readCluster(objects, assume.hostNetworkPods ?? "node", origin);
  const { policies, unknowns } = readPolicies(objects, cluster);
  const services = readServices(objects, cluster);
  const entrances = readEntrances(objects, services, cluster.controller);
  return {
    cluster,
    part: {
      ...clusterPlaces(cluster, services, entrances.balancers),
      policies,
      unknowns: [
        ...all.flatMap((object) => (isRead(object) ? slipOfGroup(object) : leftOver(object))),
        ...cluster.unknowns,
        ...unknowns,
        ...entrances.unknowns,
      ],
      sources: files.map((file) => file.path),
    },
  };
}

function readPolicies(
  objects: readonly KubernetesObject[],
  cluster: Cluster,
): { readonly policies: readonly NetworkPolicy[]; readonly unknowns: readonly Unknown[] } {
  const policies: NetworkPolicy[] = [];
  const unknowns: Unknown[] = [];
  for (const object of objects) {
    switch (object.kind) {
      case "NetworkPolicy":
        policies.push(readNetworkPolicy(object, cluster));
        break;
      case "MultiNetworkPolicy": {
        const read = readMultiNetworkPolicy(object, cluster);
        policies.push(read.policy);
        unknowns.push(...read.unknowns);
        break;
      }
      case "AdminNetworkPolicy":
      case "BaselineAdminNetworkPolicy": {
        const read = readAdminPolicy(object, cluster);
        policies.push(read.policy);
        unknowns.push(...read.unknowns);
        break;
      }
    }
  }
  const exempt = readExemptions(cluster);
  return {
    policies: exempt.size === 0 ? policies : policies.map((policy) => ({ ...policy, exempt })),
    unknowns: [...unknowns, ...ambiguous(policies)],
  };
}

/** Two admin policies of one priority that bind one pod: nobody can say which comes first. */
function ambiguous(policies: readonly NetworkPolicy[]): Unknown[] {
  const admin = policies.filter((policy) => policy.kind === "AdminNetworkPolicy");
  return admin.flatMap((policy, at) =>
    admin.slice(0, at).flatMap((other): Unknown[] =>
      other.priority === policy.priority && [...policy.pods].some((pod) => other.pods.has(pod))
        ? [
            {
              origin: policy.origin,
              what: `AdminNetworkPolicies ${other.name} (${originText(other.origin)}) and ${policy.name} both have priority ${policy.priority}`,
              effect: "where both match and differ, answers depend on which one the network plugin takes",
            },
          ]
        : [],
    ),
  );
}
