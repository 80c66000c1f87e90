// Sets of packets against packets: what a set says of one packet is what the tests say of it by hand, through every
// operation; and what people get to read is exactly the set.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressSet, hasAddress, prefixesOf, type AddressSet } from "../packet/address-set.ts";
import { parseAddress, type Address } from "../packet/address.ts";
import { holds } from "../packet/intervals.ts";
import type { Packet } from "../packet/packet.ts";
import { Problem } from "../problem.ts";
import { Space, type PacketSet, type PlaceView, type Rewriting } from "./space.ts";

const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
};
const newSpace = (): Space =>
  new Space({ question: "a test", interfaces: ["eth0", "eth1", "eth+", "lo"], endpoints: ["web", "db"] });

/** One packet in one view, with every field known. */
interface Seen {
  readonly packet: Packet;
  readonly view: Required<PlaceView>;
}

interface Test {
  readonly set: (space: Space) => PacketSet;
  readonly holds: (seen: Seen) => boolean;
}

const blocks4 = ["10.0.0.0/8", "10.0.0.0/30", "10.0.0.2/32", "192.0.2.0/24", "0.0.0.0/0"];
const blocks6 = ["2001:db8::/32", "2001:db8::/127", "fd00::1/128", "::/0"];
const addresses: Readonly<Record<4 | 6, readonly Address[]>> = {
  4: ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.9.9.9", "192.0.2.7", "203.0.113.5"].map(address),
  6: ["2001:db8::", "2001:db8::1", "2001:db8::2", "fd00::1", "::1"].map(address),
};
const ported = new Set([6, 17, 33, 132, 136]);
const isHeaded = ({ packet }: Seen): boolean => packet.fragment !== "later";
const isIcmp = (seen: Seen): boolean =>
  isHeaded(seen) && seen.packet.protocol === (seen.packet.family === 4 ? 1 : 58);
const isPorted = (seen: Seen): boolean => isHeaded(seen) && ported.has(Number(seen.packet.protocol));

const side = fc.constantFrom("source" as const, "destination" as const);
const addressTest = fc
  .tuple(side, fc.subarray([...blocks4, ...blocks6], { minLength: 1, maxLength: 3 }))
  .map(([end, blocks]): Test => {
    const set = addressSet(...blocks);
    return {
      set: (space) => space.address(end, set),
      holds: ({ packet }) => hasAddress(set, packet[end] as Address),
    };
  });
const range = fc
  .tuple(fc.nat(7), fc.nat(7))
  .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
const portTest = fc
  .tuple(fc.constantFrom("source-port" as const, "destination-port" as const), range)
  .map(([field, set]): Test => ({
    set: (space) => space.number(field, set),
    holds: (seen) =>
      isPorted(seen) &&
      holds(set, Number(field === "source-port" ? seen.packet.sourcePort : seen.packet.destinationPort)),
  }));
const icmpTest = fc
  .tuple(fc.constantFrom("icmp-type" as const, "icmp-code" as const), range)
  .map(([field, set]): Test => ({
    set: (space) => space.number(field, set),
    holds: (seen) =>
      isIcmp(seen) && holds(set, Number(field === "icmp-type" ? seen.packet.icmpType : seen.packet.icmpCode)),
  }));
const protocols = [1, 6, 17, 47, 58, 132];
const protocolTest = fc.constantFrom(...protocols).map((number): Test => ({
  set: (space) => space.number("protocol", [number, number]),
  holds: ({ packet }) => packet.protocol === number,
}));
const flagTest = fc.tuple(fc.nat(7), fc.nat(7)).map(([mask, value]): Test => ({
  set: (space) => space.tcpFlags(mask, value),
  holds: (seen) =>
    isHeaded(seen) && seen.packet.protocol === 6 && ((seen.packet.tcpFlags ?? 0) & mask) === value,
}));
const states = ["new", "established", "related", "invalid", "untracked"] as const;
const stateTest = fc.subarray([...states], { minLength: 1 }).map((some): Test => ({
  set: (space) => space.state(some),
  holds: ({ view }) => some.some((state) => state === view.state),
}));
const fragmentTest = fc
  .subarray(["whole", "first", "later"] as const, { minLength: 1 })
  .map((some): Test => ({
    set: (space) => space.fragment(some),
    holds: ({ packet }) => some.some((one) => one === (packet.fragment ?? "whole")),
  }));
