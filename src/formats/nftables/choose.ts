// The test that one key has one of some values, or none of them: the meeting of keys and constants. A negated test is
// the complement and not a “not”: where the kernel can't read the field, the rule ends for `!=` too.
import { makeAddress, type Address } from "../../packet/address.ts";
import {
  addressRange,
  allIpv4,
  allIpv6,
  subtractAddresses,
  unionOfAddresses,
  type AddressSet,
} from "../../packet/address-set.ts";
import {
  complement,
  fromPairs,
  holds,
  intersection,
  numberDomain,
  pairsOf,
  type NumberSet,
} from "../../packet/intervals.ts";
import { all, any, inverted, never, type Match } from "../../rules/match.ts";
import type { Json } from "../json.ts";
import { applied, beforeBits, isPlain } from "./bits.ts";
import { portless } from "./key-payload.ts";
import { unknowable, type AddressKey, type Key, type MarkKey, type NumericKey, type Scope } from "./keys.ts";
import { connectionStatus, named } from "./names.ts";
import { addressConstant, addressesOf, numberConstant, numberSpan } from "./values.ts";

/** Sets up to this many single values are turned around under ^ and shifts; larger ones are unknown. */
const mostPoints = 4096;

/**
 * Whether the key has one of the values (`negate`: none of them).
 * @throws Problem `meaning` where a value is not of the key's type
 */
export function among(scope: Scope, key: Key, values: readonly Json[], negate: boolean): Match {
  switch (key.kind) {
    case "numeric": {
      const set = numbersOf(scope, key, values);
      return numericTest(scope, key, negate ? complement(numberDomain(2 ** key.bits.width - 1), set) : set);
    }
    case "mark": {
      const set = numbersOf(scope, key, values);
      return markTest(scope, key, negate ? complement(numberDomain(0xffffffff), set) : set);
    }
    case "address":
      return addressTest(scope, key, values, negate);
    case "name": {
      const names = values.map((value) =>
        typeof value === "string" ? key.test(value) : unnamedInterface(scope, key, value),
      );
      const test = any(...names);
      return all(key.needs, negate ? inverted(test) : test);
    }
    case "presence": {
      const wanted = values.map((value) => value === true || value === 1);
      const test = any(...wanted.map((present) => key.test(negate ? !present : present)));
      return all(key.needs, test);
    }
    case "status":
      return unknowable(scope, key.text, {
        why: "the exact bits of the connection's status",
        understood: true,
      });
    case "opaque":
      return all(key.needs, unknowable(scope, key.text, key));
  }
}

function unnamedInterface(scope: Scope, key: Key, value: Json): Match {
  const text = `${key.text} ${JSON.stringify(value)}`;
  return unknowable(scope, text, { why: "an interface that is gone, by its number", understood: false });
}

/** The numbers of some values as a set. */
export function numbersOf(scope: Scope, key: NumericKey | MarkKey, values: readonly Json[]): NumberSet {
  const parse = key.kind === "numeric" ? key.parse : (): undefined => undefined;
  const pairs = values.map((value) => {
    const span = numberSpan(parse, key.bits.width, value);
    return (
      span ?? scope.fail("meaning", `“${JSON.stringify(value)}” is no value that “${key.text}” can have`)
    );
  });
  return fromPairs(numberDomain(2 ** key.bits.width - 1), pairs);
}

function numericTest(scope: Scope, key: NumericKey, set: NumberSet): Match {
  const before = numbersBefore(key, set);
  if (before === undefined) {
    return all(key.readable, unknowable(scope, key.text, { why: "bits of a number", understood: false }));
  }
  return any(all(key.needs, key.test(before)), ...strayTests(scope, key, key.loose === true));
}

/** Packets of which the kernel reads other bytes where the field would be: what they say can't be known. */
export function strayTests(scope: Scope, key: NumericKey, loose: boolean): Match[] {
  const unknown = (why: string): Match => unknowable(scope, key.text, { why, understood: true });
  return [
    ...(key.beyond === undefined
      ? []
      : [all(key.beyond, unknown("bytes of a later fragment, which has no such header"))]),
    ...(loose ? [all(portless, unknown("bytes where a protocol without ports has none"))] : []),
  ];
}

