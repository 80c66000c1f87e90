// The published shape of checked assertions in JSON. schemas/assert.schema.json is generated from it; a test holds the two
// and the real output together. Imported for its type alone where they are printed.
import { z } from "zod";
import { originSchema, packetSchema, serviceSchema } from "./shared-schema.ts";
import { traceSchema } from "./trace-schema.ts";

export const assertSchema = z
  .strictObject({
    schema: z.literal("ringwall.assert/1"),
    estate: z.string(),
    holds: z.boolean().meta({ description: "every one of them" }),
    assertions: z.array(
      z.strictObject({
        text: z.string(),
        kind: z.enum(["must", "mustNot", "exactly", "only", "defaultDeny"]),
        origin: originSchema,
        holds: z.boolean(),
        breaches: z.array(
          z.strictObject({
            from: z.string(),
            to: z.string(),
            family: z.union([z.literal(4), z.literal(6)]).optional(),
            services: z.array(serviceSchema),
            why: z.string(),
            witness: packetSchema.optional(),
            trace: traceSchema.optional(),
          }),
        ),
        more: z.int().meta({ description: "breaches that are not shown" }),
      }),
    ),
    unknowns: z.array(z.strictObject({ what: z.string(), effect: z.string(), origin: originSchema })),
  })
  .meta({ title: "Ringwall assert", description: "What `ringwall assert --format json` writes." });

export type AssertDocument = z.infer<typeof assertSchema>;

/** The JSON Schema (draft 2020-12) of what `ringwall assert --format json` writes. */
export function assertJsonSchema(): unknown {
  return z.toJSONSchema(assertSchema);
}
