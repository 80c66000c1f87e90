// Network namespaces of this process: made under names that carry its id, entered for the length of one call, removed
// at the end whatever happens. Those of processes that are no more are removed on the way.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync } from "node:fs";
import { enterNamespace } from "./libc.ts";

const prefix = "ringwall-judge-";
const folder = "/run/netns";

export interface Namespace {
  readonly name: string;
  /** Runs synchronous code of this thread in the namespace; processes that it spawns are born there. */
  readonly run: <Result>(work: () => Result) => Result;
}

/** The namespaces of this process, each with the descriptors that would keep it alive without a name. */
const made = new Map<string, readonly number[]>();
let watching = false;

/** Makes a namespace that goes away with this process: on exit, on SIGINT, SIGTERM and on an uncaught error. */
export function makeNamespace(role: string): Namespace {
  watchForTheEnd();
  const name = `${prefix}${process.pid}-${role}`;
  must("ip", ["netns", "add", name]);
  const home = openSync("/proc/self/ns/net", "r");
  const there = openSync(`${folder}/${name}`, "r");
  made.set(name, [home, there]);
  return {
    name,
    run: (work) => {
      enterNamespace(there);
      try {
        return work();
      } finally {
        enterNamespace(home);
      }
    },
  };
}

export function removeNamespaces(): void {
  for (const [name, descriptors] of made) {
    for (const descriptor of descriptors) closeSync(descriptor);
    remove(name);
  }
  made.clear();
}

/** Removes what processes left behind that ended without a chance to clean up (SIGKILL, power). */
export function removeStaleNamespaces(): void {
  for (const name of namespaceNames()) {
    const owner = /^ringwall-judge-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) remove(name);
  }
}

export function namespaceNames(): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function remove(name: string): void {
  spawnSync("ip", ["netns", "delete", name], { stdio: "ignore" });
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function watchForTheEnd(): void {
  if (watching) return;
  watching = true;
  process.on("exit", removeNamespaces);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      removeNamespaces();
      process.kill(process.pid, signal);
    });
}

/** Runs a program with its input on standard input; a failure is an Error with what it wrote. Returns its output. */
export function must(program: string, args: readonly string[], input = ""): string {
  const outcome = attempt(program, args, input);
  if (!outcome.ok) throw new Error(`${program} ${args.join(" ")}: ${outcome.message}`);
  return outcome.output;
}

export type Attempt =
  | { readonly ok: true; readonly output: string }
  | { readonly ok: false; readonly message: string };

export function attempt(program: string, args: readonly string[], input = ""): Attempt {
  const result = spawnSync(program, args, { input, encoding: "utf8", maxBuffer: 1 << 28 });
  // A program that refuses its input before it has read all of it leaves us with a broken pipe: its own words count.
  const refused = result.status !== null && result.status !== 0;
  if (result.error !== undefined && !refused) return { ok: false, message: result.error.message };
  return result.status === 0
    ? { ok: true, output: result.stdout }
    : { ok: false, message: result.stderr.trim() || `ended with ${String(result.status ?? result.signal)}` };
}

export function isInstalled(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;
}
