// The shape of a `ringwall.yaml`: which keys there are, what each holds, and in plain words what it is for. It checks the
// file and makes the JSON Schema that editors complete from. What the strings say is read in rule-language.ts.
import { z } from "zod";
import { closest } from "../../closest.ts";

type Shape = Readonly<Record<string, z.ZodType>>;

/** A mapping with these keys and no others; a key that is not one of them is told its likely meaning. */
function keyed<S extends Shape>(what: string, shape: S) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return `${what} is a mapping of keys to values`;
      const [key = ""] = issue.keys;
      const near = closest(key, Object.keys(shape));
      const hint =
        near === undefined ? `${what} has ${Object.keys(shape).join(", ")}` : `did you mean “${near}”?`;
      return `unknown key “${key}”${near === undefined ? `: ${hint}` : `; ${hint}`}`;
    },
  });
}

/** Named things: the keys are the names that other parts of the file use. */
function named<T extends z.ZodType>(what: string, item: T) {
  return z.record(z.string(), item, { error: `${what} is a mapping of names to what each is` });
}

function text(what: string) {
  return z.string({ error: `${what} was expected` });
}

/** One string, or a list of them. */
function oneOrMore(what: string) {
  return z.union([text(what), z.array(text(what))], { error: `${what} or a list of them was expected` });
}

function yesOrNo() {
  return z.boolean({ error: "true or false was expected" });
}

const ports = z
  .union(
    [
      z.number({ error: "a port was expected" }),
      text("a port"),
      z.array(z.union([z.number(), z.string()], { error: "a port was expected" })),
    ],
    { error: "a port such as 443, a range such as 8000-8100, or a list of them was expected" },
  )
  .describe("Ports or service names: `443`, `80,443`, `8000-8100`, `https`. Left out: every port.");

const icmp = z
  .union([z.number({ error: "an ICMP type was expected" }), text("an ICMP type")], {
    error: "an ICMP type such as 8, 3/4 or echo-request was expected",
  })
  .describe("ICMP type, or type/code: `8`, `3/4`, `echo-request`. Left out: every type.");

const protocol = z
  .union([text("a protocol"), z.number({ error: "a protocol was expected" })], {
    error: "a protocol such as tcp, udp, icmp, all or a number was expected",
  })
  .describe("`tcp`, `udp`, `icmp`, `icmpv6`, another IANA name, a number, or `all`.");

const note = text("a note").optional().describe("What the rule is for, in your words.");
const prefix = oneOrMore("a prefix such as 10.0.0.0/16");
const securityGroups = oneOrMore("the name of a security group")
  .optional()
  .describe("The security groups on it, by name. Without any, this ring is not there.");
const subnetName = text("the name of a subnet")
  .optional()
  .describe("Only where the addresses do not say it: prefixes of two networks overlap.");

const addressKeys = {
  address: oneOrMore("an address such as 10.0.1.10")
    .optional()
    .describe("Its address, or several of both families; the subnet is the one whose prefix holds them."),
  "public-address": text("an address such as 198.51.100.10")
    .optional()
    .describe(
      "The public IPv4 address that the internet gateway exchanges with the first address, one to one.",
    ),
  subnet: subnetName,
  "security-groups": securityGroups,
};

const forwards = yesOrNo()
  .optional()
  .describe(
    "Whether it takes packets that are not addressed to it (no source/destination check). Default: false.",
  );

const networkInterface = keyed("an interface", { ...addressKeys, forwards });
const interfaces = named("interfaces", networkInterface)
  .optional()
  .describe("In place of `address`, for several interfaces: `eth0: { address: 10.0.1.10 }`.");

const network = keyed("a network", {
  prefix: prefix.describe("The prefix or prefixes that the network's own addresses come from."),
});

const subnet = keyed("a subnet", {
  prefix: prefix.describe("The subnet's prefix, or one of each family."),
  network: text("the name of a network")
    .optional()
    .describe("Only where the prefixes do not say it: prefixes of two networks overlap."),
  public: yesOrNo()
    .optional()
    .describe("Whether its default route is the network's internet gateway. Default: false."),
  nat: text("the name of a NAT gateway")
    .optional()
    .describe(
      "The NAT gateway that its IPv4 default route leads to: short for `routes: { 0.0.0.0/0: nat NAME }`.",
    ),
  routes: z
    .record(z.string(), text("a target such as “peering NAME”"), {
      error: "routes is a mapping of prefixes to targets",
    })
    .optional()
    .describe(
      "Prefix (or `default`) to target: `internet`, `egress-only`, `nat NAME`, `peering NAME`, `host NAME`, `host NAME/eth1`, `blackhole`. The longest prefix wins.",
    ),
  "network-acl": text("the name of a network ACL")
    .optional()
    .describe("The network ACL at the subnet's edge. Without one, this ring is not there: all passes."),
  "packet-filters": oneOrMore("the name of a packet filter")
    .optional()
    .describe("Packet filters at the subnet's edge, outermost first."),
});

