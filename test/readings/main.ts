// `node test/readings/main.ts [packets] [seed]`: puts random packets and the ends of every rule to each base chain of each
// real dump, and prints what the readings gave. Exit status 1 where one differs, 2 where there are no dumps.
import { compare, dumpPaths, present, subjectsOf } from "./suite.ts";

const [packets = 10_000, seed = 1] = process.argv.slice(2).map(Number);
const started = performance.now();
let asked = 0;
let chains = 0;
let differs = false;
const verdicts = new Map<string, number>();
for (const path of dumpPaths()) {
  for (const subject of subjectsOf(path)) {
    const outcome = compare(subject, { packets, rules: Number.POSITIVE_INFINITY, seed });
    asked += outcome.packets;
    chains += 1;
    for (const [verdict, count] of outcome.verdicts)
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + count);
    for (const difference of outcome.differences) console.log(difference);
    differs ||= outcome.differences.length > 0;
  }
}
const shares = [...verdicts].map(([verdict, count]) => `${count.toLocaleString("en")} ${verdict}`).join(", ");
console.log(
  `${asked.toLocaleString("en")} packets, ${chains} chains: ${shares}; ${Math.round((performance.now() - started) / 1000)} s`,
);
process.exitCode = present ? (differs ? 1 : 0) : 2;
