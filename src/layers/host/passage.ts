// What is asked of a host when a packet passes it, and what it answers. Types only; the walk is pass.ts.
import type { Packet } from "../../packet/packet.ts";
import type { ConnectionTable } from "../../rules/connections/table.ts";
import type { Evaluation } from "../../rules/evaluate.ts";
import type { ConnectionState } from "../../rules/match.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Step } from "../../rules/step.ts";
import type { Cause } from "../../rules/truth.ts";
import type { HookChain } from "./hooks.ts";
import type { Hook, HostRoute } from "./model.ts";

/** A packet that comes to a host, or that the host makes. */
export interface Passing {
  readonly packet: Packet;
  /** It arrives by an interface (absent device: not known which), or the host's own program sends it. */
  readonly origin: { readonly kind: "arrives"; readonly device?: string } | { readonly kind: "made" };
  /** The interface it leaves by, where the question says so; otherwise the host's routes are asked. */
  readonly outDevice?: string;
  /** Whether the packet, as it comes in, is for the host; asked only where its own addresses and routes don't tell. */
  readonly to?: "self" | "elsewhere";
  /** The host's connections. One table a host, kept from packet to packet. */
  readonly connections: ConnectionTable;
  /** Seconds, from any beginning; the same clock as the table's other packets. */
  readonly now: number;
  /** The host in the estate's own names, for the steps. */
  readonly place: string;
  /** What the question takes the packet's connection state to be, instead of looking it up. The table is left alone. */
  readonly assume?: ConnectionState;
  /** The packet's mark as it comes in; 0 if absent. */
  readonly mark?: number;
}

export type Path = "input" | "forward" | "output";

export interface HostPassage {
  /**
   * What each chain did that is worth telling: refusals, rewriting, exemption from tracking, and one line where chains
   * merely accept. Written when first read, so that a replay that does not look pays nothing for it.
   */
  readonly steps: readonly Step[];
  readonly answer: "allowed" | "denied" | "depends";
  /** What a `depends` hangs on. */
  readonly causes: readonly Cause[];
  /** The packet as it is delivered or leaves, after translation; where it is denied, as it was then. */
  readonly packet: Packet;
  /** For a packet that the host sends to itself: `output`, though it goes through `input` too. */
  readonly path: Path;
  readonly outDevice?: string | undefined;
  /** The packet's connection state as the filter chains saw it. */
  readonly state: ConnectionState;
  /** Whether it goes by way of the loopback interface from the host to itself. */
  readonly loopback: boolean;
  /** The rule (or policy) that denied it, or that let it pass on its main way; absent where no rule concerned it. */
  readonly rule?: Rule | undefined;
}

/** What happened on the way, short; explain.ts turns it into steps. */
export type Note =
  | {
      readonly kind: "decided";
      readonly hook: Hook;
      readonly chain: HookChain;
      readonly evaluation: Evaluation;
      readonly verdict: "allowed" | "denied" | "depends";
      readonly packet: Packet;
      readonly state: ConnectionState;
    }
  | {
      readonly kind: "translated";
      readonly hook: Hook;
      readonly before: Packet;
      readonly after: Packet;
      /** Whether this packet bound the connection; later ones are rewritten alike. */
      readonly isFirst: boolean;
      /** Absent: the connection was bound by an earlier packet, or a free port had to be found. */
      readonly by?: { readonly chain: HookChain; readonly rule: Rule };
      /** The kernel draws the port by lot. */
      readonly byLot: boolean;
      readonly causes: readonly Cause[];
    }
  | { readonly kind: "untracked"; readonly chain: HookChain; readonly evaluation: Evaluation }
  | {
      readonly kind: "refused";
      readonly why: string;
      readonly route?: HostRoute;
      readonly ring: string;
    };
