// The ends of a pair as the engine handles them: whether they can meet, and what a walk and the rings call them.
import type { Endpoint } from "../../estate/find.ts";
import type { Interface } from "../../estate/model.ts";
import type { Address, Family } from "../../packet/address.ts";
import type { Inside } from "./classes.ts";
import type { Outside } from "./outside-classes.ts";
import type { Party } from "./ways.ts";

export type End = Inside | Outside;

/** Equal texts, equal small numbers. */
export function numbered(texts: readonly string[]): number[] {
  const numbers = new Map<string, number>();
  return texts.map((text) => {
    let number = numbers.get(text);
    if (number === undefined) numbers.set(text, (number = numbers.size));
    return number;
  });
}

/** In one subnet, where no router stands between them. */
export function isNear(a: End, b: End): boolean {
  return "first" in a && "first" in b && a.first.subnet === b.first.subnet;
}

/** Whether a connection between the two is a question at all. */
export function canMeet(a: End, b: End, family: Family): boolean {
  if (a === b && ("address" in a || a.second === undefined)) return false;
  if ("address" in a) return a.family === family && a.begins && "first" in b && has(b.first, family);
  return has(a.first, family) && ("first" in b ? has(b.first, family) : b.family === family);
}

function has(place: Interface, family: Family): boolean {
  return place.addresses.some((item) => item.address.family === family);
}

export function endpointOf(end: End, place: Interface | undefined, address?: Address): Endpoint {
  return "address" in end
    ? { kind: "outside", name: end.end.name, addresses: end.address }
    : {
        kind: "inside",
        name: end.end.name,
        interfaces: place === undefined ? [] : [place],
        ...(address === undefined ? {} : { address }),
      };
}

export function partyOf(end: End, second: boolean, family: Family): Party | undefined {
  if ("address" in end) return { address: end.address };
  const place = second ? (end.second ?? end.first) : end.first;
  const own = place.addresses.find((item) => item.address.family === family);
  if (own === undefined) return undefined;
  return { place, address: own.address, ...(own.public === undefined ? {} : { shown: own.public }) };
}
