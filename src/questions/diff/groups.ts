// The common change, settled cheaply: where rules of security groups alone have changed, a pair for which the groups of
// both ends say what they said before exchanges the same flows, since everything else on its way is the same.
import type { Direction } from "../../layers/ports.ts";
import type { Address } from "../../packet/address.ts";
import type { Engine } from "../reach/engine.ts";
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
  const [place] = own.members;
  if (own.touched === "more" || place === undefined) return false;
  const peers = addressesOf(before, other);
  if (peers.length === 0) return false;
  return peers.every((peer) => {
    const [was, is] = [before.groupsLet(place, direction, peer), after.groupsLet(place, direction, peer)];
    return was !== undefined && is !== undefined && was.must === is.must && was.may === is.may;
  });
}

const known = new WeakMap<JointEnd, readonly Address[]>();

/**
 * The addresses by which an end may be seen. Of its own members, not of its class on one side: a new rule may tell the
 * members of what was one class apart.
 */
function addressesOf(before: Engine, end: JointEnd): readonly Address[] {
  let addresses = known.get(end);
  if (addresses === undefined) known.set(end, (addresses = readAddresses(before, end)));
  return addresses;
}

function readAddresses(before: Engine, { address, members }: JointEnd): Address[] {
  const places = members.slice(0, 2).flatMap((id) => before.estate.interfaces.get(id) ?? []);
  return [
    ...(address === undefined ? [] : [address]),
    ...places.flatMap((place) =>
      place.addresses.flatMap((item) => [item.address, ...(item.public === undefined ? [] : [item.public])]),
    ),
  ];
}
