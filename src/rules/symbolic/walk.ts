// The walk of many packets through the rules of a chain, action by action, as evaluate.ts has it for one. What it is asked and
// gives stands in model.ts.
import { Problem, type Origin } from "../../problem.ts";
import type { PacketSet, Space } from "../../space/space.ts";
import type { Match } from "../match.ts";
import type { Action, Chain, ChainSet, Rule } from "../rule.ts";
import { both, exactly, within, type Bounds } from "./bounds.ts";
import { changeMarks, marksAtEntry, testMarks, type MarkBranch } from "./marks.ts";
import { matchSets, type SetContext } from "./match-sets.ts";
import type { ChainSets, WalkOptions } from "./model.ts";
import { asksMark, type Needs } from "./needs.ts";
import { Outcomes } from "./outcomes.ts";
import { elementSets } from "./tuple-sets.ts";

/** As evaluate.ts has them. */
const deepest = 512;
const mostRules = 2_000_000;

/**
 * How deep jumps are followed where chains lead back to themselves. A packet can come out of a chain in six ways; what is
 * possible only grows with the depth, so after six rounds through all chains there is nothing new.
 */
function deepestIn(needs: Needs): number {
  return needs.circles ? Math.min(deepest, 6 * needs.chains + 1) : deepest;
}

/** The packets that may be at a place in the walk, and those that certainly are: no unknown led there, nothing ended before. */
interface Here {
  readonly may: PacketSet;
  readonly sure: PacketSet;
}

/** How the packets at an action may go on, as evaluate.ts has it; a packet may be in several of these. */
interface Ends {
  readonly open: PacketSet;
  readonly returned: PacketSet;
  readonly ended: PacketSet;
  /** A test inside the rule failed: nothing behind it in this list of actions happens. */
  readonly broken: PacketSet;
}

/** What is thrown where a walk would not end. */
export function endless(origin: Origin): Problem {
  return new Problem("limit", "chains that call each other come to no end", {
    origin,
    remedy: "take out the jump by which a chain leads back to itself",
  });
}

export class Walk {
  readonly #space: Space;
  readonly #chains: ChainSet;
  readonly #needs: Needs;
  readonly #context: SetContext;
  readonly #visit: WalkOptions["visit"];
  readonly #nothing: Ends;
  readonly #deepest: number;
  readonly #outcomes = new Outcomes();
  readonly #known = new Map<Match, Bounds>();
  /** Of chains that were walked: the packets that walked them, and those that came out at the end. */
  readonly #walked = new Map<Chain, { done: PacketSet; open: PacketSet }>();
  #notrack: Bounds;
  /** Whether a test of a mark may meet another one than the packet entered with. */
  readonly #marksDiffer: boolean;
  #marks: readonly MarkBranch[];
  #weighed = 0;

  constructor(
    space: Space,
    chains: ChainSet,
    needs: Needs,
    among: PacketSet,
    { visit, marks, ...context }: WalkOptions,
  ) {
    this.#space = space;
    this.#chains = chains;
    this.#needs = needs;
    this.#visit = visit;
    this.#context = { ...context, among };
    this.#deepest = deepestIn(needs);
    const { none } = space;
    this.#nothing = { open: none, returned: none, ended: none, broken: none };
    this.#notrack = exactly(none);
    this.#marks = marks ?? marksAtEntry(space);
    this.#marksDiffer = needs.changesMarks || marks !== undefined;
  }

  result(chain: Chain, entering: PacketSet): ChainSets {
    const space = this.#space;
    const { open } = this.#walkChain(chain, { may: entering, sure: entering }, 0);
    const [policy] = chain.policy?.actions ?? [];
    const ending =
      chain.policy === undefined
        ? "none"
        : policy?.kind === "drop" || policy?.kind === "reject"
          ? policy.kind
          : "accept";
    this.#outcomes.add(ending, open);
    return {
      entering,
      ...this.#outcomes.sets(space),
      notrack: this.#notrack,
      marks: this.#marks,
    };
  }

