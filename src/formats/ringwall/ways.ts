// Lowers the ways between places: route tables, internet, NAT and peering gateways, load balancers. Which of them a
// packet takes is the estate's; the places themselves stand in places.ts.
import type {
  Gateway,
  LoadBalancer,
  LoadBalancerListener,
  Route,
  RouteTable,
  RouteTarget,
  Subnet,
} from "../../estate/model.ts";
import { formatPrefix, parseAddress, parsePrefix, type Prefix } from "../../packet/address.ts";
import { prefixSet, unionOfAddresses } from "../../packet/address-set.ts";
import { originText } from "../../problem.ts";
import type { Path } from "./document.ts";
import { checkName, entries, many, type Drawing } from "./drawing.ts";
import type { Places } from "./interfaces.ts";
import { readListener, readTarget } from "./rule-language.ts";
import { prefixOf } from "./terms.ts";

export interface Ways {
  readonly routeTables: Map<string, RouteTable>;
  readonly gateways: Map<string, Gateway>;
  readonly loadBalancers: Map<string, LoadBalancer>;
}

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
    drawing.attempt(() => {
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
    });
  }
  for (const subnet of places.subnets.values())
    drawing.attempt(() => lowerRoutes(drawing, places, ways, subnet));
  for (const name of Object.keys(drawing.file["load-balancers"] ?? {}))
    drawing.attempt(() => lowerBalancer(drawing, places, ways, name));
  return ways;
}

const default4: Prefix = { family: 4, value: 0, length: 0 };
const default6: Prefix = { family: 6, value: 0n, length: 0 };

function lowerRoutes(drawing: Drawing, places: Places, ways: Ways, subnet: Subnet): void {
  const drawn = drawing.file.subnets?.[subnet.name];
  const network = places.networks.get(subnet.network);
  if (drawn === undefined || network === undefined) return;
  const { document } = drawing;
  const path = ["subnets", subnet.name];
  const routes: Route[] = [];
  const add = (prefixes: readonly Prefix[], target: RouteTarget, at: Path, text: string): void => {
    const origin = document.keyAt(at, `routes of ${subnet.name}`);
    for (const prefix of prefixes) {
      const other = routes.find((route) =>
        route.prefixes.some((each) => formatPrefix(each) === formatPrefix(prefix)),
      );
      if (other !== undefined)
        drawing.refuse(
          "meaning",
          `there are two routes for ${formatPrefix(prefix)}: the first stands at ${originText(other.origin)}`,
          origin,
        );
    }
    const destination = unionOfAddresses(prefixes.map(prefixSet));
    routes.push({ destination, prefixes, target, propagated: false, origin, text });
  };
  for (const prefix of network.prefixes)
    add([prefix], { kind: "local" }, ["networks", network.name, "prefix"], `${formatPrefix(prefix)} local`);
  if (drawn.public === true)
    add(
      [default4, default6],
      internet(drawing, ways, "internet", network.id),
      [...path, "public"],
      "public: true",
    );
  if (drawn.nat !== undefined) {
    const at = [...path, "nat"];
    add(
      [default4],
      target(drawing, places, ways, network.id, `nat ${drawn.nat}`, at, 4),
      at,
      `nat: ${drawn.nat}`,
    );
  }
  for (const [destination, text] of entries(drawn.routes)) {
    drawing.attempt(() => {
      const at = [...path, "routes", destination];
      const prefixes =
        destination === "default" ? [default4, default6] : [routePrefix(drawing, destination, at)];
      add(
        prefixes,
        target(drawing, places, ways, network.id, text, at),
        at,
        `${destination}: ${document.textAt(at)}`,
      );
    });
  }
  ways.routeTables.set(subnet.name, {
    id: subnet.name,
    name: `routes of ${subnet.name}`,
    tags: {},
    origin: subnet.origin,
    network: network.id,
    routes,
    main: false,
  });
}

function routePrefix(drawing: Drawing, text: string, path: Path): Prefix {
  return prefixOf(
    text,
    (message, _offset, remedy) =>
      drawing.refuse(
        "meaning",
        message,
        drawing.document.keyAt(path),
        remedy ?? "“default” stands for 0.0.0.0/0 and ::/0",
      ),
    0,
  );
}

/** The gateway of a network, made where the first route leads to it: a drawing does not name it. */
function internet(
  drawing: Drawing,
  ways: Ways,
  kind: "internet" | "egress-only",
  network: string,
): RouteTarget {
  const id = `${network}/${kind}`;
  if (!ways.gateways.has(id)) {
    const name = kind === "internet" ? `internet gateway of ${network}` : `egress-only gateway of ${network}`;
    const origin = drawing.document.keyAt(["networks", network]);
    ways.gateways.set(id, { id, name, tags: {}, origin, kind, networks: [network] });
  }
  return { kind: "gateway", id };
}

/** `shift`: where the words stand in the value, when a key stands for the first of them. */
function target(
  drawing: Drawing,
  places: Places,
  ways: Ways,
  network: string,
  text: string,
  path: Path,
  shift = 0,
): RouteTarget {
  const fail = drawing.failAt(path);
  const [kind = "", name, rest] = text.trim().split(/\s+/);
  if (rest !== undefined) fail("the end of the target was expected", text.indexOf(rest) - shift);
  const offset = Math.max(0, kind.length + 1 - shift);
  switch (kind) {
    case "internet":
    case "egress-only":
    case "blackhole":
      if (name !== undefined) fail(`“${kind}” takes no name`, offset);
      return kind === "blackhole" ? { kind } : internet(drawing, ways, kind, network);
    case "nat":
    case "peering":
    case "host":
      break;
    default:
      return fail(
        `“${text}” is not a target`,
        0,
        "write internet, egress-only, nat NAME, peering NAME, host NAME, or blackhole",
      );
  }
  if (name === undefined)
    return fail(`the name of the ${kind} was expected after “${kind}”`, kind.length - shift);
  if (kind === "host") {
    const [owner = "", device] = name.split("/");
    const host = drawing.named("host", places.hosts, owner, path, offset);
    const interfaces = (places.owned.get(host.name) ?? []).map(
      (each) => [each.device ?? "", each.id] as const,
    );
    const id =
      device === undefined
        ? interfaces[0]?.[1]
        : drawing.named("interface", new Map(interfaces), device, path, offset);
    return id === undefined ? { kind: "unknown", what: name } : { kind: "interface", id };
  }
  const wanted = new Map([...ways.gateways].filter(([, gateway]) => gateway.kind === kind));
  const gateway = drawing.named(kind === "nat" ? "NAT gateway" : "peering", wanted, name, path, offset);
  if (gateway.kind === "peering" && gateway.requester !== network && gateway.accepter !== network)
    fail(`peering ${name} joins ${gateway.requester} and ${gateway.accepter}, not ${network}`, offset);
  if (gateway.kind === "nat" && places.subnets.get(gateway.subnet)?.network !== network)
    fail(`NAT gateway ${name} stands in another network`, offset);
  return { kind: "gateway", id: gateway.id };
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
      drawing.attempt(() => lowerListener(drawing, places, text, targets, [...path, "listeners", text])) ??
      [],
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
