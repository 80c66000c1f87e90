// A host's chains with what the place knows put into their tests: interfaces, routing types of addresses, the direction and
// the first packet of an untranslated connection. What is left are tests that sets of packets can answer.
import type { HostFirewall } from "../../../layers/host/model.ts";
import { addressType } from "../../../layers/host/routing.ts";
import {
  addressSet,
  allAddresses,
  lowestAddress,
  singleAddress,
  unionOfAddresses,
  prefixSet,
  type AddressSet,
} from "../../../packet/address-set.ts";
import { prefixEnds } from "../../../packet/address.ts";
import { always, never, type AddressField, type Match, type NumberField } from "../../../rules/match.ts";
import type { Action, Chain, ChainSet, Rule } from "../../../rules/rule.ts";
import { atomsOf } from "../atoms.ts";

export interface HostFacts {
  readonly firewall: HostFirewall;
  readonly way: "in" | "out";
  readonly isReply: boolean;
  readonly isTracked: boolean;
  /** Absent: not known; empty: certainly none. */
  readonly inDevice?: string;
  readonly outDevice?: string;
}

export interface SeenChain {
  readonly chain: Chain;
  readonly chains: ChainSet;
  /** The rule as it was written. */
  readonly original: (rule: Rule) => Rule;
}

const made = new WeakMap<ChainSet, Map<string, SeenChain>>();

export function asHostSees(facts: HostFacts, chain: Chain, chains: ChainSet): SeenChain {
  const key = [
    chain.name,
    facts.way,
    facts.isReply,
    facts.isTracked,
    facts.inDevice ?? "?",
    facts.outDevice ?? "?",
  ].join(" ");
  let known = made.get(chains);
  if (known === undefined) made.set(chains, (known = new Map()));
  const before = known.get(key);
  if (before !== undefined) return before;
  const originals = new Map<Rule, Rule>();
  const seen = new Map([...chains].map(([name, one]) => [name, seenChain(facts, one, originals)] as const));
  const result: SeenChain = {
    chain: seen.get(chain.name) ?? seenChain(facts, chain, originals),
    chains: seen,
    original: (rule) => originals.get(rule) ?? rule,
  };
  known.set(key, result);
  return result;
}

function seenChain(facts: HostFacts, chain: Chain, originals: Map<Rule, Rule>): Chain {
  const rules = chain.rules.map((rule) => {
    const seen = {
      ...rule,
      match: seenMatch(facts, rule.match),
      actions: rule.actions.map((action) => seenAction(facts, action)),
    };
    originals.set(seen, rule);
    return seen;
  });
  return { ...chain, rules };
}

function seenAction(facts: HostFacts, action: Action): Action {
  if (action.kind === "when")
    return {
      ...action,
      match: seenMatch(facts, action.match),
      actions: action.actions.map((one) => seenAction(facts, one)),
    };
  if (action.kind !== "lookup") return action;
  return {
    ...action,
    fields: action.fields.map((field) => seenField(facts, field)),
    entries: action.entries.map((entry) => ({
      ...entry,
      ...(entry.match === undefined ? {} : { match: seenMatch(facts, entry.match) }),
      actions: entry.actions.map((one) => seenAction(facts, one)),
    })),
  };
}

function seenMatch(facts: HostFacts, match: Match): Match {
  switch (match.kind) {
    case "not":
      return { kind: "not", match: seenMatch(facts, match.match) };
    case "all":
    case "any":
      return { kind: match.kind, of: match.of.map((one) => seenMatch(facts, one)) };
    case "interface":
      return seenInterface(facts, match);
    case "address-type":
      return seenType(facts, match);
    case "direction":
      if (!facts.isTracked) return match;
      return (match.is === "reply") === facts.isReply ? always : never;
    case "address":
    case "address-bits":
      return { ...match, field: seenField(facts, match.field) };
    case "number":
      return { ...match, field: seenField(facts, match.field) };
    case "tuple":
      return { ...match, fields: match.fields.map((field) => seenField(facts, field)) };
    case "always":
    case "never":
    case "family":
    case "endpoint":
    case "tcp-flags":
    case "tcp-option":
    case "fragment":
    case "state":
    case "status":
    case "mark":
    case "mac":
    case "link-type":
    case "unknown":
      return match;
  }
}

const turned: Readonly<Record<string, AddressField | NumberField>> = {
  source: "destination",
  destination: "source",
  "source-port": "destination-port",
  "destination-port": "source-port",
};

/** Of a connection that nobody translated: the first packet's own fields, as they stand in the packet at hand. */
function seenField<F extends AddressField | NumberField>(facts: HostFacts, field: F): F;
function seenField(facts: HostFacts, field: AddressField | NumberField): AddressField | NumberField {
  if (!facts.isTracked) return field;
  const ofFirst = /^original-(.*)$/.exec(field)?.[1];
  const ofReply = /^reply-(.*)$/.exec(field)?.[1];
  const own = ofFirst ?? ofReply;
  if (own === undefined) return field;
  const same = (ofReply !== undefined) === facts.isReply;
  return same ? (turned[turned[own] ?? ""] ?? "protocol") : (turned[own] ?? "protocol");
}

