// AdminNetworkPolicy and BaselineAdminNetworkPolicy (policy.networking.k8s.io/v1alpha1): read strictly and lowered to
// rules in their written order. (network-policy-api.sigs.k8s.io, API reference)
import type { NetworkPolicy } from "../../layers/network-policy/model.ts";
import { Problem, type Unknown } from "../../problem.ts";
import { all, always, any, type Match } from "../../rules/match.ts";
import type { Action, Rule } from "../../rules/rule.ts";
import type { Cluster, Endpoint } from "./cluster.ts";
import {
  asList,
  asMap,
  asWhole,
  asWord,
  field,
  listField,
  named,
  onlyFields,
  required,
  textField,
} from "./fields.ts";
import { listText, podPeerText } from "./network-policy.ts";
import { fullName, type KubernetesObject } from "./objects.ts";
import {
  addressPeerMatch,
  cidrSet,
  nodeMatch,
  podPeerMatch,
  selectedBy,
  type PodPeer,
  type Side,
} from "./peers.ts";
import { portsMatch, portsText, readAdminPort } from "./ports.ts";
import { readSelector, selectorText, type Selector } from "./selectors.ts";
import type { MapTree, Tree } from "../tree.ts";

type Direction = "ingress" | "egress";

interface Scope {
  readonly cluster: Cluster;
  readonly policy: KubernetesObject;
  /** Admin policies bind pods on their primary network. */
  readonly endpoints: readonly Endpoint[];
  readonly selected: readonly Endpoint[];
  readonly unknowns: Unknown[];
}

export function readAdminPolicy(
  policy: KubernetesObject,
  cluster: Cluster,
): { readonly policy: NetworkPolicy; readonly unknowns: readonly Unknown[] } {
  const kind = policy.kind === "AdminNetworkPolicy" ? policy.kind : "BaselineAdminNetworkPolicy";
  onlyFields(policy.map, `a ${kind}`, ["apiVersion", "kind", "metadata", "spec", "status"]);
  const spec = asMap(required(policy.map, "spec", `a ${kind}`), "spec");
  const isAdmin = kind === "AdminNetworkPolicy";
  onlyFields(spec, "the spec", [...(isAdmin ? ["priority"] : []), "subject", "ingress", "egress"]);
  if (!isAdmin && policy.name !== "default") {
    throw new Problem(
      "meaning",
      `a BaselineAdminNetworkPolicy is expected to be named default, not “${policy.name}”`,
      {
        origin: policy.origin,
      },
    );
  }
  const priority = isAdmin ? asWhole(required(spec, "priority", "the spec"), "priority", 0, 1000) : 0;
  const endpoints = cluster.primary;
  const unknowns: Unknown[] = [];
  const subject = readPods(
    asMap(required(spec, "subject", "the spec"), "subject"),
    "subject",
    policy,
    unknowns,
  );
  const selected = selectedBy(subject, cluster, endpoints).pods;
  const everyone = subject.namespaces?.length === 0 && subject.pods.length === 0;
  const scope: Scope = { cluster, policy, endpoints, selected, unknowns };
  const bound = everyone && cluster.controller !== undefined ? [...selected, cluster.controller] : selected;
  const rules = (direction: Direction): Rule[] =>
    listField(spec, direction).map((item, at) => readRule(item, at, direction, scope));
  return {
    policy: {
      kind,
      name: policy.name,
      priority,
      pods: new Set(bound.map((endpoint) => endpoint.id)),
      ingress: rules("ingress"),
      egress: rules("egress"),
      origin: policy.origin,
    },
    unknowns,
  };
}

const actions: Readonly<Record<string, Action>> = {
  Allow: { kind: "accept" },
  Deny: { kind: "drop" },
  // On to the NetworkPolicies, past all further admin policies.
  Pass: { kind: "return" },
};

