// Tests answer yes, no, or unknown with what it hangs on; and what a packet lacks is matched by neither a test nor its
// negation.
import { describe, expect, it } from "vitest";
import { addressSet } from "../packet/address-set.ts";
import type { Packet } from "../packet/packet.ts";
import { all, any, destinationPorts, inverted, protocol, sourcePorts, type Match } from "./match.ts";
import { matches } from "./matches.ts";
import { isMaybe } from "./truth.ts";
import type { View } from "./view.ts";

const udp: Packet = {
  family: 4,
  source: { family: 4, value: 0x0a000001 },
  destination: { family: 4, value: 0x0a000002 },
  protocol: 17,
  sourcePort: 53,
  destinationPort: 40_000,
};
const view = (packet: Packet, more: Omit<View, "packet"> = {}): View => ({ packet, ...more });
const unknown = (match: Match, of: View): boolean => isMaybe(matches(match, of));

describe("headers", () => {
  it("have no port where the protocol has none", () => {
    const icmp: Packet = {
      family: 4,
      source: udp.source,
      destination: udp.destination,
      protocol: 1,
      icmpType: 8,
    };
    expect(matches(destinationPorts([0, 65_535]), view(icmp))).toBe(false);
    expect(matches({ kind: "number", field: "icmp-type", set: [8, 8] }, view(icmp))).toBe(true);
    expect(matches({ kind: "number", field: "icmp-type", set: [8, 8] }, view(udp))).toBe(false);
  });

  it("are unknown where the packet does not name them", () => {
    for (const field of ["length", "ttl", "dscp"] as const)
      expect(unknown({ kind: "number", field, set: [0, 63] }, view(udp))).toBe(true);
    expect(matches({ kind: "number", field: "ttl", set: [0, 63] }, view({ ...udp, ttl: 64 }))).toBe(false);
  });

  it("of a later fragment hold neither a port nor its negation", () => {
    const later: Packet = { ...udp, fragment: "later" };
    expect(matches(sourcePorts([53, 53]), view(later))).toBe(false);
    expect(matches(inverted(sourcePorts([53, 53])), view(later))).toBe(false);
    // -m multiport ! --ports: neither source nor destination port is there to be compared.
    expect(matches(inverted(any(sourcePorts([53, 53]), destinationPorts([53, 53]))), view(later))).toBe(
      false,
    );
    expect(matches({ kind: "fragment", is: "later" }, view(later))).toBe(true);
  });

  it("negated ports are none of the listed ones", () => {
    const ports = inverted(any(sourcePorts([53, 53]), destinationPorts([53, 53])));
    expect(matches(ports, view(udp))).toBe(false);
    expect(matches(ports, view({ ...udp, sourcePort: 54 }))).toBe(true);
  });

  it("match a mask with holes bit by bit", () => {
    const bits: Match = {
      kind: "address-bits",
      field: "source",
      family: 4,
      mask: 0xff0000ffn,
      value: 0x0a000001n,
    };
    expect(matches(bits, view(udp))).toBe(true);
    expect(matches(bits, view({ ...udp, source: { family: 4, value: 0x0a123401 } }))).toBe(true);
    expect(matches(bits, view({ ...udp, source: { family: 4, value: 0x0a000002 } }))).toBe(false);
    expect(unknown(bits, view({ ...udp, source: addressSet("10.0.0.0/24") }))).toBe(true);
  });

  it("match TCP flags under a mask, and only those of TCP", () => {
    const syn: Match = { kind: "tcp-flags", mask: 0x17, value: 0x02 };
    expect(matches(syn, view({ ...udp, protocol: 6, tcpFlags: 0xc2 }))).toBe(true);
    expect(matches(syn, view({ ...udp, protocol: 6, tcpFlags: 0x12 }))).toBe(false);
    expect(matches(syn, view(udp))).toBe(false);
    expect(unknown(syn, view({ ...udp, protocol: 6 }))).toBe(true);
  });

  it("hold a tuple only where one element holds every part", () => {
    const tuple: Match = {
      kind: "tuple",
      name: "pairs",
      fields: ["source", "destination-port"],
      elements: [
        [{ addresses: addressSet("10.0.0.1/32") }, { numbers: [1, 1] }],
        [{ addresses: addressSet("10.0.0.9/32") }, { numbers: [40_000, 40_000] }],
      ],
    };
    expect(matches(tuple, view(udp))).toBe(false);
    expect(matches(tuple, view({ ...udp, destinationPort: 1 }))).toBe(true);
    expect(unknown(tuple, view({ ...udp, destinationPort: [1, 2] }))).toBe(true);
  });
});

describe("what only the place knows", () => {
  it("is unknown while nobody told", () => {
    const eth0: Match = { kind: "interface", direction: "in", name: "eth0", prefix: false };
    expect(unknown(eth0, view(udp))).toBe(true);
    expect(unknown({ kind: "state", states: ["new"] }, view(udp))).toBe(true);
    expect(unknown({ kind: "mark", of: "packet", mask: 1, set: [1, 1] }, view(udp))).toBe(true);
    expect(unknown({ kind: "status", status: ["snat"] }, view(udp))).toBe(true);
  });

  it("tells no interface from an unknown one", () => {
    const eth0: Match = { kind: "interface", direction: "out", name: "eth", prefix: true };
    expect(matches(eth0, view(udp, { outInterface: "eth1" }))).toBe(true);
    expect(matches(eth0, view(udp, { outInterface: "" }))).toBe(false);
    expect(matches(inverted(eth0), view(udp, { outInterface: "" }))).toBe(true);
  });

  it.each(["untracked", "invalid"] as const)(
    "without a connection (%s) holds neither a test of it nor its negation",
    (state) => {
      const of = view(udp, { state });
      const tests: readonly Match[] = [
        { kind: "status", status: ["assured"] },
        { kind: "direction", is: "original" },
        { kind: "mark", of: "connection", mask: 0xff, set: [0, 0] },
        { kind: "address", field: "original-destination", set: addressSet("0.0.0.0/0") },
        { kind: "number", field: "original-destination-port", set: [0, 65_535] },
      ];
      for (const test of tests) {
        expect(matches(test, of)).toBe(false);
        expect(matches(inverted(test), of)).toBe(false);
      }
      expect(matches(inverted({ kind: "state", states: ["established"] }), of)).toBe(true);
    },
  );

  it("reads the connection's own tuple before it was rewritten", () => {
    const original = { ...udp, destination: { family: 4, value: 0xc0000201 } } as const;
    const connection = {
      direction: "original",
      status: new Set(["dnat"] as const),
      original,
      reply: udp,
    } as const;
    const of = view(udp, { state: "new", connection });
    expect(
      matches({ kind: "address", field: "original-destination", set: addressSet("192.0.2.1/32") }, of),
    ).toBe(true);
    expect(matches({ kind: "status", status: ["dnat", "snat"] }, of)).toBe(true);
    expect(matches({ kind: "direction", is: "reply" }, of)).toBe(false);
  });

  it("is false first: an unknown beside a no does not matter", () => {
    const moon: Match = { kind: "unknown", what: "the moon is full" };
    expect(matches(all(moon, protocol(6)), view(udp))).toBe(false);
    expect(matches(any(moon, protocol(17)), view(udp))).toBe(true);
    expect(unknown(all(moon, protocol(17)), view(udp))).toBe(true);
  });
});
