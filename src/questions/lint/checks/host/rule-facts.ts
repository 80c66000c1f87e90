// What is proved of the rules of a host's filtering chains, over all base chains that lead to them: a rule that one of them
// reaches is reached. Judges nothing.
import type { HostFirewall, Table } from "../../../../layers/host/model.ts";
import type { Family } from "../../../../packet/address.ts";
import { coverage, type RuleFact } from "../../../../rules/coverage/coverage.ts";
import type { Chain, Rule } from "../../../../rules/rule.ts";
import { editHostChain, inTurn, withoutRule } from "../../edits.ts";
import type { Edit } from "../../model.ts";
import type { Guarded } from "./gates.ts";

export interface TableFacts {
  readonly table: Table;
  /** Facts of every base chain, one after the other. */
  readonly facts: readonly RuleFact[];
  /** Of these rules every base chain that leads to them says the same, or nothing leads to them. */
  readonly everywhere: <K extends RuleFact["kind"]>(kind: K) => readonly Extract<RuleFact, { kind: K }>[];
}

const kept = new WeakMap<HostFirewall, readonly TableFacts[]>();

/** By table; the chains that translate addresses are left out, since only a connection's first packet sees them. */
export function tableFacts(firewall: HostFirewall): readonly TableFacts[] {
  const before = kept.get(firewall);
  if (before !== undefined) return before;
  const made = firewall.tables.map((table): TableFacts => {
    const bases = table.bases.filter((base) => base.type !== "nat");
    const lists = bases.flatMap((base) => {
      const chain = table.chains.get(base.chain);
      return chain === undefined ? [] : [coverage(chain, table.chains, { families: familiesOf(table) })];
    });
    return { table, facts: lists.flat(), everywhere: (kind) => agreed(lists, kind) };
  });
  kept.set(firewall, made);
  return made;
}

function familiesOf({ family }: Table): readonly Family[] {
  return family === "inet" ? [4, 6] : family === "ip" ? [4] : [6];
}

function agreed<K extends RuleFact["kind"]>(
  lists: readonly (readonly RuleFact[])[],
  kind: K,
): readonly Extract<RuleFact, { kind: K }>[] {
  const isOfKind = (fact: RuleFact): fact is Extract<RuleFact, { kind: K }> => fact.kind === kind;
  const whole = new Map<Rule, Extract<RuleFact, { kind: K }>>();
  const otherwise = new Set<Rule>();
  for (const facts of lists) {
    const own = new Map(facts.filter(isOfKind).map((fact) => [fact.rule, fact]));
    for (const { rule } of facts) if (!own.has(rule)) otherwise.add(rule);
    for (const [rule, fact] of own) whole.set(rule, fact);
  }
  return [...whole.values()].filter(({ rule }) => !otherwise.has(rule));
}

/** The chain in which a rule is written; undefined for a policy. */
export function chainOf(table: Table, rule: Rule): Chain | undefined {
  return [...table.chains.values()].find((chain) => chain.rules.includes(rule));
}

export function removeRules({ host }: Guarded, table: Table, rules: readonly Rule[]): Edit {
  return inTurn(
    ...rules.map((rule) =>
      editHostChain(host.id, table, chainOf(table, rule)?.name ?? "", withoutRule(rule)),
    ),
  );
}

/** `INPUT`, `ip6 INPUT`, `inet fw input`: what tells a chain of a host from others. */
export function chainName(table: Table, chain: string): string {
  const family = table.family === "ip6" ? "ip6 " : "";
  if (table.engine === "nftables") return `${table.family} ${table.name} ${chain}`;
  return table.name === "filter" ? `${family}${chain}` : `${family}${table.name} ${chain}`;
}
