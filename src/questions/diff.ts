// “What does this change do?”: flows newly open and newly closed between two estates, end to end and there and back, and
// what becomes of connections that exist. Pairs that the change can't bear on are proved the same by comparing what the
// two estates hold; the others are worked out on both sides, in one space.
import { severities } from "../estate/settings.ts";
import type { Estate } from "../estate/model.ts";
import type { PacketSet } from "../space/space.ts";
import { becauseOf } from "./diff/because.ts";
import { touchedBy } from "./diff/changed.ts";
import { fateOf } from "./diff/cuts.ts";
import { sameGroups } from "./diff/groups.ts";
import { jointEnds, type JointEnd } from "./diff/joint.ts";
import type { Cut, Diff, DiffEnd, FlowChange } from "./diff/model.ts";
import { merged } from "./diff/merge.ts";
import { weightOf } from "./diff/weigh.ts";
import { portsOf } from "./lint/settings.ts";
import { reachability, type Engine } from "./reach/engine.ts";
import type { FlowSet, PairReach } from "./reach/model.ts";
import { serviceSet } from "./reach/service-set.ts";

export type { Diff, FlowChange, Cut } from "./diff/model.ts";

/**
 * @throws Problem `limit` where the sets outgrow memory
 * @example diff(await loadEstate("before"), await loadEstate("after")).changes.filter((change) => change.kind === "opened")
 */
export function diff(before: Estate, after: Estate): Diff {
  const comparison = new Comparison(before, after);
  comparison.compareAll();
  return {
    before: before.name,
    after: after.name,
    changes: merged(comparison.changes).toSorted(worstFirst),
    cuts: merged(comparison.cuts),
    compared: comparison.compared(),
    added: comparison.ends.filter((end) => end.inside && end.before === undefined).map(endOf),
    removed: comparison.ends.filter((end) => end.inside && end.after === undefined).map(endOf),
    unknowns: [...before.unknowns, ...after.unknowns],
  };
}

class Comparison {
  readonly before: Engine;
  readonly after: Engine;
  readonly ends: readonly JointEnd[];
  readonly changes: FlowChange[] = [];
  readonly cuts: Cut[] = [];
  readonly #touchesAll: boolean;
  readonly #ports: ReturnType<typeof portsOf>;
  #differing = 0;

  constructor(before: Estate, after: Estate) {
    const touched = touchedBy(before, after);
    this.before = reachability(before);
    this.after = reachability(after, this.before.space);
    this.ends = jointEnds(this.before, this.after, touched);
    this.#touchesAll = touched.everything;
    this.#ports = portsOf(after);
  }

  compareAll(): void {
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
    for (const [kind, now, set] of parts)
      if (!space.isEmpty(set)) this.#note(kind, now, set, { from, to, was, is });
    return true;
  }

  #note(kind: FlowChange["kind"], now: FlowChange["now"], set: PacketSet, about: About): void {
    const shown = kind === "opened" || now !== "denied" ? (about.is ?? about.was) : (about.was ?? about.is);
    if (shown === undefined) return;
    const flows = shown.flows(set);
    const witness = shown.witness(flows);
    if (witness === undefined) return;
    const { from, to } = about;
    const services = flows.services();
    const shared = { from: [endOf(from)], to: [endOf(to)], family: shown.family, services, witness };
    const because = this.#because(about, set, shown);
    const weight = weightOf(shown.from, shown.to, services, this.#ports);
    this.changes.push({
      kind,
      now,
      ...shared,
      because,
      // What is closed harms nobody's secrets; that it may be missed is what the cuts and the assertions are for.
      ...(kind === "opened" || kind === "doubtful" ? weight : { ...weight, severity: "note" as const }),
    });
    if (kind === "closed") this.#cut(flows, shown, { ...shared, because });
  }

  #because({ from, to }: About, set: PacketSet, shown: PairReach) {
    const side = (engine: Engine, a: JointEnd["before"], b: JointEnd["before"]): PairReach | undefined =>
      a === undefined || b === undefined ? undefined : engine.examined(a, b, shown.family);
    return becauseOf(
      this.after.space,
      side(this.before, from.before, to.before),
      side(this.after, from.after, to.after),
      set,
    );
  }

  /** Connections of each service may fare differently: they are told together where they do not. */
  #cut(flows: FlowSet, pair: PairReach, shared: Omit<Cut, "tracking" | "at" | "why">): void {
    const fates = new Map<string, Cut>();
    for (const service of flows.services()) {
      const own = pair.flows(
        this.after.space.and(flows.set, serviceSet(this.after.space, pair.family, service)),
      );
      const witness = pair.witness(own);
      if (witness === undefined) continue;
      const fate = fateOf(this.before, this.after, pair, witness);
      const key = `${fate.tracking} ${fate.at} ${fate.why}`;
      const before = fates.get(key);
      fates.set(key, {
        ...shared,
        ...fate,
        witness: before?.witness ?? witness,
        services: [...(before?.services ?? []), service],
      });
    }
    this.cuts.push(...fates.values());
  }
}

interface About {
  readonly from: JointEnd;
  readonly to: JointEnd;
  readonly was: PairReach | undefined;
  readonly is: PairReach | undefined;
}

function pairOf(
  engine: Engine,
  from: JointEnd["before"],
  to: JointEnd["before"],
  family: 4 | 6,
): PairReach | undefined {
  return from === undefined || to === undefined ? undefined : engine.pair(from, to, family);
}

function endOf({ id, name }: DiffEnd): DiffEnd {
  return { id: id.replaceAll("\n", " "), name };
}

const kinds: readonly FlowChange["kind"][] = ["opened", "doubtful", "closed", "settled"];

function worstFirst(a: FlowChange, b: FlowChange): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
    namesOf(a.from).localeCompare(namesOf(b.from)) ||
    namesOf(a.to).localeCompare(namesOf(b.to))
  );
}

function namesOf(ends: readonly DiffEnd[]): string {
  return ends.map((end) => end.name).join(" ");
}
