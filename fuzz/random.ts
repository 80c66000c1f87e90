// Random numbers that a seed repeats: every input of a run has a generator of its own, made from the run's seed, the
// reader's name and the input's number, so that any one of them can be made again alone.

export interface Random {
  /** A whole number from 0 to below `bound`. */
  readonly below: (bound: number) => number;
  readonly chance: (oneIn: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
}

/** Mulberry32, by Tommy Ettinger: small, fast, and good enough to break parsers with. */
export function randomFrom(seed: string): Random {
  let state = hash(seed);
  const below = (bound: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * bound);
  };
  return {
    below,
    chance: (oneIn) => below(oneIn) === 0,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}
