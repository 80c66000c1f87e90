// Answers whether a test holds for a packet in a view: yes, no, or unknown with its causes. Open fields of the packet
// give yes where all of the field is inside, no where none of it is.
import {
  hasAddress,
  intersectAddresses,
  isAddress,
  isAddressSubset,
  isEmptyAddresses,
  type AddressSet,
} from "../packet/address-set.ts";
import { holds, intersection, isSubset, type NumberSet } from "../packet/intervals.ts";
import type { AddressValue, NumberValue, Packet } from "../packet/packet.ts";
import { hasPorts, ICMP, ICMPV6, TCP } from "../packet/protocol.ts";
import { isAbsent, isConnectionAbsent } from "./absent.ts";
import type { AddressField, Match, NumberField, TupleElement } from "./match.ts";
import { allOf, anyOf, isMaybe, not, unknown, type Truth } from "./truth.ts";
import { candidates, type FieldValue } from "./tuple-index.ts";
import type { View } from "./view.ts";

export function matches(match: Match, view: View): Truth {
  switch (match.kind) {
    case "always":
      return true;
    case "never":
      return false;
    case "not":
      return isAbsent(match.match, view) ? false : not(matches(match.match, view));
    case "all":
      return everyMatch(match.of, view);
    case "any":
      return anyMatch(match.of, view);
    case "family":
      return view.packet.family === match.family;
    case "address":
      return addressTruth(match.field, match.set, view);
    case "address-bits":
      return addressBitsTruth(match, view);
    case "number":
      return numberTruth(match.field, match.set, view);
    case "tcp-flags": {
      const tcp = isProtocol(view.packet, onlyTcp);
      if (tcp === false || view.packet.fragment === "later") return false;
      const flags = view.packet.tcpFlags;
      if (flags === undefined)
        return allOf([tcp, unknown({ kind: "condition", what: "the packet's TCP flags" })]);
      return (flags & match.mask) === match.value ? tcp : false;
    }
    case "tcp-option": {
      const tcp = isProtocol(view.packet, onlyTcp);
      return tcp === false
        ? false
        : allOf([tcp, unknown({ kind: "condition", what: `TCP option ${match.option}` })]);
    }
    case "fragment":
      return match.is === "later" ? view.packet.fragment === "later" : view.packet.fragment !== undefined;
    case "interface":
      return interfaceTruth(match, view);
    case "state":
      return view.state === undefined
        ? unknown({ kind: "condition", what: "the connection's state" })
        : match.states.includes(view.state);
    case "status":
      return view.connection === undefined
        ? connectionAbsent(view, "status")
        : match.status.some((status) => view.connection?.status.has(status));
    case "direction":
      return view.connection === undefined
        ? connectionAbsent(view, "direction")
        : view.connection.direction === match.is;
    case "mark": {
      if (match.of === "connection" && isConnectionAbsent(view)) return false;
      const mark = match.of === "packet" ? view.mark : view.connectionMark;
      if (mark === undefined) return unknown({ kind: "condition", what: `the ${match.of}'s mark` });
      return holds(match.set, (mark & match.mask) >>> 0);
    }
    case "mac":
      return view.packet.sourceMac === undefined
        ? unknown({ kind: "condition", what: `the sender's hardware address (${match.address})` })
        : view.packet.sourceMac.toLowerCase() === match.address.toLowerCase();
    case "link-type":
      return view.packet.linkType === undefined
        ? unknown({ kind: "condition", what: `whether the frame is ${match.is}` })
        : view.packet.linkType === match.is;
    case "address-type":
      return addressTypeTruth(match, view);
    case "endpoint": {
      const id = match.side === "source" ? view.packet.from : view.packet.to;
      return id !== undefined && match.ids.has(id);
    }
    case "tuple":
      return tupleTruth(match, view);
    case "unknown":
      return unknown({
        kind: "condition",
        what: match.what,
        ...(match.origin === undefined ? {} : { origin: match.origin }),
      });
  }
}

function everyMatch(of: readonly Match[], view: View): Truth {
  let result: Truth = true;
  for (const match of of) {
    const truth = matches(match, view);
    if (truth === false) return false;
    if (truth !== true) result = result === true ? truth : allOf([result, truth]);
  }
  return result;
}

function anyMatch(of: readonly Match[], view: View): Truth {
  let result: Truth = false;
  for (const match of of) {
    const truth = matches(match, view);
    if (truth === true) return true;
    if (truth !== false) result = result === false ? truth : anyOf([result, truth]);
  }
  return result;
}

