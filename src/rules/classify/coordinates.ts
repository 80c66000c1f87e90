// From columns to the table's coordinates, a block of packets at a time and a field at a time, so that every loop reads
// one column and one table.
import { spanOf, spanOf6Words } from "../boxes/spans.ts";
import type { Dimension } from "../boxes/model.ts";
import { classesOfAddresses, classOfAddress, type AddressClasses } from "./address-classes.ts";
import type { PacketColumns } from "./columns.ts";
import type { ServiceField, Services } from "./services.ts";
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

function serviceClasses(
  services: Services,
  packets: PacketColumns,
  from: number,
  count: number,
  { classes, index }: Block,
): void {
  const { groups } = services;
  if (groups.length === 0) classes.fill(0, 0, count);
  for (const [at, group] of groups.entries()) {
    index.fill(0, 0, count);
    for (const field of group.fields) addField(field, packets, from, count, index);
    if (at === 0) replace(group.classes, index, count, classes);
    else joinInto(group.classes, group.join, group.count, index, count, classes);
  }
}

function replace(table: Uint32Array, index: Uint32Array, count: number, into: Uint32Array): void {
  for (let at = 0; at < count; at += 1) into[at] = table[index[at] ?? 0] ?? 0;
}

function joinInto(
  table: Uint32Array,
  join: Uint32Array,
  width: number,
  index: Uint32Array,
  count: number,
  into: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1)
    into[at] = join[(into[at] ?? 0) * width + (table[index[at] ?? 0] ?? 0)] ?? 0;
}

function addField(
  { dimension, add }: ServiceField,
  packets: PacketColumns,
  from: number,
  count: number,
  index: Uint32Array,
): void {
  switch (dimension.field) {
    case "protocol":
      addBytes(packets.protocol, add, from, count, index);
      return;
    case "source-port":
      addShorts(packets.sourcePort, add, from, count, index);
      return;
    case "destination-port":
      addShorts(packets.destinationPort, add, from, count, index);
      return;
    case "icmp-type":
    case "icmp-code": {
      const column = dimension.field === "icmp-type" ? packets.icmpType : packets.icmpCode;
      if (column === undefined) addOne(add[dimension.last] ?? 0, count, index);
      else addShorts(column, add, from, count, index);
      return;
    }
    case "tcp-flags":
      if (packets.tcpFlags === undefined || dimension.meaning.kind !== "flags")
        addOne(add[dimension.last] ?? 0, count, index);
      else addFlags(packets.tcpFlags, dimension.meaning.classOf, dimension.last, add, from, count, index);
      return;
    case "fragment":
      if (packets.fragment === undefined) addOne(add[0] ?? 0, count, index);
      else addBytes(packets.fragment, add, from, count, index);
      return;
    case "state":
      if (packets.state === undefined) addOne(add[dimension.last] ?? 0, count, index);
      else addBytes(packets.state, add, from, count, index);
      return;
    case "in-interface":
    case "out-interface": {
      const incoming = dimension.field === "in-interface";
      const column = incoming ? packets.inInterface : packets.outInterface;
      if (column === undefined)
        addOne(add[incoming ? dimension.last - 1 : dimension.last] ?? 0, count, index);
      else addShorts(column, add, from, count, index);
      return;
    }
    case "packet-mark":
    case "connection-mark": {
      const column = dimension.field === "packet-mark" ? packets.packetMark : packets.connectionMark;
      if (column === undefined) addOne(add[dimension.last] ?? 0, count, index);
      else addMarks(column, dimension, add, from, count, index);
      return;
    }
    case "source":
    case "destination":
      return;
  }
}

function addOne(value: number, count: number, index: Uint32Array): void {
  if (value !== 0) for (let at = 0; at < count; at += 1) index[at] = (index[at] ?? 0) + value;
}

function addBytes(
  column: Uint8Array,
  add: Uint32Array,
  from: number,
  count: number,
  index: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1) index[at] = (index[at] ?? 0) + (add[column[from + at] ?? 0] ?? 0);
}

function addShorts(
  column: Uint16Array,
  add: Uint32Array,
  from: number,
  count: number,
  index: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1) index[at] = (index[at] ?? 0) + (add[column[from + at] ?? 0] ?? 0);
}

function addFlags(
  column: Uint16Array,
  classOf: Uint8Array,
  unknown: number,
  add: Uint32Array,
  from: number,
  count: number,
  index: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1)
    index[at] = (index[at] ?? 0) + (add[classOf[column[from + at] ?? 256] ?? unknown] ?? 0);
}

function addMarks(
  column: Uint32Array,
  { meaning }: Dimension,
  add: Uint32Array,
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
      return meaning.kind === "flags" ? (meaning.classOf[packets.tcpFlags?.[row] ?? 256] ?? last) : last;
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
