// A network that nobody here wrote, told twice: as AWS exported it, and as a plan of the very configuration that made it.
// Both must give the same answers. The configuration stands beside the export among the outside cases.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import type { Estate } from "../../estate/model.ts";
import { ICMP, TCP } from "../../packet/protocol.ts";
import { trace } from "../../questions/trace.ts";
import { awsReader } from "../aws/reader.ts";
import { planOf, readTerraform, ref, type Values } from "./testing/plan.ts";

const folder = new URL("../../../../shared/cases/aws/batfish/test-nat-gateway", import.meta.url).pathname;

const everywhere = ["0.0.0.0/0"];
const rule = (protocol: string, from: number, to: number, blocks: readonly string[]): object => ({
  protocol,
  from_port: from,
  to_port: to,
  cidr_blocks: blocks,
  ipv6_cidr_blocks: [],
  prefix_list_ids: [],
  security_groups: [],
  self: false,
  description: "",
});
const entry = (number: number, cidr: string): object => ({
  rule_no: number,
  action: "allow",
  protocol: "-1",
  from_port: 0,
  to_port: 0,
  cidr_block: cidr,
  ipv6_cidr_block: "",
  icmp_type: null,
  icmp_code: null,
});
const instance = (name: string, subnet: string): Values => ({
  subnet_id: ref(`aws_subnet.${subnet}.id`),
  vpc_security_group_ids: [ref("aws_security_group.jump.id")],
  tags: { Name: name },
});

/** nat-gateway-test.tf, resource by resource. */
const plan = planOf({
  resources: {
    "aws_vpc.a": { cidr_block: "10.1.0.0/16", tags: { Name: "vpc_a" } },
    "aws_subnet.public": {
      vpc_id: ref("aws_vpc.a.id"),
      cidr_block: "10.1.250.0/24",
      map_public_ip_on_launch: true,
    },
    "aws_subnet.one": { vpc_id: ref("aws_vpc.a.id"), cidr_block: "10.1.1.0/24" },
    "aws_subnet.twenty": { vpc_id: ref("aws_vpc.a.id"), cidr_block: "10.1.20.0/24" },
    "aws_instance.test1": instance("test1", "one"),
    "aws_instance.test20": instance("test20", "twenty"),
    "aws_instance.jump_host": instance("Jump Host", "public"),
    "aws_eip.nat": { domain: "vpc" },
    "aws_nat_gateway.test": { allocation_id: ref("aws_eip.nat.id"), subnet_id: ref("aws_subnet.public.id") },
    "aws_internet_gateway.a": { vpc_id: ref("aws_vpc.a.id") },
    "aws_route_table.public": {
      vpc_id: ref("aws_vpc.a.id"),
      route: [{ cidr_block: "0.0.0.0/0", gateway_id: ref("aws_internet_gateway.a.id") }],
    },
    "aws_route_table_association.public": {
      subnet_id: ref("aws_subnet.public.id"),
      route_table_id: ref("aws_route_table.public.id"),
    },
    // A NAT gateway, given as a gateway.
    "aws_route_table.nat": {
      vpc_id: ref("aws_vpc.a.id"),
      route: [{ cidr_block: "0.0.0.0/0", gateway_id: ref("aws_nat_gateway.test.id") }],
    },
    "aws_route_table_association.nat": {
      subnet_id: ref("aws_subnet.one.id"),
      route_table_id: ref("aws_route_table.nat.id"),
    },
    "aws_security_group.jump": {
      vpc_id: ref("aws_vpc.a.id"),
      ingress: [rule("tcp", 22, 22, everywhere), rule("icmp", 8, 0, everywhere)],
      egress: [rule("-1", 0, 0, everywhere)],
    },
    "aws_security_group.ssh_only": {
      vpc_id: ref("aws_vpc.a.id"),
      ingress: [rule("tcp", 22, 22, everywhere)],
      egress: [rule("-1", 0, 0, everywhere)],
    },
    "aws_network_acl.public": {
      vpc_id: ref("aws_vpc.a.id"),
      ingress: [entry(100, "10.1.1.0/24"), entry(200, "0.0.0.0/0")],
      egress: [entry(100, "0.0.0.0/0")],
      subnet_ids: [ref("aws_subnet.public.id")],
    },
  },
});

/** From every machine to every other and out, and from outside to each. */
function answers(estate: Estate, names: readonly string[]): Record<string, string> {
  const ends = [...names, "203.0.113.9"];
  const asked = ends.flatMap((from) =>
    ends
      .filter((to) => to !== from && !(from === "203.0.113.9" && !isPublic(estate, to)))
      .map((to) => [from, to] as const),
  );
  return Object.fromEntries(
    asked.flatMap(([from, to]) => [
      ...[22, 80, 443].map((port) => [
        `${from} → ${to} tcp ${port}`,
        trace(estate, { from, to, protocol: TCP, port }).answer,
      ]),
      [`${from} → ${to} ping`, trace(estate, { from, to, protocol: ICMP }).answer],
    ]),
  );
}

function isPublic(estate: Estate, name: string): boolean {
  const host = [...estate.hosts.values()].find((one) => one.name === name);
  const place = estate.interfaces.get(host?.interfaces[0] ?? "");
  return place?.addresses.some((address) => address.public !== undefined) === true;
}

describe.skipIf(!existsSync(folder))(
  "a network of the outside cases (absent from a clone alone), by its export and by its configuration's plan",
  () => {
    const exported = join(folder, "aws_configs");
    const names = ["test1", "test20", "Jump Host"];
    const before = (): Estate => mergeEstate("planned", [readTerraform(plan)]);
    const after = (): Estate =>
      mergeEstate("exported", [
        awsReader.read(
          readdirSync(exported).map((name) => ({
            path: name,
            text: readFileSync(join(exported, name), "utf8"),
          })),
        ),
      ]);

    test("every question has the same answer before apply and after", () => {
      const planned = answers(before(), names);
      const standing = answers(after(), names);
      expect(Object.keys(standing).length).toBeGreaterThan(35);
      expect(new Set(Object.values(standing))).toEqual(new Set(["allowed", "denied"]));
      expect(planned).toEqual(standing);
    });

    test("nothing is unknown of the plan but what the plan can't know", () => {
      expect(before().unknowns).toEqual([]);
    });
  },
);
