// Tuples: what tells one connection from another, as nf_conntrack_tuple has it. Addresses and protocol; ports where
// the protocol has them; type, code and identifier for ICMP. A tuple is a packet with no other field, so that rules
// can be asked about it like any packet.
import { hasAddress, isAddress, isAddressSubset } from "../../packet/address-set.ts";
import { equalSets, holds, isSubset } from "../../packet/intervals.ts";
import type { AddressValue, NumberValue, Packet } from "../../packet/packet.ts";
import { hasPorts, ICMP, ICMPV6 } from "../../packet/protocol.ts";

export type Tuple = Packet;

/** ICMP types that come in pairs, question and answer (RFC 792, RFC 950): nothing else of ICMP has a tuple. */
const icmpAnswers = new Map([
  [8, 0],
  [0, 8],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
]);
/** The same for ICMPv6: echo (RFC 4443) and node information (RFC 4620). */
const icmpv6Answers = new Map([
  [128, 129],
  [129, 128],
  [139, 140],
  [140, 139],
]);
const icmpQuestions = new Set([8, 13, 15, 17]);
const icmpv6Questions = new Set([128, 139]);

/** Whether an ICMP message of this type may begin a connection. */
export function isIcmpQuestion(protocol: number, type: number): boolean {
  return protocol === ICMP ? icmpQuestions.has(type) : icmpv6Questions.has(type);
}

/** The packet's tuple. A code or identifier that the packet does not name counts as 0, as in a plain ping. */
export function tupleOf(packet: Packet): Tuple {
  const { family, source, destination, protocol } = packet;
  if (typeof protocol === "number") {
    if (hasPorts(protocol)) {
      const { sourcePort, destinationPort } = packet;
      return sourcePort === undefined || destinationPort === undefined
        ? { family, source, destination, protocol }
        : { family, source, destination, protocol, sourcePort, destinationPort };
    }
    if ((protocol === ICMP || protocol === ICMPV6) && packet.icmpType !== undefined) {
      return {
        family,
        source,
        destination,
        protocol,
        icmpType: packet.icmpType,
        icmpCode: packet.icmpCode ?? 0,
        icmpId: packet.icmpId ?? 0,
      };
    }
    return { family, source, destination, protocol };
  }
  const { sourcePort, destinationPort } = packet;
  return sourcePort === undefined || destinationPort === undefined
    ? { family, source, destination, protocol }
    : { family, source, destination, protocol, sourcePort, destinationPort };
}

/** The tuple of the reply; undefined for an ICMP message that has no answer. */
export function inverted(tuple: Tuple): Tuple | undefined {
  const { family, source, destination, protocol, sourcePort, destinationPort } = tuple;
  if (sourcePort !== undefined && destinationPort !== undefined) {
    return {
      family,
      source: destination,
      destination: source,
      protocol,
      sourcePort: destinationPort,
      destinationPort: sourcePort,
    };
  }
  if (tuple.icmpType === undefined) return { family, source: destination, destination: source, protocol };
  if (typeof tuple.icmpType !== "number") return undefined;
  const icmpType = (protocol === ICMP ? icmpAnswers : icmpv6Answers).get(tuple.icmpType);
  if (icmpType === undefined) return undefined;
  return { ...tuple, source: destination, destination: source, icmpType };
}

/** A number below 2^30 that equal tuples share; different ones hardly ever. */
export function tupleHash(tuple: Tuple): number {
  const ends = mixed(addressHash(tuple.source), addressHash(tuple.destination));
  const protocol = numberHash(tuple.protocol);
  const { sourcePort, destinationPort, icmpType } = tuple;
  if (sourcePort !== undefined && destinationPort !== undefined)
    return finished(mixed(ends, mixed(protocol, mixed(numberHash(sourcePort), numberHash(destinationPort)))));
  if (icmpType === undefined) return finished(mixed(ends, protocol));
  return finished(mixed(ends, mixed(protocol, mixed(numberHash(icmpType), tuple.icmpId ?? 0))));
}

