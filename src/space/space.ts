// The space of one question: sets of packets, each a number, equal sets the same number. Knows no rule and no vendor.
// A set means packets as a ring sees them: headers, and what the place knows (state, interfaces, marks, endpoints).
import { isAddress, singleAddress, type AddressSet } from "../packet/address-set.ts";
import type { Address, Family } from "../packet/address.ts";
import type { NumberSet } from "../packet/intervals.ts";
import type { AddressValue, NumberValue, Packet } from "../packet/packet.ts";
import { cofactorAt } from "./at.ts";
import { Bdd, type Edge } from "./bdd.ts";
import { countMembers } from "./count.ts";
import { cubeSet, type Cube } from "./cube.ts";
import { describe } from "./describe.ts";
import { FieldSets, type SpaceOptions } from "./field-sets.ts";
import { addressesIn, numbersIn } from "./fields-of.ts";
import type { ConnectionState, Field, FragmentState, NumberField, Side } from "./layout.ts";
import { assign, before, forget, mirrored, type Rewriting } from "./rewriting.ts";
import { witness, type Witness } from "./witness.ts";

export type { Cube } from "./cube.ts";
export type { SpaceOptions } from "./field-sets.ts";
export type { BitTest } from "./interval-edges.ts";
export type { Field, FragmentState, NumberField, Side } from "./layout.ts";
export type { Name } from "./names.ts";
export type { Rewriting } from "./rewriting.ts";
export type { Witness } from "./witness.ts";

/** A set of packets of one space. Two sets of one space are equal where they are `===`. */
export type PacketSet = number & { readonly brand: "PacketSet" };

/** What a place knows of a packet; what is not there may be anything. */
export interface PlaceView {
  readonly state?: ConnectionState | undefined;
  /** Empty: certainly none. */
  readonly inInterface?: string | undefined;
  readonly outInterface?: string | undefined;
  readonly mark?: number | undefined;
  readonly connectionMark?: number | undefined;
}

/** The fields of a flow: what `count` counts unless it is told otherwise. */
export const flowFields: readonly Field[] = [
  "family",
  "source",
  "destination",
  "protocol",
  "source-port",
  "destination-port",
  "icmp-type",
  "icmp-code",
];

/**
 * @example
 * const space = new Space({ question: "who reaches the database" });
 * const asked = space.and(space.number("protocol", [6, 6]), space.number("destination-port", [5432, 5432]));
 * space.isEmpty(space.minus(asked, space.all)) // true
 */
export class Space {
  readonly none: PacketSet = packetSet(Bdd.none);
  /** Every packet that is well formed, in every view. */
  readonly all: PacketSet = packetSet(Bdd.all);
  readonly #sets: FieldSets;
  readonly #bdd: Bdd;

  constructor(options: SpaceOptions) {
    this.#sets = new FieldSets(options);
    this.#bdd = this.#sets.bdd;
  }

  /** How many nodes the space holds, those of forgotten sets among them until `collect`. */
  get size(): number {
    return this.#bdd.size;
  }

  /** Frees the memory of all sets but these; the others must not be used again. */
  collect(kept: Iterable<PacketSet>): void {
    this.#sets.collect(kept);
  }

