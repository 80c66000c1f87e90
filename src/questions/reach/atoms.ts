// Parts the address space where any of some sets begins or ends: the addresses of one atom lie in the same of these sets,
// so nothing that asks about these sets alone can tell them apart. Knows no estate.
import { addressRange, unionOfAddresses, type AddressSet } from "../../packet/address-set.ts";
import { makeAddress, type Address, type Family } from "../../packet/address.ts";

export interface Atoms {
  /** Which atom an address is in; atoms of one family never equal those of the other. */
  readonly of: (address: Address) => number;
  /** Every atom with its addresses, of one family. */
  readonly list: (family: Family) => readonly { readonly id: number; readonly addresses: AddressSet }[];
}

/**
 * One sweep over the ends of all sets.
 *
 * @example atomsOf([addressSet("10.0.0.0/8"), addressSet("10.1.0.0/16")]).of(address)
 */
export function atomsOf(sets: Iterable<AddressSet>): Atoms {
  const distinct = new Map<string, AddressSet>();
  for (const set of sets) distinct.set(`${set.v4.join(" ")}/${set.v6.join(" ")}`, set);
  const all = [...distinct.values()];
  const ids = new Map<string, number>();
  const spans4 = sweep(
    4,
    all.map((set) => set.v4),
    (last) => last + 1,
    2 ** 32,
    0,
    ids,
  );
  const spans6 = sweep(
    6,
    all.map((set) => set.v6),
    (last) => last + 1n,
    1n << 128n,
    0n,
    ids,
  );
  return {
    of: (address) => (address.family === 4 ? atomAt(spans4, address.value) : atomAt(spans6, address.value)),
    list: (family) => (family === 4 ? listOf(4, spans4, 2 ** 32 - 1) : listOf(6, spans6, (1n << 128n) - 1n)),
  };
}

/** Neighbouring spans of addresses: where each starts, and its atom. */
interface Spans<T> {
  readonly starts: readonly T[];
  readonly atoms: readonly number[];
}

function sweep<T extends number | bigint>(
  family: Family,
  sets: readonly (readonly T[])[],
  after: (last: T) => T,
  end: T,
  zero: T,
  ids: Map<string, number>,
): Spans<T> {
  const events: { readonly at: T; readonly set: number; readonly enters: boolean }[] = [];
  for (const [set, intervals] of sets.entries()) {
    for (const [at, value] of intervals.entries()) {
      if (at % 2 === 0) events.push({ at: value, set, enters: true });
      else if (after(value) < end) events.push({ at: after(value), set, enters: false });
    }
  }
  events.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const inside = new Set<number>();
  const starts: T[] = [];
  const atoms: number[] = [];
  const close = (start: T): void => {
    const key = `${family} ${[...inside].toSorted((a, b) => a - b).join(" ")}`;
    let id = ids.get(key);
    if (id === undefined) ids.set(key, (id = ids.size));
    starts.push(start);
    atoms.push(id);
  };
  let start = zero;
  for (const event of events) {
    if (event.at > start) {
      close(start);
      start = event.at;
    }
    if (event.enters) inside.add(event.set);
    else inside.delete(event.set);
  }
  close(start);
  return { starts, atoms };
}

function atomAt<T extends number | bigint>({ starts, atoms }: Spans<T>, value: T): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const start = starts[middle];
    if (start !== undefined && start <= value) low = middle;
    else high = middle - 1;
  }
  return atoms[low] ?? -1;
}

function listOf<T extends number | bigint>(
  family: Family,
  { starts, atoms }: Spans<T>,
  last: T,
): { readonly id: number; readonly addresses: AddressSet }[] {
  const parts = new Map<number, AddressSet[]>();
  for (const [at, id] of atoms.entries()) {
    const first = starts[at];
    if (first === undefined) continue;
    const next = starts[at + 1];
    const until = next === undefined ? BigInt(last) : BigInt(next) - 1n;
    const span = addressRange(makeAddress(family, first), makeAddress(family, until));
    const before = parts.get(id);
    if (before === undefined) parts.set(id, [span]);
    else before.push(span);
  }
  return [...parts].map(([id, spans]) => ({ id, addresses: unionOfAddresses(spans) }));
}
