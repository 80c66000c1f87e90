// Turns the two ends of a question into a packet: which of an end's addresses is used, and from which ports.
import type { Endpoint } from "../../estate/find.ts";
import type { EstateIndex } from "../../estate/estate-index.ts";
import { longestPrefix } from "../../estate/routes.ts";
import { outsideCluster } from "../../layers/network-policy/model.ts";
import type { Interface, InterfaceAddress } from "../../estate/model.ts";
import type { Start } from "../../estate/walk/walk.ts";
import type { Address, Family } from "../../packet/address.ts";
import { familiesOf, isAddress, ofFamily } from "../../packet/address-set.ts";
import { ACK, SYN, type AddressValue, type Packet } from "../../packet/packet.ts";
import { ephemeralPorts, hasPorts, ICMP, ICMPV6, TCP } from "../../packet/protocol.ts";
import { isInternet } from "../../packet/special.ts";
import { Problem } from "../../problem.ts";
import type { Step } from "../../rules/step.ts";
import type { TraceQuestion } from "./model.ts";

export interface Ends {
  readonly packet: Packet;
  readonly start: Start;
  /** The interface that is to be reached, if it is one of the estate's. */
  readonly goal?: Interface;
  /** What happened to the packet before its first ring: a service's port exchanged for a pod's. */
  readonly preface?: Step;
}

/** The families that both ends can speak, IPv4 first. */
export function sharedFamilies(from: Endpoint, to: Endpoint): Family[] {
  const other = families(to);
  return families(from).filter((family) => other.includes(family));
}

function families(end: Endpoint): Family[] {
  if (end.kind === "outside")
    return isAddress(end.addresses) ? [end.addresses.family] : familiesOf(end.addresses);
  if (end.address !== undefined) return [end.address.family];
  const own = new Set(end.interfaces.flatMap((place) => place.addresses.map((item) => item.address.family)));
  return ([4, 6] as const).filter((family) => own.has(family));
}

/** Puts the packet of a question together for one choice of interfaces. */
export function buildEnds(
  index: EstateIndex,
  question: TraceQuestion,
  from: { readonly end: Endpoint; readonly place?: Interface },
  to: { readonly end: Endpoint; readonly place?: Interface },
  family: Family,
): Ends {
  const source = addressOfEnd(from.end, from.place, family);
  const destination =
    to.place === undefined
      ? addressOfEnd(to.end, undefined, family)
      : destinationOf(index, from.place, to, to.place, family);
  const [fromId, toId] = [
    identity(from.place, to.place, source),
    identity(to.place, from.place, destination),
  ];
  const packet: Packet = {
    family,
    source,
    destination,
    protocol: question.protocol === ICMP && family === 6 ? ICMPV6 : question.protocol,
    ...ports(index, question, from.place),
    ...icmp(question, family),
    ...(question.protocol === TCP ? { tcpFlags: question.state === "established" ? ACK : SYN } : {}),
    ...question.headers,
    ...(fromId === undefined ? {} : { from: fromId }),
    ...(toId === undefined ? {} : { to: toId }),
  };
  return {
    packet,
    start: from.place === undefined ? { kind: "outside" } : { kind: "interface", interface: from.place },
    ...(to.place === undefined ? {} : { goal: to.place }),
  };
}

/** What policies select an end by: a pod's id; and of the world that no node stands in, that it is outside. */
export function identity(
  place: Interface | undefined,
  other: Interface | undefined,
  address: AddressValue,
): string | undefined {
  if (place !== undefined) return place.kind === "pod" ? place.id : undefined;
  return other?.kind === "pod" && isInternet(address) ? outsideCluster : undefined;
}

function addressOfEnd(end: Endpoint, place: Interface | undefined, family: Family): AddressValue {
  if (end.kind === "outside")
    return isAddress(end.addresses) ? end.addresses : ofFamily(end.addresses, family);
  if (
    end.address?.family === family &&
    place?.addresses.some((item) => same(item.address, end.address)) === true
  )
    return end.address;
  const own = place?.addresses.find((item) => item.address.family === family);
  if (own === undefined) throw new Problem("unanswerable", `${end.name} has no IPv${family} address`);
  return spoken(own, end.name);
}

/** An address that a reader made up goes by its place's name. */
function spoken(own: InterfaceAddress, name: string): Address {
  return own.synthetic === true ? { ...own.address, name } : own.address;
}

function same(a: Address, b: Address | undefined): boolean {
  return b !== undefined && a.family === b.family && a.value === b.value;
}

/** The private address where a private way leads there, else the public one: what a name would resolve to. */
function destinationOf(
  index: EstateIndex,
  from: Interface | undefined,
  to: { readonly end: Endpoint },
  place: Interface,
  family: Family,
): AddressValue {
  const own = place.addresses.find((item) => item.address.family === family);
  if (to.end.kind === "inside" && to.end.address !== undefined) return to.end.address;
  if (own === undefined) throw new Problem("unanswerable", `${to.end.name} has no IPv${family} address`);
  const shown = own.public ?? spoken(own, index.hostOf(place)?.name ?? place.name);
  if (from === undefined) return shown;
  return hasPrivateWay(index, from, place, own.address)
    ? spoken(own, index.hostOf(place)?.name ?? place.name)
    : shown;
}

function hasPrivateWay(index: EstateIndex, from: Interface, to: Interface, address: Address): boolean {
  const [near, far] = [index.subnetOf(from), index.subnetOf(to)];
  if (near === undefined || far === undefined || near.network === far.network) return true;
  const routes = index.routeTableOf(near)?.routes ?? [];
  const candidates = routes.flatMap((route) =>
    route.prefixes
      .filter((prefix) => prefix.family === address.family && prefix.length > 0)
      .map((prefix) => ({ route, prefix, propagated: route.propagated })),
  );
  return longestPrefix(candidates, address).kind === "route";
}

function ports(index: EstateIndex, question: TraceQuestion, from: Interface | undefined): Partial<Packet> {
  if (!hasPorts(question.protocol)) return {};
  if (question.port === undefined) {
    throw new Problem("usage", "which port? A question about TCP, UDP or SCTP needs one", {
      remedy: "add --port 443 (or a service name)",
    });
  }
  return { sourcePort: question.sourcePort ?? clientPorts(index, from), destinationPort: question.port };
}

/** The ports that the client's system picks its own end from; any of them, since nobody chooses. */
export function clientPorts(index: EstateIndex, from: Interface | undefined): readonly number[] {
  if (from === undefined) return ephemeralPorts.any;
  if (from.kind === "load-balancer" || from.kind === "nat-gateway") return ephemeralPorts.aws;
  return ephemeralPorts[index.hostOf(from)?.system ?? "linux"];
}

function icmp(question: TraceQuestion, family: Family): Partial<Packet> {
  if (question.protocol !== ICMP && question.protocol !== ICMPV6) return {};
  const echo = family === 4 ? 8 : 128;
  return { icmpType: question.icmpType ?? echo, icmpCode: question.icmpCode ?? 0, icmpId: 1 };
}
