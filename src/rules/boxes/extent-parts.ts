// What the tests of single fields are put together from: a set in one dimension, and what packets that do not show a
// field answer to a test of it.
import { fromPairs, numberDomain, type NumberSet } from "../../packet/intervals.ts";
import type { ConnectionState, Match } from "../match.ts";
import { interfaceSet } from "./interfaces.ts";
import type { BoxField, Dimension, Dimensions, Extent, Region } from "./model.ts";
import { everywhere, join, meet, nowhere, slab } from "./regions.ts";

/** In the order of their coordinates. */
export const states: readonly ConnectionState[] = ["new", "established", "related", "invalid", "untracked"];

/** The coordinates of some states. */
export function stateSet(some: readonly ConnectionState[]): NumberSet {
  const at = some.map((state) => states.indexOf(state));
  return fromPairs(
    numberDomain(4),
    at.map((one) => [one, one] as const),
  );
}

/** The place of a field's dimension; a field that is missing was not among the matches that the dimensions were made from. */
export function placeOf({ list }: Dimensions, field: BoxField, mask?: number): number {
  const at = list.findIndex(
    (one) => one.field === field && (one.meaning.kind !== "spans" || one.meaning.mask === mask),
  );
  if (at < 0) throw new Error(`a match tests ${field}, and its dimensions were made without it`);
  return at;
}

/** A set of coordinates of one field. Every value that a field can have, known or not, is no constraint. */
export function slabOf(dimensions: Dimensions, field: BoxField, set: NumberSet): Region {
  return set.length === 0 ? nowhere : slab(dimensions, placeOf(dimensions, field), set);
}

/** The coordinates of packets that do not show the field. */
export function unknownsOf({ last, unknowns }: Dimension): NumberSet {
  return unknowns === 0 ? [] : [last - unknowns + 1, last];
}

/** A test of a field that packets may not show: true in the set, unknown where it is not shown; and only within `base`. */
export function shown(
  base: Region,
  dimensions: Dimensions,
  field: BoxField,
  set: NumberSet,
  mask?: number,
): Extent {
  const at = placeOf(dimensions, field, mask);
  const dimension = dimensions.list[at];
  const hidden = dimension === undefined ? [] : unknownsOf(dimension);
  const must = meet(base, slab(dimensions, at, set)) ?? nowhere;
  if (hidden.length === 0) return { must, may: must, exact: true };
  const both = join(dimensions, [slab(dimensions, at, set), slab(dimensions, at, hidden)]);
  return { must, may: meet(base, both) ?? nowhere, exact: true };
}

/** A test of a connection that no header shows: unknown, but false for packets that have none. */
export function ofConnection(dimensions: Dimensions): Extent {
  return { must: nowhere, may: trackedRegion(dimensions), exact: true };
}

/** Packets that have a connection, or may have one. */
export function trackedRegion(dimensions: Dimensions): Region {
  const last = dimensions.list[placeOf(dimensions, "state")]?.last ?? 4;
  const tracked: NumberSet = last === 5 ? [0, 2, 5, 5] : [0, 2];
  return slabOf(dimensions, "state", tracked);
}

/** The last coordinate of incoming interfaces is that of a packet that came from another machine, so not by loopback. */
export function interfaceExtent(test: Extract<Match, { kind: "interface" }>, dimensions: Dimensions): Extent {
  const field = test.direction === "in" ? "in-interface" : "out-interface";
  const at = placeOf(dimensions, field);
  const dimension = dimensions.list[at];
  if (dimension?.meaning.kind !== "names") return { must: nowhere, may: everywhere, exact: false };
  const set = interfaceSet(dimension.meaning.names, test);
  const extent = shown(everywhere, dimensions, field, set);
  if (test.name !== "lo" || test.direction === "out" || dimension.unknowns === 0) return extent;
  const nameless: NumberSet = [dimension.last - 1, dimension.last - 1];
  const may = join(dimensions, [slab(dimensions, at, set), slab(dimensions, at, nameless)]);
  return { must: extent.must, may, exact: true };
}
