// Route tables: inline routes, routes as resources of their own, the local routes that every table has, which subnets
// have which table, and the main table that AWS makes with a VPC.
import { addMainTable, addUnknownTable, localRoutes, mainTableId } from "../aws/planned/defaults.ts";
import type { Written } from "../aws/planned/draft.ts";
import { uncertainKey } from "../aws/planned/marks.ts";
import type { Removed } from "./document.ts";
import { blocks, isUnknown, optional, strings, type Fields } from "./fields.ts";
import type { Thing } from "./kinds.ts";
import type { Networks } from "./networks.ts";
import type { Plan } from "./plan.ts";
import { joinRules, type Ruled } from "./rules.ts";
import { gone } from "./security-groups.ts";
import { given, tagsOf } from "./written.ts";

type Rule = Ruled<Written>;

export function translateRouteTables(plan: Plan, networks: Networks, removed: readonly Removed[]): void {
  const separate = separateRoutes(plan);
  const taken = removedKeys(plan, removed);
  const mains = mainTables(plan);
  const { subnets, open } = associations(plan);
  for (const why of open)
    plan.unknown(why.origin, why.what, "left aside: the subnet has its VPC's main table here");
  const endpoints = endpointRoutes(plan);
  for (const table of plan.of("aws_route_table", "aws_default_route_table")) {
    const { address, type } = table.resource;
    const meant = plan.reference(table, "vpc_id", ["vpc"]);
    const vpc =
      meant.kind === "id"
        ? meant.id
        : type === "aws_default_route_table"
          ? ownerOf(plan, address)
          : undefined;
    if (vpc === undefined) {
      const why = meant.kind === "open" ? meant.why : `${address}: its VPC is not known`;
      plan.unknown(table.origin, why, "left out: its subnets have their VPC's main table");
      continue;
    }
    noteVpnRoutes(plan, table);
    const inline = [...blocks(table, "route"), ...blocks(table, "routes")];
    const routes = joinRules(plan, table, {
      argument: "route",
      inline: inline.flatMap((block) => routeOf(plan, block)),
      separate: separate.get(`${address} route`) ?? [],
      removed: taken.get(address) ?? new Set(),
      open: (why) => ({ [uncertainKey]: why }),
    });
    const main = mains.get(vpc) ?? plan.known(mainTableId(vpc), ["table"]);
    plan.draft.add(
      "RouteTables",
      {
        RouteTableId: address,
        VpcId: vpc,
        ...tagsOf(table),
        Routes: [...local(networks, vpc, routes), ...routes, ...(endpoints.get(address) ?? [])],
        Associations: [
          ...(main === address ? [{ Main: true }] : []),
          ...(subnets.get(address) ?? []).map((SubnetId) => ({ SubnetId })),
        ],
      },
      table.origin,
    );
  }
  addMainTables(plan, networks, mains);
}

/** A table may write its local route out, to keep or to narrow it; it has it either way. */
function local(networks: Networks, vpc: string, routes: readonly Written[]): Written[] {
  const written = new Set(routes.map((route) => destinationOf(route)));
  return localRoutes(networks.prefixesOf.get(vpc) ?? []).filter(
    (route) => !written.has(destinationOf(route)),
  );
}

function destinationOf(route: Written): string {
  return ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"]
    .map((key) => route[key])
    .filter((value) => typeof value === "string")
    .join(" ");
}

function addMainTables(plan: Plan, networks: Networks, mains: ReadonlyMap<string, string>): void {
  for (const vpc of plan.of("aws_vpc", "aws_default_vpc")) {
    const id = vpc.resource.address;
    if (mains.has(id) || plan.known(mainTableId(id), ["table"]) !== mainTableId(id)) continue;
    if (vpc.resource.data) {
      addUnknownTable(plan.draft, id, networks.prefixesOf.get(id) ?? [], vpc.origin);
      continue;
    }
    if (optional(vpc, "id") === undefined) {
      addMainTable(plan.draft, id, networks.prefixesOf.get(id) ?? [], vpc.origin);
      continue;
    }
    // A main table that stands already may have routes that nobody wrote here.
    plan.unknown(
      vpc.origin,
      `the main route table of ${id} is not managed here`,
      "taken to have the local routes alone",
    );
    addMainTable(plan.draft, id, networks.prefixesOf.get(id) ?? [], vpc.origin);
  }
}

function ownerOf(plan: Plan, address: string): string | undefined {
  return plan
    .of("aws_vpc", "aws_default_vpc")
    .map((vpc) => vpc.resource.address)
    .find((vpc) => plan.known(mainTableId(vpc), ["table"]) === address);
}

