// Network address translation of tracked connections, after nf_nat_core.c: what a new connection is bound to. How its
// packets are rewritten stands in rewrite.ts; which rule asks for which translation is not its matter.
import {
  addressRange,
  hasAddress,
  isAddress,
  isAddressSubset,
  type AddressSet,
} from "../../packet/address-set.ts";
import { holds, isSubset } from "../../packet/intervals.ts";
import type { AddressValue, NumberValue } from "../../packet/packet.ts";
import { ICMP, ICMPV6 } from "../../packet/protocol.ts";
import type { Connection } from "./connection.ts";
import { spread } from "./spread.ts";
import type { ConnectionTable } from "./table.ts";
import { inverted, sameTuple, type Tuple } from "./tuple.ts";

export type Side = "source" | "destination";

/** What a side may be translated to. Absent addresses: kept. Absent ports: kept where that is free. */
export interface Range {
  /** One address, or the set of a range. */
  readonly addresses?: AddressValue;
  /** `addresses` is all that it may be, and nobody told which one it is (MASQUERADE on an unknown interface). */
  readonly isUnknown?: boolean;
  /** First and last port (of ICMP: identifier), both inside. */
  readonly ports?: readonly [number, number];
}

export interface Binding {
  readonly changed: boolean;
  /** The kernel draws the port by lot here; ours is the first free one. */
  readonly byLot: boolean;
}

/**
 * Binds one side of a new connection, once: its reply tuple shows where it goes. With an empty range it is bound to
 * what it is already, and still given another source port if a reply could not be told from another connection's.
 *
 * @example bind(table, connection, "source", { addresses: { family: 4, value: 0xc0000201 } }, now)
 */
export function bind(
  table: ConnectionTable,
  connection: Connection,
  side: Side,
  range: Range,
  now: number,
): Binding {
  if (connection.confirmed || isBound(connection, side)) return { changed: false, byLot: false };
  if (side === "source") connection.sourceBound = true;
  else connection.destinationBound = true;
  const current = inverted(connection.reply);
  if (current === undefined) return { changed: false, byLot: false };
  const isFree = (tuple: Tuple): boolean => {
    const reply = inverted(tuple);
    return reply === undefined || !table.isTaken(reply, connection, now);
  };
  const evict = (tuple: Tuple): boolean => {
    const reply = inverted(tuple);
    return reply !== undefined && table.evictFor(reply, connection, now);
  };
  const { tuple, byLot } = choose(table, current, side, range, isFree, evict);
  const reply = inverted(tuple);
  if (reply === undefined || sameTuple(tuple, current)) return { changed: false, byLot: false };
  connection.expectReply(reply);
  connection.gain(side === "source" ? "snat" : "dnat");
  return { changed: true, byLot };
}

export function isBound(connection: Connection, side: Side): boolean {
  return side === "source" ? connection.sourceBound : connection.destinationBound;
}

interface Choice {
  readonly tuple: Tuple;
  readonly byLot: boolean;
}

/** The order of get_unique_tuple: what it is already, what the same source got before, then address, then port. */
function choose(
  table: ConnectionTable,
  current: Tuple,
  side: Side,
  range: Range,
  isFree: (tuple: Tuple) => boolean,
  evict: (tuple: Tuple) => boolean,
): Choice {
  if (side === "source") {
    if (isInside(current, range)) {
      if (isFree(current)) return { tuple: current, byLot: false };
    } else {
      for (const other of table.withSource(current)) {
        const mapped = inverted(other.reply);
        if (mapped === undefined) continue;
        const tuple = withSide(current, "source", mapped.source, portOf(mapped, "source"));
        if (!isInside(tuple, range)) continue;
        if (isFree(tuple)) return { tuple, byLot: false };
        break;
      }
    }
  }
  const moved =
    range.addresses === undefined
      ? current
      : withSide(
          current,
          side,
          pickAddress(range.addresses, range.isUnknown === true, current, side),
          portOf(current, side),
        );
  if (range.ports === undefined) {
    if (isFree(moved)) return { tuple: moved, byLot: false };
  } else if (portInside(moved, side, range.ports) && (range.ports[0] === range.ports[1] || isFree(moved))) {
    return { tuple: moved, byLot: false };
  }
  return choosePort(table, moved, side, range.ports, isFree, evict);
}

/** One address of a range is drawn by a hash of both ends, so that the same pair always meets. */
function pickAddress(addresses: AddressValue, isUnknown: boolean, tuple: Tuple, side: Side): AddressValue {
  return isAddress(addresses) || isUnknown ? addresses : (spread(addresses, tuple, side) ?? addresses);
}

