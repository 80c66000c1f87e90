// The values at and next to the ends of what a rule asks for: where a reading that is off by one would show.
import { makeAddress, type Family } from "../../src/packet/address.ts";
import type { AddressSet } from "../../src/packet/address-set.ts";
import { pairsOf, type NumberSet } from "../../src/packet/intervals.ts";
import type { AddressField, Match, NumberField, TupleElement } from "../../src/rules/match.ts";
import type { Action } from "../../src/rules/rule.ts";
import type { Point, Values } from "./points.ts";

/** How many elements of a large set are looked at: the first ones, the last and some between. */
const mostElements = 12;

/** For each field that the match asks for, the values at which its answer may change. */
export function nearValues(match: Match, family: Family): Values {
  switch (match.kind) {
    case "not":
      return nearValues(match.match, family);
    case "all":
    case "any":
      return joined(match.of.map((one) => nearValues(one, family)));
    case "address":
      return addressValues(match.field, match.set, family);
    case "address-bits": {
      if (match.family !== family) return {};
      const ends = [
        match.value,
        match.value | (match.mask ^ (family === 4 ? 0xffffffffn : (1n << 128n) - 1n)),
      ];
      const lowest = match.mask & -match.mask;
      const found = [...ends, match.value ^ lowest].map((value) => makeAddress(family, value));
      return match.field === "source"
        ? { source: found }
        : match.field === "destination"
          ? { destination: found }
          : {};
    }
    case "number":
      return numberValues(match.field, match.set);
    case "tcp-flags": {
      const bits = [1, 2, 4, 8, 16, 32, 64, 128].filter((bit) => (match.mask & bit) !== 0);
      return {
        tcpFlags: [match.value, match.value | (0xff & ~match.mask), ...bits.map((bit) => match.value ^ bit)],
      };
    }
    case "fragment":
      return { fragment: ["whole", "first", "later"] };
    case "interface": {
      const names = match.prefix
        ? [`${match.name}7`, match.name, `${match.name.slice(0, -1)}~`]
        : [match.name, `${match.name}x`, match.name.slice(0, -1)];
      return match.direction === "in" ? { inInterface: names } : { outInterface: names };
    }
    case "state":
      return { state: ["new", "established", "related", "invalid", "untracked"] };
    case "mark": {
      const rest = ~match.mask >>> 0;
      const found = endsOf(match.set, 0xffffffff).flatMap((value) => [value, (value | rest) >>> 0]);
      return match.of === "packet" ? { mark: found } : { connectionMark: found };
    }
    case "tuple":
      return tupleValues(match.fields, match.elements, family);
    case "always":
    case "never":
    case "family":
    case "tcp-option":
    case "status":
    case "direction":
    case "mac":
    case "link-type":
    case "address-type":
    case "endpoint":
    case "unknown":
      return {};
  }
}

/** The same for what stands in a rule's actions: tests behind statements, verdict maps. */
export function nearActions(actions: readonly Action[], family: Family): Values {
  return joined(
    actions.flatMap((action) => {
      if (action.kind === "when")
        return [nearValues(action.match, family), nearActions(action.actions, family)];
      if (action.kind !== "lookup") return [];
      const keys = action.entries.map((entry) => entry.key);
      return [
        tupleValues(action.fields, keys, family),
        ...action.entries.flatMap((entry) => [
          ...(entry.match === undefined ? [] : [nearValues(entry.match, family)]),
          nearActions(entry.actions, family),
        ]),
      ];
    }),
  );
}

function tupleValues(
  fields: readonly (AddressField | NumberField)[],
  elements: readonly TupleElement[],
  family: Family,
): Values {
  const step = Math.max(1, Math.floor(elements.length / mostElements));
  const chosen = elements.filter((_, at) => at % step === 0 || at === elements.length - 1);
  return joined(
    chosen.flatMap((element) =>
      element.map((part, at): Values => {
        const field = fields[at];
        if (field === undefined) return {};
        if ("addresses" in part)
          return isAddressField(field) ? addressValues(field, part.addresses, family) : {};
        return isAddressField(field) ? {} : numberValues(field, part.numbers);
      }),
    ),
  );
}

function isAddressField(field: AddressField | NumberField): field is AddressField {
  return field.endsWith("source") || field.endsWith("destination");
}

function addressValues(field: AddressField, set: AddressSet, family: Family): Values {
  if (field !== "source" && field !== "destination") return {};
  const pairs = family === 4 ? pairsOf(set.v4) : pairsOf(set.v6);
  const last = family === 4 ? 0xffffffffn : (1n << 128n) - 1n;
  const found = pairs
    .flatMap(([from, to]) => [BigInt(from) - 1n, BigInt(from), BigInt(to), BigInt(to) + 1n])
    .filter((value) => value >= 0n && value <= last)
    .map((value) => makeAddress(family, value));
  return field === "source" ? { source: found } : { destination: found };
}

function numberValues(field: NumberField, set: NumberSet): Values {
  const ports = endsOf(set, 65_535);
  const bytes = endsOf(set, 255);
  switch (field) {
    case "protocol":
      return { protocol: bytes };
    case "source-port":
      return { sourcePort: ports };
    case "destination-port":
      return { destinationPort: ports };
    case "icmp-type":
      return { icmpType: bytes };
    case "icmp-code":
      return { icmpCode: bytes };
    case "length":
    case "ttl":
    case "dscp":
    case "original-protocol":
    case "original-source-port":
    case "original-destination-port":
      return {};
  }
}

function endsOf(set: NumberSet, last: number): number[] {
  const values = pairsOf(set).flatMap(([from, to]) => [from - 1, from, to, to + 1]);
  return [...new Set(values)].filter((value) => value >= 0 && value <= last);
}

/** All values of several, field by field. */
export function joined(parts: readonly Values[]): Values {
  const of = <Field extends keyof Point>(field: Field): readonly Point[Field][] =>
    parts.flatMap((part): readonly Point[Field][] => part[field] ?? []);
  return {
    source: of("source"),
    destination: of("destination"),
    protocol: of("protocol"),
    sourcePort: of("sourcePort"),
    destinationPort: of("destinationPort"),
    icmpType: of("icmpType"),
    icmpCode: of("icmpCode"),
    tcpFlags: of("tcpFlags"),
    fragment: of("fragment"),
    state: of("state"),
    inInterface: of("inInterface"),
    outInterface: of("outInterface"),
    mark: of("mark"),
    connectionMark: of("connectionMark"),
  };
}
