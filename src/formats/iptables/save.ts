// Reads one iptables-save or ip6tables-save dump into tables. Words and their meaning are sorted out elsewhere; here
// rules get their numbers, chains their policies, and what a whole dump has to hold is checked.
import type { Table } from "../../layers/host/model.ts";
import type { Family } from "../../packet/address.ts";
import type { Origin, Unknown } from "../../problem.ts";
import { always } from "../../rules/match.ts";
import type { Chain, Rule } from "../../rules/rule.ts";
import type { SourceFile } from "../reader.ts";
import { familiesOfTables } from "./family.ts";
import type { DumpFacts } from "./grammar.ts";
import type { IpSet } from "./ipset.ts";
import { refuseCircles, type Jump } from "./jumps.ts";
import { RuleLowering } from "./lower-rules.ts";
import { scanSave, type ChainBlock, type TableBlock } from "./scan.ts";
import { Survey, type FamilyTable } from "./survey.ts";
import { baseOf, tableBases } from "./tables.ts";

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

/**
 * @throws Problem with file, line and column for what iptables-restore would refuse
 * @example parseIptablesSave({ path: "rules.v4", text }).tables.find((table) => table.name === "filter")
 */
export function parseIptablesSave(file: SourceFile, options: SaveOptions = {}): SavedTables {
  const blocks = scanSave(file);
  const families = familiesOfTables(file, blocks);
  const tables = blocks.map((block, at): FamilyTable => {
    return { block, family: options.family ?? families[at] ?? 4, file: file.path };
  });
  const survey = (family: Family): Survey => new Survey(tables.filter((table) => table.family === family));
  const surveys = { 4: survey(4), 6: survey(6) };
  const unknowns: Unknown[] = legacyWarnings(file, blocks);
  const sets = options.sets ?? new Map<string, IpSet>();
  return {
    tables: tables.map((table) => lowerTable(table, surveys[table.family], sets, unknowns)),
    unknowns,
  };
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

function lowerTable(
  table: FamilyTable,
  dump: DumpFacts,
  sets: ReadonlyMap<string, IpSet>,
  unknowns: Unknown[],
): Table {
  const { block, family } = table;
  const lowering = new RuleLowering(table, { sets, dump, unknowns });
  const chains = new Map<string, Chain>();
  for (const chain of block.chains.values()) {
    chains.set(chain.name, lowerChain(table, chain, lowering.rulesOf(chain), unknowns));
  }
  refuseCircles(block.name, jumpsOf(chains));
  return {
    engine: "iptables",
    family: family === 4 ? "ip" : "ip6",
    name: block.name,
    chains,
    bases: (tableBases.get(block.name) ?? []).filter((base) => chains.has(base.chain)),
    origin: { file: table.file, line: block.line, id: block.name },
  };
}

function jumpsOf(chains: ReadonlyMap<string, Chain>): Map<string, Jump[]> {
  const jumps = new Map<string, Jump[]>();
  for (const { name, rules } of chains.values()) {
    const own: Jump[] = [];
    for (const { actions, origin } of rules) {
      const [action] = actions;
      if (action?.kind === "jump" || action?.kind === "goto") own.push({ to: action.chain, origin });
    }
    jumps.set(name, own);
  }
  return jumps;
}

function lowerChain(
  table: FamilyTable,
  chain: ChainBlock,
  rules: readonly Rule[],
  unknowns: Unknown[],
): Chain {
  const { block } = table;
  const origin: Origin = { file: table.file, line: chain.line, id: `${block.name} ${chain.name}` };
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
