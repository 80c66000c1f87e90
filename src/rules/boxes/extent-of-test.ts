// Where tests of addresses, numbers and marks hold: the fields whose values are intervals.
import type { AddressSet } from "../../packet/address-set.ts";
import { addressBits } from "../../packet/address.ts";
import { fromPairs, intersection, numberDomain, pairsOf, type NumberSet } from "../../packet/intervals.ts";
import { ICMP, ICMPV6 } from "../../packet/protocol.ts";
import type { AddressField, Match, NumberField } from "../match.ts";
import { portedProtocols } from "../matches.ts";
import { ofConnection, placeOf, shown, slabOf, trackedRegion } from "./extent-parts.ts";
import type { Dimensions, Extent, Region } from "./model.ts";
import { everywhere, meet, nowhere } from "./regions.ts";
import { spanOf, spanOf6 } from "./spans.ts";

const known = (region: Region): Extent => ({ must: region, may: region, exact: true });

export function isAddressField(field: AddressField | NumberField): field is AddressField {
  return field.endsWith("source") || field.endsWith("destination");
}

export function addressExtent(field: AddressField, set: AddressSet, dimensions: Dimensions): Extent {
  if (field !== "source" && field !== "destination") return ofConnection(dimensions);
  if (dimensions.family === 4) return known(slabOf(dimensions, field, set.v4));
  if (set.v6.length === 0) return known(nowhere);
  const meaning = dimensions.list[placeOf(dimensions, field)]?.meaning;
  if (meaning?.kind !== "spans6") return known(nowhere);
  const { starts } = meaning;
  const pairs = pairsOf(set.v6).map(
    ([first, last]) => [spanOf6(starts, first), spanOf6(starts, last)] as const,
  );
  return known(slabOf(dimensions, field, fromPairs(numberDomain(0xffffffff), pairs)));
}

/** A mask with more holes than this, above its lowest bit, is not written out as intervals. */
const mostHoles = 12;

/** Undefined where the mask has too many holes. */
export function bitsExtent(
  test: Extract<Match, { kind: "address-bits" }>,
  dimensions: Dimensions,
): Extent | undefined {
  if (test.family !== dimensions.family) return known(nowhere);
  const set = addressesOfBits(test);
  return set === undefined ? undefined : addressExtent(test.field, set, dimensions);
}

/** The addresses whose bits under the mask are the value; undefined where they are too many intervals. */
export function addressesOfBits({
  family,
  mask,
  value,
}: Extract<Match, { kind: "address-bits" }>): AddressSet | undefined {
  const width = addressBits(family);
  if ((value & ~mask) !== 0n) return { v4: [], v6: [] };
  if (mask === 0n)
    return family === 4 ? { v4: [0, 0xffffffff], v6: [] } : { v4: [], v6: [0n, (1n << 128n) - 1n] };
  let low = 0;
  while (((mask >> BigInt(low)) & 1n) === 0n) low += 1;
  const holes: bigint[] = [];
  for (let bit = low; bit < width; bit += 1)
    if (((mask >> BigInt(bit)) & 1n) === 0n) holes.push(1n << BigInt(bit));
  if (holes.length > mostHoles) return undefined;
  let firsts = [value];
  for (const hole of holes) firsts = [...firsts, ...firsts.map((first) => first | hole)];
  const span = (1n << BigInt(low)) - 1n;
  const pairs = firsts.sort((a, b) => (a < b ? -1 : 1)).map((first) => [first, first + span] as const);
  return family === 4
    ? { v4: pairs.flatMap(([first, last]) => [Number(first), Number(last)]), v6: [] }
    : { v4: [], v6: pairs.flat() };
}

export function numberExtent(field: NumberField, set: NumberSet, dimensions: Dimensions): Extent {
  switch (field) {
    case "protocol":
      return known(slabOf(dimensions, field, intersection(set, [0, 255])));
    case "source-port":
    case "destination-port": {
      const ported = slabOf(dimensions, "protocol", portedProtocols);
      const carried = meet(ported, slabOf(dimensions, "fragment", [0, 1])) ?? nowhere;
      const ports = slabOf(dimensions, field, intersection(set, [0, 65535]));
      return known(meet(carried, ports) ?? nowhere);
    }
    case "icmp-type":
    case "icmp-code": {
      const number = dimensions.family === 4 ? ICMP : ICMPV6;
      const icmp = slabOf(dimensions, "protocol", [number, number]);
      const carried = meet(icmp, slabOf(dimensions, "fragment", [0, 1])) ?? nowhere;
      return shown(carried, dimensions, field, intersection(set, [0, 255]));
    }
    case "length":
    case "ttl":
    case "dscp":
      return { must: nowhere, may: everywhere, exact: true };
    case "original-protocol":
    case "original-source-port":
    case "original-destination-port":
      return ofConnection(dimensions);
  }
}

export function markExtent(test: Extract<Match, { kind: "mark" }>, dimensions: Dimensions): Extent {
  const field = test.of === "packet" ? "packet-mark" : "connection-mark";
  const mask = test.mask >>> 0;
  const meaning = dimensions.list[placeOf(dimensions, field, mask)]?.meaning;
  const base = test.of === "packet" ? everywhere : trackedRegion(dimensions);
  if (meaning?.kind !== "spans") return known(nowhere);
  const { starts } = meaning;
  const pairs = pairsOf(intersection(test.set, [0, 0xffffffff])).map(
    ([first, last]) => [spanOf(starts, first), spanOf(starts, last)] as const,
  );
  return shown(base, dimensions, field, fromPairs(numberDomain(0xffffffff), pairs), mask);
}
