import { expect, test } from "vitest";
import { formatPrefix } from "../../packet/address.ts";
import { awsReader } from "./reader.ts";
import { group, nic, problemOf, readAws, small, subnet, unknownsOf, vpc } from "./testing/read.ts";

const recognises = (text: string): boolean => awsReader.recognises({ path: "x.json", text });

test.each([
  '{"Vpcs": []}',
  '\uFEFF{ "SecurityGroups": [ {"GroupId": "sg-1"} ] }',
  '{"NextToken": "x", "Subnets": []}',
  '{"Routes": [{"DestinationCidrBlock": "10.0.0.0/8"}]}',
  '{"TransitGatewayRouteTableId": "tgw-rtb-1", "Routes": []}',
  '{"collector_version": "1", "provider": "aws", "vpcs": []}',
  '{"vpcs": [{"VpcId": "vpc-1"}]}',
  '{"DomainStatusList": []}',
  // Cut off in the middle, and still an AWS export: the reader says what is wrong with it.
  '{"Vpcs": [{"VpcId": "vpc-1", "CidrBl',
])("%s is an AWS export", (text) => {
  expect(recognises(text)).toBe(true);
});

test.each([
  '{"apiVersion": "v1", "kind": "List", "items": []}',
  '{"nftables": [{"metainfo": {}}]}',
  '{"provider": "ibm", "vpcs": [{"id": "r006"}], "subnets": []}',
  '{"Rules": [{"pattern": "x"}]}',
  '[{"Vpcs": []}]',
  '{"a": {"Vpcs": []}}',
  '{"a": "\\"Vpcs\\": ["}',
  "*filter\n:INPUT ACCEPT [0:0]\n",
  "",
])("%s is none", (text) => {
  expect(recognises(text)).toBe(false);
});

test("a VPC has every prefix that is associated with it, of both families, and its account and region", () => {
  const state = (name: string): object => ({ State: name });
  const part = readAws({
    "vpcs.json": {
      Vpcs: [
        {
          VpcId: "vpc-1",
          CidrBlock: "10.0.0.0/16",
          OwnerId: "111122223333",
          CidrBlockAssociationSet: [
            { CidrBlock: "10.0.0.0/16", CidrBlockState: state("associated") },
            { CidrBlock: "100.64.0.0/20", CidrBlockState: state("associated") },
            { CidrBlock: "10.8.0.0/16", CidrBlockState: state("disassociated") },
          ],
          Ipv6CidrBlockAssociationSet: [
            { Ipv6CidrBlock: "2001:db8::/56", Ipv6CidrBlockState: state("associated") },
            { Ipv6CidrBlock: "2001:db8:9::/56", Ipv6CidrBlockState: state("disassociating") },
          ],
          Tags: [{ Key: "Name", Value: "prod" }],
        },
      ],
    },
    "subnets.json": {
      Subnets: [
        subnet("subnet-1", "vpc-1", "10.0.1.0/24", {
          Ipv6CidrBlockAssociationSet: [
            { Ipv6CidrBlock: "2001:db8:0:1::/64", Ipv6CidrBlockState: state("associated") },
          ],
        }),
        // Of IPv6 alone.
        {
          SubnetId: "subnet-6",
          VpcId: "vpc-1",
          Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlock: "2001:db8:0:2::/64" }],
        },
      ],
    },
    "acls.json": small["acls.json"],
    "routes.json": small["routes.json"],
  });
  const network = part.networks?.get("vpc-1");
  expect(network).toMatchObject({ name: "prod", account: "111122223333", region: "eu-central-1" });
  expect(network?.prefixes.map(formatPrefix)).toEqual(["10.0.0.0/16", "100.64.0.0/20", "2001:db8::/56"]);
  expect(part.subnets?.get("subnet-1")?.prefixes.map(formatPrefix)).toEqual([
    "10.0.1.0/24",
    "2001:db8:0:1::/64",
  ]);
  expect(part.subnets?.get("subnet-6")?.prefixes.map(formatPrefix)).toEqual(["2001:db8:0:2::/64"]);
  expect(unknownsOf(part)).toEqual(["a prefix of vpc-1 is disassociating | the prefix is left out"]);
});

