// Facts about random chains agree with `evaluate`, which knows nothing of boxes: no packet is decided by a rule that is
// called unreachable, witnesses come where they are said to come, and redundant rules can go.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyMatch, anyView } from "../boxes/testing.ts";
import { evaluate, outcomeKey } from "../evaluate.ts";
import { always, type Match } from "../match.ts";
import { matches } from "../matches.ts";
import type { Action, Chain, ChainSet, Rule } from "../rule.ts";
import type { View } from "../view.ts";
import { coverage } from "./coverage.ts";

const origin = { file: "random.rules", line: 1 };

function action(chains: readonly string[]): fc.Arbitrary<readonly Action[]> {
  const calls = chains.flatMap((chain): Action[] => [
    { kind: "jump", chain },
    { kind: "goto", chain },
  ]);
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc.constantFrom<readonly Action[]>(
        [{ kind: "accept" }],
        [{ kind: "drop" }],
        [{ kind: "accept" }],
        [{ kind: "drop" }],
        [{ kind: "reject" }],
        [{ kind: "return" }],
        [{ kind: "return" }],
        [{ kind: "log" }],
        [{ kind: "log" }, { kind: "drop" }],
        [{ kind: "note", what: "counter" }, { kind: "accept" }],
        [{ kind: "queue", bypass: false }],
        [{ kind: "masquerade" }],
        [{ kind: "set-mark", of: "packet", mask: 0xffffffff, value: 1 }],
        [{ kind: "unknown", what: "a module" }],
      ),
    },
    {
      weight: calls.length,
      arbitrary: fc.constantFrom<Action>(...calls, { kind: "note", what: "none" }).map((one) => [one]),
    },
    {
      weight: 1,
      arbitrary: anyMatch.map((match): Action[] => [{ kind: "when", match, actions: [{ kind: "accept" }] }]),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom<Action[]>([{ kind: "accept" }], [{ kind: "log" }], [{ kind: "return" }])
        .map((actions): Action[] => [
          {
            kind: "lookup",
            name: "map",
            fields: ["destination-port"],
            entries: [
              { key: [{ numbers: [0, 53] }], actions },
              { key: [{ numbers: [22, 443] }], actions: [{ kind: "drop" }] },
            ],
          },
        ]),
    },
  );
}

/** Half of the matches hold often, so that covers come about. */
const match: fc.Arbitrary<Match> = fc.oneof(
  anyMatch,
  fc.constantFrom<Match>(
    always,
    { kind: "family", family: 4 },
    { kind: "number", field: "protocol", set: [6, 6] },
    { kind: "number", field: "destination-port", set: [22, 443] },
    { kind: "state", states: ["new", "established"] },
  ),
);

function rules(chains: readonly string[], most: number): fc.Arbitrary<Rule[]> {
  return fc
    .array(fc.record({ match, actions: action(chains) }), { minLength: 1, maxLength: most })
    .map((each) => each.map((one, at): Rule => ({ ...one, origin, text: `rule ${at}` })));
}

const anyChains: fc.Arbitrary<{ readonly base: Chain; readonly chains: ChainSet }> = fc
  .record({
    base: rules(["a", "b"], 6),
    a: rules(["b"], 3),
    b: rules([], 3),
    policy: fc.constantFrom<Action>({ kind: "accept" }, { kind: "drop" }),
  })
  .map(({ base, a, b, policy }) => {
    const chain = (name: string, rules: readonly Rule[]): Chain => ({ name, rules, origin });
    const policyRule: Rule = { match: always, actions: [policy], origin, text: "policy" };
    const first = { ...chain("base", base), policy: policyRule };
    return {
      base: first,
      chains: new Map([first, chain("a", a), chain("b", b)].map((one) => [one.name, one])),
    };
  });

/** A packet that shows everything that a ring can see. */
const shownView: fc.Arbitrary<View> = anyView.map(({ packet, ...view }) => ({
  packet: { tcpFlags: 2, icmpType: 8, icmpCode: 0, ...packet },
  inInterface: view.inInterface ?? "eth0",
  outInterface: view.outInterface ?? "eth0",
  state: view.state ?? "new",
  mark: view.mark ?? 0,
  connectionMark: view.connectionMark ?? 0,
}));

function without({ base, chains }: { base: Chain; chains: ChainSet }, out: ReadonlySet<Rule>) {
  const left = new Map(
    [...chains].map(([name, chain]) => [
      name,
      { ...chain, rules: chain.rules.filter((rule) => !out.has(rule)) },
    ]),
  );
  return { base: left.get(base.name) ?? base, chains: left };
}

function outcomes({ base, chains }: { base: Chain; chains: ChainSet }, view: View): string[] {
  return evaluate(base, chains, { ...view })
    .decisions.map(({ outcome }) => outcomeKey(outcome))
    .sort();
}

describe("facts about random chains", () => {
  it("let no packet be decided by a rule that is called unreachable or never matching", () => {
    fc.assert(
      fc.property(anyChains, fc.array(shownView, { minLength: 20, maxLength: 20 }), (all, views) => {
        const facts = coverage(all.base, all.chains);
        const dead = new Set(
          facts.flatMap(({ kind, rule }) => (kind === "unreachable" || kind === "never" ? [rule] : [])),
        );
        for (const view of views) {
          const { decisions, passed } = evaluate(all.base, all.chains, { ...view });
          const met = [...decisions.flatMap(({ rule, via }) => [rule, ...via]), ...passed];
          expect(met.filter((rule) => rule !== undefined && dead.has(rule))).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("give packets that certainly come to the rule, decided by it where it decides", () => {
    fc.assert(
      fc.property(anyChains, (all) => {
        for (const fact of coverage(all.base, all.chains)) {
          if (fact.kind !== "reached" || !fact.certain) continue;
          expect(matches(fact.rule.match, { ...fact.witness })).toBe(true);
          const [only] = fact.rule.actions;
          const { decisions } = evaluate(all.base, all.chains, { ...fact.witness });
          const decides = only?.kind === "accept" || only?.kind === "drop";
          expect(decisions.map(({ rule }) => rule)).toEqual(
            decides ? [fact.rule] : decisions.map(({ rule }) => rule),
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  it("let redundant rules go, alone and together, with no packet's verdict changed", () => {
    fc.assert(
      fc.property(anyChains, fc.array(shownView, { minLength: 20, maxLength: 20 }), (all, views) => {
        const redundant = coverage(all.base, all.chains).flatMap(({ kind, rule }) =>
          kind === "redundant" ? [rule] : [],
        );
        for (const out of [...redundant.map((rule) => new Set([rule])), new Set(redundant)])
          for (const view of views) expect(outcomes(without(all, out), view)).toEqual(outcomes(all, view));
      }),
      { numRuns: 150 },
    );
  });

  it("name packets of an overlap that the earlier rule may decide and both match", () => {
    fc.assert(
      fc.property(anyChains, (all) => {
        for (const fact of coverage(all.base, all.chains)) {
          if (fact.kind !== "correlated") continue;
          for (const { rule, witness } of fact.with) {
            expect(matches(rule.match, { ...witness })).not.toBe(false);
            expect(matches(fact.rule.match, { ...witness })).not.toBe(false);
            const { decisions } = evaluate(all.base, all.chains, { ...witness });
            const kinds = new Set<string>(rule.actions.map(({ kind }) => kind));
            expect(
              decisions.some(
                ({ outcome }) => kinds.has(outcome.kind) || kinds.has("when") || kinds.has("lookup"),
              ),
            ).toBe(true);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
