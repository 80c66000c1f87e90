// Edits of a compiled list against `evaluate` on the edited rules.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate } from "../evaluate.ts";
import type { View } from "../view.ts";
import { anyView } from "../boxes/testing.ts";
import { compileList, type RuleList } from "./list.ts";
import { anyRuleList, chainOf } from "./testing.ts";

const views = fc.array(anyView, { minLength: 30, maxLength: 30 });

/** Marks are known of all packets here, since columns hold them all or none. */
const marked = (view: View): View => ({
  ...view,
  mark: view.mark ?? 1,
  connectionMark: view.connectionMark ?? 0,
});

/** How many packets were compared. */
function agree(list: RuleList, some: readonly View[]): number {
  let compared = 0;
  for (const family of [4, 6] as const) {
    const ours = some.filter((view) => view.packet.family === family).map(marked);
    if (ours.length === 0) continue;
    const columns = list.columnsOf(ours);
    if (columns === undefined) throw new Error("packets of single values have columns");
    const results = new Uint32Array(ours.length);
    list.classify(columns, results);
    for (const [at, view] of ours.entries()) {
      const { decisions } = evaluate(list.chain, new Map(), { ...view });
      expect(list.outcomes[results[at] ?? -1]?.decisions).toEqual(decisions);
      compared += 1;
    }
  }
  return compared;
}

const edit = fc.tuple(fc.constantFrom("with", "insert", "remove"), fc.nat(1000), fc.nat(11));

test("after any edits a list decides as if it had been compiled with them", () => {
  let compared = 0;
  fc.assert(
    fc.property(
      anyRuleList,
      anyRuleList,
      fc.array(edit, { maxLength: 5 }),
      views,
      (rules, others, edits, some) => {
        let list = compileList(chainOf("list", rules, "drop"));
        compared += agree(list, some.slice(0, 5));
        for (const [kind, where, which] of edits) {
          const { length } = list.chain.rules;
          const rule = others[which % others.length];
          if (rule === undefined || (kind !== "insert" && length === 0)) continue;
          const before = list;
          if (kind === "insert") list = list.insertRule(where % (length + 1), { ...rule });
          else if (kind === "with") list = list.withRule(where % length, { ...rule });
          else list = list.removeRule(where % length);
          compared += agree(before, some.slice(0, 3));
        }
        compared += agree(list, some);
      },
    ),
    { numRuns: 150 },
  );
  expect(compared).toBeGreaterThan(150 * 30);
});

test("so many edits that the list is compiled anew leave it right", () => {
  let compared = 0;
  fc.assert(
    fc.property(anyRuleList, anyRuleList, views, (rules, others, some) => {
      let list = compileList(chainOf("list", rules, "accept"));
      for (let at = 0; at < 40; at += 1) {
        const rule = others[at % others.length];
        if (rule !== undefined) list = list.insertRule((at * 7) % (list.chain.rules.length + 1), { ...rule });
        if (at % 3 === 0) list = list.removeRule((at * 5) % list.chain.rules.length);
      }
      compared += agree(list, some);
    }),
    { numRuns: 15 },
  );
  expect(compared).toBe(15 * 30);
});
