// The routes of transit gateway route tables: those that a search lists, and those that follow from propagation, since
// a VPC attachment propagates the VPC's own prefixes. (Amazon VPC Transit Gateways guide, "Routing".)
import type { Network, TransitAttachment, TransitRouteTable } from "../../estate/model.ts";
import { formatPrefix, requirePrefix } from "../../packet/address.ts";
import type { Inventory } from "./inventory.ts";
import { children, optionalFlag, optionalText, originOf, text, type Item } from "./item.ts";
import { whyUncertain } from "./planned/marks.ts";
import { idInFileName } from "./prefix-lists.ts";

type TransitRoute = TransitRouteTable["routes"][number];
type Attachments = ReadonlyMap<string, TransitAttachment>;

/** The routes of each table, by its id. */
export function readTransitRoutes(
  inventory: Inventory,
  attachments: Attachments,
  networks: ReadonlyMap<string, Network>,
): Map<string, readonly TransitRoute[]> {
  const tables = new Map<string, TransitRoute[]>();
  const tableAt = (id: string): TransitRoute[] => {
    const routes = tables.get(id) ?? [];
    tables.set(id, routes);
    return routes;
  };
  const searches = lists(inventory, "TransitGatewayStaticRoutes", "Routes");
  for (const { table, whole, list } of searches) {
    for (const item of list) merge(tableAt(table), readRoutes(item, table, inventory));
    if (optionalFlag(whole, "AdditionalRoutesAvailable") === true) {
      const why = `more routes of ${table} than the search gave`;
      const origin = originOf(whole, table);
      inventory.unknown(origin, why, "where packets go that no other route takes is not known");
      merge(tableAt(table), uncertainRoutes(why, origin));
    }
    tableAt(table);
  }
  const searched = new Set(
    [...tables].filter(([, routes]) => routes.some((route) => route.propagated)).map(([table]) => table),
  );
  const statics = new Set(searches.map(({ table }) => table));
  for (const { table, whole, list } of lists(
    inventory,
    "TransitGatewayPropagations",
    "TransitGatewayRouteTablePropagations",
  )) {
    // A search that shows propagated routes shows all of them.
    if (searched.has(table)) continue;
    for (const item of list) {
      merge(tableAt(table), propagatedRoutes(item, table, attachments, networks, inventory));
    }
    if (statics.has(table)) continue;
    const why = `the static routes of ${table} were not exported`;
    const origin = originOf(whole, table);
    inventory.unknown(origin, why, "where packets go that no propagated route takes is not known");
    merge(tableAt(table), uncertainRoutes(why, origin));
  }
  return new Map([...tables].map(([id, routes]) => [id, certainFirst(routes)]));
}

/** A search and a propagation may both say it; the first to say it stays. */
function merge(routes: TransitRoute[], more: readonly TransitRoute[]): void {
  for (const route of more) {
    if (!routes.some((known) => sameRoute(known, route))) routes.push(route);
  }
}

/** Of two equally long prefixes the earlier one wins, so what is certain comes first. */
function certainFirst(routes: readonly TransitRoute[]): TransitRoute[] {
  return routes.toSorted((a, b) => Number(a.uncertain !== undefined) - Number(b.uncertain !== undefined));
}

/** What stands for routes that were not exported: they may take whatever no other route takes. */
export function uncertainRoutes(why: string, origin: TransitRoute["origin"]): TransitRoute[] {
  return ["0.0.0.0/0", "::/0"].map((everywhere) => ({
    prefix: requirePrefix(everywhere),
    blackhole: false,
    uncertain: why,
    propagated: false,
    origin,
    text: `not known: ${why}`,
  }));
}

function sameRoute(a: TransitRoute, b: TransitRoute): boolean {
  return (
    formatPrefix(a.prefix) === formatPrefix(b.prefix) &&
    a.attachment === b.attachment &&
    a.uncertain === b.uncertain &&
    a.propagated === b.propagated
  );
}

/** A table's list, in a collector's shape (a list of tables) or in the AWS CLI's (one table a file). */
function lists(
  inventory: Inventory,
  collected: "TransitGatewayStaticRoutes" | "TransitGatewayPropagations",
  single: "Routes" | "TransitGatewayRouteTablePropagations",
): { readonly table: string; readonly whole: Item; readonly list: Item[] }[] {
  const found = inventory.of(collected).map((item) => ({
    table: text(item, "TransitGatewayRouteTableId"),
    whole: item,
    list: children(item, single),
  }));
  for (const whole of inventory.of(single)) {
    const list = children(whole, single);
    const table = routeTableOf(whole, inventory);
    if (table !== undefined) found.push({ table, whole, list });
    else if (list.length > 0) noteNameless(inventory, whole, single);
  }
  return found;
}