const listens = oneOrMore("what it listens on, such as “tcp 8080”")
  .optional()
  .describe("Ports that a program listens on: `tcp 8080`, or `tcp 8080 on loopback`. Left out: not known.");
const firewall = oneOrMore("the path of a firewall dump")
  .optional()
  .describe(
    "The host's own firewall: paths of dumps (iptables-save, ip6tables-save, nft -j list ruleset, ipset save, ip addr, ip route) relative to this file, or the dump itself as a block of text.",
  );
const system = z
  .enum(["linux", "windows"], { error: "“linux” or “windows” was expected" })
  .optional()
  .describe("Which ephemeral ports its clients use: Linux 32768–60999, Windows 49152–65535.");

const host = keyed("a host", {
  ...addressKeys,
  interfaces,
  forwards,
  firewall,
  system,
  listens,
  running: yesOrNo().optional().describe("False: it is switched off and answers nothing. Default: true."),
});

const loadBalancer = keyed("a load balancer", {
  ...addressKeys,
  interfaces,
  kind: z
    .enum(["application", "network"], { error: "“application” or “network” was expected" })
    .optional()
    .describe("Default: application, which connects to its targets from its own address."),
  "preserves-client": yesOrNo()
    .optional()
    .describe("Whether targets see the client's address; for kind network only, where it is the default."),
  listeners: z
    .record(z.string(), oneOrMore("a target such as app-1:8080"), {
      error: "listeners is a mapping of protocol and port to targets",
    })
    .describe("Protocol and port to targets: `tcp 443: [app-1:8080, app-2:8080]`."),
});

const natGateway = keyed("a NAT gateway", {
  address: text("an address such as 10.0.1.4").describe(
    "Its address; the subnet is the one whose prefix holds it.",
  ),
  "public-address": text("an address such as 198.51.100.4")
    .optional()
    .describe("The fixed address that the world sees. Without one it keeps to private networks."),
  subnet: subnetName,
});

const peering = keyed("a peering", {
  networks: z
    .array(text("the name of a network"), { error: "a list of two networks was expected" })
    .length(2, { error: "a peering joins two networks: a list of two names was expected" })
    .describe("The two networks that it joins. Each subnet still needs a route."),
});

const inPeer = oneOrMore("an address, prefix or name");
const inboundPeer = inPeer.describe("Who the other end is: an address, prefix, name, or security group.");

const groupRule = (side: "from" | "to") =>
  z.union(
    [
      text("a rule"),
      keyed("a security group's rule", {
        protocol,
        ports: ports.optional(),
        icmp: icmp.optional(),
        [side]: inboundPeer,
        note,
      }),
    ],
    { error: `a rule such as “tcp 443 ${side} anywhere” was expected` },
  );
const groupRules = (side: "from" | "to", description: string) =>
  z
    .union([text("a rule"), z.array(groupRule(side))], {
      error: `a rule such as “tcp 443 ${side} anywhere” or a list of them was expected`,
    })
    .optional()
    .describe(description);

const securityGroup = keyed("a security group", {
  in: groupRules("from", "What is let in: `tcp 443 from anywhere`, `tcp 8080 from alb`. Default: nothing."),
  out: groupRules(
    "to",
    "What is let out: `tcp 5432 to db`, `all to anywhere`. Left out: everything; `[]`: nothing.",
  ),
});

const action = <const W extends readonly [string, ...string[]]>(...words: W) =>
  z
    .enum(words, { error: `one of ${words.join(", ")} was expected` })
    .describe("What happens to a packet that matches.");

const aclRule = (side: "from" | "to") =>
  z.union(
    [
      text("a rule"),
      keyed("a network ACL's rule", {
        action: action("allow", "deny"),
        protocol,
        ports: ports.optional(),
        icmp: icmp.optional(),
        [side]: inPeer.describe("The other end: an address, prefix or name."),
        note,
      }),
    ],
    { error: `a rule such as “allow tcp 443 ${side} 0.0.0.0/0” was expected` },
  );
const aclRules = (side: "from" | "to", description: string) =>
  z
    .record(z.string(), aclRule(side), {
      error: `rules of a network ACL are a mapping of numbers to rules: “100: allow tcp 443 ${side} any”`,
    })
    .optional()
    .describe(description);

const networkAcl = keyed("a network ACL", {
  in: aclRules(
    "from",
    "Numbered rules, lowest first, the first match decides: `100: allow tcp 443 from any`. Then `*` denies.",
  ),
  out: aclRules(
    "to",
    "Numbered rules for what leaves the subnet: `100: allow tcp 1024-65535 to any`. Then `*` denies.",
  ),
});

