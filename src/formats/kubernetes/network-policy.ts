// NetworkPolicy, and MultiNetworkPolicy, which says the same of attached networks: read strictly and lowered to rules
// on endpoints. (kubernetes.io, "Network Policies"; k8snetworkplumbingwg, multi-networkpolicy)
import type { IdlePart, NetworkPolicy } from "../../layers/network-policy/model.ts";
import {
  isAddressSubset,
  isEmptyAddresses,
  noAddresses,
  prefixSet,
  singleAddress,
  unionOfAddresses,
  type AddressSet,
} from "../../packet/address-set.ts";
import { Problem, type Unknown } from "../../problem.ts";
import { all, always, any, never, type Match } from "../../rules/match.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Cluster, Endpoint } from "./cluster.ts";
import { asMap, asWord, field, listField, named, onlyFields } from "./fields.ts";
import { fullName, type KubernetesObject } from "./objects.ts";
import { addressPeerMatch, outsideMatch, podPeerMatch, readIpBlock, selectedBy, type Side } from "./peers.ts";
import { anyPortMatch, portsMatch, portsText, readPort } from "./ports.ts";
import { readSelector, selects, selectorText, type Selector } from "./selectors.ts";
import type { MapTree, Tree } from "../tree.ts";

/** Which endpoints the policy can speak of, and how an ipBlock finds them. */
interface Scope {
  readonly cluster: Cluster;
  readonly policy: KubernetesObject;
  readonly endpoints: readonly Endpoint[];
  readonly selected: readonly Endpoint[];
  /** Gathers what stands for nothing. */
  readonly idle: IdlePart[];
}

export function readNetworkPolicy(policy: KubernetesObject, cluster: Cluster): NetworkPolicy {
  const spec = specOf(policy);
  const endpoints = cluster.primary;
  return lower(policy, spec, endpoints, cluster, "NetworkPolicy");
}

/** A policy for the networks of its annotation; an unknown where one of them is not in the input. */
export function readMultiNetworkPolicy(
  policy: KubernetesObject,
  cluster: Cluster,
): { readonly policy: NetworkPolicy; readonly unknowns: readonly Unknown[] } {
  const spec = specOf(policy);
  const annotation = policy.annotations.get("k8s.v1.cni.cncf.io/policy-for") ?? "";
  if (annotation.trim() === "") {
    throw new Problem(
      "meaning",
      "a MultiNetworkPolicy is expected to name its networks in the annotation k8s.v1.cni.cncf.io/policy-for",
      { origin: policy.origin },
    );
  }
  const networks = new Set<string>();
  const unknowns: Unknown[] = [];
  for (const name of annotation.split(",").map((part) => part.trim())) {
    const [namespace, own] = name.includes("/") ? name.split("/", 2) : [policy.namespace, name];
    const network = cluster.networks.attachment(namespace ?? "", own ?? "");
    if (network !== undefined) networks.add(network.id);
    else {
      unknowns.push({
        origin: policy.origin,
        what: `${fullName(policy)} is for the network ${name}`,
        effect: "without effect there: its NetworkAttachmentDefinition is not in the input",
      });
    }
  }
  const endpoints = cluster.endpoints.filter(
    (endpoint) => !endpoint.primary && networks.has(endpoint.network.id),
  );
  return { policy: lower(policy, spec, endpoints, cluster, "MultiNetworkPolicy"), unknowns };
}

/** An absent spec is an empty one: it selects every pod of its namespace, and lets nothing in. */
function specOf(policy: KubernetesObject): MapTree {
  onlyFields(policy.map, `a ${policy.kind}`, ["apiVersion", "kind", "metadata", "spec", "status"]);
  const tree = field(policy.map, "spec");
  if (tree === undefined) return { kind: "map", origin: policy.origin, entries: new Map() };
  const spec = asMap(tree, "spec");
  onlyFields(spec, "the spec", ["podSelector", "policyTypes", "ingress", "egress"]);
  return spec;
}

function lower(
  policy: KubernetesObject,
  spec: MapTree,
  endpoints: readonly Endpoint[],
  cluster: Cluster,
  kind: "NetworkPolicy" | "MultiNetworkPolicy",
): NetworkPolicy {
  const tree = field(spec, "podSelector");
  const pods: Selector = tree === undefined ? [] : readSelector(tree, "podSelector");
  const peer = { namespaces: undefined, ownNamespace: policy.namespace, pods };
  const selected = selectedBy(peer, cluster, endpoints).pods;
  const scope: Scope = { cluster, policy, endpoints, selected, idle: [] };
  const ingress = listField(spec, "ingress").map((item, at) => readRule(item, at, "ingress", scope));
  const egress = listField(spec, "egress").map((item, at) => readRule(item, at, "egress", scope));
  const types = policyTypes(spec, egress.length > 0);
  return {
    kind,
    name: policy.name,
    namespace: policy.namespace,
    priority: 0,
    pods: new Set(selected.map((endpoint) => endpoint.id)),
    ...(types.has("Ingress") ? { ingress } : {}),
    ...(types.has("Egress") ? { egress } : {}),
    ...(scope.idle.length === 0 ? {} : { idle: scope.idle }),
    origin: policy.origin,
  };
}

/** Ingress always, and Egress where there is an egress rule, unless policyTypes says otherwise. */
function policyTypes(spec: MapTree, hasEgress: boolean): ReadonlySet<string> {
  const listed = listField(spec, "policyTypes").map((item) =>
    asWord(item, "a policy type", ["Ingress", "Egress"]),
  );
  if (listed.length > 0) return new Set(listed);
  return new Set(hasEgress ? ["Ingress", "Egress"] : ["Ingress"]);
}

