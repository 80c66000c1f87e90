// Sets of packets against packets: what a set says of one packet is what the tests say of it by hand; and what people get
// to read is exactly the set.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressSet, prefixesOf } from "../packet/address-set.ts";
import type { Address } from "../packet/address.ts";
import type { Packet } from "../packet/packet.ts";
import { Problem } from "../problem.ts";
import { Space } from "./space.ts";
import { address, addresses, has, isPorted, newSpace, seen, setOf, test, type Seen } from "./testing.ts";

describe("a set and a packet", () => {
  it("agree with the tests that the set was made of", () => {
    fc.assert(
      fc.property(test, fc.array(seen, { minLength: 8, maxLength: 8 }), (of, all) => {
        const space = newSpace();
        const set = of.set(space);
        for (const one of all) {
          expect(has(space, set, one)).toBe(of.holds(one));
          expect(space.isSubset(setOf(space, one), set)).toBe(of.holds(one));
        }
      }),
      { numRuns: 400 },
    );
  });

  it("agree once an address of the packet is known, and then the other", () => {
    fc.assert(
      fc.property(test, seen, fc.boolean(), (of, one, sourceFirst) => {
        const space = newSpace();
        const order = sourceFirst
          ? (["source", "destination"] as const)
          : (["destination", "source"] as const);
        const left = order.reduce(
          (set, end) => space.at(set, end, one.packet[end] as Address),
          of.set(space),
        );
        expect(has(space, left, one)).toBe(of.holds(one));
        expect(space.forget(left, ["source", "destination"])).toBe(left);
      }),
      { numRuns: 300 },
    );
  });

  it("open fields stand for every value, and absent ones for any", () => {
    const space = newSpace();
    const open: Packet = {
      family: 4,
      source: addressSet("10.0.0.0/8"),
      destination: address("192.0.2.7"),
      protocol: [1, 1, 6, 6],
      destinationPort: [22, 23],
    };
    const tcp = space.intersectionOf([
      space.number("protocol", [6, 6]),
      space.number("destination-port", [22, 23]),
    ]);
    const expected = space.intersectionOf([
      space.address("source", addressSet("10.0.0.0/8")),
      space.address("destination", addressSet("192.0.2.7/32")),
      space.or(tcp, space.number("protocol", [1, 1])),
      space.fragment(["whole"]),
      space.not(space.endpoint("source", ["web", "db"])),
      space.not(space.endpoint("destination", ["web", "db"])),
    ]);
    expect(space.packet(open)).toBe(expected);
  });

  it("a later fragment has no port, ICMP of the other family no type, and no test of them holds", () => {
    const space = newSpace();
    const everyPort = space.number("destination-port", [0, 65_535]);
    const everyType = space.number("icmp-type", [0, 255]);
    expect(space.overlaps(everyPort, space.fragment(["later"]))).toBe(false);
    expect(space.overlaps(everyPort, space.number("protocol", [1, 1]))).toBe(false);
    expect(space.and(space.and(everyType, space.family(4)), space.number("protocol", [58, 58]))).toBe(
      space.none,
    );
    expect(space.mark("connection", 0, [0, 0])).toBe(space.not(space.state(["invalid", "untracked"])));
  });

  it("an interface that the space was not told of is a mistake, not another interface", () => {
    const space = newSpace();
    expect(() => space.inInterface("wan0", false)).toThrow(Problem);
    expect(() => space.inInterface("eth", true)).not.toThrow();
    expect(() => space.inInterface("et", true)).toThrow(/et\+/);
  });
});

describe("quantification", () => {
  it("forgets a field: some other value of it makes a member; everywhere: every value does", () => {
    // Tests tell apart no more values than these, so that trying each is trying all.
    const values: Readonly<Record<string, (one: Seen) => Seen[]>> = {
      "destination-port": (one) =>
        isPorted(one)
          ? Array.from({ length: 9 }, (_, destinationPort) => ({
              ...one,
              packet: { ...one.packet, destinationPort },
            }))
          : [one],
      source: (one) =>
        addresses[one.packet.family].map((source) => ({ ...one, packet: { ...one.packet, source } })),
      "in-interface": (one) =>
        ["eth0", "eth1", "eth7", "lo", "wlan0"].map((inInterface) => ({
          ...one,
          view: { ...one.view, inInterface },
        })),
      "source-endpoint": (one) =>
        ["web", "db", "neither"].map((from) => ({ ...one, packet: { ...one.packet, from } })),
    };
    const field = fc.constantFrom(
      "destination-port" as const,
      "source" as const,
      "in-interface" as const,
      "source-endpoint" as const,
    );
    fc.assert(
      fc.property(test, seen, field, (of, one, name) => {
        const space = newSpace();
        const all = values[name]?.(one) ?? [];
        expect(has(space, space.forget(of.set(space), [name]), one)).toBe(
          all.some((other) => of.holds(other)),
        );
        expect(has(space, space.everywhere(of.set(space), [name]), one)).toBe(
          all.every((other) => of.holds(other)),
        );
      }),
      { numRuns: 400 },
    );
  });

  it("of the protocol leaves no port to packets without one", () => {
    const space = newSpace();
    const web = space.intersectionOf([
      space.number("protocol", [6, 6]),
      space.number("destination-port", [80, 80]),
    ]);
    // Port 80 of whatever has ports, and every packet of a protocol that has none.
    const portless = space.not(space.number("protocol", [6, 6, 17, 17, 33, 33, 132, 132, 136, 136]));
    expect(space.forget(web, ["protocol"])).toBe(
      space.or(
        space.number("destination-port", [80, 80]),
        space.and(portless, space.not(space.fragment(["later"]))),
      ),
    );
  });
});

