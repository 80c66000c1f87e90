// What the left side of a test reads: a key, by the way in which the model can ask for it. Types, and the few facts that
// all readers of keys share; which nft expression is which key stands in read-key.ts and the key-… files.
import type { NumberSet } from "../../packet/intervals.ts";
import { DCCP, SCTP, TCP, UDP, UDPLITE } from "../../packet/protocol.ts";
import type { Problem, Origin, Unknown } from "../../problem.ts";
import { all, always, inverted, type AddressField, type Match, type NumberField } from "../../rules/match.ts";
import type { Family } from "../../packet/address.ts";
import type { Json } from "../json.ts";
import type { Bits } from "./bits.ts";

interface KeyBase {
  /** The key in nft's own words. */
  readonly text: string;
  /** What must hold beside the test itself: the protocol and family that nft implies. */
  readonly needs: Match;
  /** When the kernel can read the field at all; where it can't, the rule ends there, also for `!=`. */
  readonly readable: Match;
}

/** Numbers: ports, types, protocols; and enumerations, whose `points` are all the values they have. */
export interface NumericKey extends KeyBase {
  readonly kind: "numeric";
  readonly bits: Bits;
  readonly parse: (word: string) => number | undefined;
  /** The test that the field, before any bit operator, is in the set. */
  readonly test: (set: NumberSet) => Match;
  readonly points?: readonly number[];
  /** The model's field, where a tuple can hold it. */
  readonly field?: NumberField;
  /** `th`: read from packets of every protocol, also where these bytes are no port. */
  readonly loose?: boolean;
  /** Later fragments of which the kernel takes other bytes for this field (fragments.ts). */
  readonly beyond?: Match;
}

export interface MarkKey extends KeyBase {
  readonly kind: "mark";
  readonly of: "packet" | "connection";
  readonly bits: Bits;
}

export interface AddressKey extends KeyBase {
  readonly kind: "address";
  readonly field: AddressField;
  readonly family: Family;
  readonly bits: Bits;
}

/** Names: interfaces (with a `*` at the end), hardware addresses. */
export interface NameKey extends KeyBase {
  readonly kind: "name";
  readonly test: (name: string) => Match;
}

/** A set of bits of which only some are known to the model (`ct status`). */
export interface StatusKey extends KeyBase {
  readonly kind: "status";
}

/** Whether something is there: a TCP option, a fragment header. */
export interface PresenceKey extends KeyBase {
  readonly kind: "presence";
  readonly test: (present: boolean) => Match;
}

/** What no header shows. `understood`: Ringwall knows what it is, and that it can't be known beforehand. */
export interface OpaqueKey extends KeyBase {
  readonly kind: "opaque";
  readonly why: string;
  readonly understood: boolean;
  /** Every value that can come out (`numgen`, `jhash`): [first, last]. */
  readonly outcomes?: readonly [number, number];
}

export type Key = NumericKey | MarkKey | AddressKey | NameKey | StatusKey | PresenceKey | OpaqueKey;

/** A named set or map of the table. */
export interface NamedSet {
  readonly name: string;
  readonly elements: readonly Json[];
  /** What was lowered already, by the key that it is measured against: a set may serve many rules. */
  readonly lowered: Map<string, unknown>;
}

/** What a statement is read in: its table, its rule, and what earlier tests of the rule settled. */
export interface Scope {
  readonly family: "ip" | "ip6" | "inet";
  /** `inet filter` */
  readonly table: string;
  readonly sets: ReadonlyMap<string, NamedSet>;
  readonly origin: Origin;
  /** Where something of the rule stands in the file. */
  readonly originOf: (value: unknown, id: string) => Origin;
  readonly fail: (code: Problem["code"], message: string) => never;
  readonly report: (unknown: Omit<Unknown, "origin">) => void;
  /** The later fragments that the rule may see; never, where they were put together before. */
  readonly pieces: Match;
  /** The transport protocols that the rule's earlier tests leave. */
  readonly protocols?: NumberSet;
}

export const portedProtocols: NumberSet = [TCP, TCP, UDP, UDP, DCCP, DCCP, SCTP, SCTP, UDPLITE, UDPLITE];

/** A transport header can't be read from later fragments. */
export const hasHeader: Match = inverted({ kind: "fragment", is: "later" });

export function ofProtocol(set: NumberSet): Match {
  return { kind: "number", field: "protocol", set };
}

/** The test of a family; nothing to test in a table that sees only that family. */
export function familyTest(scope: Scope, family: Family): Match {
  return scope.family === "inet" ? { kind: "family", family } : always;
}

export function opaque(
  text: string,
  why: string,
  about: {
    readonly needs?: Match;
    readonly understood?: boolean;
    readonly outcomes?: readonly [number, number];
  } = {},
): OpaqueKey {
  const { needs = always, understood = true, outcomes } = about;
  return {
    kind: "opaque",
    text,
    why,
    understood,
    needs,
    readable: needs,
    ...(outcomes === undefined ? {} : { outcomes }),
  };
}

/** The match for something that can't be known, in nft's words and plain ones; also reported where it was not understood. */
export function unknowable(scope: Scope, text: string, key: Pick<OpaqueKey, "why" | "understood">): Match {
  if (!key.understood) {
    scope.report({ what: `${text} (${key.why})`, effect: "matched or not, can't be known" });
  }
  return { kind: "unknown", what: `“${text}”: ${key.why}`, origin: scope.origin };
}

export function allNeeds(keys: readonly Key[]): Match {
  return together(keys.map((key) => key.needs));
}

export function allReadable(keys: readonly Key[]): Match {
  return together(keys.map((key) => key.readable));
}

/** All of the tests, each once: what nft implies for one key it implies for the next as well. */
export function together(matches: readonly Match[]): Match {
  const seen = new Set<string>();
  const parts = matches.flatMap((match) => (match.kind === "all" ? match.of : [match]));
  return all(
    ...parts.filter((part) => {
      const name = plainName(part);
      if (name === undefined) return true;
      const first = !seen.has(name);
      seen.add(name);
      return first;
    }),
  );
}

/** A name for the small tests that repeat; none for the others. */
function plainName(match: Match): string | undefined {
  if (match.kind === "not") {
    const inner = plainName(match.match);
    return inner === undefined ? undefined : `not ${inner}`;
  }
  if (match.kind === "family") return `family ${match.family}`;
  if (match.kind === "fragment") return `fragment ${match.is}`;
  if (match.kind === "state") return `state ${match.states.join(" ")}`;
  return match.kind === "number" && match.field === "protocol"
    ? `protocol ${match.set.join(" ")}`
    : undefined;
}
