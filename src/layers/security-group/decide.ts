// How security groups decide: all rules of all groups on an interface weighed together, allow only, everything else
// refused; replies of what was let through pass. (VPC user guide, "Security group rules" and "Security group
// connection tracking".)
import type { AddressSet } from "../../packet/address-set.ts";
import { noAddresses } from "../../packet/address-set.ts";
import type { Packet } from "../../packet/packet.ts";
import { matches } from "../../rules/matches.ts";
import { all, destination, source, type Match } from "../../rules/match.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Step } from "../../rules/step.ts";
import { isMaybe, type Cause } from "../../rules/truth.ts";
import { ringName, serviceMatch, serviceText, type Direction } from "../ports.ts";
import type { SecurityGroup, SecurityGroupRule } from "./model.ts";

/** What a rule's peer stands for in an estate. A group or list that is not there stands for nobody. */
export interface Peers {
  readonly members: (group: string) => AddressSet | undefined;
  readonly prefixList: (id: string) => AddressSet | undefined;
  /** What people call a group. */
  readonly groupName: (group: string) => string | undefined;
}

interface LoweredRule {
  readonly rule: Rule;
  readonly group: SecurityGroup;
  readonly service: Match;
  readonly peer: Match;
}

/** A group's rules of one direction as tests: the peer is the source of what comes in, the destination of what goes out. */
export function lowerSecurityGroup(group: SecurityGroup, direction: Direction, peers: Peers): LoweredRule[] {
  return (direction === "inbound" ? group.inbound : group.outbound).map((rule) => {
    const service = serviceMatch(rule);
    const peer = peerMatch(rule, direction, peers);
    const lowered: Rule = {
      match: all(service, peer),
      actions: [{ kind: "accept" }],
      origin: rule.origin,
      text: namedText(rule, peers),
    };
    return { rule: lowered, group, service, peer };
  });
}

/** A rule that refers to a group by its id says the group's name too. */
function namedText(rule: SecurityGroupRule, peers: Peers): string {
  if (rule.peer.kind !== "group") return rule.text;
  const { id } = rule.peer;
  const name = peers.groupName(id);
  return name === undefined || name === id ? rule.text : rule.text.replace(id, `${name} (${id})`);
}

function peerMatch(rule: SecurityGroupRule, direction: Direction, peers: Peers): Match {
  const at = direction === "inbound" ? source : destination;
  switch (rule.peer.kind) {
    case "addresses":
      return at(rule.peer.set);
    case "prefix-list":
      return at(peers.prefixList(rule.peer.id) ?? noAddresses);
    case "group":
      return at(peers.members(rule.peer.id) ?? noAddresses);
    case "unknown":
      return { kind: "unknown", what: rule.peer.what, origin: rule.origin };
  }
}

/** The groups of one interface, lowered once: see `decideSecurityGroups`. */
export interface GroupRing {
  readonly groups: readonly SecurityGroup[];
  readonly inbound: readonly LoweredRule[];
  readonly outbound: readonly LoweredRule[];
}

export function groupRing(groups: readonly SecurityGroup[], peers: Peers): GroupRing {
  return {
    groups,
    inbound: groups.flatMap((group) => lowerSecurityGroup(group, "inbound", peers)),
    outbound: groups.flatMap((group) => lowerSecurityGroup(group, "outbound", peers)),
  };
}

/** Decides the first packet of a connection; replies are the caller's, who keeps the connection table. */
export function decideSecurityGroups(
  ring: GroupRing,
  direction: Direction,
  packet: Packet,
  place: string,
  peerName: string,
): Step {
  const names = ring.groups.map((group) => group.name).join(", ");
  const base = { layer: "security-group", place, ring: `${names} ${direction}` } as const;
  const hits: LoweredRule[] = [];
  const perhaps: LoweredRule[] = [];
  const causes: Cause[] = [];
  for (const lowered of ring[direction]) {
    const truth = matches(lowered.rule.match, { packet });
    if (truth === true) hits.push(lowered);
    else if (isMaybe(truth)) {
      perhaps.push(lowered);
      causes.push(...truth.causes);
    }
  }
  const [hit] = hits;
  if (hit !== undefined) {
    return {
      ...base,
      verdict: "allowed",
      rules: hits.map((lowered) => lowered.rule),
      why: `${hit.group.name} allows it: ${hit.rule.text}`,
      causes: [],
    };
  }
  if (perhaps.length > 0) {
    return {
      ...base,
      verdict: "depends",
      rules: perhaps.map((lowered) => lowered.rule),
      why: `only part of it is allowed: ${perhaps.map((lowered) => lowered.rule.text).join("; ")}`,
      causes,
    };
  }
  const near = nearMisses(ring[direction], packet);
  return {
    ...base,
    verdict: "denied",
    rules: near.map((miss) => miss.lowered.rule),
    why: refusal(ring, direction, near),
    causes: [],
    silent: true,
    remedy: remedyText(ring, direction, packet, peerName),
  };
}

interface Miss {
  readonly lowered: LoweredRule;
  readonly lacks: "service" | "peer";
}

/** Rules that fail in one thing only: the port is right and the peer is not, or the other way round. */
function nearMisses(rules: readonly LoweredRule[], packet: Packet): Miss[] {
  const peerOnly: Miss[] = [];
  const serviceOnly: Miss[] = [];
  for (const lowered of rules) {
    if (matches(lowered.service, { packet }) === true) peerOnly.push({ lowered, lacks: "peer" });
    else if (matches(lowered.peer, { packet }) === true) serviceOnly.push({ lowered, lacks: "service" });
  }
  return peerOnly.length > 0 ? peerOnly.slice(0, 3) : serviceOnly.slice(0, 3);
}

function refusal(ring: GroupRing, direction: Direction, near: readonly Miss[]): string {
  const who = ring.groups.length === 1 ? `${ring.groups[0]?.name ?? ""} has` : "its groups have";
  const opening = `${who} no ${direction} rule for it`;
  const [first] = near;
  if (ring[direction].length === 0) return `${who} no ${direction} rule at all: everything is refused`;
  if (first === undefined) return `${opening}: a security group refuses what no rule allows`;
  return first.lacks === "peer"
    ? `${opening}: “${first.lowered.rule.text}” has the right port but not this ${direction === "inbound" ? "source" : "destination"}`
    : `${opening}: “${first.lowered.rule.text}” has the right ${direction === "inbound" ? "source" : "destination"} but not this protocol and port`;
}

function remedyText(ring: GroupRing, direction: Direction, packet: Packet, peerName: string): string {
  const group = ring.groups[0];
  const where = group === undefined ? "attach a security group that has" : `add to ${ringName(group)}`;
  return `${where} the ${direction} rule: ${serviceText(packet)} ${direction === "inbound" ? "from" : "to"} ${peerName}`;
}