function connectionAbsent(view: View, what: string): Truth {
  return isConnectionAbsent(view) ? false : unknown({ kind: "condition", what: `the connection's ${what}` });
}

const onlyTcp: NumberSet = [TCP, TCP];
const onlyIcmp: NumberSet = [ICMP, ICMP];
const onlyIcmpv6: NumberSet = [ICMPV6, ICMPV6];
export const portedProtocols: NumberSet = [6, 6, 17, 17, 33, 33, 132, 132, 136, 136];

function isProtocol(packet: Packet, set: NumberSet): Truth {
  return numberIn("protocol", packet.protocol, set);
}

function numberIn(field: NumberField, value: NumberValue, set: NumberSet): Truth {
  if (typeof value === "number") return holds(set, value);
  const inside = intersection(value, set);
  if (inside.length === 0) return false;
  return isSubset(value, set) || unknown({ kind: "number", field, open: value, inside });
}

function addressIn(field: AddressField, value: AddressValue, set: AddressSet): Truth {
  if (isAddress(value)) return hasAddress(set, value);
  const inside = intersectAddresses(value, set);
  if (isEmptyAddresses(inside)) return false;
  return isAddressSubset(value, set) || unknown({ kind: "address", field, open: value, inside });
}

/** The value of an address field; undefined where the view has no connection to read it from. */
export function addressOf(field: AddressField, view: View): AddressValue | undefined {
  switch (field) {
    case "source":
      return view.packet.source;
    case "destination":
      return view.packet.destination;
    case "original-source":
      return view.connection?.original.source;
    case "original-destination":
      return view.connection?.original.destination;
    case "reply-source":
      return view.connection?.reply.source;
    case "reply-destination":
      return view.connection?.reply.destination;
  }
}

function addressTruth(field: AddressField, set: AddressSet, view: View): Truth {
  const value = addressOf(field, view);
  return value === undefined ? connectionAbsent(view, field) : addressIn(field, value, set);
}

function addressBitsTruth(match: Extract<Match, { kind: "address-bits" }>, view: View): Truth {
  if (view.packet.family !== match.family) return false;
  const value = addressOf(match.field, view);
  if (value === undefined) return connectionAbsent(view, match.field);
  if (isAddress(value)) return (BigInt(value.value) & match.mask) === match.value;
  return unknown({ kind: "condition", what: `the bits of the ${match.field} address` });
}

function numberTruth(field: NumberField, set: NumberSet, view: View): Truth {
  const { packet } = view;
  switch (field) {
    case "protocol":
      return numberIn(field, packet.protocol, set);
    case "source-port":
    case "destination-port": {
      if (packet.fragment === "later") return false;
      const ported = typeof packet.protocol === "number" ? hasPorts(packet.protocol) : isPorted(packet);
      if (ported === false) return false;
      const value = field === "source-port" ? packet.sourcePort : packet.destinationPort;
      if (value === undefined) return unknown({ kind: "condition", what: `the ${field}` });
      const inside = numberIn(field, value, set);
      return ported === true ? inside : allOf([ported, inside]);
    }
    case "icmp-type":
    case "icmp-code": {
      if (packet.fragment === "later") return false;
      const icmp = isProtocol(packet, packet.family === 4 ? onlyIcmp : onlyIcmpv6);
      if (icmp === false) return false;
      const value = field === "icmp-type" ? packet.icmpType : packet.icmpCode;
      if (value === undefined) return unknown({ kind: "condition", what: field });
      return allOf([icmp, numberIn(field, value, set)]);
    }
    case "length":
    case "ttl":
    case "dscp": {
      const value = packet[field];
      return value === undefined
        ? unknown({ kind: "condition", what: `the packet's ${field}` })
        : holds(set, value);
    }
    case "original-protocol":
    case "original-source-port":
    case "original-destination-port": {
      const original = view.connection?.original;
      if (original === undefined) return connectionAbsent(view, field);
      const value =
        field === "original-protocol"
          ? original.protocol
          : field === "original-source-port"
            ? original.sourcePort
            : original.destinationPort;
      return value === undefined ? false : numberIn(field, value, set);
    }
  }
}

function isPorted(packet: Packet): Truth {
  return isProtocol(packet, portedProtocols);
}

