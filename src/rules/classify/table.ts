// The compiled form of a list of products: address intervals, service classes, and for each pair of them a list of the
// products that may hold a packet. Data and its look-up; build-table.ts makes it.
import type { AddressClasses } from "./address-classes.ts";
import { contentAt, type Comb } from "./comb.ts";
import type { Direct } from "./direct.ts";
import type { Services } from "./services.ts";

/** No item: above every item's number. */
export const none = 0x7fffffff;

/**
 * A node of a list is eight words: the item, its spec, the lowest and highest interval of the other address for which it
 * holds, and the next node's place. Node 0 ends every list.
 */
export const nodeWords = 8;
/** A list's head with this bit stands for one list a service class, in `buckets`. */
export const bucketed = 0x80000000;

/** What stands for an interval of source or destination addresses, in four words. */
export const infoWords = 4;

/**
 * Products are in one of four groups, by how many intervals they cover: few of both ends (`pairs`, by both),
 * few destinations (a list at the destination's interval), few sources (a list at the source's), many of both (`broad`, a
 * grid of coarser intervals).
 */
export interface Table {
  readonly sources: AddressClasses;
  readonly destinations: AddressClasses;
  readonly services: Services;
  /** Of each source interval: head of its list, row in `broad`, whether any pair has it. */
  readonly sourceInfo: Uint32Array;
  /** Of each destination interval: head of its list, column in `broad`, whether any pair has it. */
  readonly destinationInfo: Uint32Array;
  /** Heads, by row + column. */
  readonly broad: Uint32Array;
  /** Heads, by source interval and destination interval. */
  readonly pairs: Comb;
  readonly nodes: Uint32Array;
  readonly buckets: Uint32Array;
  /** Products that no group had room for, in order: low and high interval of source, of destination, spec, item. */
  readonly rest: Uint32Array;
  /** The same once more, to be looked up without walking lists, where there is room for it. */
  readonly direct: Direct | undefined;
}

export const restWords = 6;

/**
 * The first item from `start` on that holds one packet; `none` where no such item does.
 */
export function nextItem(
  table: Table,
  source: number,
  destination: number,
  service: number,
  start: number,
): number {
  const { sourceInfo, destinationInfo, broad, rest } = table;
  const fromSource = source * infoWords;
  const fromDestination = destination * infoWords;
  let best = none;
  best = nextInList(table, contentAt(table.pairs, source, destination) >>> 0, service, 0, start, best);
  best = nextInList(table, destinationInfo[fromDestination] ?? 0, service, source, start, best);
  best = nextInList(table, sourceInfo[fromSource] ?? 0, service, destination, start, best);
  const cell = (sourceInfo[fromSource + 1] ?? 0) + (destinationInfo[fromDestination + 1] ?? 0);
  best = nextInList(table, broad[cell] ?? 0, service, 0, start, best);
  for (let from = 0; from < rest.length; from += restWords) {
    const item = rest[from + 5] ?? none;
    if (item >= best) break;
    if (
      item >= start &&
      source >= (rest[from] ?? 0) &&
      source <= (rest[from + 1] ?? 0) &&
      destination >= (rest[from + 2] ?? 0) &&
      destination <= (rest[from + 3] ?? 0) &&
      isServed(table, rest[from + 4] ?? 0, service)
    )
      best = item;
  }
  return best;
}

export function isServed({ services }: Table, spec: number, service: number): boolean {
  return (((services.holds[spec * services.stride + (service >>> 5)] ?? 0) >>> (service & 31)) & 1) === 1;
}

function nextInList(
  table: Table,
  head: number,
  service: number,
  other: number,
  start: number,
  best: number,
): number {
  const { nodes, buckets } = table;
  let node = head > 0x7fffffff ? (buckets[(head & 0x7fffffff) + service] ?? 0) : head;
  for (;;) {
    const item = nodes[node] ?? none;
    if (item >= best) return best;
    if (
      item >= start &&
      other >= (nodes[node + 2] ?? 0) &&
      other <= (nodes[node + 3] ?? 0) &&
      isServed(table, nodes[node + 1] ?? 0, service)
    )
      return item;
    node = nodes[node + 4] ?? 0;
  }
}
