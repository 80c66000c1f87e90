// `npm run judge`: judges as many packets as asked, prints what was covered and every mismatch as a small case. Exit
// status 0: none; 1: some; 2: it can't judge here, or was asked wrongly. With `--every-dump` it judges each real dump by the
// packets that the readings are held to.
import { parseArgs } from "node:util";
import { kinds, run, type Campaign, type Kind, type Report } from "./campaign.ts";
import { dumpsText } from "./dumps-report.ts";
import { readDumps } from "./dumps.ts";
import { judgeEveryDump, manyDevices } from "./every-dump.ts";
import { Kernel } from "./kernel.ts";
import { features } from "./rule-set.ts";
import { whyNot } from "./requirements.ts";

const usage = `npm run judge -- [--packets 100000] [--seed 1] [--rules 40] [--only ${kinds.join("|")}]
       npm run judge -- --every-dump [--packets-each 10000] [--seed 1]`;

/** A campaign, or each dump with so many random packets a chain. */
type Asked = Campaign | { readonly everyDump: true; readonly packetsEach: number; readonly seed: number };

function asked(): Asked {
  const { values } = parseArgs({
    options: {
      packets: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      rules: { type: "string", default: "40" },
      only: { type: "string" },
      "every-dump": { type: "boolean", default: false },
      "packets-each": { type: "string", default: "10000" },
    },
  });
  if (values["every-dump"])
    return {
      everyDump: true,
      packetsEach: whole("--packets-each", values["packets-each"], 0),
      seed: whole("--seed", values.seed, 0),
    };
  const only = kinds.find((kind): kind is Kind => kind === values.only);
  if (values.only !== undefined && only === undefined) throw new Error(`--only takes ${kinds.join(", ")}`);
  return {
    packets: whole("--packets", values.packets, 1),
    seed: whole("--seed", values.seed, 0),
    rules: whole("--rules", values.rules, 1),
    ...(only === undefined ? {} : { only }),
  };
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${option} takes a whole number from ${least}, not “${text}”`);
}

function summary(report: Report): string {
  const hits = features
    .map((feature) => `${feature} ${(report.hits.get(feature) ?? 0).toLocaleString("en")}`)
    .join(", ");
  return [
    `packets      ${report.packets.toLocaleString("en")} (${report.arrived.toLocaleString("en")} came out)`,
    `rule sets    ${report.ruleSets.toLocaleString("en")}, of them ${report.dumpsJudged.size} different real dumps`,
    `depends      ${report.depends.toLocaleString("en")}`,
    `mismatches   ${report.mismatches.toLocaleString("en")}`,
    `rate         ${Math.round(report.packets / report.seconds).toLocaleString("en")} packets/s, ${report.seconds.toFixed(0)} s`,
    ...(report.refused.length === 0
      ? []
      : ["not taken by the kernel's own programs:", ...report.refused.map((text) => `  ${text}`)]),
    `packets that matched a rule with … : ${hits}`,
  ].join("\n");
}

async function main(): Promise<number> {
  const obstacle = whyNot();
  if (obstacle !== undefined) {
    console.error(`judge: ${obstacle}`);
    return 2;
  }
  let task: Asked;
  try {
    task = asked();
  } catch (error) {
    console.error(`judge: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if ("everyDump" in task) return everyDump(task);
  const kernel = new Kernel();
  const report = await run(kernel, {
    ...task,
    failed: (text) => console.log(`\n${text}\n`),
    ...(process.stderr.isTTY ? { progress: showProgress } : {}),
  });
  kernel.close();
  console.log(summary(report));
  return report.mismatches > 0 ? 1 : 0;
}

function everyDump({ packetsEach, seed }: { readonly packetsEach: number; readonly seed: number }): number {
  const dumps = readDumps();
  if (dumps.length === 0) {
    console.error("judge: the real dumps are not on this machine");
    return 2;
  }
  const kernel = new Kernel(manyDevices);
  const report = judgeEveryDump(kernel, {
    dumps,
    packetsEach,
    rulesEach: Number.POSITIVE_INFINITY,
    seed,
    failed: (text) => console.log(`\n${text}\n`),
    progress: (text) => console.error(text),
  });
  kernel.close();
  console.log(dumpsText(report));
  return report.mismatches > 0 ? 1 : 0;
}

function showProgress({ packets, mismatches, seconds }: Report): void {
  process.stderr.write(
    `\r${packets.toLocaleString("en")} packets, ${mismatches} mismatches, ${seconds.toFixed(0)} s `,
  );
}

process.exitCode = await main();
