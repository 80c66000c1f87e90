// A line of values cut into spans where some set begins or ends: which span holds a value.

/** The index of the last start that is not above the value. `starts` ascend from 0. */
export function spanOf(starts: readonly number[], value: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? Infinity) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** As `spanOf`, of IPv6 addresses. */
export function spanOf6(starts: readonly bigint[], value: bigint): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const start = starts[middle];
    if (start !== undefined && start <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The starts of spans of IPv6 addresses as four words each, the highest first: what `spanOf6Words` searches. */
export function wordsOfStarts(starts: readonly bigint[]): Uint32Array {
  return Uint32Array.from(
    starts.flatMap((start) => [96n, 64n, 32n, 0n].map((shift) => Number((start >> shift) & 0xffffffffn))),
  );
}

/** As `spanOf6`, of the address in four words from `at` on. */
export function spanOf6Words(starts: Uint32Array, words: Uint32Array, at: number): number {
  let low = 0;
  let high = (starts.length >> 2) - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isAbove(starts, middle * 4, words, at)) high = middle - 1;
    else low = middle;
  }
  return low;
}

function isAbove(starts: Uint32Array, start: number, words: Uint32Array, at: number): boolean {
  for (let word = 0; word < 4; word += 1) {
    const [a, b] = [starts[start + word] ?? 0, words[at + word] ?? 0];
    if (a !== b) return a > b;
  }
  return false;
}
