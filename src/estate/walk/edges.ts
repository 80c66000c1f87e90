// The rings that stand at an edge: of a subnet (packet filters, network ACL), of an interface (security groups,
// Kubernetes policies) and of a machine (host firewall, what listens). In and out, in the order of the wire; what a ring
// makes of the packet is the walk's own `rings`.
import type { Host, Interface, Subnet } from "../model.ts";
import type { Passage } from "./passage.ts";

/** Out of a subnet: what stands nearest first. */
export function leaveSubnet(passage: Passage, subnet: Subnet): void {
  crossNetworkAcl(passage, subnet, "outbound");
  for (const id of subnet.packetFilters.toReversed()) crossPacketFilter(passage, subnet, id, "outbound");
}

/** Into a subnet: what stands farthest out first. */
export function enterSubnet(passage: Passage, subnet: Subnet): void {
  for (const id of subnet.packetFilters) crossPacketFilter(passage, subnet, id, "inbound");
  crossNetworkAcl(passage, subnet, "inbound");
}

export function crossNetworkAcl(passage: Passage, subnet: Subnet, direction: "inbound" | "outbound"): void {
  const { index, rings } = passage.walk;
  if (subnet.networkAcl === undefined) return;
  const acl = index.estate.networkAcls.get(subnet.networkAcl);
  if (acl !== undefined) rings.networkAcl(passage, subnet, acl, direction);
}

function crossPacketFilter(
  passage: Passage,
  subnet: Subnet,
  id: string,
  direction: "inbound" | "outbound",
): void {
  const { index, rings } = passage.walk;
  const filter = index.estate.packetFilters.get(id);
  if (filter !== undefined) rings.packetFilter(passage, subnet, filter, direction);
}

export function crossInterface(passage: Passage, place: Interface, direction: "inbound" | "outbound"): void {
  const { index, rings } = passage.walk;
  if (place.kind === "pod" && index.estate.policies.length > 0)
    rings.networkPolicies(passage, place, direction);
  if (place.securityGroups.length > 0) rings.securityGroups(passage, place, direction);
}

/** Into the machine behind an interface: its firewall, and whether anything answers there. */
export function enterHost(passage: Passage, place: Interface): void {
  const { index, isReply, rings } = passage.walk;
  const balancer = index.loadBalancerOf(place);
  if (balancer !== undefined && !isReply) rings.listening(passage, balancer);
  const host = index.hostOf(place);
  if (host === undefined) return;
  crossHost(passage, host, place, "in");
  if (!isReply) rings.answers(passage, host, place);
}

export function leaveHost(passage: Passage, place: Interface): void {
  const host = passage.walk.index.hostOf(place);
  if (host !== undefined) crossHost(passage, host, place, "out");
}

/** Through a machine that forwards, in by one interface and out by the same or another one. */
export function forwardThroughHost(passage: Passage, host: Host, place: Interface): void {
  crossHost(passage, host, place, "forward");
}

function crossHost(passage: Passage, host: Host, place: Interface, way: "in" | "out" | "forward"): void {
  if (host.firewall !== undefined) passage.walk.rings.host(passage, host, host.firewall, place, way);
}

/** An interface's name inside its host: as given, or the device that has its address. */
export function deviceOf(host: Host, place: Interface): string | undefined {
  if (place.device !== undefined) return place.device;
  const own = place.addresses[0]?.address;
  return host.firewall?.addresses.find(
    (item) => own !== undefined && item.address.family === own.family && item.address.value === own.value,
  )?.device;
}
