// Whom a policy's rule means, as tests on a packet's identity and addresses. The same for both directions; `side` says
// which end of the packet the peer is.
import {
  allIpv4,
  allIpv6,
  hasAddress,
  intersectAddresses,
  isAddressSubset,
  isEmptyAddresses,
  noAddresses,
  prefixSet,
  singleAddress,
  subtractAddresses,
  unionOfAddresses,
  type AddressSet,
} from "../../packet/address-set.ts";
import { formatPrefix, requirePrefix, type Prefix } from "../../packet/address.ts";
import { privateAddresses } from "../../packet/special.ts";
import { outsideCluster } from "../../layers/network-policy/model.ts";
import { Problem } from "../../problem.ts";
import { all, any, inverted, never, type Match } from "../../rules/match.ts";
import type { Cluster, Endpoint } from "./cluster.ts";
import { asMap, asText, listField, onlyFields, required } from "./fields.ts";
import { selects, type Selector } from "./selectors.ts";
import type { Tree } from "./tree.ts";

export type Side = "source" | "destination";

export function isEndpoint(side: Side, endpoints: readonly Endpoint[]): Match {
  if (endpoints.length === 0) return never;
  return { kind: "endpoint", side, ids: new Set(endpoints.map((endpoint) => endpoint.id)) };
}

function unknown(what: string): Match {
  return { kind: "unknown", what };
}

export interface PodPeer {
  /** Undefined: the policy's own namespace alone. */
  readonly namespaces: Selector | undefined;
  readonly ownNamespace: string;
  readonly pods: Selector;
}

export function selectedBy(peer: PodPeer, cluster: Cluster, endpoints: readonly Endpoint[]): Endpoint[] {
  return endpoints.filter(({ workload }) => {
    const inNamespace =
      peer.namespaces === undefined
        ? workload.namespace === peer.ownNamespace
        : selects(peer.namespaces, cluster.namespaces.get(workload.namespace) ?? new Map());
    return inNamespace && selects(peer.pods, workload.labels);
  });
}

/** Pods among the endpoints; where it can't be known whether a selector finds one, the test is unknown for that one. */
export function podPeerMatch(
  side: Side,
  peer: PodPeer,
  cluster: Cluster,
  endpoints: readonly Endpoint[],
): Match {
  const selected = selectedBy(peer, cluster, endpoints);
  const asNode = selected.filter((endpoint) => endpoint.asNode);
  const { controller } = cluster;
  const everyone = peer.namespaces?.length === 0 && peer.pods.length === 0;
  const sure = selected.filter((endpoint) => !endpoint.asNode);
  return any(
    isEndpoint(side, everyone && controller !== undefined ? [...sure, controller] : sure),
    all(
      isEndpoint(side, asNode),
      unknown("whether the network plugin tells pods in their node's network from the node"),
    ),
    everyone || controller === undefined
      ? never
      : all(
          isEndpoint(side, [controller]),
          unknown("whether the ingress controller's pods are in that namespace and have those labels"),
        ),
  );
}

/** Endpoints that are pods beyond doubt: a test on addresses outside the cluster leaves them out. */
function certainPods(cluster: Cluster): Endpoint[] {
  return [...cluster.endpoints, ...(cluster.controller === undefined ? [] : [cluster.controller])].filter(
    (endpoint) => !endpoint.asNode,
  );
}

/**
 * NetworkPolicy's ipBlock on the cluster's own networks means addresses outside the cluster. Whether it also matches a
 * pod's address differs from plugin to plugin (Cilium never, Calico always); the documentation says that it should not
 * be used for pods, and Ringwall takes it so.
 */
export function outsideMatch(side: Side, set: AddressSet, cluster: Cluster): Match {
  return all(inverted(isEndpoint(side, certainPods(cluster))), { kind: "address", field: side, set });
}

/** Where a pod may be whose address the input does not have: pod networks of IPv4 are private, those of IPv6 need not be. */
const unseenPods: AddressSet = unionOfAddresses([privateAddresses, allIpv6]);

