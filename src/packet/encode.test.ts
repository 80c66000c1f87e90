import * as fc from "fast-check";
import { expect, test } from "vitest";
import { makeAddress, parseAddress, type Address, type Family } from "./address.ts";
import { decode, linkTypes } from "./decode.ts";
import { checksum, encode, fragments } from "./encode.ts";
import { ACK, SYN, type Packet } from "./packet.ts";
import { ICMP, ICMPV6, TCP, UDP } from "./protocol.ts";

const at = (text: string): Address => {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(text);
  return address;
};
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const read = (bytes: Uint8Array) => decode(bytes, linkTypes.raw);

test("a DNS query has the header that RFC 791 and RFC 768 draw, and both checksums", () => {
  const bytes = encode(
    {
      family: 4,
      source: at("192.0.2.1"),
      destination: at("192.0.2.2"),
      protocol: UDP,
      sourcePort: 0x1234,
      destinationPort: 53,
      ttl: 64,
    },
    { payload: Uint8Array.of(1, 2, 3, 4), identification: 0xbeef },
  );
  // Reckoned by hand. The header's words without its checksum add up to 0x2c823, folded 0xc825, inverted 0x37da; the
  // datagram's with the pseudo header to 0x19a9b, folded 0x9a9c, inverted 0x6563.
  expect(hex(bytes)).toBe("45000020beef0000401137dac0000201c000020212340035000c656301020304");
});

test("a UDP checksum that comes out as zero is sent as all ones, since zero would say that there is none", () => {
  const packet: Packet = {
    family: 4,
    source: at("0.0.0.0"),
    destination: at("0.0.0.0"),
    protocol: UDP,
    sourcePort: 0,
    destinationPort: 0,
  };
  // 17 + 10 + 10 for protocol and both lengths leaves 0xffda to reach all ones, whose complement is zero.
  const bytes = encode(packet, { payload: Uint8Array.of(0xff, 0xda) });
  expect(hex(bytes.subarray(26, 28))).toBe("ffff");
});

test("an ICMPv6 error carries the packet that it quotes, headers and all", () => {
  const quoted: Packet = {
    family: 6,
    source: at("2001:db8::1"),
    destination: at("2001:db8::2"),
    protocol: TCP,
    sourcePort: 40000,
    destinationPort: 443,
    tcpFlags: SYN,
  };
  const decoded = read(
    encode({
      family: 6,
      source: at("2001:db8::fe"),
      destination: at("2001:db8::1"),
      protocol: ICMPV6,
      icmpType: 1,
      icmpCode: 4,
      quoted,
    }),
  );
  expect(decoded).toMatchObject({ packet: { icmpType: 1, icmpCode: 4, quoted } });
});

