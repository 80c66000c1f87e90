// Addresses outside of the estate as classes: the internet and its parts that rules or people name, the vendor's services,
// and private addresses, which may stand behind a private gateway.
import type { EstateIndex } from "../../estate/estate-index.ts";
import type { Address, Family } from "../../packet/address.ts";
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
} from "../../packet/address-set.ts";
import { familiarAddress } from "../../packet/familiar.ts";
import { internetAddresses, privateAddresses } from "../../packet/special.ts";
import type { Atoms } from "./atoms.ts";
import type { OutsideClass } from "./model.ts";

export interface Outside {
  readonly end: OutsideClass;
  readonly at: number;
  readonly family: Family;
  /** The address that stands for all of them. */
  readonly address: Address;
  readonly routeKey: string;
  readonly spotKey: string;
  /** Begins connections: all but the vendor's services, which only answer. */
  readonly begins: boolean;
}

/** @param from the place of the first one among all ends */
export function outsideClasses(index: EstateIndex, atoms: Atoms, routeAtoms: Atoms, from: number): Outside[] {
  const { estate } = index;
  const own = unionOfAddresses([
    ...[...estate.networks.values()].flatMap((network) => network.prefixes.map(prefixSet)),
    ...[...estate.interfaces.values()].flatMap((place) =>
      place.addresses.flatMap((item) => [
        singleAddress(item.address),
        ...(item.public === undefined ? [] : [singleAddress(item.public)]),
      ]),
    ),
  ]);
  const services = index.gateways.flatMap((gateway) =>
    gateway.kind === "vpc-endpoint" ? [{ name: gateway.service, set: gateway.prefixes }] : [],
  );
  const classes: Outside[] = [];
  const add = (end: Omit<OutsideClass, "kind" | "id">, family: Family, begins: boolean): void => {
    const address = familiarAddress(end.addresses);
    if (address === undefined) return;
    classes.push({
      end: { kind: "outside", id: `outside IPv${family} ${formatAddressSet(end.addresses, 3)}`, ...end },
      at: from + classes.length,
      family,
      address,
      routeKey: `outside ${routeAtoms.of(address)}`,
      spotKey: `outside ${atoms.of(address)}`,
      begins,
    });
  };
  for (const family of [4, 6] as const) {
    const parts = atoms.list(family).map(({ addresses }) => subtractAddresses(addresses, own));
    const internet = parts.filter(
      (part) => isAddressSubset(part, internetAddresses) && !isEmptyAddresses(part),
    );
    const whole = widest(internet);
    for (const part of internet) {
      const service = services.find(({ set }) => isAddressSubset(part, set));
      const name =
        service?.name ??
        namedAs(index, part) ??
        (part === whole ? "internet" : `internet: ${formatAddressSet(part, 3)}`);
      add({ name, addresses: part, internet: service === undefined }, family, service === undefined);
    }
    for (const part of parts) {
      const inner = intersectAddresses(part, privateAddresses);
      if (isEmptyAddresses(inner)) continue;
      add(
        { name: namedAs(index, inner) ?? formatAddressSet(inner, 3), addresses: inner, internet: false },
        family,
        true,
      );
    }
  }
  return classes;
}

function namedAs({ estate }: EstateIndex, part: AddressSet): string | undefined {
  return [...estate.names.values()].find((named) => isAddressSubset(part, named.set))?.name;
}

/** The part that is the rest of the internet, beside what rules name. */
function widest(parts: readonly AddressSet[]): AddressSet | undefined {
  const size = (set: AddressSet): number => {
    let sum = 0;
    for (let at = 0; at + 1 < set.v4.length; at += 2) sum += (set.v4[at + 1] ?? 0) - (set.v4[at] ?? 0) + 1;
    for (let at = 0; at + 1 < set.v6.length; at += 2)
      sum += Number((set.v6[at + 1] ?? 0n) - (set.v6[at] ?? 0n)) + 1;
    return sum;
  };
  return parts.reduce<AddressSet | undefined>(
    (best, part) => (best === undefined || size(part) > size(best) ? part : best),
    undefined,
  );
}
