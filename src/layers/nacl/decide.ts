// How a network ACL decides: entries by number, the first that matches, `*` refuses the rest; every packet for itself,
// replies too. (VPC user guide, "Network ACL rules".)
import type { Packet } from "../../packet/packet.ts";
import { evaluate } from "../../rules/evaluate.ts";
import { all, always, destination, source, type Match } from "../../rules/match.ts";
import type { Chain, Rule } from "../../rules/rule.ts";
import type { Step } from "../../rules/step.ts";
import { ringName, ruleAddress, serviceMatch, serviceText, type Direction } from "../ports.ts";
import type { NetworkAcl, NetworkAclEntry } from "./model.ts";

/** One direction of an ACL as a chain whose policy is the `*` entry. */
export function lowerNetworkAcl(acl: NetworkAcl, direction: Direction): Chain {
  const entries = (direction === "inbound" ? acl.inbound : acl.outbound).toSorted(
    (a, b) => a.number - b.number,
  );
  return {
    name: `${acl.name} ${direction}`,
    rules: entries.map((entry) => lowerEntry(entry, direction)),
    policy: {
      match: always,
      actions: [{ kind: "drop" }],
      origin: { ...acl.origin, id: `${acl.id} ${direction} *` },
      text: "* deny all",
    },
    origin: acl.origin,
  };
}

function lowerEntry(entry: NetworkAclEntry, direction: Direction): Rule {
  const peer = direction === "inbound" ? source(entry.peer) : destination(entry.peer);
  return {
    match: all(serviceMatch(entry), peer, uncertainty(entry)),
    actions: [{ kind: entry.action === "allow" ? "accept" : "drop" }],
    origin: entry.origin,
    text: entry.text,
  };
}

function uncertainty(entry: NetworkAclEntry): Match {
  return entry.uncertain === undefined
    ? always
    : { kind: "unknown", what: entry.uncertain, origin: entry.origin };
}

const none: ReadonlyMap<string, Chain> = new Map();

/** Decides one packet at the subnet's edge. `isReply` only chooses the words: the ring itself can't tell. */
export function decideNetworkAcl(
  acl: NetworkAcl,
  chain: Chain,
  direction: Direction,
  packet: Packet,
  place: string,
  isReply: boolean,
): Step {
  const { decisions, causes } = evaluate(chain, none, { packet });
  const ring = `${acl.name} ${direction}`;
  const base = {
    layer: "nacl",
    place,
    ring,
    rules: decisions.flatMap((d) => (d.rule === undefined ? [] : [d.rule])),
  } as const;
  const last = decisions.at(-1);
  if (decisions.length > 1 || last?.rule === undefined) {
    return {
      ...base,
      verdict: "depends",
      why: `rules of ${acl.name} part it: ${base.rules.map((rule) => rule.text).join("; ")}`,
      causes,
    };
  }
  if (last.outcome.kind === "accept") {
    return { ...base, verdict: "allowed", why: `${acl.name} allows it: ${last.rule.text}`, causes: [] };
  }
  const byDefault = last.rule === chain.policy;
  const memory = isReply ? " A network ACL keeps no state, so replies need an entry of their own" : "";
  const it = isReply ? "the reply" : "it";
  const why = byDefault
    ? `no ${direction} entry of ${acl.name} lets ${it} through: * deny decides${memory === "" ? "" : `.${memory}`}`
    : `${acl.name} refuses ${it}: ${last.rule.text}${memory === "" ? "" : `.${memory}`}`;
  return {
    ...base,
    verdict: "denied",
    why,
    causes: [],
    silent: true,
    remedy: remedyText(acl, direction, packet, isReply, byDefault ? undefined : last.rule),
  };
}

function remedyText(
  acl: NetworkAcl,
  direction: Direction,
  packet: Packet,
  isReply: boolean,
  denied: Rule | undefined,
): string {
  const entries = (direction === "inbound" ? acl.inbound : acl.outbound).map((entry) => entry.number);
  const blocking = acl[direction].find((entry) => entry.origin === denied?.origin)?.number;
  const number = freeNumber(entries, blocking);
  const service = isReply
    ? `${serviceText({ ...packet, destinationPort: [1024, 65535] })} (ephemeral ports)`
    : serviceText(packet);
  const where =
    direction === "inbound" ? `from ${ruleAddress(packet.source)}` : `to ${ruleAddress(packet.destination)}`;
  return `add to ${ringName(acl)} the ${direction} entry ${number}: allow ${service} ${where}`;
}

/** A number before the entry that refuses, or ten after the last one. */
export function freeNumber(taken: readonly number[], before: number | undefined): number {
  if (before === undefined) return Math.min(32766, Math.floor(Math.max(90, ...taken) / 10) * 10 + 10);
  const lower = Math.max(0, ...taken.filter((number) => number < before));
  return before - lower > 1 ? lower + Math.max(1, Math.floor((before - lower) / 2)) : before;
}
