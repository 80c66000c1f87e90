// The published shape of a reach answer in JSON. schemas/reach.schema.json is generated from it; a test holds the two and
// the real output together. Imported for its type alone where answers are printed.
import { z } from "zod";

const ports = z
  .array(z.tuple([z.int().min(0).max(65535), z.int().min(0).max(65535)]))
  .meta({ description: "ranges, both ends inside" });
const origin = z.strictObject({
  file: z.string(),
  line: z.int().min(1),
  column: z.int().min(1).optional(),
  id: z.string().optional(),
});
const service = z.strictObject({
  text: z.string().meta({ description: "in words: tcp 443" }),
  protocol: z.union([z.int().min(0).max(255), z.literal("any")]),
  destinationPorts: ports.optional().meta({ description: "absent: every port, or a protocol without ports" }),
  sourcePorts: ports.optional().meta({ description: "only where not every port of the client's will do" }),
  icmpTypes: ports.optional(),
  icmpCodes: ports.optional(),
});
const services = z.array(service);
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
  rules: z.array(z.strictObject({ text: z.string(), origin })),
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
    unknowns: z.array(z.strictObject({ what: z.string(), effect: z.string(), origin })),
  })
  .meta({ title: "Ringwall reach", description: "What `ringwall reach --format json` writes." });

export type ReachDocument = z.infer<typeof reachSchema>;
export type ServiceDocument = z.infer<typeof service>;

/** The JSON Schema (draft 2020-12) of what `ringwall reach --format json` writes. */
export function reachJsonSchema(): unknown {
  return z.toJSONSchema(reachSchema);
}