function choosePort(
  table: ConnectionTable,
  moved: Tuple,
  side: Side,
  ports: readonly [number, number] | undefined,
  isFree: (tuple: Tuple) => boolean,
  evict: (tuple: Tuple) => boolean,
): Choice {
  const span = portSpan(moved, side, ports);
  if (span === undefined) return { tuple: moved, byLot: false };
  const address = side === "source" ? moved.source : moved.destination;
  const [first, last] = span;
  const byLot = side === "source" || isIcmp(moved);
  if (typeof portOf(moved, side) !== "number")
    return { tuple: withSide(moved, side, address, [first, last]), byLot: false };
  const drawn = byLot ? table.drawPort(first, last) : undefined;
  if (drawn !== undefined && drawn >= first && drawn <= last) {
    const tuple = withSide(moved, side, address, drawn);
    if (isFree(tuple)) return { tuple, byLot };
  }
  for (let port = first; port <= last; port += 1) {
    const tuple = withSide(moved, side, address, port);
    // Near the end of a small range the kernel tries harder, at the cost of connections that are over.
    const tryHarder = last - first < 128 && last - port < 32;
    if (isFree(tuple) || (tryHarder && evict(tuple))) return { tuple, byLot: byLot && first < last };
  }
  // All taken: the last one tried stays, and confirming the connection will find the clash.
  return { tuple: withSide(moved, side, address, last), byLot: false };
}

/** Where a port may be looked for: the range that was asked for, or the kernel's own three classes of source ports. */
function portSpan(
  tuple: Tuple,
  side: Side,
  ports: readonly [number, number] | undefined,
): readonly [number, number] | undefined {
  const port = portOf(tuple, side);
  if (port === undefined) return undefined;
  if (ports !== undefined) return ports[0] <= ports[1] ? ports : [ports[1], ports[0]];
  if (isIcmp(tuple)) return [0, 65_535];
  if (side === "destination" || typeof port !== "number") return undefined;
  if (port < 512) return [1, 511];
  return port < 1024 ? [600, 1023] : [1024, 65_535];
}

function isIcmp(tuple: Tuple): boolean {
  return tuple.protocol === ICMP || tuple.protocol === ICMPV6;
}

function portOf(tuple: Tuple, side: Side): NumberValue | undefined {
  if (isIcmp(tuple)) return tuple.icmpId;
  return side === "source" ? tuple.sourcePort : tuple.destinationPort;
}

function withSide(tuple: Tuple, side: Side, address: AddressValue, port: NumberValue | undefined): Tuple {
  const moved = side === "source" ? { ...tuple, source: address } : { ...tuple, destination: address };
  if (port === undefined) return moved;
  if (isIcmp(tuple)) return typeof port === "number" ? { ...moved, icmpId: port } : moved;
  if (tuple.sourcePort === undefined) return moved;
  return side === "source" ? { ...moved, sourcePort: port } : { ...moved, destinationPort: port };
}

function isInside(tuple: Tuple, range: Range): boolean {
  if (range.isUnknown === true) return false;
  if (range.addresses !== undefined && !addressInside(tuple.source, range.addresses)) return false;
  return range.ports === undefined || portInside(tuple, "source", range.ports);
}

function addressInside(address: AddressValue, addresses: AddressValue): boolean {
  if (isAddress(addresses))
    return isAddress(address) && address.family === addresses.family && address.value === addresses.value;
  return isAddress(address) ? hasAddress(addresses, address) : isAddressSubset(address, addresses);
}

/** Protocols without ports are inside every range. */
function portInside(tuple: Tuple, side: Side, [first, last]: readonly [number, number]): boolean {
  const port = portOf(tuple, side);
  if (port === undefined) return true;
  return typeof port === "number" ? holds([first, last], port) : isSubset(port, [first, last]);
}

/** The addresses from first to last as a range's `addresses`; one address where there is but one. */
export function rangeAddresses(set: AddressSet): AddressValue {
  const [four, fourEnd] = set.v4;
  if (set.v6.length === 0 && set.v4.length === 2 && four !== undefined && four === fourEnd)
    return { family: 4, value: four };
  const [six, sixEnd] = set.v6;
  if (set.v4.length === 0 && set.v6.length === 2 && six !== undefined && six === sixEnd)
    return { family: 6, value: six };
  return set;
}

/** All addresses between two ends, for a range. */
export function addressesBetween(
  first: Parameters<typeof addressRange>[0],
  last: Parameters<typeof addressRange>[1],
): AddressValue {
  return rangeAddresses(addressRange(first, last));
}
