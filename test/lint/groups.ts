// Planted mistakes of security groups (RW4xx).
import { example, planted, type Pair } from "./pair.ts";

const shop = `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets:
  app: { prefix: 10.0.2.0/24 }
  data: { prefix: 10.0.3.0/24 }
hosts:
  app-1: { address: 10.0.2.11, security-groups: app-sg }
  app-2: { address: 10.0.2.12, security-groups: app-sg }
  db: { address: 10.0.3.10, security-groups: db-sg }
`;

/** Groups as AWS exports them, and the interfaces that carry them. */
const exported = (groups: readonly object[], carried: readonly string[]): string =>
  JSON.stringify(
    {
      Vpcs: [{ VpcId: "vpc-1", CidrBlock: "10.0.0.0/16" }],
      Subnets: [{ SubnetId: "subnet-1", VpcId: "vpc-1", CidrBlock: "10.0.1.0/24" }],
      NetworkInterfaces: [
        {
          NetworkInterfaceId: "eni-1",
          SubnetId: "subnet-1",
          VpcId: "vpc-1",
          Status: "in-use",
          InterfaceType: "interface",
          PrivateIpAddresses: [{ PrivateIpAddress: "10.0.1.10", Primary: true }],
          Groups: carried.map((id) => ({ GroupId: id })),
        },
      ],
      SecurityGroups: groups,
    },
    undefined,
    2,
  );
const egress = { IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
const group = (id: string, name: string, from?: string): object => ({
  GroupId: id,
  GroupName: name,
  VpcId: "vpc-1",
  OwnerId: "111122223333",
  IpPermissions:
    from === undefined
      ? []
      : [
          {
            IpProtocol: "tcp",
            FromPort: 8080,
            ToPort: 8080,
            UserIdGroupPairs: [{ GroupId: from, UserId: "111122223333" }],
          },
        ],
  IpPermissionsEgress: from === undefined ? [] : [egress],
});

export const groups: readonly Pair[] = [
  example("RW401", "db-sg", "the second web server was never added", "mistake-3/wrong", "mistake-3/mended"),
  planted(
    "RW401",
    "db-sg",
    "the address of each member, one by one",
    `${shop}
security-groups:
  app-sg: {}
  db-sg: { in: ["tcp 5432 from 10.0.2.11, 10.0.2.12"] }
`,
    { '10.0.2.11, 10.0.2.12"': 'app-sg"' },
  ),
  planted(
    "RW401",
    "db-sg",
    "the public address of a machine of one's own",
    `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets: { app: { prefix: 10.0.2.0/24, public: true } }
hosts:
  app: { address: 10.0.2.11, public-address: 198.51.100.11, security-groups: app-sg }
  db: { address: 10.0.2.10, security-groups: db-sg }
security-groups:
  app-sg: {}
  db-sg: { in: tcp 5432 from 198.51.100.11 }
`,
    { "5432 from 198.51.100.11": "5432 from app-sg" },
  ),
  planted(
    "RW402",
    "db-sg",
    "the application's subnet, where its group would do",
    `${shop}
security-groups:
  app-sg: {}
  db-sg: { in: tcp 5432 from subnet app }
lint: { enable: RW402 }
`,
    { "5432 from subnet app": "5432 from app-sg" },
  ),
  planted(
    "RW403",
    "old-sg",
    "last year's group",
    `${shop}
security-groups:
  app-sg: {}
  db-sg: { in: tcp 5432 from app-sg }
  old-sg: { in: tcp 22 from 10.0.0.0/16 }
`,
    { "  old-sg: { in: tcp 22 from 10.0.0.0/16 }\n": "" },
  ),
  planted(
    "RW403",
    "bastion-sg",
    "a group that rules name and nobody carries",
    `${shop}
security-groups:
  app-sg: { in: tcp 22 from bastion-sg }
  bastion-sg: {}
  db-sg: { in: tcp 5432 from app-sg }
`,
    {
      "db: { address: 10.0.3.10, security-groups: db-sg }":
        "db: { address: 10.0.3.10, security-groups: [db-sg, bastion-sg] }",
    },
  ),
  planted(
    "RW404",
    "sg-app",
    "a group that was deleted",
    exported([group("sg-app", "app", "sg-gone"), group("sg-web", "web")], ["sg-app", "sg-web"]),
    { "sg-gone": "sg-web" },
    "export.json",
  ),
  planted(
    "RW405",
    "app-sg",
    "application and jump machines let each other in over ssh",
    `${shop}
security-groups:
  app-sg: { in: tcp 22 from db-sg }
  db-sg: { in: [tcp 5432 from app-sg, tcp 22 from app-sg] }
`,
    { ", tcp 22 from app-sg]": "]" },
  ),
  planted(
    "RW405",
    "app-sg",
    "members that reach each other on everything",
    `${shop}
security-groups:
  app-sg: { in: all from app-sg }
  db-sg: { in: tcp 5432 from app-sg }
`,
    { "all from app-sg": "tcp 9300 from app-sg" },
  ),
  planted(
    "RW406",
    "sg-default",
    "a machine for which nobody named a group",
    exported([group("sg-default", "default"), group("sg-web", "web")], ["sg-default"]),
    {
      '"Groups": [\n        {\n          "GroupId": "sg-default"':
        '"Groups": [\n        {\n          "GroupId": "sg-web"',
    },
    "export.json",
  ),
  planted(
    "RW407",
    "app-sg",
    "the narrow rule came, and the broad one stayed",
    `${shop}
security-groups:
  app-sg: { in: [tcp 8080 from 10.0.0.0/16, tcp 8080 from 10.0.1.0/24] }
  db-sg: { in: tcp 5432 from app-sg }
`,
    { "tcp 8080 from 10.0.0.0/16, ": "" },
  ),
];
