// Transit gateways: attachments, route tables, associations, propagations and static routes. A gateway has a default route
// table, which attachments join and propagate into unless it says otherwise. (Template reference, "AWS::EC2::TransitGateway".)
import type { Written } from "../../aws/planned/draft.ts";
import { uncertainKey } from "../../aws/planned/marks.ts";
import { known } from "../fields.ts";
import { fieldsOf, nameOf, tagsOf, whyOpen, type Plan } from "../plan.ts";
import type { Resource } from "../scope.ts";

interface Attachment {
  readonly resource: Resource;
  readonly gateway: string;
  readonly network: string;
}

export function writeTransit(plan: Plan): void {
  const attachments = [
    ...plan.of("AWS::EC2::TransitGatewayAttachment"),
    ...plan.of("AWS::EC2::TransitGatewayVpcAttachment"),
  ].map((resource) => attachmentOf(plan, resource));
  for (const resource of plan.of("AWS::EC2::TransitGateway")) {
    plan.draft.add(
      "TransitGateways",
      { TransitGatewayId: resource.id, Tags: tagsOf(fieldsOf(resource)) },
      resource.origin,
    );
  }
  const tables = new Map<string, Table>();
  for (const resource of plan.of("AWS::EC2::TransitGateway")) {
    if (!isOn(resource, "DefaultRouteTableAssociation") && !isOn(resource, "DefaultRouteTablePropagation"))
      continue;
    const id = defaultTable(resource.id);
    tables.set(id, { id, gateway: resource.id, resource, associated: [], propagating: [], routes: [] });
  }
  for (const resource of plan.of("AWS::EC2::TransitGatewayRouteTable")) {
    const gateway = nameOf(fieldsOf(resource).requiredText("TransitGatewayId"));
    tables.set(resource.id, {
      id: resource.id,
      gateway,
      resource,
      associated: [],
      propagating: [],
      routes: [],
    });
  }
  associate(plan, attachments, tables);
  propagate(plan, attachments, tables);
  for (const resource of plan.of("AWS::EC2::TransitGatewayRoute")) addRoute(plan, resource, tables);
  for (const table of tables.values()) writeTable(plan, table);
}

interface Table {
  readonly id: string;
  readonly gateway: string;
  readonly resource: Resource;
  readonly associated: Written[];
  readonly propagating: Written[];
  readonly routes: Written[];
}

function defaultTable(gateway: string): string {
  return `${gateway}.DefaultRouteTable`;
}

/** `enable` is what a gateway has where nothing is written. */
function isOn(gateway: Resource | undefined, key: string): boolean {
  return gateway !== undefined && known(fieldsOf(gateway).text(key)) !== "disable";
}

function attachmentOf(plan: Plan, resource: Resource): Attachment {
  const fields = fieldsOf(resource);
  const gateway = nameOf(fields.requiredText("TransitGatewayId"));
  const network = plan.network(fields.requiredText("VpcId"), resource.origin);
  plan.draft.add(
    "TransitGatewayVpcAttachments",
    {
      TransitGatewayAttachmentId: resource.id,
      TransitGatewayId: gateway,
      VpcId: network,
      SubnetIds: fields.texts("SubnetIds").map((one) => plan.subnet(one, network, resource.origin).id),
      Tags: tagsOf(fields),
    },
    resource.origin,
  );
  return { resource, gateway, network };
}

function associate(plan: Plan, attachments: readonly Attachment[], tables: ReadonlyMap<string, Table>): void {
  const explicit = new Set<string>();
  for (const resource of plan.of("AWS::EC2::TransitGatewayRouteTableAssociation")) {
    const fields = fieldsOf(resource);
    const attachment = nameOf(fields.requiredText("TransitGatewayAttachmentId"));
    const table = nameOf(fields.requiredText("TransitGatewayRouteTableId"));
    explicit.add(attachment);
    const association = plan.draft.at(
      { TransitGatewayAttachmentId: attachment, State: "associated" },
      resource.origin,
    );
    const own = tables.get(table);
    if (own !== undefined) own.associated.push(association);
    // The reader of the attachment then finds a table that was not read.
    else {
      plan.draft.add(
        "Associations",
        { TransitGatewayRouteTableId: table, Associations: [association] },
        resource.origin,
      );
    }
  }
  for (const { resource, gateway } of attachments) {
    if (explicit.has(resource.id)) continue;
    if (!isOn(plan.at(gateway, "AWS::EC2::TransitGateway"), "DefaultRouteTableAssociation")) continue;
    tables
      .get(defaultTable(gateway))
      ?.associated.push(
        plan.draft.at({ TransitGatewayAttachmentId: resource.id, State: "associated" }, resource.origin),
      );
  }
}

