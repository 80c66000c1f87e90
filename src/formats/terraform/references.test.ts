// What is not known before apply is found by what the configuration refers to: across resources, copies and modules; and
// where that can't be told, it is said.
import { describe, expect, test } from "vitest";
import type { EstatePart } from "../../estate/model.ts";
import { Copies, planOf, readTerraform, ref, unknownsOf, type ModuleContent } from "./testing/plan.ts";

const vpc = { cidr_block: "10.0.0.0/16" };
const subnetsOf = (part: EstatePart): [string, string][] =>
  [...(part.subnets?.values() ?? [])].map((one) => [one.id, one.network]);
const read = (content: ModuleContent): EstatePart => readTerraform(planOf(content));

describe("references of a plan", () => {
  test("a new group that lets in another new group names it by its address", () => {
    const part = read({
      resources: {
        "aws_vpc.main": vpc,
        "aws_security_group.app": { vpc_id: ref("aws_vpc.main.id"), name: "app" },
        "aws_security_group.db": {
          vpc_id: ref("aws_vpc.main.id"),
          ingress: [
            {
              protocol: "tcp",
              from_port: 5432,
              to_port: 5432,
              cidr_blocks: [],
              security_groups: [ref("aws_security_group.app.id")],
              self: false,
            },
          ],
        },
      },
    });
    expect(part.securityGroups?.get("aws_security_group.db")).toMatchObject({
      network: "aws_vpc.main",
      inbound: [{ peer: { kind: "group", id: "aws_security_group.app" }, ports: [5432, 5432] }],
      outbound: [],
    });
    expect(part.unknowns).toEqual([]);
  });

  test("two blocks that wait for two groups can't be told apart, since the configuration joins their references: both groups stay open", () => {
    const block = (port: number, group: string): object => ({
      protocol: "tcp",
      from_port: port,
      to_port: port,
      security_groups: ref(`aws_security_group.${group}.id`),
    });
    const part = read({
      resources: {
        "aws_vpc.main": vpc,
        "aws_security_group.a": { vpc_id: ref("aws_vpc.main.id") },
        "aws_security_group.b": { vpc_id: ref("aws_vpc.main.id") },
        "aws_security_group.db": {
          vpc_id: ref("aws_vpc.main.id"),
          ingress: [block(5432, "a"), block(22, "b")],
        },
      },
    });
    const inbound = part.securityGroups?.get("aws_security_group.db")?.inbound ?? [];
    expect(inbound.map((rule) => rule.peer.kind)).toEqual(["unknown", "unknown"]);
    expect(unknownsOf(part)[0]).toMatch(
      /aws_security_group\.db: which of aws_security_group\.a, aws_security_group\.b each of its blocks names by security_groups/,
    );
  });

  test("copies by count take the copy of their own number, and element() begins again", () => {
    const part = read({
      resources: {
        "aws_vpc.main": vpc,
        "aws_subnet.private": new Copies([0, 1, 2], (key) => ({
          vpc_id: ref("aws_vpc.main.id"),
          cidr_block: `10.0.${key}.0/24`,
        })),
        "aws_route_table.private": new Copies([0, 1], () => ({ vpc_id: ref("aws_vpc.main.id") })),
        "aws_route_table_association.private": new Copies([0, 1, 2], () => ({
          subnet_id: ref("aws_subnet.private", "count.index"),
          route_table_id: ref("aws_route_table.private", "count.index"),
        })),
      },
    });
    expect([...(part.subnets?.values() ?? [])].map((one) => one.routeTable)).toEqual([
      "aws_route_table.private[0]",
      "aws_route_table.private[1]",
      "aws_route_table.private[0]",
    ]);
  });

  test("among copies that a variable chooses from, the one of its own number is taken, and said so", () => {
    const part = read({
      resources: {
        "aws_vpc.main": vpc,
        "aws_subnet.private": new Copies([0, 1], (key) => ({
          vpc_id: ref("aws_vpc.main.id"),
          cidr_block: `10.0.${key}.0/24`,
        })),
        "aws_route_table.private": new Copies([0, 1], () => ({ vpc_id: ref("aws_vpc.main.id") })),
        "aws_route_table_association.private": new Copies([0, 1], () => ({
          subnet_id: ref("aws_subnet.private", "count.index"),
          route_table_id: ref("aws_route_table.private", "var.single", "count.index"),
        })),
      },
    });
    expect(part.subnets?.get("aws_subnet.private[1]")?.routeTable).toBe("aws_route_table.private[1]");
    expect(unknownsOf(part)).toEqual([
      "aws_route_table_association.private[0]: which route_table_id it gets is not known before apply (aws_route_table.private[0] or aws_route_table.private[1]) | taken to be aws_route_table.private[0]",
      "aws_route_table_association.private[1]: which route_table_id it gets is not known before apply (aws_route_table.private[0] or aws_route_table.private[1]) | taken to be aws_route_table.private[1]",
    ]);
  });

  test("which group a variable chooses is not assumed: the rule stays open", () => {
    const part = read({
      resources: {
        "aws_vpc.main": vpc,
        "aws_security_group.a": new Copies([0, 1], () => ({ vpc_id: ref("aws_vpc.main.id") })),
        "aws_security_group.db": { vpc_id: ref("aws_vpc.main.id") },
        "aws_vpc_security_group_ingress_rule.db": new Copies([0, 1], () => ({
          security_group_id: ref("aws_security_group.db.id"),
          ip_protocol: "-1",
          referenced_security_group_id: ref("aws_security_group.a", "var.single", "count.index"),
        })),
      },
    });
    const inbound = part.securityGroups?.get("aws_security_group.db")?.inbound ?? [];
    expect(inbound.map((rule) => rule.peer.kind)).toEqual(["unknown", "unknown"]);
  });

  test("copies by for_each take the copy of their own key, by each.key and over resources by each.value", () => {
    const part = read({
      resources: {
        "aws_vpc.main": vpc,
        "aws_subnet.tier": new Copies(["web", "db"], (key) => ({
          vpc_id: ref("aws_vpc.main.id"),
          cidr_block: key === "web" ? "10.0.1.0/24" : "10.0.2.0/24",
        })),
        "aws_route_table.tier": new Copies(["web", "db"], () => ({ vpc_id: ref("aws_vpc.main.id") })),
        "aws_route_table_association.tier": new Copies(
          ["web", "db"],
          () => ({
            subnet_id: ref("each.value.id", "each.value"),
            route_table_id: ref("aws_route_table.tier", "each.key"),
          }),
          ref("aws_subnet.tier"),
        ),
      },
    });
    expect([...(part.subnets?.values() ?? [])].map((one) => [one.id, one.routeTable])).toEqual([
      ['aws_subnet.tier["web"]', 'aws_route_table.tier["web"]'],
      ['aws_subnet.tier["db"]', 'aws_route_table.tier["db"]'],
    ]);
    expect(part.unknowns).toEqual([]);
  });

  test("a reference follows a module's input in, and its output back out", () => {
    const part = read({
      resources: {
        "aws_subnet.own": { vpc_id: ref("module.net.vpc_id"), cidr_block: "10.0.9.0/24" },
      },
      modules: {
        net: {
          resources: { "aws_vpc.this": vpc },
          outputs: { vpc_id: ref("aws_vpc.this.id") },
        },
        tier: {
          keys: ["a", "b"],
          inputs: { vpc_id: ref("module.net.vpc_id") },
          resources: { "aws_subnet.this": { vpc_id: ref("var.vpc_id"), cidr_block: "10.0.1.0/24" } },
          outputs: { subnet_id: ref("aws_subnet.this.id") },
        },
      },
    });
    expect(subnetsOf(part)).toEqual([
      ["aws_subnet.own", "module.net.aws_vpc.this"],
      ['module.tier["a"].aws_subnet.this', "module.net.aws_vpc.this"],
      ['module.tier["b"].aws_subnet.this', "module.net.aws_vpc.this"],
    ]);
  });

  test("a copy of a module is named by its key", () => {
    const part = read({
      resources: {
        "aws_instance.web": { subnet_id: ref('module.tier["b"].subnet_id') },
      },
      modules: {
        tier: {
          keys: ["a", "b"],
          resources: {
            "aws_vpc.this": vpc,
            "aws_subnet.this": { vpc_id: ref("aws_vpc.this.id"), cidr_block: "10.0.1.0/24" },
          },
          outputs: { subnet_id: ref("aws_subnet.this.id") },
        },
      },
    });
    expect(part.interfaces?.get("aws_instance.web.eth0")).toMatchObject({
      subnet: 'module.tier["b"].aws_subnet.this',
      securityGroups: ['module.tier["b"].aws_vpc.this.DefaultSecurityGroup'],
    });
  });

  test("an attribute of another resource is followed to what that resource was given", () => {
    const part = read({
      resources: {
        "aws_vpc.main": vpc,
        "aws_subnet.one": { vpc_id: ref("aws_vpc.main.id"), cidr_block: "10.0.1.0/24" },
        "aws_security_group.web": { vpc_id: ref("aws_subnet.one.vpc_id") },
      },
    });
    expect(part.securityGroups?.get("aws_security_group.web")?.network).toBe("aws_vpc.main");
  });

  test("what goes by a local value is not shown by a plan: the module's only VPC is taken, and said so", () => {
    const part = read({
      resources: {
        "aws_vpc.main": vpc,
        "aws_subnet.one": { vpc_id: ref("local.vpc_id"), cidr_block: "10.0.1.0/24" },
      },
    });
    expect(subnetsOf(part)).toEqual([["aws_subnet.one", "aws_vpc.main"]]);
    expect(unknownsOf(part)).toEqual([
      "the root module: what its resources name as their VPC is not shown by the plan (local.vpc_id) | taken to be aws_vpc.main, the only VPC of the module",
    ]);
  });

  test("a peer's VPC is not assumed", () => {
    const part = read({
      resources: {
        "aws_vpc.main": vpc,
        "aws_vpc_peering_connection.out": {
          vpc_id: ref("aws_vpc.main.id"),
          peer_vpc_id: ref("local.other"),
          auto_accept: true,
        },
      },
    });
    expect(part.gateways?.get("aws_vpc_peering_connection.out")).toMatchObject({
      requester: "aws_vpc.main",
      accepter: "",
    });
    expect(unknownsOf(part)[0]).toMatch(/which peer_vpc_id it gets is not known before apply/);
  });

  test("a widespread module's way of writing, with locals and element(), is followed without its sources", () => {
    const local = { vpc_id: ref("local.vpc_id") };
    const part = read({
      resources: { "aws_instance.app": { subnet_id: ref("module.vpc.private_subnets[1]") } },
      modules: {
        vpc: {
          resources: {
            "aws_vpc.this": new Copies([0], () => vpc),
            "aws_subnet.public": new Copies([0, 1], (key) => ({ ...local, cidr_block: `10.0.${key}.0/24` })),
            "aws_subnet.private": new Copies([0, 1], (key) => ({
              ...local,
              cidr_block: `10.0.1${key}.0/24`,
            })),
            "aws_internet_gateway.this": new Copies([0], () => local),
            "aws_route_table.public": new Copies([0], () => local),
            "aws_route.out": new Copies([0], () => ({
              route_table_id: ref("aws_route_table.public[0].id"),
              destination_cidr_block: "0.0.0.0/0",
              gateway_id: ref("aws_internet_gateway.this[0].id"),
            })),
            "aws_route_table_association.public": new Copies([0, 1], () => ({
              subnet_id: ref("aws_subnet.public", "count.index"),
              route_table_id: ref("aws_route_table.public[0].id"),
            })),
            "aws_nat_gateway.this": new Copies([0], () => ({
              allocation_id: ref("local.nat_gateway_ips", "var.single", "count.index"),
              subnet_id: ref("aws_subnet.public", "var.single", "count.index"),
            })),
            "aws_route_table.private": new Copies([0], () => local),
            "aws_route.nat": new Copies([0], () => ({
              route_table_id: ref("aws_route_table.private", "count.index"),
              destination_cidr_block: "0.0.0.0/0",
              nat_gateway_id: ref("aws_nat_gateway.this", "count.index"),
            })),
            "aws_route_table_association.private": new Copies([0, 1], () => ({
              subnet_id: ref("aws_subnet.private", "count.index"),
              route_table_id: ref("aws_route_table.private", "var.single", "count.index"),
            })),
          },
          outputs: { private_subnets: ref("aws_subnet.private") },
        },
      },
    });
    const routes = [...(part.routeTables?.values() ?? [])].map((table) => [
      table.id,
      table.routes.map((route) => route.text).at(-1),
    ]);
    expect(routes).toEqual([
      ["module.vpc.aws_route_table.public[0]", "0.0.0.0/0 → module.vpc.aws_internet_gateway.this[0]"],
      ["module.vpc.aws_route_table.private[0]", "0.0.0.0/0 → module.vpc.aws_nat_gateway.this[0]"],
      ["module.vpc.aws_vpc.this[0].MainRouteTable", "10.0.0.0/16 → local"],
    ]);
    expect(part.interfaces?.get("aws_instance.app.eth0")?.subnet).toBe("module.vpc.aws_subnet.private[1]");
    expect(unknownsOf(part)).toEqual([
      "module.vpc: what its resources name as their VPC is not shown by the plan (local.vpc_id) | taken to be module.vpc.aws_vpc.this[0], the only VPC of the module",
      "module.vpc.aws_nat_gateway.this[0]: which subnet_id it gets is not known before apply (module.vpc.aws_subnet.public[0] or module.vpc.aws_subnet.public[1]) | taken to be module.vpc.aws_subnet.public[0]",
    ]);
  });

  test("with two VPCs it is left out, and said so", () => {
    const part = read({
      resources: {
        "aws_vpc.a": vpc,
        "aws_vpc.b": vpc,
        "aws_subnet.one": { vpc_id: ref("local.vpc_id"), cidr_block: "10.0.1.0/24" },
      },
    });
    expect(subnetsOf(part)).toEqual([]);
    expect(unknownsOf(part)[0]).toMatch(/left out/);
  });
});
