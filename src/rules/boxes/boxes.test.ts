// Boxes against matches.ts: every packet lies in a match's boxes exactly where the match holds.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { matches } from "../matches.ts";
import { boxesOf } from "./boxes.ts";
import { dimensionsOf } from "./dimensions.ts";
import type { BoxList } from "./model.ts";
import { pointOf } from "./point.ts";
import { anyMatch, anyView } from "./testing.ts";

function inside({ count, dimensions, low, high }: BoxList, point: Uint32Array): boolean {
  const width = dimensions.length;
  for (let box = 0; box < count; box += 1) {
    let all = true;
    for (let at = 0; at < width; at += 1) {
      const value = point[at] ?? 0;
      if (value < (low[box * width + at] ?? 0) || value > (high[box * width + at] ?? 0)) all = false;
    }
    if (all) return true;
  }
  return false;
}

test("a packet is in the sure boxes where the match is true, and in the possible ones where it is not false", () => {
  let asked = 0;
  fc.assert(
    fc.property(
      anyMatch,
      fc.array(anyMatch, { maxLength: 3 }),
      fc.array(anyView, { minLength: 20, maxLength: 20 }),
      (match, others, views) => {
        for (const family of [4, 6] as const) {
          const dimensions = dimensionsOf(family, [match, ...others]);
          const boxes = boxesOf(match, dimensions);
          if (!boxes.exact) continue;
          for (const view of views) {
            if (view.packet.family !== family) continue;
            const point = pointOf(view, dimensions);
            if (point === undefined) throw new Error("a packet of single values has a point");
            const truth = matches(match, view);
            const said = inside(boxes.must, point) ? true : inside(boxes.may, point) ? "unknown" : false;
            expect(said).toBe(typeof truth === "boolean" ? truth : "unknown");
            asked += 1;
          }
        }
      },
    ),
    { numRuns: 3000 },
  );
  expect(asked).toBeGreaterThan(30_000);
});
