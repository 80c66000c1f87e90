// What judging every dump came to: the counts, and the counts in words.

export interface DumpsReport {
  dumps: number;
  chains: number;
  /** Packets that the readings are asked about. */
  views: number;
  /** Of them sent, and how many of those came out. */
  sent: number;
  arrived: number;
  /** Sent beside them, to open connections whose answers they are. */
  openers: number;
  rounds: number;
  /** Rounds played again without the packets of which our answer depends. */
  again: number;
  /** Packets of which our answer depends. */
  depends: number;
  /** Packets whose connection state was the view's own; the others met the rules in another. */
  asViewed: number;
  /** Verdicts of single readings of the chain (evaluate, space, classify) that were held against the kernel's. */
  readonly readings: Map<string, number>;
  mismatches: number;
  readonly unsendable: Map<string, number>;
  readonly refused: string[];
  readonly failures: string[];
  seconds: number;
}

export function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function dumpsText(report: DumpsReport): string {
  const number = (value: number): string => value.toLocaleString("en");
  const unsendable = [...report.unsendable].toSorted((a, b) => b[1] - a[1]);
  return [
    `dumps        ${number(report.dumps)}, their chains ${number(report.chains)}`,
    `packets      ${number(report.views)}, of them sent ${number(report.sent)} (${number(report.arrived)} came out), in ${number(report.rounds)} rounds; ${number(report.openers)} openers beside them`,
    `in the state asked for ${number(report.asViewed)}`,
    `readings of the chain alone held against the kernel: ${[...report.readings].map(([name, count]) => `${name} ${number(count)}`).join(", ")}`,
    `depends      ${number(report.depends)}; ${number(report.again)} rounds played again without those packets`,
    `mismatches   ${number(report.mismatches)}`,
    `time         ${report.seconds.toFixed(0)} s`,
    ...(report.refused.length === 0
      ? []
      : ["not taken by the kernel's own programs:", ...report.refused.map((text) => `  ${text}`)]),
    "not sent:",
    ...unsendable.map(([why, count]) => `  ${number(count)}: ${why}`),
  ].join("\n");
}
