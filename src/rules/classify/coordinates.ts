// From columns to the table's coordinates, a block of packets at a time and a field at a time, so that every loop reads
// one column and one table.
import { spanOf, spanOf6Words } from "../boxes/spans.ts";
import type { Dimension } from "../boxes/model.ts";
import { classesOfAddresses, classOfAddress, type AddressClasses } from "./address-classes.ts";
import type { PacketColumns } from "./columns.ts";
import type { ServiceField, ServiceGroup, Services } from "./services.ts";
import type { Table } from "./table.ts";

/** So many packets are looked up together: their coordinates stay in the first cache. */
export const blockSize = 256;

/** What a block's packets have come to. */
export interface Block {
  readonly sources: Uint32Array;
  readonly destinations: Uint32Array;
  readonly classes: Uint32Array;
  readonly items: Uint32Array;
  /** Room for one group's classes. */
  readonly index: Uint32Array;
}

export function makeBlock(): Block {
  const words = (): Uint32Array => new Uint32Array(blockSize);
  return { sources: words(), destinations: words(), classes: words(), items: words(), index: words() };
}

/** How addresses of IPv6 are numbered before the table's own intervals: the starts of spans, as four words each. */
export interface Spans6 {
  readonly source: Uint32Array;
  readonly destination: Uint32Array;
}

/** Fills the block with the coordinates of packets `from` … `from + count`. */
export function locate(
  table: Table,
  spans: Spans6,
  packets: PacketColumns,
  from: number,
  count: number,
  block: Block,
): void {
  if (packets.family === 4) {
    classesOfAddresses(table.sources, packets.source, from, count, block.sources);
    classesOfAddresses(table.destinations, packets.destination, from, count, block.destinations);
  } else {
    locate6(table.sources, spans.source, packets.source, from, count, block.sources);
    locate6(table.destinations, spans.destination, packets.destination, from, count, block.destinations);
  }
  serviceClasses(table.services, packets, from, count, block);
}

function locate6(
  classes: AddressClasses,
  starts: Uint32Array,
  words: Uint32Array,
  from: number,
  count: number,
  into: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1)
    into[at] = classOfAddress(classes, spanOf6Words(starts, words, (from + at) * 4));
}

/** What a group's fields leave to the look-up of its class: what all packets add, and one column that is still to add. */
interface Left {
  constant: number;
  column: Uint16Array | undefined;
  add: Uint16Array;
}

const left: Left = { constant: 0, column: undefined, add: new Uint16Array(1) };

function serviceClasses(
  services: Services,
  packets: PacketColumns,
  from: number,
  count: number,
  { classes, index }: Block,
): void {
  const { groups } = services;
  classes.fill(0, 0, count);
  for (let at = 0; at < groups.length; at += 1) {
    const group = groups[at];
    if (group === undefined) continue;
    index.fill(0, 0, count);
    left.constant = 0;
    left.column = undefined;
    for (const field of group.fields) addField(field, packets, from, count, index);
    if (left.column !== undefined) addShorts(left.column, left.add, from, count, index);
    if (at === 0) replace(group.classes, left.constant, index, count, classes);
    else joinInto(group, left.constant, index, count, classes);
  }
}

function replace(
  table: Uint32Array,
  constant: number,
  index: Uint32Array,
  count: number,
  into: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1) into[at] = table[(index[at] ?? 0) + constant] ?? 0;
}

function joinInto(
  { classes, join, count: width }: ServiceGroup,
  constant: number,
  index: Uint32Array,
  count: number,
  into: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1)
    into[at] = join[(into[at] ?? 0) * width + (classes[(index[at] ?? 0) + constant] ?? 0)] ?? 0;
}

function addField(
  { dimension, add }: ServiceField,
  packets: PacketColumns,
  from: number,
  count: number,
  index: Uint32Array,
): void {
  const { field, last } = dimension;
  switch (field) {
    case "protocol":
      addBytes(packets.protocol, add, from, count, index);
      return;
    case "source-port":
      addNext(packets.sourcePort, 0, add, from, count, index);
      return;
    case "destination-port":
      addNext(packets.destinationPort, 0, add, from, count, index);
      return;
    case "icmp-type":
      addNext(packets.icmpType, last, add, from, count, index);
      return;
    case "icmp-code":
      addNext(packets.icmpCode, last, add, from, count, index);
      return;
    case "tcp-flags":
      addNext(packets.tcpFlags, 256, add, from, count, index);
      return;
    case "fragment":
      if (packets.fragment === undefined) left.constant += add[0] ?? 0;
      else addBytes(packets.fragment, add, from, count, index);
      return;
    case "state":
      if (packets.state === undefined) left.constant += add[last] ?? 0;
      else addBytes(packets.state, add, from, count, index);
      return;
    case "in-interface":
      addNext(packets.inInterface, last - 1, add, from, count, index);
      return;
    case "out-interface":
      addNext(packets.outInterface, last, add, from, count, index);
      return;
    case "packet-mark":
    case "connection-mark": {
      const column = field === "packet-mark" ? packets.packetMark : packets.connectionMark;
      if (column === undefined) left.constant += add[last] ?? 0;
      else addMarks(column, dimension, add, from, count, index);
      return;
    }
    case "source":
    case "destination":
      return;
  }
}

