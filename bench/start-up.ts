// Start-up as people feel it: whole processes, from the command to the prompt.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { measure, type Line } from "./measure.ts";

const root = new URL("..", import.meta.url).pathname;
const rounds = { rounds: 10, warm: 1 };

/** What bin/ringwall does where there are no sources beside it. */
const published =
  'require("node:module").enableCompileCache(); import("./dist/bin/main.js").then(async ({ main }) => { process.exitCode = await main(process.argv.slice(1)); })';

function run(args: readonly string[], expected: readonly number[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (status === null || !expected.includes(status))
    throw new Error(`${args.join(" ")}: status ${status}: ${stderr}`);
}

export async function benchStartUp(): Promise<Line[]> {
  const bare = await measure(() => run(["-e", "0"], [0]), rounds);
  const help = await measure(() => run(["bin/ringwall", "--help"], [0]), rounds);
  const question = [
    "bin/ringwall",
    "trace",
    "examples/three-tier",
    "--from",
    "internet",
    "--to",
    "shop",
    "--port",
    "443",
  ];
  const tracing = await measure(() => run(question, [0, 1]), rounds);
  const linting = await measure(() => run(["bin/ringwall", "lint", "examples/three-tier"], [0, 1]), rounds);
  const isBuilt = existsSync(new URL("dist/bin/main.js", `file://${root}`));
  const lintBuilt = isBuilt
    ? await measure(() => run(["-e", published, "lint", "examples/three-tier"], [0, 1]), rounds)
    : undefined;
  const built = isBuilt
    ? await measure(() => run(["-e", published, ...question.slice(1)], [0, 1]), rounds)
    : undefined;
  const against = "node -e 0";
  return [
    { what: "ringwall --help, whole process", ours: help.ms, unit: "ms", peer: bare.ms, against },
    {
      what: "a trace on examples/three-tier, whole process",
      ours: tracing.ms,
      unit: "ms",
      peer: bare.ms,
      against,
    },
    ...(built === undefined
      ? []
      : [
          {
            what: "the same, as it is published (npm run build)",
            ours: built.ms,
            unit: "ms" as const,
            peer: bare.ms,
            against,
          },
        ]),
    {
      what: "lint of examples/three-tier, whole process",
      ours: linting.ms,
      unit: "ms",
      peer: bare.ms,
      against,
    },
    ...(lintBuilt === undefined
      ? []
      : [
          {
            what: "the same, as it is published",
            ours: lintBuilt.ms,
            unit: "ms" as const,
            peer: bare.ms,
            against,
          },
        ]),
  ];
}