/** The table that a VPC is told to use as its main one. */
function mainTables(plan: Plan): Map<string, string> {
  const mains = new Map<string, string>();
  for (const one of plan.of("aws_main_route_table_association")) {
    const vpc = plan.reference(one, "vpc_id", ["vpc"]);
    const table = plan.reference(one, "route_table_id", ["table"]);
    if (vpc.kind === "id" && table.kind === "id") mains.set(vpc.id, table.id);
    else plan.unknown(one.origin, `${one.resource.address}: what it joins is not known`, "left aside");
  }
  return mains;
}

interface Associated {
  readonly subnets: ReadonlyMap<string, readonly string[]>;
  readonly open: readonly { readonly origin: Fields["origin"]; readonly what: string }[];
}

function associations(plan: Plan): Associated {
  const subnets = new Map<string, string[]>();
  const open: { origin: Fields["origin"]; what: string }[] = [];
  const join = (table: string, subnet: string): void => {
    const own = subnets.get(table) ?? [];
    if (!own.includes(subnet)) subnets.set(table, [...own, subnet]);
  };
  for (const one of plan.of("aws_route_table_association")) {
    const table = plan.reference(one, "route_table_id", ["table"]);
    const subnet = plan.reference(one, "subnet_id", ["subnet"]);
    const gateway = plan.reference(one, "gateway_id", ["internet", "private"]);
    if (table.kind === "id" && subnet.kind === "id") join(table.id, subnet.id);
    else if (gateway.kind === "id" || gateway.kind === "open")
      open.push({ origin: one.origin, what: `${one.resource.address} routes what comes in by a gateway` });
    else {
      const why = [subnet, table].find((meant) => meant.kind === "open");
      const what = why?.kind === "open" ? why.why : `${one.resource.address}: what it joins is not known`;
      open.push({ origin: one.origin, what });
    }
  }
  // What a data source read of a table lists its subnets.
  for (const table of plan.of("aws_route_table")) {
    for (const block of blocks(table, "associations")) {
      const subnet = plan.reference(block, "subnet_id", ["subnet"]);
      if (subnet.kind === "id") join(table.resource.address, subnet.id);
    }
  }
  return { subnets, open };
}

function noteVpnRoutes(plan: Plan, table: Fields): void {
  if (strings(table, "propagating_vgws").length === 0 && !isUnknown(table, "propagating_vgws")) return;
  if (table.configured && table.expression("propagating_vgws") === undefined) return;
  plan.unknown(
    table.origin,
    `a VPN gateway propagates routes into ${table.resource.address}`,
    "they are learnt while it runs: packets for those prefixes are not known to go there",
  );
}

/** Gateway endpoints put a route into each table that they name, for the prefixes of their service. */
function endpointRoutes(plan: Plan): Map<string, Written[]> {
  const routes = new Map<string, Written[]>();
  const add = (table: string, endpoint: Fields): void => {
    const own = routes.get(table) ?? [];
    const id = endpoint.resource.address;
    if (own.some((route) => route["GatewayId"] === id)) return;
    const list = plan.reference(endpoint, "prefix_list_id", ["prefix-list"]);
    const route: Written =
      list.kind === "id"
        ? { DestinationPrefixListId: list.id, GatewayId: id }
        : { DestinationPrefixListId: listOfService(plan, endpoint), GatewayId: id };
    routes.set(table, [...own, plan.draft.at(route, { ...endpoint.origin })]);
  };
  for (const endpoint of plan.of("aws_vpc_endpoint")) {
    const type = optional(endpoint, "vpc_endpoint_type") ?? "Gateway";
    if (type !== "Gateway") continue;
    const tables = plan.references(endpoint, "route_table_ids", ["table"]);
    if (tables.open !== undefined)
      plan.unknown(endpoint.origin, tables.open, "tables that are not known have no route to it");
    for (const table of tables.ids) add(table, endpoint);
  }
  const byAddress = new Map(plan.of("aws_vpc_endpoint").map((one) => [one.resource.address, one]));
  for (const one of plan.of("aws_vpc_endpoint_route_table_association")) {
    const table = plan.reference(one, "route_table_id", ["table"]);
    const meant = plan.reference(one, "vpc_endpoint_id", ["endpoint"]);
    const endpoint = meant.kind === "id" ? byAddress.get(meant.id) : undefined;
    if (table.kind === "id" && endpoint !== undefined) add(table.id, endpoint);
    else plan.unknown(one.origin, `${one.resource.address}: what it joins is not known`, "left aside");
  }
  return routes;
}

