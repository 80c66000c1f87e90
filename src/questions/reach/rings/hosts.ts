// A host's firewall as sets of flows: its hooks' stages in the order that layers/host/hooks.ts lays out, each for all
// packets at once. Where it rewrites packets, exempts them from tracking, or asks what sets can't tell, it says so: those
// flows have to be walked.
import { hookPlan, type HookChain, type Stage } from "../../../layers/host/hooks.ts";
import type { HostFirewall, Hook } from "../../../layers/host/model.ts";
import type { Family } from "../../../packet/address.ts";
import type { Rule } from "../../../rules/rule.ts";
import type { Bounds } from "../../../rules/symbolic/bounds.ts";
import { chainSets, type ChainSets } from "../../../rules/symbolic/chain-sets.ts";
import { verdicts } from "../../../rules/symbolic/verdicts.ts";
import type { PacketSet, Space } from "../../../space/space.ts";
import type { Views } from "../views.ts";
import { asHostSees, asksBeyondSets, type HostFacts } from "./host-facts.ts";

export interface HostAnswer extends Bounds {
  /** Flows that sets can't follow through here. */
  readonly beyond: PacketSet;
}

export interface HostAsk {
  readonly firewall: HostFirewall;
  readonly family: Family;
  readonly way: "in" | "out";
  /** The answer to a connection that the host knows, else its first packet. */
  readonly isReply: boolean;
  /** Absent: not known. */
  readonly device?: string;
}

const hooks: Readonly<Record<HostAsk["way"], readonly [Hook, Hook]>> = {
  in: ["prerouting", "input"],
  out: ["output", "postrouting"],
};

export class HostSets {
  readonly #views: Views;
  readonly #answers = new Map<HostFirewall, Map<string, HostAnswer>>();

  constructor(views: Views) {
    this.#views = views;
  }

  lets(ask: HostAsk): HostAnswer {
    let answers = this.#answers.get(ask.firewall);
    if (answers === undefined) this.#answers.set(ask.firewall, (answers = new Map()));
    const key = `${ask.family} ${ask.way} ${ask.isReply} ${ask.device ?? "?"}`;
    let answer = answers.get(key);
    if (answer === undefined) {
      const walk = new HostWalk(this.#views.space, ask);
      walk.run(this.#entering(ask));
      answer = this.#asFlows(walk, ask.isReply);
      answers.set(key, answer);
    }
    return answer;
  }

  /** The rules that some packets meet, of chains that filter. */
  rules(ask: HostAsk, packets: PacketSet): Rule[] {
    const { space } = this.#views;
    const met = new Set<Rule>();
    new HostWalk(space, ask, (rule) => met.add(rule)).run(space.and(this.#entering(ask), packets));
    return [...met];
  }

  #entering(ask: HostAsk): PacketSet {
    const views = this.#views;
    const packets = ask.isReply ? views.replies("invalid") : views.space.forget(views.first(), ["state"]);
    return views.space.intersectionOf([
      packets,
      views.space.state(["invalid"]),
      views.space.family(ask.family),
    ]);
  }

  #asFlows(walk: HostWalk, isReply: boolean): HostAnswer {
    const views = this.#views;
    const turn = (bounds: Bounds): Bounds => (isReply ? views.answered(bounds) : views.settled(bounds));
    return {
      ...turn({ must: walk.must, may: walk.may }),
      beyond: turn({ must: walk.beyond, may: walk.beyond }).may,
    };
  }
}

class HostWalk {
  must: PacketSet;
  may: PacketSet;
  beyond: PacketSet;
  readonly #space: Space;
  readonly #ask: HostAsk;
  readonly #visit: ((rule: Rule) => void) | undefined;
  #tracked = false;

  constructor(space: Space, ask: HostAsk, visit?: (rule: Rule) => void) {
    this.#space = space;
    this.#ask = ask;
    this.#visit = visit;
    this.must = space.none;
    this.may = space.none;
    this.beyond = space.none;
  }

  run(entering: PacketSet): void {
    this.must = entering;
    this.may = entering;
    const { firewall, family, way } = this.#ask;
    if (asksBeyondSets(firewall)) this.beyond = entering;
    const plan = hookPlan(firewall, family);
    for (const hook of hooks[way]) for (const stage of plan[hook]) this.#stage(hook, stage);
  }

  #stage(hook: Hook, stage: Stage): void {
    switch (stage.kind) {
      case "track":
        this.#track();
        break;
      case "filter":
        this.#filter(this.#through(hook, stage.chain));
        break;
      case "translate":
        // What a connection was bound to is settled with its first packet.
        if (this.#ask.isReply) break;
        for (const chain of stage.chains) {
          const sets = this.#through(hook, chain);
          this.#beyond(this.#space.unionOf(sets.translations.map((one) => one.set)));
          const refused = this.#space.or(sets.drop, sets.unknown);
          this.must = this.#space.minus(this.must, refused);
          this.may = this.#space.minus(this.may, verdicts(this.#space, sets).denied);
        }
        break;
    }
  }

  /** From here on the packet has a connection, and the state that it gives. */
  #track(): void {
    if (this.#tracked) return;
    this.#tracked = true;
    const space = this.#space;
    const state = space.state([this.#ask.isReply ? "established" : "new"]);
    const seen = (set: PacketSet): PacketSet => {
      const known = space.and(space.forget(set, ["state", "connection-mark"]), state);
      return this.#ask.isReply ? known : space.and(known, space.mark("connection", 0xffffffff, [0, 0]));
    };
    [this.must, this.may, this.beyond] = [seen(this.must), seen(this.may), seen(this.beyond)];
  }

  #through(hook: Hook, { chain, chains }: HookChain): ChainSets {
    const { firewall, way, isReply, device } = this.#ask;
    const leaving = hook === "output" || hook === "postrouting";
    const facts: HostFacts = {
      firewall,
      way,
      isReply,
      isTracked: this.#tracked,
      // Empty: certainly none.
      ...(leaving ? { inDevice: "" } : device === undefined ? {} : { inDevice: device }),
      ...(leaving ? (device === undefined ? {} : { outDevice: device }) : { outDevice: "" }),
    };
    const seen = asHostSees(facts, chain, chains);
    const visit = this.#visit;
    return chainSets(
      this.#space,
      seen.chain,
      seen.chains,
      this.may,
      visit === undefined
        ? {}
        : {
            visit: (rule, _reached, matched) => {
              if (!this.#space.isEmpty(matched.may)) visit(seen.original(rule));
            },
          },
    );
  }

  #filter(sets: ChainSets): void {
    const space = this.#space;
    const { allowed, denied } = verdicts(space, sets);
    this.must = space.and(this.must, allowed);
    this.may = space.minus(this.may, denied);
    // An exemption counts before tracking only.
    if (!this.#tracked) this.#beyond(sets.notrack.may);
  }

  #beyond(set: PacketSet): void {
    this.beyond = this.#space.or(this.beyond, this.#space.and(set, this.may));
  }
}
