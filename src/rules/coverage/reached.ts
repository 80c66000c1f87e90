// Which rules a packet can come to, and what hides the others. Leaves the hidden ones out of the walks, since they do
// nothing there.
import { common, type Obstacles, type Taker } from "./escape.ts";
import type { Agreement, Fact } from "./facts.ts";
import type { Effect } from "./program.ts";
import type { Box } from "./search.ts";
import type { Walks } from "./walks.ts";

/** For each rule, in order, whether it never matches, is reached, or is unreachable. */
export function reachedRules(walks: Walks): Fact[] {
  const facts: Fact[] = [];
  for (let rule = 0; rule < walks.count; rule += 1) {
    const fact = reach(walks, rule);
    if (fact.kind === "never" || fact.kind === "unreachable") walks.live[rule] = 0;
    facts.push(fact);
  }
  return facts;
}

interface Covered {
  readonly region: Box;
  readonly obstacles: Obstacles;
}

function reach(walks: Walks, rule: number): Fact {
  const boxes = walks.may(rule);
  if (boxes.length === 0) return { kind: "never", rule };
  walks.begin();
  const used = new Set<number>();
  const covered: Covered[] = [];
  for (const box of boxes) {
    const region = walks.box(box);
    const obstacles = walks.obstacles(region, 0, rule, "possible");
    const found = walks.escape(region, obstacles);
    if (found.kind === "bound") return { kind: "undecided", rule, question: "reached" };
    if (found.kind === "point") return reachedBy(walks, rule, found.point);
    for (const taker of found.used) used.add(walks.table.rule[taker] ?? 0);
    covered.push({ region, obstacles });
  }
  const by = fewest(walks, covered, [...used].sort(ascending));
  return { kind: "unreachable", rule, by, ...hiddenPacket(walks, rule, covered, by) };
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** A packet that may come to the rule came to hand: better one that certainly does. */
function reachedBy(walks: Walks, rule: number, point: Uint32Array): Fact {
  if (walks.surelyReaches(point, rule))
    return { kind: "reached", rule, witness: walks.point(point), certain: true };
  for (const box of walks.must(rule)) {
    const region = walks.box(box);
    const found = walks.escape(region, walks.obstacles(region, 0, rule, "certain"));
    if (found.kind === "point" && walks.surelyReaches(found.point, rule))
      return { kind: "reached", rule, witness: walks.point(found.point), certain: true };
  }
  return { kind: "reached", rule, witness: walks.point(point), certain: false };
}

/** A single rule that covers all, if there is one; else those of `used` that can't be left out. */
function fewest(walks: Walks, covered: readonly Covered[], used: readonly number[]): readonly number[] {
  if (used.length < 2) return used;
  if (covered.length > 1) {
    const alone = coveringAlone(walks, covered);
    if (alone !== undefined) return [alone];
  }
  const left = new Set(used);
  const few = covered.map(({ region, obstacles }) => ({
    region,
    obstacles: ofRules(walks, obstacles, left),
  }));
  for (const rule of used.toReversed()) {
    left.delete(rule);
    if (!covers(walks, few, left)) left.add(rule);
  }
  return used.filter((rule) => left.has(rule));
}

function ofRules({ table }: Walks, { takers, skips }: Obstacles, rules: ReadonlySet<number>): Obstacles {
  return { takers: takers.filter(({ box }) => rules.has(table.rule[box] ?? 0)), skips };
}

/** A rule that covers every one of the boxes by itself. */
function coveringAlone(walks: Walks, covered: readonly Covered[]): number | undefined {
  const [first, ...others] = covered.map(({ region, obstacles: { takers, skips } }) => {
    const byRule = new Map<number, Taker[]>();
    for (const taker of takers) {
      const rule = walks.table.rule[taker.box] ?? 0;
      const own = byRule.get(rule);
      if (own === undefined) byRule.set(rule, [taker]);
      else own.push(taker);
    }
    return (rule: number): boolean => {
      walks.begin();
      const own = byRule.get(rule);
      return own !== undefined && walks.escape(region, { takers: own, skips }).kind === "none";
    };
  });
  const { takers } = covered[0]?.obstacles ?? { takers: [] };
  const rules = new Set(takers.map(({ box }) => walks.table.rule[box] ?? 0));
  return [...rules].find((rule) => first?.(rule) === true && others.every((coversPart) => coversPart(rule)));
}

function covers(walks: Walks, covered: readonly Covered[], rules: ReadonlySet<number>): boolean {
  return covered.every(({ region, obstacles }) => {
    walks.begin();
    return walks.escape(region, ofRules(walks, obstacles, rules)).kind === "none";
  });
}

/** A packet of an unreachable rule that shows what happens in its place. */
function hiddenPacket(
  walks: Walks,
  rule: number,
  covered: readonly Covered[],
  by: readonly number[],
): Pick<Extract<Fact, { kind: "unreachable" }>, "agreement" | "witness" | "decidedBy"> {
  const effect = walks.effect(rule);
  const agreement = agreementOf(
    effect,
    by.map((one) => walks.effect(one)),
  );
  const packets = covered.flatMap(({ region, obstacles }) => [
    ...walks.samples(region).slice(0, 1),
    ...obstacles.takers
      .filter(({ box }) => by.includes(walks.table.rule[box] ?? 0))
      .slice(0, mostTried)
      .flatMap(({ box }) => walks.samples(common(walks.table, region, box)).slice(0, 1)),
  ]);
  let shown: { readonly point: Uint32Array; readonly decidedBy?: number } | undefined;
  for (const point of packets) {
    const decider = walks.decider(point);
    const known = decider === undefined || decider === walks.count ? {} : { decidedBy: decider };
    shown ??= { point, ...known };
    if (decider !== undefined && agreementOf(effect, [walks.effect(decider)]) === "opposite") {
      shown = { point, ...known };
      break;
    }
  }
  const { point, ...known } = shown ?? { point: new Uint32Array(walks.table.width) };
  return { agreement, witness: walks.point(point), ...known };
}

/** Packets that are tried for one that is decided otherwise. */
const mostTried = 16;

/** Rejecting and dropping are the same side; what translates or queues is neither the same nor the opposite. */
export function agreementOf(effect: Effect, others: readonly Effect[]): Agreement {
  if (effect.kind !== "decide") return "none";
  const { verdict } = effect;
  let same = 0;
  let opposite = 0;
  for (const other of others) {
    if (other.kind !== "decide") continue;
    if (
      other.verdict.key === verdict.key ||
      (other.verdict.side === verdict.side && verdict.side !== "other")
    )
      same += 1;
    else if (isOpposite(other.verdict.side, verdict.side)) opposite += 1;
  }
  return same === others.length ? "same" : opposite === others.length ? "opposite" : "mixed";
}

export function isOpposite(a: string, b: string): boolean {
  return (a === "permit" && b === "deny") || (a === "deny" && b === "permit");
}
