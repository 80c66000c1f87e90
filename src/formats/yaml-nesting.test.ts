import { describe, expect, test } from "vitest";
import { Problem } from "../problem.ts";
import { kubernetesReader } from "./kubernetes/reader.ts";
import { parseRingwall } from "./ringwall/reader.ts";
import { refuseDeepYaml } from "./yaml-nesting.ts";

const bombs: readonly [name: string, text: string][] = [
  ["open brackets", `a:\n  b: ${"[".repeat(3000)}\n`],
  ["open braces before more lines", `a: { b: ${"{".repeat(3000)} }\nc:\n  - d: 1\n`],
  ["mappings in one line", `a:\n  b: ${"a: ".repeat(3000)}\n`],
  ["lists in one line", `${"- ".repeat(3000)}x\n`],
  ["keys that are mappings", `${"? ".repeat(3000)}x\n`],
];
/** Mappings as keys of mappings: shallow, and printing such a key takes twice as long for each level. */
const keysInKeys: readonly [name: string, text: string] = ["thirty braces", `a: ${"{".repeat(30)}- b: c\n`];

test.each(bombs)("%s beyond sense are refused with their line", (_, text) => {
  expect(() => refuseDeepYaml("bomb.yaml", text)).toThrow(/nested over 200 deep/);
});

test("the line is the one where it gets too deep", () => {
  const text = `a: 1\nb: 2\nc: ${"[".repeat(300)}`;
  expect(() => refuseDeepYaml("bomb.yaml", text)).toThrow(
    expect.objectContaining({ origin: { file: "bomb.yaml", line: 3 } }),
  );
});

test.each([
  ["a long line of colons in a text", `a: "${"x: ".repeat(500)}"\n`],
  ["brackets in a block of text", `a: |\n  ${"[ { ".repeat(200)}\n`],
  ["a list of many", `a: [${"[1], ".repeat(500)}]\n`],
])("%s is not deep", (_, text) => {
  expect(() => refuseDeepYaml("fine.yaml", text)).not.toThrow();
});

describe("the readers of YAML answer at once", () => {
  const readers = [
    [
      "kubernetes",
      (text: string) =>
        kubernetesReader.read([{ path: "x.yaml", text: `apiVersion: v1\nkind: Pod\nspec:\n  x: ${text}` }]),
    ],
    [
      "ringwall",
      (text: string) => parseRingwall({ path: "ringwall.yaml", text: `ringwall: 1\nhosts:\n  x: ${text}` }),
    ],
  ] as const;
  test.each(
    readers.flatMap(([name, read]) =>
      [...bombs, keysInKeys].map(([what, text]) => [name, what, text, read] as const),
    ),
  )("%s: %s", (_, _what, text, read) => {
    const start = performance.now();
    expect(() => read(text)).toThrow(Problem);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
