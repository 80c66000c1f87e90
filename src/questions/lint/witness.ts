// Turns a packet with open fields into one that people recognise: an address of the documentation blocks for the
// internet, a well-known port, the first ephemeral port. What it shows is the check's to say.
import { hasAddress, isAddress, lowestAddress, type AddressSet } from "../../packet/address-set.ts";
import type { Address } from "../../packet/address.ts";
import { parseAddress } from "../../packet/address.ts";
import { holds, type NumberSet } from "../../packet/intervals.ts";
import type { NumberValue, Packet } from "../../packet/packet.ts";
import type { AddressValue } from "../../packet/packet.ts";
import { hasPorts, TCP, UDP } from "../../packet/protocol.ts";

/** Addresses by which people know “somebody out there” (RFC 5737, RFC 3849), and “somebody in here”. */
const familiar = [
  "203.0.113.7",
  "198.51.100.7",
  "192.0.2.7",
  "2001:db8::7",
  "10.0.0.7",
  "192.168.0.7",
].flatMap((text) => parseAddress(text) ?? []);
const familiarPorts = [22, 3389, 443, 80, 5432, 3306, 53, 8080];
const firstDynamic = 49152;

/** One packet out of those that an open packet stands for. */
export function exampleOf(packet: Packet): Packet {
  const protocol = exampleNumber(packet.protocol, [TCP, UDP]);
  const ported = hasPorts(protocol);
  const { sourcePort, destinationPort, icmpType, icmpCode, ...others } = packet;
  return {
    ...others,
    protocol,
    source: exampleAddress(packet.source),
    destination: exampleAddress(packet.destination),
    ...(ported && sourcePort !== undefined
      ? { sourcePort: exampleNumber(sourcePort, [firstDynamic, 32768]) }
      : {}),
    ...(ported && destinationPort !== undefined
      ? { destinationPort: exampleNumber(destinationPort, familiarPorts) }
      : {}),
    ...(icmpType === undefined ? {} : { icmpType: exampleNumber(icmpType, [8, 128]) }),
    ...(icmpCode === undefined ? {} : { icmpCode: exampleNumber(icmpCode, [0]) }),
  };
}

function exampleAddress(value: AddressValue): AddressValue {
  return isAddress(value) ? value : (addressOf(value) ?? value);
}

/** An address of a set by which people know it; undefined for an empty set. */
export function addressOf(set: AddressSet): Address | undefined {
  return familiar.find((address) => hasAddress(set, address)) ?? insideOf(set);
}

/** The lowest address, but not one that ends a prefix: `10.0.1.1`, not `10.0.1.0`. */
function insideOf(set: AddressSet): Address | undefined {
  const lowest = lowestAddress(set);
  if (lowest === undefined) return undefined;
  const next: Address =
    lowest.family === 4 ? { family: 4, value: lowest.value + 1 } : { family: 6, value: lowest.value + 1n };
  const isNetwork = lowest.family === 4 ? lowest.value % 256 === 0 : lowest.value % 65536n === 0n;
  return isNetwork && hasAddress(set, next) ? next : lowest;
}

/** A number of a set, one of the preferred where it is inside. */
export function exampleNumber(value: NumberValue, preferred: readonly number[]): number {
  if (typeof value === "number") return value;
  return preferred.find((number) => holds(value, number)) ?? firstOf(value);
}

function firstOf(set: NumberSet): number {
  return set[0] ?? 0;
}
