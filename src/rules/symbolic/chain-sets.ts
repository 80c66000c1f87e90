// Sends a set of packets through a chain and says which of them can come out how. Agrees with evaluate.ts about every
// packet; as there, ways are merged at every rule, so the cost is the number of rules and not of ways.
import type { PacketSet, Space } from "../../space/space.ts";
import type { Chain, ChainSet } from "../rule.ts";
import type { ChainSets, WalkOptions } from "./model.ts";
import { needsOf } from "./needs.ts";
import { endless, Walk } from "./walk.ts";

export type { ChainSets, WalkOptions } from "./model.ts";

/**
 * Sends packets through a chain.
 *
 * @param entering packets as they are at the head of the chain
 * @throws Problem `limit` where chains that call each other in circles never end, or the space outgrows its bound
 * @example chainSets(space, forward, chains, space.number("protocol", [6, 6])).accept
 */
export function chainSets(
  space: Space,
  chain: Chain,
  chains: ChainSet,
  entering: PacketSet,
  options: WalkOptions = {},
): ChainSets {
  const needs = needsOf(chain, chains);
  if (needs.circles && needs.changesMarks) throw endless(chain.origin);
  return new Walk(space, chains, needs, entering, options).result(chain, entering);
}
