// Network ACLs and packet filters as sets: each chain lowered once for all packets, as first packets meet it and as answers
// do, and put in terms of flows.
import type { Chain } from "../../../rules/rule.ts";
import type { Match } from "../../../rules/match.ts";
import type { Rule } from "../../../rules/rule.ts";
import type { Bounds } from "../../../rules/symbolic/bounds.ts";
import { chainSets, type WalkOptions } from "../../../rules/symbolic/chain-sets.ts";
import { verdicts } from "../../../rules/symbolic/verdicts.ts";
import type { PacketSet } from "../../../space/space.ts";
import type { Views } from "../views.ts";

export type Leg = "forward" | "reply";

const none: ReadonlyMap<string, Chain> = new Map();

export class ChainBounds {
  readonly #views: Views;
  readonly #lowered = new Map<Chain, Partial<Record<Leg, Bounds>>>();

  constructor(views: Views) {
    this.#views = views;
  }

  /**
   * The flows that a chain lets through, or whose answers it does. `tracks`: the ring knows a connection's state; an
   * answer that comes to it is one that it does not know.
   */
  lets(chain: Chain, leg: Leg, tracks: boolean): Bounds {
    let lowered = this.#lowered.get(chain);
    if (lowered === undefined) this.#lowered.set(chain, (lowered = {}));
    return (lowered[leg] ??= this.#lower(chain, leg, tracks, this.#entering(leg)));
  }

  #entering(leg: Leg): PacketSet {
    return leg === "forward" ? this.#views.first() : this.#views.replies("new");
  }

  #lower(
    chain: Chain,
    leg: Leg,
    tracks: boolean,
    entering: PacketSet,
    visit?: (rule: Rule, matched: Bounds) => void,
  ): Bounds {
    const { space } = this.#views;
    const options: WalkOptions =
      visit === undefined ? {} : { visit: (rule, _reached, matched) => visit(rule, matched) };
    const sets = chainSets(space, asSeen(chain, tracks), none, entering, options);
    const { allowed, depends } = verdicts(space, sets);
    const bounds = { must: allowed, may: space.or(allowed, depends) };
    return leg === "forward" ? this.#views.settled(bounds) : this.#views.answered(bounds);
  }

  /** The rules that some flows between two ends meet: `packets` are these flows as the chain sees them. */
  rules(chain: Chain, leg: Leg, tracks: boolean, packets: PacketSet): Rule[] {
    const { space } = this.#views;
    const met: Rule[] = [];
    const entering = space.and(this.#entering(leg), packets);
    const seen = asSeen(chain, tracks);
    let left = entering;
    this.#lower(chain, leg, tracks, entering, (rule, matched) => {
      if (space.isEmpty(space.and(matched.may, left))) return;
      const original = chain.rules[seen.rules.indexOf(rule)];
      if (original !== undefined) met.push(original);
      left = space.minus(left, matched.must);
    });
    if (chain.policy !== undefined && !space.isEmpty(left)) met.push(chain.policy);
    return met;
  }
}

const memoryless = new WeakMap<Chain, Chain>();

/** A ring without a memory does not know a connection's state; no ring but a host's knows interfaces and marks. */
function asSeen(chain: Chain, tracks: boolean): Chain {
  const before = memoryless.get(chain);
  if (before !== undefined) return before;
  const changed = {
    ...chain,
    rules: chain.rules.map((rule) => ({ ...rule, match: unknowing(rule.match, tracks) })),
  };
  memoryless.set(chain, changed);
  return changed;
}

function unknowing(match: Match, tracks: boolean): Match {
  if (match.kind === "state" && !tracks) return { kind: "unknown", what: "the connection's state" };
  if (match.kind === "interface")
    return {
      kind: "unknown",
      what: `the interface it ${match.direction === "in" ? "came in by" : "leaves by"}`,
    };
  if (match.kind === "mark") return { kind: "unknown", what: `the ${match.of}'s mark` };
  if (match.kind === "not") return { kind: "not", match: unknowing(match.match, tracks) };
  if (match.kind === "all" || match.kind === "any")
    return { kind: match.kind, of: match.of.map((one) => unknowing(one, tracks)) };
  return match;
}
