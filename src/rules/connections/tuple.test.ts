// Tuples: their replies, and finding connections by them.
import { describe, expect, it } from "vitest";
import { addressSet } from "../../packet/address-set.ts";
import type { Packet } from "../../packet/packet.ts";
import { ByTuple } from "./by-tuple.ts";
import { Connection } from "./connection.ts";
import { address, icmp, tcp, udp } from "./testing.ts";
import { covers, inverted, sameTuple, tupleHash, tupleOf } from "./tuple.ts";

describe("a tuple", () => {
  it("keeps what tells connections apart, and nothing else", () => {
    expect(tupleOf({ ...tcp(">", "syn"), ttl: 64, length: 60 })).toEqual({
      family: 4,
      source: address("198.51.100.7"),
      destination: address("192.0.2.10"),
      protocol: 6,
      sourcePort: 50_000,
      destinationPort: 443,
    });
    expect(tupleOf(icmp(">", 8, { icmpId: 3 }))).toMatchObject({ icmpType: 8, icmpCode: 0, icmpId: 3 });
  });

  it("turned round twice is itself, for everything that has a reply", () => {
    const open: Packet = { ...udp(">"), source: addressSet("10.0.0.0/8"), sourcePort: [1024, 65_535] };
    for (const packet of [tcp(">", "syn"), udp("<"), icmp(">", 8, { icmpId: 3 }), icmp(">", 13), open]) {
      const there = tupleOf(packet);
      const back = inverted(there);
      expect(back).not.toEqual(there);
      expect(back === undefined ? undefined : inverted(back)).toEqual(there);
    }
    expect(inverted(tupleOf(icmp(">", 3)))).toBeUndefined();
  });

  it("is the same, and hashes alike, when it was made from another object", () => {
    const one = tupleOf({ ...udp(">"), sourcePort: [1, 9] });
    const two = tupleOf({ ...udp(">"), sourcePort: [1, 9] });
    expect(sameTuple(one, two)).toBe(true);
    expect(tupleHash(one)).toBe(tupleHash(two));
    expect(sameTuple(one, tupleOf({ ...udp(">"), sourcePort: [1, 8] }))).toBe(false);
    expect(sameTuple(tupleOf(icmp(">", 8)), tupleOf(icmp(">", 8, { icmpCode: 1 })))).toBe(false);
  });

  it("covers one that lies within its open fields", () => {
    const wide = tupleOf({ ...udp(">"), source: addressSet("198.51.100.0/24") });
    expect(covers(wide, tupleOf(udp(">")))).toBe(true);
    expect(covers(tupleOf(udp(">")), wide)).toBe(false);
    expect(covers(wide, tupleOf({ ...udp(">"), source: address("198.51.101.7") }))).toBe(false);
  });
});

describe("connections by tuple", () => {
  it("are all found by both directions, though some of a hundred thousand share a hash", () => {
    const index = new ByTuple();
    const hashes = new Set<number>();
    const connections = Array.from({ length: 100_000 }, (_, at) => {
      const packet: Packet = {
        ...udp(">", [1024 + (at % 60_000), 53]),
        source: { family: 4, value: 0x0a000000 + at },
      };
      const original = tupleOf(packet);
      const reply = inverted(original);
      if (reply === undefined) throw new Error("UDP has a reply");
      hashes.add(tupleHash(original)).add(tupleHash(reply));
      return new Connection(original, reply, 0);
    });
    // 200 000 of 2^30 numbers: about 18 pairs meet by chance, some of which the next line must have seen.
    expect(hashes.size).toBeLessThan(200_000);
    expect(hashes.size).toBeGreaterThan(199_000);
    for (const connection of connections) index.add(connection);
    for (const [at, connection] of connections.entries()) if (at % 2 === 0) index.remove(connection);
    const wrong = connections.filter((connection, at) => {
      const [there, back] = [index.find(connection.original), index.find(connection.reply)];
      return at % 2 === 0
        ? there !== undefined || back !== undefined
        : there?.connection !== connection || there.direction !== "original" || back?.direction !== "reply";
    });
    expect(wrong).toEqual([]);
  });
});
