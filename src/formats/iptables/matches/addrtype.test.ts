import { expect, test } from "vitest";
import type { AddressType } from "../../../rules/match.ts";
import { matches } from "../../../rules/matches.ts";
import { packetOf, readLine } from "../testing/lines.ts";

const packet = packetOf("udp [2001:db8::7]:5000 > [2001:db8::10]:53");
const says = (types: string, family: 4 | 6, type: AddressType) =>
  matches(readLine(`-m addrtype --dst-type ${types}`, { family }).rule.match, {
    packet: family === 6 ? packet : packetOf("udp 10.0.0.7:5000 > 10.0.0.10:53"),
    mark: 0,
    addressType: () => type,
  });

test("in IPv4 two types are an or: what is either of them matches", () => {
  expect(says("LOCAL,UNICAST", 4, "unicast")).toBe(true);
  expect(says("LOCAL,UNICAST", 4, "local")).toBe(true);
  expect(says("UNICAST", 4, "local")).toBe(false);
});

test("in IPv6 UNICAST asks for the address's own form, which the host's own addresses have too", () => {
  expect(says("UNICAST", 6, "local")).toBe(true);
  expect(says("UNICAST", 6, "unicast")).toBe(true);
  expect(says("MULTICAST", 6, "unicast")).toBe(false);
});

test("in IPv6 LOCAL,UNICAST has to be both, so another machine's address is not it", () => {
  expect(says("LOCAL,UNICAST", 6, "unicast")).toBe(false);
  expect(says("LOCAL,UNICAST", 6, "local")).toBe(true);
});
