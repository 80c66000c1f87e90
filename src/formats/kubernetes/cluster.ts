// The cluster that policies speak of: namespaces with their labels, nodes, and endpoints, which are the interfaces of
// workloads on the networks that they stand in. What a policy selects is for the policies' own files.
import { parseAddress, requirePrefix, type Address, type Prefix } from "../../packet/address.ts";
import type { Origin, Unknown } from "../../problem.ts";
import { asMap, asText, field, listField, mapField, textField } from "./fields.ts";
import { readNetworks, type ClusterNetwork, type ClusterNetworks } from "./networks.ts";
import type { KubernetesObject } from "./objects.ts";
import type { Labels } from "./selectors.ts";
import { readWorkloads, type Workload } from "./workloads.ts";

/**
 * What a network plugin makes of pods in their node's network, which Kubernetes leaves to it: most take them for the
 * node (`node`), so that no policy binds them and whether a selector finds them is not known; a plugin may also tell
 * them apart and treat them like any pod (`pod`). (kubernetes.io, "Network Policies": hostNetwork pods)
 */
export type HostNetworkPods = "node" | "pod";

export interface Endpoint {
  /** The interface's id in the estate, and the packet's `from` or `to`. */
  readonly id: string;
  readonly workload: Workload;
  readonly network: ClusterNetwork;
  /** On its primary network (`eth0`), or on one that was attached. */
  readonly primary: boolean;
  /** As the input has them; empty where it has none. */
  readonly addresses: readonly Address[];
  /** Taken for its node: see `HostNetworkPods`. */
  readonly asNode: boolean;
}

export interface ClusterNode {
  readonly name: string;
  readonly labels: Labels;
  readonly addresses: readonly Address[];
  readonly podPrefixes: readonly Prefix[];
  readonly origin: Origin;
}

export interface Cluster {
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly nodes: readonly ClusterNode[];
  readonly networks: ClusterNetworks;
  readonly workloads: readonly Workload[];
  readonly endpoints: readonly Endpoint[];
  /** Those on primary networks: what policies speak of, unless they name an attached network. */
  readonly primary: readonly Endpoint[];
  /** The pods that serve Ingress and Route: none of the input's pods says that it is one, so its labels are unknown. */
  readonly controller: Endpoint | undefined;
  readonly unknowns: readonly Unknown[];
}

export function readCluster(
  objects: readonly KubernetesObject[],
  hostNetworkPods: HostNetworkPods,
  origin: Origin,
): Cluster {
  const workloads = readWorkloads(objects);
  const namespaces = readNamespaces(objects, workloads);
  const networks = readNetworks(objects, namespaces, origin);
  const unknowns: Unknown[] = [...networks.unknowns];
  const endpoints = workloads.flatMap((workload): Endpoint[] => {
    const asNode = workload.hostNetwork && hostNetworkPods === "node";
    const primary: Endpoint = {
      id: `${workload.id}:eth0`,
      workload,
      network: asNode ? networks.pod : networks.primary(workload.namespace),
      primary: true,
      addresses: workload.addresses,
      asNode,
    };
    const attached = workload.attachments.flatMap((attachment): Endpoint[] => {
      const network = networks.attachment(attachment.namespace, attachment.name);
      if (network === undefined) {
        unknowns.push({
          origin: workload.origin,
          what: `the network ${attachment.namespace}/${attachment.name} of ${workload.id}`,
          effect: "left out: its NetworkAttachmentDefinition is not in the input",
        });
        return [];
      }
      return [
        {
          id: `${workload.id}:${network.name}`,
          workload,
          network,
          primary: false,
          addresses: attachment.addresses,
          asNode: false,
        },
      ];
    });
    return [primary, ...attached];
  });
  const entrance = objects.find((object) => object.kind === "Ingress" || object.kind === "Route");
  return {
    namespaces,
    nodes: objects.filter((object) => object.kind === "Node").map(readNode),
    networks,
    workloads,
    endpoints,
    primary: endpoints.filter((endpoint) => endpoint.primary),
    controller: entrance === undefined ? undefined : controllerEndpoint(networks.pod, entrance.origin),
    unknowns,
  };
}

/** The listed namespaces, and those that only objects in them speak of. Every one has its name as a label, by the API server. */
function readNamespaces(
  objects: readonly KubernetesObject[],
  workloads: readonly Workload[],
): ReadonlyMap<string, Labels> {
  const namespaces = new Map<string, Labels>();
  const nameLabel = "kubernetes.io/metadata.name";
  for (const object of objects) {
    if (object.kind === "Namespace") {
      namespaces.set(object.name, new Map([[nameLabel, object.name], ...object.labels]));
    }
  }
  for (const { namespace } of workloads) {
    if (!namespaces.has(namespace)) namespaces.set(namespace, new Map([[nameLabel, namespace]]));
  }
  return namespaces;
}

function readNode(object: KubernetesObject): ClusterNode {
  const spec = mapField(object.map, "spec");
  const prefixes = [
    ...listField(spec, "podCIDRs"),
    ...(field(spec, "podCIDR") ? [field(spec, "podCIDR")] : []),
  ];
  const texts = new Map<string, Origin>();
  for (const tree of prefixes) if (tree !== undefined) texts.set(asText(tree, "podCIDR"), tree.origin);
  return {
    name: object.name,
    labels: object.labels,
    addresses: listField(mapField(object.map, "status"), "addresses").flatMap((item) => {
      // Names stand in the same list (type Hostname), and are none of ours.
      const address = parseAddress(textField(asMap(item, "an item of addresses"), "address") ?? "");
      return address === undefined ? [] : [address];
    }),
    podPrefixes: [...texts].map(([text, where]) => requirePrefix(text, where)),
    origin: object.origin,
  };
}

function controllerEndpoint(network: ClusterNetwork, origin: Origin): Endpoint {
  const workload: Workload = {
    id: "ingress-controller",
    kind: "Ingress controller",
    namespace: "",
    name: "ingress-controller",
    labels: new Map(),
    ports: [],
    hostNetwork: false,
    addresses: [],
    nodes: [],
    nodesKnown: false,
    running: true,
    attachments: [],
    machine: false,
    origin,
  };
  return { id: "ingress-controller:eth0", workload, network, primary: true, addresses: [], asNode: false };
}