function seenInterface(facts: HostFacts, match: Extract<Match, { kind: "interface" }>): Match {
  if (match.prefix && match.name === "") return always;
  const name = match.direction === "in" ? facts.inDevice : facts.outDevice;
  if (name === undefined) {
    // Nobody named the interface, but the packet came from another machine.
    if (match.direction === "in" && match.name === "lo") return never;
    return {
      kind: "unknown",
      what: `the interface it ${match.direction === "in" ? "came in by" : "leaves by"} (${match.name}${match.prefix ? "*" : ""})`,
    };
  }
  return (match.prefix ? name.startsWith(match.name) : name === match.name) ? always : never;
}

function seenType(facts: HostFacts, match: Extract<Match, { kind: "address-type" }>): Match {
  const device =
    match.limitTo === "in" ? facts.inDevice : match.limitTo === "out" ? facts.outDevice : undefined;
  const types = new Set<string>(match.types);
  const known = typesOf(facts.firewall, device);
  const certain = unionOfAddresses(
    known.filter((one) => one.type !== undefined && types.has(one.type)).map((one) => one.set),
  );
  const open = unionOfAddresses(known.filter((one) => one.type === undefined).map((one) => one.set));
  const isCertain: Match = { kind: "address", field: match.field, set: certain };
  if (open.v4.length === 0 && open.v6.length === 0) return isCertain;
  // Nobody told the host's addresses. Still: what it sends is from itself, and what is delivered to it is for itself.
  const isOpen: Match = { kind: "address", field: match.field, set: open };
  const implied =
    device !== undefined
      ? undefined
      : match.field === "destination"
        ? facts.way === "in"
          ? "local"
          : "unicast"
        : facts.way === "out"
          ? "local"
          : undefined;
  if (implied !== undefined) return types.has(implied) ? { kind: "any", of: [isCertain, isOpen] } : isCertain;
  return {
    kind: "any",
    of: [
      isCertain,
      {
        kind: "all",
        of: [
          isOpen,
          {
            kind: "unknown",
            what: `whether the ${match.field} address is ${match.types.join(" or ")} here`,
          },
        ],
      },
    ],
  };
}

interface Typed {
  readonly set: AddressSet;
  readonly type: string | undefined;
}

const typed = new WeakMap<HostFirewall, Map<string, readonly Typed[]>>();

/** All addresses by their routing type: asked of one address in each part that the host's own words make. */
function typesOf(firewall: HostFirewall, device: string | undefined): readonly Typed[] {
  let known = typed.get(firewall);
  if (known === undefined) typed.set(firewall, (known = new Map()));
  const key = device ?? "?";
  const before = known.get(key);
  if (before !== undefined) return before;
  const parts = atomsOf([
    allAddresses,
    addressSet("127.0.0.0/8", "::1/128"),
    addressSet("224.0.0.0/4", "ff00::/8"),
    addressSet("255.255.255.255/32", "0.0.0.0/32", "::/128"),
    ...firewall.addresses.flatMap(({ address, length }) => [
      singleAddress(address),
      singleAddress(prefixEnds({ ...address, length }).last),
    ]),
    ...firewall.routes.map((route) => prefixSet(route.destination)),
  ]);
  const result = ([4, 6] as const).flatMap((family) =>
    parts.list(family).flatMap(({ addresses }): Typed[] => {
      const lowest = lowestAddress(addresses);
      return lowest === undefined ? [] : [{ set: addresses, type: addressType(firewall, lowest, device) }];
    }),
  );
  known.set(key, result);
  return result;
}

const beyond = new WeakMap<HostFirewall, boolean>();

/**
 * Whether a firewall asks what sets can't follow from one chain, or one packet, to the next: marks that are changed and
 * tested, marks of connections, how far a connection has come.
 */
export function asksBeyondSets(firewall: HostFirewall): boolean {
  const before = beyond.get(firewall);
  if (before !== undefined) return before;
  let tests = false;
  let changes = false;
  let further = false;
  const match = (one: Match): void => {
    if (one.kind === "not") match(one.match);
    else if (one.kind === "all" || one.kind === "any") one.of.forEach(match);
    else if (one.kind === "status") further = true;
    else if (one.kind === "mark") {
      tests = true;
      if (one.of === "connection") further = true;
    }
  };
  const act = (action: Action): void => {
    if (action.kind === "set-mark" || action.kind === "copy-mark") changes = true;
    if (action.kind === "when") {
      match(action.match);
      action.actions.forEach(act);
    }
    if (action.kind === "lookup") {
      for (const entry of action.entries) {
        if (entry.match !== undefined) match(entry.match);
        entry.actions.forEach(act);
      }
    }
  };
  for (const table of firewall.tables) {
    for (const chain of table.chains.values()) {
      for (const rule of chain.rules) {
        match(rule.match);
        rule.actions.forEach(act);
      }
    }
  }
  const result = further || (tests && changes);
  beyond.set(firewall, result);
  return result;
}
