// A rule list as the analysis sees it: boxes and what each rule does with a packet, numbered in the order in which a
// packet meets them. Jumps are unfolded before this (unfold.ts); what a box's sides mean stands in the lowering.

/**
 * Boxes as flat arrays, `dimensions.length` numbers for each: closed intervals from `low` to `high`. A rule has any number of
 * boxes, one after another, `rule` ascending; a rule with none is matched by nothing. The sides are whole numbers up to `last`.
 */
export interface FlatBoxes {
  readonly dimensions: readonly { readonly last: number }[];
  readonly count: number;
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly rule: Uint32Array;
}

/** What a decision does, for the question which decisions contradict one another. */
export type Side = "permit" | "deny" | "other";

export interface Verdict {
  /** Two verdicts with the same key do the same: `accept`, `reject tcp-reset`, `dnat …`. */
  readonly key: string;
  readonly side: Side;
}

export type Effect =
  /** The packet's way ends here. */
  | { readonly kind: "decide"; readonly verdict: Verdict }
  /** It goes on at a later rule: a return, or a goto whose chain came to its end. */
  | { readonly kind: "skip"; readonly to: number }
  /** It goes on with the next rule: a log, a mark, a jump (whose chain follows). */
  | { readonly kind: "pass" }
  /** It may end here or go on, nobody can know which. */
  | { readonly kind: "unknown" };

export interface Program {
  readonly effects: readonly Effect[];
  /** What each rule certainly matches, and what it may match: equal where nothing is unknown (then best one object). */
  readonly must: FlatBoxes;
  readonly may: FlatBoxes;
  /** What happens to packets that no rule decides; absent: nothing does, as at the end of a chain without a policy. */
  readonly otherwise?: Verdict;
  /** Rules with the same number are one rule that stands in several places, and are removed together. Absent: each its own. */
  readonly same?: readonly number[];
  /** Dimensions of which nobody can know a packet's coordinate. Absent: none. */
  readonly hidden?: readonly number[];
}

/** A packet: one number for each dimension. */
export type Point = readonly number[];
