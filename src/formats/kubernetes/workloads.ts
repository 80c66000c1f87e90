// Puts pods together as workloads: pods of one owner that no selector tells apart are one class, since cost follows
// distinct policies and not pods. A template counts only where its own pods are not listed.
import { formatAddress, type Address } from "../../packet/address.ts";
import type { Origin } from "../../problem.ts";
import { asFlag, asMap, field, listField, textField } from "./fields.ts";
import type { KubernetesObject } from "./objects.ts";
import type { Attachment } from "./attachments.ts";
import { makesPods, podOf, type ContainerPort, type Pod } from "./pods.ts";
import type { Tree } from "../tree.ts";

export interface Workload {
  /** `namespace/name`, made unique where two kinds share it. */
  readonly id: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly ports: readonly ContainerPort[];
  readonly hostNetwork: boolean;
  readonly addresses: readonly Address[];
  /** The nodes that its pods run on, as far as the input says. */
  readonly nodes: readonly PodNode[];
  /** Whether `nodes` is all of them. */
  readonly nodesKnown: boolean;
  readonly running: boolean;
  readonly attachments: readonly Attachment[];
  readonly machine: boolean;
  readonly origin: Origin;
}

export interface PodNode {
  readonly name?: string;
  readonly address?: Address;
}

interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** The workloads of all objects, in the order in which they were written. */
export function readWorkloads(objects: readonly KubernetesObject[]): Workload[] {
  const makers = objects.filter((object) => makesPods(object.kind));
  const listed = new Map(makers.map((object) => [ownerKey(object.namespace, object), object]));
  const climb = (object: KubernetesObject, covered?: Set<string>): Owner => {
    let at: KubernetesObject | undefined = object;
    let top: Owner = object;
    const seen = new Set<KubernetesObject>();
    while (at !== undefined && !seen.has(at)) {
      seen.add(at);
      const reference = ownerOf(at);
      if (reference === undefined) break;
      const owner = machineOf(reference, object.namespace, listed);
      top = owner;
      covered?.add(ownerKey(object.namespace, owner));
      at = listed.get(ownerKey(object.namespace, owner));
    }
    return top;
  };
  const covered = new Set<string>();
  const members: { pod: Pod; top: Owner }[] = [];
  const take = (object: KubernetesObject): void => {
    members.push({ top: climb(object, covered), pod: podOf(object) });
  };
  for (const object of makers) if (object.kind === "Pod") take(object);
  // A running machine knows more than its VirtualMachine; both say less than its pod.
  for (const kind of ["VirtualMachineInstance", "Job"]) {
    for (const object of makers) {
      if (object.kind === kind && !covered.has(ownerKey(object.namespace, object))) take(object);
    }
  }
  const rest = makers.filter(
    (object) =>
      !["Pod", "VirtualMachineInstance", "Job"].includes(object.kind) &&
      !covered.has(ownerKey(object.namespace, object)),
  );
  for (const object of rest) {
    const owner = ownerOf(object);
    if (owner === undefined || !listed.has(ownerKey(object.namespace, owner))) take(object);
  }
  return classesOf(members, mentionedLabels(objects));
}

function ownerKey(namespace: string, owner: Owner): string {
  return `${owner.kind} ${namespace}/${owner.name}`;
}

/** A KubeVirt machine's instance has the machine's own name, and is often not exported. */
function machineOf(owner: Owner, namespace: string, listed: ReadonlyMap<string, KubernetesObject>): Owner {
  if (owner.kind !== "VirtualMachineInstance" || listed.has(ownerKey(namespace, owner))) return owner;
  const machine = { kind: "VirtualMachine", name: owner.name };
  return listed.has(ownerKey(namespace, machine)) ? machine : owner;
}

