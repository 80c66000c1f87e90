// Route tables: the local routes that EC2 writes, the routes of the template, those that gateway endpoints and VPN
// gateways bring, and which subnet asks which table.
import { localRoutes } from "../../aws/planned/defaults.ts";
import type { Written } from "../../aws/planned/draft.ts";
import { uncertainKey } from "../../aws/planned/marks.ts";
import { known } from "../fields.ts";
import { byOwner, fieldsOf, nameOf, tagsOf, whyOpen, type Plan, type PlannedSubnet } from "../plan.ts";
import type { Resource } from "../scope.ts";
import type { NotKnown } from "../values.ts";
import { associationsOf } from "./associations.ts";

/** The property that names a route's target, and the field that an export has it in. */
const targets: Readonly<Record<string, string>> = {
  GatewayId: "GatewayId",
  NatGatewayId: "NatGatewayId",
  EgressOnlyInternetGatewayId: "EgressOnlyInternetGatewayId",
  TransitGatewayId: "TransitGatewayId",
  VpcPeeringConnectionId: "VpcPeeringConnectionId",
  NetworkInterfaceId: "NetworkInterfaceId",
  InstanceId: "InstanceId",
  VpcEndpointId: "GatewayId",
  LocalGatewayId: "LocalGatewayId",
  CarrierGatewayId: "CarrierGatewayId",
  CoreNetworkArn: "CoreNetworkArn",
};

const destinations = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"] as const;

export function writeRouteTables(plan: Plan): void {
  const routes = byOwner(plan.of("AWS::EC2::Route"), (fields) => fields.requiredText("RouteTableId"));
  const brought = broughtRoutes(plan);
  const subnets = associations(plan);
  for (const resource of plan.of("AWS::EC2::RouteTable")) {
    const fields = fieldsOf(resource);
    const network = plan.network(fields.text("VpcId"), resource.origin);
    plan.draft.add(
      "RouteTables",
      {
        RouteTableId: resource.id,
        VpcId: network,
        Associations: subnets.get(resource.id) ?? [],
        Routes: [
          ...localRoutes(plan.networks.get(network)?.prefixes ?? []),
          ...(routes.get(resource.id) ?? []).map((route) => routeOf(plan, route)),
          ...(brought.get(resource.id) ?? []),
        ],
        Tags: tagsOf(fields),
      },
      resource.origin,
    );
    routes.delete(resource.id);
  }
  for (const [id, [first]] of routes) {
    if (first === undefined) continue;
    plan.unknown(
      first.origin,
      `a route is added to the table ${id}, which no template that was read makes`,
      "left aside: the subnets that ask that table are not known",
    );
  }
}

function routeOf(plan: Plan, route: Resource): Written {
  const fields = fieldsOf(route);
  const written: Written = { State: "active" };
  const open: (string | NotKnown | undefined)[] = [];
  for (const key of destinations) {
    const value = fields.text(key);
    open.push(value);
    const text = known(value);
    if (text !== undefined) written[key] = text;
  }
  for (const [property, field] of Object.entries(targets)) {
    const value = fields.text(property);
    open.push(value);
    const text = known(value);
    if (text !== undefined) written[field] = text;
  }
  const target = Object.values(targets).flatMap((field) => {
    const value = written[field];
    return typeof value === "string" ? [value] : [];
  })[0];
  const why = route.uncertain ?? whyOpen(...open) ?? uncertainTarget(plan, target);
  return plan.draft.at({ ...written, ...(why === undefined ? {} : { [uncertainKey]: why }) }, route.origin);
}

/** A target that may not be there, or that may not be attached. */
function uncertainTarget(plan: Plan, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const attachment = plan
    .of("AWS::EC2::VPCGatewayAttachment")
    .find(
      (one) =>
        one.uncertain !== undefined &&
        ["InternetGatewayId", "VpnGatewayId"].some((key) => known(fieldsOf(one).text(key)) === id),
    );
  return plan.any(id)?.uncertain ?? attachment?.uncertain;
}

/** Routes that other resources write into tables: endpoints for their service's prefixes, VPN gateways by propagation. */
function broughtRoutes(plan: Plan): Map<string, Written[]> {
  const brought = new Map<string, Written[]>();
  const bring = (resource: Resource, route: (table: string) => Written): void => {
    for (const given of fieldsOf(resource).texts("RouteTableIds")) {
      const table = nameOf(given);
      brought.set(table, [...(brought.get(table) ?? []), plan.draft.at(route(table), resource.origin)]);
    }
  };
  for (const resource of plan.of("AWS::EC2::VPCEndpoint")) {
    const service = nameOf(fieldsOf(resource).requiredText("ServiceName"));
    const why = resource.uncertain ?? `the addresses of ${service} are not in the template`;
    bring(resource, () => ({ GatewayId: resource.id, State: "active", [uncertainKey]: why }));
  }
  for (const resource of plan.of("AWS::EC2::VPNGatewayRoutePropagation")) {
    const gateway = nameOf(fieldsOf(resource).requiredText("VpnGatewayId"));
    const why = `the routes that ${gateway} learns are not in the template`;
    bring(resource, () => ({ GatewayId: gateway, State: "active", [uncertainKey]: why }));
  }
  return brought;
}

/** What each table is associated with; a subnet whose table is not known gets one that says so. */
function associations(plan: Plan): Map<string, Written[]> {
  const { certain, open } = associationsOf(
    plan,
    "AWS::EC2::SubnetRouteTableAssociation",
    "RouteTableId",
    "AWS::EC2::RouteTable",
  );
  const found = new Map<string, Written[]>(
    [...certain].map(([table, list]) => [
      table,
      list.map(({ resource, subnet }) => plan.draft.at({ SubnetId: subnet.id }, resource.origin)),
    ]),
  );
  for (const { resource, subnet, why } of open) addOpenTable(plan, resource, subnet, why);
  for (const resource of plan.of("AWS::EC2::GatewayRouteTableAssociation")) {
    const fields = fieldsOf(resource);
    const gateway = nameOf(fields.requiredText("GatewayId"));
    const table = nameOf(fields.requiredText("RouteTableId"));
    const association = plan.draft.at({ GatewayId: gateway }, resource.origin);
    found.set(table, [...(found.get(table) ?? []), association]);
  }
  return found;
}

function addOpenTable(plan: Plan, resource: Resource, subnet: PlannedSubnet, why: string): void {
  const id = `${subnet.id}.RouteTable`;
  plan.draft.add(
    "RouteTables",
    {
      RouteTableId: id,
      VpcId: subnet.network,
      Associations: [{ SubnetId: subnet.id }],
      Routes: [...localRoutes(plan.networks.get(subnet.network)?.prefixes ?? []), { [uncertainKey]: why }],
    },
    { ...resource.origin, id },
  );
}
