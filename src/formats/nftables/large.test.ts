// Large sets, as blocklists have them: read in seconds, asked in microseconds, and right.
import { expect, test } from "vitest";
import { formatAddress } from "../../packet/address.ts";
import { evaluate } from "../../rules/evaluate.ts";
import type { Json } from "../json.ts";
import { parseNftables } from "./ruleset.ts";
import { chain, table } from "./testing/exports.ts";

const size = 100_000;
const first = 0x0a000000;
const address = (value: number): string => formatAddress({ family: 4, value });
const source: Json = { payload: { protocol: "ip", field: "saddr" } };
const port: Json = { payload: { protocol: "tcp", field: "dport" } };

function ruleset(object: Json, ...expr: Json[]) {
  const input = chain("input", { type: "filter", hook: "input", prio: 0, policy: "accept" });
  const rule: Json = { rule: { family: "inet", table: "filter", chain: "input", handle: 9, expr } };
  const text = JSON.stringify({ nftables: [table, object, input, rule] });
  const begin = performance.now();
  const [read] = parseNftables({ path: "large.json", text }).tables;
  const readMs = performance.now() - begin;
  const base = read?.chains.get("input");
  if (read === undefined || base === undefined) throw new Error("no chain");
  const ask = (value: number, destinationPort: number): string | undefined =>
    evaluate(base, read.chains, {
      mark: 0,
      state: "new",
      packet: {
        family: 4,
        source: { family: 4, value },
        destination: { family: 4, value: 1 },
        protocol: 6,
        sourcePort: 1,
        destinationPort,
      },
    }).decisions.at(-1)?.outcome.kind;
  return { readMs, ask };
}

/** How long one of many questions takes, in microseconds. */
function eachUs(questions: number, ask: (number: number) => void): number {
  const begin = performance.now();
  for (let number = 0; number < questions; number += 1) ask(number);
  return ((performance.now() - begin) / questions) * 1000;
}

test("a set of a hundred thousand addresses is read in seconds and asked in microseconds", () => {
  const elem = Array.from({ length: size }, (_, at) => address(first + at * 3));
  const { readMs, ask } = ruleset(
    { set: { family: "inet", table: "filter", name: "bad", type: "ipv4_addr", handle: 3, elem } },
    { match: { op: "==", left: source, right: "@bad" } },
    { drop: null },
  );
  expect([ask(first + 3 * 77, 80), ask(first + 3 * 77 + 1, 80)]).toEqual(["drop", "accept"]);
  expect(readMs).toBeLessThan(40_000);
  expect(eachUs(10_000, (number) => ask(first + number, 80))).toBeLessThan(200);
});

test("a verdict map of a hundred thousand address ranges and ports is, too", () => {
  const elem = Array.from({ length: size }, (_, at): Json => [
    { concat: [{ range: [address(first + at * 4), address(first + at * 4 + 1)] }, at % 60_000] },
    at % 2 === 0 ? { drop: null } : { accept: null },
  ]);
  const { readMs, ask } = ruleset(
    {
      map: {
        family: "inet",
        table: "filter",
        name: "who",
        type: ["ipv4_addr", "inet_service"],
        map: "verdict",
        handle: 3,
        flags: ["interval"],
        elem,
      },
    },
    { match: { op: "in", left: { ct: { key: "state" } }, right: "new" } },
    { vmap: { key: { concat: [source, port] }, data: "@who" } },
  );
  expect([
    ask(first + 8, 2),
    ask(first + 9, 2),
    ask(first + 8, 3),
    ask(first + 4, 1),
    ask(first + 10, 2),
  ]).toEqual(["drop", "drop", "accept", "accept", "accept"]);
  expect(readMs).toBeLessThan(40_000);
  expect(eachUs(10_000, (number) => ask(first + number * 4, number))).toBeLessThan(200);
});
