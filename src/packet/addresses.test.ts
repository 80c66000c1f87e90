// Addresses, prefixes and interval sets against brute force and against what the RFCs write.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatAddress,
  formatPrefix,
  parseAddress,
  parsePrefix,
  requirePrefix,
  type Address,
} from "./address.ts";
import {
  addressSet,
  complementAddresses,
  formatAddressSet,
  hasAddress,
  intersectAddresses,
  isAddressSubset,
  prefixesOf,
  prefixSet,
  subtractAddresses,
  unionOfAddresses,
} from "./address-set.ts";
import * as intervals from "./intervals.ts";
import { addressText } from "./packet.ts";
import { internetAddresses, isInternet } from "./special.ts";

const small = intervals.numberDomain(31);
const smallSet = fc
  .array(
    fc.tuple(fc.nat(31), fc.nat(31)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
    { maxLength: 6 },
  )
  .map((pairs) => intervals.fromPairs(small, pairs));
const all = Array.from({ length: 32 }, (_, value) => value);
const members = (set: intervals.NumberSet): number[] =>
  Array.from({ length: 32 }, (_, value) => value).filter((value) =>
    intervals.pairsOf(set).some(([first, last]) => value >= first && value <= last),
  );

describe("interval sets agree with sets of members", () => {
  test("union, intersection, difference, complement, subset, membership", () => {
    fc.assert(
      fc.property(smallSet, smallSet, (a, b) => {
        const [inA, inB] = [new Set(members(a)), new Set(members(b))];
        expect(members(intervals.union(small, a, b))).toEqual(
          all.filter((value) => inA.has(value) || inB.has(value)),
        );
        expect(members(intervals.intersection(a, b))).toEqual(
          all.filter((value) => inA.has(value) && inB.has(value)),
        );
        expect(members(intervals.difference(small, a, b))).toEqual(
          all.filter((value) => inA.has(value) && !inB.has(value)),
        );
        expect(members(intervals.complement(small, a))).toHaveLength(32 - inA.size);
        expect(intervals.isSubset(a, b)).toBe([...inA].every((value) => inB.has(value)));
        for (let value = 0; value < 32; value += 1) expect(intervals.holds(a, value)).toBe(inA.has(value));
      }),
    );
  });
  test("equal sets have equal arrays, however they were made", () => {
    fc.assert(
      fc.property(smallSet, smallSet, (a, b) => {
        expect(intervals.union(small, a, b)).toEqual(intervals.union(small, b, a));
        expect(intervals.complement(small, intervals.complement(small, a))).toEqual(a);
      }),
    );
  });
});

describe("addresses", () => {
  test.each([
    ["2001:DB8::1", "2001:db8::1"],
    ["::", "::"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["255.255.255.255", "255.255.255.255"],
  ])("%s is written %s (RFC 5952)", (text, written) => {
    const address = parseAddress(text);
    expect(address === undefined ? undefined : formatAddress(address)).toBe(written);
  });
  test.each([
    "10.0.0.256",
    "10.0.0",
    "010.0.0.1",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "fe80::1%eth0",
    "1:2:3:4:5:6:7",
    "",
    "10.0.0.1.5",
    "::1.2.3",
  ])("%j is no address", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
  const anyAddress: fc.Arbitrary<Address> = fc.oneof(
    fc.nat(0xffffffff).map((value): Address => ({ family: 4, value })),
    fc.bigInt(0n, (1n << 128n) - 1n).map((value): Address => ({ family: 6, value })),
  );
  test("what is written reads back the same", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
  });
  test("a prefix holds an address exactly when their leading bits agree", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), fc.nat(32), (network, value, length) => {
        const agree = length === 0 || network >>> (32 - length) === value >>> (32 - length);
        expect(hasAddress(prefixSet({ family: 4, value: network, length }), { family: 4, value })).toBe(
          agree,
        );
      }),
    );
  });
  test("a prefix too long is refused with the reason", () => {
    expect(parsePrefix("10.0.0.0/33")).toBeUndefined();
    expect(() => requirePrefix("10.0.0.0/33")).toThrow(/0 to 32, not “33”/);
    expect(formatPrefix(requirePrefix("10.1.2.3/8"))).toBe("10.0.0.0/8");
  });
});

describe("address sets", () => {
  test("come apart into the fewest prefixes and go together again", () => {
    expect(prefixesOf(addressSet("10.0.0.0/9", "10.128.0.0/9")).map(formatPrefix)).toEqual(["10.0.0.0/8"]);
    const holed = subtractAddresses(addressSet("10.0.0.0/30"), addressSet("10.0.0.1/32"));
    expect(prefixesOf(holed).map(formatPrefix)).toEqual(["10.0.0.0/32", "10.0.0.2/31"]);
    expect(unionOfAddresses(prefixesOf(holed).map(prefixSet))).toEqual(holed);
  });
  test("keep the two families apart", () => {
    const four = addressSet("0.0.0.0/0");
    expect(isAddressSubset(addressSet("::1/128"), four)).toBe(false);
    expect(intersectAddresses(four, complementAddresses(four))).toEqual({ v4: [], v6: [] });
    expect(formatAddressSet(addressSet("0.0.0.0/0", "::/0"))).toBe("any");
  });
  test("the internet has no private addresses, and says so in one word", () => {
    for (const text of [
      "10.0.0.1",
      "192.168.1.1",
      "172.31.255.255",
      "169.254.169.254",
      "127.0.0.1",
      "224.0.0.1",
      "fd00::1",
      "fe80::1",
    ]) {
      const address = parseAddress(text);
      expect(address !== undefined && isInternet(address)).toBe(false);
    }
    expect(addressText(internetAddresses)).toBe("internet");
    expect(addressText(subtractAddresses(internetAddresses, addressSet("198.51.100.0/24")))).toBe(
      "internet except 198.51.100.0/24",
    );
  });
});
