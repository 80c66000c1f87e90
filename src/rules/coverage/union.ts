// The analysis of a list without order, where any matching rule permits (security groups): which rules add nothing to the
// others. Each that is found is left out for the next, so that all of them can be taken out together.
import type { Fact } from "./facts.ts";
import type { ListOptions } from "./list.ts";
import type { FlatBoxes } from "./program.ts";
import type { Box } from "./search.ts";
import { Walks } from "./walks.ts";

type UnionFact = Extract<Fact, { kind: "never" | "reached" | "redundant" | "undecided" }>;

/**
 * For each rule one fact: `never`, `reached` (with a packet that it alone permits), or `redundant` (with rules that permit all of
 * it together). Of rules that permit the same the first stays; a small rule is found redundant before a broad one.
 *
 * @param rules how many there are
 * @example analyseUnion(3, boxes, boxes).filter(({ kind }) => kind === "redundant")
 */
export function analyseUnion(
  rules: number,
  must: FlatBoxes,
  may: FlatBoxes,
  options: Pick<ListOptions, "bound" | "recognisable"> = {},
): UnionFact[] {
  const permit = { kind: "decide", verdict: { key: "accept", side: "permit" } } as const;
  const effects = Array.from({ length: rules }, () => permit);
  const walks = new Walks({ effects, must, may }, options.bound ?? 20_000_000, options.recognisable);
  const facts = new Map<number, UnionFact>();
  const sizes = effects.map((_, rule) => sizeOf(walks, rule));
  const bySize = [...sizes.keys()].sort((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0) || b - a);
  for (const rule of bySize) {
    const fact = judge(walks, rule);
    if (fact.kind === "redundant" || fact.kind === "never") walks.live[rule] = 0;
    facts.set(rule, fact);
  }
  return [...facts].sort(([a], [b]) => a - b).map(([, fact]) => fact);
}

/** Enough to tell narrow rules from broad ones: the boxes' sizes, added up. */
function sizeOf(walks: Walks, rule: number): number {
  const sizes = walks.may(rule).map((box) => {
    const { low, high } = walks.box(box);
    return low.reduce((size, first, side) => size * ((high[side] ?? 0) - first + 1), 1);
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

function judge(walks: Walks, rule: number): UnionFact {
  const regions = walks.may(rule).map((box) => walks.box(box));
  const [first] = regions;
  if (first === undefined) return { kind: "never", rule };
  walks.begin();
  const used = new Set<number>();
  for (const region of regions) {
    const found = freeOf(walks, rule, region);
    if (found.kind === "bound") return { kind: "undecided", rule, question: "redundant" };
    if (found.kind === "point") return neededFor(walks, rule, found.point);
    for (const box of found.used) used.add(walks.table.rule[box] ?? 0);
  }
  const [witness] = walks.samples(first);
  return {
    kind: "redundant",
    rule,
    by: fewest(walks, rule, regions, [...used]),
    byPolicy: false,
    witness: walks.point(witness ?? first.low),
  };
}

function neededFor(walks: Walks, rule: number, point: Uint32Array): UnionFact {
  if (walks.certain) return { kind: "reached", rule, witness: walks.point(point), certain: true };
  for (const box of walks.must(rule)) {
    const found = freeOf(walks, rule, walks.box(box), "certain");
    if (found.kind === "point")
      return { kind: "reached", rule, witness: walks.point(found.point), certain: true };
  }
  return { kind: "reached", rule, witness: walks.point(point), certain: false };
}

/** A packet of the region that no other rule permits: `possible`, none does for certain; `certain`, none even may. */
function freeOf(
  walks: Walks,
  rule: number,
  region: Box,
  mode: "possible" | "certain" = "possible",
  only?: ReadonlySet<number>,
): ReturnType<Walks["escape"]> {
  const { takers } = walks.obstacles(region, 0, walks.count, mode);
  const others = takers.filter(({ box }) => {
    const other = walks.table.rule[box] ?? 0;
    return other !== rule && only?.has(other) !== false;
  });
  return walks.escape(region, { takers: others, skips: [] });
}

function fewest(
  walks: Walks,
  rule: number,
  regions: readonly Box[],
  used: readonly number[],
): readonly number[] {
  let left = used.toSorted((a, b) => a - b);
  for (const other of left.toReversed()) {
    if (left.length === 1) break;
    walks.begin();
    const without = new Set(left.filter((one) => one !== other));
    if (regions.every((region) => freeOf(walks, rule, region, "possible", without).kind === "none"))
      left = [...without];
  }
  return left;
}