function readRule(item: Tree, at: number, direction: Direction, scope: Scope): Rule {
  const map = asMap(item, `an item of ${direction}`);
  const end = direction === "ingress" ? "from" : "to";
  onlyFields(map, `an item of ${direction}`, ["name", "action", end, "ports"]);
  const words = scope.policy.kind === "AdminNetworkPolicy" ? ["Allow", "Deny", "Pass"] : ["Allow", "Deny"];
  const word = asWord(required(map, "action", `an item of ${direction}`), "action", words);
  const action = actions[word];
  const list = asList(required(map, end, `an item of ${direction}`), end);
  if (list.items.length === 0 || action === undefined) {
    throw new Problem("meaning", `${end} is expected to have at least one peer`, { origin: list.origin });
  }
  const side: Side = direction === "ingress" ? "source" : "destination";
  const peers = list.items.map((peer) => readPeer(peer, direction, side, scope));
  const ports = listField(map, "ports").map(readAdminPort);
  const name = textField(map, "name");
  const destinations = direction === "ingress" ? scope.selected : scope.endpoints;
  const service = ports.length === 0 ? "" : `, ${portsText(ports)}`;
  return {
    match: all(
      any(...peers.map((peer) => peer.match)),
      ports.length === 0 ? always : portsMatch(ports, destinations),
    ),
    actions: [action],
    origin: named(map.origin, `${fullName(scope.policy)} ${direction} ${name ?? at + 1}`),
    text: `${word} ${direction} ${end} ${listText(peers.map((peer) => peer.text))}${service}`,
  };
}

function readPeer(
  item: Tree,
  direction: Direction,
  side: Side,
  scope: Scope,
): { readonly match: Match; readonly text: string } {
  const { cluster, endpoints } = scope;
  const map = asMap(item, "a peer");
  const kinds = [
    "namespaces",
    "pods",
    ...(direction === "egress" ? ["nodes", "networks", "domainNames"] : []),
  ];
  onlyFields(map, `a peer of ${direction}`, kinds);
  exactlyOne(map, kinds, `a peer of ${direction}`);
  const nodes = field(map, "nodes");
  if (nodes !== undefined) {
    const selector = readSelector(nodes, "nodes");
    if (cluster.nodes.length === 0) {
      scope.unknowns.push({
        origin: map.origin,
        what: `${fullName(scope.policy)} selects nodes, and no Node is in the input`,
        effect: "for addresses that may be a node's, answers depend on it",
      });
    }
    return { match: nodeMatch(side, selector, cluster), text: `nodes ${selectorText(selector)}` };
  }
  const networks = field(map, "networks");
  if (networks !== undefined) {
    const { set, text } = cidrSet(asList(networks, "networks").items);
    return { match: addressPeerMatch(side, set, cluster, endpoints), text };
  }
  const domains = field(map, "domainNames");
  if (domains !== undefined) {
    const what = "the addresses that its domain names stand for";
    scope.unknowns.push({
      origin: map.origin,
      what: `${fullName(scope.policy)} names domains`,
      effect: "matched or not, can't be known: it hangs on the answers of the name service",
    });
    return { match: { kind: "unknown", what, origin: map.origin }, text: "domain names" };
  }
  const peer = readPods(map, "a peer", scope.policy, scope.unknowns);
  return {
    match: podPeerMatch(side, peer, cluster, endpoints),
    text: podPeerText(peer.namespaces, peer.pods),
  };
}

/** `namespaces: selector`, or `pods: { namespaceSelector, podSelector }`. */
function readPods(map: MapTree, what: string, policy: KubernetesObject, unknowns: Unknown[]): PodPeer {
  exactlyOne(map, ["namespaces", "pods"], what);
  const namespaces = field(map, "namespaces");
  if (namespaces !== undefined) {
    return { namespaces: readSelector(namespaces, "namespaces"), ownNamespace: "", pods: [] };
  }
  const inner = asMap(required(map, "pods", what), "pods");
  onlyFields(inner, "pods", ["namespaceSelector", "podSelector"]);
  const selector = (name: string): Selector => {
    const tree = field(inner, name);
    if (tree !== undefined) return readSelector(tree, name);
    unknowns.push({
      origin: inner.origin,
      what: `${fullName(policy)} has pods without a ${name}`,
      effect: "read as selecting all; the API server refuses such a policy",
    });
    return [];
  };
  return { namespaces: selector("namespaceSelector"), ownNamespace: "", pods: selector("podSelector") };
}

function exactlyOne(map: MapTree, names: readonly string[], what: string): void {
  onlyFields(map, what, names);
  if (names.filter((name) => field(map, name) !== undefined).length === 1) return;
  throw new Problem("meaning", `${what} is expected to have exactly one of ${names.join(", ")}`, {
    origin: map.origin,
  });
}
