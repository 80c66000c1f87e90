// Every fact about a rule list holds for every packet of a small universe, counted out one by one: three dimensions of
// eight coordinates, so that brute force is the judge.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fact } from "./facts.ts";
import { analyseList } from "./list.ts";
import type { Point, Program } from "./program.ts";
import { everyPoint, matchedBy, ofKind, smallProgram, walk } from "./testing.ts";

/** Whether some way leads the packet to the rule. */
function comes(program: Program, rule: number, point: Point): boolean {
  return walk(program, point).seen.has(rule);
}

function verdictsOf(program: Program, point: Point, without: ReadonlySet<number> = new Set()): string {
  return [...walk(program, point, without).verdicts].join(" ");
}

function keyOf(program: Program, rule: number): string | undefined {
  const effect = program.effects[rule];
  return effect?.kind === "decide" ? effect.verdict.key : undefined;
}

function sameVerdicts(program: Program, without: ReadonlySet<number>): boolean {
  return everyPoint.every((point) => verdictsOf(program, point) === verdictsOf(program, point, without));
}

/** Whether the rule can be come to if, of all that could take a packet before it, only some rules are there. */
function leftBy(program: Program, rule: number, there: readonly number[]): boolean {
  const out = program.effects.flatMap((effect, other) => {
    // Returns that are reached and only lead by others are taken as they are.
    const leadsBy = effect.kind === "skip" && effect.to <= rule;
    const stays = leadsBy && everyPoint.some((point) => comes(program, other, point));
    return stays || there.includes(other) || other === rule ? [] : [other];
  });
  return everyPoint.some((point) => walk(program, point, new Set(out)).seen.has(rule));
}

/** What counting finds wrong with a fact about reachability. */
function faultOf(program: Program, fact: Fact): string | undefined {
  const { rule } = fact;
  switch (fact.kind) {
    case "never":
      return everyPoint.some((point) => comes(program, rule, point)) ? "something comes" : undefined;
    case "reached": {
      const { seen, surelySeen } = walk(program, fact.witness);
      if (!seen.has(rule)) return "its witness does not come";
      return fact.certain && !surelySeen.has(rule) ? "its witness need not come" : undefined;
    }
    case "unreachable": {
      if (everyPoint.some((point) => comes(program, rule, point))) return "something comes";
      if (leftBy(program, rule, fact.by)) return "its covers leave something";
      const spare = fact.by.filter((one) => !leftBy(program, rule, without(fact.by, one)));
      return spare.length > 0 ? `covers ${spare.join()} are not needed` : undefined;
    }
    case "undecided":
      return "nothing is too large here";
    case "hides": {
      const seen = fact.rules.filter((hidden) => leftBy(program, hidden, [rule]));
      return seen.length > 0 ? `it does not hide ${seen.join()} alone` : undefined;
    }
    case "redundant":
    case "correlated":
    case "generalises":
      return undefined;
  }
}

function without(rules: readonly number[], out: number): number[] {
  return rules.filter((rule) => rule !== out);
}

/** What counting finds wrong with the packets of overlaps. */
function overlapFaults(program: Program, facts: readonly Fact[]): string[] {
  const correlated = ofKind(facts, "correlated").flatMap((fact) => fact.with.map((one) => ({ fact, one })));
  const generalised = ofKind(facts, "generalises").flatMap((fact) => fact.of.map((one) => ({ fact, one })));
  const notBoth = [...correlated, ...generalised].filter(
    ({ fact, one }) =>
      !matchedBy(program, fact.rule, one.witness) || !matchedBy(program, one.rule, one.witness),
  );
  const notDecided = correlated.filter(({ one }) => {
    const effect = program.effects[one.rule];
    const { surelySeen } = walk(program, one.witness);
    const decided = effect?.kind === "decide" && verdictsOf(program, one.witness) === effect.verdict.key;
    return !decided || !surelySeen.has(one.rule);
  });
  return [...notBoth, ...notDecided].map((one) => JSON.stringify(one));
}

