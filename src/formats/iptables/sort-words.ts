// Sorts the words of one rule: which are base tests, which belong to which module, which to the target. Both the old
// place of the exclamation mark (`-s ! 10.0.0.1`, iptables before 1.4.3) and the new one are read.
import type { Origin } from "../../problem.ts";
import type { ModuleUse, OptionTable, RuleSpec, TargetUse, Word } from "./grammar.ts";
import { ruleProblem } from "./grammar.ts";
import { implicitModule, matchModules } from "./matches/modules.ts";
import type { RuleLine } from "./scan.ts";
import { targetModules } from "./targets/modules.ts";
import { parseRuleProtocol } from "./values.ts";
import { splitWords } from "./words.ts";

type BaseTest = "source" | "destination" | "inInterface" | "outInterface" | "protocol";
const baseTests: ReadonlyMap<string, BaseTest> = new Map([
  ["-s", "source"],
  ["--source", "source"],
  ["--src", "source"],
  ["-d", "destination"],
  ["--destination", "destination"],
  ["--dst", "destination"],
  ["-i", "inInterface"],
  ["--in-interface", "inInterface"],
  ["-o", "outInterface"],
  ["--out-interface", "outInterface"],
  ["-p", "protocol"],
  ["--protocol", "protocol"],
  ["--proto", "protocol"],
]);
/** @throws Problem `syntax` for words that no rule has: doubled tests, values missing, options without a module */
export function sortWords(line: RuleLine, origin: Origin): RuleSpec {
  return new Sorting(line, origin).run();
}

interface Owner {
  readonly use: ModuleUse;
  /** Undefined: a module that Ringwall does not know, which takes whatever follows. */
  readonly table: OptionTable | undefined;
}

class Sorting {
  private readonly spec: RuleSpec;
  private readonly origin: Origin;
  private readonly words: readonly string[];
  private readonly quoted: ReadonlySet<number>;
  /** Modules and target, the latest last: an option goes to the latest that has it. */
  private readonly owners: Owner[] = [];
  private at: number;
  private negated = false;

  constructor(line: RuleLine, origin: Origin) {
    this.spec = { line, modules: [] };
    this.origin = origin;
    const { words, quoted } = splitWords(line.text, { ...origin, column: line.column });
    this.words = words;
    this.quoted = quoted;
    this.at = line.from;
  }

  run(): RuleSpec {
    while (this.at < this.words.length) {
      const word = this.words[this.at] ?? "";
      if (this.isBang(this.at)) {
        if (this.negated) throw this.problem("two exclamation marks stand together", "!");
        this.negated = true;
        this.at += 1;
        continue;
      }
      if (!word.startsWith("-") || word === "-" || this.quoted.has(this.at)) {
        throw this.problem(`“${word}” stands where an option was expected`, word);
      }
      this.at += 1;
      this.option(word);
      this.negated = false;
    }
    if (this.negated) throw this.problem("the exclamation mark has nothing to negate", "!");
    return this.spec;
  }

  private isBang(at: number): boolean {
    return this.words[at] === "!" && !this.quoted.has(at);
  }

  private problem(message: string, word?: string, remedy?: string): Error {
    return ruleProblem({ line: this.spec.line, origin: this.origin }, "syntax", message, {
      ...(word === undefined ? {} : { word }),
      ...(remedy === undefined ? {} : { remedy }),
    });
  }

  /** The next word as a value; where tests are negated, an old-style `!` may stand in front of it. */
  private value(of: string, negatable = true): string {
    if (negatable && this.isBang(this.at)) {
      this.negated = !this.negated;
      this.at += 1;
    }
    const value = this.words[this.at];
    if (value === undefined) throw this.problem(`${of} has no value: the line ends here`, of);
    this.at += 1;
    return value;
  }

  private option(written: string): void {
    const [word, attached] = this.split(written);
    const take = (): string => attached ?? this.value(word);
    const base = baseTests.get(word);
    if (base !== undefined) return this.baseTest(base, word, take());
    switch (word) {
      case "-m":
      case "--match":
        if (this.negated) throw this.problem("a module can't be negated, only its options", "!");
        return this.openModule(this.moduleName(attached ?? this.value(word, false)));
      case "-j":
      case "--jump":
        return this.target(attached ?? this.value(word, false), word, false);
      case "-g":
      case "--goto":
        return this.target(attached ?? this.value(word, false), word, true);
      case "-f":
      case "--fragment":
        this.spec.fragment = { text: word, negated: this.negated };
        return;
      case "-c":
      case "--set-counters": {
        const packets = Number(take());
        this.spec.counters = { packets, bytes: Number(this.value(word)) };
        if (!Number.isSafeInteger(packets) || !Number.isSafeInteger(this.spec.counters.bytes)) {
          throw this.problem("-c takes two numbers: packets and bytes", word);
        }
        return;
      }
      case "-4":
      case "--ipv4":
      case "-6":
      case "--ipv6":
        this.spec.family = word.includes("4") ? 4 : 6;
        return;
      default:
        this.moduleOption(word, attached);
    }
  }

