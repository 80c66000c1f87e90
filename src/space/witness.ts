// One member of a set that people recognise, always the same one for the same set: a well-known service, addresses of
// hosts and not of networks, whole packets of new connections before odd ones.
import { addressSet, type AddressSet } from "../packet/address-set.ts";
import { makeAddress, type Address, type Family } from "../packet/address.ts";
import { holds, type NumberSet } from "../packet/intervals.ts";
import { ACK, SYN, type Packet } from "../packet/packet.ts";
import { hasPorts, ICMP, ICMPV6, TCP, UDP } from "../packet/protocol.ts";
import { internetAddresses } from "../packet/special.ts";
import type { Edge } from "./bdd.ts";
import type { FieldSets } from "./field-sets.ts";
import { projection } from "./fields-of.ts";
import {
  fragmentCodes,
  stateCodes,
  variablesOf,
  type ConnectionState,
  type Field,
  type Place,
  type Side,
} from "./layout.ts";
import type { Name, Names } from "./names.ts";

/** A packet and what a place would know of it; what is not there, the set does not ask for. */
export interface Witness {
  readonly packet: Packet;
  readonly state?: ConnectionState;
  /** Where the set asks for an interface that it does not name, some name that fits. */
  readonly inInterface?: string;
  readonly outInterface?: string;
  readonly mark?: number;
  readonly connectionMark?: number;
}

/** Destination ports in the order in which people would think of them. */
const knownPorts = [
  443, 80, 22, 53, 5432, 3306, 3389, 25, 8080, 8443, 6379, 123, 389, 445, 21, 23, 6443, 27017,
];

const privateHosts = [
  addressSet("10.0.0.0/8", "fd00::/8"),
  addressSet("172.16.0.0/12"),
  addressSet("192.168.0.0/16"),
];
const documentation: Readonly<Record<Side, AddressSet>> = {
  source: addressSet("203.0.113.0/24", "2001:db8:cafe::/48"),
  destination: addressSet("192.0.2.0/24", "2001:db8::/48"),
};

/** The canonical member; undefined for the empty set. */
export function witness(sets: FieldSets, a: Edge): Witness | undefined {
  if (a === 0) return undefined;
  const { bdd } = sets;
  let left = a;
  const prefer = (...wishes: readonly (() => Edge)[]): boolean =>
    wishes.some((wish) => {
      const some = bdd.and(left, wish());
      if (some === 0) return false;
      left = some;
      return true;
    });
  prefer(
    () => sets.fragment(["whole"]),
    () => sets.fragment(["first"]),
  );
  prefer(() => sets.family(4));
  prefer(
    () => sets.state(["new"]),
    () => sets.state(["established"]),
    () => sets.state(["related"]),
  );
  prefer(
    () => sets.number("protocol", [TCP, TCP]),
    () => sets.number("protocol", [UDP, UDP]),
    () => sets.icmp,
  );
  // Type 8 means nothing in ICMPv6, and 128 nothing in ICMP.
  prefer(
    () => bdd.and(sets.family(4), sets.number("icmp-type", [8, 8])),
    () => bdd.and(sets.family(6), sets.number("icmp-type", [128, 128])),
  );
  prefer(...knownPorts.map((port) => () => sets.number("destination-port", [port, port])), () =>
    sets.number("destination-port", [1, 65535]),
  );
  prefer(
    () => sets.number("source-port", [49152, 65535]),
    () => sets.number("source-port", [1024, 65535]),
  );
  preferFlags(sets, left, prefer);
  preferAddress(sets, "destination", prefer);
  const target = lowestPath(sets, projection(sets, left, "destination"));
  const known = [...target].filter(([variable]) => variable >= sets.place("destination").first);
  const isTarget = (side: Side): Edge =>
    known
      .map(([at, value]) => [at + sets.place(side).first - sets.place("destination").first, value] as const)
      .reduceRight<Edge>(
        (rest, [at, value]) => bdd.edge(at, value === 1 ? 0 : rest, value === 1 ? rest : 0),
        1,
      );
  prefer(() => isTarget("destination"));
  prefer(() => bdd.not(isTarget("source")));
  preferAddress(sets, "source", prefer);
  return read(sets, left);
}

type Prefer = (...wishes: readonly (() => Edge)[]) => boolean;

/** A connection's first packet, or one from its midst. */
function preferFlags(sets: FieldSets, a: Edge, prefer: Prefer): void {
  const opening = () => sets.tcpFlags(0xff, SYN);
  const midst = () => sets.tcpFlags(0xff, ACK);
  if (sets.bdd.and(a, sets.state(["established", "related"])) === a) prefer(midst, opening);
  else prefer(opening, midst);
}

