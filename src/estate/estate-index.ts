// Look-ups over an estate that every question needs: who has an address, who is in a group, what a place is called.
// Built once for an estate and kept as long as it lives.
import { groupRing, type GroupRing, type Peers } from "../layers/security-group/decide.ts";
import { lowerNetworkAcl } from "../layers/nacl/decide.ts";
import type { NetworkAcl } from "../layers/nacl/model.ts";
import type { Direction } from "../layers/ports.ts";
import type { Address } from "../packet/address.ts";
import { singleAddress, unionOfAddresses, type AddressSet } from "../packet/address-set.ts";
import type { Chain } from "../rules/rule.ts";
import type {
  Estate,
  Gateway,
  Host,
  Interface,
  InterfaceAddress,
  LoadBalancer,
  Network,
  RouteTable,
  Subnet,
} from "./model.ts";

export interface EstateIndex {
  readonly estate: Estate;
  readonly peers: Peers;
  /** The interface that has a private (or IPv6) address inside a network. */
  readonly interfaceAt: (network: string, address: Address) => Interface | undefined;
  /** The interface whose public address this is, with the pair that the internet gateway exchanges. */
  readonly publicInterface: (
    address: Address,
  ) => { readonly interface: Interface; readonly address: InterfaceAddress } | undefined;
  readonly subnetOf: (place: Interface) => Subnet | undefined;
  readonly networkOf: (subnet: Subnet) => Network | undefined;
  readonly hostOf: (place: Interface) => Host | undefined;
  readonly loadBalancerOf: (place: Interface) => LoadBalancer | undefined;
  readonly ringOf: (place: Interface) => GroupRing;
  readonly chainOf: (acl: NetworkAcl, direction: Direction) => Chain;
  readonly subnetsOf: (network: string) => readonly Subnet[];
  readonly routeTableOf: (subnet: Subnet) => RouteTable | undefined;
  readonly internetGatewayOf: (network: string) => Gateway | undefined;
  readonly gateways: readonly Gateway[];
}

const built = new WeakMap<Estate, EstateIndex>();

export function indexOf(estate: Estate): EstateIndex {
  const before = built.get(estate);
  if (before !== undefined) return before;
  const index = build(estate);
  built.set(estate, index);
  return index;
}

/** A text that equal addresses share. */
export function addressKey(address: Address): string {
  return `${address.family}:${address.value.toString(36)}`;
}

/** What interfaces alone say: made once for all estates that share them, as an edited estate shares most of another. */
interface InterfaceTables {
  readonly subnets: Estate["subnets"];
  readonly byAddress: ReadonlyMap<string, Interface>;
  readonly byPublic: ReadonlyMap<
    string,
    { readonly interface: Interface; readonly address: InterfaceAddress }
  >;
  readonly membersOf: (group: string) => AddressSet;
}

const tables = new WeakMap<Estate["interfaces"], InterfaceTables>();
const owners = new WeakMap<ReadonlyMap<string, Owner>, ReadonlyMap<string, string>>();

function tablesOf({ interfaces, subnets }: Estate): InterfaceTables {
  const before = tables.get(interfaces);
  if (before?.subnets === subnets) return before;
  const byAddress = new Map<string, Interface>();
  const byPublic = new Map<string, { interface: Interface; address: InterfaceAddress }>();
  const members = new Map<string, AddressSet[]>();
  for (const place of interfaces.values()) {
    const network = subnets.get(place.subnet)?.network ?? "";
    for (const address of place.addresses) {
      byAddress.set(`${network} ${addressKey(address.address)}`, place);
      const shown = address.public ?? (address.address.family === 6 ? address.address : undefined);
      if (shown !== undefined) byPublic.set(addressKey(shown), { interface: place, address });
    }
    for (const group of place.securityGroups) {
      const sets = members.get(group) ?? [];
      sets.push(...place.addresses.map((item) => singleAddress(item.address)));
      members.set(group, sets);
    }
  }
  const sets = new Map<string, AddressSet>();
  const membersOf = (group: string): AddressSet => {
    const known = sets.get(group);
    if (known !== undefined) return known;
    const set = unionOfAddresses(members.get(group) ?? []);
    sets.set(group, set);
    return set;
  };
  const made = { subnets, byAddress, byPublic, membersOf };
  tables.set(interfaces, made);
  return made;
}

interface Owner {
  readonly interfaces: readonly string[];
}

/** Whose each interface is. */
function ownersIn<T extends Owner>(places: ReadonlyMap<string, T>): (id: string) => T | undefined {
  let ids = owners.get(places);
  if (ids === undefined) {
    ids = new Map(
      [...places].flatMap(([owner, { interfaces }]) => interfaces.map((id) => [id, owner] as const)),
    );
    owners.set(places, ids);
  }
  const known = ids;
  return (id) => places.get(known.get(id) ?? "");
}

function build(estate: Estate): EstateIndex {
  const { byAddress, byPublic, membersOf } = tablesOf(estate);
  const peers: Peers = {
    members: (group) => (estate.securityGroups.has(group) ? membersOf(group) : undefined),
    prefixList: (id) => estate.prefixLists.get(id)?.set,
    groupName: (group) => estate.securityGroups.get(group)?.name,
  };
  const hostOf = ownersIn(estate.hosts);
  const balancerOf = ownersIn(estate.loadBalancers);
  const subnets = Map.groupBy(estate.subnets.values(), (subnet) => subnet.network);
  const rings = new Map<string, GroupRing>();
  const chains = new Map<string, Chain>();
  const gateways = [...estate.gateways.values()];
  return {
    estate,
    peers,
    gateways,
    interfaceAt: (network, address) => byAddress.get(`${network} ${addressKey(address)}`),
    publicInterface: (address) => byPublic.get(addressKey(address)),
    subnetOf: (place) => estate.subnets.get(place.subnet),
    networkOf: (subnet) => estate.networks.get(subnet.network),
    hostOf: (place) => hostOf(place.id),
    loadBalancerOf: (place) => balancerOf(place.id),
    ringOf: (place) => {
      // Interfaces with the same groups share one lowered ring: cost follows policies, not hosts.
      const key = place.securityGroups.join(" ");
      const before = rings.get(key);
      if (before !== undefined) return before;
      const groups = place.securityGroups.flatMap((id) => estate.securityGroups.get(id) ?? []);
      const ring = groupRing(groups, peers);
      rings.set(key, ring);
      return ring;
    },
    chainOf: (acl, direction) => {
      const key = `${acl.id} ${direction}`;
      const before = chains.get(key);
      if (before !== undefined) return before;
      const chain = lowerNetworkAcl(acl, direction);
      chains.set(key, chain);
      return chain;
    },
    subnetsOf: (network) => subnets.get(network) ?? [],
    routeTableOf: (subnet) =>
      subnet.routeTable === undefined ? undefined : estate.routeTables.get(subnet.routeTable),
    internetGatewayOf: (network) =>
      gateways.find((g) => g.kind === "internet" && g.networks.includes(network)),
  };
}

/** `db-1 (eni-0db1)`; the name alone where it is the id, or where the id is an ARN, which says it again. */
export function placeName(place: { readonly id: string; readonly name: string }): string {
  return place.name === place.id || place.id.startsWith("arn:") ? place.id : `${place.name} (${place.id})`;
}

/** An interface as people know it: by the machine or load balancer that it belongs to. */
export function interfaceName(index: EstateIndex, place: Interface): string {
  const owner = index.hostOf(place) ?? index.loadBalancerOf(place);
  if (owner === undefined) return placeName(place);
  return owner.name === place.id || place.kind === "pod" ? owner.name : `${owner.name} (${place.id})`;
}
