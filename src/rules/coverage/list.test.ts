// Every fact about a rule list holds for every packet of a small universe, counted out one by one: three dimensions of
// eight coordinates, so that brute force is the judge.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fact } from "./facts.ts";
import { analyseList } from "./list.ts";
import type { Effect, Point, Program, Verdict } from "./program.ts";
import { boxes, everyPoint, type Sides, smallProgram, walk } from "./testing.ts";

const permit: Effect = { kind: "decide", verdict: { key: "accept", side: "permit" } };
const deny: Effect = { kind: "decide", verdict: { key: "drop", side: "deny" } };
const otherwise: Verdict = { key: "drop", side: "deny" };

function list(rules: readonly (readonly [Effect, ...Sides[]])[], policy?: Verdict): Program {
  const flat = boxes(rules.map(([, ...of]) => of));
  return {
    effects: rules.map(([effect]) => effect),
    must: flat,
    may: flat,
    ...(policy === undefined ? {} : { otherwise: policy }),
  };
}

function ofKind<K extends Fact["kind"]>(facts: readonly Fact[], kind: K): Extract<Fact, { kind: K }>[] {
  return facts.filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind);
}

const all: Sides = [
  [0, 7],
  [0, 7],
  [0, 7],
];

describe("a list where everything is known", () => {
  it("shadows a rule that one earlier rule covers, and names that one alone", () => {
    const facts = analyseList(
      list([
        [
          permit,
          [
            [0, 3],
            [0, 7],
            [0, 7],
          ],
        ],
        [
          permit,
          [
            [0, 7],
            [0, 3],
            [0, 7],
          ],
        ],
        [
          deny,
          [
            [1, 2],
            [1, 2],
            [5, 5],
          ],
        ],
      ]),
    );
    expect(ofKind(facts, "unreachable")).toMatchObject([
      { rule: 2, by: [0], agreement: "opposite", decidedBy: 0 },
    ]);
  });

  it("shadows a rule that only the union of earlier ones covers", () => {
    const facts = analyseList(
      list([
        [
          permit,
          [
            [0, 3],
            [0, 7],
            [0, 7],
          ],
        ],
        [
          permit,
          [
            [6, 6],
            [6, 6],
            [6, 6],
          ],
        ],
        [
          permit,
          [
            [4, 7],
            [0, 7],
            [0, 7],
          ],
        ],
        [
          permit,
          [
            [2, 5],
            [1, 6],
            [0, 7],
          ],
        ],
      ]),
    );
    expect(ofKind(facts, "unreachable")).toMatchObject([{ rule: 3, by: [0, 2], agreement: "same" }]);
  });

  it("calls a broad deny above allows what it is: one rule that hides the others", () => {
    const facts = analyseList(
      list([
        [deny, all],
        [
          permit,
          [
            [0, 0],
            [0, 7],
            [2, 2],
          ],
        ],
        [
          permit,
          [
            [0, 7],
            [0, 7],
            [4, 4],
          ],
        ],
      ]),
    );
    expect(ofKind(facts, "hides")).toEqual([{ kind: "hides", rule: 0, rules: [1, 2] }]);
  });

  it("finds a rule redundant whose packets the policy treats alike, and one that a later rule repeats", () => {
    const facts = analyseList(
      list(
        [
          [
            permit,
            [
              [1, 1],
              [0, 7],
              [0, 7],
            ],
          ],
          [
            permit,
            [
              [0, 3],
              [0, 7],
              [0, 7],
            ],
          ],
          [
            deny,
            [
              [5, 5],
              [0, 7],
              [0, 7],
            ],
          ],
        ],
        otherwise,
      ),
    );
    expect(ofKind(facts, "redundant")).toMatchObject([
      { rule: 0, by: [1], byPolicy: false },
      { rule: 2, by: [], byPolicy: true },
    ]);
  });

  it("keeps a rule that an opposite one would overrule before the broad one comes", () => {
    const facts = analyseList(
      list(
        [
          [
            permit,
            [
              [1, 1],
              [0, 7],
              [0, 7],
            ],
          ],
          [
            deny,
            [
              [1, 1],
              [3, 3],
              [0, 7],
            ],
          ],
          [
            permit,
            [
              [0, 3],
              [0, 7],
              [0, 7],
            ],
          ],
        ],
        otherwise,
      ),
    );
    expect(ofKind(facts, "redundant")).toEqual([]);
  });

  it("tells exceptions before a general rule from rules that cross", () => {
    const facts = analyseList(
      list(
        [
          [
            deny,
            [
              [1, 1],
              [1, 1],
              [0, 7],
            ],
          ],
          [
            deny,
            [
              [0, 7],
              [5, 5],
              [0, 7],
            ],
          ],
          [
            permit,
            [
              [0, 3],
              [0, 7],
              [0, 7],
            ],
          ],
        ],
        otherwise,
      ),
    );
    expect(ofKind(facts, "generalises")).toMatchObject([{ rule: 2, of: [{ rule: 0 }], count: 1 }]);
    expect(ofKind(facts, "correlated")).toMatchObject([{ rule: 2, with: [{ rule: 1 }], count: 1 }]);
  });

  it("says that a rule without boxes never matches", () => {
    expect(analyseList(list([[permit]]))).toEqual([{ kind: "never", rule: 0 }]);
  });

  it("says so where the bound is too small to decide", () => {
    const rules = Array.from({ length: 8 }, (_, at): [Effect, Sides] => [
      permit,
      [
        [at, at],
        [0, 7],
        [0, 7],
      ],
    ]);
    const facts = analyseList(list([...rules, [deny, all]]), { bound: 3 });
    expect(facts.at(8)).toEqual({ kind: "undecided", rule: 8, question: "reached" });
  });
});

