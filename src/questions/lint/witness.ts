// Turns a packet with open fields into one that people recognise: an address of the documentation blocks for the
// internet, a well-known port, the first ephemeral port. What it shows is the check's to say.
import { isAddress } from "../../packet/address-set.ts";
import { familiarAddress } from "../../packet/familiar.ts";
import { holds, type NumberSet } from "../../packet/intervals.ts";
import type { NumberValue, Packet } from "../../packet/packet.ts";
import type { AddressValue } from "../../packet/packet.ts";
import { hasPorts, TCP, UDP } from "../../packet/protocol.ts";

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
  return isAddress(value) ? value : (familiarAddress(value) ?? value);
}

/** A number of a set, one of the preferred where it is inside. */
export function exampleNumber(value: NumberValue, preferred: readonly number[]): number {
  if (typeof value === "number") return value;
  return preferred.find((number) => holds(value, number)) ?? firstOf(value);
}

function firstOf(set: NumberSet): number {
  return set[0] ?? 0;
}