/** The field's values that its bit operators turn into one of the set; undefined where there are too many to try. */
function numbersBefore(key: NumericKey, set: NumberSet): NumberSet | undefined {
  const { bits, points } = key;
  const turned = (value: number): boolean => holds(set, Number(applied(bits, BigInt(value))));
  if (points !== undefined)
    return fromPairs(
      numberDomain(2 ** bits.width - 1),
      points.filter(turned).map((p) => [p, p]),
    );
  if (isPlain(bits)) return set;
  if (bits.width > 16) return undefined;
  const inside: [number, number][] = [];
  for (let value = 0; value < 2 ** bits.width; value += 1) {
    if (!turned(value)) continue;
    const last = inside.at(-1);
    if (last !== undefined && last[1] === value - 1) last[1] = value;
    else inside.push([value, value]);
  }
  return inside.flat();
}

function markTest(scope: Scope, key: MarkKey, set: NumberSet): Match {
  const mask = Number(key.bits.and);
  const of = key.of;
  if (key.bits.shift === 0 && key.bits.xor === 0n) return { kind: "mark", of, mask, set: within(set, mask) };
  const known = pointsOf(set);
  const rest = known ?? pointsOf(complement(numberDomain(0xffffffff), set));
  if (rest === undefined) return unknowable(scope, key.text, { why: "bits of a mark", understood: false });
  const pairs = rest
    .map((point) => beforeBits(key.bits, BigInt(point)))
    .flatMap((value): [number, number][] => (value === undefined ? [] : [[Number(value), Number(value)]]));
  const before = fromPairs(numberDomain(0xffffffff), pairs);
  const inside = known === undefined ? complement(numberDomain(0xffffffff), before) : before;
  return { kind: "mark", of, mask, set: inside };
}

/** A masked mark is never above its mask: what lies there can't be met. */
function within(set: NumberSet, mask: number): NumberSet {
  return mask === 0xffffffff ? set : intersection(set, [0, mask]);
}

/** The single values of a small set. */
function pointsOf(set: NumberSet): number[] | undefined {
  const pairs = pairsOf(set);
  if (pairs.reduce((sum, [first, last]) => sum + last - first + 1, 0) > mostPoints) return undefined;
  return pairs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
}

function addressTest(scope: Scope, key: AddressKey, values: readonly Json[], negate: boolean): Match {
  const { field, family } = key;
  const everything = family === 4 ? allIpv4 : allIpv6;
  const set = plainAddresses(scope, key, values);
  if (set !== undefined) {
    return { kind: "address", field, set: negate ? subtractAddresses(everything, set) : set };
  }
  const tests = values.map((value): Match => {
    const address = addressConstant(family, value);
    if (address === undefined) {
      return unknowable(scope, key.text, { why: "a range of masked addresses", understood: false });
    }
    const before = beforeBits(key.bits, BigInt(address.value));
    if (before === undefined) return never;
    return { kind: "address-bits", field, family, mask: key.bits.and, value: before };
  });
  const test = any(...tests);
  return negate ? all({ kind: "address", field, set: everything }, inverted(test)) : test;
}

/** Addresses as a set, where no mask has holes. */
export function plainAddresses(
  scope: Scope,
  key: AddressKey,
  values: readonly Json[],
): AddressSet | undefined {
  const { bits, family } = key;
  if (isPlain(bits)) return unionOfAddresses(values.map((value) => addressesOf(scope, family, value)));
  const host = ((1n << BigInt(bits.width)) - 1n) ^ bits.and;
  if (bits.shift !== 0 || bits.xor !== 0n || (host & (host + 1n)) !== 0n) return undefined;
  const sets: AddressSet[] = [];
  for (const value of values) {
    const address: Address | undefined = addressConstant(family, value);
    if (address === undefined) return undefined;
    const first = BigInt(address.value);
    if ((first & host) === 0n) sets.push(addressRange(address, makeAddress(family, first | host)));
  }
  return unionOfAddresses(sets);
}

/** `ct status dnat` (op `in`): any of the bits; `ct status ! dnat`: none. What the model does not know is unknown. */
export function statusTest(scope: Scope, key: Key, value: Json, negate: boolean): Match {
  const bits = numberConstant((word) => named(connectionStatus, word), value);
  const known = ["expected", "seen-reply", "assured", "confirmed", "snat", "dnat"] as const;
  const status = known.filter((name) => ((bits ?? 0) & (connectionStatus[name] ?? 0)) !== 0);
  const modelled = status.reduce((sum, name) => sum | (connectionStatus[name] ?? 0), 0);
  if (bits === undefined || bits !== modelled || bits === 0) {
    return unknowable(scope, key.text, { why: "bits of the connection's status", understood: true });
  }
  const test: Match = { kind: "status", status };
  return negate ? all(key.readable, inverted(test)) : test;
}
