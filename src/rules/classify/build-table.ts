// Builds the table: puts every product into the group where it takes least room, paints lists onto intervals, pairs and
// the coarse grid, and parts long lists by service class.
import { pairsOf, type NumberSet } from "../../packet/intervals.ts";
import type { Dimension, Product } from "../boxes/model.ts";
import { addressClasses, classOfAddress, type AddressClasses } from "./address-classes.ts";
import { buildComb } from "./comb.ts";
import { buildDirect } from "./direct.ts";
import { Lists } from "./lists.ts";
import { servicesOf, Specs } from "./services.ts";
import { infoWords, none, restWords, type Table } from "./table.ts";

/** A product and the item that it belongs to; several may belong to one. */
export interface Entry {
  readonly item: number;
  readonly product: Product;
}

/** Covering no more pairs of intervals than this, a product is hashed by each. */
const mostPairs = 64;
/** Covering no more intervals of one end than this, a product stands in the list of each. */
const mostIntervals = 256;
/** More cells than this in the coarse grid, or work to paint them, and its products are scanned instead. */
const mostCells = 1 << 22;
const mostPainted = 100_000_000;

/** A product over intervals of both ends. */
interface Rectangle {
  readonly item: number;
  readonly spec: number;
  readonly source: readonly [number, number];
  readonly destination: readonly [number, number];
}

/**
 * @param entries ascending by item
 * @returns undefined where the service classes would be too many
 */
export function buildTable(dimensions: readonly Dimension[], entries: readonly Entry[]): Table | undefined {
  const sourceAt = dimensions.findIndex(({ field }) => field === "source");
  const destinationAt = dimensions.findIndex(({ field }) => field === "destination");
  const places = dimensions.flatMap((_, at) => (at === sourceAt || at === destinationAt ? [] : [at]));
  const specs = new Specs(places);
  const numbers = entries.map(({ product }) => specs.numberOf(product));
  const services = servicesOf(dimensions, places, specs.products);
  if (services === undefined) return undefined;
  const sources = intervalsOf(sourceAt, entries);
  const destinations = intervalsOf(destinationAt, entries);
  const rectangles: Rectangle[] = [];
  for (const [at, { item, product }] of entries.entries())
    for (const source of spansOf(sources, product[sourceAt]))
      for (const destination of spansOf(destinations, product[destinationAt]))
        rectangles.push({ item, spec: numbers[at] ?? 0, source, destination });

  const lists = new Lists();
  const pairs = new Map<number, number>();
  const sourceInfo = new Uint32Array(sources.starts.length * infoWords);
  const destinationInfo = new Uint32Array(destinations.starts.length * infoWords);
  const broadOnes: Rectangle[] = [];
  const columns = destinations.starts.length;
  for (const rectangle of rectangles.toReversed()) {
    const { item, spec, source, destination } = rectangle;
    const [sourceCount, destinationCount] = [source[1] - source[0] + 1, destination[1] - destination[0] + 1];
    if (sourceCount * destinationCount <= mostPairs) {
      lists.begin(item, spec, 0, none);
      for (let from = source[0]; from <= source[1]; from += 1)
        for (let to = destination[0]; to <= destination[1]; to += 1) {
          const key = from * columns + to;
          pairs.set(key, lists.before(pairs.get(key) ?? 0));
        }
    } else if (destinationCount <= mostIntervals && destinationCount <= sourceCount) {
      lists.begin(item, spec, source[0], source[1]);
      for (let to = destination[0]; to <= destination[1]; to += 1)
        destinationInfo[to * infoWords] = lists.before(destinationInfo[to * infoWords] ?? 0);
    } else if (sourceCount <= mostIntervals) {
      lists.begin(item, spec, destination[0], destination[1]);
      for (let from = source[0]; from <= source[1]; from += 1)
        sourceInfo[from * infoWords] = lists.before(sourceInfo[from * infoWords] ?? 0);
    } else broadOnes.push(rectangle);
  }
  const { broad, rest } = paintBroad(broadOnes, lists, sourceInfo, destinationInfo);
  const cells = [...pairs].map(([key, content]) => {
    const column = key % columns;
    return { row: (key - column) / columns, column, content };
  });
  cells.sort((a, b) => a.row - b.row || a.column - b.column);
  const comb = buildComb(cells, sources.starts.length, columns);
  const direct = buildDirect(lists, services, { sourceInfo, destinationInfo, broad, comb }, infoWords);
  const { nodes, buckets } = lists.part(services, [
    { heads: sourceInfo, from: 0, every: infoWords },
    { heads: destinationInfo, from: 0, every: infoWords },
    { heads: broad, from: 0, every: 1 },
    { heads: comb.places, from: 1, every: 2 },
  ]);
  return {
    sources,
    destinations,
    services,
    sourceInfo,
    destinationInfo,
    broad,
    pairs: comb,
    nodes,
    buckets,
    rest,
    direct,
  };
}

