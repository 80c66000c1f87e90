// The three-tier example told as the plan that would make it: no id is known, everything refers to everything, and every
// question has the answer that the example's export gives. Machines keep their addresses, as a configuration can say.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import type { Estate } from "../../estate/model.ts";
import { TCP } from "../../packet/protocol.ts";
import { trace } from "../../questions/trace.ts";
import { awsReader } from "../aws/reader.ts";
import { planOf, readTerraform, ref, unknownsOf, type Values } from "./testing/plan.ts";

const folder = new URL("../../../examples/three-tier/aws/", import.meta.url);

type Plain = Record<string, unknown>;
const plain = (value: unknown): Plain =>
  typeof value === "object" && value !== null ? (value as Plain) : {};
const list = (value: unknown): Plain[] =>
  Array.isArray(value) ? value.map((one: unknown) => plain(one)) : [];

function exported(file: string, key: string): Plain[] {
  return list(plain(JSON.parse(readFileSync(new URL(file, folder), "utf8")))[key]);
}

/** The group that the VPC came with: a configuration adopts it. */
const defaultGroups = exported("describe-security-groups.json", "SecurityGroups")
  .filter((group) => group["GroupName"] === "default")
  .map((group) => group["GroupId"]);

const kindOf = (id: string): string =>
  (defaultGroups.includes(id) ? "aws_default_security_group" : undefined) ??
  Object.entries({
    "vpc-": "aws_vpc",
    "subnet-": "aws_subnet",
    "sg-": "aws_security_group",
    "igw-": "aws_internet_gateway",
    "nat-": "aws_nat_gateway",
    "rtb-": "aws_route_table",
    "acl-": "aws_network_acl",
    "i-": "aws_instance",
    "eipalloc-": "aws_eip",
  }).find(([prefix]) => id.startsWith(prefix))?.[1] ??
  "none";

const address = (id: unknown): string => `${kindOf(String(id))}.${String(id)}`;
const to = (id: unknown): ReturnType<typeof ref> => ref(`${address(id)}.id`);
const tags = (one: Plain): Plain =>
  Object.fromEntries(list(one["Tags"]).map((tag) => [String(tag["Key"]), tag["Value"]]));

/** The export's resources as a configuration would write them. */
function configuration(): Record<string, Values> {
  const resources: Record<string, Values> = {};
  for (const vpc of exported("describe-vpcs.json", "Vpcs")) {
    resources[address(vpc["VpcId"])] = {
      cidr_block: vpc["CidrBlock"],
      ipv6_cidr_block: "2001:db8:1200::/56",
      tags: tags(vpc),
    };
  }
  for (const subnet of exported("describe-subnets.json", "Subnets")) {
    resources[address(subnet["SubnetId"])] = {
      vpc_id: to(subnet["VpcId"]),
      cidr_block: subnet["CidrBlock"],
      ipv6_cidr_block: list(subnet["Ipv6CidrBlockAssociationSet"])[0]?.["Ipv6CidrBlock"] ?? null,
      map_public_ip_on_launch: subnet["MapPublicIpOnLaunch"],
      tags: tags(subnet),
    };
  }
  for (const gateway of exported("describe-internet-gateways.json", "InternetGateways")) {
    const [attachment = {}] = list(gateway["Attachments"]);
    resources[address(gateway["InternetGatewayId"])] = { vpc_id: to(attachment["VpcId"]) };
  }
  for (const one of exported("describe-addresses.json", "Addresses")) {
    const instance = one["InstanceId"];
    resources[address(one["AllocationId"])] = instance === undefined ? {} : { instance: to(instance) };
  }
  for (const nat of exported("describe-nat-gateways.json", "NatGateways")) {
    const [own = {}] = list(nat["NatGatewayAddresses"]);
    resources[address(nat["NatGatewayId"])] = {
      subnet_id: to(nat["SubnetId"]),
      allocation_id: to(own["AllocationId"]),
    };
  }
  for (const table of exported("describe-route-tables.json", "RouteTables")) addTable(resources, table);
  for (const acl of exported("describe-network-acls.json", "NetworkAcls")) addAcl(resources, acl);
  for (const group of exported("describe-security-groups.json", "SecurityGroups")) addGroup(resources, group);
  for (const reservation of exported("describe-instances.json", "Reservations")) {
    for (const instance of list(reservation["Instances"])) {
      resources[address(instance["InstanceId"])] = {
        subnet_id: to(instance["SubnetId"]),
        private_ip: instance["PrivateIpAddress"],
        vpc_security_group_ids: list(instance["SecurityGroups"]).map((group) => to(group["GroupId"])),
        tags: tags(instance),
      };
    }
  }
  addBalancer(resources);
  return resources;
}

