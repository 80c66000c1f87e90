// What tells interfaces apart: texts that are equal where every rule, or every route, treats two of them alike. Made for each
// interface, so it looks things up and joins them, and no more.
import type { EstateIndex } from "../../estate/estate-index.ts";
import type { Host, Interface } from "../../estate/model.ts";
import type { Atoms } from "./atoms.ts";
import { policyKeys } from "./policy-keys.ts";

export interface Keys {
  readonly key: string;
  readonly routeKey: string;
  readonly spotKey: string;
}

/** What tells interfaces apart: the whole key for rules, a part of it for ways. */
export function interfaceKeys(
  index: EstateIndex,
  atoms: Atoms,
  routeAtoms: Atoms,
): (place: Interface) => Keys {
  const { estate } = index;
  const special = specialSubnets(index);
  const machines = new Set(
    [...estate.routeTables.values()].flatMap((table) =>
      table.routes.flatMap((route) => (route.target.kind === "interface" ? [route.target.id] : [])),
    ),
  );
  const shared = sharedAddresses(estate.interfaces.values(), estate.subnets);
  const policyKey = policyKeys(estate.policies);
  const numbers = new Map<object, number>();
  const numberOf = (thing: object): number => {
    let number = numbers.get(thing);
    if (number === undefined) numbers.set(thing, (number = numbers.size));
    return number;
  };
  const subnetKeys = new Map<string, string>();
  const subnetKey = (id: string): string => {
    let key = subnetKeys.get(id);
    if (key === undefined) subnetKeys.set(id, (key = makeSubnetKey(id)));
    return key;
  };
  const makeSubnetKey = (id: string): string => {
    const subnet = estate.subnets.get(id);
    if (subnet === undefined || special.has(id)) return `subnet ${id}`;
    return JSON.stringify([
      subnet.network,
      subnet.routeTable,
      subnet.zone,
      subnet.networkAcl !== undefined,
      subnet.packetFilters,
    ]);
  };
  const hostKeys = (host: Host | undefined, place: Interface): [rules: string, routes: string] => {
    if (host === undefined) return ["", ""];
    const { firewall, interfaces } = host;
    const rules = [
      host.running ? "" : "stopped",
      host.system ?? "",
      host.listens === undefined
        ? ""
        : host.listens.map((item) => `${item.protocol}/${item.port}${item.local ? "l" : ""}`).join(" "),
      // Two firewalls of equal text are two all the same: what they know of their addresses differs.
      firewall === undefined ? "" : `f${numberOf(firewall)} ${place.device ?? ""}`,
      firewall !== undefined && interfaces.length > 1 ? place.id : "",
    ].join(";");
    return [rules, firewall === undefined ? "h" : `f${numberOf(firewall)} ${place.id}`];
  };
  return (place) => {
    const { addresses } = place;
    const four = addresses.find((item) => item.address.family === 4);
    const six = addresses.find((item) => item.address.family === 6);
    const spots = [four?.address, four?.public, six?.address];
    const balancer = index.loadBalancerOf(place);
    const [hostRules, hostRoutes] = hostKeys(index.hostOf(place), place);
    const doubled = spots
      .map((address) => (address === undefined ? undefined : shared.get(address.value)))
      .join(" ");
    const own = machines.has(place.id) ? place.id : "";
    const policed = place.kind === "pod" ? policyKey(place.id) : "";
    const routeKey = [
      subnetKey(place.subnet),
      place.kind,
      place.securityGroups.length > 0,
      place.sourceDestinationCheck,
      ...spots.map((address) => (address === undefined ? "" : routeAtoms.of(address))),
      balancer?.id ?? "",
      hostRoutes,
      own,
      policed !== "",
      doubled,
    ].join("|");
    const spotKey = [
      place.subnet,
      ...spots.map((address) => (address === undefined ? "" : atoms.of(address))),
    ].join("|");
    const key = [spotKey, routeKey, place.securityGroups.join(" "), hostRules, policed].join("|");
    return { key, routeKey, spotKey };
  };
}

/** Subnets that the way of others may lead through: they are told apart from their neighbours. */
function specialSubnets({ estate, gateways }: EstateIndex): ReadonlySet<string> {
  const special = new Set<string>();
  for (const gateway of gateways) {
    if (gateway.kind === "nat") special.add(gateway.subnet);
    if (gateway.kind === "transit")
      for (const attachment of gateway.attachments)
        for (const subnet of attachment.subnets) special.add(subnet);
  }
  for (const table of estate.routeTables.values()) {
    for (const { target } of table.routes) {
      const subnet = target.kind === "interface" ? estate.interfaces.get(target.id)?.subnet : undefined;
      if (subnet !== undefined) special.add(subnet);
    }
  }
  return special;
}

/** Addresses that several interfaces have, in networks that overlap: who has them, in words that tell such cases apart. */
function sharedAddresses(
  interfaces: Iterable<Interface>,
  subnets: ReadonlyMap<string, { readonly network: string }>,
): ReadonlyMap<number | bigint, string> {
  const first = new Map<number | bigint, Interface>();
  const shared = new Map<number | bigint, string>();
  for (const place of interfaces) {
    for (const { address } of place.addresses) {
      const key = address.value;
      const other = first.get(key);
      if (other === undefined) first.set(key, place);
      else {
        const words = (one: Interface): string =>
          `${subnets.get(one.subnet)?.network ?? ""} ${one.securityGroups.join(" ")}`;
        shared.set(key, `${shared.get(key) ?? words(other)} / ${words(place)}`);
      }
    }
  }
  return shared;
}
