// Turns a match into sets of packets: where it certainly holds, and where it may. Agrees with matches.ts about every packet,
// those included that lack what the match asks for. What the space has no field for (lengths, connections, hardware
// addresses, modules nobody knows) is unknown.
import type { AddressSet } from "../../packet/address-set.ts";
import { TCP } from "../../packet/protocol.ts";
import type { PacketSet, Space } from "../../space/space.ts";
import type { AddressType, Match } from "../match.ts";
import { lacking } from "./absence.ts";
import { both, either, exactly, negated, perhaps, within, type Bounds } from "./bounds.ts";
import { addressBitsSets, addressSets, numberSets, tracked } from "./field-sets.ts";
import { tupleSets } from "./tuple-sets.ts";

/** What the place of a chain knows beside the packet. */
export interface SetContext {
  /**
   * The addresses that certainly have one of some routing types here, and those that may. Undefined: not known.
   * `limitTo`: asked for the packet's own interface alone.
   */
  readonly addressesOfType?: (
    types: readonly AddressType[],
    limitTo?: "in" | "out",
  ) => { readonly must: AddressSet; readonly may: AddressSet } | undefined;
  /** Only these packets are asked about: of others the answer may be anything, and costs less. */
  readonly among?: PacketSet | undefined;
  /** Answers a test of a mark in place of the mark that packets entered with: rules have changed it since. */
  readonly markTest?: (test: MarkTest) => Bounds;
}

export type MarkTest = Extract<Match, { kind: "mark" }>;

/**
 * Where a match certainly holds, and where it may.
 *
 * @example matchSets(space, all(protocol(TCP), destinationPorts([22, 22]))).may
 */
export function matchSets(space: Space, match: Match, context: SetContext = {}): Bounds {
  switch (match.kind) {
    case "always":
      return exactly(space.all);
    case "never":
      return exactly(space.none);
    case "not": {
      const inner = negated(space, matchSets(space, match.match, context));
      const absent = lacking(space, match.match);
      return space.isEmpty(absent) ? inner : within(space, inner, space.not(absent));
    }
    case "all":
      return everyMatch(space, match.of, context);
    case "any":
      return either(
        space,
        match.of.map((one) => matchSets(space, one, context)),
      );
    case "family":
      return exactly(space.family(match.family));
    case "address":
      return addressSets(space, match.field, match.set);
    case "address-bits":
      return addressBitsSets(space, match);
    case "number":
      return numberSets(space, match.field, match.set);
    case "tcp-flags":
      return exactly(space.tcpFlags(match.mask, match.value));
    case "tcp-option":
      return perhaps(space, space.number("protocol", [TCP, TCP]));
    case "fragment":
      return exactly(space.fragment(match.is === "later" ? ["later"] : ["first", "later"]));
    case "interface":
      return interfaceSets(space, match);
    case "state":
      return exactly(space.state(match.states));
    case "status":
    case "direction":
      return perhaps(space, tracked(space));
    case "mark":
      return markSets(space, match, context);
    case "mac":
    case "link-type":
    case "unknown":
      return perhaps(space, space.all);
    case "address-type": {
      const known = context.addressesOfType?.(match.types, match.limitTo);
      return known === undefined
        ? perhaps(space, space.all)
        : {
            must: space.address(match.field, known.must),
            may: space.address(match.field, known.may),
          };
    }
    case "endpoint":
      return exactly(space.endpoint(match.side, match.ids));
    case "tuple":
      return tupleSets(space, match.fields, match.elements);
  }
}

/** Tests of addresses come last: what they cost is spared where the others already fail. */
function everyMatch(space: Space, of: readonly Match[], context: SetContext): Bounds {
  let result = exactly(context.among ?? space.all);
  const inner = { ...context, among: undefined };
  for (const turn of [false, true])
    for (const match of of) {
      if (asksAddress(match) !== turn) continue;
      result = both(space, result, matchSets(space, match, inner));
      if (space.isEmpty(result.may)) return result;
    }
  return result;
}

function asksAddress(match: Match): boolean {
  if (match.kind === "not") return asksAddress(match.match);
  return match.kind !== "number" && match.kind !== "state" && match.kind !== "interface";
}

function interfaceSets(space: Space, match: Extract<Match, { kind: "interface" }>): Bounds {
  if (match.prefix && match.name === "") return exactly(space.all);
  return exactly(
    match.direction === "in"
      ? space.inInterface(match.name, match.prefix)
      : space.outInterface(match.name, match.prefix),
  );
}

function markSets(space: Space, match: MarkTest, context: SetContext): Bounds {
  const sets = context.markTest?.(match) ?? exactly(space.mark(match.of, match.mask, match.set));
  return match.of === "connection" ? within(space, sets, tracked(space)) : sets;
}
