import { expect, test } from "vitest";
import { formatPrefix } from "../../packet/address.ts";
import { addressSet } from "../../packet/address-set.ts";
import { mainTable, nic, problemOf, readAws, small, subnet, unknownsOf, vpc } from "./testing/read.ts";

const gateways = {
  "igw.json": {
    InternetGateways: [{ InternetGatewayId: "igw-1", Attachments: [{ VpcId: "vpc-1", State: "available" }] }],
  },
  "eigw.json": {
    EgressOnlyInternetGateways: [
      { EgressOnlyInternetGatewayId: "eigw-1", Attachments: [{ VpcId: "vpc-1", State: "attached" }] },
    ],
  },
  "vgw.json": {
    VpnGateways: [{ VpnGatewayId: "vgw-1", VpcAttachments: [{ VpcId: "vpc-1", State: "attached" }] }],
  },
  "nat.json": {
    NatGateways: [
      { NatGatewayId: "nat-1", SubnetId: "subnet-1", State: "available" },
      { NatGatewayId: "nat-gone", SubnetId: "subnet-1", State: "deleted" },
      { NatGatewayId: "nat-soon", SubnetId: "subnet-1", State: "pending" },
    ],
  },
  "nic.json": {
    NetworkInterfaces: [
      nic("eni-1", "subnet-1", "10.0.1.4", { Attachment: { InstanceId: "i-1", DeviceIndex: 0 } }),
    ],
  },
  "instances.json": { Reservations: [{ Instances: [{ InstanceId: "i-1", State: { Name: "running" } }] }] },
  "endpoints.json": {
    VpcEndpoints: [
      {
        VpcEndpointId: "vpce-s3",
        VpcId: "vpc-1",
        VpcEndpointType: "Gateway",
        ServiceName: "com.amazonaws.eu.s3",
        State: "available",
      },
      {
        VpcEndpointId: "vpce-gwlb",
        VpcId: "vpc-1",
        VpcEndpointType: "GatewayLoadBalancer",
        State: "available",
      },
    ],
  },
  "pl.json": {
    PrefixLists: [
      {
        PrefixListId: "pl-s3",
        PrefixListName: "com.amazonaws.eu.s3",
        Cidrs: ["192.0.2.0/25", "198.51.100.0/24"],
      },
    ],
  },
};

const routeOf = (route: object) => {
  const part = readAws({
    ...small,
    ...gateways,
    "routes.json": { RouteTables: [mainTable("rtb-1", "vpc-1", [{ State: "active", ...route }])] },
  });
  return part.routeTables?.get("rtb-1")?.routes[0];
};
const to = "203.0.113.0/24";

test.each([
  [{ GatewayId: "local" }, { kind: "local" }],
  [{ GatewayId: "igw-1" }, { kind: "gateway", id: "igw-1" }],
  [{ GatewayId: "vgw-1" }, { kind: "gateway", id: "vgw-1" }],
  [{ GatewayId: "vpce-s3" }, { kind: "gateway", id: "vpce-s3" }],
  [{ EgressOnlyInternetGatewayId: "eigw-1" }, { kind: "gateway", id: "eigw-1" }],
  [{ NatGatewayId: "nat-1" }, { kind: "gateway", id: "nat-1" }],
  [
    { NetworkInterfaceId: "eni-1", InstanceId: "i-1" },
    { kind: "interface", id: "eni-1" },
  ],
  [{ InstanceId: "i-1" }, { kind: "interface", id: "eni-1" }],
  [{ NatGatewayId: "nat-1", State: "blackhole" }, { kind: "blackhole" }],
  [{ NatGatewayId: "nat-gone" }, { kind: "blackhole" }],
])("the target of %j", (route, target) => {
  expect(routeOf({ DestinationCidrBlock: to, ...route })?.target).toEqual(target);
});

