// Finds the pairs whose flows differ between two estates: on both sides in one space, and only where the change can bear on
// them at all. What differs is told in tell.ts.
import type { Estate } from "../../estate/model.ts";
import type { PacketSet } from "../../space/space.ts";
import { reachability, type Engine } from "../reach/engine.ts";
import type { PairReach } from "../reach/model.ts";
import { touchedBy } from "./changed.ts";
import { sameGroups } from "./groups.ts";
import { jointEnds, type JointEnd } from "./joint.ts";
import type { Diff, FlowChange } from "./model.ts";

/** Flows of one pair that fare otherwise than before, all in the same way. */
export interface Alteration {
  readonly kind: FlowChange["kind"];
  readonly now: FlowChange["now"];
  readonly set: PacketSet;
  readonly from: JointEnd;
  readonly to: JointEnd;
  /** The side on which these flows are to be seen. */
  readonly shown: PairReach;
}

export class Comparison {
  readonly before: Engine;
  readonly after: Engine;
  readonly ends: readonly JointEnd[];
  readonly alterations: Alteration[] = [];
  readonly #touchesAll: boolean;
  #differing = 0;

  constructor(before: Estate, after: Estate) {
    const touched = touchedBy(before, after);
    this.before = reachability(before);
    this.after = reachability(after, this.before.space);
    this.ends = jointEnds(this.before, this.after, touched);
    this.#touchesAll = touched.everything;
    this.#compareAll();
  }

  #compareAll(): void {
    const touched = this.ends.filter((end) => end.touched !== undefined);
    const others = this.ends.filter((end) => end.touched === undefined);
    if (this.#touchesAll) {
      for (const from of this.ends) for (const to of this.ends) this.#compare(from, to);
      return;
    }
    for (const end of touched) {
      for (const to of this.ends) this.#compare(end, to);
      for (const from of others) this.#compare(from, end);
    }
  }

  /** Pairs of ends that were compared, by sets or by what they are made of. */
  compared(): Diff["compared"] {
    const inside = this.ends.filter((end) => end.inside).length;
    const pairs = this.ends.length * this.ends.length - (this.ends.length - inside) ** 2;
    return { pairs, same: pairs - this.#differing };
  }

  #compare(from: JointEnd, to: JointEnd): void {
    if (!from.inside && !to.inside) return;
    // One machine alone has nobody of its own kind to talk to, though its class on one side may have had.
    if (from === to && from.members.length === 1) return;
    if (sameGroups(this.before, this.after, from, to)) return;
    let differs = false;
    for (const family of [4, 6] as const) {
      const was = pairOf(this.before, from.before, to.before, family);
      const is = pairOf(this.after, from.after, to.after, family);
      if (was === undefined && is === undefined) continue;
      const changed = this.#flows(from, to, was, is);
      differs ||= changed;
    }
    if (differs) this.#differing += 1;
  }

  /** Parts the flows by what they were and are; says whether any changed. */
  #flows(from: JointEnd, to: JointEnd, was: PairReach | undefined, is: PairReach | undefined): boolean {
    const { space } = this.after;
    const none = space.none;
    const [allowedBefore, dependsBefore] = [was?.allowed.set ?? none, was?.depends.set ?? none];
    const [allowedAfter, dependsAfter] = [is?.allowed.set ?? none, is?.depends.set ?? none];
    if (allowedBefore === allowedAfter && dependsBefore === dependsAfter) return false;
    const both = (a: PacketSet, b: PacketSet): PacketSet => space.minus(a, b);
    const open = space.or(allowedBefore, dependsBefore);
    const stillOpen = space.or(allowedAfter, dependsAfter);
    const parts: readonly [FlowChange["kind"], FlowChange["now"], PacketSet][] = [
      ["opened", "allowed", both(allowedAfter, open)],
      ["closed", "denied", both(allowedBefore, stillOpen)],
      ["doubtful", "depends", both(dependsAfter, dependsBefore)],
      ["settled", "allowed", space.and(dependsBefore, allowedAfter)],
      ["settled", "denied", both(dependsBefore, stillOpen)],
    ];
    for (const [kind, now, set] of parts) {
      const shown = kind === "opened" || now !== "denied" ? (is ?? was) : (was ?? is);
      if (!space.isEmpty(set) && shown !== undefined)
        this.alterations.push({ kind, now, set, from, to, shown });
    }
    return true;
  }
}

function pairOf(
  engine: Engine,
  from: JointEnd["before"],
  to: JointEnd["before"],
  family: 4 | 6,
): PairReach | undefined {
  return from === undefined || to === undefined ? undefined : engine.pair(from, to, family);
}
