// Finds the place that a person means: an address, a name, an id, a tag, a pod, a service, `internet`. What fits
// nothing, or two things, is an error that lists what there is.
import { parseAddress, parsePrefix, type Address } from "../packet/address.ts";
import {
  prefixSet,
  singleAddress,
  subtractAddresses,
  unionOfAddresses,
  type AddressSet,
} from "../packet/address-set.ts";
import { internetAddresses } from "../packet/special.ts";
import { Problem } from "../problem.ts";
import { closest } from "../closest.ts";
import { indexOf } from "./estate-index.ts";
import type { Estate, Interface, LoadBalancer, Place } from "./model.ts";

export type Endpoint =
  /** Interfaces of the estate: one, or those that a host, tag, load balancer or service stands for. */
  | {
      readonly kind: "inside";
      readonly name: string;
      readonly interfaces: readonly Interface[];
      readonly loadBalancer?: LoadBalancer;
      /** The address that was asked for, where it was one. */
      readonly address?: Address;
    }
  | { readonly kind: "outside"; readonly name: string; readonly addresses: Address | AddressSet };

/**
 * @param text `internet`, `10.0.1.5`, `203.0.113.0/24`, `web-1`, `i-0abc…`, `eni-…`, `tag:Role=web`, `Role=web`, `shop/cart` (pod)
 * @throws Problem `unanswerable` for a name that nothing has or that several things have
 */
export function findEndpoint(estate: Estate, text: string): Endpoint {
  if (/^(?:internet|world|anywhere)$/i.test(text))
    return { kind: "outside", name: "internet", addresses: { ...internetOf(estate), name: "internet" } };
  const address = parseAddress(text);
  if (address !== undefined) return byAddress(estate, address, text);
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return { kind: "outside", name: text, addresses: prefixSet(prefix) };
  const named = estate.names.get(text);
  if (named !== undefined)
    return { kind: "outside", name: named.name, addresses: { ...named.set, name: named.name } };
  const found = byTag(estate, text) ?? byName(estate, text) ?? byShortName(estate, text);
  if (found !== undefined) return found;
  const names = everyName(estate);
  const near = closest(text, names);
  throw new Problem("unanswerable", `nothing in ${estate.name} is called “${text}”`, {
    remedy:
      near === undefined
        ? `say an address, internet, or one of: ${names.slice(0, 12).join(", ")}${names.length > 12 ? " …" : ""}`
        : `did you mean ${near}?`,
  });
}

/** By the interfaces that it is made from, since an edited estate shares them. */
const internets = new WeakMap<
  Estate["interfaces"],
  { readonly of: readonly unknown[]; readonly set: AddressSet }
>();

/** The internet as an estate sees it: without the addresses that are its own. */
function internetOf(estate: Estate): AddressSet {
  const of = [estate.networks, estate.gateways];
  const before = internets.get(estate.interfaces);
  if (before?.of.every((part, at) => part === of[at]) === true) return before.set;
  const networks = [...estate.networks.values()].flatMap((network) => network.prefixes.map(prefixSet));
  const shown = [...estate.interfaces.values()].flatMap((place) =>
    place.addresses.flatMap((item) => (item.public === undefined ? [] : [singleAddress(item.public)])),
  );
  // Services behind gateway endpoints (S3, DynamoDB) have public addresses, but nobody means them by “internet”.
  const services = [...estate.gateways.values()].flatMap((gateway) =>
    gateway.kind === "vpc-endpoint" ? [gateway.prefixes] : [],
  );
  const internet = subtractAddresses(
    internetAddresses,
    unionOfAddresses([...networks, ...shown, ...services]),
  );
  internets.set(estate.interfaces, { of, set: internet });
  return internet;
}

function byAddress(estate: Estate, address: Address, text: string): Endpoint {
  const index = indexOf(estate);
  const places = [...estate.networks.keys()].flatMap((network) => index.interfaceAt(network, address) ?? []);
  const shown = index.publicInterface(address);
  if (places.length > 1) {
    throw new Problem(
      "unanswerable",
      `${text} is an address in ${places.length} networks: ${places.map((place) => place.id).join(", ")}`,
      {
        remedy: "say the interface's id or the host's name instead",
      },
    );
  }
  const place = places[0] ?? shown?.interface;
  if (place === undefined) return { kind: "outside", name: text, addresses: address };
  return inside(estate, [place], undefined, address);
}

function inside(
  estate: Estate,
  interfaces: readonly Interface[],
  name?: string,
  address?: Address,
): Endpoint {
  const index = indexOf(estate);
  const [first] = interfaces;
  const loadBalancer = first === undefined ? undefined : index.loadBalancerOf(first);
  const owner = first === undefined ? undefined : (index.hostOf(first) ?? loadBalancer ?? first);
  return {
    kind: "inside",
    name: name ?? owner?.name ?? "",
    interfaces,
    ...(loadBalancer === undefined ? {} : { loadBalancer }),
    ...(address === undefined ? {} : { address }),
  };
}

