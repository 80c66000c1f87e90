// Firewalls that stand alone, without a network around them: two dumps of one host. Compared hook by hook as sets of first
// packets; what the filtering chains let through before and after. Translation is not compared, and said so where it changed.
import type { Estate, Host } from "../../estate/model.ts";
import type { PortClass } from "../../estate/settings.ts";
import type { HookChain } from "../../layers/host/hooks.ts";
import type { HostFirewall, Hook, Table } from "../../layers/host/model.ts";
import { allAddresses, isEmptyAddresses, intersectAddresses } from "../../packet/address-set.ts";
import type { Family } from "../../packet/address.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import { ACK, FIN, RST, SYN } from "../../packet/packet.ts";
import { TCP } from "../../packet/protocol.ts";
import { internetAddresses } from "../../packet/special.ts";
import type { Unknown } from "../../problem.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Cube, PacketSet, Space } from "../../space/space.ts";
import { filterChains, knownAt, passing, spaceFor } from "../matrix/passing.ts";
import type { OutsideClass } from "../reach/model.ts";
import { sameContent } from "./content.ts";
import { cubeEnds, cubeServices, restOf } from "./cube-text.ts";
import type { Because, Cut, FlowChange } from "./model.ts";
import { weightOf } from "./weigh.ts";

export interface FirewallChanges {
  readonly changes: readonly FlowChange[];
  readonly cuts: readonly Cut[];
  /** Hooks that were compared, and those that let the same through. */
  readonly compared: { readonly pairs: number; readonly same: number };
  readonly unknowns: readonly Unknown[];
}

type Walled = Host & { readonly firewall: HostFirewall };
type Ports = Readonly<Record<PortClass, NumberSet>>;

/** @example compareFirewalls(before, after, portsOf(after)).changes */
export function compareFirewalls(before: Estate, after: Estate, ports: Ports): FirewallChanges {
  const changes: FlowChange[] = [];
  const cuts: Cut[] = [];
  const unknowns: Unknown[] = [];
  let pairs = 0;
  let same = 0;
  for (const [was, is] of paired(alone(before), alone(after))) {
    for (const hook of ["prerouting", "input", "forward", "output", "postrouting"] as const)
      for (const family of [4, 6] as const) {
        const compared = compareHook({
          was: was.firewall,
          is: is.firewall,
          hook,
          family,
          name: is.name,
          ports,
        });
        if (compared === undefined) continue;
        pairs += 1;
        if (compared.changes.length === 0) same += 1;
        changes.push(...compared.changes);
        cuts.push(...compared.cuts);
      }
    unknowns.push(...translationUnknowns(was.firewall, is.firewall));
  }
  return { changes, cuts, compared: { pairs, same }, unknowns };
}

/** Hosts whose firewall no network leads to: reach has nothing to say of them. */
function alone(estate: Estate): Walled[] {
  return [...estate.hosts.values()].filter(
    (host): host is Walled => host.firewall !== undefined && host.interfaces.length === 0,
  );
}

/** By name; two estates of one firewall each are of the same, whatever their files are called. */
function paired(before: readonly Walled[], after: readonly Walled[]): [Walled, Walled][] {
  const [was, is] = [before[0], after[0]];
  if (before.length === 1 && after.length === 1 && was !== undefined && is !== undefined) return [[was, is]];
  return before.flatMap((host): [Walled, Walled][] => {
    const now = after.find((other) => other.name === host.name);
    return now === undefined ? [] : [[host, now]];
  });
}

interface Question {
  readonly was: HostFirewall;
  readonly is: HostFirewall;
  readonly hook: Hook;
  readonly family: Family;
  readonly name: string;
  readonly ports: Ports;
}

function compareHook(
  question: Question,
): { changes: readonly FlowChange[]; cuts: readonly Cut[] } | undefined {
  const { was, is, hook, family, name } = question;
  const [old, now] = [filterChains(was, hook, family), filterChains(is, hook, family)];
  if (old.length === 0 && now.length === 0) return undefined;
  const space = spaceFor(`what changes in ${hook} of ${name}`, [...old, ...now], []);
  const first = firstPackets(space, family);
  const before = passing(space, old, first, knownAt(was));
  const after = passing(space, now, first, knownAt(is));
  const parts: readonly [FlowChange["kind"], FlowChange["now"], PacketSet][] = [
    ["opened", "allowed", space.minus(after.must, before.may)],
    ["closed", "denied", space.minus(before.must, after.may)],
    [
      "doubtful",
      "depends",
      space.minus(space.minus(after.may, after.must), space.minus(before.may, before.must)),
    ],
    ["settled", "allowed", space.and(space.minus(before.may, before.must), after.must)],
    ["settled", "denied", space.minus(space.minus(before.may, before.must), after.may)],
  ];
  const because = becauseOf(old, now);
  const changes: FlowChange[] = [];
  const cuts: Cut[] = [];
  for (const [kind, verdict, set] of parts) {
    const told = tellSet(space, set, question, because);
    for (const one of told) {
      const weight = weightOf(one.sender, one.receiver, one.shared.services, question.ports);
      const severe = kind === "opened" || kind === "doubtful";
      changes.push({
        kind,
        now: verdict,
        ...one.shared,
        ...(severe ? weight : { ...weight, severity: "note" as const }),
      });
      if (kind === "closed") cuts.push({ ...one.shared, ...fateOf(space, one.set, now, is) });
    }
  }
  return { changes, cuts };
}

