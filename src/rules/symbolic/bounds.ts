// Three-valued truth over sets of packets: where a test certainly holds and where it may. Kleene's connectives, packet by
// packet the same as those of truth.ts.
import type { PacketSet, Space } from "../../space/space.ts";

/** Where a test certainly holds, and where it may: `must` lies inside `may`, and between them its truth is unknown. */
export interface Bounds {
  readonly must: PacketSet;
  readonly may: PacketSet;
}

export function exactly(set: PacketSet): Bounds {
  return { must: set, may: set };
}

/** Unknown for the packets of a set, false for the others. */
export function perhaps(space: Space, set: PacketSet): Bounds {
  return { must: space.none, may: set };
}

export function both(space: Space, a: Bounds, b: Bounds): Bounds {
  const may = space.and(a.may, b.may);
  const exact = a.must === a.may && b.must === b.may;
  return { must: exact ? may : space.and(a.must, b.must), may };
}

export function either(space: Space, of: readonly Bounds[]): Bounds {
  const may = space.unionOf(of.map((one) => one.may));
  const exact = of.every((one) => one.must === one.may);
  return { must: exact ? may : space.unionOf(of.map((one) => one.must)), may };
}

export function negated(space: Space, { must, may }: Bounds): Bounds {
  const most = space.not(must);
  return { must: must === may ? most : space.not(may), may: most };
}

/** The part of a test inside a set; outside it is false. */
export function within(space: Space, { must, may }: Bounds, set: PacketSet): Bounds {
  const most = space.and(may, set);
  return { must: must === may ? most : space.and(must, set), may: most };
}
