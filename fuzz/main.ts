// Breaks inputs of every reader and watches that nothing but an answer or a Problem comes out:
//   npm run fuzz -- --inputs 1000000 [--seed S] [--only READER]
// Prints a line a reader; a defect with its seed and a small input, and then the exit status is 1.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { randomFrom } from "./random.ts";
import type { Tally } from "./run.ts";
import { targets, type Target } from "./targets.ts";

export interface Plan {
  readonly name: string;
  readonly inputs: number;
  readonly seed: string;
  /** The file that holds the number of the input that is being tried, for the watch. */
  readonly progress: string;
}

export interface Report extends Omit<Tally, "defect"> {
  readonly defect?: {
    readonly number: number;
    readonly what: string;
    readonly detail: string;
    readonly shrunk: string;
  };
}

const hangMs = 30_000;
const mostHeapMb = 512;

/** Runs a plan in a process of its own. Rejects with what it was doing when it hung or died. */
function runApart(plan: Plan): Promise<Report> {
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${mostHeapMb}`,
      new URL("child.ts", import.meta.url).pathname,
      JSON.stringify(plan),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const trying = (): number => Number(readFileSync(plan.progress, "utf8").trim() || "0");
  return new Promise((resolve, reject) => {
    let said = "";
    let complained = "";
    let last = -1;
    const watch = setInterval(() => {
      const now = trying();
      if (now === last && now < plan.inputs) {
        reject(new Error(`input ${now} takes over ${hangMs / 1000} s`));
        child.kill("SIGKILL");
      }
      last = now;
    }, hangMs);
    child.stdout.on("data", (chunk) => void (said += String(chunk)));
    child.stderr.on("data", (chunk) => void (complained += String(chunk)));
    child.on("close", (code) => {
      clearInterval(watch);
      if (code === 0) resolve(JSON.parse(said) as Report);
      else {
        const why = complained.includes("heap out of memory")
          ? `over ${mostHeapMb} MB`
          : complained.slice(0, 1500);
        reject(new Error(`input ${trying()}: ${why}`));
      }
    });
  });
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

async function fuzz(target: Target, inputs: number, seed: string, folder: string): Promise<number> {
  const plan: Plan = { name: target.name, inputs, seed, progress: join(folder, "progress") };
  try {
    const { defect, ...tally } = await runApart(plan);
    const perSecond = Math.round((tally.inputs / tally.totalMs) * 1000);
    process.stdout.write(
      `${row([tally.target, tally.inputs, tally.accepted, tally.refused, tally.worstMs.toFixed(1), perSecond])}\n`,
    );
    if (defect === undefined) return 0;
    process.stdout.write(
      `DEFECT ${target.name}, seed ${seed}, input ${defect.number}: ${defect.what}\n${defect.detail}\nshrunk: ${defect.shrunk}\n`,
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stdout.write(`DEFECT ${target.name}, seed ${seed}, ${why}\n`);
  }
  return 1;
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
  const folder = mkdtempSync(join(tmpdir(), "ringwall-fuzz-"));
  process.stdout.write(
    `seed ${seed}\n${row(["reader", "inputs", "accepted", "refused", "worst ms", "inputs/s"])}\n`,
  );
  let tried = 0;
  let defects = 0;
  for (const target of some) {
    const inputs = Math.ceil((total * target.weight) / weights);
    defects += await fuzz(target, inputs, seed, folder);
    tried += inputs;
  }
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(
    `${tried} inputs, ${defects === 0 ? "no defect" : `${defects} readers with a defect`}\n`,
  );
  return defects === 0 ? 0 : 1;
}

process.exitCode = await main();
