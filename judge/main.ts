// `npm run judge`: judges as many packets as asked, prints what was covered and every mismatch as a small case. Exit
// status 0: none; 1: some; 2: it can't judge here, or was asked wrongly.
import { parseArgs } from "node:util";
import { kinds, run, type Campaign, type Kind, type Report } from "./campaign.ts";
import { Kernel } from "./kernel.ts";
import { features } from "./rule-set.ts";
import { whyNot } from "./requirements.ts";

const usage = `npm run judge -- [--packets 100000] [--seed 1] [--rules 40] [--only ${kinds.join("|")}]`;

function asked(): Campaign {
  const { values } = parseArgs({
    options: {
      packets: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      rules: { type: "string", default: "40" },
      only: { type: "string" },
    },
  });
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
  let campaign: Campaign;
  try {
    campaign = asked();
  } catch (error) {
    console.error(`judge: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  const kernel = new Kernel();
  const report = await run(kernel, {
    ...campaign,
    failed: (text) => console.log(`\n${text}\n`),
    ...(process.stderr.isTTY ? { progress: showProgress } : {}),
  });
  kernel.close();
  console.log(summary(report));
  return report.mismatches > 0 ? 1 : 0;
}

function showProgress({ packets, mismatches, seconds }: Report): void {
  process.stderr.write(
    `\r${packets.toLocaleString("en")} packets, ${mismatches} mismatches, ${seconds.toFixed(0)} s `,
  );
}

process.exitCode = await main();
