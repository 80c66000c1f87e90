// Turns what differs into what people are told: services, a witness, the rules behind it, how bad it is, and what becomes of
// connections that exist. Pairs that differ alike at the same place are told once.
import type { NumberSet } from "../../packet/intervals.ts";
import type { PortClass } from "../../estate/settings.ts";
import type { Engine } from "../reach/engine.ts";
import type { Packet } from "../../packet/packet.ts";
import type { FlowSet, PairReach } from "../reach/model.ts";
import { serviceSet } from "../reach/service-set.ts";
import { becauseOf } from "./because.ts";
import type { Alteration, Comparison } from "./compare.ts";
import { fateOf } from "./cuts.ts";
import type { JointEnd } from "./joint.ts";
import type { Because, Cut, DiffEnd, FlowChange } from "./model.ts";
import { weightOf, type Weight } from "./weigh.ts";

export interface Told {
  readonly changes: readonly FlowChange[];
  readonly cuts: readonly Cut[];
}

export function tell(comparison: Comparison, ports: Readonly<Record<PortClass, NumberSet>>): Told {
  const changes: FlowChange[] = [];
  const cuts: Cut[] = [];
  const weigh = ({ shown, set }: Alteration): Weight =>
    weightOf(shown.from, shown.to, shown.flows(set).services(), ports);
  const alike = Map.groupBy(comparison.alterations, (one) => likeness(one, weigh(one)));
  for (const group of alike.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const { kind, now, set, shown } = first;
    const flows = shown.flows(set);
    const witness = witnessOf(first, flows);
    if (witness === undefined) continue;
    const shared = {
      from: distinct(group.map((one) => one.from)),
      to: distinct(group.map((one) => one.to)),
      family: shown.family,
      services: flows.services(),
      witness,
      because: because(comparison, first),
    };
    const weight = weigh(first);
    changes.push({
      kind,
      now,
      ...shared,
      // What is closed harms nobody's secrets; that it may be missed is what the cuts and the assertions are for.
      ...(kind === "opened" || kind === "doubtful" ? weight : { ...weight, severity: "note" as const }),
    });
    if (kind === "closed") cuts.push(...cutsOf(comparison, first, shared));
  }
  return { changes, cuts };
}

/** An example from one of the addresses that an outside end has on both sides; its class on one side may have more. */
function witnessOf(
  { from, to, shown }: Pick<Alteration, "from" | "to" | "shown">,
  flows: FlowSet,
): Packet | undefined {
  const packet = shown.witness(flows);
  return packet === undefined
    ? undefined
    : {
        ...packet,
        ...(from.address === undefined ? {} : { source: from.address }),
        ...(to.address === undefined ? {} : { destination: to.address }),
      };
}

/**
 * What pairs share whose flows differ by the same rules: the flows, and the end that the change bears on. Where it bears
 * on both ends, or on everything, each pair is looked at by itself.
 */
function likeness({ kind, now, set, from, to, shown }: Alteration, { severity, weight }: Weight): string {
  const both = (from.touched === undefined) === (to.touched === undefined);
  const ends = both ? [from.id, to.id] : from.touched === undefined ? ["", to.id] : [from.id, ""];
  return [kind, now, set, shown.all.set, shown.family, severity, weight, ...ends].join("\n");
}

function distinct(ends: readonly JointEnd[]): DiffEnd[] {
  return [...new Set(ends)].map(endOf);
}

export function endOf({ id, name }: DiffEnd): DiffEnd {
  return { id: id.replaceAll("\n", " ").trim(), name };
}

function because({ before, after }: Comparison, { from, to, set, shown }: Alteration): Because[] {
  const side = (engine: Engine, a: JointEnd["before"], b: JointEnd["before"]): PairReach | undefined =>
    a === undefined || b === undefined ? undefined : engine.examined(a, b, shown.family);
  return becauseOf(after.space, side(before, from.before, to.before), side(after, from.after, to.after), set);
}

/** Connections of each service may fare differently: they are told together where they do not. */
function cutsOf(
  { before, after }: Comparison,
  { from, to, set, shown }: Alteration,
  shared: Omit<Cut, "tracking" | "at" | "why">,
): Cut[] {
  const fates = new Map<string, Cut>();
  for (const service of shared.services) {
    const own = shown.flows(after.space.and(set, serviceSet(after.space, shown.family, service)));
    const witness = witnessOf({ from, to, shown }, own);
    if (witness === undefined) continue;
    const fate = fateOf(before, after, shown, witness);
    const key = `${fate.tracking} ${fate.at} ${fate.why}`;
    const known = fates.get(key);
    fates.set(key, {
      ...shared,
      ...fate,
      witness: known?.witness ?? witness,
      services: [...(known?.services ?? []), service],
    });
  }
  return [...fates.values()];
}
