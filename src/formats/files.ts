// Finds and opens the files of an estate on the disk; synchronous, since nothing else waits meanwhile and a promise a
// file costs more than the file. Readers see files through a SourceTree alone; the other one is git-tree.ts.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { Problem, type Origin } from "../problem.ts";
import type { SourceFile } from "./reader.ts";

/** Where an estate's files are: the disk, or a revision of a repository. Paths are as the user writes them. */
export interface SourceTree {
  /** @throws Problem `unreadable` where there is no such path */
  readonly isFolder: (path: string) => boolean;
  /** Every file below a folder, by path; hidden ones are left out. */
  readonly filesBelow: (folder: string) => string[];
  /** The files in a folder itself, hidden folders too; none where there is no such folder. */
  readonly filesIn: (folder: string) => string[];
  /** @throws Problem `unreadable`, `limit` or `syntax` */
  readonly openFile: (path: string, about?: { readonly origin?: Origin }) => SourceFile;
}

/** A file over this is no configuration; 256 MB holds the exports of the largest accounts. */
const mostBytes = 256 * 1024 * 1024;
/** Folders deeper or larger than this are a mistake in the path. */
const mostFiles = 20_000;

function openFile(path: string, about: { readonly origin?: Origin } = {}): SourceFile {
  const from = about.origin === undefined ? {} : { origin: about.origin };
  const found = attempt(path, from, () => statSync(path));
  if (found.isDirectory()) throw new Problem("unreadable", `${path} is a folder; a file was expected`, from);
  checkSize(path, found.size, from);
  return textFile(
    path,
    attempt(path, from, () => readFileSync(path)),
  );
}

/** @throws Problem `limit` */
export function checkSize(path: string, bytes: number, about: { readonly origin?: Origin } = {}): void {
  if (bytes <= mostBytes) return;
  throw new Problem(
    "limit",
    `${path} has ${Math.round(bytes / 1e6)} MB; at most ${mostBytes / 1048576} MB are read as configuration`,
    about,
  );
}

/** A file's bytes as text. @throws Problem `syntax` where they are none */
export function textFile(path: string, bytes: Buffer): SourceFile {
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    const line = countLines(bytes.subarray(0, zero));
    throw new Problem("syntax", "a NUL character stands here: this is not a text file, or it was damaged", {
      origin: { file: path, line },
      remedy: "export it again; a file in UTF-16 has to be converted to UTF-8 first",
    });
  }
  return { path, text: bytes.toString("utf8") };
}

function attempt<T>(path: string, about: { readonly origin?: Origin }, act: () => T): T {
  try {
    return act();
  } catch (error) {
    return refuse(path, error, about);
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 1;
  for (const byte of bytes) if (byte === 10) lines += 1;
  return lines;
}

function refuse(path: string, error: unknown, about: { readonly origin?: Origin }): never {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const why =
    code === "ENOENT"
      ? "there is no such file or folder"
      : code === "EACCES"
        ? "permission denied"
        : String(code ?? error);
  throw new Problem("unreadable", `${path}: ${why}`, about);
}

function isFolder(path: string): boolean {
  return attempt(path, {}, () => statSync(path)).isDirectory();
}

function filesBelow(folder: string): string[] {
  const entries = attempt(folder, {}, () => readdirSync(folder, { recursive: true, withFileTypes: true }));
  return visibleFiles(
    folder,
    entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)),
  );
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(folder, entry.name))
      .toSorted();
  } catch {
    return [];
  }
}

/** The paths below a folder that are looked at, in order. @throws Problem `limit` */
export function visibleFiles(folder: string, paths: readonly string[]): string[] {
  const visible = paths
    .filter(
      (path) =>
        !relative(folder, path)
          .split(/[/\\]/)
          .some((part) => part.startsWith(".") || part === "node_modules"),
    )
    .toSorted();
  if (visible.length > mostFiles)
    throw new Problem("limit", `${folder} holds over ${mostFiles} files`, {
      remedy: "name a smaller folder",
    });
  return visible;
}

/** The files as they lie on the disk now. */
export const diskTree: SourceTree = { isFolder, filesBelow, filesIn, openFile };

/** Prose, pictures and programs that stand beside exports and are never configuration. */
export function isBystander(path: string): boolean {
  return (
    /^(?:readme|license|notice|changelog)/i.test(basename(path)) ||
    /\.(?:md|png|jpe?g|svg|pdf|dot|csv|html?|tf|tfvars|sh|py|gz|pcap|pcapng)$/i.test(path)
  );
}
