// What one ring did to one packet, and why: the line of every answer.
import type { Packet } from "../packet/packet.ts";
import type { Rule } from "./rule.ts";
import type { Cause } from "./truth.ts";

export type LayerKind =
  | "edge"
  | "route"
  | "gateway"
  | "nat"
  | "nacl"
  | "packet-filter"
  | "security-group"
  | "host"
  | "network-policy"
  | "load-balancer"
  | "endpoint";

/** `allowed` and `denied` are certain; `depends` hangs on the causes; `passed` is a hop that decides nothing. */
export type StepVerdict = "allowed" | "denied" | "depends" | "passed";

export interface Step {
  readonly layer: LayerKind;
  /** Where, in the estate's own names: `subnet app-a`, `db-1 (eni-0db1)`. */
  readonly place: string;
  /** What of the place decided: `acl-0abc inbound`, `sg-0web outbound`, `filter INPUT`. */
  readonly ring: string;
  readonly verdict: StepVerdict;
  /** The rules that decided, in the order in which they count; the first is the one to cite. */
  readonly rules: readonly Rule[];
  /** One sentence in plain words. */
  readonly why: string;
  /** What a `depends` hangs on. */
  readonly causes: readonly Cause[];
  /** The packet as it left, where the place rewrote it. */
  readonly rewritten?: Packet;
  /** A remedy in words for a `denied`, from the layer that knows its own language. */
  readonly remedy?: string;
  /** True where the refusal is silent (drop), false where it answers (reject). */
  readonly silent?: boolean;
}
