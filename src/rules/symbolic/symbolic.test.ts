// Holds the sets to the other readings: random matches to `matches`, random chains to `evaluate`, packet by packet.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Space, type PacketSet } from "../../space/space.ts";
import { evaluate } from "../evaluate.ts";
import type { Match } from "../match.ts";
import { matches } from "../matches.ts";
import type { Chain, ChainSet } from "../rule.ts";
import { isMaybe } from "../truth.ts";
import type { View } from "../view.ts";
import { chainSets, type ChainSets } from "./chain-sets.ts";
import type { MarkNow } from "./marks.ts";
import { matchSets } from "./match-sets.ts";
import { anyChains, anyMatch, anyView, endpointIds, interfaceNames } from "./testing.ts";
import { verdicts } from "./verdicts.ts";

const newSpace = (): Space =>
  new Space({
    question: "a test",
    interfaces: [...interfaceNames, "eth+", "w+"],
    endpoints: endpointIds,
  });

/** The one packet that a fully known view is. */
function only(
  space: Space,
  { packet, inInterface, outInterface, state, mark, connectionMark }: View,
): PacketSet {
  return space.packet(packet, {
    ...(inInterface === undefined ? {} : { inInterface }),
    ...(outInterface === undefined ? {} : { outInterface }),
    ...(state === undefined ? {} : { state }),
    ...(mark === undefined ? {} : { mark }),
    ...(connectionMark === undefined ? {} : { connectionMark }),
  });
}

describe("a match as sets", () => {
  test("says of every packet what matches says", () => {
    const space = newSpace();
    fc.assert(
      fc.property(anyMatch, fc.array(anyView, { minLength: 8, maxLength: 8 }), (match, views) => {
        const { must, may } = matchSets(space, match);
        expect(space.isSubset(must, may)).toBe(true);
        for (const view of views) {
          const truth = matches(match, view);
          const packet = only(space, view);
          expect({ must: space.isSubset(packet, must), may: space.overlaps(packet, may) }).toEqual({
            must: truth === true,
            may: truth !== false,
          });
          expect(isMaybe(truth)).toBe(space.isSubset(packet, space.minus(may, must)));
        }
      }),
      { numRuns: 1500 },
    );
  });
});

/** The kinds of outcome that are possible for a packet, by its sets. */
function possible(space: Space, sets: ChainSets, packet: PacketSet): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const kind of ["accept", "reject", "drop", "queue", "unknown", "none"] as const)
    if (space.overlaps(sets[kind], packet)) kinds.add(kind);
  for (const { translation, set } of sets.translations)
    if (space.overlaps(set, packet)) kinds.add(`translate ${translation.kind}`);
  return kinds;
}

/** The same, by walking the one packet; `drop` counts refusals with an answer too. */
function decided(chain: Chain, chains: ChainSet, view: View): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const { outcome } of evaluate(chain, chains, view).decisions) {
    kinds.add(outcome.kind === "translate" ? `translate ${outcome.translation.kind}` : outcome.kind);
    if (outcome.kind === "reject") kinds.add("drop");
  }
  return kinds;
}

function valueOf(now: MarkNow | undefined, view: View): number | undefined {
  if (now === undefined || view.mark === undefined || view.connectionMark === undefined) return undefined;
  return ((view.mark & now.packet) ^ (view.connectionMark & now.connection) ^ now.flip) >>> 0;
}

function first(chains: ChainSet): Chain {
  const chain = chains.get("c0");
  if (chain === undefined) throw new Error("no chain");
  return chain;
}

const several = fc.array(anyView, { minLength: 6, maxLength: 6 });

