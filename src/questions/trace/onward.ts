// From a load balancer on: each of its targets is a connection of its own, from the balancer's address (or, where it
// keeps the client's address, from the client's).
import type { EstateIndex } from "../../estate/estate-index.ts";
import type { Interface } from "../../estate/model.ts";
import { listenerFor } from "../../estate/places.ts";
import type { Packet } from "../../packet/packet.ts";
import { ephemeralPorts } from "../../packet/protocol.ts";
import type { Ends } from "./ends.ts";
import type { Trace, TraceCase, TraceQuestion } from "./model.ts";

/** Targets beyond this share their groups and subnets with those before them. */
export const mostTargets = 16;

type TraceEnds = (
  index: EstateIndex,
  question: TraceQuestion,
  ends: Ends,
  from: { readonly name: string },
  to: { readonly name: string },
) => Trace;

export function onwardTraces(
  index: EstateIndex,
  question: TraceQuestion,
  shown: TraceCase,
  ask: TraceEnds,
): Trace[] {
  const { end, packet } = shown.forward;
  if (end.kind !== "interface") return [];
  const balancer = index.loadBalancerOf(end.interface);
  if (balancer === undefined || balancer.kind === "service") return [];
  const listener = listenerFor(balancer, packet);
  if (listener === undefined) return [];
  return listener.targets.slice(0, mostTargets).flatMap((target) => {
    const place = target.interface === undefined ? undefined : index.estate.interfaces.get(target.interface);
    if (place === undefined) return [];
    const ends = endsFor(
      target.preservesClient ?? balancer.preservesClient,
      end.interface,
      place,
      packet,
      target.port,
    );
    return ends === undefined ? [] : [ask(index, question, ends, balancer, index.hostOf(place) ?? place)];
  });
}

export function endsFor(
  preservesClient: boolean,
  near: Interface,
  target: Interface,
  packet: Packet,
  port: number | undefined,
): Ends | undefined {
  // Balancers speak IPv4 to targets that have it, whatever the client spoke.
  const destination = target.addresses.find((item) => item.address.family === 4) ?? target.addresses[0];
  const own = near.addresses.find((item) => item.address.family === destination?.address.family);
  if (destination === undefined || own === undefined) return undefined;
  const keeps = preservesClient && packet.family === destination.address.family;
  const { from: _from, ...rest } = packet;
  return {
    packet: {
      ...rest,
      family: destination.address.family,
      source: keeps ? packet.source : own.address,
      destination: destination.address,
      sourcePort: keeps ? (packet.sourcePort ?? ephemeralPorts.aws) : ephemeralPorts.aws,
      ...(port === undefined ? {} : { destinationPort: port }),
      ...(target.kind === "pod" ? { to: target.id } : {}),
    },
    start: { kind: "interface", interface: near },
    goal: target,
  };
}
