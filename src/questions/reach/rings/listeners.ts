// What takes connections at their end, as sets of flows: the listeners of a load balancer, the programs of a machine.
import type { Host, LoadBalancer, LoadBalancerListener } from "../../../estate/model.ts";
import type { Bounds } from "../../../rules/symbolic/bounds.ts";
import type { PacketSet, Space } from "../../../space/space.ts";

/** The flows that a listener is for. */
export function listenerSet(space: Space, { protocol, ports }: LoadBalancerListener): PacketSet {
  return space.and(space.number("protocol", [protocol, protocol]), space.number("destination-port", ports));
}

/** The first listener for a port takes it; what has none is refused. */
export function listeningSets(space: Space, balancer: LoadBalancer): Bounds {
  let must = space.none;
  let may = space.none;
  for (const listener of balancer.listeners) {
    const own = space.minus(listenerSet(space, listener), may);
    if (listener.uncertain === undefined) must = space.or(must, own);
    may = space.or(may, own);
  }
  return { must, may };
}

/** Nothing answers on a machine that is stopped; a port that is known to have no program refuses. */
export function answeringSets(space: Space, machine: Host, flows: PacketSet): Bounds {
  if (!machine.running) return { must: space.none, may: space.none };
  if (machine.listens === undefined) return { must: flows, may: flows };
  const ported = space.number("destination-port", [0, 65535]);
  const open = space.unionOf(
    machine.listens
      .filter((item) => !item.local)
      .map(({ protocol, port }) =>
        space.and(
          space.number("protocol", [protocol, protocol]),
          space.number("destination-port", [port, port]),
        ),
      ),
  );
  const set = space.or(space.minus(flows, ported), space.and(flows, open));
  return { must: set, may: set };
}
