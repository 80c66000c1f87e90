// What all rings of a way together make of a pair's flows: allowed there and back, possible, or there without an answer.
import type { Bounds } from "../../rules/symbolic/bounds.ts";
import type { PacketSet } from "../../space/space.ts";
import type { Asker, Pair } from "./asker.ts";
import type { Crossing, Way } from "./ways.ts";

export interface Outcome {
  readonly allowed: PacketSet;
  readonly depends: PacketSet;
  readonly oneWay: PacketSet;
}

/** Undefined: sets can't follow some of the flows; they have to be walked. */
export function outcomeOf(asker: Asker, way: Way, pair: Pair): Outcome | undefined {
  const { space } = asker;
  if (way.tangled) return undefined;
  const nothing = { allowed: space.none, depends: space.none, oneWay: space.none };
  const edges = edgesOf(asker, way, pair);
  if (edges.there.may === space.none) return nothing;
  const { own } = partsOf(way);
  const there = follow(asker, own.there, pair, {
    must: space.and(edges.there.must, pair.flows),
    may: space.and(edges.there.may, pair.flows),
  });
  if (there === undefined) return undefined;
  if (there.may === space.none) return nothing;
  const sure = way.steps.some((step) => step.verdict === "depends") ? space.none : there.must;
  if (!way.returns) return { ...nothing, oneWay: sure };
  const back = follow(asker, own.back, pair, edges.back);
  if (back === undefined) return undefined;
  const sureBack = way.backSteps.some((step) => step.verdict === "depends") ? space.none : back.must;
  const allowed = space.and(sure, sureBack);
  return {
    allowed,
    depends: space.minus(space.and(there.may, back.may), allowed),
    oneWay: space.minus(sure, back.may),
  };
}

/** What the rings at the edges of subnets make of all flows; they ask for addresses alone, so many pairs share it. */
interface Edges {
  readonly there: Bounds;
  readonly back: Bounds;
}

const known = new WeakMap<Way, (Edges | undefined)[][]>();

function edgesOf(asker: Asker, way: Way, pair: Pair): Edges {
  let edges = known.get(way);
  if (edges === undefined) known.set(way, (edges = []));
  const row = (edges[pair.fromSpot] ??= []);
  return (row[pair.toSpot] ??= makeEdges(asker, way, pair));
}

function makeEdges(asker: Asker, way: Way, pair: Pair): Edges {
  const { shared } = partsOf(way);
  const all = asker.views.flowsOf(pair.family);
  const whole = { ...pair, flows: all };
  // Such rings never rewrite, so sets follow them.
  const leg = (crossings: readonly Crossing[]): Bounds =>
    follow(asker, crossings, whole, { must: all, may: all }) ?? { must: all, may: all };
  return { there: leg(shared.there), back: leg(shared.back) };
}

interface Parts {
  readonly shared: { readonly there: readonly Crossing[]; readonly back: readonly Crossing[] };
  readonly own: { readonly there: readonly Crossing[]; readonly back: readonly Crossing[] };
}

const parted = new WeakMap<Way, Parts>();

function partsOf(way: Way): Parts {
  let parts = parted.get(way);
  if (parts === undefined) {
    const isEdge = ({ stop }: Crossing): boolean =>
      stop.kind === "network-acl" || stop.kind === "packet-filter";
    // A ring that remembers lets everything through; a host's alone may have more to say.
    const asks = (one: Crossing): boolean => !one.remembers || one.stop.kind === "host";
    const [there, back] = [way.there.filter(asks), way.back.filter(asks)];
    parts = {
      shared: { there: there.filter(isEdge), back: back.filter(isEdge) },
      own: {
        there: inOrder(there.filter((one) => !isEdge(one))),
        back: inOrder(back.filter((one) => !isEdge(one))),
      },
    };
    parted.set(way, parts);
  }
  return parts;
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

/** The end's rings are the last on the way, and the ones that people close. */
function inOrder(crossings: readonly Crossing[]): readonly Crossing[] {
  return crossings.toReversed().toSorted((a, b) => ranks[a.stop.kind] - ranks[b.stop.kind]);
}

/** Narrows a leg ring by ring; undefined where sets can't follow some of the flows that got so far. */
function follow(
  asker: Asker,
  crossings: readonly Crossing[],
  pair: Pair,
  entering: Bounds,
): Bounds | undefined {
  const { space } = asker;
  let { must, may } = entering;
  for (const crossing of crossings) {
    if (may === space.none) break;
    const answer = asker.lets(crossing, pair);
    if (answer.beyond !== undefined && space.overlaps(answer.beyond, may)) return undefined;
    const exact = must === may && answer.must === answer.may;
    may = space.and(may, answer.may);
    must = exact ? may : space.and(must, answer.must);
  }
  return { must, may };
}
