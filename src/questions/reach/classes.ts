// The ends of the question: interfaces that every rule and every route treat alike as one class, and addresses outside of
// the estate in the same way. Per interface it looks things up and joins a key; everything dearer is done once a class.
import type { EstateIndex } from "../../estate/estate-index.ts";
import type { Host, Interface } from "../../estate/model.ts";
import type { Address, Family } from "../../packet/address.ts";
import {
  intersectAddresses,
  isAddressSubset,
  isEmptyAddresses,
  prefixSet,
  singleAddress,
  subtractAddresses,
  unionOfAddresses,
  formatAddressSet,
  type AddressSet,
} from "../../packet/address-set.ts";
import { familiarAddress } from "../../packet/familiar.ts";
import { internetAddresses, privateAddresses } from "../../packet/special.ts";
import { atomsOf, type Atoms } from "./atoms.ts";
import { namedSets, routingSets, ruleSets } from "./mentions.ts";
import type { EndClass, InsideClass, OutsideClass } from "./model.ts";
import { policyKeys } from "./policy-keys.ts";

/** A class of interfaces with what the engine needs of it. */
export interface Inside {
  readonly end: InsideClass;
  readonly at: number;
  readonly first: Interface;
  /** Another member, for the flows within the class. */
  readonly second: Interface | undefined;
  /** Classes with equal keys are led by the same routes to the same ends. */
  readonly routeKey: string;
  /** Classes with equal keys stand in one subnet, with addresses that no rule tells apart. */
  readonly spotKey: string;
}

export interface Outside {
  readonly end: OutsideClass;
  readonly at: number;
  readonly family: Family;
  /** The address that stands for all of them. */
  readonly address: Address;
  readonly routeKey: string;
  readonly spotKey: string;
  /** Begins connections: all but the vendor's services, which only answer. */
  readonly begins: boolean;
}

export interface Classes {
  readonly all: readonly EndClass[];
  readonly inside: readonly Inside[];
  readonly outside: readonly Outside[];
  readonly ofInterface: (id: string) => Inside | undefined;
}

export function classify(index: EstateIndex): Classes {
  const { estate } = index;
  const routing = [...routingSets(estate)];
  const atoms = atomsOf([...routing, ...ruleSets(estate), ...namedSets(estate)]);
  const routeAtoms = atomsOf(routing);
  const inside = insideClasses(index, atoms, routeAtoms);
  const outside = outsideClasses(index, atoms, routeAtoms, inside.classes.length);
  return {
    all: [...inside.classes.map(({ end }) => end), ...outside.map(({ end }) => end)],
    inside: inside.classes,
    outside,
    ofInterface: (id) => inside.byInterface.get(id),
  };
}

interface Gathered {
  readonly routeKey: string;
  readonly spotKey: string;
  readonly members: Interface[];
}

function insideClasses(
  index: EstateIndex,
  atoms: Atoms,
  routeAtoms: Atoms,
): { classes: Inside[]; byInterface: ReadonlyMap<string, Inside> } {
  const { estate } = index;
  const keyOf = interfaceKeys(index, atoms, routeAtoms);
  const gathered = new Map<string, Gathered>();
  for (const place of estate.interfaces.values()) {
    if (!isEnd(place)) continue;
    const { key, routeKey, spotKey } = keyOf(place);
    const before = gathered.get(key);
    if (before === undefined) gathered.set(key, { routeKey, spotKey, members: [place] });
    else before.members.push(place);
  }
  const byInterface = new Map<string, Inside>();
  const classes = [...gathered.values()].flatMap(({ routeKey, spotKey, members }, at): Inside[] => {
    const [first, second] = members;
    if (first === undefined) return [];
    const made: Inside = { end: insideEnd(index, members, first), at, first, second, routeKey, spotKey };
    for (const place of members) byInterface.set(place.id, made);
    return [made];
  });
  return { classes, byInterface };
}

/** Interfaces that begin or take connections of their own; those of NAT and transit gateways are parts of the way. */
function isEnd(place: Interface): boolean {
  return place.kind !== "nat-gateway" && place.kind !== "transit-gateway";
}

function insideEnd(index: EstateIndex, members: readonly Interface[], first: Interface): InsideClass {
  return {
    kind: "inside",
    id: `class ${first.id}`,
    name: nameOf(index, members, first),
    interfaces: members.map((place) => place.id),
    get addresses() {
      return unionOfAddresses(
        members.flatMap((place) => place.addresses.map((item) => singleAddress(item.address))),
      );
    },
    get shown() {
      return unionOfAddresses(
        members.flatMap((place) =>
          place.addresses.flatMap((item) => (item.public === undefined ? [] : [singleAddress(item.public)])),
        ),
      );
    },
  };
}

