// What no single rule of a dump shows, and few ask for: fields that some rule rewrites, whether connection state matters
// at all, from which hooks a chain is reached. Found out by a second look at all rules, when first asked for.
import type { Hook } from "../../layers/host/model.ts";
import type { Family } from "../../packet/address.ts";
import type { Origin } from "../../problem.ts";
import type { Match } from "../../rules/match.ts";
import type { DumpFacts, RuleSpec } from "./grammar.ts";
import { hooksOfChains, type Jump } from "./jumps.ts";
import type { ChainBlock, TableBlock } from "./scan.ts";
import { sortWords } from "./sort-words.ts";

/** A table of the dump with its family. */
export interface FamilyTable {
  readonly block: TableBlock;
  readonly family: Family;
  readonly file: string;
}

interface SortedRule {
  readonly spec: RuleSpec;
  readonly origin: Origin;
}

function* rulesOfChain(table: FamilyTable, chain: ChainBlock): Generator<SortedRule> {
  for (const line of chain.rules) {
    const origin = { file: table.file, line: line.number, id: `${table.block.name} ${chain.name}` };
    const spec = sortWords(line, origin);
    if (spec.family === undefined || spec.family === table.family) yield { spec, origin };
  }
}

const rewriters: ReadonlyMap<string, string> = new Map([
  ["TTL", "ttl"],
  ["HL", "ttl"],
  ["TOS", "dscp"],
  ["DSCP", "dscp"],
]);

/** The facts of one family's tables. */
export class Survey implements DumpFacts {
  readonly addressTests = { source: new Map<string, Match>(), destination: new Map<string, Match>() };
  readonly #tables: readonly FamilyTable[];
  readonly #hooks = new Map<string, ReadonlyMap<string, ReadonlySet<Hook>>>();
  #found: Pick<DumpFacts, "rewritten" | "tracksState"> | undefined;

  constructor(tables: readonly FamilyTable[]) {
    this.#tables = tables;
  }

  get rewritten(): ReadonlyMap<string, Origin> {
    return this.#look().rewritten;
  }

  get tracksState(): boolean {
    return this.#look().tracksState;
  }

  hooksOf(table: string, chain: string): ReadonlySet<Hook> {
    const known = this.#hooks.get(table) ?? this.#reach(table);
    this.#hooks.set(table, known);
    return known.get(chain) ?? new Set();
  }

  #reach(name: string): ReadonlyMap<string, ReadonlySet<Hook>> {
    const jumps = new Map<string, Jump[]>();
    for (const table of this.#tables.filter(({ block }) => block.name === name)) {
      for (const chain of table.block.chains.values()) {
        const targets = [...rulesOfChain(table, chain)].map(({ spec, origin }) => ({
          to: spec.target?.name ?? "",
          origin,
        }));
        jumps.set(
          chain.name,
          targets.filter(({ to }) => table.block.chains.has(to)),
        );
      }
    }
    return hooksOfChains(name, jumps);
  }

  #look(): Pick<DumpFacts, "rewritten" | "tracksState"> {
    this.#found ??= look(this.#tables);
    return this.#found;
  }
}

function look(tables: readonly FamilyTable[]): Pick<DumpFacts, "rewritten" | "tracksState"> {
  const rewritten = new Map<string, Origin>();
  let tracksState = false;
  for (const table of tables) {
    for (const chain of table.block.chains.values()) {
      for (const { spec, origin } of rulesOfChain(table, chain)) {
        tracksState ||= spec.modules.some((use) => /^(?:state|conntrack|connmark)$/.test(use.name));
        const field = spec.target?.goto === false ? rewriters.get(spec.target.name) : undefined;
        if (field !== undefined && !rewritten.has(field)) rewritten.set(field, origin);
      }
    }
  }
  return { rewritten, tracksState };
}
