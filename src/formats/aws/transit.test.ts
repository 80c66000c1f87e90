import { expect, test } from "vitest";
import type { Gateway } from "../../estate/model.ts";
import { problemOf, readAws, small, unknownsOf, vpc } from "./testing/read.ts";

const base = {
  ...small,
  "vpc2.json": { Vpcs: [vpc("vpc-2", "10.2.0.0/16")] },
  "tgw.json": { TransitGateways: [{ TransitGatewayId: "tgw-1", Tags: [{ Key: "Name", Value: "hub" }] }] },
  "tables.json": {
    TransitGatewayRouteTables: [
      { TransitGatewayRouteTableId: "tgw-rtb-0a", TransitGatewayId: "tgw-1", State: "available" },
      { TransitGatewayRouteTableId: "tgw-rtb-0b", TransitGatewayId: "tgw-1", State: "available" },
    ],
  },
  "vpc-attachments.json": {
    TransitGatewayVpcAttachments: [
      {
        TransitGatewayAttachmentId: "tgw-attach-1",
        TransitGatewayId: "tgw-1",
        VpcId: "vpc-1",
        SubnetIds: ["subnet-1"],
        State: "available",
      },
      {
        TransitGatewayAttachmentId: "tgw-attach-2",
        TransitGatewayId: "tgw-1",
        VpcId: "vpc-2",
        SubnetIds: ["subnet-2"],
        State: "available",
      },
    ],
  },
  "attachments.json": {
    TransitGatewayAttachments: [
      {
        TransitGatewayAttachmentId: "tgw-attach-1",
        TransitGatewayId: "tgw-1",
        ResourceType: "vpc",
        ResourceId: "vpc-1",
        State: "available",
        Association: { TransitGatewayRouteTableId: "tgw-rtb-0a", State: "associated" },
      },
      {
        TransitGatewayAttachmentId: "tgw-attach-vpn",
        TransitGatewayId: "tgw-1",
        ResourceType: "vpn",
        ResourceId: "vpn-1",
        State: "available",
      },
      {
        TransitGatewayAttachmentId: "tgw-attach-old",
        TransitGatewayId: "tgw-1",
        ResourceType: "vpc",
        ResourceId: "vpc-2",
        State: "deleted",
      },
    ],
  },
} as const;

type Transit = Extract<Gateway, { kind: "transit" }>;
function transitOf(files: Readonly<Record<string, unknown>>): Transit {
  const gateway = readAws(files).gateways?.get("tgw-1");
  if (gateway?.kind !== "transit") throw new Error("no transit gateway");
  return gateway;
}
const routesOf = (gateway: Transit, table: string): string[] =>
  gateway.routeTables.find((one) => one.id === table)?.routes.map((route) => route.text) ?? [];
const propagation = (id: string, network: string, type = "vpc"): object => ({
  TransitGatewayAttachmentId: id,
  ResourceId: network,
  ResourceType: type,
  State: "enabled",
});

test("attachments have their VPC and subnets, an association each, and deleted ones are gone", () => {
  const gateway = transitOf({
    ...base,
    "associations-tgw-rtb-0b.json": {
      Associations: [
        { TransitGatewayAttachmentId: "tgw-attach-2", ResourceType: "vpc", State: "associated" },
      ],
    },
  });
  expect(gateway.name).toBe("hub");
  expect(
    gateway.attachments.map((one) => [one.id, one.network, one.subnets, one.routeTable, one.name]),
  ).toEqual([
    ["tgw-attach-1", "vpc-1", ["subnet-1"], "tgw-rtb-0a", "tgw-attach-1"],
    ["tgw-attach-2", "vpc-2", ["subnet-2"], "tgw-rtb-0b", "tgw-attach-2"],
    ["tgw-attach-vpn", undefined, [], undefined, "vpn vpn-1"],
  ]);
});

test("a search's routes go to the table that the file names, static, propagated and blackhole", () => {
  const gateway = transitOf({
    ...base,
    "search-tgw-rtb-0a.json": {
      Routes: [
        {
          DestinationCidrBlock: "10.2.0.0/16",
          Type: "propagated",
          State: "active",
          TransitGatewayAttachments: [{ TransitGatewayAttachmentId: "tgw-attach-2" }],
        },
        {
          DestinationCidrBlock: "0.0.0.0/0",
          Type: "static",
          State: "active",
          TransitGatewayAttachments: [{ TransitGatewayAttachmentId: "tgw-attach-1" }],
        },
        { DestinationCidrBlock: "10.9.0.0/16", Type: "static", State: "blackhole" },
      ],
      AdditionalRoutesAvailable: false,
    },
    // The search shows what is propagated; deriving it again would only be a guess.
    "propagations-tgw-rtb-0a.json": {
      TransitGatewayRouteTablePropagations: [propagation("tgw-attach-1", "vpc-1")],
    },
  });
  const table = gateway.routeTables.find((one) => one.id === "tgw-rtb-0a");
  expect(table?.routes.map((route) => [route.text, route.propagated, route.blackhole])).toEqual([
    ["10.2.0.0/16 → tgw-attach-2", true, false],
    ["0.0.0.0/0 → tgw-attach-1", false, false],
    ["10.9.0.0/16 → blackhole", false, true],
  ]);
  expect(table?.routes[2]).not.toHaveProperty("attachment");
});

