import { describe, expect, test } from "vitest";
import { parseAddress } from "../packet/address.ts";
import { addressSet, allAddresses } from "../packet/address-set.ts";
import { SYN, type Packet } from "../packet/packet.ts";
import { TCP, UDP } from "../packet/protocol.ts";
import { always } from "../rules/match.ts";
import { decideNetworkAcl, freeNumber, lowerNetworkAcl } from "./nacl/decide.ts";
import type { NetworkAcl } from "./nacl/model.ts";
import { decidePacketFilter } from "./packet-filter/decide.ts";
import { decideSecurityGroups, groupRing, type Peers } from "./security-group/decide.ts";
import type { SecurityGroup, SecurityGroupRule } from "./security-group/model.ts";

const origin = { file: "hand.json", line: 7 };
const at = (text: string) => {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(text);
  return address;
};
const packet = (about: Partial<Packet> = {}): Packet => ({
  family: 4,
  source: at("10.0.1.5"),
  destination: at("10.0.2.10"),
  protocol: TCP,
  sourcePort: 52431,
  destinationPort: 8080,
  tcpFlags: SYN,
  ...about,
});

describe("security groups", () => {
  const peers: Peers = {
    members: (id) => (id === "sg-app" ? addressSet("10.0.1.5/32") : undefined),
    prefixList: (id) => (id === "pl-office" ? addressSet("10.0.1.0/24") : undefined),
    groupName: (id) => (id === "sg-app" ? "app" : undefined),
  };
  const rule = (
    text: string,
    peer: SecurityGroupRule["peer"],
    ports: [number, number],
    protocol = TCP,
  ): SecurityGroupRule => ({ protocol, ports, peer, origin, text });
  const group = (id: string, ...inbound: SecurityGroupRule[]): SecurityGroup => ({
    id,
    name: id,
    network: "vpc",
    inbound,
    outbound: [],
    tags: {},
    origin,
  });
  const decide = (groups: SecurityGroup[], about: Partial<Packet> = {}) =>
    decideSecurityGroups(groupRing(groups, peers), "inbound", packet(about), "db", "the office");

  test("of one interface are weighed together: a rule of any of them lets in", () => {
    const step = decide([
      group("shut"),
      group("open", rule("tcp 8080 from sg-app", { kind: "group", id: "sg-app" }, [8080, 8080])),
    ]);
    expect(step.verdict).toBe("allowed");
    expect(step.rules.map((item) => item.text)).toEqual(["tcp 8080 from app (sg-app)"]);
  });
  test("name every rule that allows, not only the first", () => {
    const rules = [
      rule("one", { kind: "addresses", set: addressSet("10.0.0.0/8") }, [8080, 8080]),
      rule("two", { kind: "prefix-list", id: "pl-office" }, [8000, 9000]),
    ];
    expect(decide([group("g", ...rules)]).rules.map((item) => item.text)).toEqual(["one", "two"]);
  });
  test("with a group or list that is not there let nobody in", () => {
    expect(
      decide([
        group(
          "g",
          rule("x", { kind: "group", id: "sg-gone" }, [8080, 8080]),
          rule("y", { kind: "prefix-list", id: "pl-gone" }, [8080, 8080]),
        ),
      ]).verdict,
    ).toBe("denied");
  });
  test("say which rule was nearly right: the port, but not the source", () => {
    const step = decide([
      group(
        "g",
        rule(
          "tcp 8080 from 10.0.11.0/24",
          { kind: "addresses", set: addressSet("10.0.11.0/24") },
          [8080, 8080],
        ),
      ),
    ]);
    expect(step.why).toMatch(/“tcp 8080 from 10\.0\.11\.0\/24” has the right port but not this source/);
    expect(step.remedy).toMatch(/tcp 8080 from the office/);
  });
  test("say which rule was nearly right: the source, but udp for tcp", () => {
    const step = decide([
      group(
        "g",
        rule(
          "udp 8080 from 10.0.1.0/24",
          { kind: "addresses", set: addressSet("10.0.1.0/24") },
          [8080, 8080],
          UDP,
        ),
      ),
    ]);
    expect(step.why).toMatch(/has the right source but not this protocol and port/);
  });
  test("allow a part of what is asked only in part, and say which", () => {
    const step = decide([group("g", rule("x", { kind: "addresses", set: allAddresses }, [8080, 8080]))], {
      destinationPort: [8000, 8100],
    });
    expect(step.verdict).toBe("depends");
    expect(step.causes).toMatchObject([{ kind: "number", inside: [8080, 8080] }]);
  });
});

describe("a network ACL", () => {
  const acl: NetworkAcl = {
    id: "acl-1",
    name: "edge",
    network: "vpc",
    tags: {},
    origin,
    // Written out of order, as an export may be: the number decides.
    inbound: [
      { number: 200, action: "allow", protocol: "any", peer: allAddresses, origin, text: "200 allow all" },
      {
        number: 100,
        action: "deny",
        protocol: TCP,
        ports: [8080, 8080],
        peer: addressSet("10.0.1.0/24"),
        origin,
        text: "100 deny tcp 8080",
      },
    ],
    outbound: [],
  };
  const decide = (direction: "inbound" | "outbound", about: Partial<Packet> = {}, isReply = false) =>
    decideNetworkAcl(acl, lowerNetworkAcl(acl, direction), direction, packet(about), "subnet a", isReply);

  test("is decided by the lowest number that matches, wherever it stands in the file", () => {
    expect(decide("inbound")).toMatchObject({ verdict: "denied", rules: [{ text: "100 deny tcp 8080" }] });
    expect(decide("inbound", { destinationPort: 443 })).toMatchObject({
      verdict: "allowed",
      rules: [{ text: "200 allow all" }],
    });
  });
  test("refuses what no entry matches, by a rule of its own", () => {
    expect(decide("outbound")).toMatchObject({ verdict: "denied", rules: [{ text: "* deny all" }] });
  });
  test("says that a reply needs an entry, and proposes the ephemeral ports", () => {
    const step = decide("outbound", { destinationPort: 52431 }, true);
    expect(step.why).toMatch(/keeps no state/);
    expect(step.remedy).toBe(
      "add to edge (acl-1) the outbound entry 100: allow tcp 1024–65535 (ephemeral ports) to 10.0.2.10",
    );
  });
  test("finds a free number before the entry that refuses", () => {
    expect(freeNumber([100, 200], 200)).toBe(150);
    expect(freeNumber([100, 110], undefined)).toBe(120);
    expect(freeNumber([], undefined)).toBe(100);
  });
});

test("a stateless packet filter says that a reply needs a rule of its own", () => {
  const chain = {
    name: "out",
    rules: [],
    policy: { match: always, actions: [{ kind: "drop" as const }], origin, text: "deny all" },
    origin,
  };
  const filter = { id: "f", name: "edge", stateful: false, inbound: chain, outbound: chain, origin };
  const step = decidePacketFilter(filter, "outbound", packet(), "subnet a", { isReply: true });
  expect(step).toMatchObject({ verdict: "denied", rules: [{ text: "deny all" }] });
  expect(step.why).toMatch(/it has no memory, so a reply needs a rule of its own/);
});
