// Reads one iptables-save or ip6tables-save dump into tables. Words and their meaning are sorted out elsewhere; here
// rules get their numbers, chains their policies, and what a whole dump has to hold is checked.
import type { Table } from "../../layers/host/model.ts";
import type { Family } from "../../packet/address.ts";
import type { Origin, Unknown } from "../../problem.ts";
import { all, always } from "../../rules/match.ts";
import type { Chain, Rule } from "../../rules/rule.ts";
import type { SourceFile } from "../reader.ts";
import { familiesOfTables } from "./family.ts";
import type { DumpFacts, RuleContext, RuleSpec } from "./grammar.ts";
import type { IpSet } from "./ipset.ts";
import { hooksOfChains, refuseCircles, type Jump } from "./jumps.ts";
import { baseTests, rulesOfLine } from "./matches/base.ts";
import { lowerModule } from "./matches/modules.ts";
import { scanSave, type ChainBlock, type TableBlock } from "./scan.ts";
import { sortWords } from "./sort-words.ts";
import { baseOf, tableBases } from "./tables.ts";
import { lowerTarget } from "./targets/modules.ts";
import { parseRuleProtocol } from "./values.ts";

export interface SaveOptions {
  /** For a file whose family is known from elsewhere; otherwise family.ts decides. */
  readonly family?: Family;
  /** What `ipset save` listed on the same host. */
  readonly sets?: ReadonlyMap<string, IpSet>;
}

export interface SavedTables {
  readonly tables: readonly Table[];
  readonly unknowns: readonly Unknown[];
}

interface SortedRule {
  readonly spec: RuleSpec;
  readonly origin: Origin;
}

interface SortedTable {
  readonly block: TableBlock;
  readonly family: Family;
  readonly origin: Origin;
  readonly rules: ReadonlyMap<string, readonly SortedRule[]>;
}

/**
 * @throws Problem with file, line and column for what iptables-restore would refuse
 * @example parseIptablesSave({ path: "rules.v4", text }).tables.find((table) => table.name === "filter")
 */
export function parseIptablesSave(file: SourceFile, options: SaveOptions = {}): SavedTables {
  const blocks = scanSave(file);
  const families = familiesOfTables(file, blocks);
  const sorted = blocks.map((block, at) => sortTable(file, block, options.family ?? families[at] ?? 4));
  const unknowns: Unknown[] = legacyWarnings(file, blocks);
  const facts = new Map(([4, 6] as const).map((family) => [family, factsOf(sorted, family)]));
  const tables = sorted.map((table) => {
    const own = facts.get(table.family) ?? factsOf(sorted, table.family);
    return lowerTable(table, own, options.sets ?? new Map(), unknowns);
  });
  return { tables, unknowns };
}

