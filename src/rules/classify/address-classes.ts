// Addresses as numbers of the intervals that some cuts leave. The upper 16 bits point into the sorted cuts, and what is
// left there is found in four steps without a branch; only where cuts are dense do further bits part them first. So the
// tables stay small enough for the cache, where a trie to the last bit would take tens of megabytes.

/** As many cuts as four steps can tell apart. */
const mostCuts = 15;

export interface AddressClasses {
  /** The first coordinate of each interval, ascending from 0. */
  readonly starts: Uint32Array;
  /** Each start less one, and then `mostCuts` values that no address is above. */
  readonly below: Uint32Array;
  /**
   * 65 536 entries by the upper half, then blocks of 256 by the next eight bits: the first interval that can hold the
   * address; or negative, and then the complement is a block's place.
   */
  readonly trie: Int32Array;
}

/** Where the steps tell all intervals apart. */
const noTrie = new Int32Array(65536);

/** The intervals that begin at some coordinates (and at 0). */
export function addressClasses(cuts: Iterable<number>): AddressClasses {
  const starts = Uint32Array.from(new Set([0, ...cuts])).sort();
  const below = new Uint32Array(starts.length + mostCuts).fill(0xffffffff);
  for (const [at, start] of starts.entries()) below[at] = start - 1;
  if (starts.length <= mostCuts + 1) return { starts, below, trie: noTrie };
  const blocks: Int32Array[] = [];
  /** Entries of 2^shift addresses each, from `prefix` on; `from`: the interval that holds the first. */
  const fill = (entries: Int32Array, prefix: number, shift: number, from: number): void => {
    const size = 2 ** shift;
    let at = from;
    for (let entry = 0; entry < entries.length; entry += 1) {
      const first = prefix + entry * size;
      while (at + 1 < starts.length && (starts[at + 1] ?? 0) <= first) at += 1;
      entries[entry] = at;
      const dense = (starts[at + mostCuts + 1] ?? Infinity) < first + size;
      if (!dense) continue;
      const block = new Int32Array(256);
      entries[entry] = ~(65536 + blocks.length * 256);
      blocks.push(block);
      fill(block, first, shift - 8, at);
    }
  };
  const top = new Int32Array(65536);
  fill(top, 0, 16, 0);
  const trie = new Int32Array(65536 + blocks.length * 256);
  trie.set(top);
  for (const [at, entries] of blocks.entries()) trie.set(entries, 65536 + at * 256);
  return { starts, below, trie };
}

/** The intervals of many coordinates: `count` of them from `from` on, into the beginning of `into`. */
export function classesOfAddresses(
  { trie, below }: AddressClasses,
  addresses: Uint32Array,
  from: number,
  count: number,
  into: Uint32Array,
): void {
  for (let at = 0; at < count; at += 1) {
    const address = addresses[from + at] ?? 0;
    let entry = trie[address >>> 16] ?? 0;
    if (entry < 0) {
      entry = trie[~entry + ((address >>> 8) & 255)] ?? 0;
      if (entry < 0) entry = trie[~entry + (address & 255)] ?? 0;
    }
    entry += Number((below[entry + 8] ?? 0) < address) << 3;
    entry += Number((below[entry + 4] ?? 0) < address) << 2;
    entry += Number((below[entry + 2] ?? 0) < address) << 1;
    entry += Number((below[entry + 1] ?? 0) < address);
    into[at] = entry;
  }
}

const oneAddress = new Uint32Array(1);
const oneClass = new Uint32Array(1);

/** The number of the interval that holds a coordinate. */
export function classOfAddress(classes: AddressClasses, address: number): number {
  oneAddress[0] = address;
  classesOfAddresses(classes, oneAddress, 0, 1, oneClass);
  return oneClass[0] ?? 0;
}
