// The command line: finds the verb, reads its options, runs it, and turns whatever went wrong into one clear message
// and an exit status. 0 fine, 1 the answer is no, 2 unusable input or usage.
import { parseArgs } from "node:util";
import { closest } from "../closest.ts";
import { originText, Problem } from "../problem.ts";
import type { Terminal, Verb } from "./verb.ts";
import { version } from "./version.ts";

interface VerbEntry {
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

/** Loaded when asked for: start-up pays for one verb. */
const verbs: Readonly<Record<string, VerbEntry>> = {
  trace: {
    summary: "what happens to a packet at every ring, there and back",
    load: async () => (await import("./trace.ts")).traceVerb,
  },
  lint: {
    summary: "mistakes, each with a witness packet and a remedy that was tried",
    load: async () => (await import("./lint.ts")).lintVerb,
  },
  reach: {
    summary: "what can reach what, there and back, for all packets at once",
    load: async () => (await import("./reach.ts")).reachVerb,
  },
  assert: {
    summary: "the estate's own “must” and “must not”, proved or broken by a packet",
    load: async () => (await import("./assert.ts")).assertVerb,
  },
  diff: {
    summary: "what a change opens, closes and cuts, proved for all packets",
    load: async () => (await import("./diff.ts")).diffVerb,
  },
  matrix: {
    summary: "who reaches whom with one service through one firewall, as a grid",
    load: async () => (await import("./matrix.ts")).matrixVerb,
  },
  replay: {
    summary: "run a packet capture through a firewall or an estate",
    load: async () => (await import("./replay.ts")).replayVerb,
  },
  show: {
    summary: "the estate as a map: places, rings, and what was not understood",
    load: async () => (await import("./show.ts")).showVerb,
  },
  import: {
    summary: "fetch a live configuration into a folder (aws)",
    load: async () => (await import("./import.ts")).importVerb,
  },
  doctor: {
    summary: "on this host: why nobody reaches a port although it is allowed",
    load: async () => (await import("./doctor.ts")).doctorVerb,
  },
  tour: {
    summary: "three questions on the example, to see what Ringwall does",
    load: async () => (await import("./tour.ts")).tourVerb,
  },
};

function processTerminal(): Terminal {
  // A reader that stops early (head, less) is no failure of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const colour = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  return {
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    colour,
    progress: process.stderr.isTTY,
    columns: process.stdout.columns || 100,
  };
}

/** @returns the exit status */
export async function main(
  args: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<0 | 1 | 2> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    terminal.writeError(problemText(error));
    return 2;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<0 | 1> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const topic = name === "help" ? rest[0] : undefined;
    terminal.write(topic === undefined ? overview() : (await findVerb(topic)).help);
    return 0;
  }
  if (name === "--version" || name === "-V" || name === "version") {
    terminal.write(`ringwall ${version()}\n`);
    return 0;
  }
  const verb = await findVerb(name);
  const { positionals, values } = parse(name, verb, rest);
  if (values["help"] === true) {
    terminal.write(verb.help);
    return 0;
  }
  return verb.run(positionals, values, terminal);
}

async function findVerb(name: string): Promise<Verb> {
  const entry = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (entry !== undefined) return entry.load();
  const near = closest(name, Object.keys(verbs));
  throw new Problem("usage", `there is no verb “${name}”`, {
    remedy: near === undefined ? "ringwall --help lists them" : `did you mean ${near}?`,
  });
}

function parse(name: string, verb: Verb, args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...verb.options, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split(". ")[0] ?? error.message) : String(error);
    throw new Problem("usage", message, { remedy: `ringwall ${name} --help lists its options` });
  }
}

function overview(): string {
  const rows = Object.entries(verbs).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`);
  return [
    "Ringwall reads the real configuration of every firewall ring and says what happens to a packet, there and back.",
    "",
    "usage: ringwall <verb> [estate] [options]",
    "",
    ...rows,
    "",
    "An estate is a folder with ringwall.yaml, a folder of exports, or one file: aws ec2 describe-* JSON, terraform show",
    "-json, CloudFormation templates, iptables-save, nft -j list ruleset, Kubernetes YAML or JSON.",
    "",
    "  ringwall trace examples/three-tier --from internet --to shop --port 443",
    "  ringwall reach examples/three-tier --from internet",
    "  ringwall diff --since main infra",
    "  ringwall trace host.rules --packet 'tcp 203.0.113.7:50000 > 192.0.2.10:22 in eth0'",
    "",
    "ringwall help <verb> says more. Exit status: 0 fine, 1 the answer is no, 2 unusable input or usage.",
    "",
  ].join("\n");
}

/** `file:line:column: message`, and the remedy below. */
export function problemText(problem: Problem): string {
  const where = problem.origin === undefined ? "ringwall" : originText(problem.origin);
  const remedy = problem.remedy === undefined ? "" : `  remedy: ${problem.remedy}\n`;
  return `${where}: ${problem.message}\n${remedy}`;
}
