// A cluster as places: networks, one subnet and route table for each, a host and its interfaces for each workload,
// services and entrances. What policies say of them comes from elsewhere.
import type {
  EstatePart,
  Gateway,
  Host,
  Interface,
  InterfaceAddress,
  LoadBalancer,
  NamedAddresses,
  Network,
  Route,
  RouteTable,
  Subnet,
} from "../../estate/model.ts";
import {
  allAddresses,
  isEmptyAddresses,
  prefixesOf,
  prefixSet,
  singleAddress,
  subtractAddresses,
  unionOfAddresses,
  type AddressSet,
} from "../../packet/address-set.ts";
import {
  addressBits,
  formatPrefix,
  makeAddress,
  requirePrefix,
  type Address,
  type Prefix,
} from "../../packet/address.ts";
import { Problem } from "../../problem.ts";
import type { Cluster, Endpoint } from "./cluster.ts";
import type { ClusterNetwork } from "./networks.ts";
import { serviceBalancer, serviceId, type Service } from "./services.ts";
import type { Workload } from "./workloads.ts";

/** Where pods get made-up addresses: shared address space (RFC 6598), which no pod can be addressed by from outside. */
const syntheticPrefix = requirePrefix("100.64.0.0/10");

type Places = Required<
  Pick<
    EstatePart,
    "networks" | "subnets" | "interfaces" | "hosts" | "routeTables" | "gateways" | "loadBalancers" | "names"
  >
>;

export function clusterPlaces(
  cluster: Cluster,
  services: readonly Service[],
  entrances: readonly LoadBalancer[],
): Places {
  const endpoints = [...cluster.endpoints, ...(cluster.controller === undefined ? [] : [cluster.controller])];
  const addresses = addressesOf(endpoints);
  const interfaces = new Map<string, Interface>(
    endpoints.map((endpoint) => [endpoint.id, podInterface(endpoint, addresses.get(endpoint.id) ?? [])]),
  );
  const gateway = nodesGateway(cluster);
  const networks: [string, Network][] = [];
  const subnets: [string, Subnet][] = [];
  const routeTables: [string, RouteTable][] = [];
  const sets = new Map(
    cluster.networks.all.map((network) => [network, addressesOn(network, cluster, interfaces)]),
  );
  for (const [network, own] of sets) {
    const others = subtractAddresses(
      unionOfAddresses([...sets].flatMap(([other, set]) => (other === network ? [] : set))),
      own,
    );
    const isAttached = network.kind === "attachment";
    const prefixes = prefixesOf(own);
    // Services' and other networks' addresses lie within the cluster too: their routes say what becomes of them.
    const within = isAttached
      ? prefixes
      : [...prefixes, ...prefixesOf(others), ...services.flatMap(servicePrefixes)];
    networks.push([
      network.id,
      { ...place(network), kind: isAttached ? "network" : "cluster", prefixes: within },
    ]);
    const table = `${network.id} routes`;
    subnets.push([
      subnetId(network),
      {
        ...place(network),
        id: subnetId(network),
        network: network.id,
        prefixes,
        routeTable: table,
        packetFilters: [],
      },
    ]);
    const further = isAttached
      ? []
      : [...isolationRoutes(network, others), ...serviceRoutes(services), nodeRoute(network, gateway.id)];
    const routes = [localRoute(network, own), ...further];
    routeTables.push([table, { ...place(network), id: table, network: network.id, routes, main: true }]);
  }
  return {
    networks: new Map(networks),
    subnets: new Map(subnets),
    routeTables: new Map(routeTables),
    interfaces,
    hosts: new Map(hostsOf(cluster, endpoints)),
    gateways: new Map([[gateway.id, gateway]]),
    loadBalancers: new Map(
      [...services.map(serviceBalancer), ...entrances].map((balancer) => [balancer.id, balancer]),
    ),
    names: new Map(nodeNames(cluster).map((name) => [name.id, name])),
  };
}

function place(network: ClusterNetwork): Pick<Network, "id" | "name" | "tags" | "origin"> {
  return { id: network.id, name: network.name, tags: {}, origin: network.origin };
}

function subnetId(network: ClusterNetwork): string {
  return `${network.id} pods`;
}

/** The input's own addresses; a made-up one where it has none. */
function addressesOf(endpoints: readonly Endpoint[]): ReadonlyMap<string, readonly InterfaceAddress[]> {
  const taken = new Set(
    endpoints
      .flatMap((endpoint) => endpoint.addresses)
      .map((address) => `${address.family} ${address.value}`),
  );
  const last = 2 ** (32 - syntheticPrefix.length);
  let next = 0;
  const make = (): Address => {
    for (next += 1; next < last; next += 1) {
      const address = makeAddress(4, Number(syntheticPrefix.value) + next);
      if (!taken.has(`4 ${address.value}`)) return address;
    }
    throw new Problem("limit", "a cluster of more workloads than there are shared addresses is not read");
  };
  return new Map(
    endpoints.map((endpoint) => [
      endpoint.id,
      endpoint.addresses.length > 0
        ? endpoint.addresses.map((address) => ({ address }))
        : [{ address: make(), synthetic: true }],
    ]),
  );
}

