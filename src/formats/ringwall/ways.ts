// Lowers the ways between places that have a name: NAT gateways, peerings, load balancers; routes stand in routes.ts.
// Which way a packet takes is the estate's.
import type { LoadBalancerListener } from "../../estate/model.ts";
import { formatPrefix, parseAddress, parsePrefix } from "../../packet/address.ts";
import { intersectAddresses, isEmptyAddresses, prefixSet } from "../../packet/address-set.ts";
import type { Path } from "./document.ts";
import { checkName, entries, many, type Drawing } from "./drawing.ts";
import type { Places } from "./interfaces.ts";
import { lowerRoutes, type Ways } from "./routes.ts";
import { readListener, readTarget } from "./rule-language.ts";

export function lowerWays(drawing: Drawing, places: Places): Ways {
  const ways: Ways = { routeTables: new Map(), gateways: new Map(), loadBalancers: new Map() };
  for (const name of Object.keys(drawing.file["nat-gateways"] ?? {})) {
    const own = places.owned.get(name)?.[0];
    const first = own?.addresses[0];
    if (own === undefined || first === undefined) continue;
    ways.gateways.set(name, {
      id: name,
      name,
      tags: {},
      origin: own.origin,
      kind: "nat",
      subnet: own.subnet,
      interface: own.id,
      privateAddress: first.address,
      ...(first.public === undefined ? {} : { publicAddress: first.public }),
    });
  }
  for (const [name, peering] of entries(drawing.file.peerings)) {
    drawing.attempt(
      () => {
        const path = ["peerings", name];
        checkName(drawing, "peering", name, path);
        if (ways.gateways.has(name))
          drawing.refuse(
            "reference",
            `“${name}” is the name of a NAT gateway, too`,
            drawing.document.keyAt(path),
          );
        const [requester, accepter] = many(peering.networks, [...path, "networks"]).map(
          (item) => drawing.named("network", places.networks, item.value, item.path).id,
        );
        if (requester === undefined || accepter === undefined) return;
        if (requester === accepter)
          drawing.refuse(
            "meaning",
            "a network can't be peered with itself",
            drawing.document.valueAt([...path, "networks"]),
          );
        checkOverlap(drawing, places, [requester, accepter], [...path, "networks"]);
        const origin = drawing.document.keyAt(path);
        ways.gateways.set(name, {
          id: name,
          name,
          tags: {},
          origin,
          kind: "peering",
          requester,
          accepter,
          active: true,
        });
      },
      "gateway",
      ["network"],
    );
  }
  for (const subnet of places.subnets.values())
    drawing.attempt(() => lowerRoutes(drawing, places, ways, subnet), undefined, ["gateway", "place"]);
  for (const name of Object.keys(drawing.file["load-balancers"] ?? {}))
    drawing.attempt(() => lowerBalancer(drawing, places, ways, name), undefined, ["place"]);
  return ways;
}

/** Peered networks can't share addresses: no route could tell them apart. (VPC peering guide, "limitations".) */
function checkOverlap(drawing: Drawing, places: Places, pair: readonly [string, string], path: Path): void {
  const [mine, theirs] = pair.map((id) => places.networks.get(id)?.prefixes ?? []);
  const shared = mine?.find((prefix) =>
    theirs?.some((other) => !isEmptyAddresses(intersectAddresses(prefixSet(prefix), prefixSet(other)))),
  );
  if (shared !== undefined)
    drawing.refuse(
      "meaning",
      `${formatPrefix(shared)} is in both ${pair.join(" and ")}: networks that share addresses can't be peered`,
      drawing.document.valueAt(path),
    );
}

function lowerBalancer(drawing: Drawing, places: Places, ways: Ways, name: string): void {
  const drawn = drawing.file["load-balancers"]?.[name];
  const own = places.owned.get(name);
  if (drawn === undefined || own === undefined) return;
  const path = ["load-balancers", name];
  const kind = drawn.kind ?? "application";
  if (kind === "application" && drawn["preserves-client"] === true)
    drawing.refuse(
      "meaning",
      "an application load balancer connects from its own address, and can't preserve the client's",
      drawing.document.keyAt([...path, "preserves-client"]),
      "remove the line, or write “kind: network”",
    );
  const listeners = entries(drawn.listeners).flatMap(
    ([text, targets]) =>
      drawing.attempt(
        () => lowerListener(drawing, places, text, targets, [...path, "listeners", text]),
        undefined,
        ["place"],
      ) ?? [],
  );
  ways.loadBalancers.set(name, {
    id: name,
    name,
    tags: {},
    origin: drawing.document.keyAt(path),
    kind,
    interfaces: own.map((each) => each.id),
    internetFacing: own.some((each) => each.addresses.some((address) => address.public !== undefined)),
    listeners,
    preservesClient: kind === "network" && drawn["preserves-client"] !== false,
  });
}

function lowerListener(
  drawing: Drawing,
  places: Places,
  text: string,
  targets: string | string[],
  path: Path,
): LoadBalancerListener {
  const { document } = drawing;
  const origin = document.keyAt(path);
  const { protocol, ports } = readListener(text, (message, _offset, remedy) =>
    drawing.refuse("meaning", message, origin, remedy),
  );
  return {
    protocol,
    ports,
    origin,
    text: `${text}: ${document.textAt(path)}`,
    targets: many(targets, path).map((item) => {
      const { end, port } = readTarget(item.value, drawing.failAt(item.path));
      const [owner = "", device] = end.split("/");
      const withPort = port === undefined ? {} : { port };
      const address = parseAddress(end);
      if (address !== undefined) return { address, ...withPort };
      if (parsePrefix(end) !== undefined)
        drawing.failAt(item.path)("a target is one address, not a prefix", 0);
      const host = drawing.named("host", places.hosts, owner, item.path);
      const own = (places.owned.get(host.name) ?? []).map((each) => [each.device ?? "", each.id] as const);
      const id =
        device === undefined ? own[0]?.[1] : drawing.named("interface", new Map(own), device, item.path);
      return { ...(id === undefined ? {} : { interface: id }), ...withPort };
    }),
  };
}