describe("a chain as sets", () => {
  test("decides every packet as evaluate does, whatever rules do to marks and tracking", () => {
    fc.assert(
      fc.property(anyChains(false), several, (chains, views) => {
        const space = newSpace();
        const chain = first(chains);
        const sets = chainSets(space, chain, chains, space.all);
        for (const view of views) {
          const packet = only(space, view);
          const walked: View = { ...view };
          const { notrack } = evaluate(chain, chains, walked);
          expect(possible(space, sets, packet)).toEqual(decided(chain, chains, { ...view }));
          expect({
            must: space.overlaps(sets.notrack.must, packet),
            may: space.overlaps(sets.notrack.may, packet),
          }).toEqual({ must: notrack === true, may: notrack !== false });
          const [branch, ...others] = sets.marks.filter(({ set }) => space.overlaps(set, packet));
          expect(others).toEqual([]);
          expect([valueOf(branch?.packet, view), valueOf(branch?.connection, view)]).toEqual([
            walked.mark,
            walked.connectionMark,
          ]);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test("follows a mark that was saved whole, and knows it no more where the saving rule may not have matched", () => {
    const space = newSpace();
    const origin = { file: "hand", line: 1 };
    const save = { kind: "copy-mark", from: "packet", fromMask: 0xffffffff, toMask: 0xffffffff } as const;
    const chainOf = (match: Match): Chain => ({
      name: "hand",
      origin,
      rules: [
        { match, actions: [save], origin, text: "CONNMARK --save-mark" },
        {
          match: { kind: "mark", of: "connection", mask: 0xffffffff, set: [9, 9] },
          actions: [{ kind: "drop" }],
          origin,
          text: "-m connmark --mark 9 -j DROP",
        },
      ],
    });
    const tracked = space.state(["new", "established", "related"]);
    const nine = space.and(tracked, space.mark("packet", 0xffffffff, [9, 9]));
    const saved = chainSets(space, chainOf({ kind: "always" }), new Map(), tracked);
    expect([saved.drop, saved.none]).toEqual([nine, space.minus(tracked, nine)]);
    const unsure = chainSets(space, chainOf({ kind: "unknown", what: "a coin" }), new Map(), tracked);
    expect([unsure.drop, unsure.none]).toEqual([tracked, tracked]);
  });

  test("decides as evaluate does where chains lead back to themselves", () => {
    fc.assert(
      fc.property(anyChains(true), several, (chains, views) => {
        const space = newSpace();
        const chain = first(chains);
        let sets: ChainSets;
        try {
          sets = chainSets(space, chain, chains, space.all);
        } catch (error) {
          fc.pre(!(error instanceof Error && /come to no end/.test(error.message)));
          throw error;
        }
        for (const view of views)
          expect(possible(space, sets, only(space, view))).toEqual(decided(chain, chains, { ...view }));
      }),
      { numRuns: 60 },
    );
  });

  test("answers only for the packets that entered", () => {
    fc.assert(
      fc.property(anyChains(false), anyMatch, several, (chains, match, views) => {
        const space = newSpace();
        const chain = first(chains);
        const entering = matchSets(space, match).may;
        const sets = chainSets(space, chain, chains, entering);
        for (const view of views) {
          const packet = only(space, view);
          const expected = space.overlaps(packet, entering) ? decided(chain, chains, { ...view }) : new Set();
          expect(possible(space, sets, packet)).toEqual(expected);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("parts the packets that entered into allowed, denied and depends", () => {
    fc.assert(
      fc.property(anyChains(false), several, (chains, views) => {
        const space = newSpace();
        const chain = first(chains);
        const { allowed, denied, depends } = verdicts(space, chainSets(space, chain, chains, space.all));
        expect(space.unionOf([allowed, denied, depends])).toBe(space.all);
        expect([
          space.overlaps(allowed, denied),
          space.overlaps(allowed, depends),
          space.overlaps(denied, depends),
        ]).toEqual([false, false, false]);
        for (const view of views) {
          const kinds = decided(chain, chains, { ...view });
          const refused = kinds.has("drop");
          const passed = [...kinds].some((kind) => !["drop", "reject", "unknown"].includes(kind));
          const verdict = kinds.has("unknown") || (refused && passed) ? depends : refused ? denied : allowed;
          expect(space.isSubset(only(space, view), verdict)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
