// “Can somebody send from an address that is not theirs?”: for each interface, whether packets that come by it with a source
// address that it was not assigned get through the firewall.
import type { HostFirewall, Hook } from "../../layers/host/model.ts";
import type { Family } from "../../packet/address.ts";
import { complementAddresses } from "../../packet/address-set.ts";
import type { Witness } from "../../space/space.ts";
import type { Assignment } from "./model.ts";
import { filterChains, knownAt, passing, spaceFor } from "./passing.ts";

export interface Spoofing {
  readonly device: string;
  /** Whether some packet of a new connection gets through with an address that is not the interface's. */
  readonly spoofed: "certainly not" | "perhaps" | "certainly";
  /** A packet that shows it; absent where none can get through. */
  readonly witness?: Witness;
}

/**
 * One answer for each interface of the assignment, about packets that open a connection.
 *
 * @throws Problem `limit` where the sets outgrow their bound
 * @example spoofing(firewall, "forward", 4, [{ device: "eth1", sources: addressSet("10.0.1.0/24") }])
 */
export function spoofing(
  firewall: HostFirewall,
  hook: Hook,
  family: Family,
  assignment: Assignment,
): readonly Spoofing[] {
  const filters = filterChains(firewall, hook, family);
  const space = spaceFor(`spoofing through ${firewall.name}`, filters, assignment);
  const foreign = assignment.map(({ device, sources }) =>
    space.and(space.inInterface(device, false), space.address("source", complementAddresses(sources))),
  );
  const opening = space.and(space.family(family), space.state(["new"]));
  const { must, may } = passing(
    space,
    filters,
    space.and(opening, space.unionOf(foreign)),
    knownAt(firewall),
  );
  return assignment.map(({ device }, at): Spoofing => {
    const own = foreign[at] ?? space.none;
    const certain = space.and(own, must);
    const possible = space.isEmpty(certain) ? space.and(own, may) : certain;
    const witness = space.witness(possible);
    if (witness === undefined) return { device, spoofed: "certainly not" };
    return { device, spoofed: space.isEmpty(certain) ? "perhaps" : "certainly", witness };
  });
}
