// The published shape of a diff in JSON. schemas/diff.schema.json is generated from it; a test holds the two and the real
// output together. Imported for its type alone where diffs are printed.
import { z } from "zod";
import { packetSchema, originSchema, serviceSchema } from "./shared-schema.ts";

const end = z.strictObject({ id: z.string(), name: z.string() });
const because = z
  .array(
    z.strictObject({
      side: z.enum(["before", "after"]),
      ring: z.string(),
      text: z.string(),
      origin: originSchema,
    }),
  )
  .meta({ description: "rules that bear on it, on the side on which they stand" });
const changed = {
  from: z.array(end).meta({ description: "each of these, to each of those" }),
  to: z.array(end),
  family: z.union([z.literal(4), z.literal(6)]),
  services: z.array(serviceSchema),
  witness: packetSchema,
  because,
};

export const diffSchema = z
  .strictObject({
    schema: z.literal("ringwall.diff/1"),
    before: z.string(),
    after: z.string(),
    changes: z
      .array(
        z.strictObject({
          kind: z.enum(["opened", "closed", "doubtful", "settled"]).meta({
            description:
              "doubtful: was certain, and hangs now on what can't be known; settled: the other way round, `now` says how",
          }),
          now: z.enum(["allowed", "denied", "depends"]),
          severity: z.enum(["critical", "high", "medium", "low", "note"]),
          weight: z.string().meta({ description: "what makes it as bad as that" }),
          ...changed,
        }),
      )
      .meta({ description: "worst first" }),
    cuts: z.array(
      z.strictObject({
        tracking: z.enum(["tracked", "untracked", "stateless", "unknown"]),
        at: z
          .enum(["once", "end", "unknown"])
          .meta({ description: "when connections that exist now end: at once, or by themselves" }),
        why: z.string(),
        ...changed,
      }),
    ),
    compared: z.strictObject({
      pairs: z.int(),
      same: z.int().meta({ description: "pairs of ends proved to exchange the same flows as before" }),
    }),
    added: z.array(end),
    removed: z.array(end),
    unknowns: z.array(z.strictObject({ what: z.string(), effect: z.string(), origin: originSchema })),
  })
  .meta({ title: "Ringwall diff", description: "What `ringwall diff --format json` writes." });

export type DiffDocument = z.infer<typeof diffSchema>;

/** The JSON Schema (draft 2020-12) of what `ringwall diff --format json` writes. */
export function diffJsonSchema(): unknown {
  return z.toJSONSchema(diffSchema);
}
