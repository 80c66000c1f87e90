// Pods as policies see them: real ones, and those that a workload's template would make. Which of them are one
// workload is decided in workloads.ts.
import { parse } from "yaml";
import { parseAddress, type Address } from "../../packet/address.ts";
import { parseProtocol, TCP } from "../../packet/protocol.ts";
import { Problem } from "../../problem.ts";
import {
  asFlag,
  asMap,
  asText,
  asWhole,
  asWord,
  field,
  listField,
  mapField,
  required,
  textField,
  textMap,
} from "./fields.ts";
import type { KubernetesObject } from "./objects.ts";
import type { MapTree, Tree } from "./tree.ts";

export interface ContainerPort {
  readonly name?: string;
  readonly protocol: number;
  readonly port: number;
}

/** A secondary network that a pod asks for: the NetworkAttachmentDefinition, and the addresses where they are said. */
export interface Attachment {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly Address[];
}

export interface Pod {
  readonly object: KubernetesObject;
  readonly labels: ReadonlyMap<string, string>;
  readonly ports: readonly ContainerPort[];
  readonly hostNetwork: boolean;
  /** Empty where the input has none: a template's pods, or a pod that was not scheduled. */
  readonly addresses: readonly Address[];
  readonly nodeName?: string;
  readonly hostAddress?: Address;
  readonly running: boolean;
  readonly attachments: readonly Attachment[];
  /** A KubeVirt machine: its ports are its guest's, and stand nowhere. */
  readonly machine: boolean;
}

/** Kinds that make pods, and where their template stands. */
const templatePaths: Readonly<Record<string, readonly string[]>> = {
  Deployment: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  DeploymentConfig: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  VirtualMachine: ["spec", "template"],
  VirtualMachineInstance: [],
};

export function makesPods(kind: string): boolean {
  return kind === "Pod" || Object.hasOwn(templatePaths, kind);
}

export const protocolNames = ["TCP", "UDP", "SCTP"] as const;

/** A protocol of a port; TCP where it is not said. */
export function portProtocol(tree: Tree | undefined): number {
  return tree === undefined ? TCP : (parseProtocol(asWord(tree, "protocol", protocolNames)) ?? TCP);
}

/** The pods of an object: a real one, or the one kind of pod that its template makes. */
export function podOf(object: KubernetesObject): Pod {
  if (object.kind === "Pod") return realPod(object);
  let template = object.map;
  for (const name of templatePaths[object.kind] ?? []) {
    template = asMap(required(template, name, `a ${object.kind}`), name);
  }
  const metadata = mapField(template, "metadata");
  const spec = asMap(required(template, "spec", `the template of a ${object.kind}`), "spec");
  const replicas = field(mapField(object.map, "spec"), "replicas");
  const machine = object.kind.startsWith("VirtualMachine");
  return {
    object,
    labels: textMap(field(metadata, "labels"), "label"),
    ports: machine ? [] : containerPorts(spec),
    hostNetwork: isHostNetwork(spec),
    addresses: machine ? machineAddresses(object) : [],
    running: replicas === undefined || asWhole(replicas, "replicas", 0, 2 ** 31 - 1) > 0,
    attachments: [
      ...podAttachments(textMap(field(metadata, "annotations"), "annotation"), object),
      ...(machine ? machineAttachments(spec, object) : []),
    ],
    machine,
  };
}

function realPod(object: KubernetesObject): Pod {
  const spec = asMap(required(object.map, "spec", "a Pod"), "spec");
  const status = mapField(object.map, "status");
  const phase = textField(status, "phase");
  const hostNetwork = isHostNetwork(spec);
  const hostAddress = addressField(status, "hostIP");
  const nodeName = textField(spec, "nodeName");
  const own = [
    ...listField(status, "podIPs").map((item) => addressField(asMap(item, "an item of podIPs"), "ip")),
    addressField(status, "podIP"),
  ].filter((address) => address !== undefined);
  const userDefined = primaryNetworkAddresses(object);
  const addresses = hostNetwork && hostAddress !== undefined ? [hostAddress] : own;
  return {
    object,
    labels: object.labels,
    ports: containerPorts(spec),
    hostNetwork,
    addresses: distinct(userDefined.length > 0 ? userDefined : addresses),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(hostAddress === undefined ? {} : { hostAddress }),
    running: phase !== "Succeeded" && phase !== "Failed",
    attachments: podAttachments(object.annotations, object),
    machine: false,
  };
}

function isHostNetwork(spec: MapTree): boolean {
  const flag = field(spec, "hostNetwork");
  return flag !== undefined && asFlag(flag, "hostNetwork");
}

function addressField(map: MapTree | undefined, name: string): Address | undefined {
  const tree = field(map, name);
  if (tree === undefined) return undefined;
  const text = asText(tree, name);
  if (text === "") return undefined;
  const address = parseAddress(text);
  if (address === undefined) {
    throw new Problem("meaning", `${name} is expected to be an address, not “${text}”`, {
      origin: tree.origin,
    });
  }
  return address;
}

function distinct(addresses: readonly Address[]): Address[] {
  return addresses.filter(
    (address, at) =>
      addresses.findIndex((other) => other.family === address.family && other.value === address.value) === at,
  );
}

