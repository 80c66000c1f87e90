// The README shows a real session: its command is run again and must print what stands there.
import { readFileSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the session in the README prints what the README shows", () => {
  const session = /\$ bin\/ringwall ([^\n]+)\n([\s\S]*?)\n```/.exec(readme);
  const result = spawnSync(process.execPath, ["bin/ringwall", ...(session?.[1] ?? "").split(" ")], {
    cwd: root,
    encoding: "utf8",
  });
  expect(result.stdout.trimEnd()).toBe(session?.[2]);
});

test("every other command of the README that reads an example runs", () => {
  const commands = [...readme.matchAll(/^bin\/ringwall (.*)$/gm)]
    .map((match) => match[1] ?? "")
    .filter((line) => !line.startsWith("replay"));
  expect(commands.length).toBeGreaterThan(2);
  for (const line of commands) {
    const result = spawnSync("sh", ["-c", `"${process.execPath}" bin/ringwall ${line}`], {
      cwd: root,
      encoding: "utf8",
    });
    expect({ line, status: result.status, err: result.stderr }).toEqual({
      line,
      status: result.status === 1 ? 1 : 0,
      err: "",
    });
  }
});

test("the tour runs to its end", () => {
  const out = execFileSync(process.execPath, ["bin/ringwall", "tour"], { cwd: root, encoding: "utf8" });
  expect(out).toContain("Try next");
  expect(out.match(/^\d\. /gm)).toHaveLength(3);
});
