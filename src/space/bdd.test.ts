// The algebra of decision diagrams against truth tables: twelve variables, every assignment.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Problem } from "../problem.ts";
import { Bdd, open, type Edge } from "./bdd.ts";
import { countOver } from "./count.ts";

const width = 12;
const size = 1 << width;
const everyVariable = Array.from({ length: width }, (_, variable) => variable);

/** A formula, to be read both by the diagrams and by brute force. */
type Formula =
  | { readonly kind: "variable"; readonly variable: number }
  | { readonly kind: "not"; readonly of: Formula }
  | { readonly kind: "and" | "or" | "xor" | "minus"; readonly of: readonly [Formula, Formula] };

const formula: fc.Arbitrary<Formula> = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.record({ kind: fc.constant("variable" as const), variable: fc.nat(width - 1) }),
    fc.record({ kind: fc.constant("not" as const), of: tie("formula") }),
    fc.record({
      kind: fc.constantFrom("and" as const, "or" as const, "xor" as const, "minus" as const),
      of: fc.tuple(tie("formula"), tie("formula")),
    }),
  ),
})).formula;

/** The most significant bit of an assignment is variable 0. */
const bit = (assignment: number, variable: number): 0 | 1 =>
  ((assignment >> (width - 1 - variable)) & 1) as 0 | 1;
const withBit = (assignment: number, variable: number, value: 0 | 1): number =>
  value === 1 ? assignment | (1 << (width - 1 - variable)) : assignment & ~(1 << (width - 1 - variable));

function truth(of: Formula, assignment: number): boolean {
  switch (of.kind) {
    case "variable":
      return bit(assignment, of.variable) === 1;
    case "not":
      return !truth(of.of, assignment);
    case "and":
    case "or":
    case "xor":
    case "minus": {
      const [a, b] = of.of.map((one) => truth(one, assignment)) as [boolean, boolean];
      return of.kind === "and" ? a && b : of.kind === "or" ? a || b : of.kind === "xor" ? a !== b : a && !b;
    }
  }
}

function build(bdd: Bdd, of: Formula): Edge {
  switch (of.kind) {
    case "variable":
      return bdd.variable(of.variable);
    case "not":
      return bdd.not(build(bdd, of.of));
    case "and":
    case "or":
    case "xor":
    case "minus":
      return bdd[of.kind](build(bdd, of.of[0]), build(bdd, of.of[1]));
  }
}

const table = (of: (assignment: number) => boolean): string => {
  let text = "";
  for (let assignment = 0; assignment < size; assignment += 1) text += of(assignment) ? "1" : "0";
  return text;
};
const tableOf = (bdd: Bdd, edge: Edge): string =>
  table((assignment) => bdd.holds(edge, (variable) => bit(assignment, variable)));
const fresh = (): Bdd => new Bdd(width, { mostNodes: 1 << 20, question: "a test" });
const someVariables = fc.uniqueArray(fc.nat(width - 1), { maxLength: 6 });