describe("counting", () => {
  const space = newSpace();
  it("multiplies what is open in the fields of a flow", () => {
    const set = space.intersectionOf([
      space.address("source", addressSet("10.0.0.0/24")),
      space.address("destination", addressSet("10.0.1.0/30")),
      space.number("protocol", [6, 6]),
      space.number("destination-port", [80, 80, 443, 443]),
    ]);
    // 256 sources, 4 destinations, every source port, 2 destination ports.
    expect(space.count(set)).toBe(256n * 4n * 65_536n * 2n);
    expect(space.count(set, ["source"])).toBe(256n);
    expect(space.count(set, ["destination-port", "protocol"])).toBe(2n);
  });
  it("knows that IPv6 is larger, and that most protocols have neither ports nor types", () => {
    const ends = 2n ** 64n + 2n ** 256n;
    // Five protocols with ports, one with type and code, 250 others.
    expect(space.count(space.all)).toBe(ends * (5n * 2n ** 32n + 2n ** 16n + 250n));
    expect(space.count(space.address("source", addressSet("2001:db8::/120")), ["source"])).toBe(256n);
    expect(space.count(space.none)).toBe(0n);
  });
  it("counts states, fragments and interfaces once each, however their codes lie", () => {
    expect(space.count(space.all, ["state"])).toBe(5n);
    expect(space.count(space.all, ["fragment"])).toBe(3n);
    // eth0, eth1, lo, another that begins with eth, and any other.
    expect(space.count(space.all, ["in-interface"])).toBe(5n);
    expect(space.count(space.all, ["source-endpoint"])).toBe(3n);
  });
});

describe("memory", () => {
  it("has a bound, and the problem names the question", () => {
    const small = new Space({ question: "reach of a large estate", mostNodes: 300 });
    expect(() =>
      small.address("source", addressSet("10.0.0.1/32", "2001:db8::1/128", "fd00::7/128", "fe80::9/128")),
    ).toThrow(
      expect.objectContaining({ code: "limit", message: expect.stringContaining("reach of a large estate") }),
    );
  });
  it("is given back, and what is kept keeps its meaning", () => {
    fc.assert(
      fc.property(test, test, seen, (a, b, one) => {
        const space = newSpace();
        const kept = a.set(space);
        b.set(space);
        const before = space.size;
        space.collect([kept]);
        expect(space.size).toBeLessThanOrEqual(before);
        expect(has(space, kept, one)).toBe(a.holds(one));
        expect(a.set(space)).toBe(kept);
        expect(has(space, b.set(space), one)).toBe(b.holds(one));
      }),
    );
  });
});

describe("projections", () => {
  it("give the addresses and numbers that members have", () => {
    const space = newSpace();
    const set = space.or(
      space.intersectionOf([
        space.address("source", addressSet("10.0.0.0/8", "2001:db8::/32")),
        space.number("destination-port", [22, 22]),
        space.number("protocol", [6, 6]),
      ]),
      space.and(space.address("source", addressSet("192.0.2.0/24")), space.number("icmp-type", [8, 8])),
    );
    expect(prefixesOf(space.addressesOf(set, "source"))).toEqual(
      prefixesOf(addressSet("10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32")),
    );
    expect(space.numbersOf(set, "destination-port")).toEqual([22, 22]);
    expect(space.numbersOf(set, "protocol")).toEqual([1, 1, 6, 6]);
    expect(space.numbersOf(set, "icmp-type")).toEqual([8, 8]);
    expect(space.numbersOf(space.none, "protocol")).toEqual([]);
  });
});

describe("reading a set", () => {
  it("gives cubes that are exactly the set, none of them needless", () => {
    fc.assert(
      fc.property(test, (of) => {
        const space = newSpace();
        const set = of.set(space);
        const cubes = space.describe(set).map((cube) => space.cube(cube));
        expect(space.unionOf(cubes)).toBe(set);
        for (const [at] of cubes.entries())
          expect(space.isSubset(set, space.unionOf(cubes.toSpliced(at, 1)))).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it("gives a witness that is a member", () => {
    fc.assert(
      fc.property(test, (of) => {
        const space = newSpace();
        const set = of.set(space);
        const found = space.witness(set);
        const isMember = found !== undefined && space.overlaps(space.packet(found.packet, found), set);
        expect(isMember).toBe(set !== space.none);
      }),
      { numRuns: 300 },
    );
  });
});
