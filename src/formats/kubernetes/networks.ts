// The networks of a cluster: the pod network, OVN-Kubernetes' user-defined networks that take its place for some
// namespaces, and the secondary networks of NetworkAttachmentDefinitions. Pods of different ones share no way.
// (OVN-Kubernetes, "User Defined Networks"; k8snetworkplumbingwg, "Network Custom Resource Definition De-facto Standard")
import { Problem, type Origin, type Unknown } from "../../problem.ts";
import { asMap, asWord, field, mapField, required, textField } from "./fields.ts";
import { fullName, type KubernetesObject } from "./objects.ts";
import { readSelector, selects, type Labels } from "./selectors.ts";
import type { MapTree } from "../tree.ts";

export interface ClusterNetwork {
  readonly id: string;
  readonly name: string;
  /** `pod` is the cluster's own; the two kinds of user-defined networks replace it; `attachment` stands beside it. */
  readonly kind: "pod" | "UserDefinedNetwork" | "ClusterUserDefinedNetwork" | "attachment";
  readonly origin: Origin;
}

export interface ClusterNetworks {
  readonly pod: ClusterNetwork;
  /** The primary network of a namespace's pods. */
  readonly primary: (namespace: string) => ClusterNetwork;
  /** The secondary network that a NetworkAttachmentDefinition leads to; undefined where it is not in the input. */
  readonly attachment: (namespace: string, name: string) => ClusterNetwork | undefined;
  readonly all: readonly ClusterNetwork[];
  readonly unknowns: readonly Unknown[];
}

/** Without this label a namespace keeps the pod network, whatever networks select it. */
const primaryLabel = "k8s.ovn.org/primary-user-defined-network";

export function readNetworks(
  objects: readonly KubernetesObject[],
  namespaces: ReadonlyMap<string, Labels>,
  origin: Origin,
): ClusterNetworks {
  const pod: ClusterNetwork = { id: "pod-network", name: "pod-network", kind: "pod", origin };
  const primary = new Map<string, ClusterNetwork>();
  const attachments = new Map<string, ClusterNetwork>();
  const unknowns: Unknown[] = [];
  const claim = (namespace: string, network: ClusterNetwork): void => {
    if (namespaces.get(namespace)?.has(primaryLabel) !== true) {
      unknowns.push({
        origin: network.origin,
        what: `${network.kind} ${network.name} for namespace ${namespace}`,
        effect: `not in force: the namespace has no label ${primaryLabel}, so its pods keep the pod network`,
      });
      return;
    }
    const before = primary.get(namespace);
    if (before !== undefined) {
      throw new Problem(
        "reference",
        `namespace ${namespace} already has the primary network ${before.name}; a namespace can have but one`,
        { origin: network.origin },
      );
    }
    primary.set(namespace, network);
  };
  for (const object of objects) {
    if (object.kind === "UserDefinedNetwork") {
      const spec = asMap(required(object.map, "spec", "a UserDefinedNetwork"), "spec");
      const network = userDefined(object, `${object.namespace}/${object.name}`);
      if (isPrimary(spec)) claim(object.namespace, network);
      else attachments.set(`${object.namespace}/${object.name}`, { ...network, kind: "attachment" });
    }
    if (object.kind === "ClusterUserDefinedNetwork") {
      const spec = asMap(required(object.map, "spec", "a ClusterUserDefinedNetwork"), "spec");
      const selector = readSelector(
        required(spec, "namespaceSelector", "the spec of a ClusterUserDefinedNetwork"),
        "namespaceSelector",
      );
      const inner = asMap(required(spec, "network", "the spec of a ClusterUserDefinedNetwork"), "network");
      const network = userDefined(object, object.name);
      for (const [namespace, labels] of namespaces) {
        if (!selects(selector, labels)) continue;
        if (isPrimary(inner)) claim(namespace, network);
        else attachments.set(`${namespace}/${object.name}`, { ...network, kind: "attachment" });
      }
    }
    if (object.kind === "NetworkAttachmentDefinition") {
      const { network, unknown } = definition(object);
      attachments.set(`${object.namespace}/${object.name}`, network);
      unknowns.push(...unknown);
    }
  }
  // Definitions in several namespaces that name one network lead to one network.
  const secondary = new Map([...attachments.values()].map((network) => [network.id, network]));
  return {
    pod,
    primary: (namespace) => primary.get(namespace) ?? pod,
    attachment: (namespace, name) => {
      const id = attachments.get(`${namespace}/${name}`)?.id;
      return id === undefined ? undefined : secondary.get(id);
    },
    all: [pod, ...new Set(primary.values()), ...secondary.values()],
    unknowns,
  };
}

function userDefined(object: KubernetesObject, name: string): ClusterNetwork {
  const kind =
    object.kind === "UserDefinedNetwork" ? "UserDefinedNetwork" : ("ClusterUserDefinedNetwork" as const);
  return { id: `${kind} ${name}`, name, kind, origin: object.origin };
}

function isPrimary(spec: MapTree): boolean {
  const layers = ["layer2", "layer3", "localnet"].flatMap((name) => mapField(spec, name) ?? []);
  return layers.some((layer) => {
    const role = field(layer, "role");
    return role !== undefined && asWord(role, "role", ["Primary", "Secondary"]) === "Primary";
  });
}

/** The network that a definition's configuration names; its own name where it names none. */
function definition(object: KubernetesObject): { network: ClusterNetwork; unknown: readonly Unknown[] } {
  const config = textField(mapField(object.map, "spec"), "config");
  let name = object.name;
  let unknown: Unknown[] = [];
  if (config !== undefined) {
    try {
      const value: unknown = JSON.parse(config);
      if (typeof value === "object" && value !== null && "name" in value && typeof value.name === "string") {
        name = value.name;
      }
    } catch {
      unknown = [
        {
          origin: object.origin,
          what: `the config of ${fullName(object)} is not JSON`,
          effect: "read as the network of its own name; Multus would refuse it",
        },
      ];
    }
  }
  const network: ClusterNetwork = {
    id: `attachment ${name}`,
    name,
    kind: "attachment",
    origin: object.origin,
  };
  return { network, unknown };
}
