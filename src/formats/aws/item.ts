// An object of an AWS export with its place: the typed ways to take its fields out. What has the wrong shape is a
// Problem that says file, line, path in the document and what was expected; null and absent are one.
import { parseAddress, requirePrefix, type Address, type Prefix } from "../../packet/address.ts";
import { Problem, type Origin } from "../../problem.ts";
import { isObject, type Json, type JsonDocument } from "../json.ts";

export interface Item {
  readonly value: { readonly [key: string]: Json };
  /** Where it stands in its document: `SecurityGroups[2].IpPermissions[0]`. */
  readonly path: string;
  readonly document: JsonDocument;
}

export function originOf(item: Item, id?: string): Origin {
  return item.document.originOf(item.value, id);
}

/** @throws Problem `syntax`, always: the field is not what the export's format says */
export function misshapen(item: Item, key: string, expected: string): never {
  const found = describeJson(item.value[key]);
  throw new Problem("syntax", `${pathTo(item, key)}: ${expected} was expected, found ${found}`, {
    origin: originOf(item),
  });
}

function pathTo(item: Item, key: string): string {
  return item.path === "" ? key : `${item.path}.${key}`;
}

function describeJson(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function field(item: Item, key: string): Json | undefined {
  const value = Object.hasOwn(item.value, key) ? item.value[key] : undefined;
  return value === null ? undefined : value;
}

export function hasField(item: Item, key: string): boolean {
  return field(item, key) !== undefined;
}

/** A string that says something; an empty one counts as absent, as the AWS SDKs write it. */
export function optionalText(item: Item, key: string): string | undefined {
  const value = field(item, key);
  if (value === undefined || value === "") return undefined;
  return typeof value === "string" ? value : misshapen(item, key, "a string");
}

export function text(item: Item, key: string): string {
  return optionalText(item, key) ?? misshapen(item, key, "a string");
}

export function optionalFlag(item: Item, key: string): boolean | undefined {
  const value = field(item, key);
  return value === undefined || typeof value === "boolean" ? value : misshapen(item, key, "true or false");
}

export function optionalWhole(item: Item, key: string): number | undefined {
  const value = field(item, key);
  if (value === undefined) return undefined;
  return typeof value === "number" && Number.isInteger(value)
    ? value
    : misshapen(item, key, "a whole number");
}

export function whole(item: Item, key: string): number {
  return optionalWhole(item, key) ?? misshapen(item, key, "a whole number");
}

export function child(item: Item, key: string): Item | undefined {
  const value = field(item, key);
  if (value === undefined) return undefined;
  if (!isObject(value)) return misshapen(item, key, "an object");
  return { value, path: pathTo(item, key), document: item.document };
}

/** The objects of a list; none where it is absent. */
export function children(item: Item, key: string): Item[] {
  const value = field(item, key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) return misshapen(item, key, "a list");
  return itemsOf(value, pathTo(item, key), item.document, item);
}

/** A list's objects as items. `within` gives the line for an element that is no object. */
export function itemsOf(list: readonly Json[], path: string, document: JsonDocument, within?: Item): Item[] {
  return list.map((value, at) => {
    if (isObject(value)) return { value, path: `${path}[${at}]`, document };
    throw new Problem("syntax", `${path}[${at}]: an object was expected, found ${describeJson(value)}`, {
      origin: within === undefined ? document.originOf(list) : originOf(within),
    });
  });
}

export function texts(item: Item, key: string): string[] {
  const value = field(item, key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) return misshapen(item, key, "a list of strings");
  return value.map((element) =>
    typeof element === "string" ? element : misshapen(item, key, "a list of strings"),
  );
}

export function prefixAt(item: Item, key: string): Prefix {
  return requirePrefix(text(item, key), originOf(item));
}

export function addressAt(item: Item, key: string): Address {
  return optionalAddress(item, key) ?? misshapen(item, key, "an IP address");
}

export function optionalAddress(item: Item, key: string): Address | undefined {
  const written = optionalText(item, key);
  if (written === undefined) return undefined;
  const address = parseAddress(written);
  if (address !== undefined) return address;
  throw new Problem("meaning", `${pathTo(item, key)}: “${written}” is not an IP address`, {
    origin: originOf(item),
  });
}

/** Keys that stand in the object with a value and are not among those that are known. */
export function strangeKeys(item: Item, known: ReadonlySet<string>): string[] {
  return Object.keys(item.value).filter((key) => !known.has(key) && !isEmpty(field(item, key)));
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}
