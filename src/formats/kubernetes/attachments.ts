// What annotations and machines say of a pod's further networks and of its addresses there: Multus, OVN-Kubernetes,
// KubeVirt and cloud-init. Which network is meant is for networks.ts.
import { parseAddress, type Address } from "../../packet/address.ts";
import { Problem } from "../../problem.ts";
import { parse } from "yaml";
import { asMap, listField, mapField, textField } from "./fields.ts";
import type { KubernetesObject } from "./objects.ts";
import type { MapTree } from "../tree.ts";

/** A secondary network that a pod asks for: the NetworkAttachmentDefinition, and the addresses where they are said. */
export interface Attachment {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly Address[];
}

/** Multus: a JSON list, or names as `[namespace/]name[@interface]` between commas. (k8snetworkplumbingwg, "NetworkAttachmentSelection annotation") */
export function podAttachments(
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
export function primaryNetworkAddresses(object: KubernetesObject): Address[] {
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
export function machineAddresses(object: KubernetesObject): Address[] {
  if (object.kind !== "VirtualMachineInstance") return [];
  const [first] = listField(mapField(object.map, "status"), "interfaces");
  return first === undefined ? [] : addressesIn([textField(asMap(first, "an interface"), "ipAddress")]);
}

/** KubeVirt: networks by Multus, their addresses from cloud-init where only one such network can have them. */
export function machineAttachments(spec: MapTree, object: KubernetesObject): Attachment[] {
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
