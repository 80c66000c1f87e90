// The published shape of a trace in JSON. schemas/trace.schema.json is generated from it; a test holds the two and the
// real output together. Imported for its type alone where traces are printed.
import { z } from "zod";
import { originSchema as origin, packetSchema as packet } from "./shared-schema.ts";

const answer = z.enum(["allowed", "denied", "depends"]);
const rule = z.strictObject({ text: z.string(), origin });
const step = z.strictObject({
  layer: z.enum([
    "edge",
    "route",
    "gateway",
    "nat",
    "nacl",
    "packet-filter",
    "security-group",
    "host",
    "network-policy",
    "load-balancer",
    "endpoint",
  ]),
  place: z.string(),
  ring: z.string(),
  verdict: z
    .enum(["allowed", "denied", "depends", "passed"])
    .meta({ description: "passed: a hop that decides nothing by itself" }),
  rule: rule.optional().meta({ description: "the rule that decided; rules has every one that counts" }),
  rules: z.array(rule),
  why: z.string(),
  causes: z.array(z.string()),
  rewritten: packet.optional().meta({ description: "the packet as it left, where the place rewrote it" }),
  remedy: z.string().optional(),
  silent: z
    .boolean()
    .optional()
    .meta({ description: "true: dropped without an answer; false: refused with one" }),
});
const leg = z.strictObject({ answer, packet: packet.optional(), arrives: packet, steps: z.array(step) });

export const traceSchema = z
  .strictObject({
    schema: z.literal("ringwall.trace/1"),
    question: z.strictObject({
      from: z.string(),
      to: z.string(),
      state: z.enum(["new", "established"]),
      packet,
    }),
    answer,
    forward: leg,
    reply: leg.optional(),
    get onward() {
      return z.array(traceSchema);
    },
    blockers: z.array(step.extend({ leg: z.enum(["forward", "reply", "onward"]) })),
    dependsOn: z.array(z.strictObject({ what: z.string(), origin: origin.optional() })),
    remedy: z.array(z.string()).meta({ description: "the smallest changes that let it through" }),
    stops: z.array(z.string()).meta({ description: "with --deny: the smallest changes that stop it" }),
    cases: z
      .array(z.strictObject({ packet, answer }))
      .meta({ description: "the parts that the question falls into" }),
    also: z.array(z.strictObject({ what: z.string(), answer })),
    unknowns: z.array(z.strictObject({ origin, what: z.string(), effect: z.string() })),
  })
  .meta({ title: "Ringwall trace", description: "What happens to a packet at every ring, there and back" });

export type TraceDocument = z.infer<typeof traceSchema>;

/** The JSON Schema (draft 2020-12) of a trace. */
export function traceJsonSchema(): unknown {
  return z.toJSONSchema(traceSchema);
}
