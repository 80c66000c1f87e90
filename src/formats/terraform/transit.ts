// Transit gateways: their VPC attachments, route tables, associations, propagations and static routes, and the table
// that AWS makes with one and joins attachments to unless it is told not to.
import type { Written } from "../aws/planned/draft.ts";
import { uncertainKey } from "../aws/planned/marks.ts";
import { flag, optional, type Fields } from "./fields.ts";
import { transitTableId, type Plan } from "./plan.ts";
import { given, tagsOf } from "./written.ts";

interface Attachment {
  readonly id: string;
  readonly gateway: string;
  readonly vpc: string;
  readonly fields: Fields;
}

export function translateTransitGateways(plan: Plan): void {
  const gateways = plan.of("aws_ec2_transit_gateway");
  const tables = new Map<string, { readonly gateway: string; readonly fields: Fields }>();
  for (const one of gateways) {
    plan.draft.add("TransitGateways", { TransitGatewayId: one.resource.address, ...tagsOf(one) }, one.origin);
    if (
      !isEnabled(one, "default_route_table_association") &&
      !isEnabled(one, "default_route_table_propagation")
    )
      continue;
    tables.set(transitTableId(one.resource.address), { gateway: one.resource.address, fields: one });
  }
  for (const one of plan.of("aws_ec2_transit_gateway_route_table")) {
    const gateway = plan.reference(one, "transit_gateway_id", ["transit"]);
    if (gateway.kind === "id") tables.set(one.resource.address, { gateway: gateway.id, fields: one });
    else noteOpen(plan, one, "its transit gateway is not known");
  }
  const attachments = attachmentsOf(plan);
  if (gateways.length > 0 || attachments.length > 0)
    plan.draft.complete(["TransitGatewayAttachments", "TransitGatewayVpcAttachments"]);
  addAttachments(plan, attachments, gateways);
  addTables(plan, attachments, gateways, tables);
}

function isEnabled(gateway: Fields, key: string): boolean {
  return (optional(gateway, key) ?? "enable") === "enable";
}

function noteOpen(plan: Plan, fields: Fields, what: string): void {
  plan.unknown(fields.origin, `${fields.resource.address}: ${what}`, "left aside");
}

function attachmentsOf(plan: Plan): Attachment[] {
  return plan.of("aws_ec2_transit_gateway_vpc_attachment").flatMap((fields) => {
    const gateway = plan.reference(fields, "transit_gateway_id", ["transit"]);
    const vpc = plan.reference(fields, "vpc_id", ["vpc"]);
    if (gateway.kind === "id" && vpc.kind === "id")
      return [{ id: fields.resource.address, gateway: gateway.id, vpc: vpc.id, fields }];
    noteOpen(plan, fields, "what it joins is not known");
    return [];
  });
}

function addAttachments(plan: Plan, attachments: readonly Attachment[], gateways: readonly Fields[]): void {
  const tableOf = new Map<string, string>();
  const byAddress = new Map(gateways.map((one) => [one.resource.address, one]));
  for (const { id, gateway, fields } of attachments) {
    const own = byAddress.get(gateway);
    const wanted = flag(fields, "transit_gateway_default_route_table_association") !== false;
    if (own !== undefined && wanted && isEnabled(own, "default_route_table_association"))
      tableOf.set(id, transitTableId(gateway));
  }
  for (const one of plan.of("aws_ec2_transit_gateway_route_table_association")) {
    const table = plan.reference(one, "transit_gateway_route_table_id", ["transit-table"]);
    const attachment = plan.reference(one, "transit_gateway_attachment_id", ["attachment"]);
    if (table.kind === "id" && attachment.kind === "id") tableOf.set(attachment.id, table.id);
    else noteOpen(plan, one, "what it joins is not known");
  }
  for (const { id, gateway, vpc, fields } of attachments) {
    const subnets = plan.references(fields, "subnet_ids", ["subnet"]);
    if (subnets.open !== undefined)
      plan.unknown(
        fields.origin,
        subnets.open,
        "the network ACLs before subnets that are not known are not asked",
      );
    const table = tableOf.get(id);
    const common = {
      TransitGatewayAttachmentId: id,
      TransitGatewayId: gateway,
      State: "available",
      ...tagsOf(fields),
    };
    plan.draft.add(
      "TransitGatewayVpcAttachments",
      { ...common, VpcId: vpc, SubnetIds: [...subnets.ids] },
      fields.origin,
    );
    // Of a gateway of other hands nobody here knows which table it joins new attachments to.
    if (table === undefined && !byAddress.has(gateway)) continue;
    plan.draft.add(
      "TransitGatewayAttachments",
      {
        ...common,
        ResourceType: "vpc",
        ResourceId: vpc,
        ...given(
          "Association",
          table === undefined ? undefined : { TransitGatewayRouteTableId: table, State: "associated" },
        ),
      },
      fields.origin,
    );
  }
}