test("without a search a VPC attachment propagates the VPC's prefixes", () => {
  const gateway = transitOf({
    ...base,
    "propagations-tgw-rtb-0b.json": {
      TransitGatewayRouteTablePropagations: [propagation("tgw-attach-2", "vpc-2")],
    },
  });
  const everything = "not known: the static routes of tgw-rtb-0b were not exported";
  expect(routesOf(gateway, "tgw-rtb-0b")).toEqual([
    "10.2.0.0/16 → tgw-attach-2 (propagated by vpc-2)",
    everything,
    everything,
  ]);
});

test("static routes and propagations together are all there is", () => {
  const gateway = transitOf({
    ...base,
    "static.json": { TransitGatewayStaticRoutes: [{ TransitGatewayRouteTableId: "tgw-rtb-0b", Routes: [] }] },
    "propagations-tgw-rtb-0b.json": {
      TransitGatewayRouteTablePropagations: [propagation("tgw-attach-2", "vpc-2")],
    },
  });
  expect(routesOf(gateway, "tgw-rtb-0b")).toEqual(["10.2.0.0/16 → tgw-attach-2 (propagated by vpc-2)"]);
});

test("an attachment whose route table was not exported has one that knows nothing", () => {
  const { "tables.json": _, ...without } = base;
  const part = readAws(without);
  const gateway = part.gateways?.get("tgw-1");
  if (gateway?.kind !== "transit") throw new Error("no transit gateway");
  const table = gateway.attachments.find((one) => one.id === "tgw-attach-1")?.routeTable ?? "";
  expect(table).toBe("tgw-rtb-0a");
  expect(gateway.routeTables.find((one) => one.id === table)?.routes).toMatchObject([
    {
      prefix: { family: 4, length: 0 },
      uncertain: expect.stringMatching(/tgw-rtb-0a was not exported/) as string,
    },
    { prefix: { family: 6, length: 0 } },
  ]);
});

test("a transit gateway whose attachments were not exported at all leads where is not known", () => {
  const part = readAws({
    ...small,
    "tgw.json": base["tgw.json"],
    "routes.json": {
      RouteTables: [
        {
          RouteTableId: "rtb-1",
          VpcId: "vpc-1",
          Associations: [{ Main: true }],
          Routes: [{ DestinationCidrBlock: "10.2.0.0/16", TransitGatewayId: "tgw-1", State: "active" }],
        },
      ],
    },
  });
  expect(part.gateways?.has("tgw-1")).toBe(false);
  expect(part.routeTables?.get("rtb-1")?.routes[0]?.target.kind).toBe("unknown");
  expect(unknownsOf(part).join()).toMatch(/what is attached to tgw-1 was not exported/);
});

test("what a VPN propagates can't be derived, and is reported", () => {
  const part = readAws({
    ...base,
    "propagations-tgw-rtb-0b.json": {
      TransitGatewayRouteTablePropagations: [propagation("tgw-attach-vpn", "vpn-1", "vpn")],
    },
  });
  expect(unknownsOf(part).join()).toMatch(
    /vpn vpn-1 propagates routes into tgw-rtb-0b that were not exported/,
  );
});

test("routes of a table that neither the file nor its name tells are reported and not read", () => {
  const part = readAws({
    ...base,
    "routes-of-something.json": {
      Routes: [{ DestinationCidrBlock: "10.9.0.0/16", Type: "static", State: "blackhole" }],
    },
  });
  expect(unknownsOf(part).join()).toMatch(
    /Routes of a transit gateway route table that the file does not name/,
  );
});

test("a list that the search cut off is reported", () => {
  const part = readAws({
    ...base,
    "search-tgw-rtb-0a.json": { Routes: [], AdditionalRoutesAvailable: true },
  });
  expect(unknownsOf(part).join()).toMatch(/more routes of tgw-rtb-0a than the search gave/);
});

test("an attachment described for two VPCs is a contradiction", () => {
  const other = {
    TransitGatewayAttachmentId: "tgw-attach-2",
    TransitGatewayId: "tgw-1",
    ResourceType: "vpc",
    ResourceId: "vpc-1",
    State: "available",
  };
  expect(problemOf({ ...base, "more.json": { TransitGatewayAttachments: [other] } }).message).toMatch(
    /tgw-attach-2 is described twice and differently: also at vpc-attachments\.json/,
  );
});
