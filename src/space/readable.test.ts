// What people get to read of a set: the cubes that a person would write, and the packet that a person would think of.
import { describe, expect, it } from "vitest";
import { addressSet, prefixesOf } from "../packet/address-set.ts";
import { formatPrefix } from "../packet/address.ts";
import { packetText } from "../packet/packet.ts";
import { Space, type Cube, type PacketSet } from "./space.ts";

const space = new Space({ question: "a test", interfaces: ["eth0", "eth+"], endpoints: ["web", "db"] });
const from = (...prefixes: string[]): PacketSet => space.address("source", addressSet(...prefixes));
const to = (...prefixes: string[]): PacketSet => space.address("destination", addressSet(...prefixes));
const port = (protocol: number, first: number, last = first): PacketSet =>
  space.and(space.number("protocol", [protocol, protocol]), space.number("destination-port", [first, last]));
const all = (...sets: readonly PacketSet[]): PacketSet => space.intersectionOf(sets);

/** A cube with its prefixes in text. */
const readable = ({ source, destination, ...rest }: Cube): object => ({
  ...rest,
  ...(source === undefined ? {} : { source: prefixesOf(source).map((prefix) => formatPrefix(prefix)) }),
  ...(destination === undefined
    ? {}
    : { destination: prefixesOf(destination).map((prefix) => formatPrefix(prefix)) }),
});
const read = (set: PacketSet): object[] => space.describe(set).map((cube) => readable(cube));

describe("a set reads as a person would write it", () => {
  it("everything is one cube without a condition, and nothing is none", () => {
    expect(read(space.all)).toEqual([{}]);
    expect(read(space.none)).toEqual([]);
  });

  it("one service from one network, of both families, in one line", () => {
    expect(
      read(all(from("10.0.0.0/8", "2001:db8::/32"), to("10.1.0.0/16", "fd00::/8"), port(6, 443))),
    ).toEqual([
      {
        source: ["10.0.0.0/8", "2001:db8::/32"],
        destination: ["10.1.0.0/16", "fd00::/8"],
        protocol: [6, 6],
        destinationPort: [443, 443],
      },
    ]);
  });

  it("neighbouring prefixes and ports that were written apart come together", () => {
    const written = [
      all(from("10.0.0.0/25"), port(6, 80)),
      all(from("10.0.0.128/25"), port(6, 80)),
      all(from("10.0.0.0/24"), port(6, 81, 90)),
    ];
    expect(read(space.unionOf(written))).toEqual([
      { family: 4, source: ["10.0.0.0/24"], protocol: [6, 6], destinationPort: [80, 90] },
    ]);
  });

  it("two rules that cross stay two, and are not cut into disjoint pieces", () => {
    // ssh from the admins to anywhere, and web from anywhere to the server: disjoint boxes would be three.
    const ssh = all(from("10.9.0.0/24"), port(6, 22));
    const web = all(space.family(4), to("192.0.2.10/32"), port(6, 443));
    const cubes = read(space.or(ssh, web));
    expect(cubes).toHaveLength(2);
    expect(cubes).toContainEqual({
      family: 4,
      source: ["10.9.0.0/24"],
      protocol: [6, 6],
      destinationPort: [22, 22],
    });
    expect(cubes).toContainEqual({
      family: 4,
      destination: ["192.0.2.10/32"],
      protocol: [6, 6],
      destinationPort: [443, 443],
    });
  });

  it("ports of two protocols, with the protocols together", () => {
    expect(read(space.or(port(6, 53), port(17, 53)))).toEqual([
      { protocol: [6, 6, 17, 17], destinationPort: [53, 53] },
    ]);
  });

  it("all but one host is the host's complement in fewest prefixes", () => {
    // A /30 less its address .2 is .0/31 and .3/32.
    expect(read(all(space.minus(from("10.0.0.0/30"), from("10.0.0.2/32")), port(17, 123)))).toEqual([
      {
        family: 4,
        source: ["10.0.0.0/31", "10.0.0.3/32"],
        protocol: [17, 17],
        destinationPort: [123, 123],
      },
    ]);
  });

  it("names of interfaces, states, endpoints and flags as they are", () => {
    expect(
      read(
        all(
          space.inInterface("eth", true),
          space.state(["new", "untracked"]),
          space.tcpFlags(0x17, 0x02),
          space.endpoint("destination", ["db"]),
          space.mark("packet", 0xff, [3, 3]),
        ),
      ),
    ).toEqual([
      {
        inInterface: [
          { kind: "one", name: "eth0" },
          { kind: "beginning", name: "eth" },
        ],
        state: ["new", "untracked"],
        protocol: [6, 6],
        tcpFlags: [{ mask: 0x17, value: 0x02 }],
        to: [{ kind: "one", name: "db" }],
        mark: [{ mask: 0xff, value: 3 }],
      },
    ]);
  });
});

