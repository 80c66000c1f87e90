import { expect, test } from "vitest";
import { Problem } from "../../problem.ts";
import { parseRingwall } from "./reader.ts";

const assertionsOf = (text: string) =>
  parseRingwall({ path: "ringwall.yaml", text: `ringwall: 1\nassert:\n${text}` }).part.settings?.assertions;

const mistakeIn = (text: string): string => {
  try {
    assertionsOf(text);
  } catch (error) {
    if (error instanceof Problem) return `${error.origin?.line}:${error.origin?.column} ${error.message}`;
    throw error;
  }
  return "none";
};

test("an assertion has its kind, its ends with their places, and its services as sets", () => {
  expect(
    assertionsOf(
      '  - name: the app alone\n    only: { from: [app, Role=app], to: db, services: [tcp 5432, "icmp 8"] }\n',
    ),
  ).toEqual([
    {
      kind: "only",
      name: "the app alone",
      from: [
        { text: "app", origin: { file: "ringwall.yaml", line: 4, column: 20 } },
        { text: "Role=app", origin: { file: "ringwall.yaml", line: 4, column: 25 } },
      ],
      to: [{ text: "db", origin: { file: "ringwall.yaml", line: 4, column: 40 } }],
      services: [
        { protocol: 6, ports: [5432, 5432] },
        { protocol: 1, icmp: { type: 8 } },
      ],
      origin: { file: "ringwall.yaml", line: 3, column: 5 },
    },
  ]);
});

test("ports are lists and ranges, a protocol alone is all of it, and `all` is everything", () => {
  expect(
    assertionsOf(
      "  - must: { to: a, services: 'tcp 443, 80, 8000-8001' }\n  - must: { to: a, services: udp }\n  - mustNot: { to: a, services: [tcp 1, all] }\n",
    )?.map((assertion) => assertion.services),
  ).toEqual([[{ protocol: 6, ports: [80, 80, 443, 443, 8000, 8001] }], [{ protocol: 17 }], []]);
});

test("defaultDeny lists places", () => {
  expect(assertionsOf("  - defaultDeny: [tier web, db]\n")?.[0]).toMatchObject({
    kind: "defaultDeny",
    to: [{ text: "tier web" }, { text: "db" }],
  });
});

test("an assertion says one thing, and says it in words that there are", () => {
  expect(mistakeIn("  - { must: { to: a }, mustNot: { to: b } }\n")).toMatch(
    /^3:5 an assertion says one of must, mustNot, exactly, only, defaultDeny/,
  );
  expect(mistakeIn("  - { name: nothing }\n")).toMatch(/^3:5 an assertion says one of/);
  expect(mistakeIn("  - never: { to: a }\n")).toMatch(/unknown key “never”/);
  expect(mistakeIn("  - must: { to: a, services: tpc 443 }\n")).toMatch(/“tpc” is not a protocol/);
  expect(mistakeIn("  - must: { to: a, services: tcp htps }\n")).toMatch(/“htps” is not a port/);
  expect(mistakeIn("  - must: { to: a, services: gre 5 }\n")).toMatch(
    /only tcp, udp, sctp, dccp and udplite have ports/,
  );
});