/** The intervals of one end's addresses: cut where some product begins or ends. */
function intervalsOf(at: number, entries: readonly Entry[]): AddressClasses {
  const cuts: number[] = [];
  for (const { product } of entries)
    for (const [index, value] of (product[at] ?? []).entries())
      cuts.push(index % 2 === 0 ? value : value + 1);
  return addressClasses(cuts.filter((cut) => cut <= 0xffffffff));
}

function spansOf(classes: AddressClasses, set: NumberSet | undefined): (readonly [number, number])[] {
  if (set === undefined) return [[0, classes.starts.length - 1]];
  return pairsOf(set).map(
    ([first, last]) => [classOfAddress(classes, first), classOfAddress(classes, last)] as const,
  );
}

/** The grid of the products that cover many intervals of both ends; what it has no room for is left to be scanned. */
function paintBroad(
  descending: readonly Rectangle[],
  lists: Lists,
  sourceInfo: Uint32Array,
  destinationInfo: Uint32Array,
): { readonly broad: Uint32Array; readonly rest: Uint32Array } {
  const rows = coarse(
    descending.map(({ source }) => source),
    sourceInfo.length / infoWords,
  );
  const columns = coarse(
    descending.map(({ destination }) => destination),
    destinationInfo.length / infoWords,
  );
  const cells = rows.count * columns.count;
  const painted = descending.map(
    ({ source, destination }) => rows.covered(source) * columns.covered(destination),
  );
  if (cells > mostCells || painted.reduce((sum, one) => sum + one, 0) > mostPainted)
    return { broad: new Uint32Array(1), rest: packRest(descending.toReversed()) };
  const broad = new Uint32Array(cells);
  for (const { item, spec, source, destination } of descending) {
    lists.begin(item, spec, 0, none);
    for (let row = rows.of(source[0]); row <= rows.of(source[1]); row += 1)
      for (let column = columns.of(destination[0]); column <= columns.of(destination[1]); column += 1) {
        const cell = row * columns.count + column;
        broad[cell] = lists.before(broad[cell] ?? 0);
      }
  }
  for (let at = 0; at * infoWords < sourceInfo.length; at += 1)
    sourceInfo[at * infoWords + 1] = rows.of(at) * columns.count;
  for (let at = 0; at * infoWords < destinationInfo.length; at += 1)
    destinationInfo[at * infoWords + 1] = columns.of(at);
  return { broad, rest: new Uint32Array(0) };
}

interface Coarse {
  readonly count: number;
  readonly of: (interval: number) => number;
  readonly covered: (span: readonly [number, number]) => number;
}

/** Intervals joined where no broad product begins or ends between them. */
function coarse(spans: readonly (readonly [number, number])[], intervals: number): Coarse {
  const begins = new Uint8Array(intervals + 1);
  for (const [first, last] of spans) {
    begins[first] = 1;
    begins[last + 1] = 1;
  }
  begins[0] = 0;
  const of = new Uint32Array(intervals);
  let at = 0;
  for (let interval = 0; interval < intervals; interval += 1) {
    at += begins[interval] ?? 0;
    of[interval] = at;
  }
  const coarseOf = (interval: number): number => of[interval] ?? 0;
  return {
    count: at + 1,
    of: coarseOf,
    covered: ([first, last]) => coarseOf(last) - coarseOf(first) + 1,
  };
}

function packRest(rectangles: readonly Rectangle[]): Uint32Array {
  const rest = new Uint32Array(rectangles.length * restWords);
  for (const [at, { item, spec, source, destination }] of rectangles.entries())
    rest.set([...source, ...destination, spec, item], at * restWords);
  return rest;
}
