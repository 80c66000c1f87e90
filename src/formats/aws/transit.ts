// Transit gateways: attachments with the subnets they stand in, which route table each is associated with, and the
// route tables with what was written into them and what attachments propagate.
import type { Gateway, Network, TransitAttachment, TransitRouteTable } from "../../estate/model.ts";
import type { Inventory } from "./inventory.ts";
import { child, children, optionalText, text, texts, type Item } from "./item.ts";
import { contradiction, once } from "./once.ts";
import { placeOf } from "./place.ts";
import { noteNameless, readTransitRoutes, routeTableOf, uncertainRoutes } from "./transit-routes.ts";

interface ReadAttachment {
  readonly id: string;
  readonly origin: TransitAttachment["origin"];
  readonly gateway: string;
  readonly attachment: TransitAttachment;
}

interface ReadTable {
  readonly id: string;
  readonly origin: TransitRouteTable["origin"];
  readonly gateway: string;
  readonly table: TransitRouteTable;
}

export function readTransitGateways(
  inventory: Inventory,
  networks: ReadonlyMap<string, Network>,
): Map<string, Gateway> {
  const attachments = readAttachments(inventory);
  const associated = associations(inventory, attachments);
  const tables = readTables(inventory, attachments, networks);
  const gateways = once("transit gateway", [
    ...inventory.of("TransitGateways").map((item) => placeOf(item, text(item, "TransitGatewayId"))),
    ...[...attachments.values()].map(({ gateway, origin }) => bare(gateway, origin)),
    ...[...tables.values()].map(({ gateway, origin }) => bare(gateway, origin)),
  ]);
  return new Map(
    [...gateways].flatMap(([id, place]): [string, Gateway][] => {
      const own = [...attachments.values()].filter((one) => one.gateway === id);
      if (own.length === 0 && !attachmentsExported(inventory)) {
        inventory.unknown(
          place.origin,
          `what is attached to ${id} was not exported`,
          "where packets that enter it go is not known: export describe-transit-gateway-attachments",
        );
        return [];
      }
      return [[id, { ...place, kind: "transit", ...tie(id, own, associated, tables, inventory) }]];
    }),
  );
}

function attachmentsExported(inventory: Inventory): boolean {
  return inventory.has("TransitGatewayAttachments") || inventory.has("TransitGatewayVpcAttachments");
}

/** A gateway of another account shows itself only by what is attached to it. */
function bare(id: string, origin: Gateway["origin"]): Pick<Gateway, "id" | "name" | "tags" | "origin"> {
  return { id, name: id, tags: {}, origin: { ...origin, id } };
}

type Tied = Pick<Extract<Gateway, { kind: "transit" }>, "attachments" | "routeTables">;

/** A gateway's attachments, each with its table, and the tables; one that was not exported stands there without routes that are known. */
function tie(
  gateway: string,
  own: readonly ReadAttachment[],
  associated: ReadonlyMap<string, string>,
  tables: ReadonlyMap<string, ReadTable>,
  inventory: Inventory,
): Tied {
  const routeTables = new Map(
    [...tables.values()].filter((one) => one.gateway === gateway).map((one) => [one.id, one.table]),
  );
  const exported = routeTables.size > 0 || hasNoTable(gateway, inventory);
  const attachments = own.map(({ id, attachment }) => {
    noteSubnets(attachment, inventory);
    const named = associated.get(id);
    if (named === undefined && exported && associationsExported(id, inventory)) return attachment;
    const routeTable = named ?? `route table of ${id}`;
    if (!routeTables.has(routeTable))
      routeTables.set(routeTable, standInTable(routeTable, attachment, inventory));
    return { ...attachment, routeTable };
  });
  return { attachments, routeTables: [...routeTables.values()] };
}

/** Whether a plan makes the gateway and no table of it; an account's list may leave out those of other accounts. */
function hasNoTable(gateway: string, inventory: Inventory): boolean {
  return (
    inventory.partial &&
    inventory.has("TransitGatewayRouteTables") &&
    inventory.of("TransitGateways").some((item) => text(item, "TransitGatewayId") === gateway)
  );
}

/** Whether an attachment without an association has none for certain. */
function associationsExported(attachment: string, inventory: Inventory): boolean {
  return (
    inventory.has("Associations") ||
    inventory
      .of("TransitGatewayAttachments")
      .some((item) => text(item, "TransitGatewayAttachmentId") === attachment)
  );
}

function standInTable(id: string, attachment: TransitAttachment, inventory: Inventory): TransitRouteTable {
  const why = `the transit gateway ${id.startsWith("route table") ? id : `route table ${id}`} was not exported`;
  inventory.unknown(attachment.origin, why, `where packets that enter by ${attachment.id} go is not known`);
  const origin = { ...attachment.origin, id };
  return { id, name: id, tags: {}, origin, routes: uncertainRoutes(why, origin) };
}

