// Address blocks with a meaning of their own (RFC 6890 and its updates), and what is left: the internet.
import {
  hasAddress,
  isAddress,
  isAddressSubset,
  addressSet,
  complementAddresses,
  intersectAddresses,
  familiesOf,
  ofFamily,
  prefixesOf,
  subtractAddresses,
  unionOfAddresses,
} from "./address-set.ts";
import type { AddressSet } from "./address-set.ts";
import type { Address } from "./address.ts";

/** RFC 1918, RFC 6598 (shared) and RFC 4193 (unique local): routed inside networks, never on the internet. */
export const privateAddresses: AddressSet = addressSet(
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "fc00::/7",
);

const special = addressSet(
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
);

/**
 * Every address that a machine on the internet can have. The documentation blocks (192.0.2.0/24, 198.51.100.0/24,
 * 203.0.113.0/24) count as internet, since people write examples with them.
 */
export const internetAddresses: AddressSet = intersectAddresses(complementAddresses(special), {
  v4: [0, 0xffffffff],
  v6: addressSet("2000::/3").v6,
});

export const linkLocalAddresses: AddressSet = addressSet("169.254.0.0/16", "fe80::/10");

export function isInternet(value: Address | AddressSet): boolean {
  return isAddress(value) ? hasAddress(internetAddresses, value) : isAddressSubset(value, internetAddresses);
}

/** What a set lacks to be the whole internet of its families; undefined where it is not the internet less a few prefixes. */
export function missingFromInternet(set: AddressSet): AddressSet | undefined {
  const families = familiesOf(set);
  const whole = unionOfAddresses(families.map((family) => ofFamily(internetAddresses, family)));
  if (families.length === 0 || !isAddressSubset(set, whole)) return undefined;
  const missing = subtractAddresses(whole, set);
  // Every range is one prefix at least: of many ranges the prefixes need not be made.
  const ranges = (missing.v4.length + missing.v6.length) / 2;
  return ranges <= fewPrefixes && prefixesOf(missing).length <= fewPrefixes ? missing : undefined;
}

/** More exceptions than this are clearer as what is left. */
const fewPrefixes = 4;