/** The prefix list of a gateway endpoint's service, where a data source has read one of its name. */
function listOfService(plan: Plan, endpoint: Fields): string {
  const service = optional(endpoint, "service_name") ?? "a service that is not known";
  const list = plan
    .of("aws_prefix_list", "aws_ec2_managed_prefix_list")
    .find((one) => optional(one, "name") === service);
  return list?.resource.address ?? service;
}

function separateRoutes(plan: Plan): Map<string, Rule[]> {
  const routes = new Map<string, Rule[]>();
  for (const route of plan.of("aws_route")) {
    const table = plan.reference(route, "route_table_id", ["table"]);
    if (table.kind !== "id") {
      const why = table.kind === "open" ? table.why : `${route.resource.address} names no table`;
      plan.unknown(route.origin, why, "left aside: whichever table it is read without it");
      continue;
    }
    const key = `${table.id} route`;
    routes.set(key, [...(routes.get(key) ?? []), ...routeOf(plan, route)]);
  }
  return routes;
}

/** The arguments that can hold a target, what each may mean, and where AWS's exports have it. */
const targets: readonly (readonly [string, readonly Thing[], string])[] = [
  ["gateway_id", ["internet", "private", "endpoint"], "GatewayId"],
  ["nat_gateway_id", ["nat"], "NatGatewayId"],
  ["egress_only_gateway_id", ["egress-only"], "EgressOnlyInternetGatewayId"],
  ["transit_gateway_id", ["transit"], "TransitGatewayId"],
  ["vpc_peering_connection_id", ["peering"], "VpcPeeringConnectionId"],
  ["network_interface_id", ["interface"], "NetworkInterfaceId"],
  ["instance_id", ["instance"], "InstanceId"],
  ["vpc_endpoint_id", ["endpoint"], "GatewayId"],
  ["local_gateway_id", [], "LocalGatewayId"],
  ["carrier_gateway_id", [], "CarrierGatewayId"],
  ["core_network_arn", [], "CoreNetworkArn"],
  ["odb_network_arn", [], "OdbNetworkArn"],
];

/** Inline routes say `cidr_block`, resources `destination_cidr_block`. */
function routeOf(plan: Plan, fields: Fields): Rule[] {
  const { address } = fields.resource;
  const ipv4 = optional(fields, "cidr_block") ?? optional(fields, "destination_cidr_block");
  const ipv6 = optional(fields, "ipv6_cidr_block") ?? optional(fields, "destination_ipv6_cidr_block");
  const inlineList = plan.reference(fields, "destination_prefix_list_id", ["prefix-list"]);
  const list = inlineList.kind === "id" ? inlineList.id : undefined;
  const open: string[] = [];
  if (ipv4 === undefined && ipv6 === undefined && list === undefined)
    open.push(`${address}: the destination of a route is not known before apply`);
  const target: Written = {};
  for (const [key, things, written] of targets) {
    const own = plan.reference(fields, key, things);
    // Older configurations give a NAT gateway as a gateway; the provider takes it.
    const meant = own.kind === "open" && key === "gateway_id" ? plan.reference(fields, key, ["nat"]) : own;
    if (meant.kind === "id") target[written] = meant.id;
    // What is not written is computed where another target is.
    else if (meant.kind === "open") open.push(meant.why);
  }
  const known = Object.keys(target).length > 0;
  const why = known ? open.find((one) => one.includes("destination")) : (open[0] ?? noTarget(address));
  const route: Written = {
    ...given("DestinationCidrBlock", ipv4),
    ...given("DestinationIpv6CidrBlock", ipv6),
    ...given("DestinationPrefixListId", list),
    ...target,
    ...given(uncertainKey, why),
  };
  const key = destinationOf(route);
  return [{ key, rule: plan.draft.at(route, { ...fields.origin, id: address }), origin: fields.origin }];
}

function noTarget(address: string): string {
  return `${address}: the target of a route is not known`;
}

function removedKeys(plan: Plan, removed: readonly Removed[]): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (const { type, before, address } of removed) {
    const table = before.value["route_table_id"];
    if (type !== "aws_route" || typeof table !== "string") continue;
    const where = plan.known(table, ["table"]);
    const own = routeOf(plan, gone(address, before)).map((route) => route.key);
    keys.set(where, new Set([...(keys.get(where) ?? []), ...own]));
  }
  return keys;
}
