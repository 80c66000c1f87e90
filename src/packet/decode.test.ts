import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddress } from "./address.ts";
import { decode, linkTypes } from "./decode.ts";
import type { DecodedPacket } from "./decoded.ts";
import { ACK, packetText, SYN, type Packet } from "./packet.ts";

/** Bytes from hex with blanks and `# comments`. */
function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/#[^\n]*/g, "").replaceAll(/\s+/g, ""), "hex");
}

function decoded(frame: Uint8Array, linkType: number, wireBytes?: number): DecodedPacket {
  const result = decode(frame, linkType, wireBytes);
  if (result.kind === "undecodable") throw new Error(result.why);
  return result;
}
const packetOf = (frame: Uint8Array, linkType: number = linkTypes.raw): Packet =>
  decoded(frame, linkType).packet;

const tcpSyn = `
  c350 0016              # 50000 > 22
  00000064 00000000      # sequence 100
  50 02 faf0 0000 0000   # 20 bytes, SYN, window 64240
`;
const ipv4Syn = `
  45 48 0028 1234 4000 40 06 0000  # DSCP 18, 40 bytes, don't fragment, TTL 64, TCP
  cb007107 c000020a                # 203.0.113.7 > 192.0.2.10
  ${tcpSyn}`;
const toUs = "020000000001 0200000000fe";

describe("the link layer", () => {
  test("an Ethernet frame gives the sender's hardware address and how it was addressed", () => {
    const packet = packetOf(hex(`${toUs} 0800 ${ipv4Syn}`), linkTypes.ethernet);
    expect(packet).toEqual({
      family: 4,
      source: parseAddress("203.0.113.7"),
      destination: parseAddress("192.0.2.10"),
      protocol: 6,
      sourcePort: 50000,
      destinationPort: 22,
      tcpFlags: SYN,
      tcp: { sequence: 100, acknowledgment: 0, window: 64240, payloadBytes: 0 },
      length: 40,
      ttl: 64,
      dscp: 18,
      sourceMac: "02:00:00:00:00:fe",
      linkType: "unicast",
    });
  });

  test.each([
    ["ffffffffffff", "broadcast"],
    ["01005e0000fb", "multicast"],
    ["333300000001", "multicast"],
    ["feffffffffff", "unicast"],
  ])("a frame to %s is %s", (mac, linkType) => {
    expect(packetOf(hex(`${mac} 0200000000fe 0800 ${ipv4Syn}`), 1).linkType).toBe(linkType);
  });

  test.each([
    ["a VLAN tag", "8100 000a 0800"],
    ["a tag in a tag (QinQ)", "88a8 0064 8100 000a 0800"],
    ["the old QinQ number", "9100 0064 8100 000a 0800"],
  ])("%s is passed over", (_, tags) => {
    expect(packetOf(hex(`${toUs} ${tags} ${ipv4Syn}`), 1).destinationPort).toBe(22);
  });

  test("padding behind a short packet does not count as payload", () => {
    const packet = packetOf(hex(`${toUs} 0800 ${ipv4Syn} 000000000000`), 1);
    expect(packet.tcp?.payloadBytes).toBe(0);
    expect(packet.length).toBe(40);
  });

  test("a cooked capture tells which packets the host sent itself", () => {
    const cooked = (type: string): DecodedPacket =>
      decoded(hex(`${type} 0001 0006 0200000000fe 0000 0800 ${ipv4Syn}`), linkTypes.linuxCooked);
    expect(cooked("0000").direction).toBe("in");
    expect(cooked("0000").packet.linkType).toBe("unicast");
    expect(cooked("0001").packet.linkType).toBe("broadcast");
    expect(cooked("0004").direction).toBe("out");
    expect(cooked("0004").packet.sourceMac).toBe("02:00:00:00:00:fe");
  });

  test("a cooked capture of the second version has the interface's index, also with a VLAN tag", () => {
    const plain = decoded(
      hex(`0800 0000 00000003 0001 04 06 0200000000fe 0000 ${ipv4Syn}`),
      linkTypes.linuxCooked2,
    );
    expect(plain).toMatchObject({ direction: "out", interfaceIndex: 3, packet: { destinationPort: 22 } });
    const tagged = decoded(
      hex(`8100 0000 00000003 0001 00 06 0200000000fe 0000 000a 0800 ${ipv4Syn}`),
      linkTypes.linuxCooked2,
    );
    expect(tagged).toMatchObject({ direction: "in", packet: { destinationPort: 22 } });
  });

  test.each([
    [linkTypes.raw, ""],
    [linkTypes.rawBsd, ""],
    [linkTypes.rawOpenBsd, ""],
    [linkTypes.ipv4, ""],
    [linkTypes.null, "02000000"],
    [linkTypes.null, "00000002"],
    [linkTypes.loop, "00000002"],
  ])("link type %i has the packet behind “%s”", (linkType, head) => {
    expect(packetOf(hex(head + ipv4Syn), linkType).sourcePort).toBe(50000);
  });

  test.each([
    [1, `${toUs} 0806 0001`, "not IP: ARP"],
    [1, `${toUs} 1234 0001`, "not IP: Ethernet type 0x1234"],
    [1, `${toUs} 0026 4242`, "not IP: an 802.3 frame with a length in place of a type"],
    [1, toUs, "the capture ends inside the Ethernet header"],
    [1, `${toUs} 8100 00`, "the capture ends inside a VLAN tag"],
    [1, `${toUs} ${"8100000a".repeat(9)} 0800`, "over 8 VLAN tags on one frame"],
    [1, `${toUs} 86dd ${ipv4Syn}`, "announced as IPv6, and its header says version 4"],
    [1, `${toUs} 0800`, "the capture ends before the IP header"],
    [0, "07000000 4500", "not IP: address family 7 in the loopback header"],
    [101, "00", "IP version 0"],
    [101, "4500 0014", "the capture ends inside the IPv4 header"],
    [101, `42${"00".repeat(19)}`, "an IPv4 header length of 8 bytes; 20 is the least"],
    [101, `4f00 0014${"00".repeat(16)}`, "an IPv4 length of 20 bytes, less than its header's 60"],
    [101, "60000000", "the capture ends inside the IPv6 header"],
    [147, "00", "link type 147 is none that Ringwall decodes"],
  ])("what is not an IP packet comes back with the reason (link type %i, %s)", (linkType, frame, why) => {
    expect(decode(hex(frame), linkType)).toEqual({ kind: "undecodable", why });
  });
});

