// One run of the fuzzer in a process of its own, so that whoever started it sees it hang or run out of memory: the
// number of the input that is being tried stands in a file. The report goes to standard output, as JSON.
import { openSync, writeSync } from "node:fs";
import type { Plan, Report } from "./main.ts";
import { runTarget, tryInput } from "./run.ts";
import { shrink } from "./shrink.ts";
import { targets, type Input } from "./targets.ts";

const { name, inputs, seed, progress } = JSON.parse(process.argv[2] ?? "{}") as Plan;
const target = targets.find((item) => item.name === name);
if (target === undefined) throw new Error(`no target ${name}`);
const file = openSync(progress, "w");
const note = (number: number): void => void writeSync(file, String(number).padEnd(16), 0);
// Refusals come by the thousand, and their stacks are most of their cost: a defect is run again with its stack.
Error.stackTraceLimit = 0;
const tally = await runTarget(target, inputs, seed, note);
// A run that is over is perhaps being shrunk, which has a bound of its own.
note(inputs);
Error.stackTraceLimit = 12;
const { defect, ...counts } = tally;
const report: Report = {
  ...counts,
  ...(defect === undefined
    ? {}
    : {
        defect: {
          number: defect.number,
          what: defect.what,
          detail: await detailOf(defect.input),
          shrunk: shown(await shrink(target, defect)),
        },
      }),
};
process.stdout.write(JSON.stringify(report));

async function detailOf(input: Input): Promise<string> {
  if (target === undefined) return "";
  const outcome = await tryInput(target, input);
  return outcome.kind === "defect" ? outcome.detail : "";
}

function shown(input: Input): string {
  return typeof input === "string" ? JSON.stringify(input) : Buffer.from(input).toString("hex");
}