describe("a witness is a packet that people recognise", () => {
  const shown = (set: PacketSet): string => {
    const found = space.witness(set);
    return found === undefined ? "none" : packetText(found.packet);
  };

  it.each([
    ["of everything", space.all, "tcp 203.0.113.1:49152 > 10.0.0.1:443 [SYN]"],
    ["of nothing", space.none, "none"],
    [
      "of a subnet: neither its network nor its broadcast address",
      to("10.1.2.0/24"),
      "tcp 203.0.113.1:49152 > 10.1.2.1:443 [SYN]",
    ],
    ["of one address, whatever it ends in", to("10.1.2.0/32"), "tcp 203.0.113.1:49152 > 10.1.2.0:443 [SYN]"],
    ["of a range of ports: a known one", port(6, 20, 100), "tcp 203.0.113.1:49152 > 10.0.0.1:80 [SYN]"],
    [
      "of a range without a known port: its first",
      port(17, 1000, 2000),
      "udp 203.0.113.1:49152 > 10.0.0.1:1000",
    ],
    [
      "of a privileged source port only",
      all(port(17, 123), space.number("source-port", [123, 123])),
      "udp 203.0.113.1:123 > 10.0.0.1:123",
    ],
    ["of no TCP: UDP", space.not(space.number("protocol", [6, 6])), "udp 203.0.113.1:49152 > 10.0.0.1:443"],
    [
      "of ICMP: an echo request",
      space.number("icmp-code", [0, 0]),
      "icmp 203.0.113.1 > 10.0.0.1 type 8 code 0",
    ],
    [
      "of ICMPv6: an echo request",
      all(space.family(6), space.number("icmp-type", [0, 255])),
      "icmpv6 2001:db8:cafe::1 > fd00::1 type 128 code 0",
    ],
    [
      "of an established connection: from its midst",
      space.state(["established"]),
      "tcp 203.0.113.1:49152 > 10.0.0.1:443 [ACK]",
    ],
    [
      "within one network: two hosts",
      all(from("10.0.0.0/8"), to("10.0.0.0/8")),
      "tcp 10.0.0.2:49152 > 10.0.0.1:443 [SYN]",
    ],
    ["of private sources alone", from("192.168.0.0/16"), "tcp 192.168.0.1:49152 > 10.0.0.1:443 [SYN]"],
  ])("%s", (_, set, text) => {
    expect(shown(set)).toBe(text);
  });

  it("names an interface that fits where the set asks for one", () => {
    expect(space.witness(space.inInterface("eth0", false))?.inInterface).toBe("eth0");
    const others = space.minus(space.inInterface("eth", true), space.inInterface("eth0", false));
    expect(space.witness(others)?.inInterface).toBe("eth1");
    expect(space.witness(space.all)).not.toHaveProperty("inInterface");
  });

  it("is the same however the set was made", () => {
    const one = space.or(all(to("10.0.0.0/8"), port(6, 22)), all(to("10.0.0.0/8"), port(6, 80)));
    const other = all(to("10.0.0.0/8"), space.unionOf([port(6, 80), port(6, 22)]));
    expect(space.witness(one)).toEqual(space.witness(other));
  });
});
