// The question “what can reach what?” and its answer: classes of ends, and for each pair of them the flows that get there
// and whose replies come back. Data and its types only.
import type { Address, Family } from "../../packet/address.ts";
import type { AddressSet } from "../../packet/address-set.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import type { Packet } from "../../packet/packet.ts";
import type { Unknown } from "../../problem.ts";
import type { LayerKind } from "../../rules/step.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Cause } from "../../rules/truth.ts";
import type { PacketSet } from "../../space/space.ts";

/** Interfaces that every rule of every ring and every route treat alike. */
export interface InsideClass {
  readonly kind: "inside";
  /** Stable for an estate: `class ` and the id of its first interface. */
  readonly id: string;
  /** What people call it: its machine, or its groups where it stands for many. */
  readonly name: string;
  /** Ids, in the estate's order. Never empty. */
  readonly interfaces: readonly string[];
  /** Private addresses, and IPv6 ones. */
  readonly addresses: AddressSet;
  /** Public IPv4 addresses that internet gateways exchange with them. */
  readonly shown: AddressSet;
  /** The tier of `ringwall.yaml` that its interfaces stand in; classes are parted by it. */
  readonly tier?: string;
}

/** Addresses outside of the estate that every rule and every route treat alike. */
export interface OutsideClass {
  readonly kind: "outside";
  readonly id: string;
  /** `internet`, `internet: 203.0.113.0/24`, the name that `ringwall.yaml` gives, `10.9.0.0/16`. */
  readonly name: string;
  readonly addresses: AddressSet;
  /** Whether it is a part of the internet; else private addresses that a private gateway leads to. */
  readonly internet: boolean;
}

export type EndClass = InsideClass | OutsideClass;

/**
 * A connection's first packets without their addresses, as people write them: `tcp 443`, `udp 53`, `icmp type 8`. A
 * protocol that has ports and says none: every port.
 */
export interface Service {
  /** IANA number; `any`: every protocol. */
  readonly protocol: number | "any";
  readonly destinationPorts?: NumberSet;
  /** Only where not every port that the client uses will do. */
  readonly sourcePorts?: NumberSet;
  readonly icmp?: { readonly types: NumberSet; readonly codes?: NumberSet };
}

/** One flow, to ask whether a set has it. Ports where the protocol has them; a type where it is ICMP (code 0 unless said). */
export interface Flow {
  readonly protocol: number;
  readonly destinationPort?: number;
  /** Absent: every one of the ports that the client uses. */
  readonly sourcePort?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
}

/** Flows between two classes: a set of service fields (family, protocol, ports, ICMP), addresses left free. */
export interface FlowSet {
  /** In the engine's space, so that it can be joined with others: equal sets are `===`. */
  readonly set: PacketSet;
  readonly isEmpty: boolean;
  /** Whether it has all of a flow: with no source port said, for every port of the client's. */
  readonly has: (flow: Flow) => boolean;
  /** Whether it has any part of a flow. */
  readonly touches: (flow: Flow) => boolean;
  /** In the fewest readable lines, protocols in order. */
  readonly services: () => readonly Service[];
}

/** What one ring makes of the flows of a pair, by itself. */
export interface RingShare {
  /** On the way there, or on the way of the replies. */
  readonly leg: "forward" | "reply";
  readonly layer: LayerKind;
  /** Where, in the estate's own names. */
  readonly place: string;
  readonly ring: string;
  /** What it lets through for certain, in the flow's own terms (of a reply: the flows whose replies it lets through). */
  readonly lets: FlowSet;
  /** What it may let through beyond that. */
  readonly perhaps: FlowSet;
  /** The rules that let any of it through, in their order; for a ring that decides by order, those that refuse too. */
  readonly rules: readonly Rule[];
  /** Why it lets through what it does, where no rule says so: `replies pass`, `nothing listens`. */
  readonly why?: string;
}

export interface PairReach {
  readonly from: EndClass;
  readonly to: EndClass;
  readonly family: Family;
  /** Gets there, and the reply gets back. */
  readonly allowed: FlowSet;
  /** Hangs on the causes. */
  readonly depends: FlowSet;
  readonly causes: readonly Cause[];
  /** Certainly gets there, and the reply certainly does not come back. */
  readonly oneWay: FlowSet;
  /** Gateways, NAT and load balancers on the way there, in order. */
  readonly via: readonly string[];
  /** Lazily: every ring on the way there and back, in order. */
  readonly rings: () => readonly RingShare[];
  /** Every flow that the one could begin with the other. */
  readonly all: FlowSet;
  /** Any set of flows, to be asked as one of this pair: what two answers have in common, or differ in. */
  readonly flows: (set: PacketSet) => FlowSet;
  /**
   * A packet of a set of this pair, with addresses of the two classes, as a trace of it begins: recognisable and the same
   * every time. Undefined for an empty set.
   */
  readonly witness: (flows: FlowSet) => Packet | undefined;
  /** Which addresses that packet, and every packet of the pair, is sent from and to (public ones where it must be). */
  readonly ends: { readonly source: Address; readonly destination: Address };
}

export interface ReachQuestion {
  /** As `findEndpoint` understands it; `internet` is every class of the internet. Absent: all. */
  readonly from?: string;
  readonly to?: string;
  readonly family?: Family;
}

export interface Reach {
  readonly classes: readonly EndClass[];
  /** Those with any flow, in the order of their classes. */
  readonly pairs: readonly PairReach[];
  /** What the readers did not understand: it may bear on the answer. */
  readonly unknowns: readonly Unknown[];
}