function propagate(plan: Plan, attachments: readonly Attachment[], tables: ReadonlyMap<string, Table>): void {
  const add = (table: Table | undefined, { resource, network }: Attachment, from: Resource): void => {
    table?.propagating.push(
      plan.draft.at(
        {
          TransitGatewayAttachmentId: resource.id,
          ResourceType: "vpc",
          ResourceId: network,
          State: "enabled",
        },
        from.origin,
      ),
    );
  };
  for (const one of attachments) {
    const gateway = plan.at(one.gateway, "AWS::EC2::TransitGateway");
    if (isOn(gateway, "DefaultRouteTablePropagation"))
      add(tables.get(defaultTable(one.gateway)), one, one.resource);
  }
  for (const resource of plan.of("AWS::EC2::TransitGatewayRouteTablePropagation")) {
    const fields = fieldsOf(resource);
    const id = nameOf(fields.requiredText("TransitGatewayAttachmentId"));
    const table = tables.get(nameOf(fields.requiredText("TransitGatewayRouteTableId")));
    const attachment = attachments.find((one) => one.resource.id === id);
    if (attachment !== undefined && resource.uncertain === undefined) add(table, attachment, resource);
    else {
      const why = resource.uncertain ?? `${id}, which propagates routes, is in no template that was read`;
      table?.routes.push(plan.draft.at({ State: "active", [uncertainKey]: why }, resource.origin));
    }
  }
}

function addRoute(plan: Plan, resource: Resource, tables: ReadonlyMap<string, Table>): void {
  const fields = fieldsOf(resource);
  const named = nameOf(fields.requiredText("TransitGatewayRouteTableId"));
  const table = tables.get(named);
  if (table === undefined) {
    plan.unknown(
      resource.origin,
      `a route is added to the transit gateway route table ${named}, which no template that was read makes`,
      "left aside: what asks that table is not known",
    );
  }
  const destination = fields.text("DestinationCidrBlock");
  const attachment = fields.text("TransitGatewayAttachmentId");
  const blackhole = fields.flag("Blackhole");
  const why = resource.uncertain ?? whyOpen(destination, attachment, blackhole);
  const prefix = known(destination);
  table?.routes.push(
    plan.draft.at(
      {
        State: known(blackhole) === true ? "blackhole" : "active",
        Type: "static",
        ...(prefix === undefined ? {} : { DestinationCidrBlock: prefix }),
        TransitGatewayAttachments:
          attachment === undefined ? [] : [{ TransitGatewayAttachmentId: nameOf(attachment) }],
        ...(why === undefined ? {} : { [uncertainKey]: why }),
      },
      resource.origin,
    ),
  );
}

function writeTable(plan: Plan, table: Table): void {
  const { id, gateway, resource } = table;
  const place = { TransitGatewayRouteTableId: id };
  const origin = { ...resource.origin, id };
  const Tags = resource.id === id ? tagsOf(fieldsOf(resource)) : [];
  plan.draft.add("TransitGatewayRouteTables", { ...place, TransitGatewayId: gateway, Tags }, origin);
  plan.draft.add("Associations", { ...place, Associations: table.associated }, origin);
  plan.draft.add("TransitGatewayStaticRoutes", { ...place, Routes: table.routes }, origin);
  plan.draft.add(
    "TransitGatewayPropagations",
    { ...place, TransitGatewayRouteTablePropagations: table.propagating },
    origin,
  );
}
