// What all rings of a way together make of a pair's flows: allowed there and back, possible, or there without an answer.
import type { PacketSet } from "../../space/space.ts";
import type { Asker, Pair } from "./asker.ts";
import type { Crossing, Way } from "./ways.ts";

export interface Outcome {
  readonly allowed: PacketSet;
  readonly depends: PacketSet;
  readonly oneWay: PacketSet;
}

interface Leg {
  must: PacketSet;
  may: PacketSet;
}

/** Undefined: sets can't follow some of the flows; they have to be walked. */
export function outcomeOf(asker: Asker, way: Way, pair: Pair): Outcome | undefined {
  const { space } = asker;
  if (way.tangled) return undefined;
  const there: Leg = { must: pair.flows, may: pair.flows };
  if (!follow(asker, way.there, pair, there)) return undefined;
  const nothing = { allowed: space.none, depends: space.none, oneWay: space.none };
  if (there.may === space.none) return nothing;
  if (way.steps.some((step) => step.verdict === "depends")) there.must = space.none;
  if (!way.returns) return { ...nothing, oneWay: there.must };
  const back: Leg = { must: there.may, may: there.may };
  if (!follow(asker, way.back, pair, back)) return undefined;
  if (way.backSteps.some((step) => step.verdict === "depends")) back.must = space.none;
  const allowed = space.and(there.must, back.must);
  return {
    allowed,
    depends: space.minus(space.and(there.may, back.may), allowed),
    oneWay: space.minus(there.must, back.may),
  };
}

/** Cheap rings that let little through come first: what they refuse, the others need not be asked about. */
const ranks: Readonly<Record<Crossing["stop"]["kind"], number>> = {
  listening: 0,
  answers: 1,
  "security-groups": 2,
  "network-acl": 3,
  "packet-filter": 4,
  "network-policies": 5,
  host: 6,
};

const ordered = new WeakMap<readonly Crossing[], readonly Crossing[]>();

function inOrder(crossings: readonly Crossing[]): readonly Crossing[] {
  let sorted = ordered.get(crossings);
  if (sorted === undefined) {
    // The end's rings are the last on the way, and the ones that people close.
    sorted = crossings.toReversed().toSorted((a, b) => ranks[a.stop.kind] - ranks[b.stop.kind]);
    ordered.set(crossings, sorted);
  }
  return sorted;
}

/** Narrows a leg ring by ring; false where sets can't follow some of the flows that got so far. */
function follow(asker: Asker, crossings: readonly Crossing[], pair: Pair, leg: Leg): boolean {
  const { space } = asker;
  for (const crossing of inOrder(crossings)) {
    const answer = asker.lets(crossing, pair);
    if (answer.beyond !== undefined && space.overlaps(answer.beyond, leg.may)) return false;
    leg.may = space.and(leg.may, answer.may);
    if (leg.may === space.none) {
      leg.must = space.none;
      return true;
    }
    leg.must = space.and(leg.must, answer.must);
  }
  return true;
}