function readRoutes(item: Item, table: string, inventory: Inventory): TransitRoute[] {
  const state = optionalText(item, "State") ?? "active";
  if (state === "deleted" || state === "deleting") return [];
  const written = optionalText(item, "DestinationCidrBlock");
  const list = optionalText(item, "PrefixListId");
  if (written === undefined && list !== undefined) {
    const why = `${table} has a route for the prefix list ${list}, which is not resolved here`;
    const at = originOf(item, `${table} ${list}`);
    inventory.unknown(at, why, "whether it takes a packet that no longer prefix takes is not known");
    return uncertainRoutes(why, at);
  }
  const uncertain = whyUncertain(item);
  if (uncertain !== undefined && written === undefined) {
    const at = originOf(item, table);
    inventory.unknown(at, uncertain, "whether it takes a packet that no longer prefix takes is not known");
    return uncertainRoutes(uncertain, at);
  }
  const prefix = requirePrefix(text(item, "DestinationCidrBlock"), originOf(item));
  const blackhole = state === "blackhole";
  const through = children(item, "TransitGatewayAttachments");
  const attachment = through[0] === undefined ? undefined : text(through[0], "TransitGatewayAttachmentId");
  const origin = originOf(item, `${table} ${formatPrefix(prefix)}`);
  if (uncertain !== undefined) {
    inventory.unknown(origin, uncertain, "where packets that take this route go is not known");
  }
  if (through.length > 1) {
    inventory.unknown(
      origin,
      `${through.length} equal paths to ${formatPrefix(prefix)}`,
      "the first is taken",
    );
  }
  return [
    {
      prefix,
      ...(attachment === undefined || blackhole ? {} : { attachment }),
      blackhole,
      ...(uncertain === undefined ? {} : { uncertain }),
      propagated: optionalText(item, "Type") === "propagated",
      origin,
      text: `${formatPrefix(prefix)} → ${blackhole ? "blackhole" : (attachment ?? "nowhere")}`,
    },
  ];
}

function propagatedRoutes(
  item: Item,
  table: string,
  attachments: Attachments,
  networks: ReadonlyMap<string, Network>,
  inventory: Inventory,
): TransitRoute[] {
  const state = optionalText(item, "State") ?? "enabled";
  const id = text(item, "TransitGatewayAttachmentId");
  const attachment = attachments.get(id);
  if (state !== "enabled" || attachment === undefined) return [];
  const network = networks.get(optionalText(item, "ResourceType") === "vpc" ? text(item, "ResourceId") : "");
  if (network === undefined) {
    const why = `${attachment.name} propagates routes into ${table} that were not exported`;
    const origin = originOf(item, table);
    inventory.unknown(
      origin,
      why,
      "where packets for those prefixes go is not known: export search-transit-gateway-routes",
    );
    return uncertainRoutes(why, origin);
  }
  return network.prefixes.map((prefix) => ({
    prefix,
    attachment: id,
    blackhole: false,
    propagated: true,
    origin: originOf(item, `${table} ${formatPrefix(prefix)}`),
    text: `${formatPrefix(prefix)} → ${id} (propagated by ${network.id})`,
  }));
}

/** The outputs of get- and search- calls do not say whose they are: a key beside them, the file's name, or the only table. */
export function routeTableOf(whole: Item, inventory: Inventory): string | undefined {
  const said = optionalText(whole, "TransitGatewayRouteTableId") ?? idInFileName(whole, /tgw-rtb-[0-9a-f]+/);
  if (said !== undefined) return said;
  const tables = inventory.of("TransitGatewayRouteTables");
  return tables.length === 1 && tables[0] !== undefined
    ? text(tables[0], "TransitGatewayRouteTableId")
    : undefined;
}

export function noteNameless(inventory: Inventory, whole: Item, what: string): void {
  inventory.unknown(
    originOf(whole),
    `${what} of a transit gateway route table that the file does not name`,
    "not read: put the table's id (tgw-rtb-…) into the file's name",
  );
}
