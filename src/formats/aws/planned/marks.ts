// What an estate that does not stand yet (a template, a plan) says beyond the words of AWS's exports: that a thing may
// or may not be there, and that an address is made up. AWS itself writes neither key.
import type { Address } from "../../../packet/address.ts";
import { optionalText, type Item } from "../item.ts";

/** Beside the fields of a rule, an entry, a route …: whether it is there, or what it says, is not known; why. */
export const uncertainKey = "RingwallUncertain";

/** Beside an address that nobody has given yet: what it goes by. */
export const madeUpKey = "RingwallMadeUp";

/** Beside a database: which interfaces are its own, where no likeness has to tell. */
export const interfacesKey = "RingwallInterfaces";

export function whyUncertain(item: Item): string | undefined {
  return optionalText(item, uncertainKey);
}

export function isMadeUp(item: Item): boolean {
  return optionalText(item, madeUpKey) !== undefined;
}

/** The address under the name that it goes by where it is made up. */
export function spokenAddress(item: Item, address: Address): Address;
export function spokenAddress(item: Item, address: Address | undefined): Address | undefined;
export function spokenAddress(item: Item, address: Address | undefined): Address | undefined {
  const name = optionalText(item, madeUpKey);
  return name === undefined || address === undefined ? address : { ...address, name };
}
