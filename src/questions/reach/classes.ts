// The ends of the question: interfaces that every rule and every route treat alike as one class, and addresses outside of
// the estate in the same way. Per interface it looks things up and joins a key; everything dearer is done once a class.
import type { EstateIndex } from "../../estate/estate-index.ts";
import type { Interface } from "../../estate/model.ts";
import { singleAddress, unionOfAddresses } from "../../packet/address-set.ts";
import { tierPlaces } from "../lint/tiers.ts";
import { atomsOf, type Atoms } from "./atoms.ts";
import { interfaceKeys } from "./interface-keys.ts";
import { namedSets, routingSets, ruleSets } from "./mentions.ts";
import type { EndClass, InsideClass } from "./model.ts";
import { outsideClasses, type Outside } from "./outside-classes.ts";

/** A class of interfaces with what the engine needs of it. */
export interface Inside {
  readonly end: InsideClass;
  readonly at: number;
  readonly first: Interface;
  /** Another member, for the flows within the class. */
  readonly second: Interface | undefined;
  /** Classes with equal keys are led by the same routes to the same ends. */
  readonly routeKey: string;
  /** Classes with equal keys stand in one subnet, with addresses that no rule tells apart. */
  readonly spotKey: string;
}

export interface Classes {
  readonly all: readonly EndClass[];
  readonly inside: readonly Inside[];
  readonly outside: readonly Outside[];
  readonly ofInterface: (id: string) => Inside | undefined;
}

export function classify(index: EstateIndex): Classes {
  const { estate } = index;
  const routing = [...routingSets(estate)];
  const atoms = atomsOf([...routing, ...ruleSets(estate), ...namedSets(estate)]);
  const routeAtoms = atomsOf(routing);
  const inside = insideClasses(index, atoms, routeAtoms);
  const outside = outsideClasses(index, atoms, routeAtoms, inside.classes.length);
  return {
    all: [...inside.classes.map(({ end }) => end), ...outside.map(({ end }) => end)],
    inside: inside.classes,
    outside,
    ofInterface: (id) => inside.byInterface.get(id),
  };
}

interface Gathered {
  readonly routeKey: string;
  readonly spotKey: string;
  readonly members: Interface[];
}

function insideClasses(
  index: EstateIndex,
  atoms: Atoms,
  routeAtoms: Atoms,
): { classes: Inside[]; byInterface: ReadonlyMap<string, Inside> } {
  const { estate } = index;
  const keyOf = interfaceKeys(index, atoms, routeAtoms);
  const tiers = new Map<Interface, string>();
  for (const { tier, interfaces } of tierPlaces(estate))
    for (const place of interfaces) if (!tiers.has(place)) tiers.set(place, tier.name);
  const gathered = new Map<string, Gathered>();
  for (const place of estate.interfaces.values()) {
    if (!isEnd(place)) continue;
    const { key: rules, routeKey, spotKey } = keyOf(place);
    const key = `${tiers.get(place) ?? ""} ${rules}`;
    const before = gathered.get(key);
    if (before === undefined) gathered.set(key, { routeKey, spotKey, members: [place] });
    else before.members.push(place);
  }
  const byInterface = new Map<string, Inside>();
  const classes = [...gathered.values()].flatMap(({ routeKey, spotKey, members }, at): Inside[] => {
    const [first, second] = members;
    if (first === undefined) return [];
    const made: Inside = {
      end: insideEnd(index, members, first, tiers.get(first)),
      at,
      first,
      second,
      routeKey,
      spotKey,
    };
    for (const place of members) byInterface.set(place.id, made);
    return [made];
  });
  return { classes, byInterface };
}

/** Interfaces that begin or take connections of their own; those of NAT and transit gateways are parts of the way. */
function isEnd(place: Interface): boolean {
  return place.kind !== "nat-gateway" && place.kind !== "transit-gateway";
}

function insideEnd(
  index: EstateIndex,
  members: readonly Interface[],
  first: Interface,
  tier: string | undefined,
): InsideClass {
  let name: string | undefined;
  return {
    kind: "inside",
    id: `class ${first.id}`,
    // Made when first asked for: it looks at groups, and most classes are never told of.
    get name() {
      return (name ??= nameOf(index, members, first));
    },
    interfaces: members.map((place) => place.id),
    ...(tier === undefined ? {} : { tier }),
    get addresses() {
      return unionOfAddresses(
        members.flatMap((place) => place.addresses.map((item) => singleAddress(item.address))),
      );
    },
    get shown() {
      return unionOfAddresses(
        members.flatMap((place) =>
          place.addresses.flatMap((item) => (item.public === undefined ? [] : [singleAddress(item.public)])),
        ),
      );
    },
  };
}

/** One machine by its name; of several what they have in common, and how many there are. */
function nameOf(index: EstateIndex, members: readonly Interface[], first: Interface): string {
  const ownerOf = (place: Interface): string =>
    (index.hostOf(place) ?? index.loadBalancerOf(place) ?? place).name;
  const names = [...new Set(members.slice(0, 4).map(ownerOf))];
  if (members.length <= 2) return names.join(", ");
  const groups = index.ringOf(first).groups.map((group) => group.name);
  const subnet = index.subnetOf(first)?.name ?? first.subnet;
  return groups.length > 0
    ? `${groups.join(", ")} in ${subnet} (${members.length})`
    : `${ownerOf(first)} and ${members.length - 1} like it`;
}
