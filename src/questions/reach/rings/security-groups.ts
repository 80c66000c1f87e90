// Security groups as sets of flows: what the rules of an interface's groups allow with a peer whose address is known. Kept
// for each set of groups and peer, since cost must follow these and not interfaces.
import type { GroupRing } from "../../../layers/security-group/decide.ts";
import type { Direction } from "../../../layers/ports.ts";
import type { Address, Family } from "../../../packet/address.ts";
import { hasAddress } from "../../../packet/address-set.ts";
import type { Packet } from "../../../packet/packet.ts";
import type { Match } from "../../../rules/match.ts";
import { matches } from "../../../rules/matches.ts";
import type { Rule } from "../../../rules/rule.ts";
import type { Bounds } from "../../../rules/symbolic/bounds.ts";
import { matchSets } from "../../../rules/symbolic/match-sets.ts";
import type { PacketSet } from "../../../space/space.ts";
import type { Addresses } from "../addresses.ts";
import type { Views } from "../views.ts";

type Lowered = GroupRing["inbound"][number];

export class GroupSets {
  readonly #views: Views;
  readonly #addresses: Addresses;
  readonly #services = new Map<Match, { readonly 4: PacketSet; readonly 6: PacketSet }>();
  readonly #byText = new Map<string, { readonly 4: PacketSet; readonly 6: PacketSet }>();
  readonly #answers = new Map<GroupRing, Record<Direction, (Bounds | undefined)[]>>();

  constructor(views: Views, addresses: Addresses) {
    this.#views = views;
    this.#addresses = addresses;
  }

  /** What the first packets of flows may be, from or to a peer. Addresses are known, so the sets say nothing of them. */
  lets(ring: GroupRing, direction: Direction, peer: Address): Bounds {
    let answers = this.#answers.get(ring);
    if (answers === undefined) this.#answers.set(ring, (answers = { inbound: [], outbound: [] }));
    const known = answers[direction];
    const id = this.#addresses.idOf(peer);
    // Filled up to there: an array with wide gaps is a slow one.
    while (known.length <= id) known.push(undefined);
    return (known[id] ??= this.#ask(ring, direction, peer));
  }

  #ask(ring: GroupRing, direction: Direction, peer: Address): Bounds {
    const { space } = this.#views;
    let must = space.none;
    let may = space.none;
    const packet = packetWith(direction, peer);
    for (const lowered of ring[direction]) {
      const { peer: test } = lowered;
      // The common case at once: a set of addresses.
      const truth = test.kind === "address" ? hasAddress(test.set, peer) : matches(test, { packet });
      if (truth === false) continue;
      const service = this.#serviceOf(lowered, peer.family);
      may = space.or(may, service);
      if (truth === true) must = space.or(must, service);
    }
    return { must, may };
  }

  /** The rules that allow any of some flows. */
  rules(ring: GroupRing, direction: Direction, peer: Address, flows: PacketSet): Rule[] {
    const { space } = this.#views;
    const packet = packetWith(direction, peer);
    return ring[direction]
      .filter(
        (lowered) =>
          matches(lowered.peer, { packet }) !== false &&
          space.overlaps(this.#serviceOf(lowered, peer.family), flows),
      )
      .map((lowered) => lowered.rule);
  }

  /** Services are few: rules of one text share a set. They know everything that they ask, so that one set will do. */
  #serviceOf({ service }: Lowered, family: Family): PacketSet {
    let sets = this.#services.get(service);
    if (sets === undefined) {
      const text = JSON.stringify(service);
      sets = this.#byText.get(text);
      if (sets === undefined) {
        const views = this.#views;
        const { may } = matchSets(views.space, service);
        const flows = views.space.and(may, views.flows);
        this.#byText.set(text, (sets = { 4: views.ofFamily(flows, 4), 6: views.ofFamily(flows, 6) }));
      }
      this.#services.set(service, sets);
    }
    return sets[family];
  }
}

/** A packet with one end; tests of peers look at nothing else. */
function packetWith(direction: Direction, peer: Address): Packet {
  const nobody: Address = peer.family === 4 ? { family: 4, value: 0 } : { family: 6, value: 0n };
  return {
    family: peer.family,
    source: direction === "inbound" ? peer : nobody,
    destination: direction === "inbound" ? nobody : peer,
    protocol: 6,
  };
}
