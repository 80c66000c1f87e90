import { expect, test } from "vitest";
import { formatAddress } from "../../packet/address.ts";
import { nic, problemOf, readAws, small, subnet, unknownsOf, vpc } from "./testing/read.ts";

const one = (more: object) =>
  readAws({
    ...small,
    "nic.json": { NetworkInterfaces: [nic("eni-1", "subnet-1", "10.0.1.4", more)] },
  }).interfaces?.get("eni-1");

test("the primary address comes first, each with its own public one, then IPv6", () => {
  const read = one({
    PrivateIpAddresses: [
      { PrivateIpAddress: "10.0.1.5", Primary: false, Association: { PublicIp: "192.0.2.5" } },
      { PrivateIpAddress: "10.0.1.4", Primary: true, Association: { PublicIp: "192.0.2.4" } },
      { PrivateIpAddress: "10.0.1.6", Primary: false },
    ],
    Ipv6Addresses: [{ Ipv6Address: "2001:db8::4" }],
  });
  expect(
    read?.addresses.map((at) => [
      formatAddress(at.address),
      at.public === undefined ? "" : formatAddress(at.public),
    ]),
  ).toEqual([
    ["10.0.1.4", "192.0.2.4"],
    ["10.0.1.5", "192.0.2.5"],
    ["10.0.1.6", ""],
    ["2001:db8::4", ""],
  ]);
});

test("the source/destination check is as written, and on where nothing is", () => {
  expect(one({ SourceDestCheck: false })?.sourceDestinationCheck).toBe(false);
  expect(one({ SourceDestCheck: null })?.sourceDestinationCheck).toBe(true);
});

test.each([
  [{ Attachment: { InstanceId: "i-1", DeviceIndex: 0 } }, { kind: "instance", owner: "i-1" }],
  [
    { InterfaceType: "nat_gateway", Description: "Interface for NAT Gateway nat-1" },
    { kind: "nat-gateway", owner: "nat-1" },
  ],
  [{ InterfaceType: "natGateway" }, { kind: "nat-gateway" }],
  [{ Description: "VPC Endpoint Interface vpce-1" }, { kind: "vpc-endpoint", owner: "vpce-1" }],
  [{ InterfaceType: "network_load_balancer", Description: "ELB net/x/1" }, { kind: "load-balancer" }],
  [
    {
      InterfaceType: "transit_gateway",
      Description: "Network Interface for Transit Gateway Attachment tgw-attach-1",
    },
    { kind: "transit-gateway" },
  ],
  [{ Description: "RDSNetworkInterface", RequesterId: "amazon-rds" }, { kind: "database" }],
  [{ InterfaceType: "lambda", Description: "AWS Lambda VPC ENI-f-1" }, { kind: "other" }],
  [{}, { kind: "other" }],
])("what %j is there for", (more, { kind, ...rest }) => {
  const read = one(more);
  expect(read?.kind).toBe(kind);
  expect(read?.owner).toBe("owner" in rest ? rest.owner : undefined);
});

test("an elastic address is the interface's, though only describe-addresses says so", () => {
  const elastic = { PublicIp: "192.0.2.4", NetworkInterfaceId: "eni-1", PrivateIpAddress: "10.0.1.4" };
  const part = readAws({
    ...small,
    "nic.json": { NetworkInterfaces: [nic("eni-1", "subnet-1", "10.0.1.4")] },
    "eip.json": { Addresses: [elastic, { PublicIp: "192.0.2.99" }] },
  });
  const [address] = part.interfaces?.get("eni-1")?.addresses ?? [];
  expect(address?.public && formatAddress(address.public)).toBe("192.0.2.4");
});

test("two public addresses for one private one contradict each other", () => {
  const problem = problemOf({
    ...small,
    "nic.json": {
      NetworkInterfaces: [
        nic("eni-1", "subnet-1", "10.0.1.4", {
          PrivateIpAddresses: [{ PrivateIpAddress: "10.0.1.4", Association: { PublicIp: "192.0.2.4" } }],
        }),
      ],
    },
    "eip.json": {
      Addresses: [{ PublicIp: "192.0.2.5", NetworkInterfaceId: "eni-1", PrivateIpAddress: "10.0.1.4" }],
    },
  });
  expect(problem.message).toMatch(/192\.0\.2\.4 here and 192\.0\.2\.5 at eip\.json/);
});