const ends6 = "20010db8000000000000000000000007 20010db800000000000000000000000a";

describe("IPv4 and IPv6", () => {
  test("IPv4 options stand between header and ports", () => {
    const frame = hex(`46 00 002c 0000 0000 40 11 0000 cb007107 c000020a 94040000
      1f90 0035 0010 0000 0000000000000000`);
    expect(packetOf(frame)).toMatchObject({ protocol: 17, sourcePort: 8080, destinationPort: 53 });
  });

  test("the first fragment has ports, the later ones have none, and each says where it belongs", () => {
    const first = decoded(
      hex(`45 00 0024 abcd 2000 40 11 0000 cb007107 c000020a 1f90003505780000 4142434445464748`),
      101,
    );
    expect(first.packet).toMatchObject({ fragment: "first", sourcePort: 8080 });
    expect(first.fragmentOf).toEqual({ identification: 0xabcd, offset: 0, more: true });
    const later = decoded(hex(`45 00 001c abcd 0002 40 11 0000 cb007107 c000020a 4142434445464748`), 101);
    expect(later.packet.fragment).toBe("later");
    expect(later.packet.sourcePort).toBeUndefined();
    expect(later.fragmentOf).toEqual({ identification: 0xabcd, offset: 16, more: false });
  });

  test("an IPv6 packet's length counts its header, as netfilter's length match does", () => {
    const packet = packetOf(hex(`6a000000 0014 06 3f ${ends6} ${tcpSyn}`));
    expect(packet).toMatchObject({
      family: 6,
      protocol: 6,
      length: 60,
      ttl: 63,
      dscp: 40,
      destinationPort: 22,
    });
    expect(packet.source).toEqual(parseAddress("2001:db8::7"));
    expect(packet.destination).toEqual(parseAddress("2001:db8::a"));
  });

  test("the transport stands behind hop-by-hop, routing, destination and authentication headers", () => {
    const packet = packetOf(
      hex(`60000000 0040 00 40 ${ends6}
        2b 00 050200000100        # hop-by-hop, then routing
        3c 00 000000000000        # routing, then destination options
        33 01 0104000000000000000000000000   # destination options of 16 bytes, then AH
        06 01 0000 00000001 00000001          # AH of 12 bytes, then TCP
        ${tcpSyn}`),
    );
    expect(packet).toMatchObject({ protocol: 6, sourcePort: 50000, destinationPort: 22 });
  });

  test("an IPv6 fragment header tells first from later, and an atomic fragment is a whole packet", () => {
    const fragment = (place: string, rest: string): DecodedPacket =>
      decoded(hex(`60000000 0010 2c 40 ${ends6} 11 00 ${place} 0badcafe ${rest}`), 101);
    expect(fragment("0001", "1f90003500080000")).toMatchObject({
      packet: { fragment: "first", protocol: 17, sourcePort: 8080 },
      fragmentOf: { identification: 0x0badcafe, offset: 0, more: true },
    });
    const later = fragment("0008", "4142434445464748");
    expect(later).toMatchObject({ packet: { fragment: "later", protocol: 17 }, fragmentOf: { offset: 8 } });
    expect(later.packet.sourcePort).toBeUndefined();
    const atomic = fragment("0000", "1f90003500080000");
    expect(atomic.packet.fragment).toBeUndefined();
    expect(atomic.fragmentOf).toBeUndefined();
  });

  test("a chain of extension headers without end stops at a bound", () => {
    const chain = "3c00010400000000".repeat(40);
    const result = decoded(hex(`60000000 0140 3c 40 ${ends6} ${chain}`), 101);
    expect(result.incomplete).toBe("over 32 IPv6 extension headers");
  });

  test("a packet captured before segmentation offload has a length of zero: the frame's own counts", () => {
    const packet = packetOf(hex(`45 00 0000 1234 4000 40 06 0000 cb007107 c000020a ${tcpSyn} 4142`));
    expect(packet).toMatchObject({ length: 42, tcp: { payloadBytes: 2 } });
  });
});

