// What a rule line is made of once its words are sorted: base tests, match modules with their options, a target. And
// what a module has to give so that its words can be sorted and lowered. Types, and the few questions asked of them.
import type { Family } from "../../packet/address.ts";
import { Problem, type Origin, type ProblemCode, type Unknown } from "../../problem.ts";
import type { Hook } from "../../layers/host/model.ts";
import type { Match } from "../../rules/match.ts";
import type { Action } from "../../rules/rule.ts";
import type { IpSet } from "./ipset.ts";
import type { RuleLine } from "./scan.ts";

/** An option's number of values; a string names the option that it is another spelling of. */
export type OptionTable = Readonly<Record<string, number | string>>;

export interface OptionUse {
  /** The module's first spelling of it; the word as written where no module has it. */
  readonly name: string;
  readonly values: readonly string[];
  readonly negated: boolean;
  /** The module or target that it was given to. */
  readonly of: string;
}

export interface ModuleUse {
  readonly name: string;
  readonly options: OptionUse[];
  /** Options that the module does not have, as far as Ringwall knows it. */
  readonly strays: OptionUse[];
}

export interface TargetUse extends ModuleUse {
  /** `-g`: what the chain returns goes to the caller's caller. */
  readonly goto: boolean;
}

export interface Word {
  readonly text: string;
  readonly negated: boolean;
}

/** One rule, its words sorted. */
export interface RuleSpec {
  readonly line: RuleLine;
  source?: Word;
  destination?: Word;
  inInterface?: Word;
  outInterface?: Word;
  protocol?: Word;
  fragment?: Word;
  counters?: { readonly packets: number; readonly bytes: number };
  /** `-4` or `-6`: the other family's iptables-restore leaves the line out. */
  family?: Family;
  readonly modules: ModuleUse[];
  target?: TargetUse;
}

/** Everything that a module's lowering may look at besides its own words. */
export interface RuleContext {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly line: RuleLine;
  readonly origin: Origin;
  /** The number after `-p`; absent without it, and where it is negated. */
  readonly protocol: number | undefined;
  readonly sets: ReadonlyMap<string, IpSet>;
  readonly dump: DumpFacts;
  readonly unknowns: Unknown[];
}

/** What holds for all tables of one family together, and changes what a rule means; found out when it is asked for. */
export interface DumpFacts {
  /** Fields that some rule rewrites: a later test on them can't be known. Field → that rule. */
  readonly rewritten: ReadonlyMap<string, Origin>;
  /** Whether any rule asks for a connection's state. */
  readonly tracksState: boolean;
  /** Address tests by their text: the same few addresses stand in thousands of rules. */
  readonly addressTests: Readonly<Record<"source" | "destination", Map<string, Match>>>;
  /** The hooks from which a table's chain is reached. */
  readonly hooksOf: (table: string, chain: string) => ReadonlySet<Hook>;
}

export interface MatchModule {
  readonly options: OptionTable;
  readonly lower: (use: ModuleUse, rule: RuleContext) => Match;
}

export interface TargetModule {
  readonly options: OptionTable;
  /** The only tables that the kernel has it in. */
  readonly tables?: readonly string[];
  readonly lower: (use: TargetUse, rule: RuleContext) => readonly Action[];
}

export function option(use: ModuleUse, name: string): OptionUse | undefined {
  return use.options.find((one) => one.name === name);
}

/** The option's only value, or its nth. */
export function valueOf(use: ModuleUse, name: string): string | undefined {
  return option(use, name)?.values[0];
}

/** A problem of a rule, at the column where the word stands. */
export function ruleProblem(
  rule: { readonly line: RuleLine; readonly origin: Origin },
  code: ProblemCode,
  message: string,
  about: { readonly word?: string; readonly remedy?: string } = {},
): Problem {
  const at = about.word === undefined ? -1 : rule.line.text.indexOf(about.word);
  return new Problem(code, message, {
    origin: { ...rule.origin, column: rule.line.column + Math.max(at, 0) },
    ...(about.remedy === undefined ? {} : { remedy: about.remedy }),
  });
}

/** A value that its option can't have. */
export function badValue(rule: RuleContext, used: OptionUse, expected: string): Problem {
  const word = used.values.join(" ");
  return ruleProblem(rule, "meaning", `${used.name} takes ${expected}, not “${word}”`, { word });
}

/** The words of an option, for people. */
export function optionText(used: OptionUse): string {
  const values = used.values.map((value) => (/^[^\s"]+$/.test(value) ? value : `"${value}"`));
  return [...(used.negated ? ["!"] : []), used.name, ...values].join(" ");
}

/** The words of a single test, for people: `-m mac --mac-source 02:00:5e:10:00:01`. */
export function testText(used: OptionUse): string {
  return `-m ${used.of} ${optionText(used)}`;
}

/** The words of a module, for people: `-m limit --limit 3/min`. */
export function moduleText(use: ModuleUse, flag = "-m"): string {
  return [flag, use.name, ...[...use.options, ...use.strays].map(optionText)].join(" ");
}

/**
 * A test that no dump can decide. It is listed as an unknown, and the rule carries it so that answers hang on it.
 * `on` says in plain words on what, so that it reads after “depends on”.
 */
export function undecidable(rule: RuleContext, words: string, on: string): Match {
  rule.unknowns.push({
    origin: rule.origin,
    what: words,
    effect: `matched or not can't be known from a dump: it depends on ${on}`,
  });
  return { kind: "unknown", what: `${on} (${words})`, origin: rule.origin };
}

/**
 * An option table from its short notation: spellings joined by commas, the first is the one used here, then the
 * number of values.
 *
 * @example optionTable("--sport,--source-port:1 --tcp-flags:2 --syn:0")
 */
export function optionTable(notation: string): OptionTable {
  const table: Record<string, number | string> = {};
  for (const entry of notation.split(" ")) {
    const [names = "", values = "0"] = entry.split(":");
    const [first = "", ...others] = names.split(",");
    table[first] = Number(values);
    for (const other of others) table[other] = first;
  }
  return table;
}
