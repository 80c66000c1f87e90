// Which addresses belong to which interface of a host, by its own addresses and routes: those that it would answer by that
// interface. The same that strict reverse path filtering lets in (RFC 3704, section 2.2).
import type { HostFirewall } from "../../layers/host/model.ts";
import {
  isEmptyAddresses,
  prefixSet,
  subtractAddresses,
  unionOfAddresses,
  type AddressSet,
} from "../../packet/address-set.ts";
import type { Prefix } from "../../packet/address.ts";
import type { Assignment } from "./model.ts";

/**
 * The interfaces that some address or route names, each with the addresses behind it. Empty where neither was exported.
 *
 * @example spoofing(firewall, "forward", 4, assignmentOf(firewall))
 */
export function assignmentOf(firewall: HostFirewall): Assignment {
  const ways: { readonly device: string | undefined; readonly prefix: Prefix; readonly metric: number }[] = [
    ...firewall.routes
      .filter(({ type }) => type !== "local" && type !== "broadcast")
      .map(({ device, destination, metric }) => ({ device, prefix: destination, metric })),
    // The kernel adds these routes itself, but an export of routes may be missing.
    ...firewall.addresses.map(({ device, address, length }) => ({
      device,
      prefix: { ...address, length },
      metric: 0,
    })),
  ];
  const taken: AddressSet[] = [];
  const sources = new Map<string, AddressSet[]>();
  for (const { device, prefix } of ways.toSorted(
    (a, b) => b.prefix.length - a.prefix.length || a.metric - b.metric,
  )) {
    const own = subtractAddresses(prefixSet(prefix), unionOfAddresses(taken));
    taken.push(own);
    if (device === undefined) continue;
    const before = sources.get(device);
    if (before === undefined) sources.set(device, [own]);
    else if (!isEmptyAddresses(own)) before.push(own);
  }
  return [...sources].map(([device, sets]) => ({ device, sources: unionOfAddresses(sets) }));
}
