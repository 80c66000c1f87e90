// Asks every ring on a way what it makes of the flows between two ends, as sets. One for an estate: what rings answer is
// kept, so that pairs cost little once their rings have been asked.
import type { EstateIndex } from "../../estate/estate-index.ts";
import { deviceOf } from "../../estate/walk/edges.ts";
import type { Interface, Subnet } from "../../estate/model.ts";
import type { GroupRing } from "../../layers/security-group/decide.ts";
import { wayTo } from "../../layers/host/routing.ts";
import type { Chain, Rule } from "../../rules/rule.ts";
import type { Address, Family } from "../../packet/address.ts";
import type { Packet } from "../../packet/packet.ts";
import { ephemeralPorts } from "../../packet/protocol.ts";
import type { Bounds } from "../../rules/symbolic/bounds.ts";
import type { PacketSet, Space } from "../../space/space.ts";
import { Addresses } from "./addresses.ts";
import { ChainBounds } from "./rings/chains.ts";
import { HostSets, type HostAsk } from "./rings/hosts.ts";
import { answeringSets, listeningSets } from "./rings/listeners.ts";
import { policySets, type PolicyAnswer } from "./rings/policies.ts";
import { GroupSets } from "./rings/security-groups.ts";
import { Views } from "./views.ts";
import type { At, Crossing, Party, Spot } from "./ways.ts";

/** The two ends of one pair, as the rings meet them. */
export interface Pair {
  readonly family: Family;
  readonly from: Party;
  readonly to: Party;
  /** Small numbers of the ends' subnets and addresses, as far as rules can tell them apart. */
  readonly fromSpot: number;
  readonly toSpot: number;
  /** What policies know the ends by. */
  readonly fromId?: string | undefined;
  readonly toId?: string | undefined;
  /** All flows that the client can begin. */
  readonly flows: PacketSet;
}

/** `beyond`: flows that sets can't follow through the ring. */
export interface Answer extends Bounds {
  readonly beyond?: PacketSet;
}

export class Asker {
  readonly index: EstateIndex;
  readonly space: Space;
  readonly views: Views;
  readonly addresses: Addresses;
  readonly groups: GroupSets;
  readonly chains: ChainBounds;
  readonly hosts: HostSets;
  readonly #acls = { inbound: new Map<Subnet, Chain>(), outbound: new Map<Subnet, Chain>() };
  readonly #rings = new Map<Interface, GroupRing>();
  readonly #policies = new Map<string, PolicyAnswer>();
  readonly #translated = new Map<string, Bounds>();

  constructor(index: EstateIndex, space: Space) {
    this.index = index;
    this.space = space;
    this.views = new Views(space);
    this.addresses = new Addresses(space);
    this.groups = new GroupSets(this.views, this.addresses);
    this.chains = new ChainBounds(this.views);
    this.hosts = new HostSets(this.views);
  }

  /** What a ring lets through of a pair's flows; of answers, the flows whose answers it lets through. */
  lets(crossing: Crossing, pair: Pair): Answer {
    if (crossing.remembers && crossing.stop.kind !== "host") return { must: pair.flows, may: pair.flows };
    const answer = this.#ask(crossing, pair);
    return crossing.translated ? this.#behindNat(answer, pair) : answer;
  }

