// What becomes of connections that exist while the change is made: rings that remember them let them go on, rings without
// a memory and connections that were not tracked are cut at once.
import type { Interface } from "../../estate/model.ts";
import { decideSecurityGroups } from "../../layers/security-group/decide.ts";
import { decidingRings } from "../../estate/walk/deciding.ts";
import { ACK, type Packet } from "../../packet/packet.ts";
import { TCP } from "../../packet/protocol.ts";
import type { Step } from "../../rules/step.ts";
import type { Engine } from "../reach/engine.ts";
import type { PairReach } from "../reach/model.ts";
import { thereAndBack } from "../trace/there-and-back.ts";
import type { Cut } from "./model.ts";
import { isTracked } from "./tracking.ts";

type Fate = Pick<Cut, "tracking" | "at" | "why">;

/** How one of a pair's connections fares; `packet` is its first one, allowed before and not after. */
export function fateOf(before: Engine, after: Engine, pair: PairReach, packet: Packet): Fate {
  const places = placesOf(after, pair);
  if (places === undefined)
    return { tracking: "unknown", at: "once", why: "one of its ends is no longer there" };
  const known = walk(after, packet, places, "established");
  const refusal = known.find((step) => step.verdict === "denied");
  if (refusal !== undefined) return { tracking: trackingOf(refusal), at: "once", why: refusal.why };
  const untracked = untrackedAt(before, after, packet, places);
  if (untracked !== undefined) return untracked;
  const refusesNew = walk(after, packet, places, "new").filter((step) => step.verdict !== "allowed");
  if (refusesNew.some((step) => step.layer === "network-policy"))
    return {
      tracking: "unknown",
      at: "unknown",
      why: "whether a network plugin cuts what a policy no longer allows is its own affair",
    };
  const doubt = known.find((step) => step.verdict === "depends");
  if (doubt !== undefined) return { tracking: "unknown", at: "unknown", why: doubt.why };
  return {
    tracking: "tracked",
    at: "end",
    why: "every ring that refuses new ones knows the connection, and lets it go on until it ends or idles out",
  };
}

interface Places {
  readonly from?: Interface;
  readonly to?: Interface;
}

/** Undefined where an inside end is gone. */
function placesOf(after: Engine, pair: PairReach): Places | undefined {
  const found: { from?: Interface; to?: Interface } = {};
  for (const side of ["from", "to"] as const) {
    const end = pair[side];
    if (end.kind === "outside") continue;
    const place = end.interfaces
      .map((id) => after.estate.interfaces.get(id))
      .find((item) => item !== undefined);
    if (place === undefined) return undefined;
    found[side] = place;
  }
  return found;
}

/** The steps of a packet there and back through the estate as it is afterwards. */
function walk(after: Engine, first: Packet, places: Places, state: "new" | "established"): readonly Step[] {
  const packet = state === "established" && first.protocol === TCP ? { ...first, tcpFlags: ACK } : first;
  const ends = {
    packet,
    start:
      places.from === undefined
        ? ({ kind: "outside" } as const)
        : ({ kind: "interface", interface: places.from } as const),
    ...(places.to === undefined ? {} : { goal: places.to }),
  };
  const { forward, reply } = thereAndBack(after.index, decidingRings, ends, packet, state);
  return [...forward.steps, ...(reply?.steps ?? [])];
}

function trackingOf(step: Step): Cut["tracking"] {
  return step.layer === "nacl" || step.layer === "packet-filter" ? "stateless" : "unknown";
}

/** A security group that let it through without tracking it, and refuses it now. */
function untrackedAt(before: Engine, after: Engine, packet: Packet, places: Places): Fate | undefined {
  if (typeof packet.protocol !== "number") return undefined;
  const asked = {
    family: packet.family,
    protocol: packet.protocol,
    ...(typeof packet.destinationPort === "number" ? { destinationPort: packet.destinationPort } : {}),
  };
  for (const [side, direction] of [
    ["from", "outbound"],
    ["to", "inbound"],
  ] as const) {
    const now = places[side];
    const was = now === undefined ? undefined : before.estate.interfaces.get(now.id);
    if (now === undefined || was === undefined || was.securityGroups.length === 0) continue;
    const old = before.index.ringOf(was);
    if (isTracked(old, direction, asked)) continue;
    const names = old.groups.map((group) => group.name).join(", ");
    const ring = after.index.ringOf(now);
    if (decideSecurityGroups(ring, direction, packet, now.name, names).verdict === "denied")
      return {
        tracking: "untracked",
        at: "once",
        why: `${names} is open to everybody in both directions for it, and such connections are not tracked`,
      };
  }
  return undefined;
}
