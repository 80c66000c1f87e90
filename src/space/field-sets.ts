// What a test of each field is as a set of packets. A test of a field that a packet lacks holds for none of them; the
// variables of such a field are left free, so that equal behaviour is an equal set.
import { ofFamily, type AddressSet } from "../packet/address-set.ts";
import type { Family } from "../packet/address.ts";
import type { NumberSet } from "../packet/intervals.ts";
import { ICMP, ICMPV6, TCP } from "../packet/protocol.ts";
import { Bdd, type Edge, type Variables } from "./bdd.ts";
import { bigEdge, bitsEdge, numbersEdge } from "./interval-edges.ts";
import {
  fragmentCodes,
  layoutOf,
  stateCodes,
  variablesOf,
  type ConnectionState,
  type Field,
  type FragmentState,
  type Layout,
  type NumberField,
  type Place,
  type Side,
} from "./layout.ts";
import { Names } from "./names.ts";

export interface SpaceOptions {
  /** What is asked, as a person would say it: the problem of outgrowing memory names it. */
  readonly question: string;
  /** About 30 bytes each. */
  readonly mostNodes?: number;
  /** Interface names that tests tell apart; one that ends in `+` stands for all that begin so. */
  readonly interfaces?: readonly string[];
  /** Identities of endpoints that tests tell apart. */
  readonly endpoints?: readonly string[];
}

/** RFC 9293, 768, 4340, 9260, 3828: the protocols whose header begins with two ports. */
const portedProtocols: NumberSet = [6, 6, 17, 17, 33, 33, 132, 132, 136, 136];

const defaultMostNodes = 1 << 23;

export class FieldSets {
  readonly bdd: Bdd;
  readonly layout: Layout;
  readonly interfaces: Names;
  readonly endpoints: Names;
  /** Packets that have ports, an ICMP header of their own family, a TCP header, a tracked connection. */
  readonly ported: Edge;
  readonly icmp: Edge;
  readonly tcp: Edge;
  readonly tracked: Edge;
  readonly #ipv4: Edge;
  /** Rules share their address sets, and questions ask for the same ones again. */
  #addresses: Readonly<Record<Side, WeakMap<AddressSet, Edge>>> = noAddressesYet();

  constructor({ question, mostNodes = defaultMostNodes, interfaces = [], endpoints = [] }: SpaceOptions) {
    this.interfaces = new Names("interface", interfaces);
    this.endpoints = new Names("endpoint", endpoints);
    this.layout = layoutOf(this.interfaces.codes.length, this.endpoints.codes.length);
    this.bdd = new Bdd(this.layout.variables, { mostNodes, question });
    const { bdd } = this;
    this.#ipv4 = bdd.not(bdd.variable(this.layout.placeOf("family").first));
    const headed = bdd.not(this.fragment(["later"]));
    this.ported = bdd.and(headed, this.number("protocol", portedProtocols));
    this.tcp = bdd.and(headed, this.number("protocol", [TCP, TCP]));
    const icmp4 = bdd.and(this.family(4), this.number("protocol", [ICMP, ICMP]));
    const icmp6 = bdd.and(this.family(6), this.number("protocol", [ICMPV6, ICMPV6]));
    this.icmp = bdd.and(headed, bdd.or(icmp4, icmp6));
    this.tracked = bdd.not(this.state(["invalid", "untracked"]));
  }

  /** Frees all but the functions kept and those that every question needs. */
  collect(kept: Iterable<Edge>): void {
    this.#addresses = noAddressesYet();
    this.bdd.collect([this.ported, this.icmp, this.tcp, this.tracked, this.#ipv4, ...kept]);
  }

  place(field: Field): Place {
    return this.layout.placeOf(field);
  }

  variables(fields: Iterable<Field>): Variables {
    return this.bdd.variables([...fields].flatMap((field) => variablesOf(this.place(field))));
  }

  /** The variables of an address of that family. */
  addressPlace(side: Side, family: Family): Place {
    const { first } = this.place(side);
    return { first, bits: family === 4 ? 32 : 128 };
  }

  family(family: Family): Edge {
    return family === 4 ? this.#ipv4 : this.bdd.not(this.#ipv4);
  }

  address(side: Side, set: AddressSet): Edge {
    const known = this.#addresses[side].get(set);
    if (known !== undefined) return known;
    const { bdd } = this;
    const four = numbersEdge(bdd, this.addressPlace(side, 4), set.v4);
    const six = bigEdge(bdd, this.addressPlace(side, 6), set.v6);
    const edge = bdd.edge(this.place("family").first, four, six);
    this.#addresses[side].set(set, edge);
    return edge;
  }

  addressBits(side: Side, family: Family, mask: bigint, value: bigint): Edge {
    if ((value & ~mask) !== 0n) return Bdd.none;
    return this.bdd.and(
      this.family(family),
      bitsEdge(this.bdd, this.addressPlace(side, family), mask, value),
    );
  }

  number(field: NumberField, set: NumberSet): Edge {
    return this.bdd.and(this.bearers(field), numbersEdge(this.bdd, this.place(field), set));
  }

  tcpFlags(mask: number, value: number): Edge {
    if ((value & ~mask) !== 0) return Bdd.none;
    return this.bdd.and(this.tcp, bitsEdge(this.bdd, this.place("tcp-flags"), BigInt(mask), BigInt(value)));
  }

  fragment(states: readonly FragmentState[]): Edge {
    return this.bdd.unionOf(
      states.map((state) => numbersEdge(this.bdd, this.place("fragment"), fragmentCodes[state])),
    );
  }

  state(states: readonly ConnectionState[]): Edge {
    return this.bdd.unionOf(
      states.map((state) => numbersEdge(this.bdd, this.place("state"), stateCodes[state])),
    );
  }

  /** By codes of `interfaces` or `endpoints`. */
  codes(
    field: "in-interface" | "out-interface" | "source-endpoint" | "destination-endpoint",
    codes: readonly number[],
  ): Edge {
    const place = this.place(field);
    const names = field.endsWith("interface") ? this.interfaces : this.endpoints;
    return numbersEdge(this.bdd, place, names.numbers(codes, place.bits));
  }

  /** (mark & mask) in the set; 32 bits. */
  mark(of: "packet" | "connection", mask: number, set: NumberSet): Edge {
    const field = of === "packet" ? "mark" : "connection-mark";
    return this.bdd.and(this.bearers(field), numbersEdge(this.bdd, this.place(field), set, mask >>> 0));
  }

  /** The packets that have the field at all. */
  bearers(field: Field): Edge {
    switch (field) {
      case "source-port":
      case "destination-port":
        return this.ported;
      case "icmp-type":
      case "icmp-code":
        return this.icmp;
      case "tcp-flags":
        return this.tcp;
      case "connection-mark":
        return this.tracked;
      case "family":
      case "source":
      case "destination":
      case "protocol":
      case "fragment":
      case "state":
      case "in-interface":
      case "out-interface":
      case "mark":
      case "source-endpoint":
      case "destination-endpoint":
        return Bdd.all;
    }
  }

  /** The part of an address set in one family, as a function of the side's variables alone. */
  addressValues(side: Side, family: Family, set: AddressSet): Edge {
    const part = ofFamily(set, family);
    return family === 4
      ? numbersEdge(this.bdd, this.addressPlace(side, 4), part.v4)
      : bigEdge(this.bdd, this.addressPlace(side, 6), part.v6);
  }
}

function noAddressesYet(): Record<Side, WeakMap<AddressSet, Edge>> {
  return { source: new WeakMap(), destination: new WeakMap() };
}
