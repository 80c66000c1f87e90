// Whole exports: tables, chains, hooks, objects, and what is left aside or not understood.
import { expect, test } from "vitest";
import type { Action } from "../../rules/rule.ts";
import type { Json } from "../json.ts";
import { chain, dport, input, lowered, read, rule, table } from "./testing/exports.ts";

test("a base chain has its hook, its priority and its policy as a rule of its own", () => {
  const { tables, version } = read({ metainfo: { version: "1.0.6" } }, table, input, chain("side"));
  expect(version).toBe("1.0.6");
  expect(tables[0]?.bases).toEqual([{ chain: "input", hook: "input", priority: -5, type: "filter" }]);
  expect(tables[0]?.chains.get("input")?.policy).toMatchObject({
    actions: [{ kind: "drop" }],
    text: "policy drop",
  });
  expect(tables[0]?.chains.get("side")?.policy).toBeUndefined();
});

test("a base chain without a policy accepts", () => {
  const { tables } = read(table, chain("out", { type: "filter", hook: "output", prio: 0 }));
  expect(tables[0]?.chains.get("out")?.policy?.actions).toEqual([{ kind: "accept" }]);
});

test("a rule cites its place in the one line that nft writes, and its handle", () => {
  const [first] = lowered(rule(dport(22), { counter: { packets: 3, bytes: 180 } }, { accept: null })).rules;
  expect(first?.origin).toMatchObject({ file: "ruleset.json", line: 1, id: "inet filter input handle 7" });
  expect(first?.origin.column).toBeGreaterThan(1);
  expect(first?.text).toBe("tcp dport 22 counter accept");
  expect(first?.counters).toEqual({ packets: 3, bytes: 180 });
});

test("tables of other families are left aside with the reason", () => {
  const { tables, unknowns } = read(
    { table: { family: "netdev", name: "n", handle: 1 } },
    { chain: { family: "netdev", table: "n", name: "g", handle: 1 } },
    { table: { family: "arp", name: "a", handle: 2 } },
  );
  expect(tables).toEqual([]);
  expect(unknowns.map((unknown) => unknown.what)).toEqual(["table netdev n", "table arp a"]);
  expect(unknowns[0]?.effect).toMatch(/may drop packets/);
});

test("a dormant table's chains see no packets, and an ingress chain is named", () => {
  const dormant = read(
    { table: { family: "ip", name: "d", handle: 1, flags: "d" } },
    {
      chain: {
        family: "ip",
        table: "d",
        name: "i",
        handle: 1,
        type: "filter",
        hook: "input",
        prio: 0,
        policy: "drop",
      },
    },
  );
  expect(dormant.tables[0]?.bases).toEqual([]);
  expect(dormant.unknowns[0]?.what).toMatch(/dormant/);
  const ingress = read(table, chain("g", { type: "filter", hook: "ingress", prio: 0, policy: "accept" }));
  expect(ingress.tables[0]?.bases).toEqual([]);
  expect(ingress.unknowns[0]?.what).toMatch(/ingress/);
});

test("what nft does not export of iptables' extensions is unknown, not skipped", () => {
  const { rules, unknowns } = lowered(
    rule({ xt: { type: "match", name: "recent" } }, { xt: { type: "target", name: "LOG" } }),
    rule({ xt: { type: "target", name: "DNAT" } }),
    rule({ xt: { type: "match", name: "comment" } }, { accept: null }),
    rule({ xt: null }),
  );
  expect(rules.map((one) => one.match.kind)).toEqual(["unknown", "always", "always", "always"]);
  expect(rules.map((one) => one.actions[0]?.kind)).toEqual(["note", "unknown", "accept", "unknown"]);
  expect(unknowns).toHaveLength(3);
});

test("a statement or an expression that Ringwall does not know is unknown and listed with its origin", () => {
  const { rules, unknowns } = lowered(
    rule({ teleport: { to: "mars" } }),
    rule({ match: { op: "==", left: { aura: { key: "colour" } }, right: "green" } }, { drop: null }),
    rule(dport(22, "~"), { drop: null }),
    rule("frobnicate now"),
  );
  expect(rules.map((one) => [one.match.kind, one.actions[0]?.kind])).toEqual([
    ["always", "unknown"],
    ["unknown", "drop"],
    ["unknown", "drop"],
    ["always", "unknown"],
  ]);
  expect(unknowns).toHaveLength(4);
  expect(unknowns.every((unknown) => unknown.origin.id === "inet filter input handle 7")).toBe(true);
});

test("a limit is understood, so it is a condition and no unknown of the report", () => {
  const { rules, unknowns } = lowered(
    rule({ limit: { rate: 10, burst: 5, per: "second" } }, { accept: null }),
  );
  expect(rules[0]?.match).toMatchObject({
    kind: "unknown",
    what: expect.stringMatching(/a rate limit/) as string,
  });
  expect(unknowns).toEqual([]);
});

const actions = (...expr: Json[]): readonly Action[] => lowered(rule(...expr)).rules[0]?.actions ?? [];
const four = (value: number) => ({ family: 4, value });

