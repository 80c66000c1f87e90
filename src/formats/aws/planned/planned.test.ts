// What templates and plans share to be read as exports are: made-up addresses, and places of what is written inside.
import { expect, test } from "vitest";
import { formatPrefix, parseAddress, requirePrefix } from "../../../packet/address.ts";
import { isInternet } from "../../../packet/special.ts";
import { readInventory } from "../estate.ts";
import { addDefaultAcl, addDefaultGroup, addMainTable } from "./defaults.ts";
import { Draft } from "./draft.ts";
import { MadeUpAddresses } from "./made-up.ts";
import { uncertainKey } from "./marks.ts";

test("a subnet gives every address but the five that EC2 keeps, each once, and none of those that are taken", () => {
  const addresses = new MadeUpAddresses();
  addresses.take("a", "10.0.0.5");
  const given = Array.from({ length: 12 }, () => addresses.inside("a", requirePrefix("10.0.0.0/28")));
  // Sixteen less the first four, the last, and the one that is taken: .4, .6 to .14.
  expect(given.filter((one) => one !== undefined).toSorted()).toEqual(
    ["10.0.0.4", ...[6, 7, 8, 9, 10, 11, 12, 13, 14].map((last) => `10.0.0.${last}`)].toSorted(),
  );
  expect(addresses.inside("b", requirePrefix("10.0.0.0/28"))).toBe("10.0.0.14");
  expect(addresses.inside("a", requirePrefix("2001:db8::/64"))).toBe("2001:db8::ffff:ffff:ffff:fffe");
});

test("public addresses are of the internet, each once, and come to an end", () => {
  const addresses = new MadeUpAddresses();
  const given = Array.from({ length: 1100 }, () => addresses.public()).filter((one) => one !== undefined);
  expect(given.length).toBe(4 * 254);
  expect(new Set(given).size).toBe(given.length);
  const parsed = given.flatMap((one) => parseAddress(one) ?? []);
  expect(parsed.filter((one) => !isInternet(one))).toEqual([]);
});

test("IPv6 blocks are /56 that do not overlap", () => {
  const addresses = new MadeUpAddresses();
  const blocks = [addresses.ipv6Block(), addresses.ipv6Block()];
  expect(blocks.map((block) => formatPrefix(requirePrefix(block)))).toEqual([
    "2001:db8:ff00::/56",
    "2001:db8:ff00:100::/56",
  ]);
});

test("parts of a resource stand where it does, unless they are placed; their own ids are kept", () => {
  const draft = new Draft();
  const inside = { file: "t.yaml", line: 9, id: "Rule" };
  draft.add(
    "SecurityGroups",
    {
      GroupId: "G",
      VpcId: "V",
      IpPermissions: [
        {
          IpProtocol: "-1",
          IpRanges: [{ CidrIp: "10.0.0.0/8" }, draft.at({ CidrIp: "10.0.0.0/9" }, inside)],
        },
      ],
      IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ [uncertainKey]: "nobody knows" }] }],
    },
    { file: "t.yaml", line: 3, id: "G" },
  );
  const part = readInventory(draft.inventory, ["t.yaml"]);
  const group = part.securityGroups?.get("G");
  expect(group?.origin).toEqual({ file: "t.yaml", line: 3, id: "G" });
  expect(group?.inbound.map(({ origin }) => origin)).toEqual([{ file: "t.yaml", line: 3, id: "G" }, inside]);
  expect(group?.outbound[0]?.peer).toEqual({ kind: "unknown", what: "nobody knows" });
  expect(part.unknowns?.map(({ what, origin }) => `${origin.line} ${what}`)).toEqual(["3 nobody knows"]);
});

test("the defaults of a VPC: an open ACL, local routes alone, a group of its own members", () => {
  const draft = new Draft();
  const origin = { file: "t.yaml", line: 3, id: "V" };
  draft.add("Vpcs", { VpcId: "V", CidrBlock: "10.0.0.0/16" }, origin);
  draft.add("Subnets", { SubnetId: "S", VpcId: "V", CidrBlock: "10.0.0.0/24" }, origin);
  addDefaultAcl(draft, "V", origin);
  addMainTable(draft, "V", ["10.0.0.0/16"], origin);
  addDefaultGroup(draft, "V", origin);
  const part = readInventory(draft.inventory, []);
  expect(part.subnets?.get("S")).toMatchObject({
    networkAcl: "V.DefaultNetworkAcl",
    routeTable: "V.MainRouteTable",
  });
  expect(part.routeTables?.get("V.MainRouteTable")?.routes.map((route) => route.text)).toEqual([
    "10.0.0.0/16 → local",
  ]);
  expect(part.networkAcls?.get("V.DefaultNetworkAcl")?.inbound.map((entry) => entry.text)).toEqual([
    "100 allow all traffic from 0.0.0.0/0",
    "101 allow all traffic from ::/0",
  ]);
  expect(part.securityGroups?.get("V.DefaultSecurityGroup")?.inbound.map((rule) => rule.peer)).toEqual([
    { kind: "group", id: "V.DefaultSecurityGroup" },
  ]);
  expect(part.unknowns).toEqual([]);
});
