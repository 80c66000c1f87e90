// An estate's files as they stand in a revision of a git repository: read from its objects, so that nothing is checked
// out and the working tree is left alone.
import { spawnSync } from "node:child_process";
import { dirname, join, relative, resolve } from "node:path";
import { existsSync, realpathSync, statSync } from "node:fs";
import { Problem, type Origin } from "../problem.ts";
import { checkSize, textFile, visibleFiles, type SourceTree } from "./files.ts";

/** A path of a revision, as git writes it: `main:infra`, `HEAD~1:rules.v4`. */
export interface RevisionPath {
  readonly revision: string;
  readonly path: string;
}

/** `main:infra` where no file of that name lies here; undefined for what is a path of the disk. */
export function parseRevisionPath(text: string): RevisionPath | undefined {
  if (existsSync(text)) return undefined;
  const [, revision, path] = /^([^:]+):(.*)$/.exec(text) ?? [];
  return revision === undefined || path === undefined
    ? undefined
    : { revision, path: path === "" ? "." : path };
}

interface Blob {
  readonly object: string;
  readonly bytes: number;
}

/** A tree is listed whole; a repository of more files than this is not an estate's. */
const mostListingBytes = 256 * 1024 * 1024;

/**
 * The files of a revision, by paths as they are relative to the folder that the command was given in.
 *
 * @param path a path in the repository; the repository is found from there, or from here where it no longer exists
 * @throws Problem `unreadable` where there is no such repository or revision, or git is not installed
 * @example await loadEstate("infra", gitTree("main", "infra"))
 */
export function gitTree(revision: string, path: string): SourceTree {
  const folder = nearestFolder(path);
  const top = git(folder, ["rev-parse", "--show-toplevel"], `${path} is in no git repository`).trim();
  const commit = git(
    folder,
    ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`],
    `the repository of ${path} has no revision “${revision}”`,
  ).trim();
  const blobs = listBlobs(top, commit);
  const folders = new Set([...blobs.keys()].flatMap(parents));
  const inside = (at: string): string => relative(top, join(realpathSync(folder), relative(folder, at)));
  const unreadable = (at: string, about?: { readonly origin?: Origin }): Problem =>
    new Problem("unreadable", `${revision} has no file or folder ${at}`, about);
  return {
    isFolder(at) {
      const own = inside(at);
      if (own === "" || folders.has(own)) return true;
      if (!blobs.has(own)) throw unreadable(at);
      return false;
    },
    filesBelow(at) {
      const own = inside(at);
      const prefix = own === "" ? "" : `${own}/`;
      return visibleFiles(
        at,
        [...blobs.keys()]
          .filter((name) => name.startsWith(prefix))
          .map((name) => join(at, name.slice(prefix.length))),
      );
    },
    filesIn(at) {
      const own = inside(at);
      const prefix = own === "" ? "" : `${own}/`;
      return [...blobs.keys()]
        .filter((name) => name.startsWith(prefix) && !name.slice(prefix.length).includes("/"))
        .map((name) => join(at, name.slice(prefix.length)));
    },
    openFile(at, about = {}) {
      const blob = blobs.get(inside(at));
      if (blob === undefined) throw unreadable(at, about);
      checkSize(at, blob.bytes, about);
      return textFile(at, gitBytes(top, ["cat-file", "blob", blob.object], `${at} can't be read`));
    },
  };
}

/** The folder itself, or the nearest one above it that is still there. */
function nearestFolder(path: string): string {
  let at = resolve(path);
  while (!existsSync(at) || !statSync(at).isDirectory()) at = dirname(at);
  return at;
}

function listBlobs(top: string, commit: string): Map<string, Blob> {
  const listing = git(
    top,
    ["ls-tree", "-r", "-z", "-l", "--full-tree", commit],
    "the revision can't be listed",
  );
  const blobs = new Map<string, Blob>();
  for (const entry of listing.split("\0")) {
    // Symbolic links and submodules are no files of this repository.
    const [, object, bytes, name] = /^100\d{3} blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(entry) ?? [];
    if (object !== undefined && name !== undefined) blobs.set(name, { object, bytes: Number(bytes) });
  }
  return blobs;
}

function parents(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

function git(folder: string, args: readonly string[], failure: string): string {
  return gitBytes(folder, args, failure).toString("utf8");
}

function gitBytes(folder: string, args: readonly string[], failure: string): Buffer {
  const ran = spawnSync("git", ["-C", folder, ...args], {
    maxBuffer: mostListingBytes,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (ran.status === 0) return ran.stdout;
  const missing = ran.error !== undefined && "code" in ran.error && ran.error.code === "ENOENT";
  throw new Problem(
    "unreadable",
    missing ? "git is not installed, and a revision was asked for" : failure,
    missing ? { remedy: "install git, or name folders instead" } : {},
  );
}
