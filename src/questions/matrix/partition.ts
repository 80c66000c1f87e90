// Parts the addresses of a family by how relations between senders and receivers treat them: two addresses are of one class
// where no relation tells them apart, on either side.
import {
  allIpv4,
  allIpv6,
  isEmptyAddresses,
  lowestAddress,
  subtractAddresses,
  type AddressSet,
} from "../../packet/address-set.ts";
import type { Family } from "../../packet/address.ts";
import { pairsOf, type Intervals } from "../../packet/intervals.ts";
import type { PacketSet, Space } from "../../space/space.ts";

/**
 * The coarsest partition in which addresses of one class are alike in all relations, as source and as destination.
 *
 * @param relations sets that say nothing but of family, source and destination
 */
export function partition(
  space: Space,
  relations: readonly PacketSet[],
  family: Family,
): readonly AddressSet[] {
  const parts = [...new Set(relations)].flatMap((relation) =>
    (["source", "destination"] as const).map((side) => alike(space, relation, family, side)),
  );
  return family === 4
    ? refined(
        parts.map((classes) => classes.map(({ v4 }) => v4)),
        (next) => next - 1,
        0xffffffff,
      ).map((v4) => ({ v4, v6: [] }))
    : refined(
        parts.map((classes) => classes.map(({ v6 }) => v6)),
        (next) => next - 1n,
        (1n << 128n) - 1n,
      ).map((v6) => ({ v4: [], v6 }));
}

/** The addresses of one side in classes: of one class where the relation leaves the same of the other side. */
function alike(
  space: Space,
  relation: PacketSet,
  family: Family,
  side: "source" | "destination",
): readonly AddressSet[] {
  const classes: AddressSet[] = [];
  let left = family === 4 ? allIpv4 : allIpv6;
  for (let one = lowestAddress(left); one !== undefined; one = lowestAddress(left)) {
    const residue = space.at(relation, side, one);
    const different = space.and(
      space.family(family),
      space.or(space.minus(relation, residue), space.minus(residue, relation)),
    );
    const others = space.addressesOf(different, side);
    classes.push(subtractAddresses(left, others));
    left = isEmptyAddresses(others) ? others : subtractAddresses(left, classes.at(-1) ?? left);
  }
  return classes;
}

/** The common refinement of several partitions of one span of numbers: joined where all of them agree. */
function refined<T extends number | bigint>(
  partitions: readonly (readonly Intervals<T>[])[],
  previous: (value: T) => T,
  last: T,
): readonly Intervals<T>[] {
  const starts = partitions.flatMap((classes, at) =>
    classes.flatMap((set, label) => pairsOf(set).map(([first]) => ({ first, at, label }))),
  );
  starts.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const labels = partitions.map(() => 0);
  const joined = new Map<string, T[]>();
  for (const [index, { first, at, label }] of starts.entries()) {
    labels[at] = label;
    const next = starts[index + 1]?.first;
    if (next === first) continue;
    const key = labels.join();
    const flat = joined.get(key) ?? [];
    joined.set(key, flat);
    const end = next === undefined ? last : previous(next);
    // Where only another class's label went back and forth, the interval before goes on.
    const before = flat.at(-1);
    if (before !== undefined && before === previous(first)) flat[flat.length - 1] = end;
    else flat.push(first, end);
  }
  return [...joined.values()];
}
