// The verb lint: exit statuses, and that JSON and SARIF are what they promise to be.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { main } from "./main.ts";
import { lintJsonSchema, lintSchema } from "./render/lint-schema.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const sideDoor = join(root, "examples/side-door/open");
const closed = join(root, "examples/side-door/closed");

async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const status = await main(["lint", ...args], {
    write: (text) => void (out += text),
    writeError: (text) => void (err += text),
    colour: false,
    progress: false,
    columns: 100,
  });
  return { status, out, err };
}

describe("exit status", () => {
  test("1 where something is to be mended, 0 where nothing is", async () => {
    expect((await run(sideDoor, "--check", "RW101")).status).toBe(1);
    expect((await run(closed, "--check", "RW101")).status).toBe(0);
  });

  test("the threshold decides, not what is shown", async () => {
    expect((await run(sideDoor, "--check", "RW101", "--fail", "critical")).status).toBe(0);
    expect((await run(sideDoor, "--check", "RW101", "--fail", "never")).status).toBe(0);
    const hidden = await run(sideDoor, "--check", "RW101", "--severity", "critical");
    expect(hidden.status).toBe(1);
    expect(hidden.out).not.toContain("vendor-sg");
  });

  test("2 for a check that there is not, with what was meant", async () => {
    const { status, err } = await run(sideDoor, "--check", "open-to-world-admn");
    expect(status).toBe(2);
    expect(err).toContain("did you mean open-to-world-admin?");
  });

  test("2 without an estate", async () => {
    expect((await run()).status).toBe(2);
  });
});

test("text says place, severity, number, witness, why and remedy", async () => {
  const { out } = await run(sideDoor, "--check", "RW101");
  expect(out).toMatch(/ringwall\.yaml:36:\d+: high RW101 vendor-sg lets the internet reach tcp 22 of batch/);
  expect(out).toContain("tcp 203.0.113.7:49152 > 198.51.100.99:22");
  expect(out).toContain("tried: it works");
});

test("--list and --explain need no estate", async () => {
  expect((await run("--list")).out).toMatch(/^RW101 {2}open-to-world-admin/);
  const { out, status } = await run("--explain", "open-to-world-admin");
  expect(status).toBe(0);
  expect(out).toContain("CIS AWS Foundations");
});

describe("JSON", () => {
  test("is what the published schema says, and the committed schema is that one", async () => {
    const { out } = await run(sideDoor, "--format", "json");
    const parsed = lintSchema.parse(JSON.parse(out));
    expect(parsed.findings.map((finding) => finding.check)).toContain("RW101");
    const committed: unknown = JSON.parse(readFileSync(join(root, "schemas/lint.schema.json"), "utf8"));
    expect(committed).toEqual(structuredClone(lintJsonSchema()));
  });
});

// What SARIF 2.1.0 (OASIS standard, 27 March 2020) requires of the parts that are written, by section; and what it
// constrains in them: no other key is written.
const message = z.strictObject({ text: z.string().min(1) }); // 3.11
const location = z.strictObject({
  id: z.int().min(0).optional(), // 3.28.2
  physicalLocation: z.strictObject({
    artifactLocation: z.strictObject({ uri: z.string().regex(/^[^\s\\]+$/) }), // 3.4.3: a valid URI reference
    region: z.strictObject({ startLine: z.int().min(1), startColumn: z.int().min(1).optional() }), // 3.30.5, 3.30.6
  }),
  logicalLocations: z.array(z.strictObject({ fullyQualifiedName: z.string().min(1) })).optional(),
});
const level = z.enum(["none", "note", "warning", "error"]); // 3.27.10
const properties = z.looseObject({ tags: z.array(z.string()).optional() }); // 3.8
const result = z.strictObject({
  ruleId: z.string().min(1), // 3.27.5
  ruleIndex: z.int().min(0), // 3.27.6
  level,
  message, // 3.27.11, required
  locations: z.array(location).min(1), // 3.27.12
  relatedLocations: z.array(location).optional(),
  partialFingerprints: z.record(z.string(), z.string()), // 3.27.17
  suppressions: z.array(
    z.strictObject({
      kind: z.enum(["inSource", "external"]), // 3.35.2, required
      status: z.enum(["accepted", "underReview", "rejected"]).optional(), // 3.35.3
      justification: z.string().optional(), // 3.35.4
    }),
  ),
  properties,
});
const rule = z.strictObject({
  id: z.string().min(1), // 3.49.3, required
  name: z.string().regex(/^\w+$/), // 3.49.7
  shortDescription: message,
  fullDescription: message,
  help: z.strictObject({ text: z.string().min(1), markdown: z.string().optional() }), // 3.12: text is required
  helpUri: z.url().optional(), // 3.49.12: absolute
  defaultConfiguration: z.strictObject({ level }),
  properties: z.strictObject({
    tags: z.array(z.string()),
    "security-severity": z.string().regex(/^\d+\.\d$/),
    precision: z.enum(["very-high", "high", "medium", "low"]),
  }),
});
const sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"), // 3.13.2, required
  runs: z.array(
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.string().min(1),
          semanticVersion: z.string(),
          rules: z.array(rule),
        }), // 3.19.8
      }),
      columnKind: z.enum(["utf16CodeUnits", "unicodeCodePoints"]),
      automationDetails: z.strictObject({ id: z.string() }),
      invocations: z.array(
        z.strictObject({
          executionSuccessful: z.boolean(), // 3.20.14, required
          toolExecutionNotifications: z.array(
            z.strictObject({ level, message, locations: z.array(location) }),
          ),
        }),
      ),
      results: z.array(result),
    }),
  ),
});

describe("SARIF", () => {
  test.each([sideDoor, closed, join(root, "examples/three-tier")])("of %s is SARIF 2.1.0", async (estate) => {
    const { out } = await run(estate, "--format", "sarif");
    const { runs } = sarif.parse(JSON.parse(out));
    const [first] = runs;
    const rules = first?.tool.driver.rules ?? [];
    // 3.27.6: the index is that of the rule with the result's own id.
    const named = first?.results.map((item) => rules[item.ruleIndex]?.id);
    expect(named).toEqual(first?.results.map((item) => item.ruleId));
    const fingerprints = first?.results.map((item) => item.partialFingerprints["ringwall/v1"]);
    expect(new Set(fingerprints).size).toBe(fingerprints?.length);
  });

  test("puts the finding at its line", async () => {
    const { out } = await run(sideDoor, "--check", "RW101", "--format", "sarif");
    const [first] = sarif.parse(JSON.parse(out)).runs;
    expect(first?.results.map((item) => item.locations[0]?.physicalLocation.region.startLine)).toEqual([36]);
    expect(first?.results.map((item) => item.level)).toEqual(["error"]);
  });
});
