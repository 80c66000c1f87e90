// Unfolds a chain and all that it calls into one program: the rules in the order in which a packet meets them, each with
// what the jumps that lead to it ask, returns and gotos as skips. Judges nothing.
import type { Family } from "../../packet/address.ts";
import type { Extent, Region } from "../boxes/model.ts";
import { boxCount } from "../boxes/boxes.ts";
import { meet, nowhere } from "../boxes/regions.ts";
import { all, always, type Match } from "../match.ts";
import type { Action, Chain, ChainSet, Rule } from "../rule.ts";
import { calledFrom, matchesOf } from "./called.ts";
import type { Effect, Program } from "./program.ts";
import { withoutHidden } from "./shown.ts";
import { Universe } from "./universe.ts";
import { decide, policyAction } from "./verdicts.ts";

/** Where a rule stands: its chain, and the jumps that led there, outermost first. */
export interface Place {
  readonly rule: Rule;
  readonly chain: string;
  readonly via: readonly Rule[];
}

export interface Unfolded {
  readonly program: Program;
  readonly universe: Universe;
  /** One for each rule of the program. */
  readonly places: readonly Place[];
  /** Whether the rule's own test holds for no packet, wherever it stands. */
  readonly holdsNever: (rule: Rule) => boolean;
}

/** A program of more rules or boxes is not made. */
const mostRules = 200_000;
const mostBoxes = 2_000_000;
/** As in evaluate.ts. */
const deepest = 512;

type Bounds = Pick<Extent, "must" | "may">;
interface Entry {
  readonly place: Place;
  readonly bounds: Bounds;
  effect: Effect;
}

/** Where a chain is walked: what leads there, and the skips that wait to learn where it ends. */
interface Frame {
  readonly chain: Chain;
  readonly via: readonly Rule[];
  readonly bounds: Bounds;
  readonly toEnd: Entry[];
}

/** Thrown inside an unfolding alone, to leave it from any depth. */
class TooLarge extends Error {}

