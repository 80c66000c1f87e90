// Later fragments: with connection tracking no ordinary chain sees them; without, the kernel reads their bytes as if
// they were a transport header, and what these say can't be known. Tried against Linux 6.18.
import { expect, test } from "vitest";
import { evaluate } from "../../rules/evaluate.ts";
import type { Json } from "../json.ts";
import { chain, dport, input, read, rule, table } from "./testing/exports.ts";
import { packet } from "./testing/packets.ts";

const accept: Json = { accept: null };
const tracks: Json = rule(
  { match: { op: "in", left: { ct: { key: "state" } }, right: "new" } },
  { log: null },
);

function outcomes(line: string, ...objects: Json[]): string[] {
  const [first] = read(table, input, ...objects).tables;
  const base = first?.chains.get("input");
  if (first === undefined || base === undefined) throw new Error("no chain");
  const { decisions } = evaluate(base, first.chains, { packet: packet(line), mark: 0, state: "established" });
  return decisions.map((decision) => decision.outcome.kind).sort();
}

test("without tracking, a later fragment of the protocol may match a port, and another protocol's may not", () => {
  expect(outcomes("tcp later 10.0.0.1 > 10.0.0.2", rule(dport(22), accept))).toEqual(["accept", "drop"]);
  expect(outcomes("tcp later ::1 > ::2", rule(dport(22, "!="), accept))).toEqual(["accept", "drop"]);
  expect(outcomes("udp later 10.0.0.1 > 10.0.0.2", rule(dport(22), accept))).toEqual(["drop"]);
  expect(outcomes("tcp 10.0.0.1:1 > 10.0.0.2:22", rule(dport(22), accept))).toEqual(["accept"]);
});

test("a rule that asks the connection, anywhere, has fragments put together before", () => {
  expect(outcomes("tcp later 10.0.0.1 > 10.0.0.2", tracks, rule(dport(22, "!="), accept))).toEqual(["drop"]);
});

test("tracking in a table of one family leaves the other family's fragments alone", () => {
  const six: Json[] = [
    { table: { family: "ip6", name: "six", handle: 9 } },
    { chain: { family: "ip6", table: "six", name: "x", handle: 1 } },
    {
      rule: {
        family: "ip6",
        table: "six",
        chain: "x",
        handle: 2,
        expr: [{ match: { op: "==", left: { ct: { key: "mark" } }, right: 1 } }],
      },
    },
  ];
  expect(outcomes("tcp later 10.0.0.1 > 10.0.0.2", ...six, rule(dport(22), accept))).toEqual([
    "accept",
    "drop",
  ]);
  expect(outcomes("tcp later ::1 > ::2", ...six, rule(dport(22), accept))).toEqual(["drop"]);
});

test("a chain before priority −400 sees fragments all the same", () => {
  const early = chain("early", { type: "filter", hook: "prerouting", prio: -450, policy: "accept" });
  const inEarly: Json = {
    rule: { family: "inet", table: "filter", chain: "early", handle: 8, expr: [dport(22), accept] },
  };
  const { tables } = read(table, input, early, tracks, inEarly);
  expect(tables[0]?.chains.get("early")?.rules[0]?.match.kind).toBe("any");
});

test("flags and a verdict map's wildcard are as uncertain, and ICMP's type too", () => {
  const flags: Json = {
    match: { op: "==", left: { payload: { protocol: "tcp", field: "flags" } }, right: 0 },
  };
  expect(outcomes("tcp later 10.0.0.1 > 10.0.0.2", rule(flags, accept))).toEqual(["accept", "drop"]);
  const key: Json = { payload: { protocol: "tcp", field: "dport" } };
  const vmap: Json = {
    vmap: {
      key,
      data: {
        set: [
          [22, { drop: null }],
          ["*", accept],
        ],
      },
    },
  };
  expect(outcomes("tcp later 10.0.0.1 > 10.0.0.2", rule(vmap))).toEqual(["accept", "drop"]);
  const type: Json = {
    match: { op: "==", left: { payload: { protocol: "icmp", field: "type" } }, right: 8 },
  };
  expect(outcomes("icmp later 10.0.0.1 > 10.0.0.2", rule(type, accept))).toEqual(["accept", "drop"]);
});
