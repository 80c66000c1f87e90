// The values that a field has in a set, as people read them: addresses, numbers, names.
import type { AddressSet } from "../packet/address-set.ts";
import type { NumberSet } from "../packet/intervals.ts";
import type { Edge } from "./bdd.ts";
import type { FieldSets } from "./field-sets.ts";
import { intervalsOf, numbersOf } from "./interval-edges.ts";
import {
  fields,
  type ConnectionState,
  type Field,
  type FragmentState,
  type NumberField,
  type Side,
} from "./layout.ts";
import type { Name, Names } from "./names.ts";

/** What the members have in one field, whatever the others are: a function of that field's variables. */
export function projection(sets: FieldSets, a: Edge, field: Field): Edge {
  return sets.bdd.exists(
    sets.bdd.and(a, sets.bearers(field)),
    sets.variables(fields.filter((one) => one !== field)),
  );
}

/** Every address that a member has on that side. */
export function addressesIn(sets: FieldSets, a: Edge, side: Side): AddressSet {
  const { bdd } = sets;
  const first = sets.place("family").first;
  const others = sets.variables(fields.filter((field) => field !== side && field !== "family"));
  const both = bdd.exists(a, others);
  return {
    v4: numbersOf(bdd, sets.addressPlace(side, 4), bdd.cofactor(both, first, [0])),
    v6: intervalsOf(bdd, sets.addressPlace(side, 6), bdd.cofactor(both, first, [1])),
  };
}

/** Every number that a member has in the field. */
export function numbersIn(sets: FieldSets, a: Edge, field: NumberField): NumberSet {
  return numbersOf(sets.bdd, sets.place(field), projection(sets, a, field));
}

/** A function of the state's variables alone, as states. */
export function statesOf(sets: FieldSets, a: Edge): ConnectionState[] {
  const states = ["new", "established", "related", "invalid", "untracked"] as const;
  return states.filter((state) => sets.bdd.and(a, sets.state([state])) !== 0);
}

export function fragmentsOf(sets: FieldSets, a: Edge): FragmentState[] {
  const states = ["whole", "first", "later"] as const;
  return states.filter((state) => sets.bdd.and(a, sets.fragment([state])) !== 0);
}

/** A function of the variables of an interface or endpoint alone, as names. */
export function namesOf(
  sets: FieldSets,
  a: Edge,
  field: "in-interface" | "out-interface" | "source-endpoint" | "destination-endpoint",
  names: Names,
): Name[] {
  return names.codes.filter((_, code) => sets.bdd.and(a, sets.codes(field, [code])) !== 0);
}
