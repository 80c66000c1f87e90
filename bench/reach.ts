// All pairs of an account of 10 000 interfaces, 1 000 groups and 200 subnets with network ACLs in 20 VPCs; and of ten times
// the interfaces in the same classes. The twin asks a trace for each pair of classes and one port: timed on a sample.
import type { Estate } from "../src/estate/model.ts";
import { TCP } from "../src/packet/protocol.ts";
import { reachability } from "../src/questions/reach.ts";
import { trace } from "../src/questions/trace.ts";
import { measure, type Line } from "./measure.ts";
import { reachEstate } from "./reach-estate.ts";

const sample = 200;

/** A copy each time, since an estate's index and engine are kept. */
function allPairs(estate: Estate): {
  readonly pairs: number;
  readonly classes: number;
  readonly nodes: number;
} {
  const engine = reachability({ ...estate });
  return { pairs: engine.pairs().length, classes: engine.classes.length, nodes: engine.space.size };
}

export async function benchReach(): Promise<Line[]> {
  const [few, many] = [reachEstate(10_000), reachEstate(100_000)];
  const found = allPairs(few);
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
  const small = await measure(() => allPairs(few), { rounds: 3, warm: 0 });
  const large = await measure(() => allPairs(many), { rounds: 3, warm: 0 });
  const ends = [...few.interfaces.keys()];
  const asked = Array.from({ length: sample }, (_, at) => [
    ends[(at * 7919) % ends.length] ?? "",
    ends[(at * 104_729 + 31) % ends.length] ?? "",
  ]).filter(([from, to]) => from !== to);
  const tracing = await measure(
    () => asked.map(([from = "", to = ""]) => trace(few, { from, to, protocol: TCP, port: 443 }).answer),
    { rounds: 3, warm: 1 },
  );
  return [
    {
      what: `all pairs, 10 000 interfaces, ${found.classes} classes`,
      ours: small.ms,
      unit: "ms",
      peer: (tracing.ms / asked.length) * found.classes ** 2,
      against: `a trace for each pair of classes, one port; ${found.pairs} pairs, ${memory} MB with both estates`,
    },
    {
      what: "the same classes, 100 000 interfaces",
      ours: large.ms,
      unit: "ms",
      against: `${(large.ms / small.ms).toFixed(2)} times the time of 10 000`,
    },
  ];
}
