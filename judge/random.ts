// Chance from one seed: the same seed gives the same rule sets and packets, on every machine.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Mulberry32: 32 bits of state, enough for test cases and nothing else. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from 0 to `below` − 1. */
  below(below: number): number {
    return this.#next() % below;
  }

  /** A whole number from `first` to `last`. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  /** Between `least` and `most` different items, in their order. */
  some<Item>(items: readonly Item[], least: number, most: number): Item[] {
    const wanted = Math.min(this.between(least, most), items.length);
    const kept = new Set<number>();
    while (kept.size < wanted) kept.add(this.below(items.length));
    return items.filter((_, at) => kept.has(at));
  }

  /** A seed for a part, so that its draws don't shift with those of its neighbours. */
  fork(): Random {
    return new Random(this.#next());
  }
}