function readRule(item: Tree, at: number, direction: "ingress" | "egress", scope: Scope): Rule {
  const map: MapTree =
    item.kind === "scalar" && item.value === null
      ? { kind: "map", origin: item.origin, entries: new Map() }
      : asMap(item, `an item of ${direction}`);
  const end = direction === "ingress" ? "from" : "to";
  onlyFields(map, `an item of ${direction}`, [end, "ports"]);
  const side: Side = direction === "ingress" ? "source" : "destination";
  const peers = listField(map, end).map((peer) => readPeer(peer, end, side, scope));
  const ports = listField(map, "ports").map(readPort);
  const destinations = direction === "ingress" ? scope.selected : scope.endpoints;
  for (const port of ports)
    if (port.kind === "named" && portsMatch([port], destinations).kind === "never")
      scope.idle.push({ kind: "port", direction, text: port.name, origin: map.origin });
  const service = ports.length === 0 ? "" : `, ${portsText(ports)}`;
  return {
    match: all(
      peers.length === 0 ? always : peersMatch(peers, side, scope),
      ports.length === 0 ? anyPortMatch : portsMatch(ports, destinations),
    ),
    actions: [{ kind: "accept" }],
    origin: named(map.origin, `${fullName(scope.policy)} ${direction} ${at + 1}`),
    text: `${direction} ${end} ${peers.length === 0 ? "anyone" : listText(peers.map((peer) => peer.text))}${service}`,
  };
}

/** Either some addresses, or a test on pods. */
type Peer =
  | { readonly text: string; readonly set: AddressSet }
  | { readonly text: string; readonly match: Match };

/** All of a rule's ipBlocks are one set, so that a hundred of them cost as much as one. */
function peersMatch(peers: readonly Peer[], side: Side, scope: Scope): Match {
  const set = unionOfAddresses(peers.flatMap((peer) => ("set" in peer ? peer.set : [])));
  const attached = scope.policy.kind === "MultiNetworkPolicy";
  const addresses = attached
    ? addressPeerMatch(side, set, scope.cluster, scope.endpoints)
    : outsideMatch(side, set, scope.cluster);
  return any(
    ...peers.flatMap((peer) => ("match" in peer ? peer.match : [])),
    isEmptyAddresses(set) ? never : addresses,
  );
}

function readPeer(item: Tree, end: "from" | "to", side: Side, scope: Scope): Peer {
  const map = asMap(item, `an item of ${end}`);
  onlyFields(map, `an item of ${end}`, ["podSelector", "namespaceSelector", "ipBlock"]);
  const block = field(map, "ipBlock");
  const namespaceTree = field(map, "namespaceSelector");
  const podTree = field(map, "podSelector");
  if (block !== undefined) {
    if (namespaceTree !== undefined || podTree !== undefined) {
      throw new Problem("meaning", `an ipBlock is expected to stand alone in an item of ${end}`, {
        origin: map.origin,
        remedy: "give the selectors an item of their own",
      });
    }
    const peer = readIpBlock(block);
    if (isAddressSubset(peer.set, podAddresses(scope)))
      scope.idle.push({
        kind: "block",
        direction: end === "from" ? "ingress" : "egress",
        text: peer.text,
        origin: map.origin,
      });
    return peer;
  }
  if (namespaceTree === undefined && podTree === undefined) {
    throw new Problem(
      "meaning",
      `an item of ${end} is expected to have a podSelector, a namespaceSelector or an ipBlock`,
      { origin: map.origin, remedy: `leave ${end} out to mean everyone` },
    );
  }
  const namespaces =
    namespaceTree === undefined ? undefined : readSelector(namespaceTree, "namespaceSelector");
  const pods = podTree === undefined ? [] : readSelector(podTree, "podSelector");
  const peer = { namespaces, ownNamespace: scope.policy.namespace, pods };
  const match = podPeerMatch(side, peer, scope.cluster, scope.endpoints);
  const text = podPeerText(namespaces, pods);
  if (match.kind === "never")
    scope.idle.push({
      kind: namespaces === undefined || findsNamespace(namespaces, scope.cluster) ? "peer" : "elsewhere",
      direction: end === "from" ? "ingress" : "egress",
      text,
      origin: map.origin,
    });
  return { match, text };
}

function findsNamespace(namespaces: Selector, cluster: Cluster): boolean {
  // “All namespaces” are more than the input has.
  return (
    namespaces.length > 0 && [...cluster.namespaces.values()].some((labels) => selects(namespaces, labels))
  );
}

/** Where pods are for certain, as far as the input says; attached networks are enforced by address. */
function podAddresses({ policy, cluster }: Scope): AddressSet {
  if (policy.kind === "MultiNetworkPolicy") return noAddresses;
  return unionOfAddresses([
    ...cluster.nodes.flatMap((node) => node.podPrefixes.map(prefixSet)),
    ...cluster.primary
      .filter((endpoint) => !endpoint.asNode)
      .flatMap((endpoint) => endpoint.addresses.map(singleAddress)),
  ]);
}

/** Peers in a line: the first few, and how many more there are. */
export function listText(texts: readonly string[], most = 4): string {
  const shown = texts.slice(0, most).join(" or ");
  return texts.length > most ? `${shown} or ${texts.length - most} more` : shown;
}

export function podPeerText(namespaces: Selector | undefined, pods: Selector): string {
  const whose = pods.length === 0 ? "all pods" : `pods ${selectorText(pods)}`;
  if (namespaces === undefined) return `${whose} of its namespace`;
  return namespaces.length === 0
    ? `${whose} of all namespaces`
    : `${whose} of namespaces ${selectorText(namespaces)}`;
}
