// Takes an iptables-save dump apart into its tables: chain lines, rule lines in their order, comments. It knows how a
// dump is built, not what a rule says.
import { Problem, type Origin } from "../../problem.ts";
import type { SourceFile } from "../reader.ts";
import { linesOf, type Line } from "./lines.ts";
import { baseOf, tableBases } from "./tables.ts";
import { splitWords, type Words } from "./words.ts";

export interface Counters {
  readonly packets: number;
  readonly bytes: number;
}

export interface RuleLine {
  readonly number: number;
  /** Where the rule begins on its line, from 1: behind blanks and counters. */
  readonly column: number;
  /** As written, without counters in front. */
  readonly text: string;
  /** The index of the first word after the chain's name, and after the number of an insertion. */
  readonly from: number;
  readonly counters?: Counters;
}

export interface ChainBlock {
  readonly name: string;
  readonly line: number;
  /** Absent for a chain of one's own, and where the file does not state it. */
  readonly policy?: "ACCEPT" | "DROP";
  readonly counters?: Counters;
  readonly rules: RuleLine[];
}

export interface TableBlock {
  readonly name: string;
  readonly line: number;
  readonly chains: Map<string, ChainBlock>;
  /** Comments between the table before and this one's end, with their lines. */
  readonly comments: Line[];
}

const countersPattern = /^\[(\d+):(\d+)\][ \t]*/;
const chainPattern = /^:(\S+)[ \t]+(\S+)(?:[ \t]+\[(\d+):(\d+)\])?$/;

/** @throws Problem for every line that no dump has, and for a table without COMMIT: the dump was cut */
export function scanSave(file: SourceFile): TableBlock[] {
  return new Scan(file).run();
}

class Scan {
  private readonly file: SourceFile;
  private readonly blocks: TableBlock[] = [];
  private comments: Line[] = [];
  private open: TableBlock | undefined;

  constructor(file: SourceFile) {
    this.file = file;
  }

  run(): TableBlock[] {
    let last = 1;
    for (const line of linesOf(this.file)) {
      const text = line.text.trim();
      if (text === "") continue;
      last = line.number;
      this.take(line, text);
    }
    if (this.open !== undefined) {
      throw new Problem(
        "syntax",
        `table ${this.open.name} has no COMMIT: the dump was cut off after this line`,
        { origin: this.origin(last), remedy: "export it again; iptables-restore refuses this one too" },
      );
    }
    return this.blocks;
  }

  private origin(line: number, column?: number): Origin {
    return { file: this.file.path, line, ...(column === undefined ? {} : { column }) };
  }

  private take(line: Line, text: string): void {
    const first = text[0];
    if (first === "#") this.comments.push({ number: line.number, text });
    else if (first === "*") this.openTable(line, text.slice(1));
    else if (text === "COMMIT") this.commit(line);
    else if (first === ":") this.chainLine(this.table(line), line, text);
    else if (first === "-" || first === "[") this.command(this.table(line), line, text);
    else {
      throw new Problem("syntax", `“${shortened(text)}” is no line of an iptables-save dump`, {
        origin: this.origin(line.number),
        remedy: "lines begin with * : - [ or #, or are COMMIT; put a # before a remark",
      });
    }
  }

  private openTable(line: Line, name: string): void {
    if (this.open !== undefined) {
      throw new Problem(
        "syntax",
        `table ${this.open.name} of line ${this.open.line} has no COMMIT before this one: part of the dump is missing`,
        {
          origin: this.origin(line.number),
          remedy: "export it again; iptables-restore refuses this one too",
        },
      );
    }
    if (!tableBases.has(name)) {
      throw new Problem("meaning", `iptables has no table “${name}”`, {
        origin: this.origin(line.number),
        remedy: `its tables are ${[...tableBases.keys()].join(", ")}`,
      });
    }
    this.open = { name, line: line.number, chains: new Map(), comments: this.comments };
    this.blocks.push(this.open);
  }

  private commit(line: Line): void {
    if (this.open === undefined) {
      throw new Problem("syntax", "COMMIT stands here without a table to close", {
        origin: this.origin(line.number),
      });
    }
    this.open = undefined;
    this.comments = [];
  }

  private table(line: Line): TableBlock {
    if (this.open !== undefined) return this.open;
    throw new Problem("syntax", "this line stands before any table", {
      origin: this.origin(line.number),
      remedy: "a line such as *filter has to open its table first",
    });
  }

  private chainLine(table: TableBlock, line: Line, text: string): void {
    const parts = chainPattern.exec(text);
    if (parts === null) {
      throw new Problem("syntax", "a chain line was expected, such as “:INPUT DROP [0:0]”", {
        origin: this.origin(line.number),
      });
    }
    const [, name = "", policy = "", packets, bytes] = parts;
    const counters =
      packets === undefined ? undefined : { packets: Number(packets), bytes: Number(bytes ?? 0) };
    this.addChain(table, line, name, policy, counters);
  }