describe("every fact, against every packet", () => {
  it("is right about who is reached, and names covers of which each is needed", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        const faults = analyseList(program, { leastHidden: 1 }).flatMap((fact) => {
          const fault = faultOf(program, fact);
          return fault === undefined ? [] : [{ fault, fact }];
        });
        expect(faults).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("calls a rule reached exactly where some packet may come to it", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        const reached = ofKind(analyseList(program), "reached").map(({ rule }) => rule);
        const seen = new Set(everyPoint.flatMap((point) => [...walk(program, point).seen]));
        expect(reached).toEqual([...seen].sort((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  it("lets redundant rules go, alone and all together, with no packet's verdict changed", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        const redundant = ofKind(analyseList(program), "redundant").map(({ rule }) => rule);
        const outs = [...redundant.map((rule) => [rule]), redundant];
        expect(outs.filter((out) => !sameVerdicts(program, new Set(out)))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("names later rules that suffice to decide a redundant rule's packets as it does", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        const loose = ofKind(analyseList(program), "redundant").filter(({ rule, by }) => {
          const key = keyOf(program, rule);
          const others = [...program.effects.keys()].filter(
            (other) => other > rule && keyOf(program, other) === key && !by.includes(other),
          );
          const out = new Set([rule, ...others]);
          return everyPoint
            .filter((point) => verdictsOf(program, point) === key && comes(program, rule, point))
            .some((point) => verdictsOf(program, point, out) !== key);
        });
        expect(loose).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("misses none: where all is known and reached, taking out one rule more changes some verdict", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        const known = { ...program, must: program.may };
        const facts = analyseList(known);
        // Two that may decide anything are not one, though counting can't tell them apart.
        fc.pre(known.effects.every(({ kind }) => kind !== "unknown"));
        fc.pre(facts.every(({ kind }) => kind !== "never" && kind !== "unreachable"));
        const out = ofKind(facts, "redundant").map(({ rule }) => rule);
        const more = known.effects.flatMap(({ kind }, rule) =>
          kind === "decide" && !out.includes(rule) && sameVerdicts(known, new Set([...out, rule]))
            ? [rule]
            : [],
        );
        expect(more).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it("shows packets of overlaps that both rules match and the earlier one decides", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        expect(overlapFaults(program, analyseList(program))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

/** By counting: the pairs of rules that cross, and those of which the later one is the general rule. */
function countedPairs(program: Program): { readonly crossing: string[]; readonly general: string[] } {
  const reached = new Set(everyPoint.flatMap((point) => [...walk(program, point).seen]));
  const sideOf = (rule: number): string | undefined => {
    const effect = program.effects[rule];
    return effect?.kind === "decide" && effect.verdict.side !== "other" && reached.has(rule)
      ? effect.verdict.side
      : undefined;
  };
  const pairs = [...program.effects.keys()].flatMap((later) =>
    Array.from({ length: later }, (_, earlier) => ({ earlier, later })).filter(
      (pair) =>
        sideOf(pair.earlier) !== undefined &&
        sideOf(later) !== undefined &&
        sideOf(pair.earlier) !== sideOf(later),
    ),
  );
  const pointsOf = (rule: number): readonly Point[] =>
    everyPoint.filter((point) => matchedBy(program, rule, point));
  const isInside = (inner: number, outer: number): boolean =>
    pointsOf(inner).every((point) => matchedBy(program, outer, point));
  const decidesInBoth = ({ earlier, later }: { earlier: number; later: number }): boolean =>
    pointsOf(later).some(
      (point) => matchedBy(program, earlier, point) && walk(program, point).seen.has(earlier),
    );
  return {
    crossing: pairs
      .filter(
        (pair) =>
          !isInside(pair.earlier, pair.later) && !isInside(pair.later, pair.earlier) && decidesInBoth(pair),
      )
      .map(({ earlier, later }) => `${earlier} < ${later}`),
    general: pairs
      .filter(({ earlier, later }) => isInside(earlier, later))
      .map(({ earlier, later }) => `${earlier} < ${later}`),
  };
}

describe("overlaps, where all is known", () => {
  it("are exactly the pairs that counting finds", () => {
    fc.assert(
      fc.property(smallProgram, (program) => {
        const known = { ...program, must: program.may };
        // What may end or go on leaves it open who decides.
        fc.pre(known.effects.every(({ kind }) => kind !== "unknown"));
        const facts = analyseList(known, { mostOverlaps: 99 });
        const counted = countedPairs(known);
        expect(
          ofKind(facts, "correlated").flatMap((fact) => fact.with.map((one) => `${one.rule} < ${fact.rule}`)),
        ).toEqual(counted.crossing);
        expect(
          ofKind(facts, "generalises").flatMap((fact) => fact.of.map((one) => `${one.rule} < ${fact.rule}`)),
        ).toEqual(counted.general);
      }),
      { numRuns: 150 },
    );
  });
});
