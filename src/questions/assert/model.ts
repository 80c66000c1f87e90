// Rules of the estate's own and whether they hold. Data only.
import type { Assertion } from "../../estate/settings.ts";
import type { Packet } from "../../packet/packet.ts";
import type { Unknown } from "../../problem.ts";
import type { Service } from "../reach/model.ts";
import type { Trace } from "../trace/model.ts";

/** One way in which an assertion does not hold. */
export interface Breach {
  readonly from: string;
  readonly to: string;
  readonly family?: 4 | 6;
  /** What should be and is not, or should not be and is. */
  readonly services: readonly Service[];
  /** `allowed, and must not be`. */
  readonly why: string;
  /** A packet that shows it, and what becomes of it; absent where there is no packet to show (no address in common). */
  readonly witness?: { readonly packet: Packet; readonly trace: Trace };
}

export interface Checked {
  readonly assertion: Assertion;
  readonly holds: boolean;
  /** The first of each kind; `more` counts the others. */
  readonly breaches: readonly Breach[];
  readonly more: number;
}

export interface Assertions {
  readonly estate: string;
  readonly checked: readonly Checked[];
  readonly unknowns: readonly Unknown[];
}
