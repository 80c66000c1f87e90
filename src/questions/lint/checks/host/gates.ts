// What the filtering chains of a host let through, as sets of packets: the questions that the checks of host firewalls share.
// Judges nothing.
import type { Host } from "../../../../estate/model.ts";
import { hookPlan, type HookChain } from "../../../../layers/host/hooks.ts";
import type { HostFirewall, Hook } from "../../../../layers/host/model.ts";
import type { Family } from "../../../../packet/address.ts";
import { noAddresses } from "../../../../packet/address-set.ts";
import type { NumberSet } from "../../../../packet/intervals.ts";
import { ACK, FIN, RST, SYN, type Packet } from "../../../../packet/packet.ts";
import { Problem } from "../../../../problem.ts";
import type { ConnectionState, Match } from "../../../../rules/match.ts";
import type { Action, Chain, ChainSet, Rule } from "../../../../rules/rule.ts";
import type { Bounds } from "../../../../rules/symbolic/bounds.ts";
import { vocabularyOf } from "../../../../rules/symbolic/vocabulary.ts";
import type { PacketSet, Space } from "../../../../space/space.ts";
import { assignmentOf } from "../../../matrix/assignment.ts";
import { filterChains, knownAt, passing, spaceFor } from "../../../matrix/passing.ts";
import type { Context } from "../../context.ts";
import type { Subject } from "../../model.ts";

export const families: readonly Family[] = [4, 6];
const hooks = ["input", "forward", "output"] as const;
export type FilterHook = (typeof hooks)[number];

/** More destination ports than this are everything, whatever single ports are left out. */
export const mostPorts = 32768;

/** A host with the firewall that was read for it. */
export interface Guarded {
  readonly host: Host;
  readonly firewall: HostFirewall;
}

export function* guardedHosts(context: Context): Iterable<Guarded> {
  for (const host of context.hosts())
    if (host.firewall !== undefined && host.firewall.tables.length > 0)
      yield { host, firewall: host.firewall };
}

export function subjectOf({ host }: Guarded, part: string): Subject {
  return { kind: "host", id: host.id, name: host.name, part };
}

/** One firewall for one family. */
export interface Gate {
  readonly space: Space;
  readonly chains: Readonly<Record<FilterHook, readonly HookChain[]>>;
  /** Of the packets that come to a hook, those that certainly get through it, and those that may. */
  readonly through: (hook: FilterHook, entering: PacketSet) => Bounds;
  /** By an interface that no rule names, which is not loopback; on the way out for what is forwarded or sent, too. */
  readonly strange: (hook: FilterHook) => PacketSet;
  /** What the host says to itself: by lo, in or out. */
  readonly loopback: PacketSet;
}

const kept = new WeakMap<HostFirewall, Map<Family, Gate | undefined>>();

/** Undefined where the sets outgrow their bound, or its chains call each other in circles: then nothing is said of it. */
export function gateOf(firewall: HostFirewall, family: Family): Gate | undefined {
  const known = kept.get(firewall) ?? new Map<Family, Gate | undefined>();
  kept.set(firewall, known);
  if (known.has(family)) return known.get(family);
  const gate = makeGate(firewall, family);
  known.set(family, gate);
  return gate;
}

