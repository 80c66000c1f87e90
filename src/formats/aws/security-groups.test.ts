import { expect, test } from "vitest";
import type { SecurityGroupRule } from "../../layers/security-group/model.ts";
import { addressSet, noAddresses } from "../../packet/address-set.ts";
import { account, group, problemOf, readAws, unknownsOf } from "./testing/read.ts";

const inboundOf = (...permissions: object[]): readonly SecurityGroupRule[] =>
  readAws({
    "sg.json": { SecurityGroups: [group("sg-a", { IpPermissions: permissions })] },
  }).securityGroups?.get("sg-a")?.inbound ?? [];
const tcp = (port: number, more: object): object => ({
  IpProtocol: "tcp",
  FromPort: port,
  ToPort: port,
  ...more,
});

test("a permission is one rule for each of its peers, each with its own line", () => {
  const rules = inboundOf(
    tcp(443, {
      IpRanges: [{ CidrIp: "192.0.2.0/24" }, { CidrIp: "198.51.100.7/32", Description: "office" }],
      Ipv6Ranges: [{ CidrIpv6: "2001:db8::/32" }],
      UserIdGroupPairs: [{ GroupId: "sg-a", UserId: account }],
    }),
  );
  expect(rules.map((rule) => rule.text)).toEqual([
    "tcp 443 from 192.0.2.0/24",
    "tcp 443 from 198.51.100.7/32 (office)",
    "tcp 443 from 2001:db8::/32",
    "tcp 443 from sg-a",
  ]);
  expect(rules.map((rule) => rule.peer)).toEqual([
    { kind: "addresses", set: addressSet("192.0.2.0/24") },
    { kind: "addresses", set: addressSet("198.51.100.7") },
    { kind: "addresses", set: addressSet("2001:db8::/32") },
    { kind: "group", id: "sg-a" },
  ]);
  const lines = rules.map((rule) => rule.origin.line);
  expect(new Set(lines).size).toBe(4);
  expect(rules[0]?.origin).toMatchObject({ file: "sg.json", id: "sg-a" });
});

// EC2 API reference, IpPermission: for ICMP, FromPort is the type and ToPort the code, and -1 is any.
test.each([
  [
    { IpProtocol: "icmp", FromPort: 8, ToPort: -1 },
    { protocol: 1, icmp: { type: 8 } },
  ],
  [
    { IpProtocol: "icmp", FromPort: 8, ToPort: 0 },
    { protocol: 1, icmp: { type: 8, code: 0 } },
  ],
  [{ IpProtocol: "icmp", FromPort: -1, ToPort: -1 }, { protocol: 1 }],
  [{ IpProtocol: "icmpv6", FromPort: null, ToPort: null }, { protocol: 58 }],
  [
    { IpProtocol: "58", FromPort: 128, ToPort: -1 },
    { protocol: 58, icmp: { type: 128 } },
  ],
  [{ IpProtocol: "-1", FromPort: 22, ToPort: 22 }, { protocol: "any" }],
  [{ IpProtocol: "-1", FromPort: null, ToPort: null }, { protocol: "any" }],
  [
    { IpProtocol: "6", FromPort: 22, ToPort: 80 },
    { protocol: 6, ports: [22, 80] },
  ],
  [
    { IpProtocol: "udp", FromPort: 0, ToPort: 65535 },
    { protocol: 17, ports: [0, 65535] },
  ],
  // Protocols other than TCP, UDP and ICMP cover all their ports, whatever the range says.
  [{ IpProtocol: "132", FromPort: 1, ToPort: 2 }, { protocol: 132 }],
  [{ IpProtocol: "50" }, { protocol: 50 }],
])("%j is read as EC2 means it", (permission, service) => {
  const [rule] = inboundOf({ ...permission, IpRanges: [{ CidrIp: "0.0.0.0/0" }] });
  const { protocol, ports, icmp } = rule ?? {};
  expect({ protocol, ...(ports && { ports }), ...(icmp && { icmp }) }).toEqual(service);
});

