// The look-up of a block of packets: the first item for each, given its intervals and service class. Written so that no
// branch depends on a packet but where a list of one end asks for a range of the other.
import { placeIn, type Direct } from "./direct.ts";
import { isServed, nextItem, none, type Table } from "./table.ts";

/** The first item for each of `count` packets; `none` where no product holds one. */
export function firstItems(
  table: Table,
  sources: Uint32Array,
  destinations: Uint32Array,
  classes: Uint32Array,
  count: number,
  into: Uint32Array,
): void {
  const { direct } = table;
  if (direct !== undefined && table.rest.length === 0) {
    lookUp(table, direct, sources, destinations, classes, count, into);
    return;
  }
  for (let at = 0; at < count; at += 1)
    into[at] = nextItem(table, sources[at] ?? 0, destinations[at] ?? 0, classes[at] ?? 0, 0);
}

function lookUp(
  table: Table,
  { places, plain, ranged, sourceInfo, destinationInfo, broad, pairs }: Direct,
  sources: Uint32Array,
  destinations: Uint32Array,
  classes: Uint32Array,
  count: number,
  into: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1) {
    const source = (sources[at] ?? 0) | 0;
    const destination = (destinations[at] ?? 0) | 0;
    const service = (classes[at] ?? 0) | 0;
    const own = source << 2;
    const other = destination << 1;
    // The pair's list: kept where the place's owner is the source's row, else the empty one.
    const cell = ((sourceInfo[own + 2] ?? 0) + destination) << 1;
    const foreign = (pairs[cell] ?? 0) ^ (sourceInfo[own + 3] ?? 0);
    const paired = (pairs[cell + 1] ?? 0) & ((foreign - 1) >> 31);
    let best = plain[paired + 1 + placeIn(places, plain[paired] ?? 0, service)] ?? 0;
    const gridded = broad[(sourceInfo[own + 1] ?? 0) + (destinationInfo[other + 1] ?? 0)] ?? 0;
    // The lesser of two items is the one plus their difference where that is negative.
    let above = (plain[gridded + 1 + placeIn(places, plain[gridded] ?? 0, service)] ?? 0) - best;
    best += above & (above >> 31);

    const toward = destinationInfo[other] ?? 0;
    let entry = toward + 4 + (placeIn(places, ranged[toward] ?? 0, service) << 2);
    if ((source - (ranged[entry + 2] ?? 0)) >>> 0 > (ranged[entry + 3] ?? 0))
      entry = nextEntry(table, ranged, entry, source, service);
    above = (ranged[entry] ?? 0) - best;
    best += above & (above >> 31);

    const away = sourceInfo[own] ?? 0;
    entry = away + 4 + (placeIn(places, ranged[away] ?? 0, service) << 2);
    if ((destination - (ranged[entry + 2] ?? 0)) >>> 0 > (ranged[entry + 3] ?? 0))
      entry = nextEntry(table, ranged, entry, destination, service);
    above = (ranged[entry] ?? 0) - best;
    best += above & (above >> 31);
    into[at] = best;
  }
}

/** The next entry behind one that holds the packet: the list's last does. */
function nextEntry(table: Table, ranged: Int32Array, from: number, other: number, service: number): number {
  for (let entry = from + 4; ; entry += 4) {
    if ((ranged[entry] ?? none) === none) return entry;
    if (
      (other - (ranged[entry + 2] ?? 0)) >>> 0 <= (ranged[entry + 3] ?? 0) &&
      isServed(table, ranged[entry + 1] ?? 0, service)
    )
      return entry;
  }
}
