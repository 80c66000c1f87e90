// What can be said of the rules of a list, by their numbers and in points. Data only.
import type { Point } from "./program.ts";

/** What the rules that cover a rule do, beside what it would do itself; `none`: it would decide nothing. */
export type Agreement = "same" | "opposite" | "mixed" | "none";

export interface Overlap {
  readonly rule: number;
  /** A packet that both match, and that the earlier one decides. */
  readonly witness: Point;
}

export type Fact =
  /** Its test holds for no packet. */
  | { readonly kind: "never"; readonly rule: number }
  /** It decides, or at least sees, some packets. `certain`: the witness surely comes to it; else it may. */
  | { readonly kind: "reached"; readonly rule: number; readonly witness: Point; readonly certain: boolean }
  /** Some rules before it take every packet that it matches. */
  | {
      readonly kind: "unreachable";
      readonly rule: number;
      /**
       * Rules that do so together; none of them can be left out. One, if one suffices. Returns that lead packets by some of
       * these rules are taken as they are.
       */
      readonly by: readonly number[];
      readonly agreement: Agreement;
      /** A packet that it would match, one that is decided otherwise if there is one at hand. */
      readonly witness: Point;
      /** The rule that decides that packet, where it is certain. */
      readonly decidedBy?: number;
    }
  /** Without it, and without all that are named so before it, every packet has the verdict that it has. */
  | {
      readonly kind: "redundant";
      readonly rule: number;
      /** Later rules that decide its packets in its place; none of them can be left out. */
      readonly by: readonly number[];
      /** Whether some of its packets fall to what happens where no rule decides. */
      readonly byPolicy: boolean;
      /** A packet that it decides. */
      readonly witness: Point;
    }
  /** Earlier rules of the opposite verdict overlap it, and neither is inside the other: their order matters. */
  | {
      readonly kind: "correlated";
      readonly rule: number;
      /** The first of those that decide a packet of the overlap. */
      readonly with: readonly Overlap[];
      /** How many earlier rules overlap it so, whether they decide packets of the overlap or others before them do. */
      readonly count: number;
    }
  /** It is broader than earlier rules of the opposite verdict: exceptions before a general rule, as usual. */
  | {
      readonly kind: "generalises";
      readonly rule: number;
      readonly of: readonly Overlap[];
      readonly count: number;
    }
  /** It alone hides several later rules of the opposite verdict. */
  | { readonly kind: "hides"; readonly rule: number; readonly rules: readonly number[] }
  /** The bound was too small for the question. */
  | {
      readonly kind: "undecided";
      readonly rule: number;
      readonly question: "reached" | "redundant" | "correlated";
    };