test.each([
  [{ IpProtocol: "icmp", FromPort: -1, ToPort: 3 }, /ICMP code 3 without a type/],
  [{ IpProtocol: "tcp", FromPort: 80 }, /needs ports from 0 to 65535/],
  [{ IpProtocol: "tcp", FromPort: 443, ToPort: 80 }, /443 to 80/],
  [{ IpProtocol: "tcp", FromPort: 0, ToPort: 65536 }, /65536/],
  [{ IpProtocol: "tpc", FromPort: 1, ToPort: 1 }, /IpProtocol: a protocol .* was expected, found "tpc"/],
  [{ IpProtocol: "icmp", FromPort: 256, ToPort: -1 }, /256/],
])("%j is an error with its line", (permission, message) => {
  const problem = problemOf({
    "sg.json": { SecurityGroups: [group("sg-a", { IpPermissions: [{ ...permission, IpRanges: [] }] })] },
  });
  expect(problem.message).toMatch(message);
  expect(problem.origin).toMatchObject({ file: "sg.json", line: 9 });
});

test("a group without its list of permissions is refused, since empty would mean denied", () => {
  const { IpPermissions: _, ...half } = group("sg-a") as Record<string, unknown>;
  expect(problemOf({ "sg.json": { SecurityGroups: [half] } }).message).toMatch(
    /^SecurityGroups\[0\]\.IpPermissions: a list of permissions/,
  );
});

test("a reference to a group that is not there is stale and matches nobody", () => {
  const part = readAws({
    "sg.json": {
      SecurityGroups: [
        group("sg-a", {
          IpPermissions: [tcp(22, { UserIdGroupPairs: [{ GroupId: "sg-gone", UserId: account }] })],
        }),
      ],
    },
  });
  expect(part.securityGroups?.get("sg-a")?.inbound[0]?.peer).toEqual({ kind: "addresses", set: noAddresses });
  expect(unknownsOf(part)).toEqual([
    "stale reference to sg-gone: there is no such group | the rule matches nobody",
  ]);
});

test("a reference across a peering that is gone is stale, although the group is there", () => {
  const pair = {
    GroupId: "sg-b",
    UserId: account,
    VpcPeeringConnectionId: "pcx-1",
    PeeringStatus: "deleted",
  };
  const part = readAws({
    "sg.json": {
      SecurityGroups: [
        group("sg-a", { IpPermissions: [tcp(22, { UserIdGroupPairs: [pair] })] }),
        group("sg-b"),
      ],
    },
  });
  expect(part.securityGroups?.get("sg-a")?.inbound[0]?.peer).toEqual({ kind: "addresses", set: noAddresses });
  expect(unknownsOf(part)[0]).toMatch(/^stale reference to sg-b: the peering that carries it is deleted/);
});

test("a reference to a group of an account that was not exported can't be known", () => {
  const pair = { GroupId: "sg-far", UserId: "444455556666", PeeringStatus: "active" };
  const part = readAws({
    "sg.json": {
      SecurityGroups: [group("sg-a", { IpPermissions: [tcp(22, { UserIdGroupPairs: [pair] })] })],
    },
  });
  expect(part.securityGroups?.get("sg-a")?.inbound[0]?.peer).toEqual({
    kind: "unknown",
    what: "the members of sg-far (account 444455556666) were not exported",
  });
  expect(unknownsOf(part)).toHaveLength(1);
});

test("the same reference is a group as soon as that account's export stands beside it", () => {
  const pair = { GroupId: "sg-far", UserId: "444455556666", PeeringStatus: "active" };
  const part = readAws({
    "ours/sg.json": {
      SecurityGroups: [group("sg-a", { IpPermissions: [tcp(22, { UserIdGroupPairs: [pair] })] })],
    },
    "theirs/sg.json": { SecurityGroups: [group("sg-far", { OwnerId: "444455556666", VpcId: "vpc-9" })] },
  });
  expect(part.securityGroups?.get("sg-a")?.inbound[0]?.peer).toEqual({ kind: "group", id: "sg-far" });
  expect(part.unknowns).toEqual([]);
});

test("a prefix list whose entries were not exported makes its rule unknown", () => {
  const permission = tcp(443, { PrefixListIds: [{ PrefixListId: "pl-1" }] });
  const groups = { SecurityGroups: [group("sg-a", { IpPermissionsEgress: [permission] })] };
  const without = readAws({ "sg.json": groups });
  expect(without.securityGroups?.get("sg-a")?.outbound[0]?.peer.kind).toBe("unknown");
  const lists = { PrefixLists: [{ PrefixListId: "pl-1", PrefixListName: "s3", Cidrs: ["192.0.2.0/24"] }] };
  const beside = readAws({ "sg.json": groups, "pl.json": lists });
  expect(beside.securityGroups?.get("sg-a")?.outbound[0]).toMatchObject({
    peer: { kind: "prefix-list", id: "pl-1" },
    text: "tcp 443 to pl-1",
  });
});

