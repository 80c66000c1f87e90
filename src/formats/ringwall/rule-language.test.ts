// The rule language by itself: what each term means, and that a line and a mapping say the same.
import { array, assert, boolean, constantFrom, integer, option, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { allAddresses, addressSet, formatAddressSet, type AddressSet } from "../../packet/address-set.ts";
import { Problem } from "../../problem.ts";
import { parseRingwall } from "./reader.ts";
import { parseAclRule, parseFilterRule, parseGroupRule, readListens, readTarget } from "./rule-language.ts";
import type { Known } from "./terms.ts";
import type { Fail } from "./words.ts";

const fail: Fail = (message, offset) => {
  throw new Problem("meaning", `${offset}: ${message}`);
};
const known: Known = {
  names: new Map([["office", addressSet("203.0.113.0/24", "2001:db8:9::/48")]]),
  subnets: new Map([["app", addressSet("10.0.2.0/24")]]),
  hosts: new Map([["db", addressSet("10.0.3.10")]]),
  groups: new Set(["web", "alb"]),
};
const shown = (set: AddressSet | undefined): string => formatAddressSet(set ?? allAddresses);

describe("a security group's rule", () => {
  test.each([
    ["all from any", { protocol: "any" }, ["any"]],
    [
      "tcp https, 8000-8100 from office",
      { protocol: 6, ports: [443, 443, 8000, 8100] },
      ["203.0.113.0/24, 2001:db8:9::/48"],
    ],
    ["udp from alb, web", { protocol: 17 }, ["alb", "web"]],
    ["icmp fragmentation-needed from internet", { protocol: 1, icmp: { type: 3, code: 4 } }, ["any"]],
    ["icmpv6 128 from anywhere", { protocol: 58, icmp: { type: 128 } }, ["any"]],
    ["50 from 10.0.0.1", { protocol: 50 }, ["10.0.0.1"]],
    [
      "tcp 22 from subnet app, host db, alb",
      { protocol: 6, ports: [22, 22] },
      ["10.0.2.0/24", "10.0.3.10", "alb"],
    ],
    ["tcp 80, 81, 82 from 2001:db8::/32", { protocol: 6, ports: [80, 82] }, ["2001:db8::/32"]],
  ])("%s", (text, what, who) => {
    const rule = parseGroupRule(text, "from", known, fail);
    expect(rule.what).toEqual(what);
    expect(rule.who.map((peer) => (peer.kind === "group" ? peer.id : shown(peer.set)))).toEqual(who);
  });
});

test("a network ACL's peers are one set, and groups are no addresses there", () => {
  const { groups: _groups, ...places } = known;
  expect(shown(parseAclRule("deny all from office, 10.0.0.0/8", "from", places, fail).peer)).toBe(
    "10.0.0.0/8, 203.0.113.0/24, 2001:db8:9::/48",
  );
  expect(() => parseAclRule("allow all from web", "from", places, fail)).toThrow(/15: “web” is no address/);
});

describe("a packet filter's rule", () => {
  test.each([
    ["allow tcp 80", "any", "any", undefined, [80, 80]],
    ["allow tcp any -> any:80, 443", "any", "any", undefined, [80, 80, 443, 443]],
    [
      "deny udp office:53 -> 10.0.0.0/8",
      "203.0.113.0/24, 2001:db8:9::/48",
      "10.0.0.0/8",
      [53, 53],
      undefined,
    ],
    ["allow tcp host db -> subnet app:1024-65535", "10.0.3.10", "10.0.2.0/24", undefined, [1024, 65535]],
    ["allow tcp 2001:db8::1 -> [2001:db8::2]:22", "2001:db8::1", "2001:db8::2", undefined, [22, 22]],
    ["allow tcp [2001:db8::/32] -> any", "2001:db8::/32", "any", undefined, undefined],
  ])("%s", (text, source, destination, sourcePorts, destinationPorts) => {
    const rule = parseFilterRule(text, known, fail);
    expect([shown(rule.source), shown(rule.destination)]).toEqual([source, destination]);
    expect([rule.sourcePorts, rule.destinationPorts]).toEqual([sourcePorts, destinationPorts]);
  });

  test.each([
    ["allow tcp any -> any flags ack,!syn", { mask: 18, value: 16 }],
    ["allow tcp any -> any flags !rst", { mask: 4, value: 0 }],
  ])("%s tests the flags it names and no others", (text, flags) => {
    expect(parseFilterRule(text, known, fail).flags).toEqual(flags);
  });

  test.each([
    ["allow tcp any ->", /but the rule ends/],
    ["allow tcp any any -> any", /“->” and the destination/],
    ["allow tcp office, 10.0.0.0/8 -> any", /16: one address/],
    ["allow tcp any -> any flags ack,ack", /named twice/],
    ["allow tcp any -> any flags constructor", /not a TCP flag/],
    ["allow icmp constructor any -> any", /11: “constructor” is no address/],
    ["allow tcp any -> host nobody", /22: there is no host “nobody”/],
    ["allow tcp any -> any in", /the name of an interface/],
    ["drop tcp any -> any", /0: allow or deny or reject/],
  ])("%s is an error at its word", (text, message) => {
    expect(() => parseFilterRule(text, known, fail)).toThrow(message);
  });
});

test("what listens, and where a balancer sends to", () => {
  expect(readListens("udp 53 on 127.0.0.1", fail)).toEqual({ protocol: 17, ports: [53, 53], local: true });
  expect(() => readListens("tcp 1-1000", fail)).toThrow(/1000 ports/);
  expect(() => readListens("tcp 80 on 10.0.0.1", fail)).toThrow(/“10.0.0.1” is not “loopback”/);
  expect(readTarget("[2001:db8::1]:8080", fail)).toEqual({ end: "2001:db8::1", port: 8080 });
  expect(readTarget("app-1/eth1", fail)).toEqual({ end: "app-1/eth1" });
});

test("a rule as a line and as a mapping are the same rule", () => {
  const ports = array(integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 3 });
  const parts = record({
    action: constantFrom("allow", "deny", "reject"),
    protocol: constantFrom("tcp", "udp", "sctp"),
    from: constantFrom("any", "office", "10.0.0.0/8", "host db", "192.0.2.1"),
    to: constantFrom("any", "subnet app", "172.16.0.0/12", "192.0.2.7"),
    fromPorts: option(ports, { nil: undefined }),
    toPorts: option(ports, { nil: undefined }),
    fragments: boolean(),
  });
  assert(
    property(parts, ({ action, protocol, from, to, fromPorts, toPorts, fragments }) => {
      const end = (who: string, list: number[] | undefined): string =>
        list === undefined ? who : `${who}:${list.join(",")}`;
      const line = `${action} ${protocol} ${end(from, fromPorts)} -> ${end(to, toPorts)}${fragments ? " fragments" : ""}`;
      const mapping = JSON.stringify({
        action,
        protocol,
        from,
        to,
        ...(fromPorts === undefined ? {} : { "from-ports": fromPorts }),
        ...(toPorts === undefined ? {} : { "to-ports": toPorts.join(",") }),
        ...(fragments ? { fragments } : {}),
      });
      const { part } = parseRingwall({
        path: "ringwall.yaml",
        text: `ringwall: 1
names: { office: [203.0.113.0/24, 2001:db8:9::/48] }
networks: { n: { prefix: 10.0.0.0/16 } }
subnets: { app: { prefix: 10.0.2.0/24 }, data: { prefix: 10.0.3.0/24 } }
hosts: { db: { address: 10.0.3.10 } }
packet-filters: { p: { stateful: false, default: deny, rules: ["${line}", ${mapping}] } }
`,
      });
      const rules = part.packetFilters?.get("p")?.inbound.rules ?? [];
      expect(rules[0]?.match).toEqual(rules[1]?.match);
      expect(rules[0]?.actions).toEqual(rules[1]?.actions);
    }),
    { numRuns: 300 },
  );
});