function addressHash(value: AddressValue): number {
  if ("family" in value) return value.family === 4 ? value.value | 0 : wideHash(value.value);
  let hash = value.v4.length;
  for (const end of value.v4) hash = mixed(hash, end | 0);
  for (const end of value.v6) hash = mixed(hash, wideHash(end));
  return hash;
}

function wideHash(value: bigint): number {
  const low = Number(BigInt.asUintN(32, value));
  return mixed(
    Number(BigInt.asUintN(32, value >> 64n)),
    mixed(low, Number(BigInt.asUintN(32, value >> 32n))),
  );
}

function numberHash(value: NumberValue): number {
  return typeof value === "number" ? value : value.reduce(mixed, value.length);
}

function mixed(a: number, b: number): number {
  return Math.imul(a ^ (b >>> 15) ^ b, 0x2c1b3c6d) + Math.imul(b ^ (a >>> 13), 0x297a2d39);
}

function finished(hash: number): number {
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}

/** Whether two tuples are one: open fields, too, are compared as they stand. */
export function sameTuple(a: Tuple, b: Tuple): boolean {
  return (
    a.family === b.family &&
    sameAddress(a.source, b.source) &&
    sameAddress(a.destination, b.destination) &&
    sameNumber(a.protocol, b.protocol) &&
    sameNumber(a.sourcePort, b.sourcePort) &&
    sameNumber(a.destinationPort, b.destinationPort) &&
    sameNumber(a.icmpType, b.icmpType) &&
    sameNumber(a.icmpCode, b.icmpCode) &&
    a.icmpId === b.icmpId
  );
}

export function sameAddress(a: AddressValue, b: AddressValue): boolean {
  if (a === b) return true;
  if ("family" in a) return "family" in b && a.family === b.family && a.value === b.value;
  return !("family" in b) && equalSets(a.v4, b.v4) && equalSets(a.v6, b.v6);
}

function sameNumber(a: NumberValue | undefined, b: NumberValue | undefined): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && equalSets(a, b));
}

/** Whether the tuple leaves something open: it stands for many connections at once. */
export function isOpen(tuple: Tuple): boolean {
  return (
    !isAddress(tuple.source) ||
    !isAddress(tuple.destination) ||
    typeof tuple.protocol !== "number" ||
    typeof (tuple.sourcePort ?? 0) !== "number" ||
    typeof (tuple.destinationPort ?? 0) !== "number" ||
    typeof (tuple.icmpType ?? 0) !== "number" ||
    typeof (tuple.icmpCode ?? 0) !== "number"
  );
}

/** Whether everything that `narrow` stands for is in `wide` too. */
export function covers(wide: Tuple, narrow: Tuple): boolean {
  return (
    wide.family === narrow.family &&
    coversAddress(wide.source, narrow.source) &&
    coversAddress(wide.destination, narrow.destination) &&
    coversNumber(wide.protocol, narrow.protocol) &&
    coversNumber(wide.sourcePort, narrow.sourcePort) &&
    coversNumber(wide.destinationPort, narrow.destinationPort) &&
    coversNumber(wide.icmpType, narrow.icmpType) &&
    coversNumber(wide.icmpCode, narrow.icmpCode) &&
    wide.icmpId === narrow.icmpId
  );
}

function coversAddress(wide: AddressValue, narrow: AddressValue): boolean {
  if (isAddress(narrow))
    return isAddress(wide)
      ? wide.family === narrow.family && wide.value === narrow.value
      : hasAddress(wide, narrow);
  return !isAddress(wide) && isAddressSubset(narrow, wide);
}

function coversNumber(wide: NumberValue | undefined, narrow: NumberValue | undefined): boolean {
  if (wide === undefined || narrow === undefined) return wide === narrow;
  if (typeof wide === "number") return wide === narrow;
  return typeof narrow === "number" ? holds(wide, narrow) : isSubset(narrow, wide);
}
