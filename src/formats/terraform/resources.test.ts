// Each resource type, by what of the estate it makes. Expected values are the provider's documentation and AWS's.
import { describe, expect, test } from "vitest";
import type { EstatePart } from "../../estate/model.ts";
import { formatAddress } from "../../packet/address.ts";
import {
  type Copies,
  planOf,
  readTerraform,
  ref,
  stateOf,
  unknown,
  unknownsOf,
  type Values,
} from "./testing/plan.ts";

const base: Record<string, Values> = {
  "aws_vpc.main": { cidr_block: "10.0.0.0/16" },
  "aws_subnet.a": {
    vpc_id: ref("aws_vpc.main.id"),
    cidr_block: "10.0.1.0/24",
    availability_zone: "eu-central-1a",
  },
  "aws_subnet.b": {
    vpc_id: ref("aws_vpc.main.id"),
    cidr_block: "10.0.2.0/24",
    availability_zone: "eu-central-1b",
  },
};
const read = (resources: Record<string, Values | Copies>): EstatePart =>
  readTerraform(planOf({ resources: { ...base, ...resources } }));
const inVpc = { vpc_id: ref("aws_vpc.main.id") };
const groupOf = (
  part: EstatePart,
  id = "aws_security_group.web",
): { inbound: string[]; outbound: string[] } => {
  const group = part.securityGroups?.get(id);
  return {
    inbound: (group?.inbound ?? []).map((rule) => rule.text),
    outbound: (group?.outbound ?? []).map((rule) => rule.text),
  };
};
const routesOf = (part: EstatePart, id: string): string[] =>
  (part.routeTables?.get(id)?.routes ?? []).map((route) => route.text);

describe("networks", () => {
  test("a VPC has its own prefix and those that are associated with it, and what AWS makes with it", () => {
    const part = read({
      "aws_vpc_ipv4_cidr_block_association.more": { ...inVpc, cidr_block: "10.1.0.0/16" },
    });
    expect(part.networks?.get("aws_vpc.main")).toMatchObject({ region: "eu-central-1" });
    expect(part.networks?.get("aws_vpc.main")?.prefixes).toHaveLength(2);
    expect(routesOf(part, "aws_vpc.main.MainRouteTable")).toEqual([
      "10.0.0.0/16 → local",
      "10.1.0.0/16 → local",
    ]);
    expect(part.subnets?.get("aws_subnet.a")).toMatchObject({
      networkAcl: "aws_vpc.main.DefaultNetworkAcl",
      routeTable: "aws_vpc.main.MainRouteTable",
    });
    // The ACL that comes with a VPC lets everything pass, in both families.
    expect(part.networkAcls?.get("aws_vpc.main.DefaultNetworkAcl")?.inbound.map((one) => one.text)).toEqual([
      "100 allow all traffic from 0.0.0.0/0",
      "101 allow all traffic from ::/0",
    ]);
  });

  test("an IPv6 prefix of Amazon's is made up until it is known, for the VPC and its subnets, and said so", () => {
    const part = read({
      "aws_vpc.main": {
        cidr_block: "10.0.0.0/16",
        assign_generated_ipv6_cidr_block: true,
        ipv6_cidr_block: unknown,
      },
      "aws_subnet.a": {
        ...inVpc,
        cidr_block: "10.0.1.0/24",
        ipv6_cidr_block: ref("aws_vpc.main.ipv6_cidr_block"),
        assign_ipv6_address_on_creation: true,
      },
      "aws_instance.web": { subnet_id: ref("aws_subnet.a.id") },
    });
    expect(part.subnets?.get("aws_subnet.a")?.prefixes.map((prefix) => prefix.length)).toEqual([24, 64]);
    expect(part.interfaces?.get("aws_instance.web.eth0")?.addresses.map((one) => one.address.family)).toEqual(
      [4, 6],
    );
    expect(unknownsOf(part)[0]).toMatch(/^aws_vpc\.main: its IPv6 prefix is not known before apply/);
  });

  test("gateways are attached by their own argument or by an attachment", () => {
    const part = read({
      "aws_internet_gateway.one": inVpc,
      "aws_internet_gateway.two": { vpc_id: null },
      "aws_internet_gateway_attachment.two": {
        ...inVpc,
        internet_gateway_id: ref("aws_internet_gateway.two.id"),
      },
      "aws_egress_only_internet_gateway.six": inVpc,
      "aws_vpn_gateway.vpn": inVpc,
    });
    expect(
      [...(part.gateways?.values() ?? [])].map((one) => [
        one.id,
        one.kind,
        "networks" in one && one.networks,
      ]),
    ).toEqual([
      ["aws_internet_gateway.one", "internet", ["aws_vpc.main"]],
      ["aws_internet_gateway.two", "internet", ["aws_vpc.main"]],
      ["aws_egress_only_internet_gateway.six", "egress-only", ["aws_vpc.main"]],
      ["aws_vpn_gateway.vpn", "private", ["aws_vpc.main"]],
    ]);
  });

  test("a VPC that a data source reads has an ACL and a main table that are not known", () => {
    const part = readTerraform(
      stateOf({
        "data.aws_vpc.shared": {
          id: "vpc-1",
          cidr_block: "10.0.0.0/16",
          arn: "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1",
        },
        "aws_subnet.own": { id: "subnet-1", vpc_id: "vpc-1", cidr_block: "10.0.1.0/24" },
      }),
    );
    expect(part.networks?.get("data.aws_vpc.shared")).toMatchObject({
      region: "eu-west-1",
      account: "111122223333",
    });
    expect(part.subnets?.get("aws_subnet.own")?.network).toBe("data.aws_vpc.shared");
    expect(unknownsOf(part)).toContain(
      "the default network ACL of data.aws_vpc.shared is not known | the entry: matched or not, can't be known",
    );
  });
});