/** One machine by its name; of several what they have in common, and how many there are. */
function nameOf(index: EstateIndex, members: readonly Interface[], first: Interface): string {
  const ownerOf = (place: Interface): string =>
    (index.hostOf(place) ?? index.loadBalancerOf(place) ?? place).name;
  const names = [...new Set(members.slice(0, 4).map(ownerOf))];
  if (members.length <= 2) return names.join(", ");
  const groups = index.ringOf(first).groups.map((group) => group.name);
  const subnet = index.subnetOf(first)?.name ?? first.subnet;
  return groups.length > 0
    ? `${groups.join(", ")} in ${subnet} (${members.length})`
    : `${ownerOf(first)} and ${members.length - 1} like it`;
}

interface Keys {
  readonly key: string;
  readonly routeKey: string;
  readonly spotKey: string;
}

/** What tells interfaces apart: the whole key for rules, a part of it for ways. */
function interfaceKeys(index: EstateIndex, atoms: Atoms, routeAtoms: Atoms): (place: Interface) => Keys {
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

function outsideClasses(index: EstateIndex, atoms: Atoms, routeAtoms: Atoms, from: number): Outside[] {
  const { estate } = index;
  const own = unionOfAddresses([
    ...[...estate.networks.values()].flatMap((network) => network.prefixes.map(prefixSet)),
    ...[...estate.interfaces.values()].flatMap((place) =>
      place.addresses.flatMap((item) => [
        singleAddress(item.address),
        ...(item.public === undefined ? [] : [singleAddress(item.public)]),
      ]),
    ),
  ]);
  const services = index.gateways.flatMap((gateway) =>
    gateway.kind === "vpc-endpoint" ? [{ name: gateway.service, set: gateway.prefixes }] : [],
  );
  const classes: Outside[] = [];
  const add = (end: Omit<OutsideClass, "kind" | "id">, family: Family, begins: boolean): void => {
    const address = familiarAddress(end.addresses);
    if (address === undefined) return;
    classes.push({
      end: { kind: "outside", id: `outside IPv${family} ${formatAddressSet(end.addresses, 3)}`, ...end },
      at: from + classes.length,
      family,
      address,
      routeKey: `outside ${routeAtoms.of(address)}`,
      spotKey: `outside ${atoms.of(address)}`,
      begins,
    });
  };
  for (const family of [4, 6] as const) {
    const parts = atoms.list(family).map(({ addresses }) => subtractAddresses(addresses, own));
    const internet = parts.filter(
      (part) => isAddressSubset(part, internetAddresses) && !isEmptyAddresses(part),
    );
    const whole = widest(internet);
    for (const part of internet) {
      const service = services.find(({ set }) => isAddressSubset(part, set));
      const name =
        service?.name ??
        namedAs(index, part) ??
        (part === whole ? "internet" : `internet: ${formatAddressSet(part, 3)}`);
      add({ name, addresses: part, internet: service === undefined }, family, service === undefined);
    }
    for (const part of parts) {
      const inner = intersectAddresses(part, privateAddresses);
      if (isEmptyAddresses(inner)) continue;
      add(
        { name: namedAs(index, inner) ?? formatAddressSet(inner, 3), addresses: inner, internet: false },
        family,
        true,
      );
    }
  }
  return classes;
}

function namedAs({ estate }: EstateIndex, part: AddressSet): string | undefined {
  return [...estate.names.values()].find((named) => isAddressSubset(part, named.set))?.name;
}

/** The part that is the rest of the internet, beside what rules name. */
function widest(parts: readonly AddressSet[]): AddressSet | undefined {
  const size = (set: AddressSet): number => {
    let sum = 0;
    for (let at = 0; at + 1 < set.v4.length; at += 2) sum += (set.v4[at + 1] ?? 0) - (set.v4[at] ?? 0) + 1;
    for (let at = 0; at + 1 < set.v6.length; at += 2)
      sum += Number((set.v6[at + 1] ?? 0n) - (set.v6[at] ?? 0n)) + 1;
    return sum;
  };
  return parts.reduce<AddressSet | undefined>(
    (best, part) => (best === undefined || size(part) > size(best) ? part : best),
    undefined,
  );
}
