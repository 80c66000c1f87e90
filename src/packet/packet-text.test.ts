import { describe, expect, test } from "vitest";
import { Problem } from "../problem.ts";
import { ACK, FIN, packetText, SYN } from "./packet.ts";
import { parsePacketText } from "./packet-text.ts";
import { ICMP, ICMPV6, TCP, UDP } from "./protocol.ts";

describe("a packet as people write it", () => {
  test("has protocol, ends and the interface that it comes in by", () => {
    const { packet, inInterface } = parsePacketText("tcp 203.0.113.7:50000 > 192.0.2.10:22 in eth0");
    expect(packet).toMatchObject({
      protocol: TCP,
      family: 4,
      sourcePort: 50000,
      destinationPort: 22,
      tcpFlags: SYN,
    });
    expect(inInterface).toBe("eth0");
    expect(packetText(packet)).toBe("tcp 203.0.113.7:50000 > 192.0.2.10:22 [SYN]");
  });
  test("without a source port leaves it open to every ephemeral port", () => {
    expect(parsePacketText("udp 10.0.0.1 > 10.0.0.2:domain").packet).toMatchObject({
      protocol: UDP,
      sourcePort: [1024, 65535],
      destinationPort: 53,
    });
  });
  test("takes IPv6 addresses, with a port in brackets", () => {
    const { packet } = parsePacketText("tcp [2001:db8::7]:50000 > [2001:db8::10]:443");
    expect(packetText(packet)).toBe("tcp [2001:db8::7]:50000 > [2001:db8::10]:443 [SYN]");
  });
  test("of ICMP is an echo request of its family unless a type is given", () => {
    expect(parsePacketText("icmp 10.0.0.1 > 10.0.0.2").packet).toMatchObject({ protocol: ICMP, icmpType: 8 });
    expect(parsePacketText("icmp 2001:db8::1 > 2001:db8::2").packet).toMatchObject({
      protocol: ICMPV6,
      icmpType: 128,
    });
    expect(parsePacketText("icmp 10.0.0.1 > 10.0.0.2 type 3 code 4").packet).toMatchObject({
      icmpType: 3,
      icmpCode: 4,
    });
  });
  test("takes TCP flags by name, also as a trace prints them", () => {
    expect(parsePacketText("tcp 10.0.0.1:1 > 10.0.0.2:2 flags FIN,ACK").packet.tcpFlags).toBe(FIN | ACK);
    expect(parsePacketText("tcp 10.0.0.1:1 > 10.0.0.2:2 [FIN ACK] in eth0").packet.tcpFlags).toBe(FIN | ACK);
  });
  test.each([
    ["tcp 10.0.0.1:1 10.0.0.2:2", /“>” was expected/],
    ["tpc 10.0.0.1:1 > 10.0.0.2:2", /no protocol/],
    ["tcp 10.0.0.1:1 > 10.0.0.2", /needs a destination port/],
    ["tcp 10.0.0.1:70000 > 10.0.0.2:2", /not a port/],
    ["tcp 10.0.0.256:1 > 10.0.0.2:2", /not an address/],
    ["tcp 10.0.0.1:1 > 10.0.0.2:2 in", /a value was expected/],
    ["tcp 10.0.0.1:1 > 10.0.0.2:2 flags SIN", /no TCP flag/],
    ["tcp 10.0.0.1:1 > 10.0.0.2:2 ttl 300", /0 to 255/],
    ["tcp 10.0.0.1:1 > 10.0.0.2:2 via eth0", /not known here/],
  ])("with a slip is a usage error: %s", (text, message) => {
    expect(() => parsePacketText(text)).toThrow(Problem);
    expect(() => parsePacketText(text)).toThrow(message);
  });
});
