// What the internet reaches, and by whose fault: the openings of every class of interfaces, gathered by the rule that a
// person would change. Shared by the checks that differ only in which ports they ask about.
import type { Host, Interface } from "../../../../estate/model.ts";
import type { Severity } from "../../../../estate/settings.ts";
import { ringName } from "../../../../layers/ports.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../../../layers/security-group/model.ts";
import {
  isAddress,
  singleAddress,
  unionOfAddresses,
  type AddressSet,
} from "../../../../packet/address-set.ts";
import { union, type NumberSet } from "../../../../packet/intervals.ts";
import type { Packet } from "../../../../packet/packet.ts";
import { anyPort, portDomain } from "../../../../packet/protocol.ts";
import type { Origin } from "../../../../problem.ts";
import type { Rule } from "../../../../rules/rule.ts";
import type { Step } from "../../../../rules/step.ts";
import type { Context } from "../../context.ts";
import type { Subject } from "../../model.ts";
import { portsOfMatch } from "../../ports-of-match.ts";
import { isWorldwide, openingsTo, type Opening } from "../../openings.ts";

/** Whom to blame for an opening: the innermost ring that has a rule for it, as the one nearest to what it guards. */
export type Culprit =
  | { readonly kind: "group"; readonly group: SecurityGroup; readonly rule: SecurityGroupRule }
  | {
      readonly kind: "ring";
      readonly rule: Rule;
      readonly step: Step;
      readonly place: Interface;
      /** The machine whose own firewall it is. */
      readonly host?: Host;
    }
  /** No ring asks at all. */
  | { readonly kind: "bare"; readonly place: Interface };

/** Everything that one culprit opens to the world. */
export interface WorldOpening {
  readonly culprit: Culprit;
  readonly places: readonly Interface[];
  readonly ports: NumberSet;
  readonly certain: boolean;
  /** The part that shows it, with open fields. */
  readonly packet: Packet;
  readonly at: Interface;
}

export interface Asked {
  readonly protocol: number;
  readonly ports: NumberSet;
}

/** @param asked the service that is looked for; both families are asked */
export function worldOpenings(context: Context, asked: Asked): readonly WorldOpening[] {
  const gathered = new Map<string, Gathered>();
  for (const { first, members } of context.classes()) {
    // A pod has no address that the internet could send to; what leads to it is a service's or ingress's to open.
    if (first.kind === "pod") continue;
    for (const family of [4, 6] as const) {
      const found = new Map<string, Gathered>();
      for (const opening of openingsTo(context, "internet", first, { ...asked, family }))
        for (const culprit of culpritsOf(context, first, opening))
          gather(found, { culprit, opening, places: members, at: first });
      for (const [key, item] of found) {
        if (!isWorldwide(unionOfAddresses(item.sources))) continue;
        const before = gathered.get(key);
        gathered.set(key, before === undefined ? item : joined(before, item));
      }
    }
  }
  return [...gathered.values()].map(({ sources: _sources, ...item }) => item);
}

type Gathered = WorldOpening & { readonly sources: readonly AddressSet[] };

function gather(
  found: Map<string, Gathered>,
  item: {
    readonly culprit: Culprit;
    readonly opening: Opening;
    readonly places: readonly Interface[];
    readonly at: Interface;
  },
): void {
  const { culprit, opening, places, at } = item;
  const { packet, certain } = opening;
  const key = culpritKey(culprit);
  const port = packet.destinationPort ?? [];
  const made: Gathered = {
    culprit,
    places,
    at,
    packet,
    certain,
    ports: typeof port === "number" ? [port, port] : port,
    sources: [isAddress(packet.source) ? singleAddress(packet.source) : packet.source],
  };
  const before = found.get(key);
  found.set(key, before === undefined ? made : joined(before, made));
}

function joined(a: Gathered, b: Gathered): Gathered {
  return {
    ...(a.certain || !b.certain ? a : b),
    certain: a.certain || b.certain,
    places: [...new Set([...a.places, ...b.places])],
    ports: union(portDomain, a.ports, b.ports),
    sources: [...a.sources, ...b.sources],
  };
}

function culpritKey(culprit: Culprit): string {
  const { kind, id, part } = subjectOf(culprit);
  return `${kind} ${id} ${part ?? ""}`;
}

/** The subject of a finding about a culprit. */
export function subjectOf(culprit: Culprit): Subject {
  switch (culprit.kind) {
    case "group":
      return {
        kind: "security-group",
        id: culprit.group.id,
        name: culprit.group.name,
        part: `inbound ${culprit.rule.id ?? culprit.rule.text}`,
      };
    case "ring":
      return {
        ...(culprit.host === undefined
          ? { kind: "interface", id: culprit.place.id, name: culprit.place.name }
          : { kind: "host", id: culprit.host.id, name: culprit.host.name }),
        part: `${culprit.step.ring} ${culprit.rule.text}`,
      };
    case "bare":
      return { kind: "interface", id: culprit.place.id, name: culprit.place.name };
  }
}

export function originOf(culprit: Culprit): Origin {
  return culprit.kind === "bare" ? culprit.place.origin : culprit.rule.origin;
}

/** The destination ports that the culprit opens, whatever was asked: all of them where it says nothing of ports. */
export function portsOfCulprit(culprit: Culprit): NumberSet {
  switch (culprit.kind) {
    case "group":
      return culprit.rule.protocol === "any" ? anyPort : (culprit.rule.ports ?? anyPort);
    case "ring":
      return portsOfMatch(culprit.rule.match);
    case "bare":
      return anyPort;
  }
}

/** Who lets it in, as the subject of a sentence. */
export function culpritName(culprit: Culprit): string {
  switch (culprit.kind) {
    case "group":
      return ringName(culprit.group);
    case "ring":
      return culprit.host === undefined ? culprit.step.ring : `the firewall of ${culprit.host.name}`;
    case "bare":
      return "no ring at all";
  }
}

function culpritsOf(context: Context, place: Interface, opening: Opening): readonly Culprit[] {
  const asking = opening.steps.filter((step) => step.rules.length > 0);
  const group = asking.findLast((step) => step.layer === "security-group");
  if (group !== undefined) {
    const ring = context.index.ringOf(place);
    const written = ring.groups.flatMap((item) => item.inbound.map((rule) => ({ group: item, rule })));
    return ring.inbound.flatMap((lowered, at) => {
      const own = written[at];
      // A rule whose peer was not exported opens nothing that anybody could know of.
      const isKnown = own !== undefined && own.rule.peer.kind !== "unknown";
      return isKnown && group.rules.includes(lowered.rule) ? [{ kind: "group", ...own }] : [];
    });
  }
  const step = asking.findLast((item) =>
    ["host", "packet-filter", "nacl", "network-policy"].includes(item.layer),
  );
  const rule = step?.rules.at(0);
  if (step === undefined || rule === undefined) return [{ kind: "bare", place }];
  const host = step.layer === "host" ? context.index.hostOf(place) : undefined;
  return [{ kind: "ring", rule, step, place, ...(host === undefined ? {} : { host }) }];
}

const order: readonly Severity[] = ["note", "low", "medium", "high", "critical"];

/** One step less bad: for what hangs on something that can't be known. */
export function lessBad(severity: Severity): Severity {
  return order[Math.max(0, order.indexOf(severity) - 1)] ?? "note";
}