test("a key that Ringwall does not know in a permission is reported", () => {
  const part = readAws({
    "sg.json": {
      SecurityGroups: [
        group("sg-a", {
          IpPermissions: [tcp(22, { IpRanges: [{ CidrIp: "192.0.2.1/32" }], Schedule: "nights" })],
        }),
      ],
    },
  });
  expect(part.unknowns?.map((one) => one.what)).toEqual(["SecurityGroups[0].IpPermissions[0].Schedule"]);
});

const sgr = (id: string, more: object): object => ({
  SecurityGroupRuleId: id,
  GroupId: "sg-a",
  GroupOwnerId: account,
  IsEgress: false,
  IpProtocol: "tcp",
  FromPort: 443,
  ToPort: 443,
  ...more,
});
const described = group("sg-a", { IpPermissions: [tcp(443, { IpRanges: [{ CidrIp: "192.0.2.0/24" }] })] });

test("describe-security-group-rules gives a rule its id and line, and no second rule", () => {
  const part = readAws({
    "sg.json": { SecurityGroups: [described] },
    "sgr.json": { SecurityGroupRules: [sgr("sgr-1", { CidrIpv4: "192.0.2.0/24" })] },
  });
  const inbound = part.securityGroups?.get("sg-a")?.inbound;
  expect(inbound).toHaveLength(1);
  expect(inbound?.[0]).toMatchObject({ id: "sgr-1", origin: { file: "sgr.json", id: "sgr-1" } });
});

test.each([
  ["another prefix", [sgr("sgr-1", { CidrIpv4: "198.51.100.0/24" })]],
  [
    "one rule too many",
    [sgr("sgr-1", { CidrIpv4: "192.0.2.0/24" }), sgr("sgr-2", { CidrIpv6: "2001:db8::/32" })],
  ],
])("two descriptions of a group with %s contradict each other, and both are named", (_, rules) => {
  const problem = problemOf({
    "sg.json": { SecurityGroups: [described] },
    "sgr.json": { SecurityGroupRules: rules },
  });
  expect(problem.code).toBe("reference");
  const named = `${problem.message} ${problem.origin?.file}`;
  expect(named).toMatch(/sg\.json/);
  expect(named).toMatch(/sgr\.json/);
});

test("a group that only its rules describe stands in the network of the interfaces that wear it", () => {
  const part = readAws({
    "sgr.json": {
      SecurityGroupRules: [
        sgr("sgr-1", { CidrIpv4: "192.0.2.0/24" }),
        sgr("sgr-2", { IsEgress: true, IpProtocol: "-1", FromPort: -1, ToPort: -1, CidrIpv4: "0.0.0.0/0" }),
      ],
    },
    "nic.json": {
      NetworkInterfaces: [
        {
          NetworkInterfaceId: "eni-1",
          SubnetId: "subnet-1",
          VpcId: "vpc-7",
          PrivateIpAddress: "10.0.0.4",
          Groups: [{ GroupId: "sg-a" }],
        },
      ],
    },
  });
  expect(part.securityGroups?.get("sg-a")).toMatchObject({
    network: "vpc-7",
    inbound: [{ id: "sgr-1" }],
    outbound: [{ id: "sgr-2", protocol: "any" }],
  });
});

test("an interface that wears a group which was not exported is not taken for closed", () => {
  const part = readAws({
    "nic.json": {
      NetworkInterfaces: [
        {
          NetworkInterfaceId: "eni-1",
          SubnetId: "subnet-1",
          PrivateIpAddress: "10.0.0.4",
          Groups: [{ GroupId: "sg-x" }],
        },
      ],
    },
  });
  expect(part.securityGroups?.get("sg-x")?.inbound.map((rule) => rule.peer.kind)).toEqual(["unknown"]);
  expect(unknownsOf(part).join()).toMatch(/the security group sg-x of eni-1 was not exported/);
});
