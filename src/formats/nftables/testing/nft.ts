// The real nft for tests: every call runs in a network namespace of its own, which ends with the call.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether this process may make network namespaces and has nft: root on Linux, as in continuous integration. */
export const hasNft: boolean = spawnSync("unshare", ["-n", "nft", "list", "ruleset"]).status === 0;

export interface Loaded {
  /** What `nft -j list ruleset` says after all scripts were loaded. */
  readonly json: string;
  /** The complaints of each script, empty where it was taken. */
  readonly errors: readonly string[];
}

const mark = "-- end of script --";

/** Loads scripts one after another into one fresh namespace and exports it. A script that is refused changes nothing. */
export function loadScripts(...scripts: readonly string[]): Loaded {
  const folder = mkdtempSync(join(tmpdir(), "ringwall-nft-"));
  try {
    for (const [at, script] of scripts.entries()) writeFileSync(join(folder, String(at)), script);
    const loads = scripts.map((_, at) => `nft -f ${folder}/${at} 2>&1; echo; echo '${mark}'`);
    const run = spawnSync("unshare", ["-n", "sh", "-c", [...loads, "nft -j list ruleset"].join("\n")], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const parts = run.stdout.split(`${mark}\n`);
    return { json: parts.at(-1) ?? "", errors: parts.slice(0, -1).map((part) => part.trim()) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
