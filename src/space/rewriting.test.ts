// Rewriting sets of packets against rewriting packets by hand: translation, prefix exchange, marks, and replies.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressSet, type AddressSet } from "../packet/address-set.ts";
import type { Address } from "../packet/address.ts";
import type { PacketSet, Rewriting } from "./space.ts";
import { address, has, newSpace, seen, setOf, side, test, type Seen } from "./testing.ts";

const onePort = fc.nat(7).map((port) => [port, port] as const);
const rewriting: fc.Arbitrary<Rewriting> = fc.oneof(
  fc.record({ destination: fc.constantFrom("10.0.0.1/32", "fd00::1/128").map((text) => addressSet(text)) }),
  fc.record({ source: fc.constant(addressSet("192.0.2.7/32")), sourcePorts: onePort }),
  fc.record({ destinationPorts: onePort }),
  fc.record({
    prefix: fc.record({
      side,
      to: fc.constant(address("192.0.2.0")),
      length: fc.constantFrom(0, 24, 30, 32),
    }),
  }),
  fc.record({
    prefix: fc.record({ side, to: fc.constant(address("fd00::")), length: fc.constantFrom(64, 127) }),
  }),
  fc.record({
    setMark: fc.record({
      of: fc.constantFrom("packet" as const, "connection" as const),
      mask: fc.nat(15),
      value: fc.nat(15),
    }),
  }),
  fc.record({
    copyMark: fc.record({
      from: fc.constantFrom("packet" as const, "connection" as const),
      fromMask: fc.nat(15),
      toMask: fc.nat(15),
    }),
  }),
);

/** What a rewriting to single values makes of one packet, by hand. */
function rewritten({ packet, view }: Seen, by: Rewriting): Seen {
  const to = (end: "source" | "destination"): Address => {
    const set: AddressSet = by[end] ?? { v4: [], v6: [] };
    const given = packet.family === 4 ? set.v4[0] : set.v6[0];
    let value: number | bigint = given ?? (packet[end] as Address).value;
    const exchange = by.prefix;
    if (exchange?.side === end && exchange.to.family === packet.family) {
      const host = 1n << BigInt((packet.family === 4 ? 32 : 128) - exchange.length);
      const high = BigInt(exchange.to.value);
      value = high - (high % host) + (BigInt(value) % host);
    }
    return packet.family === 4 ? { family: 4, value: Number(value) } : { family: 6, value: BigInt(value) };
  };
  const tracked = view.state !== "invalid" && view.state !== "untracked";
  const marks = { mark: view.mark ?? 0, connectionMark: view.connectionMark ?? 0 };
  if (by.setMark?.of === "packet") marks.mark = (marks.mark & ~by.setMark.mask) ^ by.setMark.value;
  if (by.setMark?.of === "connection" && tracked)
    marks.connectionMark = (marks.connectionMark & ~by.setMark.mask) ^ by.setMark.value;
  if (by.copyMark?.from === "packet" && tracked)
    marks.connectionMark = (marks.connectionMark & ~by.copyMark.toMask) ^ (marks.mark & by.copyMark.fromMask);
  if (by.copyMark?.from === "connection" && tracked)
    marks.mark = (marks.mark & ~by.copyMark.toMask) ^ (marks.connectionMark & by.copyMark.fromMask);
  const ports =
    packet.sourcePort === undefined
      ? {}
      : {
          sourcePort: by.sourcePorts?.[0] ?? packet.sourcePort,
          destinationPort: by.destinationPorts?.[0] ?? packet.destinationPort ?? 0,
        };
  return {
    packet: { ...packet, source: to("source"), destination: to("destination"), ...ports },
    view: { ...view, ...marks },
  };
}

describe("rewriting", () => {
  it("makes of one packet what the rule says", () => {
    fc.assert(
      fc.property(seen, rewriting, (one, by) => {
        const space = newSpace();
        expect(space.assign(setOf(space, one), by)).toBe(setOf(space, rewritten(one, by)));
      }),
      { numRuns: 300 },
    );
  });

  it("taken back finds every packet that becomes a member, and no other", () => {
    fc.assert(
      fc.property(test, seen, rewriting, (of, one, by) => {
        const space = newSpace();
        expect(has(space, space.before(of.set(space), by), one)).toBe(of.holds(rewritten(one, by)));
      }),
      { numRuns: 300 },
    );
  });

  it("to a range may become any of it, and comes from whatever may", () => {
    fc.assert(
      fc.property(test, test, (a, b) => {
        const space = newSpace();
        const by: Rewriting = { destination: addressSet("10.0.0.0/30"), destinationPorts: [2, 5] };
        const [from, to] = [a.set(space), b.set(space)];
        expect(space.overlaps(space.assign(from, by), to)).toBe(space.overlaps(from, space.before(to, by)));
      }),
    );
  });

  it("mirrors ends, ports and echoes, and twice is not at all", () => {
    const echo: Readonly<Record<4 | 6, Readonly<Record<number, number>>>> = { 4: { 0: 8, 8: 0 }, 6: {} };
    const mirror = ({ packet, view }: Seen): Seen => {
      const { from, to, source, destination, sourcePort, destinationPort, icmpType, ...rest } = packet;
      return {
        packet: {
          ...rest,
          source: destination,
          destination: source,
          ...(sourcePort === undefined || destinationPort === undefined
            ? {}
            : { sourcePort: destinationPort, destinationPort: sourcePort }),
          ...(icmpType === undefined ? {} : { icmpType: echo[packet.family][Number(icmpType)] ?? icmpType }),
          ...(from === undefined ? {} : { to: from }),
          ...(to === undefined ? {} : { from: to }),
        },
        view,
      };
    };
    fc.assert(
      fc.property(test, seen, (of, one) => {
        const space = newSpace();
        const set = of.set(space);
        expect(has(space, space.mirrored(set), one)).toBe(of.holds(mirror(one)));
        expect(space.mirrored(space.mirrored(set))).toBe(set);
      }),
      { numRuns: 300 },
    );
    const space = newSpace();
    const type = (family: 4 | 6, number: number): PacketSet =>
      space.and(space.family(family), space.number("icmp-type", [number, number]));
    expect(space.mirrored(type(6, 128))).toBe(type(6, 129));
    expect(space.mirrored(type(4, 3))).toBe(type(4, 3));
  });
});
