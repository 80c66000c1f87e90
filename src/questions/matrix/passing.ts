// Which packets come through all filtering chains of one netfilter hook: certainly, and perhaps. Knows nothing of
// translation or of other hooks.
import { hookPlan, type HookChain } from "../../layers/host/hooks.ts";
import type { HostFirewall, Hook } from "../../layers/host/model.ts";
import { addressesOfType } from "../../layers/host/routing.ts";
import type { Family } from "../../packet/address.ts";
import { Space, type PacketSet } from "../../space/space.ts";
import type { Bounds } from "../../rules/symbolic/bounds.ts";
import { chainSets, type WalkOptions } from "../../rules/symbolic/chain-sets.ts";
import { verdicts } from "../../rules/symbolic/verdicts.ts";
import { vocabularyOf } from "../../rules/symbolic/vocabulary.ts";
import type { Assignment } from "./model.ts";

/** A hook's filtering chains for a family, in the order in which they run. */
export function filterChains(firewall: HostFirewall, hook: Hook, family: Family): readonly HookChain[] {
  return hookPlan(firewall, family)[hook].flatMap((stage) => (stage.kind === "filter" ? [stage.chain] : []));
}

/** A space that tells apart what the chains and the assignment do. */
export function spaceFor(question: string, filters: readonly HookChain[], assignment: Assignment): Space {
  const { interfaces, endpoints } = vocabularyOf(filters.flatMap(({ chains }) => [...chains.values()]));
  return new Space({
    question,
    interfaces: [...interfaces, ...assignment.map(({ device }) => device)],
    endpoints,
  });
}

/** What the firewall's host knows of addresses, for tests of their routing type. */
export function knownAt(firewall: HostFirewall): WalkOptions {
  return {
    addressesOfType: (types, limitTo) => addressesOfType(firewall, types, limitTo !== undefined),
  };
}

/** The packets of `entering` that certainly come through, and those that may. */
export function passing(
  space: Space,
  filters: readonly HookChain[],
  entering: PacketSet,
  options: WalkOptions = {},
): Bounds {
  let must = entering;
  let may = entering;
  let { marks } = options;
  for (const { chain, chains } of filters) {
    const sets = chainSets(space, chain, chains, may, {
      ...options,
      ...(marks === undefined ? {} : { marks }),
    });
    const { allowed, denied } = verdicts(space, sets);
    must = space.and(must, allowed);
    may = space.minus(may, denied);
    marks = sets.marks;
  }
  return { must, may };
}

/** Packets that came by an interface of the assignment have one of its addresses; all others are left as they are. */
export function assigned(space: Space, assignment: Assignment): PacketSet {
  return space.intersectionOf(
    assignment.map(({ device, sources }) =>
      space.or(space.not(space.inInterface(device, false)), space.address("source", sources)),
    ),
  );
}
