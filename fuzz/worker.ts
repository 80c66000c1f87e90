// One run of the fuzzer in a thread of its own, so that the main thread can see it hang or run out of memory.
import { parentPort, workerData } from "node:worker_threads";
import { runTarget } from "./run.ts";
import { shrink } from "./shrink.ts";
import { targets } from "./targets.ts";
import type { Plan, Report } from "./main.ts";

const { name, inputs, seed, progress } = workerData as Plan;
const counter = new Int32Array(progress);
const target = targets.find((item) => item.name === name);
if (target === undefined) throw new Error(`no target ${name}`);
const tally = await runTarget(target, inputs, seed, (number) => Atomics.store(counter, 0, number));
Atomics.store(counter, 0, inputs);
const report: Report = {
  tally,
  ...(tally.defect === undefined ? {} : { shrunk: await shrink(target, tally.defect) }),
};
// A port of a thread has no origin to name.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage(report);