test("translations keep address, port, range and prefix", () => {
  const tcp: Json = { match: { op: "==", left: { meta: { key: "l4proto" } }, right: "tcp" } };
  expect(actions(tcp, { dnat: { family: "ip", addr: "10.0.0.1", port: 8080 } })).toEqual([
    { kind: "dnat", first: four(0x0a000001), ports: [8080, 8080] },
  ]);
  expect(
    actions(tcp, {
      snat: { family: "ip", addr: { range: ["10.0.0.1", "10.0.0.9"] }, port: { range: [1, 9] } },
    }),
  ).toEqual([{ kind: "snat", first: four(0x0a000001), last: four(0x0a000009), ports: [1, 9] }]);
  expect(actions({ masquerade: null })).toEqual([{ kind: "masquerade" }]);
  expect(actions(tcp, { redirect: { port: 3128 } })).toEqual([{ kind: "redirect", ports: [3128, 3128] }]);
  expect(
    actions({
      dnat: {
        family: "ip",
        addr: { prefix: { addr: "10.2.0.0", len: 24 } },
        flags: "netmap",
        type_flags: "prefix",
      },
    }),
  ).toEqual([{ kind: "netmap", side: "destination", to: four(0x0a020000), length: 24 }]);
});

test("a translation of one family does nothing to the other: the rule's test says so", () => {
  expect(lowered(rule({ dnat: { family: "ip6", addr: "::1" } })).rules[0]?.match).toEqual({
    kind: "family",
    family: 6,
  });
});

test("a translation by map becomes one lookup, with address and port from the entry", () => {
  const [action] = actions({
    dnat: {
      family: "ip",
      addr: {
        map: {
          key: { payload: { protocol: "tcp", field: "dport" } },
          data: {
            set: [
              [80, { concat: ["10.0.0.1", 8080] }],
              [{ range: [90, 99] }, { concat: ["10.0.0.2", 9090] }],
            ],
          },
        },
      },
    },
  });
  expect(action).toMatchObject({
    kind: "lookup",
    fields: ["destination-port"],
    entries: [
      {
        key: [{ numbers: [80, 80] }],
        actions: [{ kind: "dnat", first: four(0x0a000001), ports: [8080, 8080] }],
      },
      {
        key: [{ numbers: [90, 99] }],
        actions: [{ kind: "dnat", first: four(0x0a000002), ports: [9090, 9090] }],
      },
    ],
  });
});

test("an answer of one family's ICMP is given to that family alone", () => {
  const [first] = lowered(rule({ reject: { type: "icmp", expr: "host-unreachable" } })).rules;
  expect(first?.match).toEqual({ kind: "family", family: 4 });
  expect(first?.actions).toEqual([{ kind: "reject", with: "icmp-host-unreachable" }]);
  expect(actions({ reject: { type: "tcp reset" } })).toEqual([{ kind: "reject", with: "tcp-reset" }]);
});

test("a header that is rewritten is no longer known, a mark for the queue is", () => {
  const daddr: Json = { mangle: { key: { payload: { protocol: "ip", field: "daddr" } }, value: "10.0.0.1" } };
  expect(actions(daddr)[0]?.kind).toBe("unknown");
  expect(actions({ mangle: { key: { meta: { key: "priority" } }, value: "1:2" } })[0]?.kind).toBe("note");
});

test("tests behind an action bind only what follows them", () => {
  const [first] = lowered(rule(dport(22), { log: { prefix: "ssh " } }, dport(22), { accept: null })).rules;
  expect(first?.actions).toMatchObject([
    { kind: "log", prefix: "ssh " },
    { kind: "when", actions: [{ kind: "accept" }] },
  ]);
});

test("a set's elements may carry timeout, counter and comment, and come in several parts", () => {
  const set: Json = {
    set: {
      family: "inet",
      table: "filter",
      name: "s",
      handle: 3,
      type: "inet_service",
      flags: ["timeout"],
      elem: [
        22,
        { elem: { val: 80, timeout: 3600, expires: 12, comment: "web", counter: { packets: 0, bytes: 0 } } },
      ],
    },
  };
  const more: Json = {
    element: { family: "inet", table: "filter", name: "s", elem: [{ range: [8000, 8010] }] },
  };
  const length: Json = { match: { op: "==", left: { meta: { key: "length" } }, right: "@s" } };
  const { rules, unknowns } = lowered(set, more, rule(length, { accept: null }));
  expect(rules[0]?.match).toEqual({ kind: "number", field: "length", set: [22, 22, 80, 80, 8000, 8010] });
  expect(unknowns).toMatchObject([
    { what: "set s", effect: expect.stringMatching(/as it was exported/) as string },
  ]);
});

test("a set that holds everything by its wildcard matches whatever the kernel can read", () => {
  const { rules } = lowered(rule(dport({ set: [22, "*"] }), { accept: null }));
  // Every TCP packet, and later fragments too, since nothing here puts them together.
  expect(rules[0]?.match).toEqual({ kind: "number", field: "protocol", set: [6, 6] });
});