  #behindNat(answer: Answer, pair: Pair): Answer {
    const key = `${answer.must} ${answer.may} ${pair.family}`;
    let bounds = this.#translated.get(key);
    if (bounds === undefined) {
      bounds = this.views.withPortsOf(answer, ephemeralPorts.aws, this.views.flowsOf(pair.family));
      this.#translated.set(key, bounds);
    }
    return answer.beyond === undefined ? bounds : { ...bounds, beyond: answer.beyond };
  }

  #ask(crossing: Crossing, pair: Pair): Answer {
    const { stop, isReply } = crossing;
    const leg = isReply ? "reply" : "forward";
    const [source, destination] = this.#flowEnds(crossing, pair);
    switch (stop.kind) {
      case "security-groups": {
        const place = placeAt(crossing.place, pair);
        if (place === undefined) return { must: pair.flows, may: pair.flows };
        const ring = this.#ringOf(place);
        return this.groups.lets(ring, stop.direction, stop.direction === "inbound" ? source : destination);
      }
      case "network-acl": {
        const subnet = subnetAt(this.index, crossing.subnet, pair);
        const chain = this.#chainOf(subnet, stop.direction);
        if (chain === undefined) return { must: pair.flows, may: pair.flows };
        return this.addresses.between(this.chains.lets(chain, leg, false), source, destination);
      }
      case "packet-filter": {
        const bounds = this.chains.lets(stop.filter[stop.direction], leg, stop.filter.stateful);
        return this.addresses.between(bounds, source, destination);
      }
      case "network-policies": {
        const place = placeAt(crossing.place, pair);
        return place === undefined
          ? { must: pair.flows, may: pair.flows }
          : this.policies(crossing, place, pair);
      }
      case "host": {
        const ask = this.hostAsk(crossing, pair);
        if (ask === undefined) return { must: this.space.none, may: this.space.none };
        const { beyond, ...bounds } = this.hosts.lets(ask);
        return {
          ...this.addresses.between(bounds, source, destination),
          beyond: this.addresses.between({ must: beyond, may: beyond }, source, destination).may,
        };
      }
      case "listening":
        return listeningSets(this.space, stop.balancer);
      case "answers": {
        const place = placeAt(crossing.place, pair);
        const machine = place === undefined ? undefined : this.index.hostOf(place);
        return machine === undefined
          ? { must: pair.flows, may: pair.flows }
          : answeringSets(this.space, machine, pair.flows);
      }
    }
  }

  #ringOf(place: Interface): GroupRing {
    let ring = this.#rings.get(place);
    if (ring === undefined) this.#rings.set(place, (ring = this.index.ringOf(place)));
    return ring;
  }

  #chainOf(subnet: Subnet | undefined, direction: "inbound" | "outbound"): Chain | undefined {
    const id = subnet?.networkAcl;
    if (subnet === undefined || id === undefined) return undefined;
    const known = this.#acls[direction];
    let chain = known.get(subnet);
    if (chain === undefined) {
      const acl = this.index.estate.networkAcls.get(id);
      if (acl === undefined) return undefined;
      known.set(subnet, (chain = this.index.chainOf(acl, direction)));
    }
    return chain;
  }

  /** The addresses of the flow's own direction: of an answer, exchanged. */
  #flowEnds({ source, destination, isReply }: Crossing, pair: Pair): [source: Address, destination: Address] {
    const [one, other] = [addressAt(source, pair), addressAt(destination, pair)];
    return isReply ? [other, one] : [one, other];
  }

  /** The packet as policies see it: its ends alone. */
  policies(crossing: Crossing, place: Interface, pair: Pair): PolicyAnswer {
    const { estate } = this.index;
    const [source, destination] = this.#flowEnds(crossing, pair);
    const direction =
      crossing.stop.kind === "network-policies" && crossing.stop.direction === "inbound"
        ? "ingress"
        : "egress";
    const key = [
      place.id,
      direction,
      crossing.isReply,
      this.addresses.idOf(source),
      this.addresses.idOf(destination),
      pair.fromId,
      pair.toId,
    ].join(" ");
    let answer = this.#policies.get(key);
    if (answer === undefined) {
      const forward: Packet = {
        family: pair.family,
        source,
        destination,
        protocol: 6,
        ...(pair.fromId === undefined ? {} : { from: pair.fromId }),
        ...(pair.toId === undefined ? {} : { to: pair.toId }),
      };
      answer = policySets(
        this.space,
        estate.policies,
        place.id,
        direction,
        forward,
        this.views.flowsOf(pair.family),
      );
      this.#policies.set(key, answer);
    }
    return answer;
  }

  /** What is asked of a host's firewall; undefined: its routes refuse the destination. */
  hostAsk(crossing: Crossing, pair: Pair): HostAsk | undefined {
    const { stop, isReply } = crossing;
    if (stop.kind !== "host" || stop.way === "forward") return undefined;
    const { firewall, machine, place, way } = stop;
    let device = deviceOf(machine, place);
    if (way === "out" && device === undefined) {
      const leaves = wayTo(firewall, addressAt(crossing.destination, pair));
      if (leaves.kind === "refused") return undefined;
      device = leaves.device;
    }
    return { firewall, family: pair.family, way, isReply, ...(device === undefined ? {} : { device }) };
  }

  /** What a NAT gateway's ports and the pair's own make of a ring's rules: those that some of its flows meet. */
  rules(crossing: Crossing, pair: Pair): readonly Rule[] {
    const { stop, isReply } = crossing;
    const leg = isReply ? "reply" : "forward";
    const [source, destination] = this.#flowEnds(crossing, pair);
    const packets = (): PacketSet => {
      const flows = this.space.intersectionOf([
        this.space.address("source", { v4: [], v6: [], ...spanOf(source) }),
        this.space.address("destination", { v4: [], v6: [], ...spanOf(destination) }),
        this.space.family(pair.family),
        // Behind NAT the client's ports are the gateway's.
        crossing.translated ? this.space.all : pair.flows,
      ]);
      return isReply ? this.space.mirrored(flows) : flows;
    };
    switch (stop.kind) {
      case "security-groups": {
        const place = placeAt(crossing.place, pair);
        if (place === undefined || crossing.remembers) return [];
        const peer = stop.direction === "inbound" ? source : destination;
        return this.groups.rules(this.index.ringOf(place), stop.direction, peer, pair.flows);
      }
      case "network-acl": {
        const chain = this.#chainOf(subnetAt(this.index, crossing.subnet, pair), stop.direction);
        return chain === undefined ? [] : this.chains.rules(chain, leg, false, packets());
      }
      case "packet-filter":
        return crossing.remembers
          ? []
          : this.chains.rules(stop.filter[stop.direction], leg, stop.filter.stateful, packets());
      case "network-policies": {
        const place = placeAt(crossing.place, pair);
        return place === undefined || crossing.remembers ? [] : this.policies(crossing, place, pair).rules;
      }
      case "host": {
        const ask = this.hostAsk(crossing, pair);
        return ask === undefined ? [] : this.hosts.rules(ask, packets());
      }
      case "listening":
        return stop.balancer.listeners.map(({ origin, text }) => ({
          match: { kind: "always" },
          actions: [],
          origin,
          text,
        }));
      case "answers":
        return [];
    }
  }
}

function spanOf(address: Address): { v4: number[] } | { v6: bigint[] } {
  return address.family === 4
    ? { v4: [address.value, address.value] }
    : { v6: [address.value, address.value] };
}

export function placeAt(at: At<Interface>, pair: Pair): Interface | undefined {
  return at === "from" ? pair.from.place : at === "to" ? pair.to.place : at;
}

export function subnetAt(index: EstateIndex, at: At<Subnet>, pair: Pair): Subnet | undefined {
  if (at !== "from" && at !== "to") return at;
  const { place } = pair[at];
  return place === undefined ? undefined : index.subnetOf(place);
}

export function addressAt(spot: Spot, pair: Pair): Address {
  if (spot.of === "fixed") return spot.address;
  const party = pair[spot.of];
  return (spot.shown ? party.shown : undefined) ?? party.address;
}
