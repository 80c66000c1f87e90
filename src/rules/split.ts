// Makes an answer that hangs on an open field of the packet definite: the field is parted where the rules part it, and
// each part is asked again. What is left to depend on is then only what no header shows.
import { intersectAddresses, isAddress, subtractAddresses } from "../packet/address-set.ts";
import { difference, intersection } from "../packet/intervals.ts";
import type { Packet } from "../packet/packet.ts";
import { portDomain } from "../packet/protocol.ts";
import type { Cause } from "./truth.ts";

export interface Piece<T> {
  readonly packet: Packet;
  readonly result: T;
}

/** Parts beyond this are not parted further, unless the caller knows better: the answer stays “depends”. */
const mostPieces = 256;

/**
 * Asks about a packet, part by part. `causesOf` names what a result hangs on; only causes about the packet's own open
 * sets (the same objects) part it.
 *
 * @example askInPieces(packet, (piece) => walk(piece), (leg) => leg.steps.flatMap((step) => step.causes))
 */
export function askInPieces<T>(
  packet: Packet,
  ask: (packet: Packet) => T,
  causesOf: (result: T) => readonly Cause[],
  most: number = mostPieces,
): Piece<T>[] {
  const pieces: Piece<T>[] = [];
  const open: Packet[] = [packet];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const result = ask(next);
    const parts = pieces.length + open.length < most ? partBy(next, causesOf(result)) : undefined;
    if (parts === undefined) pieces.push({ packet: next, result });
    else open.push(...parts);
  }
  return pieces;
}

const numberFields = ["protocol", "sourcePort", "destinationPort", "icmpType", "icmpCode"] as const;
const addressFields = ["source", "destination"] as const;

function partBy(packet: Packet, causes: readonly Cause[]): [Packet, Packet] | undefined {
  for (const cause of causes) {
    if (cause.kind === "number") {
      const field = numberFields.find((name) => packet[name] === cause.open);
      if (field === undefined) continue;
      const inside = narrow(intersection(cause.open, cause.inside));
      const rest = narrow(difference(portDomain, cause.open, cause.inside));
      return [
        { ...packet, [field]: rest },
        { ...packet, [field]: inside },
      ];
    }
    if (cause.kind === "address") {
      const field = addressFields.find((name) => packet[name] === cause.open);
      if (field === undefined) continue;
      const inside = narrowAddresses(intersectAddresses(cause.open, cause.inside));
      const rest = narrowAddresses(subtractAddresses(cause.open, cause.inside));
      return [
        { ...packet, [field]: rest },
        { ...packet, [field]: inside },
      ];
    }
  }
  return undefined;
}

/** A set of one is a value. */
function narrow(set: readonly number[]): number | readonly number[] {
  const [first, last] = set;
  return set.length === 2 && first === last && first !== undefined ? first : set;
}

function narrowAddresses(set: ReturnType<typeof intersectAddresses>): Packet["source"] {
  if (isAddress(set)) return set;
  const [first4, last4] = set.v4;
  if (set.v4.length === 2 && set.v6.length === 0 && first4 === last4 && first4 !== undefined)
    return { family: 4, value: first4 };
  const [first6, last6] = set.v6;
  if (set.v6.length === 2 && set.v4.length === 0 && first6 === last6 && first6 !== undefined)
    return { family: 6, value: first6 };
  return set;
}