  /** The packets that come out of the chain, at its end or by a return, and those that may have ended in it. */
  #walkChain(chain: Chain, here: Here, depth: number): { open: PacketSet; ended: PacketSet } {
    // A packet fares in a chain as it did before, if nothing changed: only new ones have to walk it.
    if (this.#needs.certainty || this.#needs.circles) return this.#walkRules(chain, here, depth);
    const space = this.#space;
    const before = this.#walked.get(chain) ?? { done: space.none, open: space.none };
    const fresh = space.minus(here.may, before.done);
    if (space.isEmpty(fresh)) return { open: space.and(here.may, before.open), ended: space.none };
    const { open } = this.#walkRules(chain, { may: fresh, sure: space.none }, depth);
    const after = { done: space.or(before.done, fresh), open: space.or(before.open, open) };
    this.#walked.set(chain, after);
    return {
      open: fresh === here.may ? open : space.and(here.may, after.open),
      ended: space.none,
    };
  }

  #walkRules(chain: Chain, here: Here, depth: number): { open: PacketSet; ended: PacketSet } {
    const space = this.#space;
    let may = here.may;
    let left = space.none;
    let ended = space.none;
    const returned: PacketSet[] = [];
    for (const rule of chain.rules) {
      if (space.isEmpty(may)) break;
      const truth = this.#truth(rule.match);
      const matched = space.and(may, truth.may);
      this.#visit?.(rule, may, { must: space.and(may, truth.must), may: matched }, chain);
      if (space.isEmpty(matched)) continue;
      this.#weigh(rule);
      if (depth > this.#deepest) {
        this.#outcomes.add("unknown", matched);
        may = space.minus(may, matched);
        left = this.#noted(left, matched);
        ended = this.#noted(ended, matched);
        continue;
      }
      const certain = truth.must === truth.may ? matched : space.and(matched, truth.must);
      const sure = this.#certain(here.sure, left, certain);
      const ends = this.#walkActions(rule.actions, rule, { may: matched, sure }, depth);
      if (!space.isEmpty(ends.returned)) returned.push(ends.returned);
      left = this.#noted(left, ends.ended, ends.returned);
      ended = this.#noted(ended, ends.ended);
      if (ends.open !== matched) may = space.minus(may, space.minus(certain, ends.open));
    }
    return { open: space.unionOf([...returned, may]), ended };
  }

  #weigh(rule: Rule): void {
    this.#weighed += 1;
    if (this.#weighed > mostRules) throw endless(rule.origin);
  }

  /** What is kept of packets that ended or returned, where somebody asks for it. */
  #noted(before: PacketSet, ...more: readonly PacketSet[]): PacketSet {
    return this.#needs.certainty ? this.#space.unionOf([before, ...more]) : before;
  }

  /** Those of `sure` that nothing has led elsewhere, among the packets that are here. */
  #certain(sure: PacketSet, left: PacketSet, here: PacketSet): PacketSet {
    const space = this.#space;
    return this.#needs.certainty ? space.and(space.minus(sure, left), here) : space.none;
  }

  #truth(match: Match): Bounds {
    if (this.#marksDiffer && asksMark(match))
      return matchSets(this.#space, match, {
        ...this.#context,
        markTest: (test) => testMarks(this.#space, this.#marks, test),
      });
    let known = this.#known.get(match);
    if (known === undefined) {
      known = matchSets(this.#space, match, this.#context);
      this.#known.set(match, known);
    }
    return known;
  }

  #walkActions(actions: readonly Action[], rule: Rule, here: Here, depth: number): Ends {
    const space = this.#space;
    let { may } = here;
    let left = space.none;
    let { broken: open, returned, ended } = this.#nothing;
    for (const action of actions) {
      const ends = this.#act(action, rule, { may, sure: this.#certain(here.sure, left, may) }, depth);
      open = space.or(open, ends.broken);
      returned = space.or(returned, ends.returned);
      ended = this.#noted(ended, ends.ended);
      left = this.#noted(left, ends.ended, ends.returned);
      may = ends.open;
      if (space.isEmpty(may)) break;
    }
    return { ...this.#nothing, open: space.or(open, may), returned, ended };
  }

  #act(action: Action, rule: Rule, here: Here, depth: number): Ends {
    const { may } = here;
    const on = { ...this.#nothing, open: may };
    switch (action.kind) {
      case "accept":
      case "drop":
      case "reject":
        this.#outcomes.add(action.kind, may);
        return { ...this.#nothing, ended: may };
      case "dnat":
      case "snat":
      case "masquerade":
      case "redirect":
      case "netmap":
        this.#outcomes.translate(action, rule, may);
        return { ...this.#nothing, ended: may };
      case "queue":
        this.#outcomes.add("queue", may);
        this.#outcomes.add("drop", may);
        return { ...this.#nothing, ended: may };
      case "unknown":
        this.#outcomes.add("drop", may);
        this.#outcomes.add("accept", may);
        return { ...on, ended: may };
      case "return":
        return { ...this.#nothing, returned: may };
      case "jump":
      case "goto":
        return this.#follow(action, here, depth);
      case "lookup":
        return this.#look(action, rule, here, depth);
      case "when": {
        const truth = this.#truth(action.match);
        const ends = this.#perform(truth, action.actions, rule, here, depth);
        return { ...ends, broken: this.#space.minus(may, truth.may) };
      }
      case "set-mark":
      case "copy-mark":
        this.#marks = changeMarks(this.#space, this.#marks, action, here);
        return on;
      case "notrack":
        this.#notrack = {
          must: this.#space.or(this.#notrack.must, here.sure),
          may: this.#space.or(this.#notrack.may, may),
        };
        return on;
      case "log":
      case "note":
        return on;
    }
  }

  #follow(action: Extract<Action, { kind: "jump" | "goto" }>, here: Here, depth: number): Ends {
    const target = this.#chains.get(action.chain);
    if (target === undefined) {
      this.#outcomes.add("unknown", here.may);
      return { ...this.#nothing, ended: here.may };
    }
    const { open, ended } = this.#walkChain(target, here, depth + 1);
    return action.kind === "jump"
      ? { ...this.#nothing, open, ended }
      : { ...this.#nothing, returned: open, ended };
  }

  /** Actions that happen only where something holds; where it may, the walk also goes on without them. */
  #perform(truth: Bounds, actions: readonly Action[], rule: Rule, here: Here, depth: number): Ends {
    const space = this.#space;
    const matched = space.and(here.may, truth.may);
    if (space.isEmpty(matched)) return this.#nothing;
    const certain = truth.must === truth.may ? matched : space.and(matched, truth.must);
    const sure = this.#certain(here.sure, space.none, certain);
    const ends = this.#walkActions(actions, rule, { may: matched, sure }, depth);
    return { ...ends, open: space.or(ends.open, space.minus(matched, certain)) };
  }

  /** A verdict map: the first entry that holds the packet's fields; entries behind one that may hold it are looked at too. */
  #look(lookup: Extract<Action, { kind: "lookup" }>, rule: Rule, here: Here, depth: number): Ends {
    const space = this.#space;
    let { may } = here;
    let left = space.none;
    let { open, returned, ended } = this.#nothing;
    for (const { key, match, actions } of lookup.entries) {
      if (space.isEmpty(may)) break;
      const inKey = elementSets(space, lookup.fields, key);
      const truth = match === undefined ? inKey : both(space, inKey, this.#truth(match));
      const held = within(space, truth, may);
      if (space.isEmpty(held.may)) continue;
      const sure = this.#certain(here.sure, left, may);
      const ends = this.#perform(held, actions, rule, { may, sure }, depth);
      open = space.or(open, space.and(ends.open, held.must));
      returned = space.or(returned, ends.returned);
      ended = this.#noted(ended, ends.ended);
      left = this.#noted(left, held.may);
      may = space.minus(may, held.must);
    }
    return { ...this.#nothing, open: space.or(open, may), returned, ended };
  }
}
