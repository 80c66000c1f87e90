// What stands in for route tables that an export leaves out altogether: the main table that every VPC has, with its
// local route, and a way to the internet where the export shows that there must be one. Each assumption is an unknown.
import type { Gateway, Network, RouteTable, Route, Subnet } from "../../estate/model.ts";
import { formatPrefix, requirePrefix, type Prefix } from "../../packet/address.ts";
import { prefixSet, unionOfAddresses } from "../../packet/address-set.ts";
import type { Origin } from "../../problem.ts";
import type { ReadInterface } from "./interfaces.ts";
import type { Inventory } from "./inventory.ts";
import { publicSubnets } from "./subnets.ts";

/** The assumed tables, and which of them each subnet is taken to have. */
export interface AssumedRoutes {
  readonly tables: ReadonlyMap<string, RouteTable>;
  readonly tableOf: ReadonlyMap<string, string>;
}

/**
 * For each VPC of which no route table was exported. Documented is the main table with a local route for each of the
 * VPC's prefixes (Amazon VPC user guide, "Route tables"); the rest is inferred: a subnet that gives instances public
 * addresses, or has an interface with one, is taken to route IPv4 to the VPC's internet gateway.
 */
export function assumeRoutes(
  inventory: Inventory,
  networks: ReadonlyMap<string, Network>,
  subnets: ReadonlyMap<string, Subnet>,
  interfaces: ReadonlyMap<string, ReadInterface>,
  gateways: readonly Gateway[],
  exported: ReadonlySet<string>,
): AssumedRoutes {
  const tables = new Map<string, RouteTable>();
  const tableOf = new Map<string, string>();
  const published = publicSubnets(inventory);
  const withPublic = new Set(
    [...interfaces.values()]
      .filter((one) => one.place.addresses.some((address) => address.public !== undefined))
      .map((one) => one.place.subnet),
  );
  for (const network of networks.values()) {
    if (exported.has(network.id)) continue;
    const own = [...subnets.values()].filter((subnet) => subnet.network === network.id);
    if (own.length === 0) continue;
    const gateway = gateways.find((one) => one.kind === "internet" && one.networks.includes(network.id));
    const open = own.filter(
      (subnet) => gateway !== undefined && (published.has(subnet.id) || withPublic.has(subnet.id)),
    );
    const local = network.prefixes.map((prefix) => route(prefix, { kind: "local" }, "local", network.origin));
    const main = table(`${network.id} main`, network, true, local);
    tables.set(main.id, main);
    for (const subnet of own) tableOf.set(subnet.id, main.id);
    if (gateway !== undefined && open.length > 0) {
      const everywhere = requirePrefix("0.0.0.0/0");
      const outward = route(everywhere, { kind: "gateway", id: gateway.id }, gateway.id, network.origin);
      const outer = table(`${network.id} public`, network, false, [...local, outward]);
      tables.set(outer.id, outer);
      for (const subnet of open) tableOf.set(subnet.id, outer.id);
    }
    const outward =
      open.length === 0
        ? "no route to the internet"
        : `0.0.0.0/0 by ${gateway?.id ?? ""} from ${open.map((subnet) => subnet.name).join(", ")}`;
    inventory.unknown(
      network.origin,
      `the route tables of ${network.name} were not exported`,
      `assumed: local routes inside it, and ${outward}`,
    );
  }
  return { tables, tableOf };
}

function table(id: string, network: Network, main: boolean, routes: readonly Route[]): RouteTable {
  const origin = { ...network.origin, id };
  return { id, name: `${id} (assumed)`, tags: {}, origin, network: network.id, main, routes };
}

function route(prefix: Prefix, target: Route["target"], name: string, origin: Origin): Route {
  return {
    destination: unionOfAddresses([prefixSet(prefix)]),
    prefixes: [prefix],
    target,
    propagated: false,
    origin,
    text: `assumed: ${formatPrefix(prefix)} → ${name}`,
  };
}
