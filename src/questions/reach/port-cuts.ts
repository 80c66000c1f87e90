// Where the rules of host firewalls part the ports. A mark that a rule puts on some ports only is unknown for an open set
// of ports, and nothing in the answer says which ports to part: so they are parted before they are asked about.
import type { HostFirewall } from "../../layers/host/model.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import type { Match } from "../../rules/match.ts";
import type { Action } from "../../rules/rule.ts";
import { asksBeyondSets } from "./rings/host-facts.ts";

export interface PortCuts {
  readonly source: readonly number[];
  readonly destination: readonly number[];
}

/** More combinations than this are not asked one by one; what hangs on marks then stays “depends”. */
const mostCombinations = 4096;

/** First ports of the ranges that rules tell apart; 0 alone where nothing needs to be parted. */
export function portCuts(firewalls: Iterable<HostFirewall>): PortCuts {
  const cuts = { source: new Set([0]), destination: new Set([0]) };
  const cut = (set: NumberSet, side: "source" | "destination"): void => {
    for (let at = 0; at + 1 < set.length; at += 2) {
      cuts[side].add(set[at] ?? 0);
      if ((set[at + 1] ?? 0) < 65_535) cuts[side].add((set[at + 1] ?? 0) + 1);
    }
  };
  const match = (one: Match): void => {
    if (one.kind === "not") match(one.match);
    else if (one.kind === "all" || one.kind === "any") one.of.forEach(match);
    else if (one.kind === "number" && one.field.endsWith("port"))
      // Either way round: a rule may stand on the way back.
      for (const side of ["source", "destination"] as const) cut(one.set, side);
    else if (one.kind === "tuple")
      for (const part of one.elements.flat())
        if ("numbers" in part) for (const side of ["source", "destination"] as const) cut(part.numbers, side);
  };
  const act = (action: Action): void => {
    if (action.kind !== "when") return;
    match(action.match);
    action.actions.forEach(act);
  };
  for (const firewall of new Set(firewalls)) {
    if (!asksBeyondSets(firewall)) continue;
    for (const table of firewall.tables) {
      for (const chain of table.chains.values()) {
        for (const rule of chain.rules) {
          match(rule.match);
          rule.actions.forEach(act);
        }
      }
    }
  }
  if (cuts.source.size * cuts.destination.size > mostCombinations) return { source: [0], destination: [0] };
  const sorted = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);
  return { source: sorted(cuts.source), destination: sorted(cuts.destination) };
}

/** A set of ports, part by part. */
export function* partsOf(cuts: readonly number[], ports: NumberSet): Generator<NumberSet> {
  for (const [at, first] of cuts.entries()) {
    const last = (cuts[at + 1] ?? 65_536) - 1;
    const part: number[] = [];
    for (let pair = 0; pair + 1 < ports.length; pair += 2) {
      const [from, until] = [Math.max(first, ports[pair] ?? 0), Math.min(last, ports[pair + 1] ?? -1)];
      if (from <= until) part.push(from, until);
    }
    if (part.length > 0) yield part;
  }
}