  /** `--dport=80`, which getopt takes too. */
  private split(written: string): [word: string, attached: string | undefined] {
    const equals = written.startsWith("--") ? written.indexOf("=") : -1;
    return equals < 0 ? [written, undefined] : [written.slice(0, equals), written.slice(equals + 1)];
  }

  private baseTest(test: BaseTest, word: string, text: string): void {
    if (this.spec[test] !== undefined) throw this.problem(`${word} stands twice in one rule`, word);
    this.spec[test] = { text, negated: this.negated } satisfies Word;
  }

  private moduleName(name: string): string {
    if (/^[A-Za-z][\w-]*$/.test(name)) return name;
    throw this.problem(`“${name}” is no name of a match module`, name);
  }

  private openModule(name: string): void {
    const use: ModuleUse = { name, options: [], strays: [] };
    this.spec.modules.push(use);
    this.owners.push({ use, table: matchModules.get(name)?.options });
  }

  private target(name: string, word: string, goto: boolean): void {
    if (this.spec.target !== undefined) throw this.problem("a rule has one target", word);
    if (this.negated) throw this.problem("a target can't be negated", word);
    const use: TargetUse = { name, goto, options: [], strays: [] };
    this.spec.target = use;
    this.owners.push({ use, table: goto ? {} : (targetModules.get(name)?.options ?? undefined) });
  }

  private moduleOption(word: string, attached: string | undefined): void {
    const found = this.find(word) ?? this.findImplicit(word);
    if (found !== undefined) {
      const values = attached === undefined ? [] : [attached];
      const isTest = found.use !== this.spec.target && found.use.name !== "comment";
      while (values.length < found.values) values.push(this.value(word, isTest));
      const once = found.use !== this.spec.target;
      if (!once && this.negated) throw this.problem(`${word} of a target can't be negated`, word);
      if (once && found.use.options.some((other) => other.name === found.name)) {
        throw this.problem(`${word} stands twice for one module`, word);
      }
      found.use.options.push({ name: found.name, values, negated: this.negated, of: found.use.name });
      return;
    }
    this.stray(word, attached);
  }

  private find(word: string): { use: ModuleUse; name: string; values: number } | undefined {
    for (let at = this.owners.length - 1; at >= 0; at -= 1) {
      const owner = this.owners[at];
      if (owner?.table === undefined) continue;
      const name = spelled(owner.table, word);
      const values = name === undefined ? undefined : owner.table[name];
      if (name !== undefined && typeof values === "number") return { use: owner.use, name, values };
    }
    return undefined;
  }

  /** `-p tcp --dport 80` without `-m tcp`: iptables loads the protocol's own module. */
  private findImplicit(word: string): ReturnType<Sorting["find"]> {
    const { protocol } = this.spec;
    const name = protocol === undefined ? undefined : implicitModule(parseRuleProtocol(protocol.text));
    if (name === undefined || this.spec.modules.some((use) => use.name === name)) return undefined;
    const table = matchModules.get(name)?.options;
    if (table === undefined || spelled(table, word) === undefined) return undefined;
    this.openModule(name);
    return this.find(word);
  }

  /** An option that no module has: it belongs to the unknown module that was opened last, or else to the last one. */
  private stray(word: string, attached: string | undefined): void {
    const owner = this.owners.findLast((one) => one.table === undefined) ?? this.owners.at(-1);
    if (owner === undefined) {
      throw this.problem(
        `no module of this rule has the option ${word}`,
        word,
        "ports need a protocol in front of them: -p tcp --dport 22",
      );
    }
    const values = attached === undefined ? [] : [attached];
    while (this.at < this.words.length && !this.startsOption(this.at)) {
      values.push(this.words[this.at] ?? "");
      this.at += 1;
    }
    owner.use.strays.push({ name: word, values, negated: this.negated, of: owner.use.name });
  }

  private startsOption(at: number): boolean {
    if (this.quoted.has(at)) return false;
    const word = this.words[at] ?? "";
    return word === "!" || (word.startsWith("-") && !/^-\d/.test(word));
  }
}

/** The option's first spelling: exact, by another name, or as an abbreviation that only it can mean. */
function spelled(table: OptionTable, word: string): string | undefined {
  const direct = Object.hasOwn(table, word) ? word : undefined;
  const full = direct ?? abbreviated(table, word);
  if (full === undefined) return undefined;
  const meaning = table[full];
  return typeof meaning === "string" ? meaning : full;
}

function abbreviated(table: OptionTable, word: string): string | undefined {
  if (word.length < 4) return undefined;
  const candidates = Object.keys(table).filter((name) => name.startsWith(word));
  const meanings = new Set(candidates.map((name) => (typeof table[name] === "string" ? table[name] : name)));
  return meanings.size === 1 ? candidates[0] : undefined;
}
