// What a rule can ask of a packet: one small tree of tests that every vendor's matches are lowered to. Data only;
// how a test is answered stands in matches.ts.
import type { AddressSet } from "../packet/address-set.ts";
import type { NumberSet } from "../packet/intervals.ts";
import type { Family } from "../packet/address.ts";
import type { Origin } from "../problem.ts";

/** Addresses that can be tested. The `original-…` ones are the connection's own tuple, before any rewriting. */
export type AddressField =
  | "source"
  | "destination"
  | "original-source"
  | "original-destination"
  | "reply-source"
  | "reply-destination";

/** Numbers that can be tested. Marks belong to netfilter's packet and connection. */
export type NumberField =
  | "protocol"
  | "source-port"
  | "destination-port"
  | "icmp-type"
  | "icmp-code"
  | "length"
  | "ttl"
  | "dscp"
  | "original-protocol"
  | "original-source-port"
  | "original-destination-port";

export type ConnectionState = "new" | "established" | "related" | "invalid" | "untracked";
export type ConnectionStatus = "seen-reply" | "assured" | "confirmed" | "snat" | "dnat" | "expected";
/** The kernel's routing view of an address (`-m addrtype`, `fib … type`). */
export type AddressType =
  | "local"
  | "unicast"
  | "broadcast"
  | "multicast"
  | "anycast"
  | "unspecified"
  | "blackhole"
  | "unreachable"
  | "prohibit";

export type Match =
  | { readonly kind: "always" }
  | { readonly kind: "never" }
  | { readonly kind: "not"; readonly match: Match }
  | { readonly kind: "all"; readonly of: readonly Match[] }
  | { readonly kind: "any"; readonly of: readonly Match[] }
  | { readonly kind: "family"; readonly family: Family }
  | { readonly kind: "address"; readonly field: AddressField; readonly set: AddressSet }
  /** A mask with holes: (address & mask) = value; both of one family's width. */
  | {
      readonly kind: "address-bits";
      readonly field: AddressField;
      readonly family: Family;
      readonly mask: bigint;
      readonly value: bigint;
    }
  /** A port test is false where the packet's protocol has no ports; an ICMP test where it is not ICMP. */
  | { readonly kind: "number"; readonly field: NumberField; readonly set: NumberSet }
  /** (flags & mask) = value; false where the packet is not TCP. */
  | { readonly kind: "tcp-flags"; readonly mask: number; readonly value: number }
  /** TCP option present (by kind). A trace's packet carries no options that it does not name: then unknown. */
  | { readonly kind: "tcp-option"; readonly option: number }
  | { readonly kind: "fragment"; readonly is: "first-or-later" | "later" }
  /** An interface by name; a trailing `+` or `*` was turned into `prefix: true`. */
  | {
      readonly kind: "interface";
      readonly direction: "in" | "out";
      readonly name: string;
      readonly prefix: boolean;
    }
  | { readonly kind: "state"; readonly states: readonly ConnectionState[] }
  | { readonly kind: "status"; readonly status: readonly ConnectionStatus[] }
  | { readonly kind: "direction"; readonly is: "original" | "reply" }
  /** (mark & mask) in set, of the packet or the connection; 32 bits. */
  | {
      readonly kind: "mark";
      readonly of: "packet" | "connection";
      readonly mask: number;
      readonly set: NumberSet;
    }
  | { readonly kind: "mac"; readonly address: string }
  | { readonly kind: "link-type"; readonly is: "unicast" | "broadcast" | "multicast" }
  | {
      readonly kind: "address-type";
      readonly field: "source" | "destination";
      readonly types: readonly AddressType[];
      readonly limitTo?: "in" | "out";
    }
  /** Endpoints by identity (Kubernetes pods). A packet whose endpoint has no identity is from outside: false. */
  | { readonly kind: "endpoint"; readonly side: "source" | "destination"; readonly ids: ReadonlySet<string> }
  /** A set of tuples: nft concatenations, `hash:ip,port`. True where one element holds every part. */
  | {
      readonly kind: "tuple";
      readonly fields: readonly (AddressField | NumberField)[];
      readonly elements: readonly TupleElement[];
      readonly name: string;
    }
  /** What no header shows, in the input's own words. */
  | { readonly kind: "unknown"; readonly what: string; readonly origin?: Origin };

/** One part for each field of the tuple, in order. */
export type TupleElement = readonly ({ readonly addresses: AddressSet } | { readonly numbers: NumberSet })[];

export const always: Match = { kind: "always" };
export const never: Match = { kind: "never" };

/** The conjunction, flattened, `always` left out and one test left bare. */
export function all(...matches: readonly Match[]): Match {
  const of = matches.flatMap((match) =>
    match.kind === "all" ? match.of : match.kind === "always" ? [] : [match],
  );
  if (of.some((match) => match.kind === "never")) return never;
  return of.length === 0 ? always : of.length === 1 && of[0] !== undefined ? of[0] : { kind: "all", of };
}

/** The disjunction, flattened, `never` left out and one test left bare. */
export function any(...matches: readonly Match[]): Match {
  const of = matches.flatMap((match) =>
    match.kind === "any" ? match.of : match.kind === "never" ? [] : [match],
  );
  if (of.some((match) => match.kind === "always")) return always;
  return of.length === 0 ? never : of.length === 1 && of[0] !== undefined ? of[0] : { kind: "any", of };
}

export function inverted(match: Match): Match {
  if (match.kind === "not") return match.match;
  if (match.kind === "always") return never;
  if (match.kind === "never") return always;
  return { kind: "not", match };
}

export function source(set: AddressSet): Match {
  return { kind: "address", field: "source", set };
}
export function destination(set: AddressSet): Match {
  return { kind: "address", field: "destination", set };
}
export function protocol(...numbers: readonly number[]): Match {
  return { kind: "number", field: "protocol", set: numbers.toSorted((a, b) => a - b).flatMap((n) => [n, n]) };
}
export function sourcePorts(set: NumberSet): Match {
  return { kind: "number", field: "source-port", set };
}
export function destinationPorts(set: NumberSet): Match {
  return { kind: "number", field: "destination-port", set };
}
