// Reads constants: the right side of a test, the elements of a set. Numbers by name, flags joined by |, ranges, prefixes.
import {
  formatAddress,
  parseAddress,
  requirePrefix,
  type Address,
  type Family,
} from "../../packet/address.ts";
import { addressRange, prefixSet, singleAddress, type AddressSet } from "../../packet/address-set.ts";
import type { Json } from "../json.ts";
import type { Scope } from "./keys.ts";
import { binaryOf, prefixOf, rangeOf } from "./shape.ts";

type Parse = (word: string) => number | undefined;

/** Values of a type that nft does not know come with a remark: `0x50 [invalid type]`. */
const written = /^(0x[0-9a-fA-F]+|\d+)(?: \[invalid type\])?$/;

/** One number: itself, a name, or several flags joined; undefined where it is none. */
export function numberConstant(parse: Parse, value: Json): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value === "string") {
    const number = written.exec(value)?.[1];
    return number === undefined ? parse(value) : Number(number);
  }
  const items = Array.isArray(value) ? value : joinedFlags(value);
  if (items === undefined) return undefined;
  let bits = 0;
  for (const item of items) {
    const bit = numberConstant(parse, item);
    if (bit === undefined) return undefined;
    bits = (bits | bit) >>> 0;
  }
  return bits;
}

function joinedFlags(value: Json): Json[] | undefined {
  const binary = binaryOf(value);
  return binary?.operator === "|" ? [binary.left, ...binary.right] : undefined;
}

/** One number or a span of them, both ends inside; undefined where it is neither. */
export function numberSpan(parse: Parse, width: number, value: Json): readonly [number, number] | undefined {
  const range = rangeOf(value);
  if (range !== undefined) {
    const first = numberConstant(parse, range[0]);
    const last = numberConstant(parse, range[1]);
    return first === undefined || last === undefined || first > last ? undefined : [first, last];
  }
  const prefix = prefixOf(value);
  if (prefix !== undefined) {
    const first = numberConstant(parse, prefix.first);
    return first === undefined || prefix.length > width
      ? undefined
      : [first, first + 2 ** (width - prefix.length) - 1];
  }
  const number = numberConstant(parse, value);
  return number === undefined || number >= 2 ** width ? undefined : [number, number];
}

/** One address of a family; undefined where it is none. */
export function addressConstant(family: Family, value: Json): Address | undefined {
  const address = typeof value === "string" ? parseAddress(value) : undefined;
  return address?.family === family ? address : undefined;
}

/** An address, range or prefix as a set. @throws Problem `meaning` for what is none of these, or of another family */
export function addressesOf(scope: Scope, family: Family, value: Json): AddressSet {
  const one = (part: Json): Address =>
    addressConstant(family, part) ??
    scope.fail(
      "meaning",
      `“${typeof part === "string" ? part : JSON.stringify(part)}” is not an IPv${family} address`,
    );
  const range = rangeOf(value);
  if (range !== undefined) {
    const [first, last] = [one(range[0]), one(range[1])];
    if (first.value > last.value)
      return scope.fail("meaning", "the range of addresses ends before it begins");
    return addressRange(first, last);
  }
  const prefix = prefixOf(value);
  if (prefix === undefined) return singleAddress(one(value));
  return prefixSet(requirePrefix(`${formatAddress(one(prefix.first))}/${prefix.length}`, scope.origin));
}