test("one address on two interfaces of a VPC is an error that names both, in two VPCs it is none", () => {
  const both = [nic("eni-1", "subnet-1", "10.0.1.4"), nic("eni-2", "subnet-1", "10.0.1.4")];
  const problem = problemOf({ ...small, "nic.json": { NetworkInterfaces: both } });
  expect(problem.code).toBe("reference");
  expect(problem.message).toMatch(/^eni-2 has the address 10\.0\.1\.4 of eni-1 \(nic\.json:3/);
  const apart = readAws({
    ...small,
    "vpc2.json": {
      Vpcs: [vpc("vpc-2", "10.0.0.0/16")],
      Subnets: [subnet("subnet-9", "vpc-2", "10.0.1.0/24")],
    },
    "nic.json": {
      NetworkInterfaces: [nic("eni-1", "subnet-1", "10.0.1.4"), nic("eni-2", "subnet-9", "10.0.1.4")],
    },
  });
  expect(apart.interfaces?.size).toBe(2);
});

const instance = (id: string, state: string, more: object = {}): object => ({
  InstanceId: id,
  State: { Name: state },
  Tags: [{ Key: "Name", Value: `host of ${id}` }],
  ...more,
});

test("an instance is a host with its interfaces in the order of its devices; a terminated one is gone", () => {
  const attached = (id: string, address: string, at: number): object =>
    nic(id, "subnet-1", address, { Attachment: { InstanceId: "i-1", DeviceIndex: at } });
  const part = readAws({
    ...small,
    "nic.json": { NetworkInterfaces: [attached("eni-b", "10.0.1.5", 1), attached("eni-a", "10.0.1.4", 0)] },
    "instances.json": {
      Reservations: [
        { Instances: [instance("i-1", "running", { Platform: "windows" })] },
        { Instances: [instance("i-2", "terminated"), instance("i-3", "stopped")] },
      ],
    },
  });
  expect([...(part.hosts?.keys() ?? [])]).toEqual(["i-1", "i-3"]);
  expect(part.hosts?.get("i-1")).toMatchObject({
    name: "host of i-1",
    interfaces: ["eni-a", "eni-b"],
    system: "windows",
    running: true,
  });
  expect(part.hosts?.get("i-3")).toMatchObject({ running: false, system: "linux" });
  expect(unknownsOf(part)).toEqual(["no interface of i-3 was exported | it can't be reached nor reach"]);
});

test("interfaces inside instances count where describe-network-interfaces was not exported", () => {
  const inside = nic("eni-1", "subnet-1", "10.0.1.4");
  const part = readAws({
    ...small,
    "all.json": { provider: "aws", instances: [instance("i-1", "running", { NetworkInterfaces: [inside] })] },
  });
  expect(part.interfaces?.get("eni-1")).toMatchObject({ kind: "instance", owner: "i-1" });
  expect(part.hosts?.get("i-1")?.interfaces).toEqual(["eni-1"]);
});

test("an interface that differs inside its instance is read as its own export has it, and both are named", () => {
  const inside = nic("eni-1", "subnet-1", "10.0.1.9");
  const part = readAws({
    ...small,
    "nic.json": {
      NetworkInterfaces: [nic("eni-1", "subnet-1", "10.0.1.4", { Attachment: { InstanceId: "i-1" } })],
    },
    "instances.json": {
      Reservations: [{ Instances: [instance("i-1", "running", { NetworkInterfaces: [inside] })] }],
    },
  });
  expect(part.interfaces?.get("eni-1")?.addresses).toMatchObject([{ address: { value: 0x0a000104 } }]);
  expect(part.unknowns).toMatchObject([
    { origin: { file: "instances.json" }, what: expect.stringContaining("nic.json:3") as string },
  ]);
});

test("a delegated prefix is reported, since its addresses are the interface's too", () => {
  const part = readAws({
    ...small,
    "nic.json": {
      NetworkInterfaces: [
        nic("eni-1", "subnet-1", "10.0.1.4", { Ipv4Prefixes: [{ Ipv4Prefix: "10.0.1.16/28" }] }),
      ],
    },
  });
  expect(unknownsOf(part).join()).toMatch(/eni-1 has the prefix 10\.0\.1\.16\/28 delegated/);
});

test("an interface whose subnet was not exported is reported once for the subnet", () => {
  const part = readAws({
    ...small,
    "nic.json": {
      NetworkInterfaces: [nic("eni-1", "subnet-9", "10.0.9.4"), nic("eni-2", "subnet-9", "10.0.9.5")],
    },
  });
  expect(unknownsOf(part)).toEqual([
    "the subnet subnet-9 was not exported | nothing inside it can be reached nor reach",
  ]);
});
