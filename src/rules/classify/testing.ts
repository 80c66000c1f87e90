// Random chains for the tests of the classifier: every action, jumps forward and back, few values, so that they meet.
import * as fc from "fast-check";
import type { Match } from "../match.ts";
import type { Action, Chain, ChainSet, Rule } from "../rule.ts";
import { anyMatch } from "../boxes/testing.ts";

export function ruleOf(match: Match, actions: readonly Action[], line = 1): Rule {
  return { match, actions, origin: { file: "rules", line }, text: `rule ${line}` };
}

/** A chain of rules in order, with a policy. */
export function chainOf(name: string, rules: readonly Rule[], policy?: "accept" | "drop"): Chain {
  return {
    name,
    rules,
    origin: { file: "rules", line: 1 },
    ...(policy === undefined ? {} : { policy: ruleOf({ kind: "always" }, [{ kind: policy }], 0) }),
  };
}

const ends = fc.constantFrom<Action>(
  { kind: "accept" },
  { kind: "drop" },
  { kind: "reject", with: "tcp-reset" },
  { kind: "return" },
  { kind: "masquerade" },
  { kind: "queue", bypass: false },
);

const passings = fc.constantFrom<Action>(
  { kind: "log" },
  { kind: "note", what: "counter" },
  { kind: "notrack" },
  { kind: "unknown", what: "a target" },
  { kind: "set-mark", of: "packet", mask: 0xffffffff, value: 1 },
  { kind: "set-mark", of: "packet", mask: 0x4000, value: 0x4000 },
  { kind: "set-mark", of: "connection", mask: 0xffffffff, value: 0x8000 },
  { kind: "copy-mark", from: "packet", fromMask: 0xffffffff, toMask: 0xffffffff },
  { kind: "copy-mark", from: "connection", fromMask: 0xc000, toMask: 0xc000 },
);

function jumps(names: readonly string[]): fc.Arbitrary<Action> {
  return fc
    .tuple(fc.constantFrom<"jump" | "goto">("jump", "jump", "goto"), fc.constantFrom(...names, "missing"))
    .map(([kind, chain]): Action => ({ kind, chain }));
}

function actionsTo(names: readonly string[]): fc.Arbitrary<readonly Action[]> {
  const flat = fc.oneof(
    { weight: 4, arbitrary: ends },
    { weight: 3, arbitrary: passings },
    { weight: 3, arbitrary: names.length === 0 ? passings : jumps(names) },
  );
  const port = fc.constantFrom(22, 80, 443);
  const entries = fc.array(
    fc.tuple(port, fc.option(anyMatch, { nil: undefined }), fc.array(flat, { maxLength: 2 })),
    { minLength: 1, maxLength: 4 },
  );
  const nested = fc.oneof(
    { weight: 8, arbitrary: flat },
    {
      weight: 1,
      arbitrary: fc
        .tuple(anyMatch, fc.array(flat, { maxLength: 2 }))
        .map(([match, actions]): Action => ({ kind: "when", match, actions })),
    },
    {
      weight: 1,
      arbitrary: entries.map((of): Action => ({
        kind: "lookup",
        name: "map",
        fields: ["destination-port"],
        entries: of.map(([one, match, actions]) => ({
          key: [{ numbers: [one, one] }],
          actions,
          ...(match === undefined ? {} : { match }),
        })),
      })),
    },
  );
  return fc.array(nested, { minLength: 1, maxLength: 3 });
}

function rulesTo(names: readonly string[], maxLength: number): fc.Arbitrary<readonly Rule[]> {
  return fc
    .array(fc.tuple(anyMatch, actionsTo(names)), { maxLength })
    .map((rules) => rules.map(([match, actions], at) => ruleOf(match, actions, at + 1)));
}

/** A base chain and four that it may come to, one of another. */
export const anyChains: fc.Arbitrary<{ readonly chain: Chain; readonly chains: ChainSet }> = fc
  .record({
    main: rulesTo(["a", "b", "c", "d"], 6),
    a: rulesTo(["b", "c"], 4),
    b: rulesTo(["c"], 4),
    c: rulesTo([], 4),
    d: rulesTo(["a"], 3),
    policy: fc.constantFrom(undefined, "accept" as const, "drop" as const),
  })
  .map(({ main, policy, ...others }) => ({
    chain: chainOf("main", main, policy),
    chains: new Map(Object.entries(others).map(([name, rules]) => [name, chainOf(name, rules)])),
  }));

const finals = fc.constantFrom<Action>({ kind: "accept" }, { kind: "drop" }, { kind: "reject" });

/** Rules that decide and do nothing else. */
export const anyRuleList: fc.Arbitrary<readonly Rule[]> = fc
  .array(fc.tuple(anyMatch, finals), { minLength: 1, maxLength: 12 })
  .map((rules) => rules.map(([match, action], at) => ruleOf(match, [action], at + 1)));