describe("security groups", () => {
  const block = (more: Values): Values => ({
    protocol: "tcp",
    from_port: 443,
    to_port: 443,
    cidr_blocks: [],
    ipv6_cidr_blocks: [],
    prefix_list_ids: [],
    security_groups: [],
    self: false,
    description: "",
    ...more,
  });

  test("one block is a rule for each of its peers", () => {
    const part = read({
      "aws_security_group.web": {
        ...inVpc,
        ingress: [
          block({ cidr_blocks: ["0.0.0.0/0"], ipv6_cidr_blocks: ["::/0"], self: true, description: "HTTPS" }),
          block({ protocol: "icmp", from_port: 8, to_port: 0, cidr_blocks: ["10.0.0.0/8"] }),
        ],
        egress: [block({ protocol: "-1", from_port: 0, to_port: 0, cidr_blocks: ["0.0.0.0/0"] })],
      },
    });
    expect(groupOf(part)).toEqual({
      inbound: [
        "tcp 443 from 0.0.0.0/0 (HTTPS)",
        "tcp 443 from ::/0 (HTTPS)",
        "tcp 443 from aws_security_group.web (HTTPS)",
        "icmp type 8 code 0 from 10.0.0.0/8",
      ],
      outbound: ["all traffic to 0.0.0.0/0"],
    });
  });

  test("without an egress block nothing gets out: Terraform takes AWS's own rule away", () => {
    expect(groupOf(read({ "aws_security_group.web": inVpc }))).toEqual({ inbound: [], outbound: [] });
  });

  test("rules as resources of their own, of both generations, cite their own addresses", () => {
    const part = read({
      "aws_security_group.web": inVpc,
      "aws_security_group.db": inVpc,
      "aws_security_group_rule.ssh": {
        type: "ingress",
        security_group_id: ref("aws_security_group.web.id"),
        protocol: "tcp",
        from_port: 22,
        to_port: 22,
        cidr_blocks: ["192.0.2.0/24", "198.51.100.0/24"],
      },
      "aws_security_group_rule.self": {
        type: "ingress",
        security_group_id: ref("aws_security_group.web.id"),
        protocol: "all",
        from_port: 0,
        to_port: 0,
        self: true,
      },
      "aws_security_group_rule.db": {
        type: "egress",
        security_group_id: ref("aws_security_group.web.id"),
        protocol: "tcp",
        from_port: 5432,
        to_port: 5432,
        source_security_group_id: ref("aws_security_group.db.id"),
      },
      "aws_vpc_security_group_ingress_rule.https": {
        security_group_id: ref("aws_security_group.web.id"),
        ip_protocol: "tcp",
        from_port: 443,
        to_port: 443,
        cidr_ipv6: "::/0",
      },
      "aws_vpc_security_group_egress_rule.all": {
        security_group_id: ref("aws_security_group.web.id"),
        ip_protocol: "-1",
        from_port: null,
        to_port: null,
        cidr_ipv4: "10.0.0.0/8",
      },
    });
    expect(groupOf(part)).toEqual({
      inbound: [
        "tcp 22 from 192.0.2.0/24",
        "tcp 22 from 198.51.100.0/24",
        "all traffic from aws_security_group.web",
        "tcp 443 from ::/0",
      ],
      outbound: ["tcp 5432 to aws_security_group.db", "all traffic to 10.0.0.0/8"],
    });
    expect(part.securityGroups?.get("aws_security_group.web")?.inbound.map((rule) => rule.origin.id)).toEqual(
      [
        "aws_security_group_rule.ssh",
        "aws_security_group_rule.ssh",
        "aws_security_group_rule.self",
        "aws_vpc_security_group_ingress_rule.https",
      ],
    );
    expect(part.unknowns).toEqual([]);
  });

  test("inline rules and rules of their own on one group undo each other, and that is said", () => {
    const part = read({
      "aws_security_group.web": { ...inVpc, ingress: [block({ cidr_blocks: ["10.0.0.0/8"] })] },
      "aws_vpc_security_group_ingress_rule.more": {
        security_group_id: ref("aws_security_group.web.id"),
        ip_protocol: "tcp",
        from_port: 80,
        to_port: 80,
        cidr_ipv4: "10.0.0.0/8",
      },
    });
    expect(groupOf(part).inbound).toEqual(["tcp 80 from 10.0.0.0/8", "tcp 443 from 10.0.0.0/8"]);
    expect(unknownsOf(part)).toEqual([
      "aws_security_group.web writes ingress inline and as resources of their own: each apply undoes one or the other | read with all of them",
    ]);
  });

  test("a prefix that is not known yet leaves the rule open", () => {
    const part = read({
      "aws_security_group.web": { ...inVpc, ingress: [block({ cidr_blocks: [unknown] })] },
    });
    expect(part.securityGroups?.get("aws_security_group.web")?.inbound.map((rule) => rule.peer.kind)).toEqual(
      ["unknown"],
    );
  });

  test("a group of another configuration is not stale: whom it holds is not known", () => {
    const part = read({
      "aws_security_group.web": { ...inVpc, ingress: [block({ security_groups: ["sg-0123"] })] },
    });
    expect(part.securityGroups?.get("aws_security_group.web")?.inbound[0]?.peer).toEqual({
      kind: "unknown",
      what: "the members of sg-0123 were not exported",
    });
  });

  test("a rule that the plan removes is not in force, though the refreshed group still lists it", () => {
    const rule = {
      id: "sgr-1",
      security_group_id: "sg-1",
      ip_protocol: "tcp",
      from_port: 22,
      to_port: 22,
      cidr_ipv4: "0.0.0.0/0",
    };
    const listed = block({ from_port: 22, to_port: 22, cidr_blocks: ["0.0.0.0/0"] });
    const document = {
      format_version: "1.2",
      terraform_version: "1.11.4",
      planned_values: {
        root_module: {
          resources: [
            {
              address: "aws_security_group.web",
              mode: "managed",
              type: "aws_security_group",
              name: "web",
              values: {
                id: "sg-1",
                name: "web",
                vpc_id: "vpc-1",
                ingress: [listed, block({ cidr_blocks: ["10.0.0.0/8"] })],
                egress: [],
              },
            },
          ],
        },
      },
      resource_changes: [
        {
          address: "aws_vpc_security_group_ingress_rule.ssh",
          type: "aws_vpc_security_group_ingress_rule",
          change: { actions: ["delete"], before: rule, after: null, after_unknown: {} },
        },
      ],
      configuration: {
        root_module: {
          resources: [
            {
              address: "aws_security_group.web",
              mode: "managed",
              type: "aws_security_group",
              name: "web",
              expressions: { name: { constant_value: "web" } },
            },
          ],
        },
      },
    };
    expect(groupOf(readTerraform(JSON.stringify(document))).inbound).toEqual(["tcp 443 from 10.0.0.0/8"]);
  });

  test("a VPC's own group is adopted with what is written, and else lets its members in", () => {
    const adopted = read({
      "aws_default_security_group.none": inVpc,
      "aws_instance.web": { subnet_id: ref("aws_subnet.a.id") },
    });
    expect(adopted.interfaces?.get("aws_instance.web.eth0")?.securityGroups).toEqual([
      "aws_default_security_group.none",
    ]);
    expect(groupOf(adopted, "aws_default_security_group.none")).toEqual({ inbound: [], outbound: [] });
    const own = read({ "aws_instance.web": { subnet_id: ref("aws_subnet.a.id") } });
    expect(own.interfaces?.get("aws_instance.web.eth0")?.securityGroups).toEqual([
      "aws_vpc.main.DefaultSecurityGroup",
    ]);
    expect(groupOf(own, "aws_vpc.main.DefaultSecurityGroup").inbound).toEqual([
      "all traffic from aws_vpc.main.DefaultSecurityGroup",
    ]);
  });

  test("managed prefix lists are peers with their entries, inline and separate", () => {
    const part = read({
      "aws_ec2_managed_prefix_list.office": {
        name: "office",
        entry: [{ cidr: "192.0.2.0/25" }],
        address_family: "IPv4",
        max_entries: 5,
      },
      "aws_ec2_managed_prefix_list_entry.more": {
        cidr: "192.0.2.128/25",
        prefix_list_id: ref("aws_ec2_managed_prefix_list.office.id"),
      },
      "aws_security_group.web": {
        ...inVpc,
        ingress: [block({ prefix_list_ids: [ref("aws_ec2_managed_prefix_list.office.id")] })],
      },
    });
    expect(part.securityGroups?.get("aws_security_group.web")?.inbound[0]?.peer).toEqual({
      kind: "prefix-list",
      id: "aws_ec2_managed_prefix_list.office",
    });
    expect(part.prefixLists?.get("aws_ec2_managed_prefix_list.office")?.set.v4).toEqual([
      0xc0000200, 0xc00002ff,
    ]);
  });
});