const interfaceTest = fc
  .tuple(
    fc.constantFrom(
      ["eth0", false] as const,
      ["eth", true] as const,
      ["lo", false] as const,
      ["", true] as const,
    ),
    fc.boolean(),
  )
  .map(([[name, prefix], incoming]): Test => {
    const fits = (device: string | undefined): boolean =>
      prefix ? (device ?? "").startsWith(name) : device === name;
    return {
      set: (space) => (incoming ? space.inInterface(name, prefix) : space.outInterface(name, prefix)),
      holds: ({ view }) => fits(incoming ? view.inInterface : view.outInterface),
    };
  });
const markTest = fc
  .tuple(fc.constantFrom("packet" as const, "connection" as const), fc.nat(15), range)
  .map(([of, mask, set]): Test => ({
    set: (space) => space.mark(of, mask, set),
    holds: ({ view }) =>
      of === "packet"
        ? holds(set, (view.mark ?? 0) & mask)
        : view.state !== "invalid" &&
          view.state !== "untracked" &&
          holds(set, (view.connectionMark ?? 0) & mask),
  }));
const endpointTest = fc.tuple(side, fc.subarray(["web", "db"], { minLength: 1 })).map(([end, ids]): Test => ({
  set: (space) => space.endpoint(end, ids),
  holds: ({ packet }) => ids.some((id) => id === (end === "source" ? packet.from : packet.to)),
}));
const familyTest = fc.constantFrom(4 as const, 6 as const).map((family): Test => ({
  set: (space) => space.family(family),
  holds: ({ packet }) => packet.family === family,
}));

const test: fc.Arbitrary<Test> = fc.letrec<{ test: Test }>((tie) => ({
  test: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      addressTest,
      portTest,
      icmpTest,
      protocolTest,
      flagTest,
      stateTest,
      fragmentTest,
      interfaceTest,
      markTest,
      endpointTest,
      familyTest,
    ),
    fc.tuple(tie("test"), tie("test")).map(([a, b]): Test => ({
      set: (space) => space.and(a.set(space), b.set(space)),
      holds: (seen) => a.holds(seen) && b.holds(seen),
    })),
    fc.tuple(tie("test"), tie("test")).map(([a, b]): Test => ({
      set: (space) => space.unionOf([a.set(space), b.set(space)]),
      holds: (seen) => a.holds(seen) || b.holds(seen),
    })),
    fc.tuple(tie("test"), tie("test")).map(([a, b]): Test => ({
      set: (space) => space.minus(a.set(space), b.set(space)),
      holds: (seen) => a.holds(seen) && !b.holds(seen),
    })),
    tie("test").map((of): Test => ({
      set: (space) => space.not(of.set(space)),
      holds: (seen) => !of.holds(seen),
    })),
  ),
})).test;

const seen: fc.Arbitrary<Seen> = fc
  .record({
    family: fc.constantFrom(4 as const, 6 as const),
    at: fc.tuple(fc.nat(4), fc.nat(4)),
    protocol: fc.constantFrom(...protocols),
    numbers: fc.tuple(fc.nat(8), fc.nat(8)),
    flags: fc.nat(7),
    fragment: fc.constantFrom("whole" as const, "whole" as const, "first" as const, "later" as const),
    ends: fc.tuple(fc.constantFrom("web", "db", undefined), fc.constantFrom("web", "db", undefined)),
    view: fc.record({
      state: fc.constantFrom(...states),
      inInterface: fc.constantFrom("eth0", "eth1", "eth7", "lo", "wlan0", ""),
      outInterface: fc.constantFrom("eth0", "eth7", "lo", "wlan0", ""),
      mark: fc.nat(15),
      connectionMark: fc.nat(15),
    }),
  })
  .map(({ family, at, protocol, numbers: [one, other], flags, fragment, ends: [from, to], view }): Seen => {
    const source = addresses[family][at[0]] as Address;
    const destination = addresses[family][at[1]] as Address;
    const headed = fragment !== "later";
    return {
      packet: {
        family,
        source,
        destination,
        protocol,
        ...(headed && ported.has(protocol) ? { sourcePort: one, destinationPort: other } : {}),
        ...(headed && protocol === (family === 4 ? 1 : 58) ? { icmpType: one, icmpCode: other } : {}),
        ...(headed && protocol === 6 ? { tcpFlags: flags } : {}),
        ...(fragment === "whole" ? {} : { fragment }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      },
      view,
    };
  });

const setOf = (space: Space, one: Seen): PacketSet => space.packet(one.packet, one.view);
const has = (space: Space, set: PacketSet, one: Seen): boolean => space.overlaps(set, setOf(space, one));

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