/** Each way that the unknowns leave open, for one packet: the verdict and the rule that decided. */
function ends(program: Program, point: Point, without: ReadonlySet<number> = new Set()) {
  return walk(program, point, 0, without);
}

describe("every fact, against every packet", () => {
  it("reachability and its covers hold, with returns, gotos and unknown parts", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        for (const fact of analyseList(program, { leastHidden: 1 })) {
          if (fact.kind === "undecided") throw new Error("nothing is too large here");
          const comes = (point: Point): boolean => walk(program, point, 0).seen.has(fact.rule);
          if (fact.kind === "never" || fact.kind === "unreachable")
            expect(everyPoint.some(comes), JSON.stringify(fact)).toBe(false);
          if (fact.kind === "reached") {
            expect(comes(fact.witness), JSON.stringify(fact)).toBe(true);
            const surely = walk(program, fact.witness, 0).surelySeen.has(fact.rule);
            // Where nothing is unknown, whoever may come does.
            expect(surely || !fact.certain, JSON.stringify(fact)).toBe(true);
          }
          if (fact.kind === "unreachable") {
            // Its covers alone suffice, and with any one of them less some packet may come to it.
            const others = program.effects.flatMap((effect, rule) => {
              const comesTo = (point: Point): boolean => walk(program, point, 0).seen.has(rule);
              const leadsBy = effect.kind === "skip" && effect.to <= fact.rule && everyPoint.some(comesTo);
              return leadsBy || fact.by.includes(rule) || rule === fact.rule ? [] : [rule];
            });
            const left = (also: readonly number[]): boolean =>
              everyPoint.some((point) =>
                walk(program, point, 0, new Set([...others, ...also])).seen.has(fact.rule),
              );
            expect(left([]), JSON.stringify(fact)).toBe(false);
            for (const rule of fact.by) expect(left([rule]), JSON.stringify({ fact, rule })).toBe(true);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it("a reached rule is called so exactly where some packet may come to it", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        const reached = ofKind(analyseList(program), "reached").map(({ rule }) => rule);
        const seen = new Set(everyPoint.flatMap((point) => [...walk(program, point, 0).seen]));
        expect(reached).toEqual([...seen].sort((a, b) => a - b));
      }),
      { numRuns: 400 },
    );
  });

  it("redundant rules can be taken out, alone and all together, and no packet's verdict changes", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        const facts = ofKind(analyseList(program), "redundant");
        const together = new Set(facts.map(({ rule }) => rule));
        for (const out of [...facts.map(({ rule }) => new Set([rule])), together])
          for (const point of everyPoint)
            expect(ends(program, point, out).verdicts, JSON.stringify({ point, out: [...out] })).toEqual(
              ends(program, point).verdicts,
            );
      }),
      { numRuns: 300 },
    );
  });

  it("where all is known and all is reached, taking out one more than the redundant rules changes some verdict", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        const known = { ...program, must: program.may };
        const facts = analyseList(known);
        fc.pre(facts.every(({ kind }) => kind !== "never" && kind !== "unreachable"));
        const out = new Set(ofKind(facts, "redundant").map(({ rule }) => rule));
        const same = (one: ReadonlySet<number>): boolean =>
          everyPoint.every((point) => {
            const [before, after] = [ends(known, point), ends(known, point, one)];
            return JSON.stringify([...before.verdicts]) === JSON.stringify([...after.verdicts]);
          });
        for (const [rule, effect] of known.effects.entries())
          if (effect.kind === "decide" && !out.has(rule))
            expect(same(new Set([...out, rule])), `rule ${rule} of ${JSON.stringify(facts)}`).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it("the packets of overlaps are matched by both and decided by the earlier rule", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        const facts = analyseList(program);
        for (const fact of [...ofKind(facts, "correlated"), ...ofKind(facts, "generalises")])
          for (const { rule, witness } of fact.kind === "correlated" ? fact.with : fact.of) {
            const { verdicts, surelySeen } = walk(program, witness, 0);
            const effect = program.effects[rule];
            const own = walk(program, witness, fact.rule);
            expect(own.seen.has(fact.rule)).toBe(true);
            if (fact.kind === "correlated") {
              expect(surelySeen.has(rule), JSON.stringify(fact)).toBe(true);
              expect([...verdicts]).toEqual([effect?.kind === "decide" ? effect.verdict.key : ""]);
            }
          }
      }),
      { numRuns: 300 },
    );
  });
});