describe("network ACLs", () => {
  const entry = (number: number, more: Values = {}): Values => ({
    rule_no: number,
    action: "allow",
    protocol: "tcp",
    from_port: 443,
    to_port: 443,
    cidr_block: "0.0.0.0/0",
    ipv6_cidr_block: "",
    ...more,
  });

  test("inline entries, separate ones, and the subnets of both ways of joining", () => {
    const part = read({
      "aws_network_acl.own": {
        ...inVpc,
        subnet_ids: [ref("aws_subnet.a.id")],
        ingress: [entry(100)],
        egress: [entry(100, { protocol: "-1", from_port: 0, to_port: 0 })],
      },
      "aws_network_acl.bare": inVpc,
      "aws_network_acl_rule.ping": {
        network_acl_id: ref("aws_network_acl.bare.id"),
        rule_number: 200,
        egress: false,
        protocol: "icmp",
        rule_action: "deny",
        ipv6_cidr_block: null,
        cidr_block: "10.0.0.0/8",
        icmp_type: 8,
        icmp_code: -1,
      },
      "aws_network_acl_association.b": {
        network_acl_id: ref("aws_network_acl.bare.id"),
        subnet_id: ref("aws_subnet.b.id"),
      },
    });
    expect(part.subnets?.get("aws_subnet.a")?.networkAcl).toBe("aws_network_acl.own");
    expect(part.subnets?.get("aws_subnet.b")?.networkAcl).toBe("aws_network_acl.bare");
    const own = part.networkAcls?.get("aws_network_acl.own");
    expect(own?.inbound.map((one) => one.text)).toEqual(["100 allow tcp 443 from 0.0.0.0/0"]);
    expect(own?.outbound.map((one) => one.text)).toEqual(["100 allow all traffic to 0.0.0.0/0"]);
    const bare = part.networkAcls?.get("aws_network_acl.bare");
    expect(bare?.inbound.map((one) => [one.text, one.origin.id])).toEqual([
      ["200 deny icmp type 8 from 10.0.0.0/8", "aws_network_acl_rule.ping rule 200"],
    ]);
    // An ACL that Terraform makes denies what it does not say.
    expect(bare?.outbound).toEqual([]);
  });

  test("the VPC's own ACL is adopted without its open entries", () => {
    const part = read({
      "aws_default_network_acl.closed": {
        default_network_acl_id: ref("aws_vpc.main.default_network_acl_id"),
      },
    });
    expect(part.subnets?.get("aws_subnet.a")?.networkAcl).toBe("aws_default_network_acl.closed");
    expect(part.networkAcls?.get("aws_default_network_acl.closed")).toMatchObject({
      inbound: [],
      outbound: [],
      network: "aws_vpc.main",
    });
  });
});

