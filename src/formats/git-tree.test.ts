import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Problem } from "../problem.ts";
import { diskTree } from "./files.ts";
import { gitTree, parseRevisionPath } from "./git-tree.ts";
import { loadEstate } from "./load.ts";

const dump = (port: number): string =>
  `*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport ${port} -j ACCEPT\nCOMMIT\n`;

let folder = "";

function git(...args: string[]): void {
  const ran = spawnSync(
    "git",
    [
      "-C",
      folder,
      "-c",
      "user.name=t",
      "-c",
      "user.email=t@example.org",
      "-c",
      "commit.gpgsign=false",
      ...args,
    ],
    { encoding: "utf8" },
  );
  if (ran.status !== 0) throw new Error(ran.stderr);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ringwall-git-"));
  git("init", "-q", "-b", "main");
  mkdirSync(join(folder, "hosts/web"), { recursive: true });
  writeFileSync(join(folder, "hosts/web/rules.v4"), dump(22));
  writeFileSync(join(folder, "hosts/ringwall.yaml"), "ringwall: 1\nsources: web\n");
  git("add", ".");
  git("commit", "-q", "-m", "before");
  git("tag", "before");
  writeFileSync(join(folder, "hosts/web/rules.v4"), dump(443));
  git("commit", "-q", "-am", "after");
  writeFileSync(join(folder, "hosts/web/rules.v4"), dump(8080));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function firstRule(revision: string): Promise<string | undefined> {
  const path = join(folder, "hosts");
  const estate = await loadEstate(path, gitTree(revision, path));
  return [...estate.hosts.values()][0]?.firewall?.tables[0]?.chains.get("INPUT")?.rules[0]?.text;
}

describe("a revision of a repository", () => {
  test("is read from its objects, whatever lies in the working tree", async () => {
    expect(await firstRule("before")).toContain("--dport 22");
    expect(await firstRule("HEAD")).toContain("--dport 443");
  });

  test("keeps the paths that the user wrote as origins", async () => {
    const path = join(folder, "hosts/web/rules.v4");
    const estate = await loadEstate(path, gitTree("main", path));
    expect([...estate.hosts.values()][0]?.origin.file).toBe(path);
  });

  test("lists a folder's own files as the disk does, and none of a folder that is not there", () => {
    const tree = gitTree("main", folder);
    const own = join(folder, "hosts/web");
    for (const files of [tree, diskTree]) {
      expect(files.filesIn(own)).toEqual([join(own, "rules.v4")]);
      expect(files.filesIn(folder)).toEqual([]);
      expect(files.filesIn(join(folder, "gone"))).toEqual([]);
    }
  });

  test("can hold a path that is no longer there", async () => {
    rmSync(join(folder, "hosts/ringwall.yaml"));
    const path = join(folder, "hosts/ringwall.yaml");
    expect((await loadEstate(path, gitTree("main", path))).hosts.size).toBe(1);
  });

  test("that is not there is one clear error, and so is a path that it lacks", async () => {
    expect(() => gitTree("nowhere", folder)).toThrow(
      new Problem("unreadable", `the repository of ${folder} has no revision “nowhere”`),
    );
    const missing = join(folder, "gone");
    await expect(loadEstate(missing, gitTree("main", folder))).rejects.toThrow(
      new Problem("unreadable", `main has no file or folder ${missing}`),
    );
  });

  test("can't be a git option in disguise", () => {
    expect(() => gitTree("--help", folder)).toThrow(/has no revision “--help”/);
  });
});

describe("REVISION:PATH", () => {
  test("is told from a path of the disk by what lies there", () => {
    expect(parseRevisionPath("main:infra")).toEqual({ revision: "main", path: "infra" });
    expect(parseRevisionPath("HEAD~2:")).toEqual({ revision: "HEAD~2", path: "." });
    expect(parseRevisionPath("package.json")).toBeUndefined();
    expect(parseRevisionPath("no-such-file")).toBeUndefined();
  });
});
