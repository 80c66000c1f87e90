// Everything that can reach everything, for one estate: classes, the ways between them, and what all rings on a way let
// through, each worked out once and kept. What lint, assertions and comparisons ask.
import { indexOf, type EstateIndex } from "../../estate/estate-index.ts";
import type { Estate, Interface } from "../../estate/model.ts";
import type { Address, Family } from "../../packet/address.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import { TCP, ephemeralPorts } from "../../packet/protocol.ts";
import type { Unknown } from "../../problem.ts";
import type { Direction } from "../../layers/ports.ts";
import type { Bounds } from "../../rules/symbolic/bounds.ts";
import { Space, type PacketSet } from "../../space/space.ts";
import { buildEnds, clientPorts, identity, type Ends } from "../trace/ends.ts";
import { Asker, type Pair } from "./asker.ts";
import { classify, type Classes } from "./classes.ts";
import { canMeet, endpointOf, isNear, numbered, partyOf, type End } from "./ends.ts";
import type { FlowContext } from "./flow-set.ts";
import type { EndClass, InsideClass, OutsideClass, PairReach } from "./model.ts";
import { onwardBounds } from "./onward.ts";
import { outcomeOf, type Outcome } from "./outcome.ts";
import { ReachedPair, type PairSource } from "./pair.ts";
import { outcomeByPieces } from "./pieces.ts";
import { findWay, type Party, type Way } from "./ways.ts";

/** Nodes of the space: about 30 bytes each. */
const mostNodes = 1 << 24;

export class Engine {
  readonly estate: Estate;
  readonly index: EstateIndex;
  readonly space: Space;
  readonly unknowns: readonly Unknown[];
  readonly #asker: Asker;
  readonly #classes: Classes;
  readonly #ends: readonly End[];
  readonly #byId: ReadonlyMap<string, End>;
  /** By place in the list of ends: which routes lead there. */
  readonly #routeIds: readonly number[];
  readonly #spots: readonly number[];
  /** By the routes of both ends; then by what else bears on the way. */
  readonly #ways: (Way | null)[][] = [];
  readonly #pairs: Map<number, ReachedPair>[] = [];
  readonly #contexts = new Map<string, FlowContext>();
  readonly #clients: FlowContext[] = [];
  readonly #known: (Party | null)[] = [];
  readonly #source: PairSource;

  constructor(estate: Estate, space?: Space) {
    this.estate = estate;
    this.index = indexOf(estate);
    this.unknowns = estate.unknowns;
    this.space = space ?? new Space({ question: `what can reach what in ${estate.name}`, mostNodes });
    this.#asker = new Asker(this.index, this.space);
    this.#classes = classify(this.index);
    this.#ends = [...this.#classes.inside, ...this.#classes.outside];
    this.#byId = new Map(this.#ends.map((end) => [end.end.id, end]));
    this.#routeIds = numbered(this.#ends.map(({ routeKey }) => routeKey));
    this.#spots = numbered(this.#ends.map(({ spotKey }) => spotKey));
    this.#source = {
      asker: this.#asker,
      endsOf: (from, to, family) => {
        const [a, b] = [this.#byId.get(from.id), this.#byId.get(to.id)];
        if (a === undefined || b === undefined) throw new Error("a pair's ends are classes of its engine");
        return this.#endsOf(a, b, family);
      },
    };
  }

  get classes(): readonly EndClass[] {
    return this.#classes.all;
  }

  /** The class of an interface; undefined for parts of the network itself (NAT and transit gateways). */
  classOf(interfaceId: string): InsideClass | undefined {
    return this.#classes.ofInterface(interfaceId)?.end;
  }

  /** Every outside class, the internet's parts among them. */
  get outside(): readonly OutsideClass[] {
    return this.#classes.outside.map(({ end }) => end);
  }

