// What is broken in an export is one clear error at its place, and never a stack trace.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Problem } from "../../problem.ts";
import type { Json } from "../json.ts";
import { parseNftables } from "./ruleset.ts";
import { chain, dport, input, lowered, problemOf, read, rule, table } from "./testing/exports.ts";

test.each<[string, Json[], string, RegExp]>([
  ["a jump to a chain that is not there", [rule({ jump: { target: "nowhere" } })], "reference", /nowhere/],
  [
    "a goto in a verdict map",
    [rule({ vmap: { key: { meta: { key: "mark" } }, data: { set: [[1, { goto: { target: "x" } }]] } } })],
    "reference",
    /“x”/,
  ],
  ["a chain that calls itself", [rule({ jump: { target: "input" } })], "meaning", /circle: input → input/],
  ["a set that is not there", [rule(dport("@gone"), { accept: null })], "reference", /@gone/],
  [
    "a rule before its chain",
    [{ rule: { family: "inet", table: "filter", chain: "later", handle: 1, expr: [] } }],
    "reference",
    /later/,
  ],
  ["two chains of one name", [input], "reference", /two chains/],
  ["a table twice", [table], "reference", /two tables/],
  [
    "a policy that is none",
    [chain("x", { type: "filter", hook: "input", prio: 0, policy: "maybe" })],
    "meaning",
    /accept or drop/,
  ],
  ["a hook that is none", [chain("x", { type: "filter", hook: "sideways", prio: 0 })], "meaning", /sideways/],
  ["a chain type that is none", [chain("x", { type: "magic", hook: "input", prio: 0 })], "meaning", /magic/],
  ["a base chain without priority", [chain("x", { type: "filter", hook: "input" })], "syntax", /prio/],
  [
    "an address that is none",
    [
      rule({
        match: { op: "==", left: { payload: { protocol: "ip", field: "saddr" } }, right: "10.0.0.300" },
      }),
    ],
    "meaning",
    /10\.0\.0\.300/,
  ],
  [
    "a prefix of length 33",
    [
      rule({
        match: {
          op: "==",
          left: { payload: { protocol: "ip", field: "saddr" } },
          right: { prefix: { addr: "10.0.0.0", len: 33 } },
        },
      }),
    ],
    "meaning",
    /33/,
  ],
  ["a port over 65535", [rule(dport(70000))], "meaning", /70000/],
  ["a range that ends before it begins", [rule(dport({ range: [90, 80] }))], "meaning", /range/],
  [
    "a concatenation of too few parts",
    [
      rule({
        match: {
          op: "==",
          left: {
            concat: [
              { payload: { protocol: "ip", field: "saddr" } },
              { payload: { protocol: "tcp", field: "dport" } },
            ],
          },
          right: { set: ["10.0.0.1"] },
        },
      }),
    ],
    "meaning",
    /2 parts/,
  ],
  ["a match without sides", [rule({ match: { op: "==" } })], "syntax", /left/],
  ["a port to translate to that is none", [rule({ redirect: { port: "http-ish" } })], "meaning", /http-ish/],
])("%s is one clear error at its place", (_, objects, code, message) => {
  const problem = problemOf(() => read(table, input, ...objects));
  expect(problem.code).toBe(code);
  expect(problem.message).toMatch(message);
  expect(problem.origin?.file).toBe("ruleset.json");
});

test("chains that call each other in a circle are named in order", () => {
  const jump = (from: string, to: string): Json => ({
    rule: { family: "inet", table: "filter", chain: from, handle: 1, expr: [{ jump: { target: to } }] },
  });
  const problem = problemOf(() => read(table, chain("a"), chain("b"), jump("a", "b"), jump("b", "a")));
  expect(problem.message).toMatch(/a → b → a/);
});

test.each([
  ['{"nftables": [{"table": {"family": "inet"', "syntax", /cut off/],
  ["{}", "syntax", /nftables/],
  ["[]", "syntax", /nftables/],
  ['{"nftables": {}}', "syntax", /nftables/],
])("an export like %j is refused", (text, code, message) => {
  const problem = problemOf(() => parseNftables({ path: "broken.json", text }));
  expect(problem.code).toBe(code);
  expect(problem.message).toMatch(message);
  expect(problem.origin?.file).toBe("broken.json");
});

/** How reading ended, in words; anything else than rules or a problem with its place is a defect. */
function endOf(work: () => number): string {
  try {
    return `${work()} rules`;
  } catch (error) {
    return error instanceof Problem ? `problem in line ${error.origin?.line}` : String(error);
  }
}

test("whatever stands in a rule, the answer is a lowered rule or one problem with its place", () => {
  const leaf = fc.oneof(
    fc.constantFrom<Json>(
      "tcp",
      "@s",
      "*",
      "dport",
      "saddr",
      "ip",
      "10.0.0.1",
      "eth0",
      "new",
      true,
      null,
      -1,
      22,
      1e300,
      0.5,
    ),
    fc.string(),
  );
  const words =
    "match left right op payload protocol field meta key ct set map data vmap range prefix addr len " +
    "concat & | << mangle value dnat port jump target elem val limit";
  const word = fc.constantFrom(...words.split(" "));
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.dictionary(word, tie("tree"), { maxKeys: 3 }),
      fc.array(tie("tree"), { maxLength: 3 }),
    ),
  }));
  const statement = fc.oneof(
    tree,
    fc
      .record({ op: fc.constantFrom("==", "!=", "in", "<", "!"), left: tree, right: tree })
      .map((match): Json => ({ match })),
    fc
      .tuple(
        fc.constantFrom("tcp", "ip", "ip6", "th", "icmp"),
        fc.constantFrom("dport", "saddr", "flags", "type", "dscp"),
        tree,
      )
      .map(([protocol, field, right]): Json => ({
        match: { op: "==", left: { payload: { protocol, field } }, right },
      })),
    fc.record({ key: tree, data: tree }).map((vmap): Json => ({ vmap })),
  );
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 3 }), (expr) => {
      expect(endOf(() => lowered(rule(...expr)).rules.length)).toMatch(/^(?:1 rules|problem in line 1)$/);
    }),
    { numRuns: 3000 },
  );
});