describe("transport", () => {
  test.each([
    [17, "udp"],
    [136, "udplite"],
    [132, "sctp"],
    [33, "dccp"],
  ])("protocol %i (%s) begins with its ports", (protocol) => {
    const frame =
      hex(`45 00 0020 0000 0000 40 ${protocol.toString(16).padStart(2, "0")} 0000 cb007107 c000020a
      1f90 0035 0000000000000000`);
    expect(packetOf(frame)).toMatchObject({ protocol, sourcePort: 8080, destinationPort: 53 });
  });

  test.each([47, 50, 51, 4, 41])("protocol %i has no ports", (protocol) => {
    const frame = hex(
      `45 00 001c 0000 0000 40 ${protocol.toString(16).padStart(2, "0")} 0000 cb007107 c000020a 1f90003500080000`,
    );
    const packet = packetOf(frame);
    expect(packet.protocol).toBe(protocol);
    expect(packet.sourcePort).toBeUndefined();
  });

  test("payload is what the segment has beyond its header and options", () => {
    const packet = packetOf(
      hex(`45 00 0031 0000 0000 40 06 0000 cb007107 c000020a
        c350 0016 00000065 0000012d 60 18 faf0 0000 0000 020405b4 48454c4c4f`),
    );
    expect(packet.tcpFlags).toBe(ACK | 8);
    expect(packet.tcp).toEqual({ sequence: 101, acknowledgment: 301, window: 64240, payloadBytes: 5 });
  });

  test("an echo request has its identifier", () => {
    const packet = packetOf(hex(`45 00 001c 0000 0000 40 01 0000 cb007107 c000020a 0800 0000 0042 0001`));
    expect(packet).toMatchObject({ icmpType: 8, icmpCode: 0, icmpId: 0x42 });
  });

  test("an ICMP error quotes the packet that it is about, cut after eight bytes of its transport", () => {
    const result = decoded(
      hex(`45 00 0038 0000 0000 40 01 0000 c0000201 cb007107
        03 01 0000 00000000                                  # host unreachable
        45 00 05dc 1234 4000 3f 06 0000 cb007107 c000020a    # of a segment of 1500 bytes
        c350 0016 00000064`),
      101,
    );
    expect(result.incomplete).toBeUndefined();
    expect(result.packet.quoted).toMatchObject({ protocol: 6, sourcePort: 50000, destinationPort: 22 });
    expect(result.packet.quoted?.tcpFlags).toBeUndefined();
    expect(result.packet.icmpId).toBeUndefined();
  });

  test("an ICMPv6 packet-too-big quotes an IPv6 packet", () => {
    const packet = packetOf(
      hex(`60000000 0038 3a 40 ${ends6}
        02 00 0000 00000500
        60000000 0100 11 3f ${ends6} 1f90 0035 0100 0000`),
    );
    expect(packet).toMatchObject({ icmpType: 2, quoted: { protocol: 17, destinationPort: 53 } });
  });

  test("a quoted ICMP error is not followed further", () => {
    const packet = packetOf(
      hex(`45 00 0054 0000 0000 40 01 0000 c0000201 cb007107
        0b 00 0000 00000000                                  # time exceeded, about
        45 00 0038 0000 0000 40 01 0000 c0000201 cb007107
        03 01 0000 00000000                                  # a host unreachable, about
        45 00 0028 0000 0000 40 06 0000 c0000201 cb007107 c350 0016 00000064`),
    );
    expect(packet.quoted).toMatchObject({ icmpType: 3 });
    expect(packet.quoted?.quoted).toBeUndefined();
  });
});