  /**
   * What reaches from one class to the other; undefined where nothing does.
   *
   * @example engine.pair(engine.classOf("eni-1"), engine.classOf("eni-2"), 4)?.allowed.services()
   */
  pair(from: EndClass, to: EndClass, family: Family): PairReach | undefined {
    const [a, b] = [this.#byId.get(from.id), this.#byId.get(to.id)];
    return a === undefined || b === undefined ? undefined : this.#pair(a, b, family);
  }

  /** As `pair`, also where the rings let nothing through: to say which of them. Undefined where no way leads there. */
  examined(from: EndClass, to: EndClass, family: Family): PairReach | undefined {
    const [a, b] = [this.#byId.get(from.id), this.#byId.get(to.id)];
    if (a === undefined || b === undefined) return undefined;
    const way = this.#wayOf(a, b, family);
    return way === null ? undefined : this.#reached(a, b, family, way);
  }

  /** What the groups of an interface by themselves let through, with a peer of that address. */
  groupsLet(interfaceId: string, direction: Direction, peer: Address): Bounds | undefined {
    const place = this.estate.interfaces.get(interfaceId);
    return place === undefined
      ? undefined
      : this.#asker.groups.lets(this.index.ringOf(place), direction, peer);
  }

  /** Everything that reaches a class. */
  reaching(to: EndClass): readonly PairReach[] {
    const end = this.#byId.get(to.id);
    return end === undefined ? [] : this.#among(this.#ends, [end]);
  }

  /** Everything that a class reaches. */
  leaving(from: EndClass): readonly PairReach[] {
    const end = this.#byId.get(from.id);
    return end === undefined ? [] : this.#among([end], this.#ends);
  }

  /** All pairs with any flow. */
  pairs(): readonly PairReach[] {
    return this.#among(this.#ends, this.#ends);
  }

  /** Pairs between some classes and some others. */
  between(from: readonly EndClass[], to: readonly EndClass[]): readonly PairReach[] {
    const ends = (classes: readonly EndClass[]): End[] =>
      classes.flatMap((one) => this.#byId.get(one.id) ?? []);
    return this.#among(ends(from), ends(to));
  }

  #among(from: readonly End[], to: readonly End[]): ReachedPair[] {
    // What the same routes lead to has the same way, but for neighbours in the sender's own subnet.
    const byRoute = [...Map.groupBy(to, (end) => this.#routeIds[end.at] ?? 0).values()];
    return from.flatMap((a) => {
      const found: ReachedPair[] = [];
      for (const ends of byRoute) {
        for (const family of [4, 6] as const) {
          let far: Way | null | undefined;
          for (const b of ends) {
            let way: Way | null;
            if (isNear(a, b)) way = this.#wayOf(a, b, family);
            else {
              if (far === undefined) far = this.#wayOf(a, b, family);
              way = far;
            }
            const pair = way === null ? undefined : this.#reachedBy(a, b, family, way);
            if (pair !== undefined) found.push(pair);
          }
        }
      }
      return found.sort((one, other) => one.at - other.at || one.family - other.family);
    });
  }

  #pair(a: End, b: End, family: Family): PairReach | undefined {
    const way = this.#wayOf(a, b, family);
    return way === null ? undefined : this.#reachedBy(a, b, family, way);
  }

  #reachedBy(a: End, b: End, family: Family, way: Way): ReachedPair | undefined {
    const known = (this.#pairs[a.at] ??= new Map());
    const key = b.at * 2 + (family === 4 ? 0 : 1);
    const before = known.get(key);
    if (before !== undefined) return before;
    const reached = this.#reached(a, b, family, way);
    const found = reached === undefined || reached.isEmpty ? undefined : reached;
    if (found !== undefined) known.set(key, found);
    return found;
  }

  #reached(a: End, b: End, family: Family, way: Way): ReachedPair | undefined {
    const [from, to] = [this.#party(a, false, family), this.#party(b, a === b, family)];
    if (from === null || to === null) return undefined;
    const context = this.#clientOf(a, family);
    const pair: Pair = {
      family,
      from,
      to,
      fromSpot: this.#spots[a.at] ?? 0,
      toSpot: this.#spots[b.at] ?? 0,
      fromId: identity(from.place, to.place, from.address),
      toId: identity(to.place, from.place, to.address),
      flows: context.flows,
    };
    const base =
      outcomeOf(this.#asker, way, pair) ??
      outcomeByPieces(this.index, this.#asker.views, this.#endsOf(a, b, family), family, context.flows, way);
    const outcome = this.#withTargets(base, to.place, () => this.#endsOf(a, b, family));
    return new ReachedPair(this.#source, {
      context,
      from: a.end,
      to: b.end,
      at: b.at,
      pair,
      way,
      outcome,
    });
  }

  /** A balancer answers when one of its targets does. */
  #withTargets(outcome: Outcome, place: Interface | undefined, ends: () => Ends): Outcome {
    const { space } = this;
    const balancer = place === undefined ? undefined : this.index.loadBalancerOf(place);
    const possible = space.or(outcome.allowed, outcome.depends);
    if (
      place === undefined ||
      balancer === undefined ||
      balancer.kind === "service" ||
      space.isEmpty(possible)
    )
      return outcome;
    const behind = onwardBounds(
      this.#asker,
      (family, ports) => this.#contextOf(family, ports).flows,
      balancer,
      place,
      ends().packet,
    );
    const allowed = space.and(outcome.allowed, behind.must);
    return {
      allowed,
      depends: space.minus(space.and(possible, behind.may), allowed),
      oneWay: outcome.oneWay,
    };
  }

  #wayOf(a: End, b: End, family: Family): Way | null {
    if (!canMeet(a, b, family) || !this.#comesIn(a, b)) return null;
    const ways = (this.#ways[this.#routeIds[a.at] ?? 0] ??= []);
    const key = (this.#routeIds[b.at] ?? 0) * 4 + (isNear(a, b) ? 2 : 0) + (family === 4 ? 0 : 1);
    let way = ways[key];
    if (way === undefined) {
      const [from, to] = [this.#party(a, false, family), this.#party(b, a === b, family)];
      way =
        from === null || to === null
          ? null
          : (findWay(this.index, this.#endsOf(a, b, family), { from, to }) ?? null);
      ways[key] = way;
    }
    return way;
  }

  /** Private addresses outside come in where a private gateway leads to them, or into a cluster from its own networks. */
  #comesIn(a: End, b: End): boolean {
    if ("first" in a || a.end.internet || !("first" in b)) return true;
    const network = this.index.subnetOf(b.first)?.network;
    if (network === undefined) return false;
    return (
      this.estate.networks.get(network)?.kind === "cluster" ||
      this.index.gateways.some((gateway) => gateway.kind === "private" && gateway.networks.includes(network))
    );
  }

  /** The packet of a trace between two classes, ports left open, addressed as a trace addresses it. */
  #endsOf(a: End, b: End, family: Family): Ends {
    const to = "first" in b ? (a === b ? (b.second ?? b.first) : b.first) : undefined;
    const from = "first" in a ? a.first : undefined;
    // What comes by a private way asks for private addresses.
    const own =
      to !== undefined && "address" in a && !a.end.internet
        ? to.addresses.find((item) => item.address.family === family)?.address
        : undefined;
    return buildEnds(
      this.index,
      { from: a.end.name, to: b.end.name, protocol: TCP, port: [0, 65535] },
      { end: endpointOf(a, from), ...(from === undefined ? {} : { place: from }) },
      { end: endpointOf(b, to, own), ...(to === undefined ? {} : { place: to }) },
      family,
    );
  }

  #party(end: End, second: boolean, family: Family): Party | null {
    const key = end.at * 4 + (second ? 2 : 0) + (family === 4 ? 0 : 1);
    let party = this.#known[key];
    if (party === undefined) this.#known[key] = party = partyOf(end, second, family) ?? null;
    return party;
  }

  #clientOf(end: End, family: Family): FlowContext {
    return (this.#clients[end.at * 2 + (family === 4 ? 0 : 1)] ??= this.#contextOf(
      family,
      "first" in end ? clientPorts(this.index, end.first) : ephemeralPorts.any,
    ));
  }

  #contextOf(family: Family, ports: NumberSet): FlowContext {
    const key = `${family} ${ports.join(" ")}`;
    let context = this.#contexts.get(key);
    if (context === undefined) {
      const { space } = this;
      const { views } = this.#asker;
      const all = views.flowsOf(family);
      const portless: PacketSet = space.minus(all, space.number("source-port", [0, 65535]));
      context = {
        views,
        family,
        clientPorts: ports,
        flows: space.or(portless, space.and(all, space.number("source-port", ports))),
        services: new Map(),
      };
      this.#contexts.set(key, context);
    }
    return context;
  }
}

const engines = new WeakMap<Estate, Engine>();

/**
 * The engine of an estate, made once and kept as long as the estate lives; all its sets are of one space.
 *
 * @param space of another estate's engine, where sets of both are to be compared
 * @throws Problem `limit` where the sets outgrow memory
 * @example reachability(estate).pairs().filter((pair) => pair.from.kind === "outside")
 */
export function reachability(estate: Estate, space?: Space): Engine {
  let engine = engines.get(estate);
  if (engine === undefined || (space !== undefined && engine.space !== space))
    engines.set(estate, (engine = new Engine(estate, space)));
  return engine;
}