function makeGate(firewall: HostFirewall, family: Family): Gate | undefined {
  const chains = {
    input: filterChains(firewall, "input", family),
    forward: filterChains(firewall, "forward", family),
    output: filterChains(firewall, "output", family),
  };
  const all = hooks.flatMap((hook) => chains[hook]);
  const { interfaces } = vocabularyOf(all.flatMap((each) => [...each.chains.values()]));
  const space = spaceFor(`the firewall of ${firewall.name}`, all, [
    ...assignmentOf(firewall),
    { device: "lo", sources: noAddresses },
  ]);
  const named = (direction: "in" | "out"): PacketSet =>
    space.unionOf(
      [...interfaces, "lo"].map((item) => {
        const prefix = item.endsWith("+");
        const name = prefix ? item.slice(0, -1) : item;
        return direction === "in" ? space.inInterface(name, prefix) : space.outInterface(name, prefix);
      }),
    );
  const comes = space.not(named("in"));
  const leaves = space.not(named("out"));
  const strange = { input: comes, forward: space.and(comes, leaves), output: leaves };
  try {
    // What the chains make of every packet is worked out once; single questions are parts of it.
    const whole = Object.fromEntries(
      hooks.map((hook) => [hook, passing(space, chains[hook], space.family(family), knownAt(firewall))]),
    );
    return {
      space,
      chains,
      through: (hook, entering) => ({
        must: space.and(entering, whole[hook]?.must ?? space.none),
        may: space.and(entering, whole[hook]?.may ?? space.none),
      }),
      strange: (hook) => strange[hook],
      loopback: space.or(space.inInterface("lo", false), space.outInterface("lo", false)),
    };
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

/** Packets of a protocol and a state: what most questions begin with. */
export function packetsOf(gate: Gate, protocol: number, state: ConnectionState): PacketSet {
  const { space } = gate;
  return space.and(space.number("protocol", [protocol, protocol]), space.state([state]));
}

/** TCP packets with just these of the flags that tell a connection's first packet from others. */
export function withFlags({ space }: Gate, flags: number): PacketSet {
  return space.tcpFlags(FIN | SYN | RST | ACK, flags);
}

export function toPorts({ space }: Gate, ports: NumberSet): PacketSet {
  return space.number("destination-port", ports);
}

export function fromPorts({ space }: Gate, ports: NumberSet): PacketSet {
  return space.number("source-port", ports);
}

export function exampleFrom({ space }: Gate, set: PacketSet): Packet | undefined {
  return space.witness(set)?.packet;
}

/** The chain of a hook that a person would change: the one with most rules, of equals the last. */
export function mainChain(chains: readonly HookChain[]): HookChain | undefined {
  return chains.reduce<HookChain | undefined>(
    (best, each) =>
      best === undefined ||
      weight(each) > weight(best) ||
      (weight(each) === weight(best) && best.table.name !== "filter")
        ? each
        : best,
    undefined,
  );
}

function weight({ chain, table }: HookChain): number {
  return chain.rules.length + (table.name === "filter" ? 1 : 0);
}

/** The base chains of a hook that translate addresses. */
export function translatingChains(firewall: HostFirewall, hook: Hook, family: Family): readonly HookChain[] {
  return hookPlan(firewall, family)[hook].flatMap((stage) =>
    stage.kind === "translate" ? stage.chains : [],
  );
}

/** The chains that a chain leads to, itself among them. */
export function reachedFrom(chain: Chain, chains: ChainSet): ReadonlySet<Chain> {
  const seen = new Set<Chain>();
  const visit = (next: Chain): void => {
    if (seen.has(next)) return;
    seen.add(next);
    for (const name of next.rules.flatMap((rule) => targetsOf(rule.actions))) {
      const target = chains.get(name);
      if (target !== undefined) visit(target);
    }
  };
  visit(chain);
  return seen;
}

/** The names of the chains that actions jump to, in verdict maps and after later tests, too. */
export function targetsOf(actions: readonly Action[]): readonly string[] {
  return actions.flatMap((action): readonly string[] => {
    if (action.kind === "jump" || action.kind === "goto") return [action.chain];
    if (action.kind === "lookup") return action.entries.flatMap((entry) => targetsOf(entry.actions));
    return action.kind === "when" ? targetsOf(action.actions) : [];
  });
}

/** Every action of a rule, those after later tests, too. */
export function actionsOf(rule: Rule): readonly Action[] {
  const flat = (actions: readonly Action[]): readonly Action[] =>
    actions.flatMap((action) => (action.kind === "when" ? [action, ...flat(action.actions)] : [action]));
  return flat(rule.actions);
}

/** Every test of a match that has to hold, by itself. */
export function testsOf(rule: Rule): readonly Match[] {
  const own = rule.match.kind === "all" ? rule.match.of : [rule.match];
  const later = rule.actions.flatMap((action) => (action.kind === "when" ? [action.match] : []));
  return [...own, ...later];
}