function interfaceTruth(match: Extract<Match, { kind: "interface" }>, view: View): Truth {
  const name = match.direction === "in" ? view.inInterface : view.outInterface;
  if (match.prefix && match.name === "") return true;
  if (name === undefined && match.direction === "in" && match.name === "lo" && view.fromElsewhere === true)
    return false;
  if (name === undefined)
    return unknown({
      kind: "condition",
      what: `the interface it ${match.direction === "in" ? "came in by" : "leaves by"} (${match.name}${match.prefix ? "*" : ""})`,
    });
  return match.prefix ? name.startsWith(match.name) : name === match.name;
}

function addressTypeTruth(match: Extract<Match, { kind: "address-type" }>, view: View): Truth {
  const value = match.field === "source" ? view.packet.source : view.packet.destination;
  const device =
    match.limitTo === "in" ? view.inInterface : match.limitTo === "out" ? view.outInterface : undefined;
  const type = isAddress(value) ? view.addressType?.(value, device) : undefined;
  if (type === undefined)
    return unknown({
      kind: "condition",
      what: `whether the ${match.field} address is ${match.types.join(" or ")} here`,
    });
  return match.types.includes(type);
}

function tupleTruth(match: Extract<Match, { kind: "tuple" }>, view: View): Truth {
  const found = tupleCandidates(match.elements, () => match.elements, match.fields, view);
  const elements = found === undefined ? match.elements : at(match.elements, found);
  return anyOf(lazily(elements, (element) => tupleElementTruth(match.fields, element, view)));
}

/**
 * Which elements of a set of tuples may hold the packet's fields: a large set is not asked element by element. Undefined:
 * any of them. `owner` is the array that stands for the set, `keysOf` gives its elements' keys.
 */
export function tupleCandidates(
  owner: readonly unknown[],
  keysOf: () => readonly TupleElement[],
  fields: readonly (AddressField | NumberField)[],
  view: View,
): readonly number[] | undefined {
  return candidates(owner, keysOf, fields.length, (index) => {
    const field = fields[index];
    return field === undefined ? undefined : fieldValue(field, view);
  });
}

/** The items at some places. */
export function* at<T>(items: readonly T[], places: readonly number[]): Iterable<T> {
  for (const place of places) {
    const item = items[place];
    if (item !== undefined) yield item;
  }
}

const everyNumber: NumberSet = [0, Number.MAX_SAFE_INTEGER];

/** A field's one value; `absent` where no test of it can hold, undefined where it is open or not known. */
function fieldValue(field: AddressField | NumberField, view: View): FieldValue {
  if (isAddressField(field)) {
    const value = addressOf(field, view);
    if (value === undefined) return isConnectionAbsent(view) ? "absent" : undefined;
    return isAddress(value) ? value : undefined;
  }
  const readable = numberTruth(field, everyNumber, view);
  if (readable !== true) return readable === false ? "absent" : undefined;
  const value = numberOf(field, view);
  return typeof value === "number" ? value : undefined;
}

function numberOf(field: NumberField, view: View): NumberValue | undefined {
  const { packet, connection } = view;
  switch (field) {
    case "protocol":
    case "length":
    case "ttl":
    case "dscp":
      return packet[field];
    case "source-port":
      return packet.sourcePort;
    case "destination-port":
      return packet.destinationPort;
    case "icmp-type":
      return packet.icmpType;
    case "icmp-code":
      return packet.icmpCode;
    case "original-protocol":
      return connection?.original.protocol;
    case "original-source-port":
      return connection?.original.sourcePort;
    case "original-destination-port":
      return connection?.original.destinationPort;
  }
}

function* lazily<A, B>(items: Iterable<A>, turn: (item: A) => B): Iterable<B> {
  for (const item of items) yield turn(item);
}

/** Whether every field of a tuple lies in the element's part for it. */
export function tupleElementTruth(
  fields: readonly (AddressField | NumberField)[],
  element: Extract<Match, { kind: "tuple" }>["elements"][number],
  view: View,
): Truth {
  let result: Truth = true;
  for (const [at, part] of element.entries()) {
    const field = fields[at];
    if (field === undefined) return false;
    const truth =
      "addresses" in part
        ? isAddressField(field) && addressTruth(field, part.addresses, view)
        : !isAddressField(field) && numberTruth(field, part.numbers, view);
    if (truth === false) return false;
    if (isMaybe(truth)) result = allOf([result, truth]);
  }
  return result;
}

function isAddressField(field: AddressField | NumberField): field is AddressField {
  return field.endsWith("source") || field.endsWith("destination");
}
