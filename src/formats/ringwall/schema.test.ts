// The JSON Schema that editors use is the one that validates: the committed file is what the script would write.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ringwallJsonSchema } from "./schema.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const committed: unknown = JSON.parse(readFileSync(join(root, "schemas/estate.schema.json"), "utf8"));

test("the committed JSON Schema is the one that the validating schema gives", () => {
  expect(committed).toEqual(structuredClone(ringwallJsonSchema()));
});

test("every key of the format says what it is for", () => {
  const silent: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== "object" || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key === "properties") {
        for (const [name, property] of Object.entries(value as Record<string, { description?: string }>)) {
          if (property.description === undefined) silent.push(`${path}.${name}`);
        }
      }
      visit(value, `${path}.${key}`);
    }
  };
  visit(committed, "");
  expect(silent).toEqual([]);
});

test("every example points its editor at the schema", () => {
  const files = readdirSync(join(root, "examples"), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.name === "ringwall.yaml",
  );
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const [first = ""] = readFileSync(join(file.parentPath, file.name), "utf8").split("\n");
    const path = /^# yaml-language-server: \$schema=(\S+)$/.exec(first)?.[1] ?? "";
    expect(join(dirname(join(file.parentPath, file.name)), path)).toBe(
      join(root, "schemas/estate.schema.json"),
    );
  }
});
