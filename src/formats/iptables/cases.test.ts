// Real dumps that nobody here wrote, in the folder of outside cases beside the repository. Each is read whole: every
// rule line makes one rule, and whatever Ringwall does not understand in it is listed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Match } from "../../rules/match.ts";
import { Problem } from "../../problem.ts";
import type { Rule } from "../../rules/rule.ts";
import { parseIpRoute } from "./ip-route.ts";
import { recogniseHostText } from "./recognise.ts";
import { parseIptablesSave } from "./save.ts";

const folder = fileURLToPath(new URL("../../../../shared/cases/iptables/", import.meta.url));
const present = existsSync(folder);
const textOf = (path: string): string => readFileSync(`${folder}${path}`, "latin1");
const listed = (below: string): string[] =>
  present ? readdirSync(`${folder}${below}`).map((name) => `${below}/${name}`) : [];
const all = [...listed("dumps"), ...listed("fffuu")];
const dumps = all.filter((path) => /save|serverfault__\d+\.txt/.test(path) && !/expected/.test(path));

/** Modules that a dump decides: they must leave no unknown. */
const understood = new Set(
  "tcp udp sctp icmp icmp6 multiport state conntrack addrtype mark connmark iprange pkttype comment length ttl set mac".split(
    " ",
  ),
);
/** Those whose outcome no dump shows. */
const undecidable = new Set("limit hashlimit recent owner connlimit rpfilter physdev".split(" "));
/** Known exceptions, each with its reason. */
const exceptions: readonly [path: RegExp, what: RegExp, reason: string][] = [
  [/./, /^-m mac --mac-source XX:/, "the dump's owner took the hardware addresses out"],
  [/759927/, /^-m set --match-set whitelist/, "the question quotes its set with letters for addresses"],
  [/parser_test/, /^-m icmp6 /, "a module of ip6tables in a dump of iptables: that test's own joke"],
  [/parser_test/, /^-m multiport --something-else$/, "made up for that test"],
];

/** What an independent reading with a pattern finds: table, chain, the words of each rule, its line. */
function rulesOf(text: string): { table: string; chain: string; words: string; line: number }[] {
  let table = "";
  return text.split(/\r?\n/).flatMap((line, at) => {
    const opened = /^\*(\w+)/.exec(line)?.[1];
    table = opened ?? table;
    const rule = /^\s*(?:\[\d+:\d+\]\s*)?-A (\S+)(.*)$/.exec(line);
    return rule === null ? [] : [{ table, chain: rule[1] ?? "", words: rule[2] ?? "", line: at + 1 }];
  });
}

function modulesOf(words: string): string[] {
  const bare = words.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  return [...bare.matchAll(/-m (\S+)/g)].map((found) => found[1] ?? "");
}

function has(match: Match, kind: Match["kind"]): boolean {
  if (match.kind === kind) return true;
  if (match.kind === "not") return has(match.match, kind);
  return (match.kind === "all" || match.kind === "any") && match.of.some((part) => has(part, kind));
}

describe.skipIf(!present)("dumps (the folder of outside cases is not here)", () => {
  test("there are as many as were collected", () => expect(dumps).toHaveLength(28));

  test.each(dumps)("%s is recognised and read whole", (path) => {
    const text = textOf(path);
    expect(recogniseHostText({ path, text })).toBe("iptables-save");
    const { tables, unknowns } = parseIptablesSave({ path, text });
    const rules = tables.flatMap((table) =>
      [...table.chains].flatMap(([chain, { rules }]) =>
        rules.map((rule) => ({ table: table.name, chain, rule })),
      ),
    );
    const lines = rulesOf(text);
    expect(rules.map(({ table, chain, rule }) => `${rule.origin.line} ${table} ${chain}`).toSorted()).toEqual(
      lines.map(({ table, chain, line }) => `${line} ${table} ${chain}`).toSorted(),
    );

    const unknownLines = new Map(unknowns.map((unknown) => [unknown.origin.line, unknown]));
    const byLine = new Map<number, Rule>(rules.map(({ rule }) => [rule.origin.line, rule]));
    const surprises = lines.flatMap(({ words, line }) => {
      const used = modulesOf(words);
      const unread = used.filter((module) => !understood.has(module) && !undecidable.has(module));
      // recent --set only remembers the sender, and always matches.
      const open = used.some(
        (module) => undecidable.has(module) && !(module === "recent" && / -m recent --set /.test(words)),
      );
      const unknown = unknownLines.get(line);
      const excused =
        unknown !== undefined &&
        exceptions.some(([file, what]) => file.test(path) && what.test(unknown.what));
      const rule = byLine.get(line);
      const carried = rule !== undefined && has(rule.match, "unknown");
      const asExpected =
        unread.length === 0 && (unknown !== undefined) === (open || excused) && carried === (open || excused);
      return asExpected ? [] : [`line ${line}:${words}`];
    });
    expect(surprises).toEqual([]);
  });

  test("the numbers of a dump's family follow its comment", () => {
    const families = dumps.map(
      (path) => parseIptablesSave({ path: "dump", text: textOf(path) }).tables[0]?.family,
    );
    expect(families.filter((family) => family === "ip6")).toHaveLength(1);
  });

  test.each(all.filter((path) => /-info\.txt|LICENSE|expected|ipassmt/.test(path)))(
    "%s is no dump, though some quote one",
    (path) => expect(recogniseHostText({ path, text: textOf(path) })).toBeUndefined(),
  );

  test("a router's routes", () => {
    const path = "dumps/configs_openlab__stettenstr__doku__ip-route-list.txt";
    const text = textOf(path);
    expect(recogniseHostText({ path, text })).toBe("routes");
    const { routes, unknowns } = parseIpRoute({ path, text });
    expect(routes).toHaveLength(text.trim().split("\n").length);
    expect(unknowns).toEqual([]);
    expect(routes.slice(0, 3).map((route) => `${route.device} ${route.metric}`)).toEqual([
      "tap20 0",
      "eth5 2",
      "eth4 3",
    ]);
  });

  test.each(dumps)("%s, cut between tables, still stands; cut anywhere else, it is one problem", (path) => {
    const lines = textOf(path).split(/\r?\n/);
    const step = Math.max(1, Math.floor(lines.length / 12));
    const cuts = lines.map((_, at) => at + 1).filter((at) => at % step === 0);
    const surprises = cuts.filter((at) => {
      const kept = lines.slice(0, at);
      const open = kept.findLastIndex((line) => line.startsWith("*")) > kept.lastIndexOf("COMMIT");
      return outcomeOf(() => parseIptablesSave({ path, text: kept.join("\n") })) !== (open ? "cut" : "read");
    });
    expect(surprises).toEqual([]);
  });
});

