// Planted mistakes of exposure (RW1xx).
import { example, planted, type Pair } from "./pair.ts";

const shop = `
networks: { shop: { prefix: 10.0.0.0/16 } }
names: { office: 192.0.2.0/24 }
subnets:
  web: { prefix: 10.0.1.0/24, public: true }
  data: { prefix: 10.0.3.0/24 }
hosts:
  web: { address: 10.0.1.10, public-address: 198.51.100.10, security-groups: web-sg }
  db: { address: 10.0.3.10, security-groups: db-sg }
`;

export const exposure: readonly Pair[] = [
  planted(
    "RW101",
    "web-sg",
    "ssh for the whole world",
    `${shop}
security-groups:
  web-sg: { in: [tcp 443 from anywhere, tcp 22 from anywhere] }
  db-sg: { in: tcp 5432 from web-sg }
`,
    { "tcp 22 from anywhere": "tcp 22 from office" },
  ),
  planted(
    "RW101",
    "web-sg",
    "remote desktop for two halves of the world",
    `${shop}
security-groups:
  web-sg: { in: ["tcp 3389 from 0.0.0.0/1, 128.0.0.0/1"] }
  db-sg: { in: tcp 5432 from web-sg }
`,
    { "0.0.0.0/1, 128.0.0.0/1": "office" },
  ),
  example(
    "RW101",
    "vendor-sg",
    "the vendor's door beside the perimeter",
    "side-door/open",
    "side-door/closed",
  ),
];