function addTable(resources: Record<string, Values>, table: Plain): void {
  const id = table["RouteTableId"];
  resources[address(id)] = { vpc_id: to(table["VpcId"]), tags: tags(table) };
  for (const [at, route] of list(table["Routes"]).entries()) {
    if (route["GatewayId"] === "local") continue;
    resources[`aws_route.${String(id)}-${at}`] = {
      route_table_id: to(id),
      destination_cidr_block: route["DestinationCidrBlock"] ?? null,
      destination_ipv6_cidr_block: route["DestinationIpv6CidrBlock"] ?? null,
      ...(route["GatewayId"] === undefined
        ? { nat_gateway_id: to(route["NatGatewayId"]) }
        : { gateway_id: to(route["GatewayId"]) }),
    };
  }
  for (const [at, one] of list(table["Associations"]).entries()) {
    if (one["Main"] === true) {
      resources[`aws_main_route_table_association.${String(id)}`] = {
        vpc_id: to(table["VpcId"]),
        route_table_id: to(id),
      };
    } else {
      resources[`aws_route_table_association.${String(id)}-${at}`] = {
        subnet_id: to(one["SubnetId"]),
        route_table_id: to(id),
      };
    }
  }
}

function addAcl(resources: Record<string, Values>, acl: Plain): void {
  const entries = (egress: boolean): Plain[] =>
    list(acl["Entries"])
      .filter((entry) => entry["Egress"] === egress && Number(entry["RuleNumber"]) < 32767)
      .map((entry) => ({
        rule_no: entry["RuleNumber"],
        action: entry["RuleAction"],
        protocol: entry["Protocol"],
        from_port: plain(entry["PortRange"])["From"] ?? 0,
        to_port: plain(entry["PortRange"])["To"] ?? 0,
        cidr_block: entry["CidrBlock"] ?? "",
        ipv6_cidr_block: entry["Ipv6CidrBlock"] ?? "",
      }));
  const common = { ingress: entries(false), egress: entries(true), tags: tags(acl) };
  const id = acl["NetworkAclId"];
  if (acl["IsDefault"] === true) {
    resources[`aws_default_network_acl.${String(id)}`] = {
      default_network_acl_id: ref(`${address(acl["VpcId"])}.default_network_acl_id`),
      ...common,
    };
    return;
  }
  resources[address(id)] = {
    vpc_id: to(acl["VpcId"]),
    subnet_ids: list(acl["Associations"]).map((one) => to(one["SubnetId"])),
    ...common,
  };
}

function addGroup(resources: Record<string, Values>, group: Plain): void {
  const id = group["GroupId"];
  const own = { name: group["GroupName"], vpc_id: to(group["VpcId"]), tags: tags(group) };
  resources[address(id)] = own;
  for (const [direction, key] of [
    ["ingress", "IpPermissions"],
    ["egress", "IpPermissionsEgress"],
  ] as const) {
    for (const [at, permission] of list(group[key]).entries()) {
      const peers = [
        ...list(permission["IpRanges"]).map((one) => ({ cidr_ipv4: one["CidrIp"] })),
        ...list(permission["Ipv6Ranges"]).map((one) => ({ cidr_ipv6: one["CidrIpv6"] })),
        ...list(permission["UserIdGroupPairs"]).map((one) => ({
          referenced_security_group_id: to(one["GroupId"]),
        })),
      ];
      for (const [index, peer] of peers.entries()) {
        resources[`aws_vpc_security_group_${direction}_rule.${String(id)}-${at}-${index}`] = {
          security_group_id: to(id),
          ip_protocol: permission["IpProtocol"],
          from_port: permission["FromPort"] ?? null,
          to_port: permission["ToPort"] ?? null,
          ...peer,
        };
      }
    }
  }
}