/** Columns of 16 bits are added two at a time; one that is absent adds what `absent` adds. */
function addNext(
  column: Uint16Array | undefined,
  absent: number,
  add: Uint16Array,
  from: number,
  count: number,
  index: Uint32Array,
): void {
  if (column === undefined) left.constant += add[absent] ?? 0;
  else if (left.column === undefined) {
    left.column = column;
    left.add = add;
  } else {
    addTwo(left.column, left.add, column, add, from, count, index);
    left.column = undefined;
  }
}

function addBytes(
  column: Uint8Array,
  add: Uint16Array,
  from: number,
  count: number,
  index: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1) index[at] = (index[at] ?? 0) + (add[column[from + at] ?? 0] ?? 0);
}

function addShorts(
  column: Uint16Array,
  add: Uint16Array,
  from: number,
  count: number,
  index: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1) index[at] = (index[at] ?? 0) + (add[column[from + at] ?? 0] ?? 0);
}

function addTwo(
  column: Uint16Array,
  add: Uint16Array,
  other: Uint16Array,
  addOther: Uint16Array,
  from: number,
  count: number,
  index: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1)
    index[at] =
      (index[at] ?? 0) + (add[column[from + at] ?? 0] ?? 0) + (addOther[other[from + at] ?? 0] ?? 0);
}

function addMarks(
  column: Uint32Array,
  { meaning }: Dimension,
  add: Uint16Array,
  from: number,
  count: number,
  index: Uint32Array,
): void {
  if (meaning.kind !== "spans") return;
  const { starts, mask } = meaning;
  for (let at = 0; at < count; at += 1)
    index[at] = (index[at] ?? 0) + (add[spanOf(starts, ((column[from + at] ?? 0) & mask) >>> 0)] ?? 0);
}

/** The service class of one packet whose marks are these, instead of those of its row; undefined: not known. */
export function serviceOf(
  { groups }: Services,
  packets: PacketColumns,
  row: number,
  mark: number | undefined,
  connectionMark: number | undefined,
): number {
  let joined = 0;
  for (let at = 0; at < groups.length; at += 1) {
    const group = groups[at];
    if (group === undefined) break;
    let index = 0;
    for (let place = 0; place < group.fields.length; place += 1) {
      const field = group.fields[place];
      if (field !== undefined)
        index += field.add[coordinateAt(field.dimension, packets, row, mark, connectionMark)] ?? 0;
    }
    const own = group.classes[index] ?? 0;
    joined = at === 0 ? own : (group.join[joined * group.count + own] ?? 0);
  }
  return joined;
}

function coordinateAt(
  { field, last, meaning }: Dimension,
  packets: PacketColumns,
  row: number,
  mark: number | undefined,
  connectionMark: number | undefined,
): number {
  switch (field) {
    case "protocol":
      return packets.protocol[row] ?? 0;
    case "source-port":
      return packets.sourcePort[row] ?? 0;
    case "destination-port":
      return packets.destinationPort[row] ?? 0;
    case "icmp-type":
      return packets.icmpType?.[row] ?? last;
    case "icmp-code":
      return packets.icmpCode?.[row] ?? last;
    case "tcp-flags":
      return packets.tcpFlags?.[row] ?? 256;
    case "fragment":
      return packets.fragment?.[row] ?? 0;
    case "state":
      return packets.state?.[row] ?? last;
    case "in-interface":
      return packets.inInterface?.[row] ?? last - 1;
    case "out-interface":
      return packets.outInterface?.[row] ?? last;
    case "packet-mark":
    case "connection-mark": {
      const value = field === "packet-mark" ? mark : connectionMark;
      return value === undefined || meaning.kind !== "spans"
        ? last
        : spanOf(meaning.starts, (value & meaning.mask) >>> 0);
    }
    case "source":
    case "destination":
      return 0;
  }
}
