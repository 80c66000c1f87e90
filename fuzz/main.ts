// Breaks inputs of every reader and watches that nothing but an answer or a Problem comes out:
//   npm run fuzz -- --inputs 1000000 [--seed S] [--only READER]
// Prints a line a reader; a defect with its seed and a small input, and then the exit status is 1.
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { randomFrom } from "./random.ts";
import type { Tally } from "./run.ts";
import { targets, type Input, type Target } from "./targets.ts";

export interface Plan {
  readonly name: string;
  readonly inputs: number;
  readonly seed: string;
  /** The number of the input that is being tried, for the watch. */
  readonly progress: SharedArrayBuffer;
}

export interface Report {
  readonly tally: Tally;
  readonly shrunk?: Input;
}

const hangMs = 30_000;
/** The stack is as small as the main thread's: deep nesting has to fail here if it fails there. */
const limits = { maxOldGenerationSizeMb: 768, stackSizeMb: 1 };

function runInThread(plan: Plan): Promise<Report> {
  const counter = new Int32Array(plan.progress);
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: plan,
    resourceLimits: limits,
  });
  return new Promise((resolve, reject) => {
    let last = -1;
    const watch = setInterval(() => {
      const now = Atomics.load(counter, 0);
      // A run that is over is being shrunk, which has a bound of its own.
      if (now === last && now < plan.inputs) {
        reject(new Error(`${plan.name}: input ${now} of seed ${plan.seed} takes over ${hangMs / 1000} s`));
        void worker.terminate();
      }
      last = now;
    }, hangMs);
    worker.on("message", (report: Report) => resolve(report));
    worker.on("error", (error) =>
      reject(
        new Error(`${plan.name}: input ${Atomics.load(counter, 0)} of seed ${plan.seed}: ${String(error)}`),
      ),
    );
    worker.on("exit", () => clearInterval(watch));
  });
}

function shown(input: Input): string {
  if (typeof input !== "string") return Buffer.from(input).toString("hex");
  return JSON.stringify(input);
}

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell, at) => (at === 0 ? String(cell).padEnd(14) : String(cell).padStart(12))).join("");
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function chosen(only: string | undefined): readonly Target[] {
  const some = targets.filter((target) => only === undefined || target.name.includes(only));
  if (some.length === 0)
    fail(`no reader “${only}”; there are ${targets.map((target) => target.name).join(", ")}`);
  return some;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { inputs: { type: "string" }, seed: { type: "string" }, only: { type: "string" } },
  });
  const total = Number(values.inputs ?? 1_000_000);
  if (!Number.isSafeInteger(total) || total < 1) fail(`--inputs is a number, not “${values.inputs}”`);
  const seed = values.seed ?? String(randomFrom(String(Date.now())).below(1e9));
  const some = chosen(values.only);
  const weights = some.reduce((sum, target) => sum + target.weight, 0);
  process.stdout.write(
    `seed ${seed}\n${row(["reader", "inputs", "accepted", "refused", "worst ms", "inputs/s"])}\n`,
  );
  let inputs = 0;
  let defects = 0;
  for (const target of some) {
    const plan: Plan = {
      name: target.name,
      inputs: Math.ceil((total * target.weight) / weights),
      seed,
      progress: new SharedArrayBuffer(4),
    };
    try {
      const { tally, shrunk } = await runInThread(plan);
      inputs += tally.inputs;
      const perSecond = Math.round((tally.inputs / tally.totalMs) * 1000);
      process.stdout.write(
        `${row([tally.target, tally.inputs, tally.accepted, tally.refused, tally.worstMs.toFixed(1), perSecond])}\n`,
      );
      if (tally.defect === undefined) continue;
      defects += 1;
      const { number, what, detail, input } = tally.defect;
      process.stdout.write(`DEFECT ${target.name}, seed ${seed}, input ${number}: ${what}\n${detail}\n`);
      process.stdout.write(`shrunk: ${shown(shrunk ?? input)}\n`);
    } catch (error) {
      defects += 1;
      process.stdout.write(`DEFECT ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  process.stdout.write(`${inputs} inputs, ${defects} defects\n`);
  return defects === 0 ? 0 : 1;
}

process.exitCode = await main();
