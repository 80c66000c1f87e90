// Interfaces that every ring treats alike, as one: the same subnet, groups, host firewall and kind of address. Checks ask
// about one of each class and name how many there are, so that their cost follows policies and not machines.
import type { Estate, Interface } from "../../estate/model.ts";
import { indexOf } from "../../estate/estate-index.ts";

export interface InterfaceClass {
  /** The one that is asked about. */
  readonly first: Interface;
  readonly members: readonly Interface[];
}

interface Made {
  readonly of: readonly unknown[];
  readonly classes: readonly InterfaceClass[];
}
/** By what they are made from, since a remedy's trial changes little of an estate. */
const made = new WeakMap<Estate["interfaces"], Made>();

/** The classes of the interfaces that stand for machines: not those of NAT gateways and other parts of the network. */
export function interfaceClasses(estate: Estate): readonly InterfaceClass[] {
  const of = [estate.hosts, estate.policies, estate.loadBalancers];
  const before = made.get(estate.interfaces);
  if (before?.of.every((part, at) => part === of[at]) === true) return before.classes;
  const index = indexOf(estate);
  const policed = new Map<string, number[]>();
  for (const [at, policy] of estate.policies.entries())
    for (const pod of policy.pods) policed.set(pod, [...(policed.get(pod) ?? []), at]);
  const groups = Map.groupBy(
    [...estate.interfaces.values()].filter((place) => isMachine(place)),
    (place) => {
      const host = index.hostOf(place);
      // A host with a firewall, or with ports that are known, is a class by itself; so is one with several interfaces,
      // since packets may leave by another one.
      const own =
        host !== undefined &&
        (host.firewall !== undefined ||
          host.listens !== undefined ||
          !host.running ||
          host.interfaces.length > 1);
      return JSON.stringify([
        place.subnet,
        place.kind,
        place.securityGroups.toSorted(),
        place.addresses.map((item) => [item.address.family, item.public !== undefined]),
        own ? place.id : "",
        host?.system ?? "",
        host?.tags["namespace"] ?? "",
        index.loadBalancerOf(place)?.id ?? "",
        policed.get(place.id) ?? [],
      ]);
    },
  );
  const classes = [...groups.values()].flatMap((members): InterfaceClass[] => {
    const [first] = members;
    return first === undefined ? [] : [{ first, members }];
  });
  made.set(estate.interfaces, { of, classes });
  return classes;
}

function isMachine(place: Interface): boolean {
  return place.kind !== "nat-gateway" && place.kind !== "transit-gateway" && place.kind !== "vpc-endpoint";
}
