// Small numbers for the addresses that stand for classes and gateways, and what sets come to once such addresses are known.
import type { Address } from "../../packet/address.ts";
import type { Bounds } from "../../rules/symbolic/bounds.ts";
import type { PacketSet, Side, Space } from "../../space/space.ts";

export class Addresses {
  readonly #space: Space;
  /** IPv4 addresses are numbers and IPv6 ones bigints, so one map holds both. */
  readonly #ids = new Map<number | bigint, number>();
  readonly #known = new Map<
    PacketSet,
    { source: (PacketSet | undefined)[]; destination: (PacketSet | undefined)[] }
  >();

  constructor(space: Space) {
    this.#space = space;
  }

  idOf({ value }: Address): number {
    let id = this.#ids.get(value);
    if (id === undefined) this.#ids.set(value, (id = this.#ids.size));
    return id;
  }

  /** Flows that are left of sets of packets between two addresses. */
  between({ must, may }: Bounds, source: Address, destination: Address): Bounds {
    const most = this.#at(this.#at(may, "source", source), "destination", destination);
    return {
      must: must === may ? most : this.#at(this.#at(must, "source", source), "destination", destination),
      may: most,
    };
  }

  #at(set: PacketSet, side: Side, address: Address): PacketSet {
    const space = this.#space;
    if (set === space.none) return set;
    let known = this.#known.get(set);
    if (known === undefined) this.#known.set(set, (known = { source: [], destination: [] }));
    return (known[side][this.idOf(address)] ??= space.at(set, side, address));
  }
}
