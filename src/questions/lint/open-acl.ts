// Whether a network ACL's entries refuse nothing, as those of the ACL that comes with a VPC do.
import type { NetworkAclEntry } from "../../layers/nacl/model.ts";
import { allIpv4, isAddressSubset } from "../../packet/address-set.ts";

/** Of one direction: the first entry allows everything from or to everybody (of IPv4; an entry for IPv6 stands beside it). */
export function letsAllThrough(entries: readonly NetworkAclEntry[]): boolean {
  const first = entries.toSorted((a, b) => a.number - b.number)[0];
  return first?.action === "allow" && first.protocol === "any" && isAddressSubset(allIpv4, first.peer);
}