describe("routes", () => {
  test("a table has its local route, inline routes and routes of their own, with every kind of target", () => {
    const part = read({
      "aws_internet_gateway.out": inVpc,
      "aws_eip.nat": {},
      "aws_nat_gateway.nat": { subnet_id: ref("aws_subnet.a.id"), allocation_id: ref("aws_eip.nat.id") },
      "aws_network_interface.appliance": { subnet_id: ref("aws_subnet.b.id"), source_dest_check: false },
      "aws_route_table.own": {
        ...inVpc,
        route: [{ cidr_block: "0.0.0.0/0", gateway_id: ref("aws_internet_gateway.out.id") }],
      },
      "aws_route.inspect": {
        route_table_id: ref("aws_route_table.own.id"),
        destination_cidr_block: "192.168.0.0/16",
        network_interface_id: ref("aws_network_interface.appliance.id"),
      },
      "aws_route_table.private": inVpc,
      "aws_route.nat": {
        route_table_id: ref("aws_route_table.private.id"),
        destination_cidr_block: "0.0.0.0/0",
        nat_gateway_id: ref("aws_nat_gateway.nat.id"),
      },
      "aws_main_route_table_association.main": {
        ...inVpc,
        route_table_id: ref("aws_route_table.private.id"),
      },
      "aws_route_table_association.a": {
        subnet_id: ref("aws_subnet.a.id"),
        route_table_id: ref("aws_route_table.own.id"),
      },
    });
    expect(routesOf(part, "aws_route_table.own")).toEqual([
      "10.0.0.0/16 → local",
      "192.168.0.0/16 → aws_network_interface.appliance",
      "0.0.0.0/0 → aws_internet_gateway.out",
    ]);
    expect(routesOf(part, "aws_route_table.private")).toEqual([
      "10.0.0.0/16 → local",
      "0.0.0.0/0 → aws_nat_gateway.nat",
    ]);
    expect(part.subnets?.get("aws_subnet.a")?.routeTable).toBe("aws_route_table.own");
    expect(part.subnets?.get("aws_subnet.b")?.routeTable).toBe("aws_route_table.private");
    expect(part.interfaces?.get("aws_network_interface.appliance")?.sourceDestinationCheck).toBe(false);
    // Terraform's documentation warns of the two ways in one table.
    expect(unknownsOf(part)).toEqual([
      "aws_route_table.own writes route inline and as resources of their own: each apply undoes one or the other | read with all of them",
    ]);
  });

  test("the VPC's own table is adopted", () => {
    const part = read({
      "aws_internet_gateway.out": inVpc,
      "aws_default_route_table.main": {
        default_route_table_id: ref("aws_vpc.main.default_route_table_id"),
        route: [{ cidr_block: "0.0.0.0/0", gateway_id: ref("aws_internet_gateway.out.id") }],
      },
    });
    expect(part.subnets?.get("aws_subnet.a")?.routeTable).toBe("aws_default_route_table.main");
    expect(routesOf(part, "aws_default_route_table.main")).toEqual([
      "10.0.0.0/16 → local",
      "0.0.0.0/0 → aws_internet_gateway.out",
    ]);
  });

  test("a gateway endpoint puts a route for its service's prefixes into its tables", () => {
    const part = readTerraform(
      planOf(
        {
          resources: {
            ...base,
            "aws_route_table.own": inVpc,
            "aws_vpc_endpoint.s3": {
              ...inVpc,
              service_name: "com.amazonaws.eu-central-1.s3",
              vpc_endpoint_type: "Gateway",
              route_table_ids: [ref("aws_route_table.own.id")],
            },
          },
        },
        {
          prior_state: {
            values: {
              root_module: {
                resources: [
                  {
                    address: "data.aws_prefix_list.s3",
                    mode: "data",
                    type: "aws_prefix_list",
                    name: "s3",
                    values: {
                      id: "pl-1",
                      name: "com.amazonaws.eu-central-1.s3",
                      cidr_blocks: ["198.51.100.0/24"],
                    },
                  },
                ],
              },
            },
          },
        },
      ),
    );
    expect(part.routeTables?.get("aws_route_table.own")?.routes[1]).toMatchObject({
      prefixes: [{ length: 24 }],
      target: { kind: "gateway", id: "aws_vpc_endpoint.s3" },
    });
    expect(part.gateways?.get("aws_vpc_endpoint.s3")).toMatchObject({
      kind: "vpc-endpoint",
      network: "aws_vpc.main",
    });
  });
});