function noteSubnets(attachment: TransitAttachment, inventory: Inventory): void {
  if (attachment.network === undefined || attachment.subnets.length > 0) return;
  inventory.unknown(
    attachment.origin,
    `the subnets of ${attachment.id} were not exported (describe-transit-gateway-vpc-attachments)`,
    "the network ACLs before them are not asked",
  );
}

/** The routes of a table of which neither a search nor propagations were exported. */
function unsearched(
  id: string,
  origin: Gateway["origin"],
  inventory: Inventory,
): TransitRouteTable["routes"] {
  const why = `the routes of ${id} were not exported`;
  inventory.unknown(origin, why, "where its packets go is not known: export search-transit-gateway-routes");
  return uncertainRoutes(why, origin);
}

/** VPC attachments first: they alone name their subnets. */
function readAttachments(inventory: Inventory): Map<string, ReadAttachment> {
  const attachments = new Map<string, ReadAttachment>();
  const add = (gateway: string, attachment: TransitAttachment): void => {
    const { id, origin } = attachment;
    const before = attachments.get(id);
    if (before === undefined) attachments.set(id, { id, origin, gateway, attachment });
    else if (before.gateway !== gateway || before.attachment.network !== attachment.network) {
      throw contradiction("transit gateway attachment", before, attachment);
    }
  };
  for (const item of inventory.of("TransitGatewayVpcAttachments")) {
    if (!carries(item)) continue;
    const place = placeOf(item, text(item, "TransitGatewayAttachmentId"));
    const subnets = texts(item, "SubnetIds");
    add(text(item, "TransitGatewayId"), { ...place, network: text(item, "VpcId"), subnets });
  }
  for (const item of inventory.of("TransitGatewayAttachments")) {
    if (!carries(item)) continue;
    const type = text(item, "ResourceType");
    const resource = text(item, "ResourceId");
    const isVpc = type === "vpc";
    const name = isVpc ? undefined : `${type} ${resource}`;
    const place = placeOf(item, text(item, "TransitGatewayAttachmentId"), name);
    add(text(item, "TransitGatewayId"), { ...place, subnets: [], ...(isVpc ? { network: resource } : {}) });
  }
  return attachments;
}

/** `modifying` keeps carrying packets; every other state does not or not yet. */
function carries(item: Item): boolean {
  const state = optionalText(item, "State") ?? "available";
  return state === "available" || state === "modifying";
}

/** Which route table each attachment asks. */
function associations(
  inventory: Inventory,
  attachments: ReadonlyMap<string, ReadAttachment>,
): Map<string, string> {
  const tables = new Map<string, string>();
  for (const item of inventory.of("TransitGatewayAttachments")) {
    const association = child(item, "Association");
    if (association === undefined || optionalText(association, "State") !== "associated") continue;
    tables.set(text(item, "TransitGatewayAttachmentId"), text(association, "TransitGatewayRouteTableId"));
  }
  for (const whole of inventory.of("Associations")) {
    const table = routeTableOf(whole, inventory);
    for (const association of children(whole, "Associations")) {
      const id = optionalText(association, "TransitGatewayAttachmentId");
      if (id === undefined || optionalText(association, "State") !== "associated") continue;
      if (table === undefined) noteNameless(inventory, whole, "associations");
      else if (attachments.has(id)) tables.set(id, table);
    }
  }
  return tables;
}

function readTables(
  inventory: Inventory,
  attachments: ReadonlyMap<string, ReadAttachment>,
  networks: ReadonlyMap<string, Network>,
): Map<string, ReadTable> {
  const routes = readTransitRoutes(
    inventory,
    new Map([...attachments].map(([id, one]) => [id, one.attachment])),
    networks,
  );
  const tables = inventory.of("TransitGatewayRouteTables").flatMap((item) => {
    if (optionalText(item, "State") === "deleted") return [];
    const id = text(item, "TransitGatewayRouteTableId");
    const place = placeOf(item, id);
    const table = { ...place, routes: routes.get(id) ?? unsearched(id, place.origin, inventory) };
    return [{ id, origin: table.origin, gateway: text(item, "TransitGatewayId"), table }];
  });
  for (const [id, { length }] of routes) {
    const [first] = routes.get(id) ?? [];
    if (first === undefined || tables.some((table) => table.id === id)) continue;
    inventory.unknown(
      first.origin,
      `${length} routes of the transit gateway route table ${id}, which was not exported itself`,
      "left aside: which transit gateway they belong to is not known",
    );
  }
  return once("transit gateway route table", tables);
}