test("a packet with a field left open has no bytes, and the error names the field", () => {
  const open: Packet = {
    family: 4,
    source: at("192.0.2.1"),
    destination: at("192.0.2.2"),
    protocol: TCP,
    sourcePort: [1024, 65535],
    destinationPort: 22,
  };
  expect(() => encode(open)).toThrow(/source port is left open/);
  expect(() => encode({ ...open, sourcePort: 1024, source: { v4: [0, 9], v6: [] } })).toThrow(/one address/);
  expect(() => encode({ ...open, sourcePort: 1024, fragment: "first" })).toThrow(/fragment can't be encoded/);
});

const port = fc.integer({ min: 0, max: 65535 });
const byte = fc.integer({ min: 0, max: 255 });
const word = fc.integer({ min: 0, max: 0xffffffff });
const anyPacket = fc.constantFrom<Family>(4, 6).chain((family) => {
  const address = fc.bigInt({ min: 0n, max: family === 4 ? 0xffffffffn : (1n << 128n) - 1n });
  const shared = {
    source: address.map((value) => makeAddress(family, value)),
    destination: address.map((value) => makeAddress(family, value)),
    ttl: byte,
    dscp: fc.integer({ min: 0, max: 63 }),
  };
  return fc
    .oneof(
      fc.record({ ...shared, protocol: fc.constant(UDP), sourcePort: port, destinationPort: port }),
      fc.record({
        ...shared,
        protocol: fc.constant(TCP),
        sourcePort: port,
        destinationPort: port,
        tcpFlags: byte,
        tcp: fc.record({ sequence: word, acknowledgment: word, window: port, payloadBytes: fc.constant(0) }),
      }),
      fc.record({
        ...shared,
        protocol: fc.constant(family === 4 ? ICMP : ICMPV6),
        icmpType: fc.constant(family === 4 ? 8 : 128),
        icmpCode: byte,
        icmpId: port,
      }),
    )
    .map((fields): Packet => ({ family, ...fields }));
});

test("what is encoded is decoded again, field for field, whatever the packet", () => {
  fc.assert(
    fc.property(anyPacket, fc.uint8Array({ maxLength: 40 }), (packet, payload) => {
      const bytes = encode(packet, { payload });
      const expected =
        packet.tcp === undefined
          ? packet
          : { ...packet, tcp: { ...packet.tcp, payloadBytes: payload.length } };
      expect(read(bytes)).toMatchObject({ packet: { ...expected, length: bytes.length } });
    }),
  );
});

test("every IPv4 header adds up to zero with its checksum, as does every TCP segment with its pseudo header", () => {
  fc.assert(
    fc.property(anyPacket, fc.uint8Array({ maxLength: 40 }), (packet, payload) => {
      const bytes = encode(packet, { payload });
      const header = packet.family === 4 ? 20 : 40;
      const transport = bytes.subarray(header);
      let pseudo = packet.protocol === ICMP ? 0 : Number(packet.protocol) + transport.length;
      const addresses = packet.protocol === ICMP ? [] : bytes.subarray(packet.family === 4 ? 12 : 8, header);
      for (const [place, value] of addresses.entries()) pseudo += place % 2 === 0 ? value << 8 : value;
      expect(checksum(transport, pseudo)).toBe(0);
      expect(packet.family === 6 || checksum(bytes.subarray(0, 20), 0) === 0).toBe(true);
    }),
  );
});

test.each([4, 6] as const)("IPv%s fragments put together are the packet's own bytes again", (family) => {
  const whole = encode(
    {
      family,
      source: makeAddress(family, 1),
      destination: makeAddress(family, 2),
      protocol: UDP,
      sourcePort: 1,
      destinationPort: 2,
    },
    { payload: Uint8Array.from({ length: 50 }, (_, value) => value) },
  );
  const pieces = fragments(whole, 30, 77).map(read);
  expect(pieces).toMatchObject([
    {
      packet: { fragment: "first", destinationPort: 2 },
      fragmentOf: { identification: 77, offset: 0, more: true },
    },
    { packet: { fragment: "later" }, fragmentOf: { identification: 77, offset: 24, more: true } },
    { packet: { fragment: "later" }, fragmentOf: { identification: 77, offset: 48, more: false } },
  ]);
  const header = family === 4 ? 20 : 48;
  const joined = fragments(whole, 30, 77).flatMap((piece) => [...piece.subarray(header)]);
  expect(joined).toEqual([...whole.subarray(family === 4 ? 20 : 40)]);
});

test("a handshake's SYN and its answer differ in their flags alone", () => {
  const packet: Packet = {
    family: 4,
    source: at("192.0.2.1"),
    destination: at("192.0.2.2"),
    protocol: TCP,
    sourcePort: 1,
    destinationPort: 2,
  };
  const [syn, answer] = [encode({ ...packet, tcpFlags: SYN }), encode({ ...packet, tcpFlags: SYN | ACK })];
  const different = [...syn.keys()].filter((place) => syn[place] !== answer[place]);
  // Flags at byte 33, and the checksum's low byte with them.
  expect(different).toEqual([33, 37]);
});