describe("interfaces", () => {
  test("an address that is not known yet is made up inside the subnet, beside those that are written", () => {
    const part = read({
      "aws_instance.known": { subnet_id: ref("aws_subnet.a.id"), private_ip: "10.0.1.254" },
      "aws_instance.new": { subnet_id: ref("aws_subnet.a.id") },
    });
    expect(part.interfaces?.get("aws_instance.known.eth0")?.addresses).toEqual([
      { address: { family: 4, value: 0x0a0001fe } },
    ]);
    const [own] = part.interfaces?.get("aws_instance.new.eth0")?.addresses ?? [];
    expect(own).toMatchObject({ synthetic: true });
    expect(formatAddress(own?.address ?? { family: 4, value: 0 })).toMatch(/^10\.0\.1\.(?!254$)\d+$/);
    expect(part.unknowns).toEqual([]);
  });

  test("a rule that parts the subnet of a made-up address is said to decide by an address that nobody knows", () => {
    const part = read({
      "aws_instance.new": { subnet_id: ref("aws_subnet.a.id"), tags: { Name: "new" } },
      "aws_network_acl.own": {
        ...inVpc,
        subnet_ids: [ref("aws_subnet.b.id")],
        ingress: [
          {
            rule_no: 100,
            action: "allow",
            protocol: "-1",
            from_port: 0,
            to_port: 0,
            cidr_block: "10.0.1.0/25",
          },
        ],
      },
    });
    expect(unknownsOf(part)).toEqual([
      "10.0.1.0/25 is a part of aws_subnet.a, where aws_instance.new will get addresses that are not known yet | answers take them to have the last free addresses of the subnet",
    ]);
  });

  test("a public address is sure to be there by the instance, by the subnet or by an elastic address", () => {
    const part = read({
      "aws_subnet.open": { ...inVpc, cidr_block: "10.0.3.0/24", map_public_ip_on_launch: true },
      "aws_instance.said": { subnet_id: ref("aws_subnet.a.id"), associate_public_ip_address: true },
      "aws_instance.given": { subnet_id: ref("aws_subnet.open.id") },
      "aws_instance.refused": { subnet_id: ref("aws_subnet.open.id"), associate_public_ip_address: false },
      "aws_instance.elastic": { subnet_id: ref("aws_subnet.a.id") },
      "aws_instance.none": { subnet_id: ref("aws_subnet.a.id") },
      "aws_eip.one": { domain: "vpc" },
      "aws_eip_association.one": {
        instance_id: ref("aws_instance.elastic.id"),
        allocation_id: ref("aws_eip.one.id"),
      },
    });
    const shown = ["said", "given", "refused", "elastic", "none"].map(
      (name) => part.interfaces?.get(`aws_instance.${name}.eth0`)?.addresses[0]?.public?.name,
    );
    expect(shown).toEqual([
      "aws_instance.said's public address",
      "aws_instance.given's public address",
      undefined,
      "aws_instance.elastic's public address",
      undefined,
    ]);
  });

  test("interfaces of their own are attached by a block, by an attachment, or as the instance's first", () => {
    const part = read({
      "aws_network_interface.first": {
        subnet_id: ref("aws_subnet.a.id"),
        private_ips: ["10.0.1.10", "10.0.1.11"],
      },
      "aws_network_interface.second": {
        subnet_id: ref("aws_subnet.b.id"),
        attachment: [{ instance: ref("aws_instance.box.id"), device_index: 1 }],
      },
      "aws_network_interface.third": { subnet_id: ref("aws_subnet.b.id") },
      "aws_network_interface_attachment.third": {
        instance_id: ref("aws_instance.box.id"),
        network_interface_id: ref("aws_network_interface.third.id"),
        device_index: 2,
      },
      "aws_security_group.extra": inVpc,
      "aws_network_interface_sg_attachment.extra": {
        security_group_id: ref("aws_security_group.extra.id"),
        network_interface_id: ref("aws_network_interface.third.id"),
      },
      "aws_instance.box": {
        network_interface: [{ network_interface_id: ref("aws_network_interface.first.id"), device_index: 0 }],
      },
    });
    expect(part.hosts?.get("aws_instance.box")?.interfaces).toEqual([
      "aws_network_interface.first",
      "aws_network_interface.second",
      "aws_network_interface.third",
    ]);
    expect(part.interfaces?.get("aws_network_interface.first")?.addresses).toHaveLength(2);
    expect(part.interfaces?.get("aws_network_interface.third")?.securityGroups).toEqual([
      "aws_security_group.extra",
    ]);
    expect(part.unknowns).toEqual([]);
  });

  test("groups that only a launch template knows leave the instance's ring open", () => {
    const part = read({
      "aws_instance.web": {
        subnet_id: ref("aws_subnet.a.id"),
        launch_template: [{ id: "lt-1", version: "1" }],
      },
    });
    expect(unknownsOf(part)[0]).toMatch(/^aws_instance\.web: its groups are its launch template's/);
    const [group] = part.interfaces?.get("aws_instance.web.eth0")?.securityGroups ?? [];
    expect(part.securityGroups?.get(group ?? "")?.inbound[0]?.peer.kind).toBe("unknown");
  });

  test("a stopped instance of a state answers nothing, and a Windows image is one", () => {
    const part = readTerraform(
      stateOf({
        "data.aws_ami.windows": { id: "ami-1", platform: "windows" },
        "aws_subnet.a": { id: "subnet-1", vpc_id: "vpc-1", cidr_block: "10.0.1.0/24" },
        "aws_instance.box": {
          id: "i-1",
          ami: "ami-1",
          subnet_id: "subnet-1",
          private_ip: "10.0.1.5",
          public_ip: "198.51.100.5",
          instance_state: "stopped",
          vpc_security_group_ids: ["sg-1"],
          primary_network_interface_id: "eni-1",
        },
      }),
    );
    expect(part.hosts?.get("aws_instance.box")).toMatchObject({ running: false, system: "windows" });
    expect(part.interfaces?.get("aws_instance.box.eth0")).toMatchObject({
      subnet: "aws_subnet.a",
      securityGroups: ["sg-1"],
    });
  });
});

describe("load balancers and databases", () => {
  test("an application load balancer with a listener's rule, and instances and addresses behind it", () => {
    const part = read({
      "aws_security_group.lb": inVpc,
      "aws_lb.web": {
        name: "web",
        internal: true,
        load_balancer_type: "application",
        subnets: [ref("aws_subnet.a.id"), ref("aws_subnet.b.id")],
        security_groups: [ref("aws_security_group.lb.id")],
      },
      "aws_lb_target_group.app": {
        ...inVpc,
        name: "app",
        port: 8080,
        protocol: "HTTP",
        target_type: "instance",
      },
      "aws_lb_target_group.api": { ...inVpc, name: "api", port: 9000, protocol: "HTTP", target_type: "ip" },
      "aws_lb_listener.http": {
        load_balancer_arn: ref("aws_lb.web.arn"),
        port: 80,
        protocol: "HTTP",
        default_action: [{ type: "forward", target_group_arn: ref("aws_lb_target_group.app.arn") }],
      },
      "aws_lb_listener_rule.api": {
        listener_arn: ref("aws_lb_listener.http.arn"),
        action: [
          {
            type: "forward",
            forward: [{ target_group: [{ arn: ref("aws_lb_target_group.api.arn"), weight: 1 }] }],
          },
        ],
      },
      "aws_instance.app": { subnet_id: ref("aws_subnet.a.id") },
      "aws_lb_target_group_attachment.app": {
        target_group_arn: ref("aws_lb_target_group.app.arn"),
        target_id: ref("aws_instance.app.id"),
      },
      "aws_lb_target_group_attachment.api": {
        target_group_arn: ref("aws_lb_target_group.api.arn"),
        target_id: ref("aws_instance.app.private_ip"),
        port: 9001,
      },
    });
    const balancer = part.loadBalancers?.get("aws_lb.web");
    expect(balancer).toMatchObject({
      kind: "application",
      internetFacing: false,
      interfaces: ["aws_lb.web.interface0", "aws_lb.web.interface1"],
    });
    expect(balancer?.listeners[0]).toMatchObject({
      ports: [80, 80],
      targets: [
        { interface: "aws_instance.app.eth0", port: 8080 },
        { interface: "aws_instance.app.eth0", port: 9001 },
      ],
    });
    expect(part.unknowns).toEqual([]);
  });

  test("a network load balancer without groups has none, and a fixed address in each subnet", () => {
    const part = read({
      "aws_eip.lb": {},
      "aws_lb.tcp": {
        name: "tcp",
        load_balancer_type: "network",
        subnet_mapping: [{ subnet_id: ref("aws_subnet.a.id"), allocation_id: ref("aws_eip.lb.id") }],
      },
      "aws_lb_target_group.tcp": {
        ...inVpc,
        name: "tcp",
        port: 443,
        protocol: "TCP",
        target_type: "ip",
        preserve_client_ip: "true",
      },
      "aws_lb_listener.tcp": {
        load_balancer_arn: ref("aws_lb.tcp.arn"),
        port: 443,
        protocol: "TCP",
        default_action: [{ type: "forward", target_group_arn: ref("aws_lb_target_group.tcp.arn") }],
      },
    });
    expect(part.loadBalancers?.get("aws_lb.tcp")).toMatchObject({
      kind: "network",
      preservesClient: true,
      internetFacing: true,
    });
    expect(part.interfaces?.get("aws_lb.tcp.interface0")).toMatchObject({
      securityGroups: [],
      subnet: "aws_subnet.a",
    });
  });

  test("a group that an autoscaling group may fill is not empty for certain", () => {
    const part = read({
      "aws_lb.web": { name: "web", subnets: [ref("aws_subnet.a.id")] },
      "aws_lb_target_group.app": { ...inVpc, name: "app", port: 8080, protocol: "HTTP" },
      "aws_lb_listener.http": {
        load_balancer_arn: ref("aws_lb.web.arn"),
        port: 80,
        protocol: "HTTP",
        default_action: [{ type: "forward", target_group_arn: ref("aws_lb_target_group.app.arn") }],
      },
      "aws_autoscaling_group.app": { min_size: 1 },
    });
    expect(part.loadBalancers?.get("aws_lb.web")?.listeners[0]?.uncertain).toMatch(
      /aws_autoscaling_group\.app may fill it/,
    );
    expect(unknownsOf(part)).toContain(
      "aws_autoscaling_group.app: aws_autoscaling_group is not read | what it does to packets, and what interfaces it has, is missing here",
    );
  });

  test("a classic load balancer", () => {
    const part = read({
      "aws_instance.app": { subnet_id: ref("aws_subnet.a.id") },
      "aws_elb.old": {
        name: "old",
        internal: true,
        subnets: [ref("aws_subnet.a.id")],
        instances: [],
        listener: [{ lb_port: 80, lb_protocol: "http", instance_port: 8080, instance_protocol: "http" }],
      },
      "aws_elb_attachment.app": { elb: ref("aws_elb.old.id"), instance: ref("aws_instance.app.id") },
    });
    expect(part.loadBalancers?.get("aws_elb.old")).toMatchObject({
      kind: "classic",
      listeners: [{ ports: [80, 80], targets: [{ interface: "aws_instance.app.eth0", port: 8080 }] }],
    });
  });

  test("a database has an interface in each subnet where it may stand, and its engine's own port", () => {
    const part = read({
      "aws_security_group.db": inVpc,
      "aws_db_subnet_group.db": { name: "db", subnet_ids: [ref("aws_subnet.a.id"), ref("aws_subnet.b.id")] },
      "aws_db_instance.db": {
        identifier: "shop",
        engine: "postgres",
        db_subnet_group_name: "db",
        vpc_security_group_ids: [ref("aws_security_group.db.id")],
      },
      "aws_db_instance.placed": {
        engine: "mysql",
        port: 3307,
        availability_zone: "eu-central-1b",
        db_subnet_group_name: ref("aws_db_subnet_group.db.name"),
        vpc_security_group_ids: [ref("aws_security_group.db.id")],
      },
    });
    expect(part.hosts?.get("aws_db_instance.db")).toMatchObject({
      interfaces: ["aws_db_instance.db.interface0", "aws_db_instance.db.interface1"],
      listens: [{ port: 5432 }],
    });
    expect(part.hosts?.get("aws_db_instance.placed")).toMatchObject({
      interfaces: ["aws_db_instance.placed.interface0"],
      listens: [{ port: 3307 }],
    });
    expect(part.interfaces?.get("aws_db_instance.placed.interface0")).toMatchObject({
      subnet: "aws_subnet.b",
      kind: "database",
      securityGroups: ["aws_security_group.db"],
    });
    expect(unknownsOf(part)).toEqual([
      "in which of aws_subnet.a, aws_subnet.b aws_db_instance.db will stand is not known | an interface in each stands for it",
    ]);
  });
});

describe("ways between networks", () => {
  const other = { "aws_vpc.other": { cidr_block: "10.9.0.0/16" } };

  test("a peering is active where it is accepted, at once or by the accepter", () => {
    const joins = { ...inVpc, peer_vpc_id: ref("aws_vpc.other.id") };
    const part = read({
      ...other,
      "aws_vpc_peering_connection.own": { ...joins, auto_accept: true },
      "aws_vpc_peering_connection.asked": joins,
      "aws_vpc_peering_connection_accepter.asked": {
        vpc_peering_connection_id: ref("aws_vpc_peering_connection.asked.id"),
        auto_accept: true,
      },
      "aws_vpc_peering_connection.waiting": joins,
    });
    expect(
      [...(part.gateways?.values() ?? [])].map((one) => [one.id, one.kind === "peering" && one.active]),
    ).toEqual([
      ["aws_vpc_peering_connection.own", true],
      ["aws_vpc_peering_connection.asked", true],
      ["aws_vpc_peering_connection.waiting", false],
    ]);
    expect(part.gateways?.get("aws_vpc_peering_connection.own")).toMatchObject({
      requester: "aws_vpc.main",
      accepter: "aws_vpc.other",
    });
    expect(unknownsOf(part)[0]).toMatch(/^aws_vpc_peering_connection\.waiting waits to be accepted/);
  });

  test("a transit gateway joins its attachments to its own table, unless told not to", () => {
    const part = read({
      ...other,
      "aws_subnet.other": { vpc_id: ref("aws_vpc.other.id"), cidr_block: "10.9.1.0/24" },
      "aws_ec2_transit_gateway.hub": {},
      "aws_ec2_transit_gateway_vpc_attachment.main": {
        ...inVpc,
        transit_gateway_id: ref("aws_ec2_transit_gateway.hub.id"),
        subnet_ids: [ref("aws_subnet.a.id")],
      },
      "aws_ec2_transit_gateway_vpc_attachment.other": {
        vpc_id: ref("aws_vpc.other.id"),
        transit_gateway_id: ref("aws_ec2_transit_gateway.hub.id"),
        subnet_ids: [ref("aws_subnet.other.id")],
        transit_gateway_default_route_table_association: false,
      },
      "aws_ec2_transit_gateway_route_table.own": {
        transit_gateway_id: ref("aws_ec2_transit_gateway.hub.id"),
      },
      "aws_ec2_transit_gateway_route_table_association.other": {
        transit_gateway_route_table_id: ref("aws_ec2_transit_gateway_route_table.own.id"),
        transit_gateway_attachment_id: ref("aws_ec2_transit_gateway_vpc_attachment.other.id"),
      },
      "aws_ec2_transit_gateway_route_table_propagation.main": {
        transit_gateway_route_table_id: ref("aws_ec2_transit_gateway_route_table.own.id"),
        transit_gateway_attachment_id: ref("aws_ec2_transit_gateway_vpc_attachment.main.id"),
      },
      "aws_ec2_transit_gateway_route.drop": {
        transit_gateway_route_table_id: ref("aws_ec2_transit_gateway_route_table.own.id"),
        destination_cidr_block: "192.168.0.0/16",
        blackhole: true,
      },
    });
    const hub = part.gateways?.get("aws_ec2_transit_gateway.hub");
    const attachments = hub?.kind === "transit" ? hub.attachments : [];
    expect(attachments.map((one) => [one.id, one.routeTable])).toEqual([
      ["aws_ec2_transit_gateway_vpc_attachment.main", "aws_ec2_transit_gateway.hub.DefaultRouteTable"],
      ["aws_ec2_transit_gateway_vpc_attachment.other", "aws_ec2_transit_gateway_route_table.own"],
    ]);
    const tables = hub?.kind === "transit" ? hub.routeTables : [];
    expect(tables.map((table) => [table.id, table.routes.map((route) => route.text)])).toEqual([
      [
        "aws_ec2_transit_gateway.hub.DefaultRouteTable",
        [
          "10.0.0.0/16 → aws_ec2_transit_gateway_vpc_attachment.main (propagated by aws_vpc.main)",
          "10.9.0.0/16 → aws_ec2_transit_gateway_vpc_attachment.other (propagated by aws_vpc.other)",
        ],
      ],
      [
        "aws_ec2_transit_gateway_route_table.own",
        [
          "192.168.0.0/16 → blackhole",
          "10.0.0.0/16 → aws_ec2_transit_gateway_vpc_attachment.main (propagated by aws_vpc.main)",
        ],
      ],
    ]);
    expect(part.unknowns).toEqual([]);
  });

  test("an interface endpoint has an interface in each of its subnets, with its groups", () => {
    const part = read({
      "aws_security_group.api": inVpc,
      "aws_vpc_endpoint.api": {
        ...inVpc,
        service_name: "com.amazonaws.eu-central-1.kms",
        vpc_endpoint_type: "Interface",
        subnet_ids: [ref("aws_subnet.a.id")],
      },
      "aws_vpc_endpoint_subnet_association.b": {
        vpc_endpoint_id: ref("aws_vpc_endpoint.api.id"),
        subnet_id: ref("aws_subnet.b.id"),
      },
      "aws_vpc_endpoint_security_group_association.api": {
        vpc_endpoint_id: ref("aws_vpc_endpoint.api.id"),
        security_group_id: ref("aws_security_group.api.id"),
      },
    });
    expect(
      [...(part.interfaces?.values() ?? [])].map((one) => [
        one.kind,
        one.owner,
        one.subnet,
        one.securityGroups,
      ]),
    ).toEqual([
      ["vpc-endpoint", "aws_vpc_endpoint.api", "aws_subnet.a", ["aws_security_group.api"]],
      ["vpc-endpoint", "aws_vpc_endpoint.api", "aws_subnet.b", ["aws_security_group.api"]],
    ]);
  });
});
