import { expect, test } from "vitest";
import { TCP } from "../../packet/protocol.ts";
import { nic, readAws, small, subnet, unknownsOf } from "./testing/read.ts";

const database = (id: string, more: object = {}): object => ({
  DBInstanceIdentifier: id,
  DBInstanceStatus: "available",
  AvailabilityZone: "eu-central-1a",
  Endpoint: { Address: `${id}.rds.amazonaws.com`, Port: 5432 },
  DBSubnetGroup: {
    VpcId: "vpc-1",
    Subnets: [{ SubnetIdentifier: "subnet-1" }, { SubnetIdentifier: "subnet-2" }],
  },
  VpcSecurityGroups: [{ VpcSecurityGroupId: "sg-db", Status: "active" }],
  ...more,
});
const rds = (id: string, place: string, address: string, group: string): object =>
  nic(id, place, address, { Description: "RDSNetworkInterface", Groups: [{ GroupId: group }] });
const group = { GroupName: "g", VpcId: "vpc-1", IpPermissions: [], IpPermissionsEgress: [] };
const base = {
  ...small,
  "subnets.json": {
    Subnets: [
      subnet("subnet-1", "vpc-1", "10.0.1.0/24"),
      subnet("subnet-2", "vpc-1", "10.0.2.0/24", { AvailabilityZone: "eu-central-1b" }),
    ],
  },
  "sg.json": {
    SecurityGroups: [
      { ...group, GroupId: "sg-db" },
      { ...group, GroupId: "sg-other" },
    ],
  },
} as const;

test("a database is the one RDS interface with its zone and groups, and listens on its endpoint's port", () => {
  const part = readAws({
    ...base,
    "nic.json": {
      NetworkInterfaces: [
        rds("eni-db", "subnet-1", "10.0.1.4", "sg-db"),
        rds("eni-elsewhere", "subnet-2", "10.0.2.4", "sg-db"),
        rds("eni-other", "subnet-1", "10.0.1.5", "sg-other"),
      ],
    },
    "rds.json": { DBInstances: [database("orders", { TagList: [{ Key: "tier", Value: "db" }] })] },
  });
  expect(part.hosts?.get("orders")).toMatchObject({
    kind: "database",
    interfaces: ["eni-db"],
    running: true,
    tags: { tier: "db" },
    listens: [{ protocol: TCP, port: 5432, local: false }],
  });
  expect(part.interfaces?.get("eni-db")).toMatchObject({ kind: "database", owner: "orders" });
  expect(part.interfaces?.get("eni-other")).not.toHaveProperty("owner");
  expect(part.unknowns).toEqual([]);
});

test("two databases that share zone and groups are not told apart by guessing", () => {
  const part = readAws({
    ...base,
    "nic.json": {
      NetworkInterfaces: [
        rds("eni-1", "subnet-1", "10.0.1.4", "sg-db"),
        rds("eni-2", "subnet-1", "10.0.1.5", "sg-db"),
      ],
    },
    "rds.json": { DBInstances: [database("orders"), database("invoices")] },
  });
  expect(part.hosts?.get("orders")?.interfaces).toEqual([]);
  expect(unknownsOf(part)).toEqual([
    expect.stringMatching(/^eni-1, eni-2 fit the database orders and others as well/),
    expect.stringMatching(/^eni-1, eni-2 fit the database invoices and others as well/),
  ]);
});

test("a database without an interface is reported, a stopped one does not run", () => {
  const part = readAws({
    ...base,
    "rds.json": { DBInstances: [database("orders", { DBInstanceStatus: "stopped" })] },
  });
  expect(part.hosts?.get("orders")).toMatchObject({ interfaces: [], running: false });
  expect(unknownsOf(part).join()).toMatch(/no interface fits the database orders/);
});
