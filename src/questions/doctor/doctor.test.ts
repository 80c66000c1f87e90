// What can't be brought about in a namespace: a full connection table, a program that does not accept. Hosts written by
// hand; everything else is examined on real ones in test/doctor.test.ts.
import { describe, expect, test } from "vitest";
import type { HostSnapshot } from "../../layers/host/snapshot.ts";
import { parseAddress } from "../../packet/address.ts";
import { TCP, UDP } from "../../packet/protocol.ts";
import { examine } from "../doctor.ts";
import type { Examined } from "./model.ts";

const server = parseAddress("192.0.2.10");
const question = { protocol: TCP, port: 443, ...(server === undefined ? {} : { server }) };

const host: HostSnapshot = {
  name: "web-1",
  sockets: [],
  dualStack: true,
  devices: [],
  reversePathFilter: new Map(),
  policyRules: [],
  attempts: [],
  unread: [],
};

function line(check: string, about: Partial<HostSnapshot>): Examined | undefined {
  return examine({ ...host, ...about }, question).lines.find((item) => item.check === check);
}

const every = { address: { family: 4, value: 0 } as const, port: 443, waiting: 0 };

describe("the connection table", () => {
  test.each([
    [10_000, 0, "fine"],
    [220_000, 0, "warning"],
    [262_144, 0, "fault"],
    [10_000, 3, "warning"],
  ])("with %i of 262144 connections and %i drops is %s", (count, dropped, health) => {
    expect(line("connection table", { conntrack: { count, max: 262_144, dropped } })?.health).toBe(health);
  });
});

describe("the listen queue", () => {
  test("is a fault where many connections wait for one program", () => {
    const sockets = [{ ...every, protocol: TCP, waiting: 129, program: "java", processId: 7 }];
    const found = line("listen queue", { sockets });
    expect(found?.health).toBe("fault");
    expect(found?.found).toContain("129 connections wait for java (process 7)");
  });

  test("is no matter where none waits and none was dropped", () => {
    expect(line("listen queue", { sockets: [{ ...every, protocol: TCP }] })).toBeUndefined();
  });
});

describe("what listens", () => {
  test("by UDP does not serve TCP", () => {
    const found = line("listener", { sockets: [{ ...every, protocol: UDP, program: "quic", processId: 9 }] });
    expect(found?.health).toBe("fault");
    expect(found?.found).toBe("nothing listens on tcp 443; quic (process 9) listens on udp 443");
  });

  test("on :: alone does not serve IPv4 where bindv6only is set", () => {
    const sockets = [{ protocol: TCP, address: { family: 6, value: 0n } as const, port: 443, waiting: 0 }];
    expect(line("listener", { sockets })?.health).toBe("fine");
    expect(line("listener", { sockets, dualStack: false })?.health).toBe("fault");
  });
});

test("what could not be read is said, and never taken for fine", () => {
  const unread = [{ what: "iptables-save -c", why: "Permission denied", remedy: "run it as root" }];
  const { lines } = examine({ ...host, unread }, question);
  expect(lines.filter((item) => item.health === "unknown").map((item) => item.lookedAt)).toEqual([
    "iptables-save, ip6tables-save, nft list ruleset, ipset save",
    "iptables-save -c",
  ]);
});

test("rules that choose other routing tables are named, since their effect is not followed", () => {
  const found = line("policy routing", { policyRules: ["100: from 10.8.0.0/24 lookup 42"] });
  expect(found?.health).toBe("unknown");
  expect(found?.found).toContain("lookup 42");
});