test("several accounts and regions are one estate, told apart by owner, zone and folder", () => {
  const part = readAws({
    "111122223333/eu-central-1/v.json": { Vpcs: [vpc("vpc-1", "10.0.0.0/16")] },
    "444455556666/us-west-2/v.json": { Vpcs: [{ VpcId: "vpc-2", CidrBlock: "10.0.0.0/16" }] },
    "x/v.json": {
      Vpcs: [{ VpcId: "vpc-3", CidrBlock: "10.0.0.0/16", OwnerId: "1" }],
      Subnets: [subnet("subnet-3", "vpc-3", "10.0.0.0/24", { AvailabilityZone: "us-west-2-lax-1a" })],
    },
  });
  expect([...(part.networks?.values() ?? [])].map((one) => [one.id, one.account, one.region])).toEqual([
    ["vpc-1", "111122223333", "eu-central-1"],
    ["vpc-2", "444455556666", "us-west-2"],
    ["vpc-3", "1", "us-west-2"],
  ]);
});

test("one resource in two exports is one, whatever the order of its lists and the tags that an account sees", () => {
  const rules = [{ CidrIp: "192.0.2.0/24" }, { CidrIp: "198.51.100.0/24" }];
  const permission = (ranges: object[]): object => ({ IpProtocol: "-1", IpRanges: ranges });
  const part = readAws({
    ...small,
    "again.json": { Vpcs: [{ ...vpc("vpc-1", "10.0.0.0/16"), Tags: [{ Key: "Name", Value: "prod" }] }] },
    "sg1.json": { SecurityGroups: [group("sg-a", { IpPermissions: [permission(rules)] })] },
    "sg2.json": { SecurityGroups: [group("sg-a", { IpPermissions: [permission(rules.toReversed())] })] },
  });
  expect(part.networks?.get("vpc-1")?.name).toBe("prod");
  expect(part.securityGroups?.get("sg-a")?.inbound).toHaveLength(2);
});

test.each([
  [
    "VPC",
    { Vpcs: [vpc("vpc-1", "10.99.0.0/16")] },
    /^VPC vpc-1 is described twice and differently: also at vpcs\.json:3/,
  ],
  ["subnet", { Subnets: [subnet("subnet-1", "vpc-1", "10.0.9.0/24")] }, /^subnet subnet-1 .*subnets\.json:3/],
  [
    "interface",
    { NetworkInterfaces: [nic("eni-1", "subnet-1", "10.0.1.9")] },
    /^network interface eni-1 .*nic\.json:3/,
  ],
])("one %s described in two ways is an error that names both places", (_, other, message) => {
  const problem = problemOf({
    ...small,
    "nic.json": { NetworkInterfaces: [nic("eni-1", "subnet-1", "10.0.1.4")] },
    "other.json": other,
  });
  expect(problem.code).toBe("reference");
  expect(problem.message).toMatch(message);
  expect(problem.origin).toMatchObject({ file: "other.json", line: 3 });
});

test("a combined file of a collector's names is read like AWS's own", () => {
  const part = readAws({
    "all.json": {
      collector_version: "0.1",
      provider: "aws",
      vpcs: small["vpcs.json"].Vpcs,
      subnets: small["subnets.json"].Subnets,
      network_acls: small["acls.json"].NetworkAcls,
      route_tables: small["routes.json"].RouteTables,
    },
  });
  expect([part.networks?.size, part.subnets?.size, part.networkAcls?.size, part.routeTables?.size]).toEqual([
    1, 1, 1, 1,
  ]);
  expect(part.unknowns).toEqual([]);
});

test("a kind of resource that is not read is reported with its count, an empty list of it is not", () => {
  const part = readAws({
    ...small,
    "more.json": {
      Firewalls: [{}, {}],
      ClientVpnEndpoints: [],
      Oddities: [{}],
      Images: [{}],
      NextToken: "more",
    },
  });
  expect(part.unknowns?.map((one) => one.what)).toEqual([
    "Firewalls: 2 of them",
    "Oddities: 1 of them",
    "NextToken: the list goes on after this file's last element",
  ]);
});

test("a whole small export has nothing unknown in it, and names its files", () => {
  const part = readAws(small);
  expect(part.unknowns).toEqual([]);
  expect(part.sources).toEqual(Object.keys(small));
  expect(part.subnets?.get("subnet-1")).toMatchObject({ networkAcl: "acl-1", routeTable: "rtb-1" });
});