/** Hosts rather than networks, private and documentation blocks rather than somebody's own addresses. */
function preferAddress(sets: FieldSets, side: Side, prefer: Prefer): void {
  const [own, blocks] = [documentation[side], privateHosts];
  const wishes = side === "source" ? [own, ...blocks] : [...blocks, own];
  prefer(
    ...[...wishes, internetAddresses].map(
      (set) => () => sets.bdd.and(sets.address(side, set), hosts(sets, side)),
    ),
    () => hosts(sets, side),
  );
}

/** Addresses that do not look like a network or a broadcast: the last octet is neither 0 nor 255, the last hextet not 0. */
function hosts(sets: FieldSets, side: Side): Edge {
  const { bdd } = sets;
  const bits = (family: Family, mask: bigint, value: bigint) => sets.addressBits(side, family, mask, value);
  const odd = bdd.unionOf([bits(4, 0xffn, 0n), bits(4, 0xffn, 0xffn), bits(6, 0xffffn, 0n)]);
  return bdd.not(odd);
}

/** The lowest member, field by field in the order of the variables; what the set leaves open takes its usual value. */
function read(sets: FieldSets, a: Edge): Witness {
  const path = lowestPath(sets, a);
  const of = (field: Field): number | undefined => valueAt(path, sets.place(field));
  const family: Family = of("family") === 1 ? 6 : 4;
  const end = (side: Side): Address => makeAddress(family, bigAt(path, sets.addressPlace(side, family)));
  const protocol = of("protocol") ?? TCP;
  const fragment = named(fragmentCodes, of("fragment"));
  const headed = fragment !== "later";
  const from = nameOf(sets.endpoints, of("source-endpoint"));
  const to = nameOf(sets.endpoints, of("destination-endpoint"));
  const packet: Packet = {
    family,
    source: end("source"),
    destination: end("destination"),
    protocol,
    ...(headed && hasPorts(protocol)
      ? { sourcePort: of("source-port") ?? 49152, destinationPort: of("destination-port") ?? 443 }
      : {}),
    ...(headed && protocol === (family === 4 ? ICMP : ICMPV6)
      ? { icmpType: of("icmp-type") ?? (family === 4 ? 8 : 128), icmpCode: of("icmp-code") ?? 0 }
      : {}),
    ...(headed && protocol === TCP ? { tcpFlags: of("tcp-flags") ?? SYN } : {}),
    ...(fragment === undefined || fragment === "whole" ? {} : { fragment }),
    ...(from?.kind === "one" ? { from: from.name } : {}),
    ...(to?.kind === "one" ? { to: to.name } : {}),
  };
  const state = named(stateCodes, of("state"));
  const [inInterface, outInterface] = (["in-interface", "out-interface"] as const).map((field) => {
    const code = of(field);
    return code === undefined ? undefined : sets.interfaces.exampleOf(code);
  });
  const [mark, connectionMark] = [of("mark"), of("connection-mark")];
  return {
    packet,
    ...(state === undefined ? {} : { state }),
    ...(inInterface === undefined ? {} : { inInterface }),
    ...(outInterface === undefined ? {} : { outInterface }),
    ...(mark === undefined ? {} : { mark }),
    ...(connectionMark === undefined ? {} : { connectionMark }),
  };
}

/** By variable: what it is in the lowest member; variables that the set leaves open are not there. */
function lowestPath({ bdd }: FieldSets, a: Edge): ReadonlyMap<number, 0 | 1> {
  const path = new Map<number, 0 | 1>();
  let left = a;
  while (left > 1) {
    const isOne = bdd.low(left) === 0;
    path.set(bdd.level(left), isOne ? 1 : 0);
    left = isOne ? bdd.high(left) : bdd.low(left);
  }
  return path;
}

function bigAt(path: ReadonlyMap<number, 0 | 1>, { first, bits }: Place): bigint {
  let value = 0n;
  for (let variable = first; variable < first + bits; variable += 1)
    value = value * 2n + BigInt(path.get(variable) ?? 0);
  return value;
}

function valueAt(path: ReadonlyMap<number, 0 | 1>, place: Place): number | undefined {
  const asked = variablesOf(place).some((variable) => path.has(variable));
  return asked ? Number(bigAt(path, place)) : undefined;
}

function named<T extends string>(
  codes: Readonly<Record<T, NumberSet>>,
  code: number | undefined,
): T | undefined {
  for (const name in codes) if (code !== undefined && holds(codes[name], code)) return name;
  return undefined;
}

function nameOf(names: Names, code: number | undefined): Name | undefined {
  return code === undefined ? undefined : names.codes[Math.min(code, names.codes.length - 1)];
}
