// A set as cubes for people: exactly the set, in few cubes. Chooses no words; renderers do.
import { unionOfAddresses, type AddressSet } from "../packet/address-set.ts";
import type { Edge } from "./bdd.ts";
import type { Box } from "./boxes.ts";
import { cover } from "./cover.ts";
import type { Cube } from "./cube.ts";
import type { FieldSets } from "./field-sets.ts";
import { fragmentsOf, namesOf, statesOf } from "./fields-of.ts";
import { bitTests, intervalsOf, numbersOf } from "./interval-edges.ts";
import type { Side } from "./layout.ts";

/** Cubes that are exactly the set. None is covered by the others, unless there are very many. */
export function describe(sets: FieldSets, a: Edge): readonly Cube[] {
  return acrossFamilies(cover(sets, a).map((box) => cubeOf(sets, box)));
}

/** Cubes of the two families that differ in addresses alone become one. */
function acrossFamilies(cubes: readonly Cube[]): readonly Cube[] {
  const result: Cube[] = [];
  const waiting = new Map<string, number[]>();
  for (const cube of cubes) {
    if (cube.family === undefined) {
      result.push(cube);
      continue;
    }
    const { family, source, destination, ...rest } = cube;
    const shape = JSON.stringify([rest, source === undefined, destination === undefined]);
    const partner = waiting.get(`${family === 4 ? 6 : 4} ${shape}`)?.shift();
    const other = partner === undefined ? undefined : result[partner];
    if (partner === undefined || other === undefined) {
      const key = `${family} ${shape}`;
      const list = waiting.get(key);
      if (list === undefined) waiting.set(key, [result.length]);
      else list.push(result.length);
      result.push(cube);
      continue;
    }
    result[partner] = { ...rest, ...joint("source", cube, other), ...joint("destination", cube, other) };
  }
  return result;
}

/** The addresses of both, where they have some. */
function joint(side: Side, a: Cube, b: Cube): Partial<Pick<Cube, Side>> {
  const [one, other] = [a[side], b[side]];
  return one === undefined || other === undefined ? {} : { [side]: unionOfAddresses([one, other]) };
}

/** The cube of a box. */
function cubeOf(sets: FieldSets, of: Box): Cube {
  const { bdd } = sets;
  const family = of.get("family");
  const version = family === undefined ? undefined : family === sets.family(4) ? 4 : 6;
  const cube: { -readonly [key in keyof Cube]: Cube[key] } = {};
  if (version !== undefined) cube.family = version;
  for (const side of ["source", "destination"] as const) {
    const values = of.get(side);
    if (values !== undefined) cube[side] = addresses(sets, side, version ?? 4, values);
  }
  for (const [field, key] of numberKeys) {
    const values = of.get(field);
    if (values !== undefined) cube[key] = numbersOf(bdd, sets.place(field), values);
  }
  for (const [field, key] of nameKeys) {
    const values = of.get(field);
    if (values === undefined) continue;
    cube[key] = namesOf(sets, values, field, field.endsWith("interface") ? sets.interfaces : sets.endpoints);
  }
  for (const [field, key] of bitKeys) {
    const values = of.get(field);
    if (values !== undefined) cube[key] = bitTests(bdd, sets.place(field), values);
  }
  const fragment = of.get("fragment");
  // Whatever asks for a transport header asks for a packet that has one: not to be said twice.
  const impliesHead =
    transportFields.some((field) => of.has(field)) && fragment === sets.bdd.not(sets.fragment(["later"]));
  if (fragment !== undefined && !impliesHead) cube.fragment = fragmentsOf(sets, fragment);
  const state = of.get("state");
  if (state !== undefined) cube.state = statesOf(sets, state);
  return cube;
}

const transportFields = ["source-port", "destination-port", "icmp-type", "icmp-code", "tcp-flags"] as const;

const numberKeys = [
  ["protocol", "protocol"],
  ["source-port", "sourcePort"],
  ["destination-port", "destinationPort"],
  ["icmp-type", "icmpType"],
  ["icmp-code", "icmpCode"],
] as const;

const bitKeys = [
  ["tcp-flags", "tcpFlags"],
  ["mark", "mark"],
  ["connection-mark", "connectionMark"],
] as const;

const nameKeys = [
  ["in-interface", "inInterface"],
  ["out-interface", "outInterface"],
  ["source-endpoint", "from"],
  ["destination-endpoint", "to"],
] as const;

function addresses(sets: FieldSets, side: Side, family: 4 | 6, values: Edge): AddressSet {
  const place = sets.addressPlace(side, family);
  return family === 4
    ? { v4: numbersOf(sets.bdd, place, values), v6: [] }
    : { v4: [], v6: intervalsOf(sets.bdd, place, values) };
}
