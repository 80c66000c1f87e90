// Pods as policies see them: real ones, and those that a workload's template would make. Which of them are one
// workload is decided in workloads.ts.
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
import {
  machineAddresses,
  machineAttachments,
  podAttachments,
  primaryNetworkAddresses,
  type Attachment,
} from "./attachments.ts";
import type { KubernetesObject } from "./objects.ts";
import type { MapTree, Tree } from "../tree.ts";

export interface ContainerPort {
  readonly name?: string;
  readonly protocol: number;
  readonly port: number;
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