const filterRule = z.union(
  [
    text("a rule"),
    keyed("a packet filter's rule", {
      action: action("allow", "deny", "reject"),
      protocol,
      from: inPeer.optional().describe("The source: an address, prefix or name. Left out: any."),
      "from-ports": ports.optional(),
      to: inPeer.optional().describe("The destination: an address, prefix or name. Left out: any."),
      "to-ports": ports.optional(),
      icmp: icmp.optional(),
      flags: text("TCP flags such as “syn,!ack”")
        .optional()
        .describe("TCP flags set, and with `!` not set: `ack`, `syn,!ack`."),
      fragments: yesOrNo().optional().describe("Only later fragments, which carry no ports."),
      in: text("an interface")
        .optional()
        .describe("The interface it came in by; `eth*` for all that begin so."),
      out: text("an interface")
        .optional()
        .describe("The interface it leaves by; `eth*` for all that begin so."),
      note,
    }),
  ],
  { error: "a rule such as “allow tcp 10.0.1.0/24 -> any:22” was expected" },
);
const filterRules = z.union(
  [
    z.array(filterRule),
    z.record(z.string(), filterRule, { error: "a mapping of numbers to rules was expected" }),
  ],
  { error: "a list of rules, or a mapping of numbers to rules, was expected" },
);

const packetFilter = keyed("a packet filter", {
  stateful: yesOrNo().describe(
    "True: it remembers connections, and replies pass without a rule. False: it has no memory.",
  ),
  default: action("allow", "deny", "reject").describe("What happens to a packet that no rule matches."),
  rules: filterRules
    .optional()
    .describe(
      "One list for both directions: `allow tcp any -> host web:443`. The first match decides. Or `in` and `out`.",
    ),
  in: filterRules.optional().describe("Rules for packets into the subnet, in order."),
  out: filterRules.optional().describe("Rules for packets out of the subnet, in order."),
});

const attachment = keyed("an attachment", { firewall, system, listens });

const tier = keyed("a tier", {
  members: oneOrMore("a subnet, host, security group or tag").describe(
    "What stands in it: subnets, hosts, load balancers or security groups by name or id, or tags (`Tier=app`).",
  ),
  from: oneOrMore("the name of a tier")
    .optional()
    .describe(
      "Who may begin connections to it: tiers, names of addresses, `internet`. Left out: the tier before it.",
    ),
  holds: z
    .enum(["databases"], { error: "“databases” was expected" })
    .optional()
    .describe("`databases`: openings on the way to it weigh more."),
});

const severity = z.enum(["critical", "high", "medium", "low", "note"], {
  error: "one of critical, high, medium, low, note was expected",
});
const portClass = (what: string) =>
  ports.optional().describe(`Which ports count as ${what}, in place of Ringwall's own list.`);

const suppression = keyed("a suppression", {
  check: text("the number or name of a check").describe("The check, by number or name: `RW101`."),
  at: text("a place or rule")
    .optional()
    .describe(
      "Where: the ring's or place's name or id, a rule, `file` or `file:line`. Left out: everywhere.",
    ),
  reason: text("the reason")
    .min(1, { error: "the reason was expected, in your words" })
    .describe("Why it is accepted. Required: who reads it next year has only this."),
  until: z
    .string({ error: "the last day on which it counts was expected, such as 2026-12-31" })
    .refine(isDay, { error: "a day such as 2026-12-31 was expected" })
    .describe(
      "The last day on which it counts, such as 2026-12-31 (UTC). Required; then the finding shows again.",
    ),
});

function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const time = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

const lint = keyed("lint", {
  disable: oneOrMore("the number or name of a check")
    .optional()
    .describe("Checks that are not run: `RW306`."),
  enable: oneOrMore("the number or name of a check")
    .optional()
    .describe("Checks that are run though they are matters of taste, and off by themselves."),
  severity: z
    .record(z.string(), severity, { error: "severity is a mapping of checks to severities" })
    .optional()
    .describe("What findings of a check count as: `RW107: low`."),
  ports: keyed("ports", {
    admin: portClass("administration"),
    database: portClass("databases"),
    "plain-text": portClass("readable on the way"),
  })
    .optional()
    .describe("Which ports belong to which class of services."),
  fail: z
    .enum(["critical", "high", "medium", "low", "note", "never"], {
      error: "one of critical, high, medium, low, note, never was expected",
    })
    .optional()
    .describe("Findings this bad or worse end `ringwall lint` with status 1. Default: low."),
  suppress: z
    .array(suppression, { error: "a list of suppressions was expected" })
    .optional()
    .describe("Findings that are known and accepted for a while, each with a reason and a last day."),
});