/**
 * Addresses wherever they are: AdminNetworkPolicy's networks, which the API checks pod traffic against too, and
 * MultiNetworkPolicy's ipBlock, which is enforced by address on the attached network.
 */
export function addressPeerMatch(
  side: Side,
  set: AddressSet,
  cluster: Cluster,
  endpoints: readonly Endpoint[],
): Match {
  const inside: Endpoint[] = [];
  const perhaps: Endpoint[] = [];
  const meetsUnseen = !isEmptyAddresses(intersectAddresses(set, unseenPods));
  for (const endpoint of endpoints) {
    const { addresses } = endpoint;
    const hits = addresses.filter((address) => hasAddress(set, address)).length;
    if (addresses.length > 0 && hits === addresses.length) inside.push(endpoint);
    else if (hits > 0 || (addresses.length === 0 && meetsUnseen)) perhaps.push(endpoint);
  }
  const wholeFamilies: Match[] = [
    isAddressSubset(allIpv4, set) ? { kind: "family", family: 4 } : never,
    isAddressSubset(allIpv6, set) ? { kind: "family", family: 6 } : never,
  ];
  return any(
    outsideMatch(side, set, cluster),
    isEndpoint(side, inside),
    all(
      isEndpoint(side, perhaps),
      any(...wholeFamilies, unknown("the pod's address, which the input does not have for all of its pods")),
    ),
  );
}

/** AdminNetworkPolicy's nodes, by the addresses of the input's Node objects. */
export function nodeMatch(side: Side, selector: Selector, cluster: Cluster): Match {
  const someone = inverted({
    kind: "endpoint",
    side,
    ids: new Set([...certainPods(cluster).map((endpoint) => endpoint.id), outsideCluster]),
  });
  if (cluster.nodes.length === 0) {
    return all(someone, unknown("whether it is a node that the policy selects: no Node is in the input"));
  }
  const nodes = cluster.nodes.filter((node) => selects(selector, node.labels));
  const set = unionOfAddresses(nodes.flatMap((node) => node.addresses).map(singleAddress));
  return all(someone, { kind: "address", field: side, set });
}

/** An ipBlock: its addresses without the exceptions, and in words. @throws Problem where an exception is not inside it */
export function readIpBlock(tree: Tree): { readonly set: AddressSet; readonly text: string } {
  const map = asMap(tree, "ipBlock");
  onlyFields(map, "ipBlock", ["cidr", "except"]);
  const cidr = readCidr(required(map, "cidr", "ipBlock"));
  const set = prefixSet(cidr);
  const exceptions = listField(map, "except").map((item) => {
    const exception = readCidr(item);
    if (!isAddressSubset(prefixSet(exception), set) || exception.length <= cidr.length) {
      throw new Problem(
        "meaning",
        `an exception is expected to lie inside ${formatPrefix(cidr)} and to be smaller than it, not ${formatPrefix(exception)}`,
        { origin: item.origin },
      );
    }
    return exception;
  });
  const except = exceptions.length === 0 ? "" : ` except ${exceptions.map(formatPrefix).join(", ")}`;
  return {
    set: subtractAddresses(set, unionOfAddresses(exceptions.map(prefixSet))),
    text: `${formatPrefix(cidr)}${except}`,
  };
}

/** A CIDR as Kubernetes wants it: with its length. */
export function readCidr(tree: Tree): Prefix {
  const text = asText(tree, "a CIDR");
  const prefix = requirePrefix(text, tree.origin);
  if (text.includes("/")) return prefix;
  throw new Problem("meaning", `a CIDR is expected, with its length, not “${text}”`, {
    origin: tree.origin,
    remedy: `write ${text}/${prefix.length} for the one address`,
  });
}

export function cidrSet(trees: readonly Tree[]): { readonly set: AddressSet; readonly text: string } {
  const prefixes = trees.map(readCidr);
  return {
    set: prefixes.length === 0 ? noAddresses : unionOfAddresses(prefixes.map(prefixSet)),
    text: prefixes.map(formatPrefix).join(", "),
  };
}
