// The packets that lack what a test looks at: a connection, a transport header. Neither the test nor its negation holds of
// them; the same as absent.ts says packet by packet.
import type { PacketSet, Space } from "../../space/space.ts";
import { asksOf } from "../absent.ts";
import type { Match } from "../match.ts";

/** The packets for which `isAbsent` holds of the match. */
export function lacking(space: Space, match: Match): PacketSet {
  if (match.kind === "any")
    return match.of.length === 0
      ? space.none
      : space.intersectionOf(match.of.map((one) => lacking(space, one)));
  if (match.kind === "all") return space.unionOf(match.of.map((one) => lacking(space, one)));
  const { connection, transport } = asksOf(match);
  const without = connection ? space.state(["invalid", "untracked"]) : space.none;
  return transport ? space.or(without, space.fragment(["later"])) : without;
}