describe("packets that the capture or a fault cut off", () => {
  const frame = hex(ipv4Syn);
  test.each([
    [20, undefined, undefined],
    [24, 50000, undefined],
    [33, 50000, undefined],
    [36, 50000, SYN],
  ])("of %i captured bytes, as much as is there is decoded", (length, sourcePort, flags) => {
    const result = decoded(frame.subarray(0, length), 101, 40);
    expect(result.incomplete).toBe("the capture ends inside the TCP header");
    expect(result.packet.sourcePort).toBe(sourcePort);
    expect(result.packet.tcpFlags).toBe(flags);
    expect(result.packet.length).toBe(40);
  });

  test("a snap length behind the TCP header loses nothing that a firewall looks at", () => {
    const long = hex(ipv4Syn.replace("0028", "0428"));
    const result = decoded(long, 101, 1064);
    expect(result.incomplete).toBeUndefined();
    expect(result.packet.tcp?.payloadBytes).toBe(1024);
  });

  test("a packet shorter than its own length field is said to be so", () => {
    expect(decoded(hex(ipv4Syn.replace("0028", "0428")), 101).incomplete).toMatch(
      /shorter than its own length/,
    );
  });

  test("a TCP header shorter than 20 bytes is malformed", () => {
    const short = hex(`45 00 001c 0000 0000 40 06 0000 cb007107 c000020a c350 0016 00000064`);
    expect(decoded(short, 101).incomplete).toBe("its TCP header is 8 bytes long; 20 is the least");
    const offset = hex(ipv4Syn.replace("50 02", "40 02"));
    expect(decoded(offset, 101).incomplete).toBe("a TCP header length of 16 bytes; 20 is the least");
  });
});

test("whatever the bytes are, decoding answers with a value", () => {
  const frames = [
    hex(`${toUs} 0800 ${ipv4Syn}`),
    hex(ipv4Syn),
    hex(`60000000 0014 06 3f ${ends6} ${tcpSyn}`),
  ];
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 120 }),
        fc
          .tuple(fc.constantFrom(...frames), fc.nat(100), fc.nat(255), fc.nat(100))
          .map(([frame, at, value, length]) => {
            const copy = Buffer.from(frame);
            copy[at % copy.length] = value;
            return copy.subarray(0, length);
          }),
      ),
      fc.constantFrom(...Object.values(linkTypes)),
      fc.nat(2000),
      (frame, linkType, wireBytes) => {
        const result = decode(frame, linkType, wireBytes);
        const text = result.kind === "undecodable" ? result.why : packetText(result.packet);
        expect(text).not.toBe("");
        const packet = result.kind === "packet" ? result.packet : undefined;
        expect(packet?.length ?? 0).toBeGreaterThanOrEqual(0);
        expect(packet?.tcp?.payloadBytes ?? 0).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 3000 },
  );
});
