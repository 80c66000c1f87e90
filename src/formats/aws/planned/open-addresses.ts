// Made-up addresses are honest only where it makes no difference which address of its subnet an interface will get. Where
// a rule or an entry parts the subnet, answers turn on it: that is found out here, and said.
import type { EstatePart, Subnet } from "../../../estate/model.ts";
import {
  formatAddressSet,
  intersectAddresses,
  isAddressSubset,
  isEmptyAddresses,
  prefixSet,
  singleAddress,
  subtractAddresses,
  unionOfAddresses,
  type AddressSet,
} from "../../../packet/address-set.ts";
import type { Origin, Unknown } from "../../../problem.ts";

interface Written {
  readonly set: AddressSet;
  readonly origin: Origin;
}

/**
 * What to say of an estate whose reader made addresses up: one unknown for each subnet that has some and each rule or
 * entry that holds for a part of the subnet that is free to be given out.
 *
 * @example const unknowns = openAddresses(part);
 */
export function openAddresses(part: EstatePart): Unknown[] {
  const bySubnet = Map.groupBy(part.interfaces?.values() ?? [], (one) => one.subnet);
  const written = [...writtenIn(part)];
  return [...bySubnet].flatMap(([id, interfaces]) => {
    const subnet = part.subnets?.get(id);
    const addresses = interfaces.flatMap((one) =>
      one.addresses.map((own) => ({ own, name: one.owner ?? one.id })),
    );
    const waiting = addresses.filter(({ own }) => own.synthetic === true);
    if (subnet === undefined || waiting.length === 0) return [];
    const known = addresses.filter(({ own }) => own.synthetic !== true);
    const free = subtractAddresses(
      wholeOf(subnet),
      unionOfAddresses(known.map(({ own }) => singleAddress(own.address))),
    );
    const names = [...new Set(waiting.map(({ name }) => name))];
    return written
      .filter(({ set }) => parts(set, free))
      .map(({ set, origin }) => ({
        origin,
        what: `${formatAddressSet(intersectAddresses(set, free))} is a part of ${subnet.name}, where ${names.slice(0, 4).join(", ")}${names.length > 4 ? " …" : ""} will get addresses that are not known yet`,
        effect: "answers take them to have the last free addresses of the subnet",
      }));
  });
}

function wholeOf(subnet: Subnet): AddressSet {
  return unionOfAddresses(subnet.prefixes.map((prefix) => prefixSet(prefix)));
}

/** Whether a set holds for some addresses that may be given out, and not for others of the same family. */
function parts(set: AddressSet, free: AddressSet): boolean {
  return [
    { v4: free.v4, v6: [] },
    { v4: [], v6: free.v6 },
  ].some((family) => !isEmptyAddresses(intersectAddresses(set, family)) && !isAddressSubset(family, set));
}

/** Each set once, with the first place that writes it. */
function writtenIn(part: EstatePart): Iterable<Written> {
  const sets = new Map<string, Written>();
  const add = (set: AddressSet, origin: Origin): void => {
    const key = `${set.v4.join()} ${set.v6.join()}`;
    if (!sets.has(key)) sets.set(key, { set, origin });
  };
  for (const group of part.securityGroups?.values() ?? []) {
    for (const rule of [...group.inbound, ...group.outbound])
      if (rule.peer.kind === "addresses") add(rule.peer.set, rule.origin);
  }
  for (const acl of part.networkAcls?.values() ?? []) {
    for (const entry of [...acl.inbound, ...acl.outbound]) add(entry.peer, entry.origin);
  }
  return sets.values();
}
