import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressRange, hasAddress, unionOfAddresses, type AddressSet } from "../../packet/address-set.ts";
import { makeAddress, type Address } from "../../packet/address.ts";
import { atomsOf } from "./atoms.ts";

const address = fc
  .tuple(fc.constantFrom(4 as const, 6 as const), fc.constantFrom(0n, 1n, 2n, 5n, 7n, 8n, 9n, 200n))
  .map(([family, value]): Address => makeAddress(family, value));
const set: fc.Arbitrary<AddressSet> = fc
  .array(fc.tuple(address, address), { maxLength: 3 })
  .map((pairs) => unionOfAddresses(pairs.map(([a, b]) => addressRange(a, b))));

describe("atoms", () => {
  test("two addresses are in one atom exactly where every set holds both or neither", () => {
    fc.assert(
      fc.property(fc.array(set, { maxLength: 5 }), address, address, (sets, one, other) => {
        const atoms = atomsOf(sets);
        const alike =
          one.family === other.family &&
          sets.every((each) => hasAddress(each, one) === hasAddress(each, other));
        expect(atoms.of(one) === atoms.of(other)).toBe(alike);
      }),
    );
  });

  test("an atom's list holds the addresses that are in it", () => {
    fc.assert(
      fc.property(fc.array(set, { maxLength: 5 }), address, (sets, one) => {
        const atoms = atomsOf(sets);
        const holding = atoms.list(one.family).filter((atom) => hasAddress(atom.addresses, one));
        expect(holding.map((atom) => atom.id)).toEqual([atoms.of(one)]);
      }),
    );
  });
});
