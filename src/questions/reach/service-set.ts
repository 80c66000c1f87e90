// Services back as sets: what people write, to be held against what is reached.
import type { Family } from "../../packet/address.ts";
import { hasPorts, ICMP, ICMPV6 } from "../../packet/protocol.ts";
import type { PacketSet, Space } from "../../space/space.ts";
import type { Service } from "./model.ts";

/**
 * All flows of a service, in the shape of the flow sets of a pair (addresses and family known). `icmp` is each family's
 * own ICMP; a type is meant of the protocol that is named.
 *
 * @example space.isSubset(serviceSet(space, 4, { protocol: TCP, destinationPorts: [443, 443] }), pair.allowed.set)
 */
export function serviceSet(space: Space, family: Family, service: Service): PacketSet {
  const { protocol, destinationPorts, sourcePorts, icmp } = service;
  if (protocol === "any") return space.all;
  const own = protocol === ICMP && family === 6 && icmp === undefined ? ICMPV6 : protocol;
  const parts = [space.number("protocol", [own, own])];
  if (hasPorts(own)) {
    if (destinationPorts !== undefined) parts.push(space.number("destination-port", destinationPorts));
    if (sourcePorts !== undefined) parts.push(space.number("source-port", sourcePorts));
  }
  if (icmp !== undefined) {
    parts.push(space.family(family), space.number("icmp-type", icmp.types));
    if (icmp.codes !== undefined) parts.push(space.number("icmp-code", icmp.codes));
  }
  // With the family known, the set says nothing of it any more: that is the shape of flows.
  return space.at(space.intersectionOf(parts), "source", zero(family));
}

function zero(family: Family): { family: 4; value: number } | { family: 6; value: bigint } {
  return family === 4 ? { family, value: 0 } : { family, value: 0n };
}
