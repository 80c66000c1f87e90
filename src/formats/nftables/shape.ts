// The shape that all of nft's JSON has: an expression or statement is an object with one key, its kind. Small readers of
// that shape, so that nothing else has to look at raw JSON with suspicion. Source: libnftables-json(5).
import { isObject, type Json } from "../json.ts";

export type Fields = { readonly [key: string]: Json };

/** `{ "meta": { "key": "mark" } }` as kind `meta` and body. */
export interface Tagged {
  readonly kind: string;
  readonly body: Json;
  /** The body where it is an object; no fields otherwise (`{"masquerade": null}`). */
  readonly fields: Fields;
}

const noFields: Fields = {};

/** An object of exactly one key; undefined for anything else. */
export function tagged(value: Json | undefined): Tagged | undefined {
  if (!isObject(value)) return undefined;
  const keys = Object.keys(value);
  const [kind] = keys;
  if (kind === undefined || keys.length !== 1) return undefined;
  const body = value[kind] ?? null;
  return { kind, body, fields: isObject(body) ? body : noFields };
}

/** A list, or one item where a later nft leaves the brackets out; nothing for null. */
export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function numberOf(value: Json | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** The two ends of `{ "range": [first, last] }`. */
export function rangeOf(value: Json | undefined): readonly [Json, Json] | undefined {
  const range = tagged(value);
  if (range?.kind !== "range" || !Array.isArray(range.body)) return undefined;
  const [first, last] = range.body;
  return first === undefined || last === undefined || range.body.length !== 2 ? undefined : [first, last];
}

/** `{ "prefix": { "addr": …, "len": 8 } }`. */
export function prefixOf(
  value: Json | undefined,
): { readonly first: Json; readonly length: number } | undefined {
  const prefix = tagged(value);
  if (prefix?.kind !== "prefix") return undefined;
  const first = prefix.fields["addr"];
  const length = numberOf(prefix.fields["len"]);
  return first === undefined || length === undefined ? undefined : { first, length };
}

/** The parts of a concatenation; one part where there is none. */
export function partsOf(value: Json): readonly Json[] {
  const concat = tagged(value);
  return concat?.kind === "concat" && Array.isArray(concat.body) ? concat.body : [value];
}

/** A set's element without its timeout, counter and comment. */
export function elementValue(value: Json): Json {
  const element = tagged(value);
  return element?.kind === "elem" ? (element.fields["val"] ?? null) : value;
}

/** Whether an element stands for everything that no other element holds. */
export function isWildcard(value: Json): boolean {
  return elementValue(value) === "*";
}

const binaryOperators = new Set(["&", "|", "^", "<<", ">>"]);

/** The sides of `{ "&": [left, right] }`; more than two stand for a chain, as later releases write it. */
export function binaryOf(
  value: Json | undefined,
): { readonly operator: string; readonly left: Json; readonly right: readonly Json[] } | undefined {
  const binary = tagged(value);
  if (binary === undefined || !binaryOperators.has(binary.kind) || !Array.isArray(binary.body))
    return undefined;
  const [left, ...right] = binary.body;
  return left === undefined || right.length === 0 ? undefined : { operator: binary.kind, left, right };
}
