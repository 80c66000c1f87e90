// Random tests, each as a set and as a predicate by hand, and random packets in random views: what the tests of the space
// are made of.
import * as fc from "fast-check";
import { addressSet, hasAddress, isAddress } from "../packet/address-set.ts";
import { parseAddress, type Address } from "../packet/address.ts";
import { holds } from "../packet/intervals.ts";
import type { Packet } from "../packet/packet.ts";
import { Space, type PacketSet, type PlaceView } from "./space.ts";

export const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
};
export const newSpace = (): Space =>
  new Space({ question: "a test", interfaces: ["eth0", "eth1", "eth+", "lo"], endpoints: ["web", "db"] });

/** One packet in one view, with every field known. */
export interface Seen {
  readonly packet: Packet;
  readonly view: Required<PlaceView>;
}

export interface Test {
  readonly set: (space: Space) => PacketSet;
  readonly holds: (seen: Seen) => boolean;
}

const blocks4 = ["10.0.0.0/8", "10.0.0.0/30", "10.0.0.2/32", "192.0.2.0/24", "0.0.0.0/0"];
const blocks6 = ["2001:db8::/32", "2001:db8::/127", "fd00::1/128", "::/0"];
export const addresses: Readonly<Record<4 | 6, readonly Address[]>> = {
  4: ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.9.9.9", "192.0.2.7", "203.0.113.5"].map(address),
  6: ["2001:db8::", "2001:db8::1", "2001:db8::2", "fd00::1", "::1"].map(address),
};
const addressAt = (family: 4 | 6, at: number): Address => {
  const found = addresses[family][at];
  if (found === undefined) throw new Error(`there is no address ${at} of IPv${family}`);
  return found;
};
const ported = new Set([6, 17, 33, 132, 136]);
const isHeaded = ({ packet }: Seen): boolean => packet.fragment !== "later";
const isIcmp = (seen: Seen): boolean =>
  isHeaded(seen) && seen.packet.protocol === (seen.packet.family === 4 ? 1 : 58);
export const isPorted = (seen: Seen): boolean => isHeaded(seen) && ported.has(Number(seen.packet.protocol));

export const side = fc.constantFrom("source" as const, "destination" as const);
const addressTest = fc
  .tuple(side, fc.subarray([...blocks4, ...blocks6], { minLength: 1, maxLength: 3 }))
  .map(([end, blocks]): Test => {
    const set = addressSet(...blocks);
    return {
      set: (space) => space.address(end, set),
      holds: ({ packet }) => {
        const value = packet[end];
        return isAddress(value) && hasAddress(set, value);
      },
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

export const test: fc.Arbitrary<Test> = fc.letrec<{ test: Test }>((tie) => ({
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

export const seen: fc.Arbitrary<Seen> = fc
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
    const source = addressAt(family, at[0]);
    const destination = addressAt(family, at[1]);
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

export const setOf = (space: Space, one: Seen): PacketSet => space.packet(one.packet, one.view);
export const has = (space: Space, set: PacketSet, one: Seen): boolean =>
  space.overlaps(set, setOf(space, one));
