// Real exports that nobody here wrote: every snapshot loads whole, and what was read is counted against the JSON itself
// by other means. The folder of outside cases is absent from a user's clone; then there is nothing to test here.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EstatePart } from "../../estate/model.ts";
import { awsReader } from "./reader.ts";

const cases = new URL("../../../../shared/cases/aws/", import.meta.url).pathname;
const snapshots = existsSync(cases) ? readdirSync(join(cases, "batfish")).toSorted() : [];
const combined = existsSync(cases) ? readdirSync(join(cases, "np-guard/input")).toSorted() : [];

type Plain = Record<string, unknown>;
const lists = (value: unknown): Plain[] => (Array.isArray(value) ? (value as Plain[]) : []);

function filesUnder(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ path: name, text: readFileSync(join(folder, name), "utf8") }));
}

/** Every object with both keys, by the first one's value: found by search, not by shape. */
function byId(documents: readonly unknown[], key: string, mark: string): Map<string, Plain> {
  const found = new Map<string, Plain>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === "object" && value !== null) {
      const one = value as Plain;
      if (typeof one[key] === "string" && one[mark] !== undefined) found.set(one[key], one);
      Object.values(one).forEach(visit);
    }
  };
  documents.forEach(visit);
  return found;
}

const peerLists = ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"];
const peersOf = (permissions: unknown): number =>
  lists(permissions)
    .flatMap((permission) => peerLists.map((key) => lists(permission[key]).length))
    .reduce((sum, count) => sum + count, 0);

function expectAllAccountedFor(part: EstatePart, documents: readonly unknown[]): void {
  const ids = (key: string, mark: string): string[] => [...byId(documents, key, mark).keys()].toSorted();
  const keys = (map: ReadonlyMap<string, unknown> | undefined): string[] =>
    [...(map?.keys() ?? [])].toSorted();
  expect(keys(part.networks)).toEqual(ids("VpcId", "DhcpOptionsId"));
  expect(keys(part.subnets)).toEqual(ids("SubnetId", "AvailableIpAddressCount"));
  expect(keys(part.interfaces)).toEqual(ids("NetworkInterfaceId", "MacAddress"));
  expect(keys(part.securityGroups)).toEqual(ids("GroupId", "IpPermissions"));
  expect(keys(part.networkAcls)).toEqual(ids("NetworkAclId", "Entries"));
  const living = [...byId(documents, "InstanceId", "ImageId")].filter(
    ([, one]) => (one["State"] as Plain)["Name"] !== "terminated",
  );
  expect(keys(part.hosts)).toEqual(living.map(([id]) => id).toSorted());
  for (const [id, item] of byId(documents, "GroupId", "IpPermissions")) {
    const group = part.securityGroups?.get(id);
    expect([id, group?.inbound.length, group?.outbound.length]).toEqual([
      id,
      peersOf(item["IpPermissions"]),
      peersOf(item["IpPermissionsEgress"]),
    ]);
  }
  for (const [id, item] of byId(documents, "NetworkAclId", "Entries")) {
    const entries = lists(item["Entries"]).filter((entry) => Number(entry["RuleNumber"]) < 32767);
    const acl = part.networkAcls?.get(id);
    expect(acl?.inbound.length).toBe(entries.filter((entry) => entry["Egress"] === false).length);
    expect(acl?.outbound.length).toBe(entries.filter((entry) => entry["Egress"] === true).length);
  }
  for (const [id, item] of byId(documents, "RouteTableId", "Routes")) {
    expect(part.routeTables?.get(id)?.routes.length).toBe(lists(item["Routes"]).length);
  }
}

describe.skipIf(snapshots.length === 0)(
  "snapshots of real VPCs (outside cases, absent from a clone alone)",
  () => {
    test.each(snapshots)("%s loads whole, with every resource, permission, entry and route", (name) => {
      const files = filesUnder(join(cases, "batfish", name));
      expect(files.filter((file) => !awsReader.recognises(file)).map((file) => file.path)).toEqual([]);
      const part = awsReader.read(files);
      const documents = files.map((file) => JSON.parse(file.text) as Plain);
      expectAllAccountedFor(part, documents);
      const tables = documents.flatMap((document) => lists(document["RouteTables"]));
      expect(part.routeTables?.size).toBe(tables.length);
      expect(part.unknowns).toEqual([]);
    });

    test.each(combined)("%s loads whole from one combined file", (name) => {
      const text = readFileSync(join(cases, "np-guard/input", name), "utf8");
      const file = { path: name, text };
      expect(awsReader.recognises(file)).toBe(true);
      const part = awsReader.read([file]);
      expectAllAccountedFor(part, [JSON.parse(text)]);
      // Route tables are none of what that collector exports, so each VPC's are assumed; nothing else is unknown.
      expect(part.unknowns?.map((one) => one.what.replace(/ of .* were/, " were"))).toEqual(
        Array.from({ length: part.networks?.size ?? 0 }, () => "the route tables were not exported"),
      );
    });

    test("each kind of gateway in them is what the export says", () => {
      const gatewaysOf = (name: string) => awsReader.read(filesUnder(join(cases, "batfish", name))).gateways;
      expect(gatewaysOf("test-nat-gateway")?.get("nat-07ab4846da51f4612")).toMatchObject({
        kind: "nat",
        subnet: "subnet-0428892a357fa1f94",
        interface: "eni-017aaec115610308a",
      });
      expect(gatewaysOf("test-vpc-peering")?.get("pcx-0b89b559e3319d6cf")).toMatchObject({
        kind: "peering",
        requester: "vpc-0404e08ceddf7f650",
        accepter: "vpc-00a31ce9d0c06675c",
        active: true,
      });
      const transit = gatewaysOf("test-transit-gateway")?.get("tgw-044be4464fcc69aff");
      expect(transit).toMatchObject({
        kind: "transit",
        attachments: [
          { routeTable: "tgw-rtb-0fa40c8df355dce6e" },
          { routeTable: "tgw-rtb-0fa40c8df355dce6e" },
        ],
      });
      expect(
        transit?.kind === "transit" && transit.routeTables[0]?.routes.map((route) => route.text),
      ).toEqual([
        "10.10.0.0/16 → tgw-attach-07f5ec59e9f540021 (propagated by vpc-0404e08ceddf7f650)",
        "192.168.0.0/16 → tgw-attach-0ae2696617bb06fb4 (propagated by vpc-00a31ce9d0c06675c)",
      ]);
    });
  },
);
