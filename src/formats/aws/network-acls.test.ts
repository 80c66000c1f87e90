import { expect, test } from "vitest";
import { problemOf, readAws, small, subnet, unknownsOf, vpc } from "./testing/read.ts";

const entry = (number: number, more: object = {}): object => ({
  RuleNumber: number,
  RuleAction: "allow",
  Protocol: "6",
  PortRange: { From: 443, To: 443 },
  CidrBlock: "0.0.0.0/0",
  Egress: false,
  ...more,
});
const acl = (...entries: object[]): object => ({
  NetworkAclId: "acl-1",
  VpcId: "vpc-1",
  IsDefault: true,
  Associations: [],
  Entries: entries,
});
const inboundOf = (...entries: object[]) =>
  readAws({ "acl.json": { NetworkAcls: [acl(...entries)] } }).networkAcls?.get("acl-1")?.inbound ?? [];

test("entries go by direction, and the closing denies of both families are no entries", () => {
  const closing = { Protocol: "-1", RuleAction: "deny", PortRange: null };
  const read = readAws({
    "acl.json": {
      NetworkAcls: [
        acl(
          entry(100),
          entry(110, { Egress: true, PortRange: { From: 1024, To: 65535 } }),
          entry(120, { RuleAction: "deny", CidrBlock: null, Ipv6CidrBlock: "2001:db8::/32" }),
          entry(32767, closing),
          entry(32767, { ...closing, Egress: true }),
          entry(32768, { ...closing, CidrBlock: null, Ipv6CidrBlock: "::/0" }),
        ),
      ],
    },
  }).networkAcls?.get("acl-1");
  expect(read?.inbound.map((one) => one.text)).toEqual([
    "100 allow tcp 443 from 0.0.0.0/0",
    "120 deny tcp 443 from 2001:db8::/32",
  ]);
  expect(read?.outbound.map((one) => one.text)).toEqual(["110 allow tcp 1024–65535 to 0.0.0.0/0"]);
  expect(read?.inbound[0]?.origin).toMatchObject({ file: "acl.json", id: "acl-1 rule 100" });
});

test.each([
  [{ Protocol: "-1", PortRange: null }, { protocol: "any" }],
  [
    { Protocol: "17", PortRange: { From: 53, To: 53 } },
    { protocol: 17, ports: [53, 53] },
  ],
  [{ Protocol: "1", PortRange: null, IcmpTypeCode: { Type: -1, Code: -1 } }, { protocol: 1 }],
  [
    { Protocol: "1", PortRange: null, IcmpTypeCode: { Type: 8, Code: -1 } },
    { protocol: 1, icmp: { type: 8 } },
  ],
  [
    { Protocol: "58", PortRange: null, IcmpTypeCode: { Type: 1, Code: 4 } },
    { protocol: 58, icmp: { type: 1, code: 4 } },
  ],
])("%j is read as EC2 means it", (service, expected) => {
  const [read] = inboundOf(entry(100, service));
  const { protocol, ports, icmp } = read ?? {};
  expect({ protocol, ...(ports && { ports }), ...(icmp && { icmp }) }).toEqual(expected);
});

test("one number twice in one direction is an error that names both places", () => {
  const problem = problemOf({
    "acl.json": { NetworkAcls: [acl(entry(100), entry(100, { RuleAction: "deny" }))] },
  });
  expect(problem.code).toBe("meaning");
  expect(problem.message).toMatch(
    /acl-1 has two inbound entries of number 100: the first stands at acl\.json:9:5/,
  );
  expect(problem.origin).toMatchObject({ file: "acl.json", line: 20 });
});

test("one number in both directions is two entries", () => {
  expect(inboundOf(entry(100), entry(100, { Egress: true }))).toHaveLength(1);
});

test.each([
  [{ RuleAction: "permit" }, /RuleAction: “allow” or “deny” was expected, found "permit"/],
  [{ RuleNumber: 40000 }, /RuleNumber/],
  [{ RuleNumber: "100" }, /RuleNumber: a whole number was expected, found "100"/],
  [{ Egress: undefined }, /Egress: true or false was expected, found nothing/],
  [{ CidrBlock: "10.0.0.0/33" }, /length of a prefix of IPv4 is 0 to 32, not “33”/],
  [{ CidrBlock: null }, /Ipv6CidrBlock/],
  [{ PortRange: null }, /needs ports/],
])("an entry with %j is an error", (broken, message) => {
  const problem = problemOf({ "acl.json": { NetworkAcls: [acl(entry(100, broken))] } });
  expect(problem.message).toMatch(message);
  expect(problem.origin?.file).toBe("acl.json");
});

test("a subnet has the ACL that names it, and else its VPC's default one", () => {
  const named = {
    NetworkAclId: "acl-own",
    VpcId: "vpc-1",
    IsDefault: false,
    Associations: [{ SubnetId: "subnet-2" }],
    Entries: [],
  };
  const part = readAws({
    ...small,
    "subnets.json": {
      Subnets: [subnet("subnet-1", "vpc-1", "10.0.1.0/24"), subnet("subnet-2", "vpc-1", "10.0.2.0/24")],
    },
    "acls.json": { NetworkAcls: [acl(entry(100)), named] },
  });
  expect(part.subnets?.get("subnet-1")?.networkAcl).toBe("acl-1");
  expect(part.subnets?.get("subnet-2")?.networkAcl).toBe("acl-own");
  expect(part.unknowns).toEqual([]);
});

test("two ACLs that name one subnet contradict each other", () => {
  const claim = (id: string): object => ({
    NetworkAclId: id,
    VpcId: "vpc-1",
    Associations: [{ SubnetId: "subnet-1" }],
    Entries: [],
  });
  expect(problemOf({ "acls.json": { NetworkAcls: [claim("acl-1"), claim("acl-2")] } }).message).toMatch(
    /subnet-1/,
  );
});

test("where no ACL was exported none is taken for open: every packet depends on it", () => {
  const part = readAws({
    "vpcs.json": { Vpcs: [vpc("vpc-1", "10.0.0.0/16")] },
    "subnets.json": { Subnets: [subnet("subnet-1", "vpc-1", "10.0.1.0/24")] },
    "routes.json": small["routes.json"],
  });
  const id = part.subnets?.get("subnet-1")?.networkAcl ?? "";
  expect(part.networkAcls?.get(id)?.inbound).toMatchObject([
    { action: "allow", uncertain: expect.any(String) },
  ]);
  expect(unknownsOf(part)).toEqual([
    expect.stringMatching(
      /^the network ACLs of vpc-1 were not exported .* whether they let a packet pass is not known$/,
    ),
  ]);
});
