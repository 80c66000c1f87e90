// The Linux host that Ringwall runs on, as the few things that its readers ask of it: files and programs. Nothing is
// changed: files are read, programs list.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface Ran {
  readonly ok: boolean;
  readonly output: string;
  /** What went wrong, in the program's own words. */
  readonly complaint: string;
  /** The program is not installed. */
  readonly missing: boolean;
}

export interface System {
  readonly read: (path: string) => string | undefined;
  readonly list: (folder: string) => readonly string[];
  readonly link: (path: string) => string | undefined;
  readonly run: (program: string, args: readonly string[]) => Ran;
}

/** Programs list in well under this, even a rule set of 100 000 lines; what hangs is ended. */
const patienceMs = 30_000;
/** Enough for a listing of a million rules. */
const mostBytes = 512 * 1024 * 1024;

/** System programs stand in folders that a user's PATH may lack. */
const folders = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

export const thisSystem: System = {
  read: (path) => attempt(() => readFileSync(path, "utf8")),
  list: (folder) => attempt(() => readdirSync(folder)) ?? [],
  link: (path) => attempt(() => readlinkSync(path)),
  run: (program, args) => {
    const ran = spawnSync(program, args, {
      encoding: "utf8",
      timeout: patienceMs,
      maxBuffer: mostBytes,
      env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:${folders}`, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const missing = ran.error !== undefined && "code" in ran.error && ran.error.code === "ENOENT";
    return {
      ok: ran.status === 0,
      output: ran.stdout ?? "",
      complaint: (ran.stderr ?? "").trim() || (ran.error?.message ?? ""),
      missing,
    };
  },
};
