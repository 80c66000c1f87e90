// Which machines the internet gets to, by themselves or through a load balancer: what is worth more care than the rest.
import type { Interface, LoadBalancer } from "../../estate/model.ts";
import { anyPort, TCP, UDP } from "../../packet/protocol.ts";
import type { Context } from "./context.ts";
import { isWorldwide, openingsTo } from "./openings.ts";

interface Known {
  readonly facing: Map<string, boolean>;
  /** By the interface of a target: the load balancers in front of it. */
  readonly before: ReadonlyMap<string, readonly LoadBalancer[]>;
}

const known = new WeakMap<Context, Known>();

/** Whether the internet gets to an interface, directly or through a load balancer. */
export function facesInternet(context: Context, place: Interface): boolean {
  const { facing, before } = knownOf(context);
  const answered = facing.get(place.id);
  if (answered !== undefined) return answered;
  const faces =
    isReached(context, place) ||
    (before.get(place.id) ?? []).some((balancer) =>
      balancer.kind === "service"
        ? balancer.internetFacing
        : balancer.interfaces.some((id) => {
            const own = context.estate.interfaces.get(id);
            return own !== undefined && isReached(context, own);
          }),
    );
  facing.set(place.id, faces);
  return faces;
}

function isReached(context: Context, place: Interface): boolean {
  // Pods have no address that the internet could send to: only a balancer leads there.
  if (place.kind === "pod") return false;
  return [TCP, UDP].some((protocol) =>
    ([4, 6] as const).some((family) =>
      openingsTo(context, "internet", place, { protocol, ports: anyPort, family }).some(
        ({ packet, certain }) => certain && isWorldwide(packet.source),
      ),
    ),
  );
}

function knownOf(context: Context): Known {
  const own = known.get(context);
  if (own !== undefined) return own;
  const before = new Map<string, LoadBalancer[]>();
  for (const balancer of context.estate.loadBalancers.values())
    for (const target of balancer.listeners.flatMap((listener) => listener.targets)) {
      if (target.interface === undefined) continue;
      const balancers = before.get(target.interface) ?? [];
      if (!balancers.includes(balancer)) before.set(target.interface, [...balancers, balancer]);
    }
  const made: Known = { facing: new Map(), before };
  known.set(context, made);
  return made;
}
