// The common change, settled cheaply: where rules of security groups alone have changed, a pair for which the groups of
// both ends say what they said before exchanges the same flows, since everything else on its way is the same.
import type { Direction } from "../../layers/ports.ts";
import type { Address } from "../../packet/address.ts";
import { lowestAddress } from "../../packet/address-set.ts";
import type { Engine } from "../reach/engine.ts";
import type { EndClass } from "../reach/model.ts";
import type { JointEnd } from "./joint.ts";

/** False where it has to be worked out. */
export function sameGroups(before: Engine, after: Engine, from: JointEnd, to: JointEnd): boolean {
  return (
    (from.touched !== undefined || to.touched !== undefined) &&
    sameSide(before, after, from, to, "outbound") &&
    sameSide(before, after, to, from, "inbound")
  );
}

/** Whether an end's groups treat the other end as before. */
function sameSide(
  before: Engine,
  after: Engine,
  own: JointEnd,
  other: JointEnd,
  direction: Direction,
): boolean {
  if (own.touched === undefined) return true;
  const place = memberOf(own);
  if (own.touched === "more" || place === undefined || other.before === undefined) return false;
  return addressesOf(before, other.before).every((peer) => {
    const [was, is] = [before.groupsLet(place, direction, peer), after.groupsLet(place, direction, peer)];
    return was !== undefined && is !== undefined && was.must === is.must && was.may === is.may;
  });
}

/** An interface that is there on both sides, and stands for the others. */
function memberOf({ before, after }: JointEnd): string | undefined {
  if (before?.kind !== "inside" || after?.kind !== "inside") return undefined;
  const now = new Set(after.interfaces);
  return before.interfaces.find((id) => now.has(id));
}

const known = new WeakMap<EndClass, readonly Address[]>();

/** The addresses by which a class may be seen: rules of the groups treat its members alike. */
function addressesOf(engine: Engine, end: EndClass): readonly Address[] {
  let addresses = known.get(end);
  if (addresses === undefined) known.set(end, (addresses = readAddresses(engine, end)));
  return addresses;
}

function readAddresses(engine: Engine, end: EndClass): Address[] {
  if (end.kind === "outside") {
    const lowest = lowestAddress(end.addresses);
    return lowest === undefined ? [] : [lowest];
  }
  const places = end.interfaces.slice(0, 2).flatMap((id) => engine.estate.interfaces.get(id) ?? []);
  return places.flatMap((place) =>
    place.addresses.flatMap((item) => [item.address, ...(item.public === undefined ? [] : [item.public])]),
  );
}
