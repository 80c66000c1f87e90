// Turns a set of tuples (nft concatenations, hash:ip,port) into packets. Elements that differ in one field alone are joined
// there first, so that ten thousand of them become few cubes.
import { unionOfAddresses, type AddressSet } from "../../packet/address-set.ts";
import { fromPairs, numberDomain, pairsOf, type NumberSet } from "../../packet/intervals.ts";
import type { Space } from "../../space/space.ts";
import type { AddressField, NumberField, TupleElement } from "../match.ts";
import { both, either, exactly, type Bounds } from "./bounds.ts";
import { addressSets, numberSets } from "./field-sets.ts";

type Part = TupleElement[number];

/** Where some element of the set holds every field. */
export function tupleSets(
  space: Space,
  fields: readonly (AddressField | NumberField)[],
  elements: readonly TupleElement[],
): Bounds {
  return either(
    space,
    joined(elements, fields.length).map((element) => elementSets(space, fields, element)),
  );
}

/** Where every part of one element holds its field; an element with fewer parts than fields asks of its own alone. */
export function elementSets(
  space: Space,
  fields: readonly (AddressField | NumberField)[],
  element: TupleElement,
): Bounds {
  let result = exactly(space.all);
  for (const [at, part] of element.entries()) result = both(space, result, partSets(space, fields[at], part));
  return result;
}

function partSets(space: Space, field: AddressField | NumberField | undefined, part: Part): Bounds {
  if (field === undefined) return exactly(space.none);
  if ("addresses" in part)
    return isAddressField(field) ? addressSets(space, field, part.addresses) : exactly(space.none);
  return isAddressField(field) ? exactly(space.none) : numberSets(space, field, part.numbers);
}

function isAddressField(field: AddressField | NumberField): field is AddressField {
  return field.endsWith("source") || field.endsWith("destination");
}

/** The same tuples in fewer elements: joined in each field in turn where all their other parts are equal. */
function joined(elements: readonly TupleElement[], fields: number): readonly TupleElement[] {
  let current = elements;
  for (let field = 0; field < fields && current.length > 1; field += 1) {
    const groups = new Map<string, TupleElement[]>();
    for (const element of current) {
      const key = element.map((part, at) => (at === field ? kindOf(part) : partKey(part))).join(" ");
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [element]);
      else group.push(element);
    }
    current = [...groups.values()].map((group) => joinAt(group, field));
  }
  return current;
}

function joinAt(group: readonly TupleElement[], field: number): TupleElement {
  const [first = []] = group;
  if (group.length === 1) return first;
  const addresses: AddressSet[] = [];
  const numbers: NumberSet[] = [];
  for (const element of group) {
    const part = element[field];
    if (part === undefined) continue;
    if ("addresses" in part) addresses.push(part.addresses);
    else numbers.push(part.numbers);
  }
  const union: Part =
    addresses.length > 0
      ? { addresses: unionOfAddresses(addresses) }
      : {
          numbers: fromPairs(
            everyNumber,
            numbers.flatMap((set) => pairsOf(set)),
          ),
        };
  return first.map((part, at) => (at === field ? union : part));
}

const everyNumber = numberDomain(Number.MAX_SAFE_INTEGER);

function kindOf(part: Part): string {
  return "addresses" in part ? "addresses" : "numbers";
}

function partKey(part: Part): string {
  return "addresses" in part
    ? `a${part.addresses.v4.join()}/${part.addresses.v6.join()}`
    : `n${part.numbers.join()}`;
}
