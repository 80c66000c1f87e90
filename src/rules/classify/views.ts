// Between columns of packets and packets as rings see them: a view of one packet of the columns, and columns of views.
import type { Address } from "../../packet/address.ts";
import { isAddress } from "../../packet/address-set.ts";
import type { AddressValue, NumberValue, Packet } from "../../packet/packet.ts";
import { hasPorts } from "../../packet/protocol.ts";
import { classOfInterface } from "../boxes/interfaces.ts";
import { states } from "../boxes/extent-parts.ts";
import type { Dimension, Dimensions } from "../boxes/model.ts";
import type { View } from "../view.ts";
import type { PacketColumns } from "./columns.ts";

/** The packet in row `at`, as `evaluate` takes it. */
export function viewOf(packets: PacketColumns, at: number, dimensions: Dimensions): View {
  const fragment = packets.fragment?.[at];
  const [icmpType, icmpCode] = [known(packets.icmpType, at, 255), known(packets.icmpCode, at, 255)];
  const tcpFlags = known(packets.tcpFlags, at, 255);
  const packet: Packet = {
    family: packets.family,
    source: addressAt(packets, packets.source, at),
    destination: addressAt(packets, packets.destination, at),
    protocol: packets.protocol[at] ?? 0,
    sourcePort: packets.sourcePort[at] ?? 0,
    destinationPort: packets.destinationPort[at] ?? 0,
    ...(icmpType === undefined ? {} : { icmpType }),
    ...(icmpCode === undefined ? {} : { icmpCode }),
    ...(tcpFlags === undefined ? {} : { tcpFlags }),
    ...(fragment === 1 ? { fragment: "first" } : fragment === 2 ? { fragment: "later" } : {}),
  };
  const state = packets.state?.[at];
  const incoming = packets.inInterface?.[at];
  const outgoing = packets.outInterface?.[at];
  return {
    packet,
    state: state === undefined ? undefined : states[state],
    ...(incoming === undefined ? {} : namedIn(incoming, dimensions)),
    ...(outgoing === undefined
      ? {}
      : { outInterface: nameOf(outgoing, dimensionOf(dimensions, "out-interface")) }),
    mark: packets.packetMark?.[at],
    connectionMark: packets.connectionMark?.[at],
  };
}

function namedIn(number: number, dimensions: Dimensions): Pick<View, "inInterface" | "fromElsewhere"> {
  const dimension = dimensionOf(dimensions, "in-interface");
  const elsewhere = dimension !== undefined && number === dimension.last;
  return { inInterface: nameOf(number, dimension), ...(elsewhere ? { fromElsewhere: true } : {}) };
}

/** A name of the class; of a prefix, one that no test knows. Undefined: not known. */
function nameOf(number: number, dimension: Dimension | undefined): string | undefined {
  if (dimension?.meaning.kind !== "names") return undefined;
  const one = dimension.meaning.names.classes[number];
  return one === undefined ? undefined : one.prefix ? `${one.name}?` : one.name;
}

function dimensionOf({ list }: Dimensions, field: Dimension["field"]): Dimension | undefined {
  return list.find((dimension) => dimension.field === field);
}

function known(column: Uint16Array | undefined, at: number, last: number): number | undefined {
  const value = column?.[at];
  return value === undefined || value > last ? undefined : value;
}

function addressAt({ family }: PacketColumns, column: Uint32Array, at: number): Address {
  if (family === 4) return { family, value: column[at] ?? 0 };
  let value = 0n;
  for (let word = 0; word < 4; word += 1) value = (value << 32n) | BigInt(column[at * 4 + word] ?? 0);
  return { family, value };
}

/**
 * The number that stands for an interface in the columns.
 *
 * @param name undefined: not known; then `fromElsewhere` says that it is not loopback
 */
export function interfaceNumber(
  dimensions: Dimensions,
  direction: "in" | "out",
  name: string | undefined,
  fromElsewhere = false,
): number {
  const dimension = dimensionOf(dimensions, direction === "in" ? "in-interface" : "out-interface");
  if (dimension?.meaning.kind !== "names") return 0;
  if (name !== undefined) return classOfInterface(dimension.meaning.names, name);
  return direction === "in" && !fromElsewhere ? dimension.last - 1 : dimension.last;
}

