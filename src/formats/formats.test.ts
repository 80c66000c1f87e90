import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Problem } from "../problem.ts";
import { readJson } from "./json.ts";

const read = (text: string) => readJson({ path: "export.json", text });

test("an object keeps the line that it began on", () => {
  const document = read('{\n  "Rules": [\n    { "a": 1 },\n    { "b": [true, null, "x"] }\n  ]\n}\n');
  const rules = (document.value as { Rules: object[] }).Rules;
  expect(document.value).toEqual({ Rules: [{ a: 1 }, { b: [true, null, "x"] }] });
  expect(document.originOf(rules[1], "rule 2")).toEqual({
    file: "export.json",
    line: 4,
    column: 5,
    id: "rule 2",
  });
});

test.each([
  ['{"a": [1, 2', 1, /cut off/],
  ["{\n  'a': 1}", 2, /./],
  ["", 1, /empty/],
  ["{} {}", 1, /end of the file/],
  ['{"a": 1, // c\n}', 1, /comments/],
  ["[".repeat(5000), 1, /nested/],
])("broken JSON %j is an error at its line", (text, line, message) => {
  let problem: unknown;
  try {
    read(text);
  } catch (error) {
    problem = error;
  }
  expect(problem).toBeInstanceOf(Problem);
  expect((problem as Problem).origin?.line).toBe(line);
  expect((problem as Problem).message).toMatch(message);
});

/** The value, or that there is none. */
function outcome(parse: () => unknown): { readonly value: unknown } | "refused" {
  try {
    return { value: parse() };
  } catch {
    return "refused";
  }
}

test("what JSON.parse takes is read the same, and what it refuses is refused", () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 4 }),
      fc.nat(),
      fc.constantFrom("", '"', "{", "]", ",", "\\", "0", "\u0001", "\ud83d\ude00"),
      (text, where, splice) => {
        const at = where % (text.length + 1);
        const damaged = text.slice(0, at) + splice + text.slice(at);
        expect(outcome(() => read(damaged).value)).toEqual(outcome(() => JSON.parse(damaged)));
      },
    ),
    { numRuns: 2000 },
  );
});

test("a key named __proto__ is data", () => {
  const { value } = read('{"__proto__": {"a": 1}}');
  expect(Object.keys(value as object)).toEqual(["__proto__"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});
