// Lowers networks, subnets and hosts. Where a subnet stands follows from its prefix; interfaces stand in interfaces.ts,
// the ways between places in ways.ts.
import type { InterfaceKind, Listener, Network } from "../../estate/model.ts";
import { formatPrefix, prefixEnds, type Prefix } from "../../packet/address.ts";
import { intersectAddresses, isEmptyAddresses, prefixSet } from "../../packet/address-set.ts";
import { pairsOf } from "../../packet/intervals.ts";
import { originText, type Origin } from "../../problem.ts";
import type { Path } from "./document.ts";
import { checkAddresses, lowerInterfaces, type Places } from "./interfaces.ts";
import { checkName, entries, many, type Drawing } from "./drawing.ts";
import { readListens } from "./rule-language.ts";
import { prefixOf } from "./terms.ts";

export function lowerPlaces(drawing: Drawing): Places {
  const places: Places = {
    networks: new Map(),
    subnets: new Map(),
    hosts: new Map(),
    interfaces: new Map(),
    owned: new Map(),
  };
  const { file } = drawing;
  for (const [name, network] of entries(file.networks)) {
    drawing.attempt(() => {
      const path = ["networks", name];
      checkName(drawing, "network", name, path);
      const prefixes = readPrefixes(drawing, network.prefix, [...path, "prefix"]);
      const place = { id: name, name, tags: {}, origin: drawing.document.keyAt(path) };
      places.networks.set(name, { ...place, kind: "network", prefixes });
    }, "network");
  }
  for (const name of Object.keys(file.subnets ?? {}))
    drawing.attempt(() => lowerSubnet(drawing, places, name), "subnet", ["network"]);
  const owners = new Map<string, { kind: string; origin: Origin }>();
  for (const section of ["hosts", "load-balancers", "nat-gateways"] as const) {
    const kind = kinds[section];
    for (const name of Object.keys(file[section] ?? {})) {
      drawing.attempt(
        () => {
          const path = [section, name];
          checkName(drawing, kind.what, name, path);
          const origin = drawing.document.keyAt(path);
          const other = owners.get(name);
          if (other !== undefined)
            drawing.refuse(
              "reference",
              `“${name}” is a ${kind.what} here and a ${other.kind} at ${originText(other.origin)}`,
              origin,
              "give each its own name, since traces go from and to names",
            );
          owners.set(name, { kind: kind.what, origin });
          lowerInterfaces(drawing, places, path, name, kind.kind);
        },
        "place",
        ["subnet"],
      );
    }
  }
  for (const name of Object.keys(file.hosts ?? {}))
    drawing.attempt(() => lowerHost(drawing, places, name), "place");
  checkAddresses(drawing, places);
  return places;
}

const kinds = {
  hosts: { what: "host", kind: "instance" },
  "load-balancers": { what: "load balancer", kind: "load-balancer" },
  "nat-gateways": { what: "NAT gateway", kind: "nat-gateway" },
} as const satisfies Record<string, { what: string; kind: InterfaceKind }>;

function readPrefixes(drawing: Drawing, value: string | string[], path: Path): Prefix[] {
  const prefixes = many(value, path).map((item) => prefixOf(item.value, drawing.failAt(item.path), 0));
  if (prefixes.length === 0)
    drawing.refuse("meaning", "at least one prefix was expected", drawing.document.valueAt(path));
  return prefixes;
}

function lowerSubnet(drawing: Drawing, places: Places, name: string): void {
  const subnet = drawing.file.subnets?.[name];
  if (subnet === undefined) return;
  const path = ["subnets", name];
  checkName(drawing, "subnet", name, path);
  const prefixPath = [...path, "prefix"];
  const prefixes = readPrefixes(drawing, subnet.prefix, prefixPath);
  const holds = (network: Network): boolean =>
    prefixes.every((prefix) => network.prefixes.some((outer) => within(prefix, outer)));
  const written = prefixes.map(formatPrefix).join(", ");
  let network: Network;
  if (subnet.network !== undefined) {
    network = drawing.named("network", places.networks, subnet.network, [...path, "network"]);
    if (!holds(network))
      drawing.refuse(
        "meaning",
        `${written} lies outside network ${network.name} (${network.prefixes.map(formatPrefix).join(", ")})`,
        drawing.document.valueAt(prefixPath),
      );
  } else {
    const [first, second] = [...places.networks.values()].filter(holds);
    if (first === undefined)
      return drawing.refuse(
        "reference",
        `${written} lies in no network of this file`,
        drawing.document.valueAt(prefixPath),
        "a subnet's prefix is a part of its network's: draw the network under networks:, or mend the prefix",
      );
    if (second !== undefined)
      drawing.refuse(
        "meaning",
        `${written} lies in network ${first.name} and in ${second.name}`,
        drawing.document.valueAt(prefixPath),
        `say which with “network: ${first.name}”`,
      );
    network = first;
  }
  for (const other of places.subnets.values()) {
    if (other.network !== network.id) continue;
    const clash = prefixes.find((prefix) => other.prefixes.some((theirs) => overlap(prefix, theirs)));
    if (clash !== undefined)
      drawing.refuse(
        "meaning",
        `${formatPrefix(clash)} overlaps subnet ${other.name}, drawn at ${originText(other.origin)}`,
        drawing.document.valueAt(prefixPath),
      );
  }
  places.subnets.set(name, {
    id: name,
    name,
    tags: {},
    origin: drawing.document.keyAt(path),
    network: network.id,
    prefixes,
    routeTable: name,
    ...(subnet["network-acl"] === undefined ? {} : { networkAcl: subnet["network-acl"] }),
    packetFilters: many(subnet["packet-filters"], path).map((item) => item.value),
  });
}

function within(inner: Prefix, outer: Prefix): boolean {
  if (inner.family !== outer.family || inner.length < outer.length) return false;
  return prefixEnds({ ...inner, length: outer.length }).first.value === prefixEnds(outer).first.value;
}

function overlap(a: Prefix, b: Prefix): boolean {
  return !isEmptyAddresses(intersectAddresses(prefixSet(a), prefixSet(b)));
}

function lowerHost(drawing: Drawing, places: Places, name: string): void {
  const host = drawing.file.hosts?.[name];
  if (host === undefined) return;
  const path = ["hosts", name];
  const listens = lowerListens(drawing, host.listens, [...path, "listens"]);
  places.hosts.set(name, {
    id: name,
    name,
    tags: {},
    origin: drawing.document.keyAt(path),
    kind: "host",
    interfaces: (places.owned.get(name) ?? []).map((each) => each.id),
    ...(host.system === undefined ? {} : { system: host.system }),
    running: host.running ?? true,
    ...(listens === undefined ? {} : { listens }),
  });
}

/** `tcp 8080`, `udp 53 on loopback`, one entry for every port; undefined where the file does not say. */
export function lowerListens(
  drawing: Drawing,
  value: string | string[] | undefined,
  path: Path,
): readonly Listener[] | undefined {
  if (value === undefined) return undefined;
  return many(value, path).flatMap((item) => {
    const { protocol, ports, local } = readListens(item.value, drawing.failAt(item.path));
    const origin = drawing.document.valueAt(item.path);
    return pairsOf(ports).flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, at) => ({ protocol, port: first + at, local, origin })),
    );
  });
}
