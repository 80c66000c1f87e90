// Where a match holds, among the packets of one family: certainly, and possibly. Says of every packet that a point stands
// for what matches.ts says of it; the tests hold the two together.
import { fromPairs, numberDomain, type NumberSet } from "../../packet/intervals.ts";
import { TCP } from "../../packet/protocol.ts";
import { asksOf } from "../absent.ts";
import type { Match } from "../match.ts";
import { addressExtent, bitsExtent, isAddressField, markExtent, numberExtent } from "./extent-of-test.ts";
import { interfaceExtent, ofConnection, shown, slabOf, stateSet } from "./extent-parts.ts";
import type { Dimensions, Extent, Region } from "./model.ts";
import { everywhere, join, meet, nowhere, without } from "./regions.ts";

const known = (region: Region): Extent => ({ must: region, may: region, exact: true });
const holdsNowhere = known(nowhere);
const holdsEverywhere = known(everywhere);
const unknownEverywhere: Extent = { must: nowhere, may: everywhere, exact: true };
/** Too many products: all that is said is that it may hold. */
const inexact: Extent = { must: nowhere, may: everywhere, exact: false };

/**
 * Where a match holds.
 *
 * @param dimensions made by `dimensionsOf` from this match, among others
 * @example extentOf(rule.match, dimensionsOf(4, [rule.match]))
 */
export function extentOf(match: Match, dimensions: Dimensions): Extent {
  switch (match.kind) {
    case "always":
      return holdsEverywhere;
    case "never":
    // No header names an endpoint.
    case "endpoint":
      return holdsNowhere;
    case "not":
      return inverse(extentOf(match.match, dimensions), absentRegion(match.match, dimensions), dimensions);
    case "all":
      return meetAll(match.of.map((one) => extentOf(one, dimensions)));
    case "any":
      return joinAll(
        match.of.map((one) => extentOf(one, dimensions)),
        dimensions,
      );
    case "family":
      return match.family === dimensions.family ? holdsEverywhere : holdsNowhere;
    case "address":
      return addressExtent(match.field, match.set, dimensions);
    case "address-bits":
      return bitsExtent(match, dimensions) ?? inexact;
    case "number":
      return numberExtent(match.field, match.set, dimensions);
    case "tcp-flags":
      return flagsExtent(match, dimensions);
    case "tcp-option":
      return { must: nowhere, may: slabOf(dimensions, "protocol", [TCP, TCP]), exact: true };
    case "fragment":
      return known(slabOf(dimensions, "fragment", [match.is === "later" ? 2 : 1, 2]));
    case "interface":
      return match.prefix && match.name === "" ? holdsEverywhere : interfaceExtent(match, dimensions);
    case "state":
      return shown(everywhere, dimensions, "state", stateSet(match.states));
    case "status":
    case "direction":
      return ofConnection(dimensions);
    case "mark":
      return markExtent(match, dimensions);
    case "tuple":
      return tupleExtent(match, dimensions);
    case "mac":
    case "link-type":
    case "address-type":
    case "unknown":
      return unknownEverywhere;
  }
}

function flagsExtent({ mask, value }: Extract<Match, { kind: "tcp-flags" }>, dimensions: Dimensions): Extent {
  const meaning = dimensions.list.find(({ field }) => field === "tcp-flags")?.meaning;
  const classes = new Set<number>();
  if (meaning?.kind === "flags")
    for (const [flags, at] of meaning.classOf.entries()) if ((flags & mask) === value) classes.add(at);
  const set = fromPairs(
    numberDomain(255),
    [...classes].map((at) => [at, at] as const),
  );
  const transport = meet(slabOf(dimensions, "protocol", [TCP, TCP]), slabOf(dimensions, "fragment", [0, 1]));
  return shown(transport ?? nowhere, dimensions, "tcp-flags", set);
}

function tupleExtent(match: Extract<Match, { kind: "tuple" }>, dimensions: Dimensions): Extent {
  const elements = match.elements.map((element) =>
    meetAll(
      element.map((part, at) => {
        const field = match.fields[at];
        if (field === undefined) return holdsNowhere;
        if ("addresses" in part)
          return isAddressField(field) ? addressExtent(field, part.addresses, dimensions) : holdsNowhere;
        return isAddressField(field) ? holdsNowhere : numberExtent(field, part.numbers, dimensions);
      }),
    ),
  );
  return joinAll(elements, dimensions);
}

function meetAll(parts: readonly Extent[]): Extent {
  let extent = holdsEverywhere;
  for (const part of parts) {
    const must = meet(extent.must, part.must);
    const may = extent.may === extent.must && part.may === part.must ? must : meet(extent.may, part.may);
    const exact = extent.exact && part.exact;
    // Both bounds stay bounds: nothing of `must`, and all of the tighter half of `may`.
    if (must === undefined || may === undefined)
      extent = {
        must: nowhere,
        may: extent.may.length < part.may.length ? extent.may : part.may,
        exact: false,
      };
    else extent = { must, may, exact };
    if (extent.may.length === 0) return holdsNowhere;
  }
  return extent;
}

function joinAll(parts: readonly Extent[], dimensions: Dimensions): Extent {
  const must = join(
    dimensions,
    parts.map((part) => part.must),
  );
  const sure = parts.every((part) => part.may === part.must);
  const may = sure
    ? must
    : join(
        dimensions,
        parts.map((part) => part.may),
      );
  return { must, may, exact: parts.every((part) => part.exact) };
}

function inverse(extent: Extent, absent: Region, dimensions: Dimensions): Extent {
  const present = without(dimensions, everywhere, absent);
  if (present === undefined) return inexact;
  const must = without(dimensions, present, extent.may);
  const may = extent.may === extent.must ? must : without(dimensions, present, extent.must);
  if (must === undefined || may === undefined)
    return { must: must ?? nowhere, may: may ?? present, exact: false };
  return { must, may, exact: extent.exact };
}

/** Where the packet lacks what a test looks at (`isAbsent`): its negation does not hold there either. */
function absentRegion(match: Match, dimensions: Dimensions): Region {
  if (match.kind === "any") {
    const [first, ...others] = match.of.map((one) => absentRegion(one, dimensions));
    return first === undefined
      ? nowhere
      : others.reduce((left, right) => meet(left, right) ?? nowhere, first);
  }
  if (match.kind === "all")
    return join(
      dimensions,
      match.of.map((one) => absentRegion(one, dimensions)),
    );
  const asks = asksOf(match);
  const parts: Region[] = [];
  if (asks.connection) parts.push(slabOf(dimensions, "state", withoutConnection));
  if (asks.transport) parts.push(slabOf(dimensions, "fragment", [2, 2]));
  return parts.length === 0 ? nowhere : join(dimensions, parts);
}

/** Invalid and untracked packets have no connection. */
const withoutConnection: NumberSet = stateSet(["invalid", "untracked"]);
