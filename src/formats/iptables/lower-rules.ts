// Lowers a table's rules. In a large dump the same few endings stand behind thousands of addresses: an ending that was
// lowered before is not lowered again, and its tests and actions are shared. What comes out is the same either way.
import { all, always, type Match } from "../../rules/match.ts";
import type { Action, Rule } from "../../rules/rule.ts";
import type { Origin, Unknown } from "../../problem.ts";
import type { DumpFacts, RuleContext, RuleSpec, Word } from "./grammar.ts";
import type { IpSet } from "./ipset.ts";
import { addressTest, baseTests, rulesOfLine } from "./matches/base.ts";
import { lowerModule } from "./matches/modules.ts";
import type { ChainBlock, RuleLine } from "./scan.ts";
import { sortWords } from "./sort-words.ts";
import type { FamilyTable } from "./survey.ts";
import { baseOf } from "./tables.ts";
import { lowerTarget } from "./targets/modules.ts";
import { parseRuleProtocol } from "./values.ts";

/** What stands behind a rule's addresses, lowered. Its unknowns are those of the first rule that had it. */
interface Ending {
  readonly tests: readonly Match[];
  readonly actions: readonly Action[];
  readonly unknowns: readonly Unknown[];
}

interface Head {
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly ending: string;
}

/** One address, one prefix, no negation: what iptables-save writes in front of everything else. */
const headPattern = /^-A \S+(?: -s ([\da-fA-F.:/]+))?(?: -d ([\da-fA-F.:/]+))?(?= |$)/;

export class RuleLowering {
  readonly #table: FamilyTable;
  readonly #about: Pick<RuleContext, "sets" | "dump" | "unknowns">;
  readonly #endings = new Map<string, Ending>();

  constructor(
    table: FamilyTable,
    about: {
      readonly sets: ReadonlyMap<string, IpSet>;
      readonly dump: DumpFacts;
      readonly unknowns: Unknown[];
    },
  ) {
    this.#table = table;
    this.#about = about;
  }

  /** Numbers rules as `iptables -L --line-numbers` does, where a line with several addresses counts for each. */
  rulesOf(chain: ChainBlock): Rule[] {
    const { block, file } = this.#table;
    const rules: Rule[] = [];
    let number = 1;
    for (const line of chain.rules) {
      const origin = { file, line: line.number, id: `${block.name} ${chain.name} ${number}` };
      const head = headOf(line);
      const known = head && this.#endings.get(this.#key(chain, head.ending));
      if (head !== undefined && known !== undefined) {
        rules.push(this.#again(line, origin, chain, head, known));
        number += 1;
        continue;
      }
      const spec = sortWords(line, origin);
      if (spec.family !== undefined && spec.family !== this.#table.family) continue;
      rules.push(this.#first(spec, origin, chain, head));
      number += rulesOfLine(spec);
    }
    return rules;
  }

  /** Base chains refuse some interfaces, so what stands in one of them is a matter of its own. */
  #key(chain: ChainBlock, ending: string): string {
    return baseOf(this.#table.block.name, chain.name) === undefined ? ending : `${chain.name}${ending}`;
  }

  #context(line: RuleLine, origin: Origin, chain: ChainBlock, protocol: number | undefined): RuleContext {
    const { sets, dump, unknowns } = this.#about;
    const { family, block } = this.#table;
    return { family, table: block.name, chain: chain.name, line, origin, protocol, sets, dump, unknowns };
  }

  #first(spec: RuleSpec, origin: Origin, chain: ChainBlock, head: Head | undefined): Rule {
    const context = this.#context(spec.line, origin, chain, positiveProtocol(spec));
    const { unknowns } = this.#about;
    const addresses = addressTests(context, spec.source, spec.destination);
    const before = unknowns.length;
    const tests = baseTests(spec, context);
    for (const use of spec.modules) tests.push(lowerModule(use, context));
    const actions = lowerTarget(spec.target, context, this.#table.block.chains);
    const ending = { tests, actions, unknowns: unknowns.slice(before) };
    if (head !== undefined && isRepeatable(spec, head, ending)) {
      this.#endings.set(this.#key(chain, head.ending), ending);
    }
    return ruleOf(spec.line, origin, [...addresses, ...tests], actions, spec.counters ?? spec.line.counters);
  }

  #again(line: RuleLine, origin: Origin, chain: ChainBlock, head: Head, ending: Ending): Rule {
    const context = this.#context(line, origin, chain, undefined);
    const tests = addressTests(context, wordOf(head.source), wordOf(head.destination));
    for (const test of ending.tests) tests.push(test.kind === "unknown" ? { ...test, origin } : test);
    for (const unknown of ending.unknowns) this.#about.unknowns.push({ ...unknown, origin });
    return ruleOf(line, origin, tests, ending.actions, line.counters);
  }
}

function headOf(line: RuleLine): Head | undefined {
  const found = headPattern.exec(line.text);
  if (found === null) return undefined;
  return { source: found[1], destination: found[2], ending: line.text.slice(found[0].length) };
}

function wordOf(text: string | undefined): Word | undefined {
  return text === undefined ? undefined : { text, negated: false };
}

/**
 * Whether the ending means the same behind other addresses, and for another rule: it names no address of its own, its
 * unknowns are whole tests, and its target asks nothing of the chain.
 */
function isRepeatable(spec: RuleSpec, head: Head, { tests, actions, unknowns }: Ending): boolean {
  return (
    (spec.source === undefined) === (head.source === undefined) &&
    (spec.destination === undefined) === (head.destination === undefined) &&
    spec.counters === undefined &&
    spec.family === undefined &&
    tests.filter((test) => test.kind === "unknown").length === unknowns.length &&
    actions.every((action) => action.kind !== "netmap" && action.kind !== "unknown")
  );
}

function addressTests(
  context: RuleContext,
  source: Word | undefined,
  destination: Word | undefined,
): Match[] {
  const tests: Match[] = [];
  if (source !== undefined) tests.push(addressTest(context, "source", "-s", source));
  if (destination !== undefined) tests.push(addressTest(context, "destination", "-d", destination));
  return tests;
}

function positiveProtocol(spec: RuleSpec): number | undefined {
  if (spec.protocol === undefined || spec.protocol.negated) return undefined;
  const number = parseRuleProtocol(spec.protocol.text);
  return number === 0 ? undefined : number;
}

function ruleOf(
  line: RuleLine,
  origin: Origin,
  tests: readonly Match[],
  actions: readonly Action[],
  counters: Rule["counters"],
): Rule {
  const rule = { match: conjunction(tests), actions, origin, text: line.text };
  return counters === undefined ? rule : { ...rule, counters };
}

/** As `all`, without its work where there is nothing to flatten: nearly always. */
function conjunction(tests: readonly Match[]): Match {
  if (tests.length === 0) return always;
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return only;
  return tests.some(isFlattened) ? all(...tests) : { kind: "all", of: tests };
}

function isFlattened({ kind }: Match): boolean {
  return kind === "all" || kind === "always" || kind === "never";
}
