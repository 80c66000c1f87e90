// Sets of IP addresses of both families: what a rule's source or destination is, and what a question may leave open.
import {
  addressBits,
  formatAddress,
  makeAddress,
  prefixEnds,
  requirePrefix,
  type Address,
  type Family,
  type Prefix,
} from "./address.ts";
import * as intervals from "./intervals.ts";
import type { Domain, Intervals } from "./intervals.ts";

export interface AddressSet {
  readonly v4: Intervals<number>;
  readonly v6: Intervals<bigint>;
  /** What people call it: `internet`. A part of the set has no name. */
  readonly name?: string;
}

const domain4: Domain<number> = intervals.numberDomain(0xffffffff);
const domain6: Domain<bigint> = {
  first: 0n,
  last: (1n << 128n) - 1n,
  next: (value) => value + 1n,
  previous: (value) => value - 1n,
};

export const noAddresses: AddressSet = { v4: [], v6: [] };
export const allIpv4: AddressSet = { v4: [0, 0xffffffff], v6: [] };
export const allIpv6: AddressSet = { v4: [], v6: [0n, (1n << 128n) - 1n] };
export const allAddresses: AddressSet = { v4: allIpv4.v4, v6: allIpv6.v6 };

export function isAddress(value: Address | AddressSet): value is Address {
  return "family" in value;
}

/** A range from first to last, both inside; both of one family, or nothing. */
export function addressRange(first: Address, last: Address): AddressSet {
  if (first.family === 4 && last.family === 4) {
    return first.value > last.value ? noAddresses : { v4: [first.value, last.value], v6: [] };
  }
  if (first.family === 6 && last.family === 6) {
    return first.value > last.value ? noAddresses : { v4: [], v6: [first.value, last.value] };
  }
  return noAddresses;
}

export function singleAddress(address: Address): AddressSet {
  return addressRange(address, address);
}

export function prefixSet(prefix: Prefix): AddressSet {
  const { first, last } = prefixEnds(prefix);
  return addressRange(first, last);
}

/** The set of some prefixes in text; what can't be parsed is a `Problem`. @example addressSet("10.0.0.0/8", "2001:db8::/32") */
export function addressSet(...prefixes: string[]): AddressSet {
  return unionOfAddresses(prefixes.map((text) => prefixSet(requirePrefix(text))));
}

export function unionOfAddresses(sets: Iterable<AddressSet>): AddressSet {
  const v4: [number, number][] = [];
  const v6: [bigint, bigint][] = [];
  for (const set of sets) {
    v4.push(...intervals.pairsOf(set.v4));
    v6.push(...intervals.pairsOf(set.v6));
  }
  return { v4: intervals.fromPairs(domain4, v4), v6: intervals.fromPairs(domain6, v6) };
}

export function intersectAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return { v4: intervals.intersection(a.v4, b.v4), v6: intervals.intersection(a.v6, b.v6) };
}

export function complementAddresses(set: AddressSet): AddressSet {
  return { v4: intervals.complement(domain4, set.v4), v6: intervals.complement(domain6, set.v6) };
}

export function subtractAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return intersectAddresses(a, complementAddresses(b));
}

export function hasAddress(set: AddressSet, address: Address): boolean {
  return address.family === 4
    ? intervals.holds(set.v4, address.value)
    : intervals.holds(set.v6, address.value);
}

export function isEmptyAddresses(set: AddressSet): boolean {
  return set.v4.length === 0 && set.v6.length === 0;
}

export function isAddressSubset(a: AddressSet, b: AddressSet): boolean {
  return intervals.isSubset(a.v4, b.v4) && intervals.isSubset(a.v6, b.v6);
}

/** The part of a set in one family. */
export function ofFamily(set: AddressSet, family: Family): AddressSet {
  const name = set.name === undefined ? {} : { name: set.name };
  return family === 4 ? { v4: set.v4, v6: [], ...name } : { v4: [], v6: set.v6, ...name };
}

export function familiesOf(set: AddressSet): Family[] {
  return [...(set.v4.length > 0 ? ([4] as const) : []), ...(set.v6.length > 0 ? ([6] as const) : [])];
}

/** The lowest address of a set, IPv4 first. */
export function lowestAddress(set: AddressSet): Address | undefined {
  const four = set.v4[0];
  if (four !== undefined) return { family: 4, value: four };
  const six = set.v6[0];
  return six === undefined ? undefined : { family: 6, value: six };
}

/** The fewest prefixes that make up the set, ascending, IPv4 first. */
export function prefixesOf(set: AddressSet): Prefix[] {
  const prefixes: Prefix[] = [];
  for (const [first, last] of intervals.pairsOf(set.v4)) split(4, BigInt(first), BigInt(last), prefixes);
  for (const [first, last] of intervals.pairsOf(set.v6)) split(6, first, last, prefixes);
  return prefixes;
}

function split(family: Family, first: bigint, last: bigint, into: Prefix[]): void {
  const bits = addressBits(family);
  let from = first;
  while (from <= last) {
    let free = 0;
    while (free < bits) {
      const size = 1n << BigInt(free + 1);
      if (from % size !== 0n || from + size - 1n > last) break;
      free += 1;
    }
    into.push({ ...makeAddress(family, from), length: bits - free });
    from += 1n << BigInt(free);
  }
}

/** A set for people: prefixes where they are few, ranges otherwise, "any" for everything. */
export function formatAddressSet(set: AddressSet, most = 6): string {
  if (isAddressSubset(allAddresses, set)) return "any";
  // Every range is one prefix at least: of many ranges the prefixes need not be made.
  const ranges = (set.v4.length + set.v6.length) / 2;
  const prefixes = ranges > most ? undefined : prefixesOf(set);
  if (prefixes?.length === 0) return "nothing";
  if (prefixes !== undefined && prefixes.length <= most)
    return prefixes
      .map((p) => (p.length === addressBits(p.family) ? formatAddress(p) : `${formatAddress(p)}/${p.length}`))
      .join(", ");
  const shown = [
    ...intervals
      .pairsOf(set.v4.slice(0, most * 2))
      .map(([a, b]) => rangeText({ family: 4, value: a }, { family: 4, value: b })),
    ...intervals
      .pairsOf(set.v6.slice(0, most * 2))
      .map(([a, b]) => rangeText({ family: 6, value: a }, { family: 6, value: b })),
  ]
    .slice(0, most)
    .join(", ");
  return ranges > most ? `${shown} and ${ranges - most} more` : shown;
}

function rangeText(first: Address, last: Address): string {
  return first.value === last.value ? formatAddress(first) : `${formatAddress(first)}–${formatAddress(last)}`;
}