/** First packets of connections, unmarked and whole. */
function firstPackets(space: Space, family: Family): PacketSet {
  return space.intersectionOf([
    space.family(family),
    space.state(["new"]),
    space.fragment(["whole"]),
    space.mark("packet", 0xffffffff, [0, 0]),
    space.or(space.tcpFlags(SYN | ACK | FIN | RST, SYN), space.not(space.number("protocol", [TCP, TCP]))),
  ]);
}

interface Told {
  readonly set: PacketSet;
  readonly sender: OutsideClass | undefined;
  readonly receiver: OutsideClass | undefined;
  readonly shared: Omit<FlowChange, "kind" | "now" | "severity" | "weight">;
}

/** As many cubes as are told one by one; the rest is told as one. */
const mostCubes = 24;

function tellSet(space: Space, set: PacketSet, question: Question, because: readonly Because[]): Told[] {
  if (space.isEmpty(set)) return [];
  const { hook, family, name } = question;
  const flows = space.forget(set, ["state", "tcp-flags", "fragment", "mark", "connection-mark"]);
  const cubes = space.describe(flows);
  const shown = cubes.slice(0, mostCubes);
  const left = space.minus(flows, space.unionOf(shown.map((cube) => space.cube(cube))));
  const all: readonly Cube[] = space.isEmpty(left) ? shown : [...shown, restOf(space, left)];
  return all.flatMap((cube): Told[] => {
    const own = space.and(set, space.cube(cube));
    const witness = space.witness(own)?.packet;
    if (witness === undefined) return [];
    const isRest = !shown.includes(cube);
    const { from, to } = cubeEnds(cube, hook, name, isRest);
    return [
      {
        set: own,
        sender: hook === "output" ? undefined : senderOf(cube),
        receiver: hook === "output" ? outside(cube.destination) : undefined,
        shared: { from: [from], to: [to], family, services: cubeServices(cube), witness, because },
      },
    ];
  });
}

function senderOf(cube: Cube): OutsideClass {
  return outside(cube.source);
}

function outside(addresses = allAddresses): OutsideClass {
  const internet = !isEmptyAddresses(intersectAddresses(addresses, internetAddresses));
  return { kind: "outside", id: "outside", name: "outside", addresses, internet };
}

/** Whether the rules let packets of connections that exist go on. */
function fateOf(
  space: Space,
  closed: PacketSet,
  now: readonly HookChain[],
  is: HostFirewall,
): Pick<Cut, "tracking" | "at" | "why"> {
  const later = space.intersectionOf([
    space.forget(closed, ["state", "tcp-flags"]),
    space.state(["established"]),
    space.or(space.tcpFlags(SYN | ACK | FIN | RST, ACK), space.not(space.number("protocol", [TCP, TCP]))),
  ]);
  const { must, may } = passing(space, now, later, knownAt(is));
  if (space.isSubset(later, must))
    return {
      tracking: "tracked",
      at: "end",
      why: "the rules let packets of known connections on: they go on until they end or idle out",
    };
  if (!space.overlaps(later, may))
    return {
      tracking: "stateless",
      at: "once",
      why: "the rules let no packet of it on, known connection or not",
    };
  return {
    tracking: "unknown",
    at: "unknown",
    why: "the rules let packets of known connections on in part, or by what is not known",
  };
}

/** As many rules as are cited of one side. */
const mostCited = 4;

/** Rules that stand on one side alone, word for word. */
function becauseOf(old: readonly HookChain[], now: readonly HookChain[]): Because[] {
  const only = (side: Because["side"], own: readonly HookChain[], other: readonly HookChain[]): Because[] => {
    const there = new Set(rulesOf(other).map(({ rule }) => rule.text));
    return rulesOf(own)
      .filter(({ rule }) => !there.has(rule.text))
      .slice(0, mostCited)
      .map(({ rule, chain }) => ({ side, ring: chain, text: rule.text, origin: rule.origin }));
  };
  return [...only("before", old, now), ...only("after", now, old)];
}

function rulesOf(filters: readonly HookChain[]): { readonly rule: Rule; readonly chain: string }[] {
  const chains = new Set(filters.flatMap((filter) => [...filter.chains.values()]));
  return [...chains].flatMap((chain) =>
    [...chain.rules, ...(chain.policy === undefined ? [] : [chain.policy])].map((rule) => ({
      rule,
      chain: chain.name,
    })),
  );
}

function translationUnknowns(was: HostFirewall, is: HostFirewall): Unknown[] {
  const nat = (firewall: HostFirewall): readonly Table[] =>
    firewall.tables.filter((table) => table.bases.some((base) => base.type === "nat"));
  const [old, now] = [nat(was), nat(is)];
  if (sameContent(old, now)) return [];
  const origin = now[0]?.origin ?? old[0]?.origin ?? is.origin;
  return [
    {
      origin,
      what: "the rules for address translation differ",
      effect: "not compared: trace shows single packets",
    },
  ];
}
