// Facts about hand-made lists of rules, in three dimensions of eight coordinates.
import { describe, expect, it } from "vitest";
import { analyseList } from "./list.ts";
import type { Effect, Program, Verdict } from "./program.ts";
import { boxes, ofKind, type Sides } from "./testing.ts";

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
