// Times things the same way everywhere: a few rounds to warm up, then the median of several.

export interface Measured {
  /** Milliseconds for one run. */
  readonly ms: number;
  readonly rounds: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** The median time of one run. `warm`: rounds before that do not count. */
export async function measure(
  run: () => unknown,
  { rounds = 7, warm = 2 }: { readonly rounds?: number; readonly warm?: number } = {},
): Promise<Measured> {
  const times: number[] = [];
  for (let round = -warm; round < rounds; round += 1) {
    const start = performance.now();
    await run();
    if (round >= 0) times.push(performance.now() - start);
  }
  return { ms: median(times), rounds };
}

/** One line of the report: what Ringwall takes, and what its peer or its naive twin takes for the same. */
export interface Line {
  readonly what: string;
  readonly ours: number;
  readonly unit: "ms" | "packets/s";
  readonly peer?: number;
  /** Who the peer is, or why there is none. */
  readonly against: string;
}

/** How many times better than the peer; below 1, worse. */
export function ratio({ ours, unit, peer }: Line): number | undefined {
  if (peer === undefined || ours === 0 || peer === 0) return undefined;
  return unit === "ms" ? peer / ours : ours / peer;
}
