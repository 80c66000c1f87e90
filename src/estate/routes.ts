// Which route a destination takes: the longest prefix that holds it, static before learnt. An open destination that a
// prefix holds only in part is a question of its own and comes back as a cause to split on.
import {
  intersectAddresses,
  isAddress,
  isAddressSubset,
  isEmptyAddresses,
  prefixSet,
  singleAddress,
} from "../packet/address-set.ts";
import type { AddressValue } from "../packet/packet.ts";
import type { Cause } from "../rules/truth.ts";
import type { Prefix } from "../packet/address.ts";

export type RouteChoice<R> =
  | { readonly kind: "route"; readonly route: R; readonly prefix: Prefix }
  | { readonly kind: "none" }
  | { readonly kind: "split"; readonly cause: Cause };

/** The best of some candidates, each a route with one prefix; earlier ones win a tie. */
export function longestPrefix<R>(
  candidates: Iterable<{ readonly route: R; readonly prefix: Prefix; readonly propagated: boolean }>,
  destination: AddressValue,
): RouteChoice<R> {
  const wanted = isAddress(destination) ? singleAddress(destination) : destination;
  let best: { route: R; prefix: Prefix; propagated: boolean } | undefined;
  for (const candidate of candidates) {
    const set = prefixSet(candidate.prefix);
    const inside = intersectAddresses(wanted, set);
    if (isEmptyAddresses(inside)) continue;
    if (!isAddressSubset(wanted, set)) {
      if (isAddress(destination)) continue;
      return { kind: "split", cause: { kind: "address", field: "destination", open: destination, inside } };
    }
    if (best === undefined || beats(candidate, best)) best = candidate;
  }
  return best === undefined ? { kind: "none" } : { kind: "route", route: best.route, prefix: best.prefix };
}

function beats(
  a: { readonly prefix: Prefix; readonly propagated: boolean },
  b: { readonly prefix: Prefix; readonly propagated: boolean },
): boolean {
  return (
    a.prefix.length > b.prefix.length ||
    (a.prefix.length === b.prefix.length && b.propagated && !a.propagated)
  );
}
