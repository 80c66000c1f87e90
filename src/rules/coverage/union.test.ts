// What is said of rules without order holds for every packet of a small universe, counted out one by one.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FlatBoxes, Point } from "./program.ts";
import { boxes, everyPoint, matched, ofKind, smallProgram, type Sides } from "./testing.ts";
import { analyseUnion } from "./union.ts";

const all: Sides = [
  [0, 7],
  [0, 7],
  [0, 7],
];

/** Whether rules taken together permit the same without some of them. */
function permitsSame(must: FlatBoxes, rules: readonly number[], out: readonly number[]): boolean {
  const permitted = (point: Point, left: readonly number[]): boolean =>
    left.some((rule) => matched(must, rule, point));
  const left = rules.filter((rule) => !out.includes(rule));
  return everyPoint.every((point) => permitted(point, rules) === permitted(point, left));
}

describe("a union, against every packet", () => {
  it("lets all redundant rules go at once, and none more; a needed one has a packet of its own", () => {
    fc.assert(
      fc.property(smallProgram, ({ effects, may }) => {
        const facts = analyseUnion(effects.length, may, may);
        const rules = [...effects.keys()];
        const out = ofKind(facts, "redundant").map(({ rule }) => rule);
        expect(permitsSame(may, rules, out)).toBe(true);
        const needed = ofKind(facts, "reached");
        expect(needed.filter(({ rule }) => permitsSame(may, rules, [...out, rule]))).toEqual([]);
        const shared = needed.filter(({ rule, witness }) =>
          rules.some((other) => matched(may, other, witness) !== (other === rule) && !out.includes(other)),
        );
        expect(shared).toEqual([]);
        const loose = ofKind(facts, "redundant").filter(
          ({ rule, by }) =>
            !permitsSame(may, [rule, ...by], [rule]) ||
            by.some((one) => permitsSame(may, [rule, ...by], [rule, one]) && by.length > 1),
        );
        expect(loose.map(({ rule }) => rule)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("needs rules that certainly match to replace one that may", () => {
    const may = boxes([
      [all],
      [
        [
          [1, 1],
          [0, 7],
          [0, 7],
        ],
      ],
    ]);
    const must = boxes([
      [],
      [
        [
          [1, 1],
          [0, 7],
          [0, 7],
        ],
      ],
    ]);
    expect(analyseUnion(2, must, may).map(({ kind }) => kind)).toEqual(["reached", "reached"]);
  });
});
