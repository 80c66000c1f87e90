// Rules and chains: what every packet filter, whoever's it is, is lowered to. Data only.
import type { Address } from "../packet/address.ts";
import type { Origin } from "../problem.ts";
import type { AddressField, Match, NumberField, TupleElement } from "./match.ts";

/** What a rule does with a packet that it matches. The first five end or steer the walk; the rest only leave traces. */
export type Action =
  | { readonly kind: "accept" }
  | { readonly kind: "drop" }
  /** Refuse with an answer; `with` is the vendor's word for it (`tcp-reset`, `icmp-port-unreachable`). */
  | { readonly kind: "reject"; readonly with?: string }
  | { readonly kind: "jump"; readonly chain: string }
  /** As jump, but what the chain returns goes to the caller's caller (iptables -g). */
  | { readonly kind: "goto"; readonly chain: string }
  | { readonly kind: "return" }
  /** To user space; `bypass` accepts where nobody listens. Its verdict can't be known. */
  | { readonly kind: "queue"; readonly bypass: boolean }
  /** A verdict map: the entry whose parts hold the packet's fields decides; none: go on. */
  | {
      readonly kind: "lookup";
      readonly name: string;
      readonly fields: readonly (AddressField | NumberField)[];
      readonly entries: readonly LookupEntry[];
    }
  | Translation
  | { readonly kind: "log"; readonly prefix?: string }
  /** mark = (mark & ~mask) ^ value. `mask` and `value` of 32 bits. */
  | {
      readonly kind: "set-mark";
      readonly of: "packet" | "connection";
      readonly mask: number;
      readonly value: number;
    }
  /** to = (to & ~toMask) ^ (from & fromMask) (CONNMARK --save-mark, --restore-mark). */
  | {
      readonly kind: "copy-mark";
      readonly from: "packet" | "connection";
      readonly fromMask: number;
      readonly toMask: number;
    }
  | { readonly kind: "notrack" }
  /** A test that stands after another action of the same rule (nft): what follows happens only where it holds. */
  | { readonly kind: "when"; readonly match: Match; readonly actions: readonly Action[] }
  /** Bears on no verdict: counters, TCPMSS, TRACE, a set's update. In the input's own words. */
  | { readonly kind: "note"; readonly what: string }
  /** Not understood: it may accept, drop or go on. */
  | { readonly kind: "unknown"; readonly what: string };

/** Network address translation. The last address or port of a range is inside it. Absent address: keep; absent ports: keep where free. */
export type Translation =
  | {
      readonly kind: "dnat";
      readonly first?: Address;
      readonly last?: Address;
      readonly ports?: readonly [number, number];
    }
  | {
      readonly kind: "snat";
      readonly first?: Address;
      readonly last?: Address;
      readonly ports?: readonly [number, number];
    }
  /** Source becomes the leaving interface's own address. */
  | { readonly kind: "masquerade"; readonly ports?: readonly [number, number] }
  /** Destination becomes the host itself: the incoming interface's address, or loopback for its own packets. */
  | { readonly kind: "redirect"; readonly ports?: readonly [number, number] }
  /** The prefix is exchanged, the host part kept (iptables NETMAP). */
  | {
      readonly kind: "netmap";
      readonly side: "source" | "destination";
      readonly to: Address;
      readonly length: number;
    };

export interface LookupEntry {
  readonly key: TupleElement;
  /** What the entry asks beside its key: a part that no field of a tuple can hold (an interface, a state, a mark). */
  readonly match?: Match;
  readonly actions: readonly Action[];
  readonly origin?: Origin;
}

export interface Rule {
  readonly match: Match;
  /** In order. A rule without an action that ends the walk goes on to the next rule. */
  readonly actions: readonly Action[];
  readonly origin: Origin;
  /** The rule in its vendor's words, on one line: what a person looks for in the file. */
  readonly text: string;
  readonly counters?: { readonly packets: number; readonly bytes: number };
}

export interface Chain {
  readonly name: string;
  readonly rules: readonly Rule[];
  /** The default, as a rule of its own. Absent: a chain that is jumped to, and returns at its end. */
  readonly policy?: Rule;
  readonly origin: Origin;
}

export type ChainSet = ReadonlyMap<string, Chain>;
