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
import type { Tree } from "../tree.ts";

export type Side = "source" | "destination";

/** One set for each list of endpoints: a hundred policies with one selector share it. */
const idsOf = new WeakMap<readonly Endpoint[], ReadonlySet<string>>();

export function isEndpoint(side: Side, endpoints: readonly Endpoint[]): Match {
  if (endpoints.length === 0) return never;
  let ids = idsOf.get(endpoints);
  if (ids === undefined) {
    ids = new Set(endpoints.map((endpoint) => endpoint.id));
    idsOf.set(endpoints, ids);
  }
  return { kind: "endpoint", side, ids };
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

/** What a selector finds: pods, and pods that are taken for their node. */
export interface Selected {
  readonly pods: readonly Endpoint[];
  readonly asNode: readonly Endpoint[];
}

/** By list of endpoints and selector, since policies repeat one another's selectors. */
const selections = new WeakMap<readonly Endpoint[], Map<string, Selected>>();

export function selectedBy(peer: PodPeer, cluster: Cluster, endpoints: readonly Endpoint[]): Selected {
  const known = selections.get(endpoints) ?? new Map<string, Selected>();
  selections.set(endpoints, known);
  const key = JSON.stringify([peer.namespaces ?? peer.ownNamespace, peer.pods]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = inNamespaces(peer, cluster, endpoints).filter(({ workload }) =>
    selects(peer.pods, workload.labels),
  );
  const selected = {
    pods: found.filter((endpoint) => !endpoint.asNode),
    asNode: found.filter((endpoint) => endpoint.asNode),
  };
  known.set(key, selected);
  return selected;
}

function inNamespaces(peer: PodPeer, cluster: Cluster, endpoints: readonly Endpoint[]): Endpoint[] {
  const { namespaces, ownNamespace } = peer;
  if (namespaces === undefined) {
    return endpoints.filter(({ workload }) => workload.namespace === ownNamespace);
  }
  const chosen = new Set<string>();
  for (const [name, labels] of cluster.namespaces) if (selects(namespaces, labels)) chosen.add(name);
  return endpoints.filter(({ workload }) => chosen.has(workload.namespace));
}

/** Pods among the endpoints; where it can't be known whether a selector finds one, the test is unknown for that one. */
export function podPeerMatch(
  side: Side,
  peer: PodPeer,
  cluster: Cluster,
  endpoints: readonly Endpoint[],
): Match {
  const { pods, asNode } = selectedBy(peer, cluster, endpoints);
  const { controller } = cluster;
  const everyone = peer.namespaces?.length === 0 && peer.pods.length === 0;
  return any(
    isEndpoint(side, pods),
    everyone && controller !== undefined ? isEndpoint(side, [controller]) : never,
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
const certainPods = new WeakMap<Cluster, readonly Endpoint[]>();

function podsOf(cluster: Cluster): readonly Endpoint[] {
  const known = certainPods.get(cluster);
  if (known !== undefined) return known;
  const pods = [
    ...cluster.endpoints.filter((endpoint) => !endpoint.asNode),
    ...(cluster.controller === undefined ? [] : [cluster.controller]),
  ];
  certainPods.set(cluster, pods);
  return pods;
}

/**
 * NetworkPolicy's ipBlock on the cluster's own networks means addresses outside the cluster. Whether it also matches a
 * pod's address differs from plugin to plugin (Cilium never, Calico always); the documentation says that it should not
 * be used for pods, and Ringwall takes it so.
 */
export function outsideMatch(side: Side, set: AddressSet, cluster: Cluster): Match {
  return all(inverted(isEndpoint(side, podsOf(cluster))), { kind: "address", field: side, set });
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

/** A peer that is known to be neither pod nor node. */
export function isOutside(side: Side): Match {
  return { kind: "endpoint", side, ids: outsideIds };
}

const outsideIds: ReadonlySet<string> = new Set([outsideCluster]);

/** AdminNetworkPolicy's nodes, by the addresses of the input's Node objects. */
export function nodeMatch(side: Side, selector: Selector, cluster: Cluster): Match {
  const someone = all(inverted(isEndpoint(side, podsOf(cluster))), inverted(isOutside(side)));
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
