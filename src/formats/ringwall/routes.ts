// Lowers a subnet's routes into its route table: what leads to the internet, to a NAT gateway, a peering, a machine. The
// internet gateway of a network is made by the first route that leads to it.
import type { Gateway, LoadBalancer, Route, RouteTable, RouteTarget, Subnet } from "../../estate/model.ts";
import { formatPrefix, type Prefix } from "../../packet/address.ts";
import { prefixSet, unionOfAddresses } from "../../packet/address-set.ts";
import { originText } from "../../problem.ts";
import type { Path } from "./document.ts";
import { entries, type Drawing } from "./drawing.ts";
import type { Places } from "./interfaces.ts";
import { prefixOf } from "./terms.ts";

export interface Ways {
  readonly routeTables: Map<string, RouteTable>;
  readonly gateways: Map<string, Gateway>;
  readonly loadBalancers: Map<string, LoadBalancer>;
}

const default4: Prefix = { family: 4, value: 0, length: 0 };
const default6: Prefix = { family: 6, value: 0n, length: 0 };

export function lowerRoutes(drawing: Drawing, places: Places, ways: Ways, subnet: Subnet): void {
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
    drawing.attempt(
      () => {
        const at = [...path, "routes", destination];
        const prefixes =
          destination === "default" ? [default4, default6] : [routePrefix(drawing, destination, at)];
        const leadsTo = target(drawing, places, ways, network.id, text, at);
        checkFamily(drawing, ways, prefixes, leadsTo, at);
        add(prefixes, leadsTo, at, `${destination}: ${document.textAt(at)}`);
      },
      undefined,
      ["gateway", "place"],
    );
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

/** A NAT gateway carries IPv4 alone, an egress-only gateway IPv6. (VPC user guide, "NAT gateways" and "Egress-only".) */
function checkFamily(
  drawing: Drawing,
  ways: Ways,
  prefixes: readonly Prefix[],
  leadsTo: RouteTarget,
  path: Path,
): void {
  const gateway = leadsTo.kind === "gateway" ? ways.gateways.get(leadsTo.id) : undefined;
  const only = gateway?.kind === "nat" ? 4 : gateway?.kind === "egress-only" ? 6 : undefined;
  const wrong = prefixes.find((prefix) => only !== undefined && prefix.family !== only);
  if (only !== undefined && wrong !== undefined)
    drawing.refuse(
      "meaning",
      `a route for ${formatPrefix(wrong)} can't lead there: ${only === 4 ? "a NAT gateway carries IPv4" : "an egress-only gateway carries IPv6"} only`,
      drawing.document.valueAt(path),
      prefixes.length > 1 ? `write ${only === 4 ? "0.0.0.0/0" : "::/0"} in place of “default”` : undefined,
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
