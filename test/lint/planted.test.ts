// The planted suite: every mistake is found where it is, its mended twin is silent, and a remedy that the program can apply
// holds. To add a pair: one `planted(…)` or `example(…)` line in the table of its area.
import { describe, expect, test } from "vitest";
import { checks } from "../../src/questions/lint/checks.ts";
import { lint } from "../../src/questions/lint.ts";
import { findCheck } from "../../src/questions/lint/settings.ts";
import { exposure } from "./exposure.ts";
import { groups } from "./groups.ts";
import { kubernetes } from "./kubernetes.ts";
import { order } from "./order.ts";
import { host } from "./host.ts";
import type { Pair } from "./pair.ts";
import { returnTraffic } from "./return-traffic.ts";
import { segmentation } from "./segmentation.ts";

const pairs: readonly Pair[] = [
  ...exposure,
  ...returnTraffic,
  ...order,
  ...groups,
  ...segmentation,
  ...host,
  ...kubernetes,
];

function only(pair: Pair) {
  const check = findCheck(checks, pair.check);
  if (check === undefined) throw new Error(`there is no check ${pair.check}`);
  return { today: "2026-11-22", only: [check] };
}

describe.each(pairs)("$check: $mistake", (pair) => {
  test(`is found at ${pair.at}`, async () => {
    const { findings } = lint(await pair.wrong(), only(pair));
    expect(findings.flatMap(({ subject }) => [subject.id, subject.name])).toContain(pair.at);
    const tried = findings.map(({ title, remedy }) => ({ title, outcome: remedy?.tried() }));
    expect(tried.filter(({ outcome }) => outcome?.outcome === "fails")).toEqual([]);
  });

  test("is silent once mended", async () => {
    const { findings } = lint(await pair.mended(), only(pair));
    expect(findings.map(({ title }) => title)).toEqual([]);
  });
});

test("every check has a planted mistake", () => {
  const planted = new Set<string>(pairs.map((pair) => pair.check));
  expect(checks.map((check) => check.number).filter((number) => !planted.has(number))).toEqual([]);
});
