// Planted mistakes of segmentation and routes (RW7xx).
import { example, planted, type Pair } from "./pair.ts";

const shop = `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets:
  public: { prefix: 10.0.1.0/24, public: true }
  app: { prefix: 10.0.2.0/24 }
  data: { prefix: 10.0.3.0/24 }
hosts:
  web: { address: 10.0.1.10, public-address: 198.51.100.10, security-groups: web-sg }
  app: { address: 10.0.2.10, security-groups: app-sg }
  db: { address: 10.0.3.10, security-groups: db-sg }
tiers:
  web: { members: public }
  app: { members: app-sg }
  data: { members: db, holds: databases }
`;

const routes = (state: string): string =>
  JSON.stringify(
    {
      Vpcs: [{ VpcId: "vpc-1", CidrBlock: "10.0.0.0/16" }],
      Subnets: [{ SubnetId: "subnet-1", VpcId: "vpc-1", CidrBlock: "10.0.1.0/24" }],
      RouteTables: [
        {
          RouteTableId: "rtb-1",
          VpcId: "vpc-1",
          Associations: [{ Main: true, RouteTableId: "rtb-1" }],
          Routes: [
            { DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local", State: "active" },
            { DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: "nat-1", State: state },
          ],
        },
      ],
      NetworkInterfaces: [
        {
          NetworkInterfaceId: "eni-1",
          SubnetId: "subnet-1",
          VpcId: "vpc-1",
          Status: "in-use",
          InterfaceType: "interface",
          PrivateIpAddresses: [{ PrivateIpAddress: "10.0.1.10", Primary: true }],
          Groups: [],
        },
      ],
    },
    undefined,
    2,
  );

export const segmentation: readonly Pair[] = [
  planted(
    "RW701",
    "data",
    "the tier in front reaches the database past the tier between",
    `${shop}
security-groups:
  web-sg: { in: tcp 443 from anywhere }
  app-sg: { in: tcp 8080 from web-sg }
  db-sg: { in: [tcp 5432 from app-sg, tcp 5432 from web-sg] }
`,
    { ", tcp 5432 from web-sg]": "]" },
  ),
  planted(
    "RW701",
    "data",
    "a machine of no tier, and a tier that names whom it lets in",
    `${shop.replace("tiers:", "  backup: { address: 10.0.2.99, security-groups: backup-sg }\ntiers:")}
security-groups:
  web-sg: { in: tcp 443 from anywhere }
  app-sg: { in: tcp 8080 from web-sg }
  backup-sg: {}
  db-sg: { in: [tcp 5432 from app-sg, tcp 22 from backup-sg] }
`,
    {
      "app: { members: app-sg }": "app: { members: app-sg }\n  backup: { members: backup, from: [] }",
      "data: { members: db, holds": "data: { members: db, from: [app, backup], holds",
    },
  ),
  planted(
    "RW701",
    "app",
    "the internet reaches the second tier",
    `${shop}
security-groups:
  web-sg: { in: tcp 443 from anywhere }
  app-sg: { in: tcp 8080 from web-sg }
  db-sg: { in: tcp 5432 from app-sg }
`
      .replace("app: { address: 10.0.2.10,", "app: { address: 10.0.1.20, public-address: 198.51.100.20,")
      .replace("tcp 8080 from web-sg", "tcp 8080 from anywhere")
      .replace("web: { members: public }", "web: { members: web }"),
    { "tcp 8080 from anywhere": "tcp 8080 from web-sg" },
  ),
  planted(
    "RW702",
    "db-sg",
    "the database for the whole network, web servers included",
    `${shop}
security-groups:
  web-sg: { in: tcp 443 from anywhere }
  app-sg: { in: tcp 8080 from web-sg }
  db-sg: { in: tcp 5432 from 10.0.0.0/16 }
`,
    { "tcp 5432 from 10.0.0.0/16": "tcp 5432 from app-sg" },
  ),
  example(
    "RW703",
    "app-sg",
    "the network ACL's old deny for test servers",
    "why-8080/nacl-in",
    "why-8080/works",
  ),
  example(
    "RW703",
    "app-sg",
    "the client's own group lets nothing out",
    "why-8080/client-egress",
    "why-8080/works",
  ),
  example("RW703", "app-sg", "the host's own firewall drops it", "why-8080/host-firewall", "why-8080/works"),
  planted(
    "RW704",
    "rtb-1",
    "the NAT gateway was deleted",
    routes("blackhole"),
    { '"blackhole"': '"active"' },
    "export.json",
  ),
];
