// How many members a set has: exact, over the fields that are asked for.
import { Bdd, type Edge } from "./bdd.ts";
import { constantLevel } from "./node-table.ts";
import type { FieldSets } from "./field-sets.ts";
import { bitsEdge, numbersEdge } from "./interval-edges.ts";
import { fields, variablesOf, type Field } from "./layout.ts";

/**
 * How many assignments of the variables (ascending) make the function true. It must depend on no other variable.
 *
 * @example countOver(bdd, bdd.variable(1), [0, 1, 2]) // 4n
 */
export function countOver(bdd: Bdd, a: Edge, variables: readonly number[]): bigint {
  // By variable: how many of the list stand before it.
  const before = new Map(variables.map((variable, at) => [variable, at] as const));
  const position = (edge: Edge): number => {
    const level = bdd.level(edge);
    return level === constantLevel ? variables.length : (before.get(level) ?? variables.length);
  };
  const known = new Map<Edge, bigint>();
  // Assignments of the variables from the function's first one on.
  const count = (edge: Edge): bigint => {
    if (edge <= 1) return BigInt(edge);
    const found = known.get(edge);
    if (found !== undefined) return found;
    const after = position(edge) + 1;
    const [low, high] = [bdd.low(edge), bdd.high(edge)];
    const sum =
      (count(low) << BigInt(position(low) - after)) + (count(high) << BigInt(position(high) - after));
    known.set(edge, sum);
    return sum;
  };
  return count(a) << BigInt(position(a));
}

/** The members of a set that differ in the fields. Others are forgotten first. */
export function countMembers(sets: FieldSets, a: Edge, over: readonly Field[]): bigint {
  const { bdd } = sets;
  const asked = new Set(over);
  const others = fields.filter((field) => !asked.has(field));
  const projected = bdd.exists(bdd.and(a, representatives(sets)), sets.variables(others));
  return countOver(
    bdd,
    projected,
    fields.filter((field) => asked.has(field)).flatMap((field) => variablesOf(sets.place(field))),
  );
}

/** One assignment for each packet: variables that mean nothing in it are 0, and so are spare codes. */
function representatives(sets: FieldSets): Edge {
  const { bdd } = sets;
  const zero = (first: number, bits: number): Edge =>
    bitsEdge(bdd, { first, bits }, (1n << BigInt(bits)) - 1n, 0n);
  let result: Edge = Bdd.all;
  for (const side of ["source", "destination"] as const)
    result = bdd.and(result, bdd.or(sets.family(6), zero(sets.place(side).first + 32, 96)));
  for (const field of [
    "source-port",
    "destination-port",
    "icmp-type",
    "icmp-code",
    "tcp-flags",
    "connection-mark",
  ] as const) {
    const { first, bits } = sets.place(field);
    result = bdd.and(result, bdd.or(sets.bearers(field), zero(first, bits)));
  }
  const spare = [
    ["state", 4],
    ["fragment", 2],
    ["in-interface", sets.interfaces.codes.length - 1],
    ["out-interface", sets.interfaces.codes.length - 1],
    ["source-endpoint", sets.endpoints.codes.length - 1],
    ["destination-endpoint", sets.endpoints.codes.length - 1],
  ] as const;
  for (const [field, last] of spare) result = bdd.and(result, numbersEdge(bdd, sets.place(field), [0, last]));
  return result;
}
