// What can't be known is no finding: a group that was not exported, of which nobody can say what it opens.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadEstate } from "../../src/formats/load.ts";
import { lint } from "../../src/questions/lint.ts";

const folder = mkdtempSync(join(tmpdir(), "ringwall-uncertain-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const exported = (groups: readonly object[]): string =>
  JSON.stringify({
    Vpcs: [{ VpcId: "vpc-1", CidrBlock: "10.0.0.0/16" }],
    Subnets: [{ SubnetId: "subnet-1", VpcId: "vpc-1", CidrBlock: "10.0.1.0/24" }],
    InternetGateways: [{ InternetGatewayId: "igw-1", Attachments: [{ VpcId: "vpc-1", State: "available" }] }],
    RouteTables: [
      {
        RouteTableId: "rtb-1",
        VpcId: "vpc-1",
        Associations: [{ Main: true, RouteTableId: "rtb-1" }],
        Routes: [
          { DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local", State: "active" },
          { DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1", State: "active" },
        ],
      },
    ],
    NetworkAcls: [
      {
        NetworkAclId: "acl-1",
        VpcId: "vpc-1",
        Associations: [{ NetworkAclId: "acl-1", SubnetId: "subnet-1" }],
        Entries: [false, true].map((Egress) => ({
          RuleNumber: 100,
          RuleAction: "allow",
          Protocol: "-1",
          CidrBlock: "0.0.0.0/0",
          Egress,
        })),
      },
    ],
    NetworkInterfaces: [
      {
        NetworkInterfaceId: "eni-1",
        SubnetId: "subnet-1",
        VpcId: "vpc-1",
        Status: "in-use",
        InterfaceType: "interface",
        PrivateIpAddresses: [
          { PrivateIpAddress: "10.0.1.10", Primary: true, Association: { PublicIp: "198.51.100.10" } },
        ],
        Groups: [{ GroupId: "sg-1" }],
      },
    ],
    SecurityGroups: groups,
  });

const titles = async (groups: readonly object[]): Promise<readonly string[]> => {
  const path = join(folder, "export.json");
  writeFileSync(path, exported(groups));
  return lint(await loadEstate(path), { today: "2026-11-22" }).findings.map(({ title }) => title);
};

test("a group that was not exported opens nothing that lint could name", async () => {
  expect(await titles([])).toEqual([]);
});

test("the same group, exported, is found", async () => {
  const world = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  const group = { GroupId: "sg-1", GroupName: "admin", VpcId: "vpc-1", OwnerId: "111122223333" };
  expect(await titles([{ ...group, IpPermissions: [world], IpPermissionsEgress: [] }])).toEqual([
    "admin (sg-1) lets the internet reach tcp 22 of eni-1",
  ]);
});