const services = oneOrMore("services such as “tcp 443”")
  .optional()
  .describe(
    "Services: `tcp 443`, `tcp 80,443`, `udp 53`, `icmp 8`, `tcp` for every port, `all`. Left out: all.",
  );
const assertedEnds = {
  from: oneOrMore("a name, a tag, a tier or `internet`")
    .optional()
    .describe(
      "Who begins connections: an address, a prefix, a name, an id, a tag (`Role=web`), `tier NAME`, `internet`, or `any` (also when left out).",
    ),
  to: oneOrMore("a name, a tag, a tier or `internet`").optional().describe("Who is asked: as for `from`."),
  services,
  family: z
    .union([z.literal(4), z.literal(6)], { error: "4 or 6 was expected" })
    .optional()
    .describe("One address family alone. Left out: both, as far as both ends have them."),
};
const asserted = (what: string) => keyed(what, assertedEnds).optional();

const assertionKinds = ["must", "mustNot", "exactly", "only", "defaultDeny"] as const;

const assertion = keyed("an assertion", {
  name: text("the rule in your words")
    .optional()
    .describe("The rule in your words: what a failure is told by."),
  must: asserted("must").describe("Every one of `from` reaches every one of `to` by all of the services."),
  mustNot: asserted("mustNot").describe("No one of `from` reaches any one of `to` by any of the services."),
  exactly: asserted("exactly").describe(
    "`must`, and nothing else: `from` reaches `to` by these services and by no others.",
  ),
  only: asserted("only").describe(
    "Nothing reaches `to` but `from`, and that by these services alone. It need not reach it.",
  ),
  defaultDeny: oneOrMore("a tier, a name or a tag")
    .optional()
    .describe("Each of these refuses what no rule of it allows: `defaultDeny: [tier web, tier db]`."),
}).refine((value) => assertionKinds.filter((kind) => value[kind] !== undefined).length === 1, {
  error: `an assertion says one of ${assertionKinds.join(", ")}`,
});

/** A whole `ringwall.yaml`. */
export const ringwallSchema = keyed("the file", {
  ringwall: z
    .literal(1, { error: "the version of this format, 1, was expected" })
    .describe("The version of this format: 1."),
  names: named("names", prefix)
    .optional()
    .describe("Names for addresses, to use in rules: `office: 203.0.113.0/24`."),
  networks: named("networks", network)
    .optional()
    .describe(
      "Networks (VPCs, sites), each with its prefixes. Two of them reach each other only by a peering and routes.",
    ),
  subnets: named("subnets", subnet)
    .optional()
    .describe("Subnets: the tiers. Each stands in the network whose prefix holds it."),
  hosts: named("hosts", host).optional().describe("Machines, each with its address."),
  "load-balancers": named("load-balancers", loadBalancer)
    .optional()
    .describe("Load balancers with their listeners and targets."),
  "nat-gateways": named("nat-gateways", natGateway)
    .optional()
    .describe("NAT gateways, for subnets that are not public."),
  peerings: named("peerings", peering).optional().describe("Peerings between two networks."),
  "security-groups": named("security-groups", securityGroup)
    .optional()
    .describe("Security groups: stateful, on interfaces, allow rules only, weighed together."),
  "network-acls": named("network-acls", networkAcl)
    .optional()
    .describe("Network ACLs: stateless, at a subnet's edge, numbered, the first match decides."),
  "packet-filters": named("packet-filters", packetFilter)
    .optional()
    .describe("Packet filters: ordered rules with a default, with or without memory, at a subnet's edge."),
  sources: oneOrMore("a path or pattern such as aws/*.json")
    .optional()
    .describe(
      "Other files that belong to this estate, as paths or patterns relative to this file: `aws/*.json`.",
    ),
  attach: named("attach", attachment)
    .optional()
    .describe(
      "What to add to hosts that the sources describe, by id or name: `i-0123: { firewall: db.rules }`.",
    ),
  tiers: named("tiers", tier)
    .optional()
    .describe("Tiers, outermost first: what belongs together and is kept apart from the others."),
  lint: lint.optional().describe("What `ringwall lint` looks for, and what is accepted for a while."),
  assert: z
    .array(assertion, { error: "a list of assertions was expected" })
    .optional()
    .describe("Rules of the estate's own, which `ringwall assert` proves."),
});

export type RingwallFile = z.infer<typeof ringwallSchema>;

/** The JSON Schema (draft 2020-12) that editors complete `ringwall.yaml` from. */
export function ringwallJsonSchema(): Record<string, unknown> {
  return {
    title: "Ringwall estate",
    description: "An estate drawn by hand: networks, subnets, hosts and the rings around them.",
    ...z.toJSONSchema(ringwallSchema),
  };
}
