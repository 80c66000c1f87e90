// The published shape of findings in JSON. schemas/lint.schema.json is generated from it; a test holds the two and the real
// output together. Imported for its type alone where findings are printed.
import { z } from "zod";

const origin = z.strictObject({
  file: z.string(),
  line: z.int().min(1),
  column: z.int().min(1).optional(),
  id: z.string().optional().meta({ description: "the vendor's own name for it" }),
});
const severity = z.enum(["critical", "high", "medium", "low", "note"]);
const suppression = z.strictObject({
  reason: z.string(),
  until: z.string().meta({ description: "the last day on which it counts, such as 2026-12-31 (UTC)" }),
  origin,
});
const finding = z.strictObject({
  check: z.string().meta({ description: "the check's number: RW101" }),
  name: z.string().meta({ description: "the check's name: open-to-world-admin" }),
  severity,
  title: z.string(),
  fingerprint: z
    .string()
    .meta({ description: "the same for the same mistake at the same place, though lines move" }),
  subject: z.strictObject({
    kind: z.string(),
    id: z.string(),
    name: z.string(),
    part: z.string().optional(),
  }),
  origins: z.array(origin).min(1).meta({ description: "the first is where a person would change something" }),
  witness: z
    .strictObject({
      packet: z.strictObject({
        text: z.string().meta({ description: "the packet on one line" }),
        family: z.union([z.literal(4), z.literal(6)]),
        protocol: z.string(),
        source: z.string(),
        destination: z.string(),
        sourcePort: z.string().optional(),
        destinationPort: z.string().optional(),
        icmpType: z.string().optional(),
        icmpCode: z.string().optional(),
      }),
      seen: z.string().meta({ description: "what happens to it, in words" }),
    })
    .optional()
    .meta({ description: "a packet that shows the mistake, and what happens to it" }),
  why: z.string(),
  remedy: z
    .strictObject({
      text: z.string(),
      tried: z.enum(["works", "fails", "untried"]).meta({
        description:
          "works: on the estate as changed the finding is gone, nothing as bad is new, and what must work does",
      }),
      because: z.string().optional().meta({ description: "what failed, or why nothing was tried" }),
    })
    .optional(),
  expired: suppression.optional().meta({ description: "a suppression that has run out" }),
  suppressed: suppression.optional(),
});

export const lintSchema = z
  .strictObject({
    schema: z.literal("ringwall.lint/1"),
    estate: z.string(),
    checks: z.array(z.string()).meta({ description: "the numbers of the checks that were run" }),
    findings: z.array(finding).meta({ description: "worst first" }),
    suppressed: z.array(finding),
    unusedSuppressions: z.array(z.strictObject({ check: z.string(), at: z.string().optional(), origin })),
    unknowns: z.array(z.strictObject({ what: z.string(), effect: z.string(), origin })),
  })
  .meta({ title: "Ringwall lint", description: "What `ringwall lint --format json` writes." });

export type LintDocument = z.infer<typeof lintSchema>;

/** The JSON Schema (draft 2020-12) of what `ringwall lint --format json` writes. */
export function lintJsonSchema(): unknown {
  return z.toJSONSchema(lintSchema);
}
