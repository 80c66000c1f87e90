// Matches as boxes: products of closed intervals over the fields that some rule cuts. The shapes that the classifier and
// the analysis of shadowed rules share; data only. How a match becomes boxes stands in boxes.ts.
import type { Family } from "../../packet/address.ts";
import type { NumberSet } from "../../packet/intervals.ts";

/** What a packet can be told apart by. Everything else that a match asks is unknown here. */
export type BoxField =
  | "source"
  | "destination"
  | "protocol"
  | "source-port"
  | "destination-port"
  | "icmp-type"
  | "icmp-code"
  | "tcp-flags"
  | "fragment"
  | "state"
  | "in-interface"
  | "out-interface"
  | "packet-mark"
  | "connection-mark";

/**
 * What the coordinates 0 … `last` of a dimension stand for.
 * - `number`: themselves (addresses of IPv4, ports, protocols, types, codes). Fragments: 0 whole, 1 first, 2 later.
 *   States: 0 new, 1 established, 2 related, 3 invalid, 4 untracked.
 * - `spans6`, `spans`: coordinate i is the values from `starts[i]` to below `starts[i + 1]`, all treated alike by the
 *   matches. For marks it is the mark with `mask` laid over it.
 * - `flags`: `classOf[flags]` is the coordinate of the eight bits; flags of one class are treated alike.
 * - `names`: interfaces, see interfaces.ts.
 */
export type Meaning =
  | { readonly kind: "number" }
  | { readonly kind: "spans6"; readonly starts: readonly bigint[] }
  | { readonly kind: "spans"; readonly starts: readonly number[]; readonly mask: number }
  | { readonly kind: "flags"; readonly classOf: Uint8Array }
  | { readonly kind: "names"; readonly names: InterfaceClasses };

/**
 * Classes of interface names, in one order in which every prefix is an interval: `exact` names and, for each tested
 * prefix, the names that begin with it and with no longer tested one.
 */
export interface InterfaceClasses {
  readonly classes: readonly { readonly name: string; readonly prefix: boolean }[];
}

export interface Dimension {
  readonly field: BoxField;
  readonly meaning: Meaning;
  /** The highest coordinate, at most 2^32 − 1; the lowest is 0. */
  readonly last: number;
  /** The coordinates (the highest ones) of packets that do not show the field, where these are counted. */
  readonly unknowns: number;
}

/** The packets of one family, as points. A field that no rule cuts has no dimension. */
export interface Dimensions {
  readonly family: Family;
  readonly list: readonly Dimension[];
}

/** A box in its sparse form: a set of coordinates for each dimension, undefined for all of them. Never an empty set. */
export type Product = readonly (NumberSet | undefined)[];
/** The union of products, which may overlap. */
export type Region = readonly Product[];

/** Where a match certainly holds, and where it may: between them its truth is unknown. `must` lies inside `may`. */
export interface Extent {
  readonly must: Region;
  readonly may: Region;
  /** False where the regions are only bounds: the match is too intricate, and has to be asked between them. */
  readonly exact: boolean;
}

/** Boxes of many rules, packed. */
export interface BoxList {
  readonly dimensions: readonly Dimension[];
  readonly count: number;
  /** `count` × `dimensions.length` coordinates: closed intervals, box by box. */
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  /** Which rule each box belongs to, ascending. */
  readonly rule: Uint32Array;
}
