// Small geometry of places: whether an address lies in a subnet or network.
import {
  isAddress,
  isAddressSubset,
  prefixSet,
  singleAddress,
  unionOfAddresses,
} from "../packet/address-set.ts";
import type { Prefix } from "../packet/address.ts";
import type { AddressValue } from "../packet/packet.ts";

export function holdsPrefix(prefixes: readonly Prefix[], value: AddressValue): boolean {
  const set = isAddress(value) ? singleAddress(value) : value;
  return isAddressSubset(set, unionOfAddresses(prefixes.map(prefixSet)));
}
