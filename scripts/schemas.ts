// Writes the JSON Schemas that are published beside the program, each from the same schema that validates its input.
// `node scripts/schemas.ts` writes them; a test holds the committed ones to what it would write.
import { writeFile } from "node:fs/promises";
import { assertJsonSchema } from "../src/cli/render/assert-schema.ts";
import { diffJsonSchema } from "../src/cli/render/diff-schema.ts";
import { lintJsonSchema } from "../src/cli/render/lint-schema.ts";
import { reachJsonSchema } from "../src/cli/render/reach-schema.ts";
import { traceJsonSchema } from "../src/cli/render/trace-schema.ts";
import { ringwallJsonSchema } from "../src/formats/ringwall/schema.ts";

const schemas: Readonly<Record<string, () => unknown>> = {
  "assert.schema.json": assertJsonSchema,
  "diff.schema.json": diffJsonSchema,
  "estate.schema.json": ringwallJsonSchema,
  "lint.schema.json": lintJsonSchema,
  "reach.schema.json": reachJsonSchema,
  "trace.schema.json": traceJsonSchema,
};

for (const [name, make] of Object.entries(schemas)) {
  await writeFile(
    new URL(`../schemas/${name}`, import.meta.url),
    `${JSON.stringify(make(), undefined, 2)}\n`,
  );
}