/** A dump that ends too early may also have lost a chain that it jumps to; nothing but a problem may come of it. */
function outcomeOf(read: () => unknown): "read" | "cut" {
  try {
    read();
    return "read";
  } catch (error) {
    if (error instanceof Problem && /has no COMMIT/.test(error.message)) return "cut";
    throw error;
  }
}

describe.skipIf(!present)(
  "the reading of a verified analyser (the folder of outside cases is not here)",
  () => {
    const ours = () =>
      parseIptablesSave({ path: "parser_test", text: textOf("fffuu/parser_test.iptables-save") }).tables[0];
    const theirs = (): string[] =>
      textOf("fffuu/parser_test.expected.txt")
        .split("== Checking which tables")[0]
        ?.split("\n")
        .filter((line) => line.startsWith("-A ")) ?? [];

    test("has as many rules in each chain", () => {
      const counted: Record<string, number> = {};
      for (const line of theirs()) {
        const chain = line.split(" ")[1] ?? "";
        counted[chain] = (counted[chain] ?? 0) + 1;
      }
      const chains = [...(ours()?.chains.values() ?? [])].filter((chain) => chain.rules.length > 0);
      expect(Object.fromEntries(chains.map((chain) => [chain.name, chain.rules.length]))).toEqual(counted);
      expect(chains).toHaveLength(5);
    });

    test("has the same actions in the same order", () => {
      const action = (line: string): string => {
        const [, flag, name = "", call] =
          /ParsedAction -([jg]) (\S+?)'?(?: \((call)\))?'?(?: |$)/.exec(line) ?? [];
        if (flag === undefined) return "none";
        return flag === "g" ? `goto ${name}` : call === undefined ? name.toLowerCase() : `jump ${name}`;
      };
      const mine = [...(ours()?.chains.values() ?? [])].map((chain) => [
        chain.name,
        chain.rules.map(({ actions: [first] }) =>
          first === undefined ? "none" : "chain" in first ? `${first.kind} ${first.chain}` : first.kind,
        ),
      ]);
      const other = mine.map(([name]) => [
        name,
        theirs()
          .filter((line) => line.split(" ")[1] === name)
          .map(action),
      ]);
      expect(mine).toEqual(other);
    });

    test("has the same policies and chains", () => {
      const lines = textOf("fffuu/parser_test.expected.txt").split("\n").slice(2, 9);
      const policies = [...(ours()?.chains.values() ?? [])].map(
        ({ name, policy }) =>
          `${name} ${policy === undefined ? "-" : (policy.actions[0]?.kind.toUpperCase() ?? "")}`,
      );
      expect(policies.toSorted()).toEqual(
        lines.map((line) => line.replace(/^:(\S+) (\S+).*$/, "$1 $2")).toSorted(),
      );
    });

    test("counts the same chains and rules in the larger dump", () => {
      const said = /Parsed (\d+) chains in table filter, a total of (\d+) rules/.exec(
        textOf("fffuu/tum-i8.expected.txt"),
      );
      const filter = parseIptablesSave({
        path: "tum-i8",
        text: textOf("fffuu/tum-i8.iptables-save"),
      }).tables.find((table) => table.name === "filter");
      const rules = [...(filter?.chains.values() ?? [])].reduce((sum, chain) => sum + chain.rules.length, 0);
      expect([filter?.chains.size, rules]).toEqual([Number(said?.[1]), Number(said?.[2])]);
    });
  },
);
