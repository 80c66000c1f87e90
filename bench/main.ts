// How fast Ringwall is, as ratios against a peer or a naive twin in the same run, since absolute times move with the
// machine:  npm run bench [-- --only dump|estate|capture|space|matrix|classify|coverage|reach|diff|start-up] [--json FILE]
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { benchCapture } from "./capture.ts";
import { benchClassify } from "./classify.ts";
import { benchCoverage } from "./coverage.ts";
import { benchDiff } from "./diff.ts";
import { benchDump } from "./dump.ts";
import { benchEstate } from "./estate.ts";
import { benchMatrix } from "./matrix.ts";
import { ratio, type Line } from "./measure.ts";
import { benchReach } from "./reach.ts";
import { benchSpace } from "./space.ts";
import { benchStartUp } from "./start-up.ts";

const parts: Readonly<Record<string, () => Promise<Line[]>>> = {
  dump: benchDump,
  estate: benchEstate,
  capture: benchCapture,
  space: benchSpace,
  matrix: benchMatrix,
  classify: benchClassify,
  coverage: benchCoverage,
  reach: benchReach,
  diff: benchDiff,
  "start-up": benchStartUp,
};

function figure(value: number | undefined, unit: Line["unit"]): string {
  if (value === undefined) return "–";
  if (unit === "packets/s") return `${Math.round(value / 1000)} k/s`;
  return `${value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(4)} ms`;
}

function row(line: Line): string {
  const times = ratio(line);
  const shown = times === undefined ? "–" : `${times >= 10 ? times.toFixed(0) : times.toFixed(2)} ×`;
  return [
    line.what.padEnd(50),
    figure(line.ours, line.unit).padStart(11),
    figure(line.peer, line.unit).padStart(11),
    shown.padStart(9),
    `  ${line.against}`,
  ].join("");
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: "string" }, json: { type: "string" } } });
  const { only } = values;
  if (only !== undefined && !Object.hasOwn(parts, only)) {
    process.stderr.write(`--only is one of ${Object.keys(parts).join(", ")}\n`);
    process.exitCode = 2;
    return;
  }
  process.stdout.write(
    `${"".padEnd(50)}${"ringwall".padStart(11)}${"peer".padStart(11)}${"ratio".padStart(9)}  peer or twin\n`,
  );
  const lines: Line[] = [];
  for (const [name, bench] of Object.entries(parts)) {
    if (only !== undefined && only !== name) continue;
    for (const line of await bench()) {
      lines.push(line);
      process.stdout.write(`${row(line)}\n`);
    }
  }
  if (values.json === undefined) return;
  const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? "unknown" };
  const report = lines.map((line) => ({ ...line, ratio: ratio(line) }));
  writeFileSync(
    values.json,
    `${JSON.stringify({ schema: "ringwall.bench/1", machine, lines: report }, undefined, 2)}\n`,
  );
}

await main();