  private addChain(table: TableBlock, line: Line, name: string, policy: string, counters?: Counters): void {
    const origin = this.origin(line.number);
    const before = table.chains.get(name);
    if (before !== undefined) {
      throw new Problem(
        "reference",
        `chain ${name} of table ${table.name} is defined twice: first on line ${before.line}`,
        { origin },
      );
    }
    if (policy !== "-" && policy !== "ACCEPT" && policy !== "DROP") {
      throw new Problem("meaning", `the policy of a chain is ACCEPT or DROP, not “${policy}”`, { origin });
    }
    if (policy !== "-" && baseOf(table.name, name) === undefined) {
      throw new Problem("meaning", `table ${table.name} has no base chain ${name}`, {
        origin,
        remedy: `its base chains are ${(tableBases.get(table.name) ?? []).map((b) => b.chain).join(", ")}; a chain of your own has “-” for its policy`,
      });
    }
    table.chains.set(name, {
      name,
      line: line.number,
      ...(policy === "-" ? {} : { policy }),
      ...(counters === undefined ? {} : { counters }),
      rules: [],
    });
  }

  private command(table: TableBlock, line: Line, written: string): void {
    const counted = countersPattern.exec(written);
    const text = counted === null ? written : written.slice(counted[0].length);
    const column = line.text.indexOf(written) + 1 + (counted?.[0].length ?? 0);
    if (text.startsWith("-A ") && text.indexOf(" ", 3) > 3) {
      // Nearly every line: its words are sorted when its turn comes, and not kept.
      const name = text.slice(3, text.indexOf(" ", 3));
      this.chain(table, line, name, column).rules.push(ruleLine(line, column, text, 2, counted));
      return;
    }
    this.otherCommand(table, line, column, text, counted);
  }

  private otherCommand(
    table: TableBlock,
    line: Line,
    column: number,
    text: string,
    counted: RegExpExecArray | null,
  ): void {
    const words = splitWords(text, this.origin(line.number, column));
    const [verb = "", name] = words.words;
    if (name === undefined) {
      throw new Problem("syntax", `“${shortened(text)}” ends before it names a chain`, {
        origin: this.origin(line.number, column),
      });
    }
    const rule = (from: number): RuleLine => ruleLine(line, column, text, from, counted);
    switch (verb) {
      case "-A":
      case "--append":
        this.chain(table, line, name, column).rules.push(rule(2));
        return;
      case "-I":
      case "--insert":
        this.insert(this.chain(table, line, name, column), line, words, rule);
        return;
      case "-N":
      case "--new-chain":
        this.addChain(table, line, name, "-");
        return;
      case "-P":
      case "--policy":
        this.setPolicy(table, line, name, words.words[2] ?? "");
        return;
      default:
        throw new Problem("syntax", `“${verb}” changes rules: a dump only adds them`, {
          origin: this.origin(line.number, column),
          remedy: "give Ringwall what iptables-save prints once the rules stand",
        });
    }
  }

  private insert(chain: ChainBlock, line: Line, words: Words, rule: (from: number) => RuleLine): void {
    const number = /^\d+$/.test(words.words[2] ?? "") ? Number(words.words[2]) : undefined;
    const at = (number ?? 1) - 1;
    if (at < 0 || at > chain.rules.length) {
      throw new Problem("meaning", `chain ${chain.name} has no place ${number} to insert at`, {
        origin: this.origin(line.number),
        remedy: `it has ${chain.rules.length} rules so far`,
      });
    }
    chain.rules.splice(at, 0, rule(number === undefined ? 2 : 3));
  }

  private setPolicy(table: TableBlock, line: Line, name: string, policy: string): void {
    const rules = table.chains.get(name)?.rules ?? [];
    table.chains.delete(name);
    this.addChain(table, line, name, policy === "-" ? "" : policy);
    table.chains.get(name)?.rules.push(...rules);
  }

  /** The chain that a rule is added to. A base chain is there without a line of its own; its policy is then not stated. */
  private chain(table: TableBlock, line: Line, name: string, column: number): ChainBlock {
    const chain = table.chains.get(name);
    if (chain !== undefined) return chain;
    if (baseOf(table.name, name) === undefined) {
      throw new Problem("reference", `table ${table.name} has no chain ${name} up to here`, {
        origin: this.origin(line.number, column),
        remedy: `a line “:${name} - [0:0]” has to define it first`,
      });
    }
    const implicit: ChainBlock = { name, line: line.number, rules: [] };
    table.chains.set(name, implicit);
    return implicit;
  }
}

function ruleLine(
  line: Line,
  column: number,
  text: string,
  from: number,
  counted: RegExpExecArray | null,
): RuleLine {
  const place = { number: line.number, column, text, from };
  return counted === null
    ? place
    : { ...place, counters: { packets: Number(counted[1]), bytes: Number(counted[2]) } };
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