function addBalancer(resources: Record<string, Values>): void {
  const [balancer = {}] = exported("describe-load-balancers.json", "LoadBalancers");
  resources["aws_lb.shop"] = {
    name: balancer["LoadBalancerName"],
    load_balancer_type: "application",
    ip_address_type: "dualstack",
    internal: false,
    subnets: list(balancer["AvailabilityZones"]).map((zone) => to(zone["SubnetId"])),
    security_groups: [to("sg-027693511d6f53eb1")],
  };
  resources["aws_lb_target_group.web"] = {
    name: "web",
    port: 8080,
    protocol: "HTTP",
    target_type: "instance",
    vpc_id: to("vpc-07b83a0d55814e199"),
  };
  resources["aws_lb_listener.https"] = {
    load_balancer_arn: ref("aws_lb.shop.arn"),
    port: 443,
    protocol: "HTTPS",
    default_action: [{ type: "forward", target_group_arn: ref("aws_lb_target_group.web.arn") }],
  };
  resources["aws_lb_listener.http"] = {
    load_balancer_arn: ref("aws_lb.shop.arn"),
    port: 80,
    protocol: "HTTP",
    default_action: [{ type: "redirect", target_group_arn: null }],
  };
  const health = exported("describe-target-health-web.json", "TargetHealthDescriptions");
  for (const [at, one] of health.entries()) {
    const target = plain(one["Target"]);
    resources[`aws_lb_target_group_attachment.web-${at}`] = {
      target_group_arn: ref("aws_lb_target_group.web.arn"),
      target_id: to(target["Id"]),
      port: target["Port"],
    };
  }
}

const planned = readTerraform(planOf({ resources: configuration() }));

function standing(): Estate {
  const files = readdirSync(folder).map((path) => ({
    path,
    text: readFileSync(new URL(path, folder), "utf8"),
  }));
  return mergeEstate("standing", [awsReader.read(files)]);
}

const machines = ["bastion", "web-1", "web-2", "app-1", "app-2", "db-1", "shop"];
const outside = ["203.0.113.7", "192.0.2.5", "203.0.113.80"];

function answers(estate: Estate): Record<string, string> {
  const ends = [...machines, ...outside];
  const reachable = new Set(["bastion", "shop"]);
  const pairs = ends.flatMap((from) =>
    ends
      .filter((other) => other !== from && (machines.includes(from) || reachable.has(other)))
      .map((other) => [from, other] as const),
  );
  return Object.fromEntries(
    pairs.flatMap(([from, other]) =>
      [22, 80, 443, 5432, 8080, 9000].map((port) => {
        const found = trace(estate, { from, to: other, protocol: TCP, port });
        // Which rings refuse, in their order, and not only whether any does.
        const rings = found.blockers.map(({ leg, step }) => `${leg} ${step.layer}`).join(", ");
        return [`${from} → ${other} ${port}`, `${found.answer} ${rings}`.trim()];
      }),
    ),
  );
}

describe("three tiers, planned", () => {
  test("every question of every pair ends as it does in the estate that stands, refused by the same rings", () => {
    const before = answers(mergeEstate("planned", [planned]));
    const after = answers(standing());
    expect(Object.keys(after).length).toBeGreaterThan(400);
    expect(Object.values(after).filter((answer) => answer === "allowed").length).toBeGreaterThan(10);
    expect(before).toEqual(after);
  });

  test("what nothing can know before apply is made up, and nothing else is unknown", () => {
    expect(unknownsOf(planned)).toEqual([]);
    const [place] = [...(planned.interfaces?.values() ?? [])].filter((one) => one.owner === "aws_lb.shop");
    expect(place?.addresses[0]).toMatchObject({
      synthetic: true,
      public: { name: "aws_lb.shop's public address" },
    });
  });
});
