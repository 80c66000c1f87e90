// Parts the packets that entered a chain by what becomes of them: the three answers that every question gives.
import type { PacketSet, Space } from "../../space/space.ts";
import type { ChainSets } from "./model.ts";

/** A partition of the packets that entered. */
export interface Verdicts {
  /** Certainly lets through, translated or not. */
  readonly allowed: PacketSet;
  readonly denied: PacketSet;
  readonly depends: PacketSet;
}

/** What a chain certainly lets through, certainly refuses, and what hangs on something unknown. */
export function verdicts(space: Space, sets: ChainSets): Verdicts {
  const passes = space.unionOf([
    sets.accept,
    sets.queue,
    sets.none,
    ...sets.translations.map(({ set }) => set),
  ]);
  const denied = space.minus(sets.drop, space.or(passes, sets.unknown));
  const allowed = space.minus(passes, space.or(sets.drop, sets.unknown));
  return {
    allowed,
    denied,
    depends: space.minus(sets.entering, space.or(allowed, denied)),
  };
}
