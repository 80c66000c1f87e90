import { expect, test } from "vitest";
import { sameContent } from "./content.ts";

const origin = (line: number) => ({ file: "a.json", line });

test("where and how something was written is no difference", () => {
  const group = {
    id: "sg-1",
    name: "web",
    origin: origin(1),
    inbound: [{ ports: [22, 22], text: "ssh", origin: origin(2) }],
  };
  expect(
    sameContent(group, {
      ...group,
      name: "renamed",
      origin: origin(9),
      inbound: [{ ports: [22, 22], text: "tcp 22", origin: origin(10) }],
    }),
  ).toBe(true);
});

test("a port more, a field more, a field less and another order of a list are differences", () => {
  const rule = { ports: [22, 22], origin: origin(1) };
  expect(sameContent(rule, { ports: [22, 23], origin: origin(1) })).toBe(false);
  expect(sameContent(rule, { ...rule, protocol: 6 })).toBe(false);
  expect(sameContent({ ...rule, protocol: 6 }, rule)).toBe(false);
  expect(sameContent([1, 2], [2, 1])).toBe(false);
});

test("the name of an interface that a rule asks for counts, since a test has no origin", () => {
  const on = (name: string) => ({ kind: "interface", direction: "in", name });
  expect(sameContent(on("eth0"), on("eth1"))).toBe(false);
});

test("maps, sets and large numbers are compared by what they hold", () => {
  expect(sameContent(new Map([["a", { v6: [1n, 2n] }]]), new Map([["a", { v6: [1n, 2n] }]]))).toBe(true);
  expect(sameContent(new Map([["a", 1]]), new Map([["b", 1]]))).toBe(false);
  expect(sameContent(new Set(["x"]), new Set(["y"]))).toBe(false);
  expect(sameContent(new Map([["a", undefined]]), new Map([["b", undefined]]))).toBe(false);
});
