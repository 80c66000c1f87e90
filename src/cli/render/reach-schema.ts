// The published shape of a reach answer in JSON. schemas/reach.schema.json is generated from it; a test holds the two and
// the real output together. Imported for its type alone where answers are printed.
import { z } from "zod";
import { originSchema, serviceSchema } from "./shared-schema.ts";

const services = z.array(serviceSchema);
const end = z.strictObject({
  id: z.string(),
  kind: z.enum(["inside", "outside"]),
  name: z.string(),
  interfaces: z.array(z.string()).optional().meta({ description: "ids of the interfaces of the class" }),
  addresses: z.array(z.string()).meta({ description: "prefixes" }),
  tier: z.string().optional(),
});
const share = z.strictObject({
  leg: z.enum(["forward", "reply"]),
  layer: z.string(),
  place: z.string(),
  ring: z.string(),
  lets: services,
  perhaps: services,
  rules: z.array(z.strictObject({ text: z.string(), origin: originSchema })),
  why: z.string().optional(),
});

export const reachSchema = z
  .strictObject({
    schema: z.literal("ringwall.reach/1"),
    estate: z.string(),
    classes: z.array(end).meta({ description: "ends that every rule and route treat alike" }),
    pairs: z.array(
      z.strictObject({
        from: z.string().meta({ description: "the id of a class" }),
        to: z.string(),
        family: z.union([z.literal(4), z.literal(6)]),
        allowed: services.meta({ description: "gets there, and the answer comes back" }),
        depends: services,
        dependsOn: z.array(z.string()),
        oneWay: services.meta({ description: "gets there, and the answer does not come back" }),
        via: z.array(z.string()).meta({ description: "gateways, NAT and load balancers on the way there" }),
        rings: z
          .array(share)
          .optional()
          .meta({ description: "with --rings: what each ring lets through by itself" }),
      }),
    ),
    unknowns: z.array(z.strictObject({ what: z.string(), effect: z.string(), origin: originSchema })),
  })
  .meta({ title: "Ringwall reach", description: "What `ringwall reach --format json` writes." });

export type ReachDocument = z.infer<typeof reachSchema>;
export type ServiceDocument = z.infer<typeof serviceSchema>;

/** The JSON Schema (draft 2020-12) of what `ringwall reach --format json` writes. */
export function reachJsonSchema(): unknown {
  return z.toJSONSchema(reachSchema);
}