/** `tag:Role=web` or `Role=web`. */
function byTag(estate: Estate, text: string): Endpoint | undefined {
  const tag = /^(?:tag:)?([^=]+)=(.*)$/.exec(text);
  if (tag === null) return undefined;
  const [, key = "", value = ""] = tag;
  const has = (place: Place): boolean => place.tags[key] === value;
  const hosts = [...estate.hosts.values()].filter(has);
  const owned = new Set(hosts.flatMap((host) => host.interfaces));
  const direct = [...estate.interfaces.values()].filter((place) => has(place) || owned.has(place.id));
  return direct.length === 0 ? undefined : inside(estate, direct, text);
}

const named = new WeakMap<ReadonlyMap<string, Place>, ReadonlyMap<string, readonly string[]>>();

/** Ids by name, made once: a lint asks about thousands of places. */
function namesIn(places: ReadonlyMap<string, Place>): ReadonlyMap<string, readonly string[]> {
  const before = named.get(places);
  if (before !== undefined) return before;
  const made = new Map<string, string[]>();
  for (const [id, { name }] of places) {
    const ids = made.get(name);
    if (ids === undefined) made.set(name, [id]);
    else ids.push(id);
  }
  named.set(places, made);
  return made;
}

function byName(estate: Estate, text: string): Endpoint | undefined {
  const matching = <T extends Place>(places: ReadonlyMap<string, T>): readonly T[] => {
    const own = places.get(text);
    if (own !== undefined) return [own];
    const ids = namesIn(places).get(text) ?? [];
    return ids.flatMap((id) => places.get(id) ?? []);
  };
  const hosts = matching(estate.hosts);
  const balancers = matching(estate.loadBalancers);
  const taken = new Set([...hosts, ...balancers].flatMap((owner) => owner.interfaces));
  const interfaces = matching(estate.interfaces).filter((place) => !taken.has(place.id));
  const all: Place[] = [...hosts, ...balancers, ...interfaces];
  if (all.length > 1) {
    throw new Problem(
      "unanswerable",
      `“${text}” is the name of ${all.length} things: ${all.map((place) => place.id).join(", ")}`,
      {
        remedy: "say the id of the one that you mean",
      },
    );
  }
  const [host] = hosts;
  if (host !== undefined) return ofInterfaces(estate, host, host.interfaces);
  const [balancer] = balancers;
  if (balancer !== undefined) return ofLoadBalancer(estate, balancer);
  const [place] = interfaces;
  return place === undefined ? undefined : inside(estate, [place]);
}

/** A service without that word, or a pod or workload without its namespace and generated ending: `frontend` for `shop/frontend-99684f7f8`, if only one fits. */
function byShortName(estate: Estate, text: string): Endpoint | undefined {
  const service = estate.loadBalancers.get(`service ${text}`);
  if (service !== undefined) return ofLoadBalancer(estate, service);
  const short = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
  const pods = [...estate.hosts.values()].filter((host) => host.kind === "pod");
  const exact = pods.filter((host) => short(host.name) === text);
  const fitting = exact.length > 0 ? exact : pods.filter((host) => short(host.name).startsWith(`${text}-`));
  const [host, ...others] = fitting;
  if (others.length > 0) {
    throw new Problem(
      "unanswerable",
      `“${text}” fits ${fitting.length} pods: ${fitting
        .slice(0, 8)
        .map((item) => item.name)
        .join(", ")}`,
      {
        remedy: "say the namespace and the whole name",
      },
    );
  }
  return host === undefined ? undefined : ofInterfaces(estate, host, host.interfaces);
}

function ofInterfaces(estate: Estate, owner: Place, ids: readonly string[]): Endpoint {
  const interfaces = ids.flatMap((id) => estate.interfaces.get(id) ?? []);
  if (interfaces.length > 0) return inside(estate, interfaces, owner.name);
  throw new Problem("unanswerable", `${owner.name} has no network interface that was read`, {
    origin: owner.origin,
    remedy: "add the export of its interfaces, or ask about one packet with --packet",
  });
}

function ofLoadBalancer(estate: Estate, balancer: LoadBalancer): Endpoint {
  if (balancer.interfaces.length > 0) return ofInterfaces(estate, balancer, balancer.interfaces);
  const targets = balancer.listeners.flatMap((listener) =>
    listener.targets.flatMap((target) =>
      target.interface === undefined ? [] : (estate.interfaces.get(target.interface) ?? []),
    ),
  );
  const distinct = [...new Set(targets)];
  if (distinct.length === 0) return ofInterfaces(estate, balancer, []);
  return { kind: "inside", name: balancer.name, interfaces: distinct, loadBalancer: balancer };
}

/** What a person can ask for, most likely first. */
export function everyName(estate: Estate): string[] {
  const owners = [...estate.loadBalancers.values(), ...estate.hosts.values()];
  const taken = new Set(owners.flatMap((owner) => owner.interfaces));
  const loose = [...estate.interfaces.values()].filter((place) => !taken.has(place.id));
  return [
    ...new Set([
      ...owners.map((owner) => owner.name),
      ...estate.names.keys(),
      ...loose.map((place) => place.name),
      "internet",
    ]),
  ];
}
