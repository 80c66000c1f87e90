// Planted mistakes of rings without memory (RW2xx).
import { example, planted, type Pair } from "./pair.ts";

const web = `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets: { web: { prefix: 10.0.1.0/24, public: true, network-acl: web-acl } }
hosts: { web: { address: 10.0.1.10, public-address: 198.51.100.10, security-groups: web-sg, system: linux } }
security-groups: { web-sg: { in: tcp 443 from anywhere, out: tcp 443 to anywhere } }
`;

export const returnTraffic: readonly Pair[] = [
  example(
    "RW201",
    "web-acl",
    "443 both ways, and the page never arrives",
    "mistake-4/wrong",
    "mistake-4/mended",
  ),
  example("RW201", "web-acl", "443 both ways, and no group in front", "nacl-no-ephemeral", "nacl"),
  example("RW201", "app-acl", "8080 both ways between two subnets", "why-8080/nacl-reply", "why-8080/works"),
  planted(
    "RW202",
    "web-acl",
    "what the server asks for is never answered",
    `${web}
network-acls:
  web-acl:
    in: { 100: allow tcp 443 from any }
    out: { 100: allow tcp 1024-65535 to any, 110: allow tcp 443 to any }
`,
    {
      "in: { 100: allow tcp 443 from any }":
        "in: { 100: allow tcp 443 from any, 110: allow tcp 1024-65535 from any }",
    },
  ),
  planted(
    "RW202",
    "web-acl",
    "a deny for high ports stands before the entry for replies",
    `${web}
network-acls:
  web-acl:
    in: { 100: allow tcp 443 from any, 105: deny tcp 1024-65535 from any, 110: allow tcp 1024-65535 from any }
    out: { 100: allow tcp 1024-65535 to any, 110: allow tcp 443 to any }
`,
    { "105: deny tcp 1024-65535 from any": "105: deny tcp 1-79 from any" },
  ),
  planted(
    "RW203",
    "web-acl",
    "the range of Windows clients, for the whole internet",
    `${web}
network-acls:
  web-acl:
    in: { 100: allow tcp 443 from any, 110: allow tcp 1024-65535 from any }
    out: { 100: allow tcp 49152-65535 to any, 110: allow tcp 443 to any }
`,
    { "49152-65535": "1024-65535" },
  ),
  planted(
    "RW203",
    "app-acl",
    "the range of Windows clients, for clients that run Linux",
    `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets:
  office: { prefix: 10.0.1.0/24 }
  app: { prefix: 10.0.2.0/24, network-acl: app-acl }
hosts:
  client: { address: 10.0.1.5, security-groups: office-sg, system: linux }
  app: { address: 10.0.2.10, security-groups: app-sg, system: linux }
security-groups:
  office-sg: {}
  app-sg: { in: tcp 8080 from office-sg }
network-acls:
  app-acl:
    in: { 100: allow tcp 8080 from 10.0.1.0/24 }
    out: { 100: allow tcp 49152-65535 to 10.0.1.0/24 }
`,
    { "49152-65535": "32768-60999" },
  ),
  planted(
    "RW204",
    "perimeter",
    "requests come in, nothing goes out",
    `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets: { dmz: { prefix: 10.0.1.0/24, public: true, packet-filters: perimeter } }
hosts: { web: { address: 10.0.1.10, public-address: 198.51.100.10 } }
packet-filters:
  perimeter: { stateful: false, default: deny, in: [allow tcp any -> any:443], out: [] }
`,
    { "stateful: false": "stateful: true" },
  ),
  example(
    "RW204",
    "perimeter",
    "a course book's stateless filter",
    "stateless/forgetful",
    "stateless/with-replies",
  ),
  example(
    "RW205",
    "perimeter",
    "forged replies come in by the rule for replies",
    "stateless/with-replies",
    "stateless/forgetful",
  ),
];
