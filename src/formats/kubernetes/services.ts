// Services as places: an address and ports in front of pods. kube-proxy rewrites the destination on the client's node,
// so policies see the pod's address and target port, and the client's own address. (kubernetes.io, "Service")
import type { LoadBalancer, LoadBalancerListener } from "../../estate/model.ts";
import { parseAddress, type Address } from "../../packet/address.ts";
import {
  asMap,
  asText,
  asWhole,
  field,
  listField,
  mapField,
  mismatch,
  named,
  textField,
  textMap,
} from "./fields.ts";
import type { Cluster, Endpoint } from "./cluster.ts";
import { fullName, type KubernetesObject } from "./objects.ts";
import { portProtocol } from "./pods.ts";
import type { MapTree, Tree } from "../tree.ts";

export type Target = LoadBalancerListener["targets"][number];

export interface ServicePort {
  readonly name?: string;
  readonly protocol: number;
  readonly port: number;
  /** As written: a number, or the name of a container port; the service's own port where absent. */
  readonly targetPort: number | string;
  readonly targets: readonly Target[];
  readonly tree: MapTree;
}

export interface Service {
  readonly object: KubernetesObject;
  readonly ports: readonly ServicePort[];
  readonly addresses: readonly Address[];
  /** Reachable from outside by a load balancer of its own. */
  readonly external: boolean;
}

export function readServices(objects: readonly KubernetesObject[], cluster: Cluster): Service[] {
  return objects
    .filter((object) => object.kind === "Service")
    .map((object) => readService(object, objects, cluster));
}

function readService(
  object: KubernetesObject,
  objects: readonly KubernetesObject[],
  cluster: Cluster,
): Service {
  const spec = mapField(object.map, "spec");
  const selector = field(spec, "selector");
  const pods =
    selector === undefined ? undefined : selectedPods(object, textMap(selector, "selector"), cluster);
  const ports = listField(spec, "ports").map((item): ServicePort => {
    const map = asMap(item, "an item of ports");
    const number = field(map, "port");
    const port = number === undefined ? 0 : asWhole(number, "port", 1, 65535);
    const name = textField(map, "name");
    const targetPort = readPortOrName(field(map, "targetPort")) ?? port;
    const protocol = portProtocol(field(map, "protocol"));
    const targets =
      pods === undefined
        ? listedTargets(object, objects, cluster, name, targetPort)
        : pods.flatMap((endpoint) => podTarget(endpoint, protocol, targetPort));
    return { ...(name === undefined ? {} : { name }), protocol, port, targetPort, targets, tree: map };
  });
  const own = [
    textField(spec, "clusterIP") ?? "",
    ...listField(spec, "clusterIPs").map((item) => asText(item, "clusterIP")),
  ];
  const addresses = [...new Set(own)].flatMap((text) => parseAddress(text) ?? []);
  return { object, ports, addresses, external: textField(spec, "type") === "LoadBalancer" };
}

function selectedPods(
  object: KubernetesObject,
  selector: ReadonlyMap<string, string>,
  cluster: Cluster,
): Endpoint[] {
  if (selector.size === 0) return [];
  return cluster.endpoints.filter(
    ({ primary, workload }) =>
      primary &&
      workload.namespace === object.namespace &&
      [...selector].every(([key, value]) => workload.labels.get(key) === value),
  );
}

/** A named port is looked up in each pod; a pod that has none of that name is not served. */
function podTarget(endpoint: Endpoint, protocol: number, targetPort: number | string): Target[] {
  if (typeof targetPort === "number") return [{ interface: endpoint.id, port: targetPort }];
  const port = endpoint.workload.ports.find((each) => each.name === targetPort && each.protocol === protocol);
  return port === undefined ? [] : [{ interface: endpoint.id, port: port.port }];
}

/** Without a selector, people list the addresses themselves: Endpoints, or EndpointSlices with the service's name as a label. */
function listedTargets(
  service: KubernetesObject,
  objects: readonly KubernetesObject[],
  cluster: Cluster,
  portName: string | undefined,
  targetPort: number | string,
): Target[] {
  const mine = objects.filter((object) => {
    if (object.namespace !== service.namespace) return false;
    if (object.kind === "Endpoints") return object.name === service.name;
    return (
      object.kind === "EndpointSlice" && object.labels.get("kubernetes.io/service-name") === service.name
    );
  });
  return mine.flatMap((object): Target[] => {
    const groups =
      object.kind === "Endpoints"
        ? listField(object.map, "subsets").map((item) => asMap(item, "a subset"))
        : [object.map];
    return groups.flatMap((group) => {
      const port = listedPort(group, portName) ?? (typeof targetPort === "number" ? targetPort : undefined);
      return listedAddresses(object.kind, group).map((address): Target => {
        const pod = cluster.endpoints.find((endpoint) =>
          endpoint.addresses.some((own) => own.family === address.family && own.value === address.value),
        );
        return {
          ...(pod === undefined ? { address } : { interface: pod.id }),
          ...(port === undefined ? {} : { port }),
        };
      });
    });
  });
}

function listedAddresses(kind: string, group: MapTree): Address[] {
  const texts =
    kind === "Endpoints"
      ? listField(group, "addresses").map((item) => textField(asMap(item, "an address"), "ip") ?? "")
      : listField(group, "endpoints").flatMap((item) =>
          listField(asMap(item, "an endpoint"), "addresses").map((each) => asText(each, "an address")),
        );
  return texts.flatMap((text) => parseAddress(text) ?? []);
}

function listedPort(group: MapTree, name: string | undefined): number | undefined {
  for (const item of listField(group, "ports")) {
    const map = asMap(item, "an item of ports");
    const number = field(map, "port");
    if ((textField(map, "name") ?? "") === (name ?? "") && number !== undefined) {
      return asWhole(number, "port", 1, 65535);
    }
  }
  return undefined;
}

export function readPortOrName(tree: Tree | undefined): number | string | undefined {
  if (tree === undefined) return undefined;
  if (tree.kind === "scalar" && typeof tree.value === "string") return tree.value;
  if (tree.kind === "scalar" && typeof tree.value === "number")
    return asWhole(tree, "a port", 0, 65535) || undefined;
  throw mismatch(tree, "a port", "a number from 1 to 65535, or a port's name");
}

export function serviceId(service: Service): string {
  return `service ${service.object.namespace}/${service.object.name}`;
}

/** The place that stands for a service: whoever asks for it is led to its targets. */
export function serviceBalancer(service: Service): LoadBalancer {
  const { object } = service;
  return {
    id: serviceId(service),
    // Not its bare name: a service is commonly called as the workload that it serves.
    name: serviceId(service),
    tags: Object.fromEntries(object.labels),
    origin: object.origin,
    kind: "service",
    // Nothing stands at a service's address: the client's own node picks one of the targets.
    interfaces: [],
    internetFacing: service.external,
    listeners: service.ports.map((port) => ({
      protocol: port.protocol,
      ports: [port.port, port.port],
      targets: port.targets,
      origin: named(port.tree.origin, `${fullName(object)} port ${port.port}`),
      text: `port ${port.port} to target port ${port.targetPort}`,
    })),
    preservesClient: true,
  };
}