  and(a: PacketSet, b: PacketSet): PacketSet {
    return packetSet(this.#bdd.and(a, b));
  }

  or(a: PacketSet, b: PacketSet): PacketSet {
    return packetSet(this.#bdd.or(a, b));
  }

  minus(a: PacketSet, b: PacketSet): PacketSet {
    return packetSet(this.#bdd.minus(a, b));
  }

  /** All others: `all` less the set. */
  not(a: PacketSet): PacketSet {
    return packetSet(this.#bdd.not(a));
  }

  unionOf(sets: Iterable<PacketSet>): PacketSet {
    return packetSet(this.#bdd.unionOf(sets));
  }

  intersectionOf(sets: Iterable<PacketSet>): PacketSet {
    let result: Edge = Bdd.all;
    for (const set of sets) result = this.#bdd.and(result, set);
    return packetSet(result);
  }

  isEmpty(a: PacketSet): boolean {
    return a === this.none;
  }

  isSubset(a: PacketSet, b: PacketSet): boolean {
    return this.#bdd.isSubset(a, b);
  }

  overlaps(a: PacketSet, b: PacketSet): boolean {
    return this.#bdd.and(a, b) !== Bdd.none;
  }

  family(family: Family): PacketSet {
    return packetSet(this.#sets.family(family));
  }

  address(side: Side, set: AddressSet): PacketSet {
    return packetSet(this.#sets.address(side, set));
  }

  /** (address & mask) = value, in that family. */
  addressBits(side: Side, family: Family, mask: bigint, value: bigint): PacketSet {
    return packetSet(this.#sets.addressBits(side, family, mask, value));
  }

  /** Packets that have the field, with one of the numbers in it. */
  number(field: NumberField, set: NumberSet): PacketSet {
    return packetSet(this.#sets.number(field, set));
  }

  /** TCP packets with (flags & mask) = value. */
  tcpFlags(mask: number, value: number): PacketSet {
    return packetSet(this.#sets.tcpFlags(mask, value));
  }

  fragment(states: readonly FragmentState[]): PacketSet {
    return packetSet(this.#sets.fragment(states));
  }

  state(states: readonly ConnectionState[]): PacketSet {
    return packetSet(this.#sets.state(states));
  }

  /** @throws Problem where the name, or the beginning, is not among the interfaces that the space was made with */
  inInterface(name: string, prefix: boolean): PacketSet {
    return packetSet(this.#sets.codes("in-interface", this.#sets.interfaces.test(name, prefix)));
  }

  /** @throws Problem where the name, or the beginning, is not among the interfaces that the space was made with */
  outInterface(name: string, prefix: boolean): PacketSet {
    return packetSet(this.#sets.codes("out-interface", this.#sets.interfaces.test(name, prefix)));
  }

  /** (mark & mask) in the set; a connection's mark only where there is a connection. 32 bits. */
  mark(of: "packet" | "connection", mask: number, set: NumberSet): PacketSet {
    return packetSet(this.#sets.mark(of, mask, set));
  }

  /** Packets from or to one of the endpoints. @throws Problem where one is not among those that the space was made with */
  endpoint(side: Side, ids: Iterable<string>): PacketSet {
    const codes = [...ids].flatMap((id) => this.#sets.endpoints.test(id, false));
    return packetSet(this.#sets.codes(`${side}-endpoint`, codes));
  }

  /** The packets that a packet's open fields leave possible, in every view that what is known of it leaves possible. */
  packet(packet: Packet, view: PlaceView = {}): PacketSet {
    const sets = this.#sets;
    const parts: Edge[] = [
      sets.family(packet.family),
      sets.address("source", addressSetOf(packet.source)),
      sets.address("destination", addressSetOf(packet.destination)),
      sets.number("protocol", numberSetOf(packet.protocol)),
      sets.fragment([packet.fragment ?? "whole"]),
      sets.codes("source-endpoint", [sets.endpoints.codeOf(packet.from)]),
      sets.codes("destination-endpoint", [sets.endpoints.codeOf(packet.to)]),
    ];
    // A field that only some protocols have does not exclude the others.
    const where = (field: Field, values: Edge): void => {
      parts.push(this.#bdd.or(values, this.#bdd.not(sets.bearers(field))));
    };
    for (const [field, value] of [
      ["source-port", packet.sourcePort],
      ["destination-port", packet.destinationPort],
      ["icmp-type", packet.icmpType],
      ["icmp-code", packet.icmpCode],
    ] as const)
      if (value !== undefined) where(field, sets.number(field, numberSetOf(value)));
    if (packet.tcpFlags !== undefined) where("tcp-flags", sets.tcpFlags(0xff, packet.tcpFlags));
    if (view.state !== undefined) parts.push(sets.state([view.state]));
    if (view.inInterface !== undefined)
      parts.push(sets.codes("in-interface", [sets.interfaces.codeOf(view.inInterface)]));
    if (view.outInterface !== undefined)
      parts.push(sets.codes("out-interface", [sets.interfaces.codeOf(view.outInterface)]));
    const whole = 0xffffffff;
    const { mark, connectionMark } = view;
    if (mark !== undefined) parts.push(sets.mark("packet", whole, [mark >>> 0, mark >>> 0]));
    if (connectionMark !== undefined)
      where("connection-mark", sets.mark("connection", whole, [connectionMark >>> 0, connectionMark >>> 0]));
    return packetSet(parts.reduceRight((rest, part) => this.#bdd.and(part, rest), Bdd.all));
  }

  /** The packets of a cube: what `describe` gives, back as a set. */
  cube(cube: Cube): PacketSet {
    return packetSet(cubeSet(this.#sets, cube));
  }

  /** ∃: packets that would be members with other values in the fields. Forgetting the family forgets the addresses. */
  forget(a: PacketSet, fields: readonly Field[]): PacketSet {
    return packetSet(forget(this.#sets, a, fields));
  }

  /** ∀: packets that are members whatever stands in the fields. */
  everywhere(a: PacketSet, fields: readonly Field[]): PacketSet {
    return packetSet(this.#bdd.not(forget(this.#sets, this.#bdd.not(a), fields)));
  }

  /** What the rewriting makes of the members. */
  assign(a: PacketSet, rewriting: Rewriting): PacketSet {
    return packetSet(assign(this.#sets, a, rewriting));
  }

  /** The packets that the rewriting may turn into members. */
  before(a: PacketSet, rewriting: Rewriting): PacketSet {
    return packetSet(before(this.#sets, a, rewriting));
  }

  /**
   * Replies: source and destination with their ports and endpoints exchanged, requests of ICMP with their replies. State,
   * interfaces, marks and TCP flags stay as they are; forget those that the reply does not share.
   */
  mirrored(a: PacketSet): PacketSet {
    return packetSet(mirrored(this.#sets, a));
  }

  /** What is left of the set once one address is known; the result says nothing of that side, nor of the family. */
  at(a: PacketSet, side: Side, address: Address): PacketSet {
    return packetSet(cofactorAt(this.#sets, a, side, address));
  }

  /**
   * How many members differ in the fields (unless named: those of a flow). A packet that lacks one of them counts as
   * one with 0 in it.
   */
  count(a: PacketSet, over: readonly Field[] = flowFields): bigint {
    return countMembers(this.#sets, a, over);
  }

  /** A member that people recognise, the same for equal sets; undefined for none. */
  witness(a: PacketSet): Witness | undefined {
    return witness(this.#sets, a);
  }

  addressesOf(a: PacketSet, side: Side): AddressSet {
    return addressesIn(this.#sets, a, side);
  }

  numbersOf(a: PacketSet, field: NumberField): NumberSet {
    return numbersIn(this.#sets, a, field);
  }

  /** Cubes that make up the set exactly. */
  describe(a: PacketSet): readonly Cube[] {
    return describe(this.#sets, a);
  }
}

/** The one place where a function of the diagrams becomes a set of packets. */
function packetSet(edge: Edge): PacketSet;
function packetSet(edge: Edge): Edge {
  return edge;
}

function addressSetOf(value: AddressValue): AddressSet {
  return isAddress(value) ? singleAddress(value) : value;
}

function numberSetOf(value: NumberValue): NumberSet {
  return typeof value === "number" ? [value, value] : value;
}
