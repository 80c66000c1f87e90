// The index of large tuple sets must never change an answer: property tests against asking every element.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { addressRange, allAddresses, type AddressSet } from "../packet/address-set.ts";
import { fromPairs, numberDomain } from "../packet/intervals.ts";
import type { Packet } from "../packet/packet.ts";
import { evaluate } from "./evaluate.ts";
import type { AddressField, NumberField, TupleElement } from "./match.ts";
import { matches, tupleElementTruth } from "./matches.ts";
import type { LookupEntry, Rule } from "./rule.ts";
import { anyOf } from "./truth.ts";
import type { View } from "./view.ts";

const fields: readonly (AddressField | NumberField)[] = ["source", "destination-port", "protocol"];

/** Few values, so that packets and elements meet. */
const address4 = fc.integer({ min: 0, max: 40 });
const address6 = fc.bigInt({ min: 0n, max: 12n });
const number = fc.integer({ min: 0, max: 20 });

const addresses: fc.Arbitrary<AddressSet> = fc.oneof(
  address4.map((value) => addressRange({ family: 4, value }, { family: 4, value })),
  fc.tuple(address4, address4).map(([a, b]) => ({ v4: [Math.min(a, b), Math.max(a, b)], v6: [] })),
  address6.map((value) => addressRange({ family: 6, value }, { family: 6, value })),
  fc.tuple(address6, address4).map(([six, four]) => ({ v4: [four, four], v6: [six, six] })),
  fc.constant(allAddresses),
);
const numbers = fc.oneof(
  number.map((value) => [value, value]),
  fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 3 }).map((pairs) =>
    fromPairs(
      numberDomain(255),
      pairs.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    ),
  ),
);
const whole = fc
  .tuple(addresses, numbers, numbers)
  .map(([a, p, q]): TupleElement => [{ addresses: a }, { numbers: p }, { numbers: q }]);
const short = addresses.map((a): TupleElement => [{ addresses: a }]);
const element = fc.oneof(
  { weight: 12, arbitrary: whole },
  { weight: 1, arbitrary: short },
  { weight: 1, arbitrary: fc.constant([]) },
);
const elements = fc.array(element, { minLength: 17, maxLength: 60 });

const packet: fc.Arbitrary<Packet> = fc.oneof(
  fc.tuple(address4, number, fc.constantFrom(6, 17, 1)).map(([value, port, protocol]): Packet => ({
    family: 4,
    source: { family: 4, value },
    destination: { family: 4, value: 1 },
    protocol,
    ...(protocol === 1 ? { icmpType: 8 } : { sourcePort: 1, destinationPort: port }),
  })),
  fc.tuple(address6, number).map(([value, port]): Packet => ({
    family: 6,
    source: { family: 6, value },
    destination: { family: 6, value: 1n },
    protocol: 17,
    destinationPort: port,
  })),
  fc.tuple(address4, number).map(([value, port]): Packet => ({
    family: 4,
    source: { v4: [value, value + 3], v6: [] },
    destination: { family: 4, value: 1 },
    protocol: 6,
    destinationPort: [port, port + 2],
  })),
  address4.map((value): Packet => ({
    family: 4,
    source: { family: 4, value },
    destination: { family: 4, value: 1 },
    protocol: 6,
    fragment: "later",
  })),
);

const view = (of: Packet): View => ({ packet: of, mark: 0 });

test("an indexed set of tuples answers as if every element were asked", () => {
  fc.assert(
    fc.property(elements, fc.array(packet, { minLength: 1, maxLength: 20 }), (set, packets) => {
      for (const of of packets) {
        const linear = anyOf(set.map((one) => tupleElementTruth(fields, one, view(of))));
        expect(matches({ kind: "tuple", fields, elements: set, name: "s" }, view(of))).toEqual(linear);
      }
    }),
    { numRuns: 500 },
  );
});

const origin = { file: "map.json", line: 1 };
const rule = (entries: readonly LookupEntry[]): Rule => ({
  match: { kind: "always" },
  actions: [{ kind: "lookup", name: "m", fields, entries }],
  origin,
  text: "vmap @m",
});

test("of an indexed verdict map the first entry that holds the packet decides", () => {
  fc.assert(
    fc.property(elements, packet, (set, of) => {
      const entries = set.map((key, at): LookupEntry => ({
        key,
        actions: [{ kind: "set-mark", of: "packet", mask: 0xffffffff, value: at + 1 }],
      }));
      const seen = view(of);
      evaluate({ name: "c", rules: [rule(entries)], origin }, new Map(), seen);
      const truths = set.map((key) => tupleElementTruth(fields, key, view(of)));
      const first = truths.findIndex((truth) => truth !== false);
      const certain = first < 0 ? 0 : truths[first] === true ? first + 1 : undefined;
      expect(seen.mark).toBe(certain);
    }),
    { numRuns: 500 },
  );
});

test("a lookup in a hundred thousand tuples takes microseconds", () => {
  const set = Array.from({ length: 100_000 }, (_, at): TupleElement => {
    const last = at % 2 === 0 ? 0 : 9;
    const value = 0x0a000000 + at * 16;
    return [
      { addresses: { v4: [value, value + last], v6: [] } },
      { numbers: [443, 443] },
      { numbers: [6, 6] },
    ];
  });
  const asked = (value: number): View =>
    view({
      family: 4,
      source: { family: 4, value },
      destination: { family: 4, value: 1 },
      protocol: 6,
      destinationPort: 443,
    });
  const match = { kind: "tuple", fields, elements: set, name: "s" } as const;
  expect(matches(match, asked(0x0a000000))).toBe(true);
  const begin = performance.now();
  for (let round = 0; round < 10_000; round += 1) {
    const value = 0x0a000000 + ((round * 7919) % 1_600_000);
    const odd = Math.floor((value - 0x0a000000) / 16) % 2 === 1;
    expect(matches(match, asked(value)) === true).toBe((value - 0x0a000000) % 16 <= (odd ? 9 : 0));
  }
  // A linear search would take some 20 seconds here.
  expect(performance.now() - begin).toBeLessThan(2_000);
});
