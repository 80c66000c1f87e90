// From a load balancer on, as sets: for the ports of each listener, whether one of its targets can be had. A balancer
// answers when one of its targets does, as a trace has it.
import type { Interface, LoadBalancer } from "../../estate/model.ts";
import { isAddress } from "../../packet/address-set.ts";
import type { Packet } from "../../packet/packet.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import type { Bounds } from "../../rules/symbolic/bounds.ts";
import type { PacketSet } from "../../space/space.ts";
import { endsFor, mostTargets } from "../trace/onward.ts";
import type { Asker } from "./asker.ts";
import { outcomeOf, type Outcome } from "./outcome.ts";
import { outcomeByPieces } from "./pieces.ts";
import { listenerSet } from "./rings/listeners.ts";
import { findWay } from "./ways.ts";

/** What the engine lends: all flows of a client with such ports. */
export type FlowsOf = (family: 4 | 6, clientPorts: NumberSet) => PacketSet;

/**
 * Flows to a balancer for which something behind it answers, certainly or perhaps.
 *
 * @param packet one of the flows as it arrives at the balancer, ports left open
 */
export function onwardBounds(
  asker: Asker,
  flowsOf: FlowsOf,
  balancer: LoadBalancer,
  near: Interface,
  packet: Packet,
): Bounds {
  const { space } = asker;
  let taken = space.none;
  let must = space.none;
  let may = space.none;
  for (const listener of balancer.listeners) {
    const own = space.minus(listenerSet(space, listener), taken);
    taken = space.or(taken, own);
    const targets = listener.targets.slice(0, mostTargets).flatMap((target): Bounds[] => {
      const place =
        target.interface === undefined ? undefined : asker.index.estate.interfaces.get(target.interface);
      const keeps = target.preservesClient ?? balancer.preservesClient;
      const ends = place === undefined ? undefined : endsFor(keeps, near, place, packet, undefined);
      if (place === undefined || ends === undefined) return [];
      const found = targetOutcome(asker, flowsOf, near, place, ends);
      return [forPorts(asker, own, listener.protocol, target.port, found)];
    });
    if (targets.length === 0) {
      // No target was read: whether one answers is not this question's.
      must = space.or(must, own);
      may = space.or(may, own);
      continue;
    }
    must = space.or(must, space.unionOf(targets.map((one) => one.must)));
    may = space.or(may, space.unionOf(targets.map((one) => one.may)));
  }
  return { must, may };
}

interface Found extends Outcome {
  readonly flows: PacketSet;
}

function targetOutcome(
  asker: Asker,
  flowsOf: FlowsOf,
  near: Interface,
  place: Interface,
  ends: NonNullable<ReturnType<typeof endsFor>>,
): Found {
  const { space, index, views } = asker;
  const { source, destination, family, sourcePort } = ends.packet;
  const nothing = { allowed: space.none, depends: space.none, oneWay: space.none };
  const ports = typeof sourcePort === "number" ? [sourcePort, sourcePort] : (sourcePort ?? []);
  const flows = flowsOf(family, ports);
  if (!isAddress(source) || !isAddress(destination)) return { ...nothing, flows };
  const pair = {
    family,
    from: { place: near, address: source },
    to: { place, address: destination },
    // A way of its own for each target: nothing is shared with other pairs.
    fromSpot: 0,
    toSpot: 0,
    fromId: ends.packet.from,
    toId: ends.packet.to,
    flows,
  };
  const way = findWay(index, ends, pair);
  if (way === undefined) return { ...nothing, flows };
  return {
    ...(outcomeOf(asker, way, pair) ?? outcomeByPieces(index, views, ends, family, flows, way)),
    flows,
  };
}

/** The listener's flows that a target takes: on its own port, or on the port that was asked for. */
function forPorts(
  { space }: Asker,
  own: PacketSet,
  protocol: number,
  port: number | undefined,
  { allowed, depends, flows }: Found,
): Bounds {
  const one = space.number("protocol", [protocol, protocol]);
  const asked =
    port === undefined
      ? space.and(flows, one)
      : space.intersectionOf([flows, one, space.number("destination-port", [port, port])]);
  const possible = space.and(asked, space.or(allowed, depends));
  if (port !== undefined) {
    if (space.isEmpty(possible)) return { must: space.none, may: space.none };
    return { must: space.isSubset(asked, allowed) ? own : space.none, may: own };
  }
  // Per port: certain where it works from every port of the client's.
  const refused = space.forget(space.minus(asked, allowed), ["source-port"]);
  const some = space.and(space.forget(possible, ["source-port"]), own);
  return { must: space.minus(some, refused), may: some };
}