/** The owner that controls it. A static pod's owner is its node, which is no workload. */
function ownerOf(object: KubernetesObject): Owner | undefined {
  for (const item of listField(object.metadata, "ownerReferences")) {
    const reference = asMap(item, "an item of ownerReferences");
    const controller = field(reference, "controller");
    if (controller === undefined || !asFlag(controller, "controller")) continue;
    const kind = textField(reference, "kind") ?? "Pod";
    const name = textField(reference, "name");
    if (kind !== "Node" && name !== undefined) return { kind, name };
  }
  return undefined;
}

/** Label keys that any selector asks for: labels beyond them tell no two pods apart. */
function mentionedLabels(objects: readonly KubernetesObject[]): ReadonlySet<string> {
  const keys = new Set<string>();
  const walk = (tree: Tree): void => {
    if (tree.kind === "list") tree.items.forEach(walk);
    if (tree.kind !== "map") return;
    for (const [name, { value }] of tree.entries) {
      if ((name === "matchLabels" || name === "selector") && value.kind === "map") {
        for (const key of value.entries.keys()) keys.add(key);
      }
      if (name === "matchExpressions" && value.kind === "list") {
        for (const item of value.items) {
          const key = item.kind === "map" ? field(item, "key") : undefined;
          if (key?.kind === "scalar") keys.add(String(key.value));
        }
      }
      walk(value);
    }
  };
  for (const object of objects) if (!makesPods(object.kind)) walk(object.map);
  return keys;
}

function classesOf(
  members: readonly { readonly pod: Pod; readonly top: Owner }[],
  decisive: ReadonlySet<string>,
): Workload[] {
  const classes = new Map<string, { top: Owner; pods: Pod[] }>();
  for (const { pod, top } of members) {
    const labels = [...pod.labels]
      .filter(([key]) => decisive.has(key))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    const attached = pod.attachments.map((each) => [
      each.namespace,
      each.name,
      each.addresses.map((address) => formatAddress(address)),
    ]);
    const key = JSON.stringify([
      pod.object.namespace,
      top.kind,
      top.name,
      labels,
      pod.ports,
      pod.hostNetwork,
      pod.running,
      attached,
    ]);
    const found = classes.get(key);
    if (found === undefined) classes.set(key, { top, pods: [pod] });
    else found.pods.push(pod);
  }
  const taken = new Set<string>();
  return [...classes.values()].flatMap(({ top, pods }) => {
    const [first] = pods;
    if (first === undefined) return [];
    const plain = `${first.object.namespace}/${top.name}`;
    const id = [plain, `${plain} (${top.kind})`, `${plain} (${first.object.kind} ${first.object.name})`].find(
      (each) => !taken.has(each),
    );
    if (id === undefined) throw new Error(`two classes of pods are both ${plain}`);
    taken.add(id);
    return [workloadOf(id, top, first, pods)];
  });
}

function workloadOf(id: string, top: Owner, first: Pod, pods: readonly Pod[]): Workload {
  const shared = [...first.labels].filter(([key, value]) =>
    pods.every((pod) => pod.labels.get(key) === value),
  );
  const machine = first.machine || top.kind.startsWith("VirtualMachine");
  return {
    id,
    kind: top.kind,
    namespace: first.object.namespace,
    name: top.name,
    labels: new Map(shared),
    ports: machine ? [] : first.ports,
    hostNetwork: first.hostNetwork,
    addresses: pods.flatMap((pod) => pod.addresses),
    nodes: pods.flatMap((pod): PodNode[] =>
      pod.nodeName === undefined && pod.hostAddress === undefined
        ? []
        : [
            {
              ...(pod.nodeName === undefined ? {} : { name: pod.nodeName }),
              ...(pod.hostAddress === undefined ? {} : { address: pod.hostAddress }),
            },
          ],
    ),
    nodesKnown: pods.every((pod) => pod.nodeName !== undefined || pod.hostAddress !== undefined),
    running: pods.some((pod) => pod.running),
    attachments: first.attachments,
    machine,
    origin: first.object.origin,
  };
}