function addTables(
  plan: Plan,
  attachments: readonly Attachment[],
  gateways: readonly Fields[],
  tables: ReadonlyMap<string, { readonly gateway: string; readonly fields: Fields }>,
): void {
  const propagations = propagationsOf(plan, attachments, gateways);
  const routes = routesOf(plan);
  for (const [id, { gateway, fields }] of tables) {
    const place = { ...fields.origin, id };
    plan.draft.add(
      "TransitGatewayRouteTables",
      { TransitGatewayRouteTableId: id, TransitGatewayId: gateway, ...tagsOf(fields) },
      place,
    );
    plan.draft.add(
      "TransitGatewayStaticRoutes",
      { TransitGatewayRouteTableId: id, Routes: routes.get(id) ?? [] },
      place,
    );
    plan.draft.add(
      "TransitGatewayPropagations",
      {
        TransitGatewayRouteTableId: id,
        TransitGatewayRouteTablePropagations: (propagations.get(id) ?? []).map((one) => ({
          TransitGatewayAttachmentId: one.id,
          ResourceType: "vpc",
          ResourceId: one.vpc,
          State: "enabled",
        })),
      },
      place,
    );
  }
}

function propagationsOf(
  plan: Plan,
  attachments: readonly Attachment[],
  gateways: readonly Fields[],
): Map<string, Attachment[]> {
  const found = new Map<string, Attachment[]>();
  const add = (table: string, attachment: Attachment): void => {
    const own = found.get(table) ?? [];
    if (!own.includes(attachment)) found.set(table, [...own, attachment]);
  };
  const byAddress = new Map(gateways.map((one) => [one.resource.address, one]));
  for (const attachment of attachments) {
    const own = byAddress.get(attachment.gateway);
    const wanted = flag(attachment.fields, "transit_gateway_default_route_table_propagation") !== false;
    if (own !== undefined && wanted && isEnabled(own, "default_route_table_propagation"))
      add(transitTableId(attachment.gateway), attachment);
  }
  const byId = new Map(attachments.map((one) => [one.id, one]));
  for (const one of plan.of("aws_ec2_transit_gateway_route_table_propagation")) {
    const table = plan.reference(one, "transit_gateway_route_table_id", ["transit-table"]);
    const meant = plan.reference(one, "transit_gateway_attachment_id", ["attachment"]);
    const attachment = meant.kind === "id" ? byId.get(meant.id) : undefined;
    if (table.kind === "id" && attachment !== undefined) add(table.id, attachment);
    else noteOpen(plan, one, "what it joins is not known");
  }
  return found;
}

function routesOf(plan: Plan): Map<string, Written[]> {
  const routes = new Map<string, Written[]>();
  for (const one of plan.of("aws_ec2_transit_gateway_route")) {
    const table = plan.reference(one, "transit_gateway_route_table_id", ["transit-table"]);
    if (table.kind !== "id") {
      noteOpen(plan, one, "its route table is not known");
      continue;
    }
    const prefix = optional(one, "destination_cidr_block");
    const blackhole = flag(one, "blackhole") === true;
    const attachment = plan.reference(one, "transit_gateway_attachment_id", ["attachment"]);
    const open =
      prefix === undefined
        ? `${one.resource.address}: its destination is not known before apply`
        : !blackhole && attachment.kind !== "id"
          ? `${one.resource.address}: its attachment is not known`
          : undefined;
    const route: Written = {
      ...given("DestinationCidrBlock", prefix),
      Type: "static",
      State: blackhole ? "blackhole" : "active",
      TransitGatewayAttachments:
        attachment.kind === "id" && !blackhole ? [{ TransitGatewayAttachmentId: attachment.id }] : [],
      ...given(uncertainKey, open),
    };
    routes.set(table.id, [...(routes.get(table.id) ?? []), plan.draft.at(route, { ...one.origin })]);
  }
  return routes;
}