test.each([
  [{ NatGatewayId: "nat-soon" }, /nat-soon in the state “pending”/],
  [{ NatGatewayId: "nat-9" }, /^nat-9 \(not exported/],
  [{ VpcPeeringConnectionId: "pcx-9" }, /^pcx-9 \(not exported/],
  [{ TransitGatewayId: "tgw-9" }, /^tgw-9 \(not exported/],
  [{ NetworkInterfaceId: "eni-9" }, /^eni-9 \(not exported\)$/],
  [{ GatewayId: "vpce-gwlb" }, /appliances behind the gateway load balancer endpoint vpce-gwlb/],
  [{ CoreNetworkArn: "arn:aws:networkmanager::1:core-network/core-1" }, /of a kind that is not modelled/],
  [{ QuantumGatewayId: "qgw-1" }, /a kind that is not known \(QuantumGatewayId\)/],
  [{ GatewayId: "igw-1", State: "filtered" }, /state “filtered”/],
])("a route by %j leads where was not read, and says so", (route, what) => {
  const target = routeOf({ DestinationCidrBlock: to, ...route })?.target;
  expect(target).toEqual({ kind: "unknown", what: expect.stringMatching(what) as string });
});

test("a route's destination is a prefix of either family, or every prefix of a list", () => {
  expect(routeOf({ DestinationIpv6CidrBlock: "::/0", GatewayId: "igw-1" })?.destination).toEqual(
    addressSet("::/0"),
  );
  const listed = routeOf({ DestinationPrefixListId: "pl-s3", GatewayId: "vpce-s3" });
  expect(listed?.prefixes.map(formatPrefix)).toEqual(["192.0.2.0/25", "198.51.100.0/24"]);
  expect(listed?.origin.id).toBe("rtb-1 pl-s3");
});

test("a route for a prefix list without entries may take what no other route takes, and never more", () => {
  const part = readAws({
    ...small,
    "igw.json": gateways["igw.json"],
    "routes.json": {
      RouteTables: [
        mainTable("rtb-1", "vpc-1", [
          { DestinationPrefixListId: "pl-9", GatewayId: "igw-1", State: "active" },
          { DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1", State: "active" },
        ]),
      ],
    },
  });
  const routes = part.routeTables?.get("rtb-1")?.routes;
  expect(routes?.map((route) => [route.text, route.target.kind])).toEqual([
    ["0.0.0.0/0 → igw-1", "gateway"],
    ["pl-9 → igw-1", "unknown"],
  ]);
  expect(routes?.[1]?.prefixes.map(formatPrefix)).toEqual(["0.0.0.0/0", "::/0"]);
  expect(unknownsOf(part)).toEqual([
    expect.stringMatching(/^a route for the prefix list pl-9, whose entries were not exported/),
  ]);
});

test("a gateway endpoint leads to the prefixes of its service", () => {
  const part = readAws({ ...small, ...gateways });
  expect(part.gateways?.get("vpce-s3")).toMatchObject({
    kind: "vpc-endpoint",
    service: "com.amazonaws.eu.s3",
    prefixes: addressSet("192.0.2.0/25", "198.51.100.0/24"),
  });
});

test("a route that a VPN gateway propagated is learnt, one that a person wrote is not", () => {
  const route = { DestinationCidrBlock: to, GatewayId: "vgw-1" };
  expect(routeOf({ ...route, Origin: "EnableVgwRoutePropagation" })?.propagated).toBe(true);
  expect(routeOf({ ...route, Origin: "CreateRoute" })?.propagated).toBe(false);
});

test("a subnet has the table that names it, and else its VPC's main one", () => {
  const part = readAws({
    ...small,
    "subnets.json": {
      Subnets: [subnet("subnet-1", "vpc-1", "10.0.1.0/24"), subnet("subnet-2", "vpc-1", "10.0.2.0/24")],
    },
    "routes.json": {
      RouteTables: [
        mainTable("rtb-main", "vpc-1", []),
        {
          RouteTableId: "rtb-own",
          VpcId: "vpc-1",
          Associations: [
            { SubnetId: "subnet-2", Main: false, AssociationState: { State: "associated" } },
            { SubnetId: "subnet-1", Main: false, AssociationState: { State: "disassociated" } },
          ],
          Routes: [],
        },
      ],
    },
  });
  expect(part.subnets?.get("subnet-1")?.routeTable).toBe("rtb-main");
  expect(part.subnets?.get("subnet-2")?.routeTable).toBe("rtb-own");
});

test("two tables that name one subnet contradict each other", () => {
  const claim = (id: string): object => ({
    RouteTableId: id,
    VpcId: "vpc-1",
    Associations: [{ SubnetId: "subnet-1" }],
    Routes: [],
  });
  const problem = problemOf({ ...small, "routes.json": { RouteTables: [claim("rtb-1"), claim("rtb-2")] } });
  expect(problem.message).toMatch(/the route table of subnet subnet-1/);
});

test("a main table that was not exported leaves its subnets without routes, and is reported", () => {
  const other = { RouteTableId: "rtb-2", VpcId: "vpc-1", Associations: [], Routes: [] };
  const part = readAws({ ...small, "routes.json": { RouteTables: [other] } });
  expect(part.subnets?.get("subnet-1")?.routeTable).toBeUndefined();
  expect(unknownsOf(part).join()).toMatch(/the main route table of vpc-1 was not exported/);
});

test("ingress routing by a gateway's own table is reported, since it is not modelled", () => {
  const table = {
    RouteTableId: "rtb-2",
    VpcId: "vpc-1",
    Associations: [{ GatewayId: "igw-1", Main: false }],
    Routes: [],
  };
  const part = readAws({ ...small, "more.json": { RouteTables: [table] } });
  expect(unknownsOf(part).join()).toMatch(/rtb-2 routes what comes in by igw-1/);
});

test("without any route table the local route and a public subnet's way out are assumed, and said", () => {
  const part = readAws({
    "vpcs.json": { Vpcs: [vpc("vpc-1", "10.0.0.0/16"), vpc("vpc-2", "10.1.0.0/16")] },
    "subnets.json": {
      Subnets: [
        subnet("subnet-launch", "vpc-1", "10.0.1.0/24", { MapPublicIpOnLaunch: true }),
        subnet("subnet-address", "vpc-1", "10.0.2.0/24"),
        subnet("subnet-private", "vpc-1", "10.0.3.0/24"),
        // Public by default and yet without a way out: this VPC has no internet gateway.
        subnet("subnet-alone", "vpc-2", "10.1.1.0/24", { MapPublicIpOnLaunch: true }),
      ],
    },
    "nic.json": {
      NetworkInterfaces: [
        nic("eni-1", "subnet-address", "10.0.2.4", {
          PrivateIpAddresses: [
            { PrivateIpAddress: "10.0.2.4", Primary: true, Association: { PublicIp: "192.0.2.9" } },
          ],
        }),
      ],
    },
    "acls.json": { NetworkAcls: [] },
    "igw.json": gateways["igw.json"],
  });
  const routesOf = (id: string): string[] =>
    part.routeTables?.get(part.subnets?.get(id)?.routeTable ?? "")?.routes.map((route) => route.text) ?? [];
  const local = "assumed: 10.0.0.0/16 → local";
  expect(routesOf("subnet-launch")).toEqual([local, "assumed: 0.0.0.0/0 → igw-1"]);
  expect(routesOf("subnet-address")).toEqual([local, "assumed: 0.0.0.0/0 → igw-1"]);
  expect(routesOf("subnet-private")).toEqual([local]);
  expect(routesOf("subnet-alone")).toEqual(["assumed: 10.1.0.0/16 → local"]);
  expect(unknownsOf(part).filter((one) => one.includes("route tables"))).toEqual([
    "the route tables of vpc-1 were not exported | assumed: local routes inside it, and 0.0.0.0/0 by igw-1 from subnet-launch, subnet-address",
    "the route tables of vpc-2 were not exported | assumed: local routes inside it, and no route to the internet",
  ]);
});
