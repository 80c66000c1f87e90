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
