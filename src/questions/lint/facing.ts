// Which machines the internet gets to, by themselves or through a load balancer: what is worth more care than the rest.
import type { Interface } from "../../estate/model.ts";
import { anyPort, TCP, UDP } from "../../packet/protocol.ts";
import { interfaceClasses } from "./classes.ts";
import type { Context } from "./context.ts";
import { isWorldwide, openingsTo } from "./openings.ts";

const known = new WeakMap<Context, ReadonlySet<string>>();

/** Whether the internet gets to an interface, directly or through a load balancer. */
export function facesInternet(context: Context, place: Interface): boolean {
  let facing = known.get(context);
  if (facing === undefined) {
    facing = facingInterfaces(context);
    known.set(context, facing);
  }
  return facing.has(place.id);
}

function facingInterfaces(context: Context): ReadonlySet<string> {
  const facing = new Set<string>();
  for (const { first, members } of interfaceClasses(context.estate)) {
    // Pods have no address that the internet could send to: only a balancer leads there.
    if (first.kind === "pod") continue;
    const open = [TCP, UDP].some((protocol) =>
      ([4, 6] as const).some((family) =>
        openingsTo(context, "internet", first, { protocol, ports: anyPort, family }).some(({ packet }) =>
          isWorldwide(packet.source),
        ),
      ),
    );
    if (open) for (const place of members) facing.add(place.id);
  }
  for (const balancer of context.estate.loadBalancers.values()) {
    const reached =
      balancer.kind === "service"
        ? balancer.internetFacing
        : balancer.interfaces.some((id) => facing.has(id));
    if (!reached) continue;
    for (const target of balancer.listeners.flatMap((listener) => listener.targets))
      if (target.interface !== undefined) facing.add(target.interface);
  }
  return facing;
}
