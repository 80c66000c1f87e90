// Shapes that several published documents share: where something stands, a packet in words, a service.
import { z } from "zod";

export const originSchema = z.strictObject({
  file: z.string(),
  line: z.int().min(1),
  column: z.int().min(1).optional(),
  id: z.string().optional().meta({ description: "the vendor's own name for it" }),
});

export const packetSchema = z.strictObject({
  family: z.union([z.literal(4), z.literal(6)]),
  protocol: z.string(),
  source: z.string(),
  destination: z.string(),
  sourcePort: z.string().optional(),
  destinationPort: z.string().optional(),
  icmpType: z.string().optional(),
  icmpCode: z.string().optional(),
});

const ranges = z
  .array(z.tuple([z.int().min(0).max(65535), z.int().min(0).max(65535)]))
  .meta({ description: "ranges, both ends inside" });

export const serviceSchema = z.strictObject({
  text: z.string().meta({ description: "in words: tcp 443" }),
  protocol: z.union([z.int().min(0).max(255), z.literal("any")]),
  destinationPorts: ranges
    .optional()
    .meta({ description: "absent: every port, or a protocol without ports" }),
  sourcePorts: ranges.optional().meta({ description: "only where not every port of the client's will do" }),
  icmpTypes: ranges.optional(),
  icmpCodes: ranges.optional(),
});
