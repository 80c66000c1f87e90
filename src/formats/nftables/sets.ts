// Sets: what a test's right side holds, named or written out, and the test that a key or a concatenation of keys is in
// it. One field is one set of intervals; several that the model has fields for are a tuple; the rest are grouped.
import { isSubset } from "../../packet/intervals.ts";
import {
  all,
  always,
  any,
  inverted,
  never,
  type AddressField,
  type Match,
  type NumberField,
  type TupleElement,
} from "../../rules/match.ts";
import type { Json } from "../json.ts";
import { isPlain } from "./bits.ts";
import { among, numbersOf, plainAddresses, strayTests } from "./choose.ts";
import {
  allNeeds,
  allReadable,
  portedProtocols,
  type AddressKey,
  type Key,
  type NamedSet,
  type NumericKey,
  type Scope,
} from "./keys.ts";
import { elementValue, isWildcard, listOf, partsOf, rangeOf, tagged, textOf } from "./shape.ts";

/** The name of a set that is written out in its rule. */
export const anonymous = "{…}";

/** The elements that a right side names, or undefined where it is a plain value. */
export function elementsOf(scope: Scope, right: Json): NamedSet | undefined {
  const name = textOf(right);
  if (name?.startsWith("@") === true) {
    return (
      scope.sets.get(name.slice(1)) ??
      scope.fail("reference", `the rule asks set ${name}, which table ${scope.table} does not have`)
    );
  }
  const set = tagged(right);
  return set?.kind === "set"
    ? { name: anonymous, elements: listOf(set.body), lowered: new Map() }
    : undefined;
}

/** The element's key: of a map's entry the left half. */
export function keyOf(element: Json): Json {
  return elementValue(Array.isArray(element) ? (element[0] ?? null) : element);
}

/** Whether the keys are in the set (`negate`: not in it, though readable). */
export function inSet(scope: Scope, keys: readonly Key[], set: NamedSet, negate: boolean): Match {
  const header = keys.map((key) =>
    key.kind === "numeric" ? `${key.loose} ${key.beyond !== undefined}` : "",
  );
  const name = [...keys.map((key) => key.text), ...header, negate].join(" . ");
  const before = set.lowered.get(name);
  if (isMatch(before)) return before;
  const match = lowered(scope, keys, set, negate);
  // What was reported once for a set is not asked again, but a rule's own origin must not be lent to another rule.
  if (!mentionsUnknown(match)) set.lowered.set(name, match);
  return match;
}

function lowered(scope: Scope, keys: readonly Key[], set: NamedSet, negate: boolean): Match {
  const values = set.elements.filter((element) => !isWildcard(keyOfEntry(element))).map(keyOf);
  if (values.length < set.elements.length) return negate ? never : allReadable(keys);
  const [key] = keys;
  if (key !== undefined && keys.length === 1) return among(scope, key, values, negate);
  const positive = concatenated(scope, keys, values, set.name);
  return negate ? all(allReadable(keys), inverted(positive)) : all(allNeeds(keys), positive);
}

function keyOfEntry(element: Json): Json {
  return Array.isArray(element) ? (element[0] ?? null) : element;
}

function concatenated(scope: Scope, keys: readonly Key[], values: readonly Json[], name: string): Match {
  const groups = new Map<string, { match: Match; elements: TupleElement[] }>();
  const fields = tupleFields(keys);
  for (const value of values) {
    const parts = splitParts(scope, keys, value);
    const rest = parts.filter((_, at) => !isTupleKey(keys[at]));
    const group = JSON.stringify(rest);
    let entry = groups.get(group);
    if (entry === undefined) {
      entry = { match: restTest(scope, keys, parts), elements: [] };
      groups.set(group, entry);
    }
    entry.elements.push(tupleElement(scope, keys, parts));
  }
  const tests = [...groups.values()].map(({ match, elements }) =>
    fields.length === 0 ? match : all(match, { kind: "tuple", fields, elements, name }),
  );
  return any(...tests, ...strays(scope, keys, values));
}

/** The keys that a tuple can hold: a field of the model without bit operators. */
export function isTupleKey(key: Key | undefined): key is (NumericKey & { field: NumberField }) | AddressKey {
  return (
    key !== undefined &&
    (key.kind === "address" || (key.kind === "numeric" && key.field !== undefined)) &&
    isPlain(key.bits)
  );
}

export function tupleFields(keys: readonly Key[]): (AddressField | NumberField)[] {
  return keys.filter(isTupleKey).map((key) => key.field);
}

/** The parts of one element, a range over the whole concatenation dealt out to its parts. */
export function splitParts(scope: Scope, keys: readonly Key[], value: Json): readonly Json[] {
  const range = rangeOf(value);
  const [firsts, lasts] = range === undefined ? [] : [partsOf(range[0]), partsOf(range[1])];
  const parts =
    firsts === undefined || lasts === undefined || keys.length === 1
      ? keys.length === 1
        ? [value]
        : partsOf(value)
      : firsts.map((first, at): Json => ({ range: [first, lasts[at] ?? null] }));
  if (parts.length !== keys.length) {
    const wanted = `${keys.length} parts as in “${keys.map((key) => key.text).join(" . ")}”`;
    return scope.fail(
      "meaning",
      `an element of a concatenation has ${parts.length} parts; ${wanted} were expected`,
    );
  }
  return parts;
}

export function tupleElement(scope: Scope, keys: readonly Key[], parts: readonly Json[]): TupleElement {
  return keys.flatMap((key, at): TupleElement => {
    const part = parts[at] ?? null;
    if (!isTupleKey(key)) return [];
    if (key.kind === "numeric") return [{ numbers: numbersOf(scope, key, [part]) }];
    return [{ addresses: plainAddresses(scope, key, [part]) ?? { v4: [], v6: [] } }];
  });
}

/** What an element asks of the keys that no tuple can hold. */
export function restTest(scope: Scope, keys: readonly Key[], parts: readonly Json[]): Match {
  return all(
    ...keys.map((key, at) => (isTupleKey(key) ? always : among(scope, key, [parts[at] ?? null], false))),
  );
}

/** What the kernel reads from packets that lack a field of the keys; nothing where all have it. */
export function strays(scope: Scope, keys: readonly Key[], values: readonly Json[]): Match[] {
  const header = keys
    .filter((key) => key.kind === "numeric")
    .filter((key) => key.beyond !== undefined || key.loose);
  const loose = header.some((key) => key.loose === true) && !onlyPorted(scope, keys, values);
  const [first] = header;
  return first === undefined ? [] : strayTests(scope, first, loose);
}

/** Whether the protocol stands beside the port in every element, and has ports. */
function onlyPorted(scope: Scope, keys: readonly Key[], values: readonly Json[]): boolean {
  const at = keys.findIndex((key) => key.kind === "numeric" && key.field === "protocol");
  const key = keys[at];
  if (key?.kind !== "numeric") return false;
  const parts = values.map((value) => splitParts(scope, keys, value)[at] ?? null);
  return isSubset(numbersOf(scope, key, parts), portedProtocols);
}

function isMatch(value: unknown): value is Match {
  return typeof value === "object" && value !== null && "kind" in value;
}

function mentionsUnknown(match: Match): boolean {
  if (match.kind === "unknown") return true;
  if (match.kind === "not") return mentionsUnknown(match.match);
  return (match.kind === "all" || match.kind === "any") && match.of.some(mentionsUnknown);
}