describe("decision diagrams agree with truth tables", () => {
  it("in negation, conjunction, disjunction, difference and exclusive or", () => {
    fc.assert(
      fc.property(formula, (of) => {
        const bdd = fresh();
        expect(tableOf(bdd, build(bdd, of))).toBe(table((assignment) => truth(of, assignment)));
      }),
    );
  });

  it("and are the same number where the tables are the same, and only there", () => {
    fc.assert(
      fc.property(formula, formula, (a, b) => {
        const bdd = fresh();
        const [one, other] = [build(bdd, a), build(bdd, b)];
        expect(one === other).toBe(tableOf(bdd, one) === tableOf(bdd, other));
        expect(bdd.minus(bdd.or(one, other), bdd.and(one, other))).toBe(bdd.xor(one, other));
        expect(bdd.isSubset(bdd.and(one, other), one)).toBe(true);
        expect(bdd.isSubset(one, other)).toBe(bdd.minus(one, other) === Bdd.none);
      }),
    );
  });

  it("in quantification", () => {
    fc.assert(
      fc.property(formula, someVariables, (of, list) => {
        const bdd = fresh();
        const edge = build(bdd, of);
        const variables = bdd.variables(list);
        const settings = (assignment: number): number[] =>
          list.reduce(
            (all, variable) => all.flatMap((one) => [withBit(one, variable, 0), withBit(one, variable, 1)]),
            [assignment],
          );
        const values = table((assignment) => truth(of, assignment));
        const isTrue = (assignment: number): boolean => values[assignment] === "1";
        expect(tableOf(bdd, bdd.exists(edge, variables))).toBe(table((one) => settings(one).some(isTrue)));
        expect(tableOf(bdd, bdd.forall(edge, variables))).toBe(table((one) => settings(one).every(isTrue)));
      }),
    );
  });

  it("in renaming, composition and cofactors", () => {
    fc.assert(
      fc.property(
        formula,
        formula,
        fc.shuffledSubarray(everyVariable, { minLength: width }),
        fc.nat(width - 1),
        fc.array(fc.constantFrom(0 as const, 1 as const, open), { maxLength: width - 2 }),
        (a, b, order, variable, values) => {
          const bdd = fresh();
          const edge = build(bdd, a);
          const by = build(bdd, b);
          const renamed = bdd.rename(edge, bdd.renaming(order.map((to, from) => [from, to] as const)));
          // Variable `from` of the old function is read where its new name stands.
          const moved = (assignment: number): number =>
            order.reduce((all, to, from) => withBit(all, from, bit(assignment, to)), 0);
          expect(tableOf(bdd, renamed)).toBe(table((assignment) => truth(a, moved(assignment))));
          expect(tableOf(bdd, bdd.compose(edge, variable, by))).toBe(
            table((assignment) => truth(a, withBit(assignment, variable, truth(b, assignment) ? 1 : 0))),
          );
          const fixed = (assignment: number): number =>
            values.reduce<number>(
              (all, value, at) => (value === open ? all : withBit(all, at + 2, value)),
              assignment,
            );
          expect(tableOf(bdd, bdd.cofactor(edge, 2, values))).toBe(
            table((assignment) => truth(a, fixed(assignment))),
          );
        },
      ),
    );
  });

  it("in counting", () => {
    fc.assert(
      fc.property(formula, (of) => {
        const bdd = fresh();
        const members = table((assignment) => truth(of, assignment)).replaceAll("0", "").length;
        expect(countOver(bdd, build(bdd, of), everyVariable)).toBe(BigInt(members));
      }),
    );
  });
});

describe("memory", () => {
  it("is given back by collect, and what is kept stays what it was", () => {
    fc.assert(
      fc.property(fc.array(formula, { minLength: 2, maxLength: 5 }), ([first, ...others]) => {
        if (first === undefined) return;
        const bdd = fresh();
        const kept = build(bdd, first);
        const before = bdd.size;
        const lost = others.map((of) => build(bdd, of));
        expect(lost.length).toBeGreaterThan(0);
        bdd.collect([kept]);
        expect(bdd.size).toBeLessThanOrEqual(before);
        expect(tableOf(bdd, kept)).toBe(table((assignment) => truth(first, assignment)));
        // Freed nodes are used again, and equal functions still meet.
        for (const of of others) expect(tableOf(bdd, build(bdd, of))).toBe(table((one) => truth(of, one)));
        expect(build(bdd, first)).toBe(kept);
      }),
    );
  });

  it("has a bound, and outgrowing it names the question", () => {
    // The equality of two interleaved halves, in an order that keeps them apart, takes 2^6 nodes and more.
    const bdd = new Bdd(width, { mostNodes: 60, question: "reach of estate.yaml" });
    const grow = (): Edge =>
      everyVariable
        .slice(0, 6)
        .map((variable) => bdd.not(bdd.xor(bdd.variable(variable), bdd.variable(variable + 6))))
        .reduce((all, one) => bdd.and(all, one));
    expect(grow).toThrow(Problem);
    expect(grow).toThrow(/reach of estate\.yaml.*60 nodes/);
    expect(grow).toThrow(
      expect.objectContaining({ code: "limit", remedy: expect.stringContaining("--from") }),
    );
    // Afterwards it still works, within its bound.
    bdd.collect([]);
    expect(bdd.and(bdd.variable(0), bdd.not(bdd.variable(0)))).toBe(Bdd.none);
  });
});
