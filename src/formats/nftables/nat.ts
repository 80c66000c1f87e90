// Address translation: snat, dnat, masquerade, redirect, with addresses and ports as constants, ranges, prefixes or maps.
import { addressBits, parseAddress, type Address } from "../../packet/address.ts";
import { parsePort } from "../../packet/protocol.ts";
import { all, always, type Match } from "../../rules/match.ts";
import type { Action, Translation } from "../../rules/rule.ts";
import type { Json } from "../json.ts";
import { familyTest, type Scope } from "./keys.ts";
import { mapFields, readLookup } from "./maps.ts";
import { listOf, partsOf, prefixOf, rangeOf, textOf, type Fields } from "./shape.ts";
import { numberSpan } from "./values.ts";

export type TranslationKind = "snat" | "dnat" | "masquerade" | "redirect";

export interface Translating {
  readonly action: Action;
  /** When it applies at all: the family that it is for, the key that its map reads. */
  readonly test: Match;
}

/** @throws Problem `meaning` for an address or port that is none */
export function translation(scope: Scope, kind: TranslationKind, fields: Fields): Translating {
  const { addr, port } = fields;
  const family = familyOf(scope, fields);
  const test = family === undefined ? always : familyTest(scope, family);
  const map = mapFields(addr) ?? mapFields(port);
  if (map === undefined) return { action: translate(scope, kind, fields, addr, port), test };
  const mapped = mapFields(addr) === undefined ? "port" : "addr";
  const lookup = readLookup(scope, map, (target) => [
    mapped === "addr"
      ? translate(scope, kind, fields, ...splitTarget(target, port))
      : translate(scope, kind, fields, addr, target),
  ]);
  return { action: lookup.action, test: all(test, lookup.readable) };
}

/** A map's target may be an address and a port in one: `10.0.0.1 . 8080`. */
function splitTarget(target: Json, port: Json | undefined): readonly [Json | undefined, Json | undefined] {
  const [address, ownPort] = partsOf(target);
  return [address, ownPort ?? port];
}

function familyOf(scope: Scope, fields: Fields): 4 | 6 | undefined {
  const family = textOf(fields["family"]) ?? (scope.family === "inet" ? undefined : scope.family);
  return family === "ip" ? 4 : family === "ip6" ? 6 : undefined;
}

function translate(
  scope: Scope,
  kind: TranslationKind,
  fields: Fields,
  addr: Json | undefined,
  port: Json | undefined,
): Translation {
  const ports = portsOf(scope, port);
  if (kind === "masquerade" || kind === "redirect") return { kind, ...ports };
  const prefix = prefixOf(addr);
  if (prefix !== undefined && isNetmap(fields)) {
    const side = kind === "snat" ? "source" : "destination";
    return { kind: "netmap", side, to: addressOf(scope, prefix.first), length: prefix.length };
  }
  return { kind, ...addressesOf(scope, addr), ...ports };
}

function isNetmap(fields: Fields): boolean {
  return listOf(fields["type_flags"]).includes("prefix") || listOf(fields["flags"]).includes("netmap");
}

function addressesOf(scope: Scope, addr: Json | undefined): { first?: Address; last?: Address } {
  if (addr === undefined || addr === null) return {};
  const range = rangeOf(addr);
  if (range !== undefined) {
    return { first: addressOf(scope, range[0]), last: addressOf(scope, range[1]) };
  }
  const prefix = prefixOf(addr);
  if (prefix === undefined) return { first: addressOf(scope, addr) };
  const first = addressOf(scope, prefix.first);
  const size = 1n << BigInt(addressBits(first.family) - prefix.length);
  const last = BigInt(first.value) + size - 1n;
  return {
    first,
    last: first.family === 4 ? { family: 4, value: Number(last) } : { family: 6, value: last },
  };
}

function addressOf(scope: Scope, value: Json): Address {
  const address = typeof value === "string" ? parseAddress(value) : undefined;
  return address ?? scope.fail("meaning", `“${JSON.stringify(value)}” is not an address to translate to`);
}

function portsOf(scope: Scope, port: Json | undefined): { ports?: readonly [number, number] } {
  if (port === undefined || port === null) return {};
  const span = numberSpan(parsePort, 16, port);
  if (span === undefined)
    return scope.fail("meaning", `“${JSON.stringify(port)}” is not a port to translate to`);
  return { ports: span };
}
