// Small geometry of places: whether an address lies in a subnet or network, and which listener takes a packet.
import {
  isAddress,
  isAddressSubset,
  prefixSet,
  singleAddress,
  unionOfAddresses,
} from "../packet/address-set.ts";
import type { Prefix } from "../packet/address.ts";
import { holds } from "../packet/intervals.ts";
import type { AddressValue, Packet } from "../packet/packet.ts";
import type { LoadBalancer, LoadBalancerListener } from "./model.ts";

export function holdsPrefix(prefixes: readonly Prefix[], value: AddressValue): boolean {
  const set = isAddress(value) ? singleAddress(value) : value;
  return isAddressSubset(set, unionOfAddresses(prefixes.map(prefixSet)));
}

/** The listener of a load balancer that takes a packet; none where its port is still open. */
export function listenerFor(balancer: LoadBalancer, packet: Packet): LoadBalancerListener | undefined {
  return balancer.listeners.find(
    (item) =>
      item.protocol === packet.protocol &&
      typeof packet.destinationPort === "number" &&
      holds(item.ports, packet.destinationPort),
  );
}
