import { expect, test } from "vitest";
import { Problem } from "../../problem.ts";
import { parseRingwall } from "./reader.ts";

const settingsOf = (text: string) =>
  parseRingwall({ path: "ringwall.yaml", text: `ringwall: 1\n${text}` }).part.settings;

const mistakeIn = (text: string): string => {
  try {
    settingsOf(text);
  } catch (error) {
    if (error instanceof Problem) return `${error.origin?.line}:${error.origin?.column} ${error.message}`;
    throw error;
  }
  return "none";
};

test("tiers keep their order, their members and the places of both", () => {
  const settings = settingsOf(
    "tiers:\n  web: { members: [public, Tier=web], from: internet }\n  data: { members: db, holds: databases }\n",
  );
  expect(settings?.tiers).toEqual([
    {
      name: "web",
      members: [
        { text: "public", origin: { file: "ringwall.yaml", line: 3, column: 20 } },
        { text: "Tier=web", origin: { file: "ringwall.yaml", line: 3, column: 28 } },
      ],
      from: [{ text: "internet", origin: { file: "ringwall.yaml", line: 3, column: 45 } }],
      origin: { file: "ringwall.yaml", line: 3, column: 3 },
    },
    {
      name: "data",
      members: [{ text: "db", origin: { file: "ringwall.yaml", line: 4, column: 20 } }],
      holds: "databases",
      origin: { file: "ringwall.yaml", line: 4, column: 3 },
    },
  ]);
});

test("a suppression carries its reason and its last day", () => {
  const settings = settingsOf(
    'lint:\n  disable: RW306\n  severity: { RW107: low }\n  ports: { admin: [22, "8000-8010"] }\n  fail: high\n  suppress:\n    - { check: RW101, at: web-sg, reason: move is planned, until: 2026-12-31 }\n',
  );
  expect(settings?.lint).toMatchObject({
    disable: [{ text: "RW306" }],
    severity: [{ check: { text: "RW107", origin: { line: 4 } }, severity: "low" }],
    ports: { admin: [22, 22, 8000, 8010] },
    fail: "high",
    suppress: [
      {
        check: "RW101",
        at: "web-sg",
        reason: "move is planned",
        until: "2026-12-31",
        origin: { line: 8 },
      },
    ],
  });
});

test("a suppression without a reason or a last day is refused, and so is a day that there is not", () => {
  expect(mistakeIn("lint:\n  suppress:\n    - { check: RW101, until: 2026-12-31 }\n")).toContain(
    "“reason” is missing",
  );
  expect(mistakeIn("lint:\n  suppress:\n    - { check: RW101, reason: known }\n")).toContain(
    "“until” is missing",
  );
  expect(
    mistakeIn("lint:\n  suppress:\n    - { check: RW101, reason: known, until: 2026-02-30 }\n"),
  ).toContain("a day such as 2026-12-31 was expected, not “2026-02-30”");
});

test("ports of a class that are none are refused where they stand", () => {
  expect(mistakeIn("lint:\n  ports: { admin: sshh }\n")).toMatch(/^3:19 “sshh” is not a port/);
});

test("a file that says nothing of tiers and lint has no settings", () => {
  expect(settingsOf("names: { office: 192.0.2.0/24 }\n")).toBeUndefined();
});