/** Ports of containers and of sidecars (init containers that keep running). */
function containerPorts(spec: MapTree): ContainerPort[] {
  const sidecars = listField(spec, "initContainers").filter(
    (item) => textField(asMap(item, "an item of initContainers"), "restartPolicy") === "Always",
  );
  return [...listField(spec, "containers"), ...sidecars].flatMap((item) =>
    listField(asMap(item, "a container"), "ports").flatMap((each): ContainerPort[] => {
      const map = asMap(each, "an item of ports");
      const port = field(map, "containerPort");
      const name = textField(map, "name");
      // Informative only, so a port that is missing hides nothing: named ports then find no number.
      if (port === undefined) return [];
      return [
        {
          protocol: portProtocol(field(map, "protocol")),
          port: asWhole(port, "containerPort", 1, 65535),
          ...(name === undefined ? {} : { name }),
        },
      ];
    }),
  );
}

/** Multus: a JSON list, or names as `[namespace/]name[@interface]` between commas. (k8snetworkplumbingwg, "NetworkAttachmentSelection annotation") */
function podAttachments(
  annotations: ReadonlyMap<string, string>,
  object: KubernetesObject,
): readonly Attachment[] {
  const text = annotations.get("k8s.v1.cni.cncf.io/networks")?.trim() ?? "";
  if (text === "") return [];
  if (!/^[[{]/.test(text)) return text.split(",").map((part) => attachmentName(part, object.namespace));
  const list = jsonIn(text, "k8s.v1.cni.cncf.io/networks", object);
  return (Array.isArray(list) ? list : [list]).map((item): Attachment => {
    const name = property(item, "name");
    const namespace = property(item, "namespace");
    const ips = property(item, "ips");
    if (typeof name !== "string") {
      throw new Problem(
        "meaning",
        "an item of the annotation k8s.v1.cni.cncf.io/networks is expected to have a name",
        { origin: object.origin },
      );
    }
    return {
      name,
      namespace: typeof namespace === "string" ? namespace : object.namespace,
      addresses: addressesIn(Array.isArray(ips) ? ips : []),
    };
  });
}

function attachmentName(text: string, namespace: string): Attachment {
  const [path = ""] = text.trim().split("@");
  const slash = path.indexOf("/");
  return slash < 0
    ? { namespace, name: path, addresses: [] }
    : { namespace: path.slice(0, slash), name: path.slice(slash + 1), addresses: [] };
}

/** What `192.0.2.7/24` says of an interface is its own address; the length is its network's. */
function addressesIn(texts: readonly unknown[]): Address[] {
  return texts.flatMap((text) => {
    const address = typeof text === "string" ? parseAddress(text.split("/")[0] ?? "") : undefined;
    return address === undefined ? [] : [address];
  });
}

/** OVN-Kubernetes notes a pod's address on its user-defined primary network in an annotation; status.podIP is another network's. */
function primaryNetworkAddresses(object: KubernetesObject): Address[] {
  const text = object.annotations.get("k8s.ovn.org/pod-networks");
  if (text === undefined) return [];
  const networks = jsonIn(text, "k8s.ovn.org/pod-networks", object);
  if (typeof networks !== "object" || networks === null) return [];
  return Object.values(networks).flatMap((network: unknown) => {
    const ips = property(network, "ip_addresses");
    return property(network, "role") === "primary" && Array.isArray(ips) ? addressesIn(ips) : [];
  });
}

/** A VirtualMachineInstance's own report of its first interface. */
function machineAddresses(object: KubernetesObject): Address[] {
  if (object.kind !== "VirtualMachineInstance") return [];
  const [first] = listField(mapField(object.map, "status"), "interfaces");
  return first === undefined ? [] : addressesIn([textField(asMap(first, "an interface"), "ipAddress")]);
}

/** KubeVirt: networks by Multus, their addresses from cloud-init where only one such network can have them. */
function machineAttachments(spec: MapTree, object: KubernetesObject): Attachment[] {
  const networks = listField(spec, "networks").map((item) => asMap(item, "an item of networks"));
  const names = networks.flatMap((network) => {
    const name = textField(mapField(network, "multus"), "networkName");
    return name === undefined ? [] : [name];
  });
  const addresses = names.length === 1 ? cloudInitAddresses(spec) : [];
  return names.map((name) => ({ ...attachmentName(name, object.namespace), addresses }));
}

/** Addresses of the guest's interfaces beyond the first; how the guest names them is its own affair. */
function cloudInitAddresses(spec: MapTree): Address[] {
  return listField(spec, "volumes").flatMap((item) => {
    const volume = asMap(item, "an item of volumes");
    const text = textField(
      mapField(volume, "cloudInitNoCloud") ?? mapField(volume, "cloudInitConfigDrive"),
      "networkData",
    );
    if (text === undefined) return [];
    const ethernets = property(guestYaml(text), "ethernets");
    if (typeof ethernets !== "object" || ethernets === null) return [];
    return Object.entries(ethernets).flatMap(([name, ethernet]) => {
      const addresses: unknown = property(ethernet, "addresses");
      return name === "eth0" || !Array.isArray(addresses) ? [] : addressesIn(addresses);
    });
  });
}

/** The guest's configuration is not the cluster's: what can't be read there only leaves an address unknown. */
function guestYaml(text: string): unknown {
  try {
    const value: unknown = parse(text, { maxAliasCount: 10 });
    return value;
  } catch {
    return undefined;
  }
}

function jsonIn(text: string, annotation: string, object: KubernetesObject): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw new Problem("syntax", `the annotation ${annotation} is expected to be JSON`, {
      origin: object.origin,
    });
  }
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  const entry: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
  return entry;
}