/** Undefined: it would be too large. */
export function unfold(chain: Chain, chains: ChainSet, families: readonly Family[]): Unfolded | undefined {
  const unfolding = new Unfolding(chain, chains, families);
  try {
    return unfolding.run(chain);
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

class Unfolding {
  readonly #chains: ChainSet;
  readonly #universe: Universe;
  readonly #shown: (match: Match) => Match;
  readonly #entries: Entry[] = [];
  readonly #bounds = new Map<Match, Bounds>();
  #boxes = 0;

  constructor(chain: Chain, chains: ChainSet, families: readonly Family[]) {
    this.#chains = chains;
    const called = calledFrom(chain, chains);
    this.#shown = withoutHidden(called);
    const matches = called.flatMap(({ rules }) =>
      rules.flatMap((rule) => matchesOf(rule.match, rule.actions)),
    );
    this.#universe = new Universe(families, matches.map(this.#shown));
  }

  run(chain: Chain): Unfolded {
    this.#chain({ chain, via: [], bounds: this.#universe.extent(always), toEnd: [] }, 0);
    if (chain.policy !== undefined) this.#policy(chain, chain.policy);
    const entries = this.#entries;
    const exact = entries.every(({ bounds }) => bounds.must === bounds.may);
    const may = this.#universe.pack(entries.map(({ bounds }) => bounds.may));
    const rules = new Map<Rule, number>();
    const same = entries.map(({ place }) => {
      const number = rules.get(place.rule) ?? rules.size;
      rules.set(place.rule, number);
      return number;
    });
    return {
      program: {
        effects: entries.map(({ effect }) => effect),
        must: exact ? may : this.#universe.pack(entries.map(({ bounds }) => bounds.must)),
        may,
        same,
        hidden: this.#universe.axes.flatMap(({ kind }, at) => (kind === "condition" ? [at] : [])),
      },
      universe: this.#universe,
      places: entries.map(({ place }) => place),
      holdsNever: ({ match }) => this.#own(match).may.length === 0,
    };
  }

  #policy(chain: Chain, rule: Rule): void {
    this.#add(
      { rule, chain: chain.name, via: [] },
      this.#universe.extent(always),
      decide(policyAction(rule)),
    );
  }

  /** Where a match holds by itself. */
  #own(match: Match): Bounds {
    const known = this.#bounds.get(match);
    if (known !== undefined) return known;
    const bounds = this.#universe.extent(this.#shown(match));
    this.#bounds.set(match, bounds);
    return bounds;
  }

  #within(outer: Bounds, match: Match): Bounds {
    return within(outer, this.#own(match));
  }

  #add(place: Place, bounds: Bounds, effect: Effect): Entry {
    const entry = { place, bounds, effect };
    this.#boxes += boxCount(bounds.may) + (bounds.must === bounds.may ? 0 : boxCount(bounds.must));
    if (this.#entries.length === mostRules || this.#boxes > mostBoxes) throw new TooLarge();
    this.#entries.push(entry);
    return entry;
  }

  #chain(frame: Frame, depth: number): void {
    for (const rule of frame.chain.rules) {
      const before = this.#entries.length;
      const place = { rule, chain: frame.chain.name, via: frame.via };
      const bounds = this.#within(frame.bounds, rule.match);
      this.#actions(rule.actions, place, bounds, frame, depth);
      if (this.#entries.length === before) this.#add(place, bounds, { kind: "pass" });
    }
    for (const entry of frame.toEnd) entry.effect = { kind: "skip", to: this.#entries.length };
  }

  #actions(actions: readonly Action[], place: Place, bounds: Bounds, frame: Frame, depth: number): void {
    let here = bounds;
    for (const action of actions) {
      switch (action.kind) {
        case "accept":
        case "drop":
        case "reject":
        case "queue":
        case "dnat":
        case "snat":
        case "masquerade":
        case "redirect":
        case "netmap":
          this.#add(place, here, decide(action));
          return;
        case "return":
          this.#return(place, here, frame);
          return;
        case "jump":
          here = this.#call(action.chain, place, here, depth);
          break;
        case "goto":
          here = this.#call(action.chain, place, here, depth);
          this.#return(place, here, frame);
          return;
        case "lookup":
          this.#lookup(action, place, here, frame, depth);
          break;
        case "when":
          here = this.#within(here, action.match);
          this.#actions(action.actions, place, here, frame, depth);
          break;
        case "unknown":
          this.#add(place, here, { kind: "unknown" });
          break;
        case "log":
        case "set-mark":
        case "copy-mark":
        case "notrack":
          this.#add(place, here, { kind: "pass" });
          break;
        case "note":
          break;
      }
    }
  }

  #return(place: Place, bounds: Bounds, frame: Frame): void {
    frame.toEnd.push(this.#add(place, bounds, { kind: "pass" }));
  }

  /** Walks a chain, and says for which packets it did. */
  #call(name: string, place: Place, bounds: Bounds, depth: number): Bounds {
    const chain = this.#chains.get(name);
    if (chain === undefined || depth > deepest) {
      this.#add(place, bounds, { kind: "unknown" });
      return bounds;
    }
    this.#add(place, bounds, { kind: "pass" });
    if (bounds.may.length === 0) return bounds;
    const inside = this.#universe.conditioned(bounds);
    this.#chain({ chain, via: [...place.via, place.rule], bounds: inside, toEnd: [] }, depth + 1);
    return inside;
  }

  /** A verdict map: the first entry that holds the packet, and nothing of those behind it. */
  #lookup(
    { fields, entries, name }: Extract<Action, { kind: "lookup" }>,
    place: Place,
    bounds: Bounds,
    frame: Frame,
    depth: number,
  ): void {
    const toEnd: Entry[] = [];
    for (const { key, match, actions } of entries) {
      const test: Match = { kind: "tuple", fields, elements: [key], name };
      const held = this.#within(bounds, match === undefined ? test : all(test, match));
      this.#actions(actions, place, held, frame, depth);
      if (!actions.some(({ kind }) => endsAlways.has(kind)))
        toEnd.push(this.#add(place, held, { kind: "pass" }));
    }
    for (const entry of toEnd) entry.effect = { kind: "skip", to: this.#entries.length };
  }
}

/** Actions behind which nothing happens. */
const endsAlways: ReadonlySet<Action["kind"]> = new Set<Action["kind"]>([
  "accept",
  "drop",
  "reject",
  "queue",
  "dnat",
  "snat",
  "masquerade",
  "redirect",
  "netmap",
  "return",
  "goto",
]);

function within(outer: Bounds, inner: Bounds): Bounds {
  // Where there would be too many products, the looser bound stands.
  const may = meet(outer.may, inner.may) ?? inner.may;
  if (outer.must === outer.may && inner.must === inner.may) {
    const both: Region | undefined = meet(outer.may, inner.may);
    return both === undefined ? { must: nowhere, may } : { must: both, may: both };
  }
  return { must: meet(outer.must, inner.must) ?? nowhere, may };
}
