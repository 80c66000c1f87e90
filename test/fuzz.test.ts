// A short run of the fuzzer over every reader: enough to notice when one of them forgets itself. The long one is
// `npm run fuzz -- --inputs 1000000`.
import { describe, expect, test } from "vitest";
import { runTarget, tryInput } from "../fuzz/run.ts";
import { targets } from "../fuzz/targets.ts";

describe.each(targets.map((target) => [target.name, target] as const))("%s", (_, target) => {
  test("every seed is read as it stands", async () => {
    for (const seed of target.seeds) expect(await tryInput(target, seed)).toEqual({ kind: "accepted" });
  });

  test(
    "broken inputs end in an answer or in a problem with its place, and at once",
    { timeout: 120_000 },
    async () => {
      const inputs = Math.ceil(300 * target.weight);
      const tally = await runTarget(target, inputs, "npm test");
      expect(tally.defect).toBeUndefined();
      expect(tally.inputs).toBe(inputs);
      expect(tally.refused + tally.accepted).toBe(inputs);
      expect(tally.accepted).toBeGreaterThan(0);
    },
  );
});
