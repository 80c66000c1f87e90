// A generated rule set: text in a vendor's language, kept as pieces so that a failing one can shrink, each piece with
// the features that it uses so that hits can be counted.

const headers = ["prefix", "negation", "address range", "address mask", "port", "port range"] as const;
const transport = ["source port", "multiport", "protocol", "tcp flags", "icmp type", "ipv6"] as const;
const fields = ["fragment", "length", "ttl", "dscp", "packet type", "address type", "mac"] as const;
const interfaces = ["in interface", "out interface", "interface wildcard", "to the gateway"] as const;
const chains = ["jump", "goto", "return", "nested 3 deep", "nested 6 deep", "several base chains"] as const;
const ends = ["policy accept", "policy drop", "reject", "log"] as const;
const marks = ["mark", "set mark", "connection mark", "save mark", "restore mark"] as const;
const sets = ["anonymous set", "named set", "interval set", "concatenation"] as const;
const maps = ["verdict map", "named verdict map", "ipset", "ipset pair", "ipset net"] as const;
const states = [
  "state new",
  "state established",
  "state related",
  "state invalid",
  "state untracked",
] as const;
const tracking = ["ct direction", "ct status", "ct original", "notrack"] as const;
const nat = ["dnat", "dnat port", "snat", "masquerade", "redirect", "netmap", "nat map"] as const;

/** What the judge claims to have covered. Every one must have decided at least one packet in the test. */
export const features = [
  ...headers,
  ...transport,
  ...fields,
  ...interfaces,
  ...chains,
  ...ends,
  ...marks,
  ...sets,
  ...maps,
  ...states,
  ...tracking,
  ...nat,
] as const;
export type Feature = (typeof features)[number];

export interface Piece {
  readonly text: string;
  readonly features: readonly Feature[];
}

export interface GeneratedChain {
  readonly name: string;
  /** nft: type, hook, priority and policy; iptables: the policy. Absent for a chain that is jumped to. */
  readonly base?: string;
  readonly rules: readonly Piece[];
}

export interface GeneratedTable {
  /** `inet filter` in nft, `filter` in iptables. */
  readonly name: string;
  /** nft's named sets and maps. */
  readonly sets: readonly Piece[];
  readonly chains: readonly GeneratedChain[];
}

export type Language = "nft" | "iptables" | "ip6tables";

export interface RuleSet {
  readonly language: Language;
  /** Lines of `ipset save`. */
  readonly ipsets: readonly string[];
  readonly tables: readonly GeneratedTable[];
}

/** The whole rule set as its program reads it (`nft -f`, `iptables-restore`). */
export function render({ language, tables }: RuleSet): string {
  return `${tables.map(language === "nft" ? nftTable : iptablesTable).join("\n")}\n`;
}

function nftTable({ name, sets, chains }: GeneratedTable): string {
  const blocks = chains.map((chain) =>
    [
      `  chain ${chain.name} {`,
      ...(chain.base === undefined ? [] : [`    ${chain.base}`]),
      ...chain.rules.map((rule) => `    ${rule.text}`),
      "  }",
    ].join("\n"),
  );
  // Chains are declared before sets: a verdict map may jump to one.
  const declared = chains
    .filter((chain) => chain.base === undefined)
    .map((chain) => `add chain ${name} ${chain.name}`);
  return [
    `add table ${name}`,
    ...declared,
    `table ${name} {`,
    ...sets.map((set) => `  ${set.text}`),
    ...blocks,
    "}",
  ].join("\n");
}

function iptablesTable({ name, chains }: GeneratedTable): string {
  return [
    `*${name}`,
    ...chains.map((chain) => `:${chain.name} ${chain.base ?? "-"} [0:0]`),
    ...chains.flatMap((chain) => chain.rules.map((rule) => `-A ${chain.name} ${rule.text}`)),
    "COMMIT",
  ].join("\n");
}

export function countRules({ tables }: RuleSet): number {
  return tables.reduce(
    (sum, table) => sum + table.chains.reduce((inner, chain) => inner + chain.rules.length, 0),
    0,
  );
}
