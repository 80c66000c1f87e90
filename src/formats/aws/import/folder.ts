// Where an import is written: FOLDER/<account>/<region>, filled beside its place and moved there whole, so that no half
// of an export is ever read. A folder that holds anything but imports is left alone.
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../../problem.ts";

/** The record of what was asked: its presence makes a folder an import's. */
export const recordFile = "_import.json";
const unfinished = ".ringwall-import-";

/** @throws Problem `usage` where the folder exists and holds something that is no import */
export async function claimFolder(folder: string): Promise<void> {
  const entries = await entriesOf(folder);
  for (const account of entries ?? []) {
    if (account.startsWith(unfinished)) continue;
    for (const region of (await entriesOf(join(folder, account))) ?? [""]) {
      if (!(await exists(join(folder, account, region, recordFile))))
        throw notOurs(folder, join(account, region));
    }
  }
  await mkdir(folder, { recursive: true });
}

function notOurs(folder: string, what: string): Problem {
  return new Problem("usage", `${folder} is not empty and not an import's: it holds ${what}`, {
    origin: { file: folder, line: 1 },
    remedy: "name a new folder with --out",
  });
}

/** Writes the files of one import; an earlier one of the same account and region gives way when the new one is whole. */
export async function writeImport(
  folder: string,
  place: { readonly account: string; readonly region: string },
  files: Iterable<readonly [string, unknown]>,
): Promise<string> {
  const target = join(folder, place.account, place.region);
  const beside = await mkdtemp(join(folder, unfinished));
  const fresh = join(beside, "new");
  try {
    await mkdir(fresh);
    for (const [name, value] of files)
      await writeFile(join(fresh, name), `${JSON.stringify(value, null, 2)}\n`);
    await mkdir(join(folder, place.account), { recursive: true });
    if (await exists(target)) await rename(target, join(beside, "old"));
    await rename(fresh, target);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return target;
}

async function entriesOf(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