function podInterface(endpoint: Endpoint, addresses: readonly InterfaceAddress[]): Interface {
  const { workload, network } = endpoint;
  const device = endpoint.primary ? "eth0" : network.name;
  return {
    id: endpoint.id,
    name: endpoint.id,
    tags: {},
    origin: workload.origin,
    kind: "pod",
    subnet: subnetId(network),
    addresses,
    securityGroups: [],
    sourceDestinationCheck: false,
    owner: workload.id,
    device,
  };
}

/** A cluster address leads to one of the service's pods; which one, and so which policies, its address does not say. */
function serviceRoutes(services: readonly Service[]): Route[] {
  return services.flatMap((service) =>
    servicePrefixes(service).map((prefix): Route => ({
      destination: prefixSet(prefix),
      prefixes: [prefix],
      target: { kind: "unknown", what: `${serviceId(service)} (ask for it by that name)` },
      propagated: false,
      origin: service.object.origin,
      text: `${formatPrefix(prefix)} is the address of ${serviceId(service)}`,
    })),
  );
}

function servicePrefixes(service: Service): Prefix[] {
  return service.addresses.map((address) => ({ ...address, length: addressBits(address.family) }));
}

function hostsOf(cluster: Cluster, endpoints: readonly Endpoint[]): [string, Host][] {
  const workloads: Workload[] = [...cluster.workloads];
  if (cluster.controller !== undefined) workloads.push(cluster.controller.workload);
  const own = Map.groupBy(endpoints, (endpoint) => endpoint.workload);
  return workloads.map((workload) => [
    workload.id,
    {
      id: workload.id,
      name: workload.id,
      tags: Object.fromEntries(workload.labels),
      origin: workload.origin,
      kind: "pod",
      interfaces: (own.get(workload) ?? []).map((endpoint) => endpoint.id),
      system: "linux",
      running: workload.running,
    },
  ]);
}

/** What nodes hand out on the pod network, and the addresses of the network's own pods, made-up ones too. */
function addressesOn(
  network: ClusterNetwork,
  cluster: Cluster,
  interfaces: ReadonlyMap<string, Interface>,
): AddressSet {
  const handedOut = network.kind === "pod" ? cluster.nodes.flatMap((node) => node.podPrefixes) : [];
  const own = [...interfaces.values()].filter((each) => each.subnet === subnetId(network));
  return unionOfAddresses([
    ...handedOut.map(prefixSet),
    ...own.flatMap((each) => each.addresses.map((item) => singleAddress(item.address))),
  ]);
}

/** Within its network a pod reaches every pod. */
function localRoute(network: ClusterNetwork, own: AddressSet): Route {
  return {
    destination: own,
    prefixes: prefixesOf(own),
    target: { kind: "local" },
    propagated: false,
    origin: network.origin,
    text: `${network.name} is local`,
  };
}

/** No way leads from one of the cluster's networks to another. (OVN-Kubernetes, "User Defined Networks") */
function isolationRoutes(network: ClusterNetwork, others: AddressSet): Route[] {
  if (isEmptyAddresses(others)) return [];
  return [
    {
      destination: others,
      prefixes: prefixesOf(others),
      target: { kind: "blackhole" },
      propagated: false,
      origin: network.origin,
      text: "to the cluster's other networks (isolated)",
    },
  ];
}

/** All else leaves by the node. An attached network leads nowhere else. */
function nodeRoute(network: ClusterNetwork, gateway: string): Route {
  return {
    destination: allAddresses,
    prefixes: [requirePrefix("0.0.0.0/0"), requirePrefix("::/0")],
    target: { kind: "gateway", id: gateway },
    propagated: false,
    origin: network.origin,
    text: "everything else leaves by the node",
  };
}

function nodesGateway(cluster: Cluster): Gateway {
  const { pod } = cluster.networks;
  return {
    id: "cluster nodes",
    name: "the cluster's nodes",
    tags: {},
    origin: pod.origin,
    kind: "private",
    networks: cluster.networks.all
      .filter((network) => network.kind !== "attachment")
      .map((network) => network.id),
  };
}

function nodeNames(cluster: Cluster): NamedAddresses[] {
  return cluster.nodes.map((node) => ({
    id: `node ${node.name}`,
    name: node.name,
    tags: Object.fromEntries(node.labels),
    origin: node.origin,
    set: unionOfAddresses(node.addresses.map(singleAddress)),
  }));
}
