import { expect, test } from "vitest";
import { formatAddress } from "../../packet/address.ts";
import { nic, readAws, small, unknownsOf, vpc } from "./testing/read.ts";

test("an internet gateway stands in the VPCs that it is attached to", () => {
  const igw = (id: string, state: string): object => ({
    InternetGatewayId: id,
    Attachments: [{ VpcId: "vpc-1", State: state }],
  });
  const part = readAws({
    "igw.json": { InternetGateways: [igw("igw-1", "available"), igw("igw-2", "detaching")] },
  });
  expect(part.gateways?.get("igw-1")).toMatchObject({ kind: "internet", networks: ["vpc-1"] });
  expect(part.gateways?.get("igw-2")).toMatchObject({ kind: "internet", networks: [] });
});

test("an internet gateway that was not exported is known by the working routes to it, and said", () => {
  const table = (state: string): object => ({
    RouteTableId: "rtb-1",
    VpcId: "vpc-1",
    Associations: [{ Main: true }],
    Routes: [{ DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1", State: state }],
  });
  const part = readAws({ ...small, "routes.json": { RouteTables: [table("active")] } });
  expect(part.gateways?.get("igw-1")).toMatchObject({ kind: "internet", networks: ["vpc-1"] });
  expect(unknownsOf(part)).toEqual(["igw-1 was not exported | taken to be attached to its route's VPC"]);
  expect(readAws({ ...small, "routes.json": { RouteTables: [table("blackhole")] } }).gateways?.size).toBe(0);
  const exported = {
    ...small,
    "routes.json": { RouteTables: [table("active")] },
    "igw.json": { InternetGateways: [] },
  };
  expect(readAws(exported).gateways?.size).toBe(0);
});

test("a public NAT gateway has its primary pair of addresses and its interface, a private one no public address", () => {
  const part = readAws({
    ...small,
    "nic.json": {
      NetworkInterfaces: [
        nic("eni-nat", "subnet-1", "10.0.1.7", { InterfaceType: "nat_gateway", SourceDestCheck: false }),
      ],
    },
    "nat.json": {
      NatGateways: [
        {
          NatGatewayId: "nat-1",
          SubnetId: "subnet-1",
          State: "available",
          ConnectivityType: "public",
          NatGatewayAddresses: [
            { PrivateIp: "10.0.1.8", PublicIp: "192.0.2.8", IsPrimary: false },
            { PrivateIp: "10.0.1.7", PublicIp: "192.0.2.7", NetworkInterfaceId: "eni-nat", IsPrimary: true },
          ],
        },
        {
          NatGatewayId: "nat-2",
          SubnetId: "subnet-1",
          State: "available",
          ConnectivityType: "private",
          NatGatewayAddresses: [{ PrivateIp: "10.0.1.9" }],
        },
      ],
    },
  });
  const nat = part.gateways?.get("nat-1");
  if (nat?.kind !== "nat" || nat.privateAddress === undefined || nat.publicAddress === undefined) {
    throw new Error("not a public NAT gateway");
  }
  expect([formatAddress(nat.privateAddress), formatAddress(nat.publicAddress), nat.interface]).toEqual([
    "10.0.1.7",
    "192.0.2.7",
    "eni-nat",
  ]);
  expect(part.gateways?.get("nat-2")).not.toHaveProperty("publicAddress");
  expect(part.interfaces?.get("eni-nat")).toMatchObject({ kind: "nat-gateway", owner: "nat-1" });
  expect(unknownsOf(part)).toEqual([
    "nat-1 has 2 addresses and takes any of them | the primary one is shown in answers",
  ]);
});

const peering = (status: string): object => ({
  VpcPeeringConnectionId: "pcx-1",
  RequesterVpcInfo: { VpcId: "vpc-1", OwnerId: "111122223333" },
  AccepterVpcInfo: { VpcId: "vpc-2", OwnerId: "444455556666" },
  Status: { Code: status },
});

test("a peering is active or not, and says where its other end was not exported", () => {
  const far = readAws({ ...small, "pcx.json": { VpcPeeringConnections: [peering("active")] } });
  expect(far.gateways?.get("pcx-1")).toMatchObject({ requester: "vpc-1", accepter: "vpc-2", active: true });
  expect(unknownsOf(far).join()).toMatch(/the VPC vpc-2 at the other end of pcx-1 was not exported/);
  const near = readAws({
    ...small,
    "vpc2.json": { Vpcs: [vpc("vpc-2", "10.2.0.0/16")] },
    "pcx.json": { VpcPeeringConnections: [peering("pending-acceptance")] },
  });
  expect(near.gateways?.get("pcx-1")).toMatchObject({ active: false });
  expect(near.unknowns).toEqual([]);
});

test("one peering that both accounts exported is one", () => {
  const part = readAws({
    ...small,
    "a/pcx.json": { VpcPeeringConnections: [peering("active")] },
    "b/pcx.json": {
      VpcPeeringConnections: [{ ...peering("active"), Tags: [{ Key: "Name", Value: "to us" }] }],
    },
  });
  expect(part.gateways?.get("pcx-1")?.name).toBe("to us");
});

test("a gateway endpoint without its prefix list is reported", () => {
  const endpoint = {
    VpcEndpointId: "vpce-1",
    VpcId: "vpc-1",
    VpcEndpointType: "Gateway",
    ServiceName: "com.amazonaws.eu.s3",
  };
  const part = readAws({ ...small, "vpce.json": { VpcEndpoints: [endpoint] } });
  expect(unknownsOf(part).join()).toMatch(/the prefixes of com\.amazonaws\.eu\.s3 were not exported/);
});

test("an interface endpoint is its interfaces", () => {
  const endpoint = {
    VpcEndpointId: "vpce-1",
    VpcId: "vpc-1",
    VpcEndpointType: "Interface",
    ServiceName: "com.amazonaws.eu.ssm",
    NetworkInterfaceIds: ["eni-1"],
  };
  const part = readAws({
    ...small,
    "vpce.json": { VpcEndpoints: [endpoint] },
    "nic.json": {
      NetworkInterfaces: [nic("eni-1", "subnet-1", "10.0.1.4", { InterfaceType: "vpc_endpoint" })],
    },
  });
  expect(part.interfaces?.get("eni-1")).toMatchObject({ kind: "vpc-endpoint", owner: "vpce-1" });
  expect(part.unknowns).toEqual([]);
});

test("entries of a managed prefix list belong to the list that their file names", () => {
  const lists = {
    PrefixLists: [],
    ManagedPrefixLists: [{ PrefixListId: "pl-0a", PrefixListName: "offices" }, { PrefixListId: "pl-0b" }],
  };
  const part = readAws({
    "lists.json": lists,
    "entries-pl-0a.json": { Entries: [{ Cidr: "192.0.2.0/24" }, { Cidr: "2001:db8::/32" }] },
  });
  expect(part.prefixLists?.get("pl-0a")).toMatchObject({
    name: "offices",
    set: { v4: [0xc0000200, 0xc00002ff] },
  });
  expect(unknownsOf(part)).toEqual([
    expect.stringMatching(/^the entries of the prefix list pl-0b were not exported/),
  ]);
});

test("VPC Block Public Access is reported wherever it is on", () => {
  const part = readAws({
    "vpcs.json": {
      Vpcs: [
        {
          ...vpc("vpc-1", "10.0.0.0/16"),
          BlockPublicAccessStates: { InternetGatewayBlockMode: "block-ingress" },
        },
      ],
    },
    "bpa.json": { VpcBlockPublicAccessOptions: { InternetGatewayBlockMode: "block-bidirectional" } },
    "off.json": { VpcBlockPublicAccessOptions: { InternetGatewayBlockMode: "off" } },
  });
  expect(part.unknowns?.map((one) => one.what)).toEqual([
    "VPC Block Public Access is on in this region: block-bidirectional",
    "VPC Block Public Access is on for vpc-1: block-ingress",
  ]);
});
