// Planted mistakes of host firewalls (RW5xx): iptables-save dumps, and one host of nftables.
import { example, planted, type Pair } from "./pair.ts";

/** A dump of the filter table with what a careful person writes around its rules. */
const dump = (...rules: readonly string[]): string =>
  table(":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]", ...careful, ...rules);
const careful = ["-A INPUT -i lo -j ACCEPT", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"];
const table = (...lines: readonly string[]): string => ["*filter", ...lines, "COMMIT", ""].join("\n");
const ssh = "-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT";

/** Planted in a dump alone: the host is called by its file. */
const inDump = (
  check: Pair["check"],
  mistake: string,
  text: string,
  mend: Readonly<Record<string, string>>,
): Pair => planted(check, "gate", mistake, text, mend, "gate.v4");

/** As `nft -j list ruleset` says it: a base chain with its policy, and what it accepts. */
const nftables = (policy: "accept" | "drop"): string =>
  JSON.stringify(
    {
      nftables: [
        { metainfo: { version: "1.0.6", json_schema_version: 1 } },
        { table: { family: "inet", name: "fw", handle: 1 } },
        {
          chain: {
            family: "inet",
            table: "fw",
            name: "input",
            handle: 1,
            type: "filter",
            hook: "input",
            prio: 0,
            policy,
          },
        },
        {
          rule: {
            family: "inet",
            table: "fw",
            chain: "input",
            handle: 2,
            expr: [
              { match: { op: "==", left: { meta: { key: "iifname" } }, right: "lo" } },
              { accept: null },
            ],
          },
        },
        {
          rule: {
            family: "inet",
            table: "fw",
            chain: "input",
            handle: 3,
            expr: [
              { match: { op: "in", left: { ct: { key: "state" } }, right: ["established", "related"] } },
              { accept: null },
            ],
          },
        },
      ],
    },
    undefined,
    2,
  );

export const host: readonly Pair[] = [
  inDump(
    "RW501",
    "rules for ssh, and a policy that accepts everything else",
    dump(ssh).replace(":INPUT DROP", ":INPUT ACCEPT"),
    { ":INPUT ACCEPT": ":INPUT DROP" },
  ),
  inDump(
    "RW501",
    "a policy that accepts, and no refusal behind the rules",
    dump(ssh).replace(":INPUT DROP", ":INPUT ACCEPT"),
    { COMMIT: "-A INPUT -j REJECT --reject-with icmp-port-unreachable\nCOMMIT" },
  ),
  planted(
    "RW501",
    "gate",
    "an nftables chain whose policy accepts",
    nftables("accept"),
    { '"policy": "accept"': '"policy": "drop"' },
    "gate.json",
  ),
  inDump(
    "RW502",
    "nothing accepts the loopback interface",
    dump(ssh).replace("-A INPUT -i lo", "-A INPUT -i lan"),
    { "-i lan": "-i lo" },
  ),
  example(
    "RW503",
    "web",
    "a server that can't ask for its own updates",
    "iptables-web/no-established",
    "iptables-web/whole",
  ),
  inDump(
    "RW503",
    "whom the host serves never hears of it",
    dump("-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT", "-A OUTPUT -o lo -j ACCEPT").replace(
      ":OUTPUT ACCEPT",
      ":OUTPUT DROP",
    ),
    { "-A OUTPUT -o lo -j ACCEPT": "-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT" },
  ),
  inDump(
    "RW503",
    "a router that passes on requests, and no answers",
    dump(ssh, "-A FORWARD -i eth1 -p tcp -m conntrack --ctstate NEW -m tcp --dport 443 -j ACCEPT"),
    { "-A FORWARD -i eth1": "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A FORWARD -i eth1" },
  ),
  inDump(
    "RW504",
    "the log stands behind the refusal",
    dump(ssh, "-A INPUT -j DROP", '-A INPUT -m limit --limit 5/min -j LOG --log-prefix "refused "'),
    {
      '-A INPUT -j DROP\n-A INPUT -m limit --limit 5/min -j LOG --log-prefix "refused "':
        '-A INPUT -m limit --limit 5/min -j LOG --log-prefix "refused "\n-A INPUT -j DROP',
    },
  ),
  inDump("RW505", "every refused packet is logged", dump(ssh, "-A INPUT -j LOG", "-A INPUT -j DROP"), {
    "-A INPUT -j LOG": "-A INPUT -m limit --limit 5/min -j LOG",
  }),
  inDump(
    "RW506",
    "the attacker's network is refused in a chain behind what accepts everybody",
    table(
      ":INPUT DROP [0:0]",
      ":FORWARD DROP [0:0]",
      ":OUTPUT ACCEPT [0:0]",
      ":services - [0:0]",
      ...careful,
      "-A INPUT -j services",
      "-A INPUT -s 203.0.113.0/24 -p tcp -m tcp --dport 443 -j DROP",
      "-A services -p tcp -m tcp --dport 443 -j ACCEPT",
    ),
    {
      "-A INPUT -j services\n-A INPUT -s 203.0.113.0/24 -p tcp -m tcp --dport 443 -j DROP":
        "-A INPUT -s 203.0.113.0/24 -p tcp -m tcp --dport 443 -j DROP\n-A INPUT -j services",
    },
  ),
  inDump(
    "RW506",
    "ssh is accepted behind the final refusal, where iptables -A put it",
    dump("-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT", "-A INPUT -j DROP", ssh),
    { [`-A INPUT -j DROP\n${ssh}`]: `${ssh}\n-A INPUT -j DROP` },
  ),
  inDump(
    "RW507",
    "a rule for one machine below one for its network",
    dump(ssh, "-A INPUT -s 10.0.0.5/32 -p tcp -m tcp --dport 22 -j ACCEPT"),
    { "\n-A INPUT -s 10.0.0.5/32 -p tcp -m tcp --dport 22 -j ACCEPT": "" },
  ),
  inDump(
    "RW508",
    "who gets to 8080 from the office hangs on which rule came first",
    dump(
      "-A INPUT -s 10.0.1.0/24 -p tcp -j ACCEPT",
      "-A INPUT -p tcp -m tcp --dport 8080 -j DROP",
      "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT",
    ),
    { "-s 10.0.1.0/24 -p tcp -j": "-s 10.0.1.0/24 -p tcp -m tcp --dport 22 -j" },
  ),
  inDump(
    "RW509",
    "a rule for udp in a chain that only tcp comes to",
    table(
      ":INPUT DROP [0:0]",
      ":FORWARD DROP [0:0]",
      ":OUTPUT ACCEPT [0:0]",
      ":names - [0:0]",
      ...careful,
      "-A INPUT -p tcp -j names",
      "-A names -p udp -m udp --dport 53 -j ACCEPT",
      "-A names -p tcp -m tcp --dport 53 -j ACCEPT",
    ),
    { "-A INPUT -p tcp -j names": "-A INPUT -j names" },
  ),
  inDump(
    "RW510",
    "the chain that blocks is never called",
    table(
      ":INPUT DROP [0:0]",
      ":FORWARD DROP [0:0]",
      ":OUTPUT ACCEPT [0:0]",
      ":blocked - [0:0]",
      ...careful,
      ssh,
      "-A blocked -s 10.66.0.0/16 -j DROP",
    ),
    { [ssh]: `-A INPUT -j blocked\n${ssh}` },
  ),
  inDump(
    "RW511",
    "the chain that blocks was emptied",
    table(
      ":INPUT DROP [0:0]",
      ":FORWARD DROP [0:0]",
      ":OUTPUT ACCEPT [0:0]",
      ":blocked - [0:0]",
      ...careful,
      "-A INPUT -j blocked",
      ssh,
    ),
    { COMMIT: "-A blocked -s 10.66.0.0/16 -j DROP\nCOMMIT" },
  ),
  planted(
    "RW512",
    "web",
    "ip6tables with the policy that was there when the machine came",
    `
networks: { shop: { prefix: [10.0.0.0/16, "2001:db8:1::/56"] } }
subnets: { web: { prefix: [10.0.1.0/24, "2001:db8:1:1::/64"] } }
hosts:
  web:
    address: [10.0.1.10, "2001:db8:1:1::10"]
    firewall:
      - |
        # Generated by iptables-save v1.8.9
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
        COMMIT
      - |
        # Generated by ip6tables-save v1.8.9
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        COMMIT
`,
    { ":INPUT ACCEPT": ":INPUT DROP" },
  ),
  planted(
    "RW513",
    "db",
    "ssh is opened by the group, listens, and the host's own firewall knows nothing of it",
    `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets: { data: { prefix: 10.0.3.0/24 } }
security-groups: { db-sg: { in: tcp 22 from 10.0.0.0/16 } }
hosts:
  db:
    address: 10.0.3.10
    security-groups: db-sg
    firewall:
      - |
        # Generated by iptables-save v1.8.9
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        -A INPUT -i lo -j ACCEPT
        -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
        -A INPUT -s 10.0.0.0/16 -p tcp -m tcp --dport 5432 -j ACCEPT
        COMMIT
      - |
        # Generated by ip6tables-save v1.8.9
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        COMMIT
`,
    { "--dport 5432": "--dport 22" },
  ),
  planted(
    "RW514",
    "web",
    "one address from which everybody administers",
    `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets: { web: { prefix: 10.0.1.0/24 } }
lint: { enable: RW514 }
hosts:
  web:
    address: 10.0.1.10
    firewall: |
      *filter
      :INPUT DROP [0:0]
      :FORWARD DROP [0:0]
      :OUTPUT ACCEPT [0:0]
      -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
      -A INPUT -s 10.0.9.1/32 -p tcp -m tcp --dport 22 -j ACCEPT
      COMMIT
`,
    {
      "      -A INPUT -s 10.0.9.1/32 -p tcp -m tcp --dport 22 -j ACCEPT\n":
        "      -A INPUT -s 10.0.9.1/32 -p tcp -m tcp --dport 22 -j ACCEPT\n      -A INPUT -s 10.0.8.1/32 -p tcp -m tcp --dport 22 -j ACCEPT\n",
    },
  ),
  inDump(
    "RW515",
    "answers of name servers, by the port that they come from",
    dump(ssh, "-A INPUT -p udp -m udp --sport 53 -j ACCEPT"),
    { "--sport 53 -j": "--sport 53 -m conntrack --ctstate ESTABLISHED -j" },
  ),
  inDump(
    "RW516",
    "whatever is no first packet is an answer",
    dump(ssh, "-A INPUT -p tcp ! --syn -j ACCEPT"),
    {
      "-p tcp ! --syn -j": "-p tcp ! --syn -m conntrack --ctstate ESTABLISHED -j",
    },
  ),
  inDump(
    "RW517",
    "the web port comes before the refusal of INVALID",
    dump("-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT", "-A INPUT -m conntrack --ctstate INVALID -j DROP"),
    {
      "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n-A INPUT -m conntrack --ctstate INVALID -j DROP":
        "-A INPUT -m conntrack --ctstate INVALID -j DROP\n-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT",
    },
  ),
  planted(
    "RW518",
    "gw",
    "the office is trusted by its addresses, on whichever side it comes in",
    `
networks: { shop: { prefix: 10.0.0.0/16 } }
subnets: { web: { prefix: 10.0.1.0/24 } }
hosts:
  gw:
    address: 10.0.1.10
    firewall:
      - |
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        -A INPUT -i lo -j ACCEPT
        -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
        -A INPUT -s 10.0.1.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
        COMMIT
      - |
        default via 198.51.100.1 dev eth0
        198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.5
        10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.10
`,
    { "-A INPUT -s 10.0.1.0/24": "-A INPUT -i eth1 -s 10.0.1.0/24" },
  ),
  inDump(
    "RW518",
    "loopback addresses are trusted, whichever interface they come by",
    dump(ssh, "-A INPUT -s 127.0.0.0/8 -j ACCEPT"),
    { "-A INPUT -s 127.0.0.0/8 -j ACCEPT": "-A INPUT -s 127.0.0.0/8 -j DROP" },
  ),
  inDump(
    "RW519",
    "a database container, published beside a firewall that only knows ssh",
    [
      "*nat",
      ":PREROUTING ACCEPT [0:0]",
      ":INPUT ACCEPT [0:0]",
      ":OUTPUT ACCEPT [0:0]",
      ":POSTROUTING ACCEPT [0:0]",
      ":DOCKER - [0:0]",
      "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
      "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
      "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 5432 -j DNAT --to-destination 172.17.0.2:5432",
      "COMMIT",
      table(
        ":INPUT DROP [0:0]",
        ":FORWARD DROP [0:0]",
        ":OUTPUT ACCEPT [0:0]",
        ":DOCKER - [0:0]",
        ...careful,
        ssh,
        "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A FORWARD -o docker0 -j DOCKER",
        "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 5432 -j ACCEPT",
      ),
    ].join("\n"),
    { "-A DOCKER ! -i docker0 -p tcp": "-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp" },
  ),
  inDump(
    "RW520",
    "a machine that was made a router for an afternoon",
    [
      "*nat",
      ":PREROUTING ACCEPT [0:0]",
      ":INPUT ACCEPT [0:0]",
      ":OUTPUT ACCEPT [0:0]",
      ":POSTROUTING ACCEPT [0:0]",
      "-A POSTROUTING -j MASQUERADE",
      "COMMIT",
      dump(ssh).replace(":FORWARD DROP", ":FORWARD ACCEPT"),
    ].join("\n"),
    { ":FORWARD ACCEPT": ":FORWARD DROP" },
  ),
];
