// What a change of the configuration does: flows newly open and newly closed, and connections that it cuts. Data only.
import type { Severity } from "../../estate/settings.ts";
import type { Packet } from "../../packet/packet.ts";
import type { Origin, Unknown } from "../../problem.ts";
import type { Service } from "../reach/model.ts";

/** One end of what changed: a class of interfaces or of outside addresses. */
export interface DiffEnd {
  readonly id: string;
  /** As people call it: `app-1, app-2`, `internet`. */
  readonly name: string;
}

/** A rule that bears on a change, on the side on which it stands. */
export interface Because {
  readonly side: "before" | "after";
  readonly ring: string;
  readonly text: string;
  readonly origin: Origin;
}

interface Changed {
  /** Each of these, to each of those. */
  readonly from: readonly DiffEnd[];
  readonly to: readonly DiffEnd[];
  readonly family: 4 | 6;
  readonly services: readonly Service[];
  /** One of the packets, which people recognise. */
  readonly witness: Packet;
  readonly because: readonly Because[];
}

export type FlowChangeKind =
  /** Refused before, allowed now. */
  | "opened"
  /** Allowed before, refused now. */
  | "closed"
  /** It was certain before, and hangs now on something that can't be known. */
  | "doubtful"
  /** It hung on something before, and is certain now: `now` says how. */
  | "settled";

export interface FlowChange extends Changed {
  readonly kind: FlowChangeKind;
  readonly now: "allowed" | "denied" | "depends";
  readonly severity: Severity;
  /** What makes it as bad as that: `a database port, from the internet`. */
  readonly weight: string;
}

/**
 * Connections that exist while the change is made. `tracked`: a stateful ring knows them and lets them go on, so they
 * end by themselves; `untracked`: the ring did not track them (AWS does not where both directions are open to all), so
 * they are cut at once; `stateless`: a ring without memory judges every packet, so they are cut at once.
 */
export interface Cut extends Changed {
  readonly tracking: "tracked" | "untracked" | "stateless" | "unknown";
  readonly at: "once" | "end" | "unknown";
  readonly why: string;
}

export interface Diff {
  readonly before: string;
  readonly after: string;
  /** Worst first. */
  readonly changes: readonly FlowChange[];
  readonly cuts: readonly Cut[];
  /** Pairs of classes whose flows were compared, and of those the ones that are the same by proof. */
  readonly compared: { readonly pairs: number; readonly same: number };
  readonly added: readonly DiffEnd[];
  readonly removed: readonly DiffEnd[];
  /** What was not understood on either side: it may bear on the answer. */
  readonly unknowns: readonly Unknown[];
}
