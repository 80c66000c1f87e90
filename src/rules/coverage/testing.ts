// A universe small enough to count out: three dimensions of eight coordinates, programs drawn at random from it, and a walk
// that tries every way that unknown matches leave open.
import * as fc from "fast-check";
import type { Fact } from "./facts.ts";
import type { Effect, FlatBoxes, Point, Program } from "./program.ts";

export type Sides = readonly (readonly [number, number])[];

const dimensions = [{ last: 7 }, { last: 7 }, { last: 7 }];

export const everyPoint: readonly Point[] = Array.from({ length: 512 }, (_, at) => [
  at >> 6,
  (at >> 3) & 7,
  at & 7,
]);

/** Boxes of rules: one list for each rule. */
export function boxes(rules: readonly (readonly Sides[])[]): FlatBoxes {
  const each = rules.flatMap((of, rule) => of.map((sides) => ({ rule, sides })));
  return {
    dimensions,
    count: each.length,
    low: Uint32Array.from(each.flatMap(({ sides }) => sides.map(([low]) => low))),
    high: Uint32Array.from(each.flatMap(({ sides }) => sides.map(([, high]) => high))),
    rule: Uint32Array.from(each.map(({ rule }) => rule)),
  };
}

/** Whether a rule has a box that holds the point. */
export function matched(flat: FlatBoxes, rule: number, point: Point): boolean {
  for (let box = 0; box < flat.count; box += 1)
    if (
      flat.rule[box] === rule &&
      point.every((value, side) => {
        const cell = box * point.length + side;
        return (flat.low[cell] ?? 0) <= value && value <= (flat.high[cell] ?? 0);
      })
    )
      return true;
  return false;
}

/** Whether a rule of a program may match the point. */
export function matchedBy(program: Program, rule: number, point: Point): boolean {
  return matched(program.may, rule, point);
}

export interface Walked {
  /** The keys of every verdict that is possible, sorted; `none` where nothing decides, `unknown` where nobody knows. */
  readonly verdicts: ReadonlySet<string>;
  /** Rules that the packet may come to and match. */
  readonly seen: ReadonlySet<number>;
  /** Rules that it certainly comes to and matches. */
  readonly surelySeen: ReadonlySet<number>;
}

/** Every way of a packet through a program, rule by rule, with some rules left out. */
export function walk(program: Program, point: Point, without: ReadonlySet<number> = new Set()): Walked {
  const verdicts = new Set<string>();
  const seen = new Set<number>();
  const ways: ReadonlySet<number>[] = [];
  const go = (start: number, seenBefore: ReadonlySet<number>): void => {
    const matchedHere = new Set(seenBefore);
    for (let rule = start; rule < program.effects.length; rule += 1) {
      if (without.has(rule) || !matched(program.may, rule, point)) continue;
      if (!matched(program.must, rule, point)) go(rule + 1, matchedHere);
      seen.add(rule);
      matchedHere.add(rule);
      const effect = program.effects[rule];
      if (effect?.kind === "decide" || effect?.kind === "unknown") {
        verdicts.add(effect.kind === "decide" ? effect.verdict.key : "unknown");
        ways.push(matchedHere);
        if (effect.kind === "decide") return;
      }
      if (effect?.kind === "skip") rule = effect.to - 1;
    }
    verdicts.add(program.otherwise?.key ?? "none");
    ways.push(matchedHere);
  };
  go(0, new Set());
  const surelySeen = new Set([...seen].filter((rule) => ways.every((way) => way.has(rule))));
  return { verdicts: new Set([...verdicts].sort()), seen, surelySeen };
}

const side: fc.Arbitrary<readonly [number, number]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant([0, 7] as const) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(7), fc.nat(7))
      .map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const))),
  },
);
const box: fc.Arbitrary<Sides> = fc.tuple(side, side, side);

const effect = (at: number, count: number): fc.Arbitrary<Effect> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constant<Effect>({ kind: "decide", verdict: { key: "accept", side: "permit" } }),
    },
    { weight: 4, arbitrary: fc.constant<Effect>({ kind: "decide", verdict: { key: "drop", side: "deny" } }) },
    {
      weight: 1,
      arbitrary: fc.constant<Effect>({ kind: "decide", verdict: { key: "queue", side: "other" } }),
    },
    { weight: 1, arbitrary: fc.constant<Effect>({ kind: "pass" }) },
    { weight: 1, arbitrary: fc.constant<Effect>({ kind: "unknown" }) },
    {
      weight: 2,
      arbitrary: fc.integer({ min: at + 1, max: count }).map((to): Effect => ({ kind: "skip", to })),
    },
  );

const rule = fc.record({
  boxes: fc.oneof(
    { weight: 6, arbitrary: fc.array(box, { minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.array(box, { maxLength: 3 }) },
  ),
  /** What it certainly matches of these: all, or nothing. */
  sure: fc.oneof({ weight: 7, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  /** A part that it only may match. */
  perhaps: fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(box, { maxLength: 1 }) },
  ),
});

/** Up to nine rules with any effects; some matches hold certainly in a part of what they may match. */
export const smallProgram: fc.Arbitrary<Program> = fc
  .array(rule, { minLength: 1, maxLength: 9 })
  .chain((rules) =>
    fc.record({
      rules: fc.constant(rules),
      effects: fc.tuple(...rules.map((_, at) => effect(at, rules.length))),
      policy: fc.constantFrom("accept", "drop", undefined),
    }),
  )
  .map(({ rules, effects, policy }) => ({
    effects,
    must: boxes(rules.map((one) => (one.sure ? one.boxes : []))),
    may: boxes(rules.map((one) => [...one.boxes, ...one.perhaps])),
    ...(policy === undefined
      ? {}
      : { otherwise: { key: policy, side: policy === "accept" ? ("permit" as const) : ("deny" as const) } }),
  }));

/** The facts of one kind. */
export function ofKind<K extends Fact["kind"]>(
  facts: readonly Fact[],
  kind: K,
): Extract<Fact, { kind: K }>[] {
  return facts.filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind);
}
