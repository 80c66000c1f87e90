// What no policy can refuse: the traffic between a pod and the node that it runs on. (kubernetes.io, "Network
// Policies": "traffic to and from the node where a Pod is running is always allowed")
import type { Exemption } from "../../layers/network-policy/model.ts";
import { singleAddress, unionOfAddresses } from "../../packet/address-set.ts";
import type { Address } from "../../packet/address.ts";
import { all, always, any, inverted, type Match } from "../../rules/match.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Cluster, Endpoint } from "./cluster.ts";
import { isEndpoint, isOutside, outsideMatch, type Side } from "./peers.ts";

/** By endpoint, for pods whose node's address the input says. */
export function readExemptions(cluster: Cluster): ReadonlyMap<string, Exemption> {
  const exemptions = new Map<string, Exemption>();
  const hostPods = cluster.endpoints.filter((endpoint) => endpoint.asNode);
  for (const endpoint of cluster.endpoints) {
    if (endpoint.asNode || !endpoint.primary) continue;
    const nodes = nodesOf(endpoint, cluster);
    if (nodes.addresses.length === 0) continue;
    const rule = (direction: "ingress" | "egress"): Rule => {
      const side: Side = direction === "ingress" ? "source" : "destination";
      return {
        match: all(nodeTraffic(side, nodes.addresses, hostPods, cluster), nodes.certain ? always : perhaps),
        actions: [{ kind: "accept" }],
        origin: endpoint.workload.origin,
        text: "traffic of a pod's own node is always allowed",
      };
    };
    exemptions.set(endpoint.id, { ingress: rule("ingress"), egress: rule("egress") });
  }
  return exemptions;
}

const perhaps: Match = { kind: "unknown", what: "whether the workload's pod runs on that node" };

/** The addresses of the nodes of an endpoint's pods, and whether they are one node's that every pod of it runs on. */
function nodesOf(
  endpoint: Endpoint,
  cluster: Cluster,
): { readonly addresses: readonly Address[]; readonly certain: boolean } {
  const { nodes, nodesKnown } = endpoint.workload;
  const listed = nodes.flatMap((node) => cluster.nodes.filter((each) => each.name === node.name));
  const addresses = [
    ...listed.flatMap((node) => node.addresses),
    ...nodes.flatMap((node) => node.address ?? []),
  ];
  const distinct = new Set(nodes.map((node) => node.name ?? `${node.address?.value ?? ""}`));
  return { addresses, certain: nodesKnown && distinct.size === 1 };
}

function nodeTraffic(
  side: Side,
  addresses: readonly Address[],
  hostPods: readonly Endpoint[],
  cluster: Cluster,
): Match {
  const set = unionOfAddresses(addresses.map(singleAddress));
  const there = hostPods.filter((pod) =>
    pod.addresses.some((own) =>
      addresses.some((each) => each.family === own.family && each.value === own.value),
    ),
  );
  return any(isEndpoint(side, there), all(outsideMatch(side, set, cluster), inverted(isOutside(side))));
}
