// Planted mistakes in the order and coverage of rules (RW3xx).
import { example, planted, type Pair } from "./pair.ts";

const campus = (rules: string): string => `
networks: { campus: { prefix: 10.0.0.0/8 } }
subnets:
  admin: { prefix: 10.0.1.0/24 }
  servers: { prefix: 10.0.2.0/24, packet-filters: core }
hosts:
  admin-pc: { address: 10.0.1.5 }
  server: { address: 10.0.2.10 }
packet-filters:
  core:
    stateful: true
    default: deny
    rules:
${rules}
`;

const subnet = (inbound: string): string => `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets: { web: { prefix: 10.0.1.0/24, public: true, network-acl: web-acl } }
hosts: { web: { address: 10.0.1.10, public-address: 198.51.100.10 } }
network-acls:
  web-acl:
    in:
${inbound}
    out: { 100: allow tcp 1024-65535 to any }
`;

export const order: readonly Pair[] = [
  planted(
    "RW301",
    "web-acl",
    "the attacker's addresses are denied after everybody was let in",
    subnet("      100: allow tcp 443 from any\n      110: deny tcp 443 from 203.0.113.0/24"),
    { "110: deny": "90: deny" },
  ),
  planted(
    "RW301",
    "core",
    "ssh for administrators, below a refusal of ssh",
    campus(
      "      100: deny tcp any -> any:22\n      200: allow tcp 10.0.1.0/24 -> any:22\n      300: allow tcp any -> any:443",
    ),
    { "100: deny tcp any -> any:22": "250: deny tcp any -> any:22" },
  ),
  planted(
    "RW302",
    "core",
    "a rule for one subnet below one for all of them",
    campus(
      "      100: allow tcp 10.0.0.0/8 -> any:443\n      200: allow tcp 10.0.1.0/24 -> any:443\n      300: allow tcp 10.0.1.0/24 -> any:22",
    ),
    { "      200: allow tcp 10.0.1.0/24 -> any:443\n": "" },
  ),
  planted(
    "RW302",
    "web-acl",
    "443 allowed by two entries",
    subnet("      100: allow tcp 443 from any\n      110: allow tcp 443 from 192.0.2.0/24"),
    { "\n      110: allow tcp 443 from 192.0.2.0/24": "" },
  ),
  planted(
    "RW303",
    "core",
    "who may reach 8080 of the admin subnet hangs on which rule stands first",
    campus(
      "      100: allow tcp 10.0.1.0/24 -> any\n      200: deny tcp any -> any:8080\n      300: allow tcp any -> any:443",
    ),
    { "100: allow tcp 10.0.1.0/24 -> any": "100: allow tcp 10.0.1.0/24 -> any:8080" },
  ),
  planted(
    "RW304",
    "core",
    "a rule for addresses of two families at once",
    campus(
      '      100: allow tcp 10.0.1.0/24 -> "[2001:db8::10]:22"\n      200: allow tcp any -> any:443',
    ).replaceAll('"', ""),
    { "[2001:db8::10]:22": "10.0.2.10:22" },
  ),
  example(
    "RW305",
    "core",
    "last night's emergency is still on top",
    "rule-order/deny-on-top",
    "rule-order/specific-first",
  ),
  planted(
    "RW305",
    "web-acl",
    "a deny for everything, numbered before what is allowed",
    subnet(
      "      10: deny all from any\n      100: allow tcp 443 from any\n      110: allow tcp 80 from any",
    ),
    { "10: deny all from any": "10: deny all from 203.0.113.0/24" },
  ),
  planted(
    "RW306",
    "web-acl",
    "entries 1, 2, 3",
    subnet("      1: allow tcp 443 from any\n      2: allow tcp 80 from any"),
    { "      2: allow": "      20: allow" },
  ),
  planted(
    "RW307",
    "core",
    "a list of what is refused",
    campus("      100: deny tcp any -> any:23").replace("default: deny", "default: allow"),
    { "default: allow": "default: deny" },
  ),
  planted(
    "RW308",
    "strict",
    "the strict list was written, and its subnet has the open one",
    `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets: { web: { prefix: 10.0.1.0/24, public: true, network-acl: open } }
hosts: { web: { address: 10.0.1.10, public-address: 198.51.100.10 } }
network-acls:
  open: { in: { 100: allow all from any }, out: { 100: allow all to any } }
  strict: { in: { 100: allow tcp 443 from any }, out: { 100: allow tcp 1024-65535 to any } }
`,
    { "network-acl: open": "network-acl: strict" },
  ),
];
