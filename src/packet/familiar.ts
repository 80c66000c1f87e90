// Which address of a set people would name as an example: one of the documentation blocks for somebody on the internet, a
// host's and not a network's elsewhere.
import { hasAddress, lowestAddress, type AddressSet } from "./address-set.ts";
import { parseAddress, type Address } from "./address.ts";

/** Addresses by which people know “somebody out there” (RFC 5737, RFC 3849), and “somebody in here”. */
const familiar = [
  "203.0.113.7",
  "198.51.100.7",
  "192.0.2.7",
  "2001:db8::7",
  "10.0.0.7",
  "192.168.0.7",
].flatMap((text) => parseAddress(text) ?? []);
/** An address of a set by which people know it; undefined for an empty set. */
export function familiarAddress(set: AddressSet): Address | undefined {
  return familiar.find((address) => hasAddress(set, address)) ?? insideOf(set);
}

/** The lowest address, but not one that ends a prefix: `10.0.1.1`, not `10.0.1.0`. */
function insideOf(set: AddressSet): Address | undefined {
  const lowest = lowestAddress(set);
  if (lowest === undefined) return undefined;
  const next: Address =
    lowest.family === 4 ? { family: 4, value: lowest.value + 1 } : { family: 6, value: lowest.value + 1n };
  const isNetwork = lowest.family === 4 ? lowest.value % 256 === 0 : lowest.value % 65536n === 0n;
  return isNetwork && hasAddress(set, next) ? next : lowest;
}
