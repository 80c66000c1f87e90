// What gets from somewhere to an interface and back, as packets with open fields, with the rules that let it through. The
// one place where checks learn what is reachable; it says nothing of whether that is right.
import { interfaceName } from "../../estate/estate-index.ts";
import type { Interface } from "../../estate/model.ts";
import { holds, intersection, pairsOf, type NumberSet } from "../../packet/intervals.ts";
import { isAddress, type AddressSet } from "../../packet/address-set.ts";
import type { AddressValue, NumberValue, Packet } from "../../packet/packet.ts";
import { anyPort } from "../../packet/protocol.ts";
import { isInternet } from "../../packet/special.ts";
import type { Step } from "../../rules/step.ts";
import type { TraceCase } from "../trace/model.ts";
import type { Context } from "./context.ts";

/** Packets that fare alike and get there and back. */
export interface Opening {
  readonly packet: Packet;
  /** False where it hangs on what no header shows, or on what was not read. */
  readonly certain: boolean;
  /** The steps there, outermost first. */
  readonly steps: readonly Step[];
}

/** The parts of a question that are allowed, or perhaps: certain ones first. @param from as `findEndpoint` has it: `internet` */
export function openingsTo(
  context: Context,
  from: string,
  to: Interface,
  service: { readonly protocol: number; readonly ports: NumberSet; readonly family: 4 | 6 },
): readonly Opening[] {
  const { protocol, family, ports } = service;
  const own = to.addresses.filter(({ address }) => address.family === family);
  // To an address that is private the internet has no way, whatever the rings say.
  const known = from === "internet" ? own.filter((item) => isInternet(item.public ?? item.address)) : own;
  if (known.length === 0) return [];
  // Every port is asked about once, and what a check wants to know of it is taken from that.
  return answered(context, to, protocol)
    .flatMap((port) => openingsOf(context.ask({ from, to: to.id, protocol, port, family })?.cases ?? []))
    .flatMap((opening) => narrowed(opening, ports));
}

function narrowed(opening: Opening, ports: NumberSet): readonly Opening[] {
  const own = opening.packet.destinationPort;
  if (own === undefined) return [opening];
  if (typeof own === "number") return holds(ports, own) ? [opening] : [];
  const shared = intersection(own, ports);
  if (shared.length === 0) return [];
  return [{ ...opening, packet: { ...opening.packet, destinationPort: shared } }];
}

/** The ports that something behind the interface answers on, as far as that is known: one by one then, else as a set. */
function answered(context: Context, place: Interface, protocol: number): readonly (number | NumberSet)[] {
  const balancer = context.index.loadBalancerOf(place);
  const listens = context.index.hostOf(place)?.listens;
  const known =
    balancer?.listeners.filter((item) => item.protocol === protocol).flatMap((item) => pairsOf(item.ports)) ??
    listens
      ?.filter((item) => item.protocol === protocol && !item.local)
      .map((item): [number, number] => [item.port, item.port]);
  if (known === undefined) return [anyPort];
  return known.map(([first, last]): number | NumberSet => (first === last ? first : [first, last]));
}

/** What gets from an interface to somewhere else, and back. */
export function openingsFrom(
  context: Context,
  from: Interface,
  to: string,
  service: { readonly protocol: number; readonly ports: NumberSet; readonly family: 4 | 6 },
): readonly Opening[] {
  if (!from.addresses.some((item) => item.address.family === service.family)) return [];
  const asked = context.ask({
    from: from.id,
    to,
    protocol: service.protocol,
    port: service.ports,
    family: service.family,
  });
  return openingsOf(asked?.cases ?? []);
}

function openingsOf(cases: readonly TraceCase[]): readonly Opening[] {
  const openings = cases
    .filter((item) => item.answer !== "denied")
    .map((item) => ({
      packet: item.packet,
      certain: item.answer === "allowed",
      steps: item.forward.steps,
    }));
  return openings.toSorted((a, b) => Number(b.certain) - Number(a.certain));
}

/** More addresses than this are a world: a /8 of IPv4, a /20 of IPv6 (what a whole provider is given). */
const world4 = 1 << 24;
const world6 = 1n << 108n;

/** Whether a set of addresses is so wide that nobody can know who is in it. */
export function isWorldwide(value: AddressValue): boolean {
  if (isAddress(value)) return false;
  return isWorldwide4(value) || isWorldwide6(value);
}

export function isWorldwide4(set: AddressSet): boolean {
  return pairsOf(set.v4).reduce((sum, [first, last]) => sum + last - first + 1, 0) > world4;
}

export function isWorldwide6(set: AddressSet): boolean {
  return pairsOf(set.v6).reduce((sum, [first, last]) => sum + last - first + 1n, 0n) > world6;
}

export function countNumbers(value: NumberValue | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === "number") return 1;
  return pairsOf(value).reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** A machine with one interface by its own name, else with the interface's. */
export function machineName(context: Context, place: Interface): string {
  const host = context.index.hostOf(place);
  return host?.interfaces.length === 1 ? host.name : interfaceName(context.index, place);
}

/** `web-1`, `web-1 and web-2`, `web-1 and 3 more`. */
export function namesOf(context: Context, places: readonly Interface[]): string {
  const names = [...new Set(places.map((place) => machineName(context, place)))];
  const [first = "", second] = names;
  if (second === undefined) return first;
  return names.length === 2 ? `${first} and ${second}` : `${first} and ${names.length - 1} more`;
}
