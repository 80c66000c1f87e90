// All readings of a chain agree about real dumps. Here a sample; `node test/readings/main.ts` puts ten thousand packets and
// every rule's ends to each chain.
import { describe, expect, test } from "vitest";
import { compare, dumpPaths, present, subjectsOf } from "./suite.ts";

/** A question about address translation, which quotes no filter table; all others have INPUT, FORWARD and OUTPUT. */
const onlyNat = "serverfault__762193";

describe.skipIf(!present)("readings of real dumps (the folder of outside cases is not here)", () => {
  test("there are as many dumps as were collected", () => expect(dumpPaths()).toHaveLength(28));

  test.each(dumpPaths())("%s: every reading gives each packet the same verdict", (path) => {
    const outcomes = subjectsOf(path).map((subject) =>
      compare(subject, { packets: 150, rules: 20, seed: 7 }),
    );
    expect(outcomes.flatMap(({ differences }) => differences)).toEqual([]);
    expect(outcomes.filter(({ packets }) => packets >= 150)).toHaveLength(path.includes(onlyNat) ? 0 : 3);
  });
});