/** iptables of nftables says so when the old tables hold rules too, which its dump does not show. */
function legacyWarnings(file: SourceFile, blocks: readonly TableBlock[]): Unknown[] {
  return blocks
    .flatMap((block) => block.comments)
    .filter((comment) => /^#\s*Warning: ip6?tables-legacy tables present/i.test(comment.text))
    .map((comment) => ({
      origin: { file: file.path, line: comment.number },
      what: comment.text,
      effect: "the rules of the legacy tables are not in this dump: answers leave them out",
    }));
}

function sortTable(file: SourceFile, block: TableBlock, family: Family): SortedTable {
  const rules = new Map<string, SortedRule[]>();
  for (const chain of block.chains.values()) rules.set(chain.name, sortChain(file, block, chain, family));
  return { block, family, origin: { file: file.path, line: block.line, id: block.name }, rules };
}

/** Numbers rules as `iptables -L --line-numbers` does, where a line with several addresses counts for each. */
function sortChain(file: SourceFile, block: TableBlock, chain: ChainBlock, family: Family): SortedRule[] {
  const sorted: SortedRule[] = [];
  let number = 1;
  for (const line of chain.rules) {
    const origin = { file: file.path, line: line.number, id: `${block.name} ${chain.name} ${number}` };
    const spec = sortWords(line, origin);
    if (spec.family !== undefined && spec.family !== family) continue;
    sorted.push({ spec, origin });
    number += rulesOfLine(spec);
  }
  return sorted;
}

type FamilyFacts = Omit<DumpFacts, "hooksOf">;

const rewriters: ReadonlyMap<string, string> = new Map([
  ["TTL", "ttl"],
  ["HL", "ttl"],
  ["TOS", "dscp"],
  ["DSCP", "dscp"],
]);

/** What no single rule shows: fields that some rule rewrites, and whether connection state matters at all. */
function factsOf(tables: readonly SortedTable[], family: Family): FamilyFacts {
  const rewritten = new Map<string, Origin>();
  let tracksState = false;
  for (const table of tables) {
    if (table.family !== family) continue;
    for (const { spec, origin } of [...table.rules.values()].flat()) {
      tracksState ||= spec.modules.some((use) => /^(?:state|conntrack|connmark)$/.test(use.name));
      const field =
        spec.target === undefined || spec.target.goto ? undefined : rewriters.get(spec.target.name);
      if (field !== undefined && !rewritten.has(field)) rewritten.set(field, origin);
    }
  }
  return { rewritten, tracksState, addressTests: new Map() };
}

function lowerTable(
  table: SortedTable,
  facts: FamilyFacts,
  sets: ReadonlyMap<string, IpSet>,
  unknowns: Unknown[],
): Table {
  const { block, family } = table;
  const jumps = jumpsOf(table);
  refuseCircles(block.name, jumps);
  const hooks = hooksOfChains(block.name, jumps);
  const dump: DumpFacts = { ...facts, hooksOf: (chain) => hooks.get(chain) ?? new Set() };
  const chains = new Map<string, Chain>();
  for (const chain of block.chains.values()) {
    const rules = (table.rules.get(chain.name) ?? []).map(({ spec, origin }) =>
      lowerRule(spec, block, {
        family,
        table: block.name,
        chain: chain.name,
        line: spec.line,
        origin,
        protocol: positiveProtocol(spec),
        sets,
        dump,
        unknowns,
      }),
    );
    chains.set(chain.name, lowerChain(table, chain, rules, unknowns));
  }
  return {
    engine: "iptables",
    family: family === 4 ? "ip" : "ip6",
    name: block.name,
    chains,
    bases: (tableBases.get(block.name) ?? []).filter((base) => chains.has(base.chain)),
    origin: table.origin,
  };
}

function jumpsOf(table: SortedTable): Map<string, Jump[]> {
  const jumps = new Map<string, Jump[]>();
  for (const [chain, rules] of table.rules) {
    jumps.set(
      chain,
      rules.flatMap(({ spec, origin }) =>
        spec.target !== undefined && table.block.chains.has(spec.target.name)
          ? [{ to: spec.target.name, origin }]
          : [],
      ),
    );
  }
  return jumps;
}

function positiveProtocol(spec: RuleSpec): number | undefined {
  if (spec.protocol === undefined || spec.protocol.negated) return undefined;
  const number = parseRuleProtocol(spec.protocol.text);
  return number === 0 ? undefined : number;
}

function lowerRule(spec: RuleSpec, block: TableBlock, context: RuleContext): Rule {
  const counters = spec.counters ?? spec.line.counters;
  return {
    match: all(...baseTests(spec, context), ...spec.modules.map((use) => lowerModule(use, context))),
    actions: lowerTarget(spec.target, context, block.chains),
    origin: context.origin,
    text: spec.line.text,
    ...(counters === undefined ? {} : { counters }),
  };
}

function lowerChain(
  table: SortedTable,
  chain: ChainBlock,
  rules: readonly Rule[],
  unknowns: Unknown[],
): Chain {
  const { block } = table;
  const origin: Origin = { file: table.origin.file, line: chain.line, id: `${block.name} ${chain.name}` };
  if (baseOf(block.name, chain.name) === undefined) return { name: chain.name, rules, origin };
  if (chain.policy === undefined) {
    unknowns.push({
      origin,
      what: `chain ${chain.name} of table ${block.name} states no policy`,
      effect: "taken as ACCEPT, which is what the kernel starts with",
    });
  }
  const name = chain.policy ?? "ACCEPT";
  const policy: Rule = {
    match: always,
    actions: [{ kind: name === "DROP" ? "drop" : "accept" }],
    origin: { ...origin, id: `${origin.id} policy` },
    text: `policy ${name} of chain ${chain.name}`,
    ...(chain.counters === undefined ? {} : { counters: chain.counters }),
  };
  return { name: chain.name, rules, policy, origin };
}
