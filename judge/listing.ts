// What the judge reads out of the kernel's listings for itself: counters of rules, and a listing without the judge's
// own table. Kept apart from our readers, which are what is being judged.

type Listed = Record<string, Record<string, unknown>>;

function itemsOf(listing: string): Listed[] {
  return (JSON.parse(listing) as { readonly nftables: Listed[] }).nftables;
}

export const ownTableName = "judge";

/** The listing of `nft -j list ruleset` as if the judge's table were not there; a line for each item. */
export function withoutOwnTable(listing: string): string {
  const others = itemsOf(listing).filter((item) =>
    Object.entries(item).every(
      ([kind, inner]) => inner[kind === "table" ? "name" : "table"] !== ownTableName,
    ),
  );
  return `{"nftables": [\n${others.map((item) => JSON.stringify(item)).join(",\n")}\n]}\n`;
}

/** Packets that each rule of each chain has counted; a rule without a counter gives 0. */
export function nftCounts(listing: string): Map<string, number[]> {
  const counts = new Map<string, number[]>();
  for (const { rule } of itemsOf(listing)) {
    if (rule === undefined || rule["table"] === ownTableName) continue;
    const statements = rule["expr"] as readonly { readonly counter?: { readonly packets: number } }[];
    const count = statements.find((statement) => statement.counter !== undefined)?.counter?.packets ?? 0;
    add(counts, String(rule["chain"]), count);
  }
  return counts;
}

/** The same from `iptables-save -c`; chains by table and name, since tables have chains of one name. */
export function iptablesCounts(listing: string): Map<string, number[]> {
  const counts = new Map<string, number[]>();
  let table = "";
  for (const line of listing.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1);
    const [, packets, chain] = /^\[(\d+):\d+\] -A (\S+)/.exec(line) ?? [];
    if (packets !== undefined && chain !== undefined) add(counts, `${table} ${chain}`, Number(packets));
  }
  return counts;
}

function add(counts: Map<string, number[]>, chain: string, count: number): void {
  const before = counts.get(chain);
  if (before === undefined) counts.set(chain, [count]);
  else before.push(count);
}
