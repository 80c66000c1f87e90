// What goes into a walk of many packets through a chain, and what comes out of it. Data only.
import type { PacketSet } from "../../space/space.ts";
import type { Chain, Rule, Translation } from "../rule.ts";
import type { Bounds } from "./bounds.ts";
import type { MarkBranch } from "./marks.ts";
import type { SetContext } from "./match-sets.ts";

/**
 * Which outcomes are possible for the packets that entered. A packet in one of these sets alone certainly ends so; one in
 * several depends on what is not known.
 */
export interface ChainSets {
  readonly entering: PacketSet;
  readonly accept: PacketSet;
  /** Refused, silently or with an answer. */
  readonly drop: PacketSet;
  /** The part of `drop` that may be answered. */
  readonly reject: PacketSet;
  readonly queue: PacketSet;
  /** Not followed: a chain that is not there, jumps too deep. */
  readonly unknown: PacketSet;
  /** The end of a chain that has no policy. */
  readonly none: PacketSet;
  readonly translations: readonly {
    readonly translation: Translation;
    readonly rule: Rule;
    readonly set: PacketSet;
  }[];
  /** Exempted from connection tracking. */
  readonly notrack: Bounds;
  /** The marks of the packets behind the chain: a partition of all packets, named by the marks with which they entered. */
  readonly marks: readonly MarkBranch[];
}

export interface WalkOptions extends Omit<SetContext, "markTest" | "among"> {
  /** What chains before this one made of the marks: their `marks`. Absent: packets have the marks with which they enter. */
  readonly marks?: readonly MarkBranch[];
  /**
   * Called at each rule that some packets may reach: those packets, and where of them the rule certainly or perhaps
   * matches. A chain that is called again is visited again, with the packets that were not there before.
   */
  readonly visit?: (rule: Rule, reached: PacketSet, matched: Bounds, chain: Chain) => void;
}
