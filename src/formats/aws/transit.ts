// Transit gateways: attachments with the subnets they stand in, which route table each is associated with, and the
// route tables with what was written into them and what attachments propagate.
import type { Gateway, Network, TransitAttachment, TransitRouteTable } from "../../estate/model.ts";
import type { Inventory } from "./inventory.ts";
import { child, children, optionalText, text, texts, type Item } from "./item.ts";
import { contradiction, once } from "./once.ts";
import { placeOf } from "./place.ts";
import { noteNameless, readTransitRoutes, routeTableOf } from "./transit-routes.ts";

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
    [...gateways].map(([id, place]) => [
      id,
      {
        ...place,
        kind: "transit" as const,
        attachments: [...attachments.values()]
          .filter((one) => one.gateway === id)
          .map((one) => associate(one.attachment, associated.get(one.id), tables, inventory)),
        routeTables: [...tables.values()].filter((one) => one.gateway === id).map((one) => one.table),
      },
    ]),
  );
}

/** A gateway of another account shows itself only by what is attached to it. */
function bare(id: string, origin: Gateway["origin"]): Pick<Gateway, "id" | "name" | "tags" | "origin"> {
  return { id, name: id, tags: {}, origin: { ...origin, id } };
}

function associate(
  attachment: TransitAttachment,
  routeTable: string | undefined,
  tables: ReadonlyMap<string, ReadTable>,
  inventory: Inventory,
): TransitAttachment {
  const missing = routeTable === undefined ? tables.size === 0 : !tables.has(routeTable);
  if (missing) {
    inventory.unknown(
      attachment.origin,
      `the transit gateway route table ${routeTable ?? `that ${attachment.id} asks`} was not exported`,
      `where packets that enter by ${attachment.id} go is not known`,
    );
  }
  return routeTable === undefined ? attachment : { ...attachment, routeTable };
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
    const table = { ...placeOf(item, id), routes: routes.get(id) ?? [] };
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