/**
 * Views as columns. Undefined where columns can't hold them: a field that is open, ports that are missing, families that
 * differ, or a mark that only some know.
 */
export function columnsOf(views: readonly View[], dimensions: Dimensions): PacketColumns | undefined {
  const { family } = dimensions;
  const count = views.length;
  const words = family === 4 ? 1 : 4;
  const columns = {
    family,
    count,
    source: new Uint32Array(count * words),
    destination: new Uint32Array(count * words),
    protocol: new Uint8Array(count),
    sourcePort: new Uint16Array(count),
    destinationPort: new Uint16Array(count),
    icmpType: new Uint16Array(count),
    icmpCode: new Uint16Array(count),
    tcpFlags: new Uint16Array(count),
    fragment: new Uint8Array(count),
    state: new Uint8Array(count),
    inInterface: new Uint16Array(count),
    outInterface: new Uint16Array(count),
  };
  const marks: (number | undefined)[] = [];
  const connectionMarks: (number | undefined)[] = [];
  for (const [at, view] of views.entries()) {
    const { packet } = view;
    const carriesPorts = packet.sourcePort !== undefined && packet.destinationPort !== undefined;
    const single = [packet.protocol, packet.sourcePort ?? 0, packet.destinationPort ?? 0].every(isSingle);
    if (
      packet.family !== family ||
      !single ||
      (!carriesPorts &&
        packet.fragment !== "later" &&
        typeof packet.protocol === "number" &&
        hasPorts(packet.protocol))
    )
      return undefined;
    if (
      !putAddress(packet.source, columns.source, at) ||
      !putAddress(packet.destination, columns.destination, at)
    )
      return undefined;
    if (!isSingle(packet.icmpType ?? 0) || !isSingle(packet.icmpCode ?? 0)) return undefined;
    columns.protocol[at] = one(packet.protocol, 0);
    columns.sourcePort[at] = one(packet.sourcePort, 0);
    columns.destinationPort[at] = one(packet.destinationPort, 0);
    columns.icmpType[at] = one(packet.icmpType, 256);
    columns.icmpCode[at] = one(packet.icmpCode, 256);
    columns.tcpFlags[at] = packet.tcpFlags ?? 256;
    columns.fragment[at] = packet.fragment === undefined ? 0 : packet.fragment === "first" ? 1 : 2;
    columns.state[at] = view.state === undefined ? 5 : states.indexOf(view.state);
    columns.inInterface[at] = interfaceNumber(
      dimensions,
      "in",
      view.inInterface,
      view.fromElsewhere === true,
    );
    columns.outInterface[at] = interfaceNumber(dimensions, "out", view.outInterface);
    marks.push(view.mark);
    connectionMarks.push(view.connectionMark);
  }
  const [packetMark, connectionMark] = [markColumn(marks), markColumn(connectionMarks)];
  if (packetMark === "mixed" || connectionMark === "mixed") return undefined;
  return {
    ...columns,
    ...(packetMark === undefined ? {} : { packetMark }),
    ...(connectionMark === undefined ? {} : { connectionMark }),
  };
}

function markColumn(marks: readonly (number | undefined)[]): Uint32Array | "mixed" | undefined {
  const some = marks.filter((mark) => mark !== undefined);
  if (some.length === 0) return undefined;
  return some.length === marks.length ? Uint32Array.from(some) : "mixed";
}

function isSingle(value: NumberValue): boolean {
  return typeof value === "number";
}

function one(value: NumberValue | undefined, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function putAddress(value: AddressValue, column: Uint32Array, at: number): boolean {
  if (!isAddress(value)) return false;
  if (value.family === 4) column[at] = value.value;
  else
    for (let word = 0; word < 4; word += 1)
      column[at * 4 + word] = Number((value.value >> BigInt(96 - word * 32)) & 0xffffffffn);
  return true;
}
