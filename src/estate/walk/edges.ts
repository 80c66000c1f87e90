// The rings that stand at an edge: of a subnet (packet filters, network ACL), of an interface (security groups,
// Kubernetes policies) and of a machine (host firewall, what listens). In and out, in the order of the wire.
import { ruleAddress, serviceText } from "../../layers/ports.ts";
import { passHost } from "../../layers/host/pass.ts";
import { decideNetworkAcl } from "../../layers/nacl/decide.ts";
import { decideNetworkPolicy } from "../../layers/network-policy/decide.ts";
import { decidePacketFilter } from "../../layers/packet-filter/decide.ts";
import { decideSecurityGroups } from "../../layers/security-group/decide.ts";
import { isAddress } from "../../packet/address-set.ts";
import { listenerFor } from "../places.ts";
import { addressText, type AddressValue } from "../../packet/packet.ts";
import { protocolName } from "../../packet/protocol.ts";
import type { ConnectionState } from "../../rules/match.ts";
import type { Step } from "../../rules/step.ts";
import type { Tracked } from "../../rules/connections/model.ts";
import { interfaceName, placeName } from "../estate-index.ts";
import type { Host, Interface, LoadBalancer, Subnet } from "../model.ts";
import { addStep, refuse, subnetName, type Passage } from "./passage.ts";

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
  const { index, isReply } = passage.walk;
  if (subnet.networkAcl === undefined) return;
  const acl = index.estate.networkAcls.get(subnet.networkAcl);
  if (acl === undefined) return;
  addStep(
    passage,
    decideNetworkAcl(
      acl,
      index.chainOf(acl, direction),
      direction,
      passage.packet,
      subnetName(subnet),
      isReply,
    ),
  );
}

function crossPacketFilter(
  passage: Passage,
  subnet: Subnet,
  id: string,
  direction: "inbound" | "outbound",
): void {
  const filter = passage.walk.index.estate.packetFilters.get(id);
  if (filter === undefined) return;
  const place = subnetName(subnet);
  const { isReply } = passage.walk;
  if (!filter.stateful) {
    addStep(passage, decidePacketFilter(filter, direction, passage.packet, place, { isReply }));
    return;
  }
  tracked(passage, `packet-filter ${subnet.id} ${id}`, (state) =>
    state === "established" || state === "related"
      ? remembered({ layer: "packet-filter", place, ring: `${filter.name} ${direction}` }, state, filter.name)
      : decidePacketFilter(filter, direction, passage.packet, place, { isReply, state }),
  );
}

/** Asks a ring that keeps state; a connection that it lets through is remembered. */
function tracked(passage: Passage, key: string, decide: (state: ConnectionState) => Step): void {
  const { memory, now, assume, rememberRefused } = passage.walk;
  const table = memory.table(key);
  const found: Tracked = table.track(passage.packet, now);
  const step = decide(assume ?? found.state);
  addStep(passage, step);
  if (step.verdict !== "denied" || rememberRefused) table.confirm(found, now);
}

function remembered(
  base: Pick<Step, "layer" | "place" | "ring">,
  state: "established" | "related",
  name: string,
): Step {
  return {
    ...base,
    verdict: "allowed",
    rules: [],
    why:
      state === "established"
        ? `it belongs to a connection that ${name} let through before: replies pass without a rule`
        : `it is an error about a connection that ${name} let through before`,
    causes: [],
  };
}

/** A name for the other end, as a person would write it into a rule. */
function peerName(passage: Passage, value: AddressValue): string {
  const { index } = passage.walk;
  if (!isAddress(value)) return ruleAddress(value);
  for (const network of index.estate.networks.keys()) {
    const place = index.interfaceAt(network, value);
    if (place === undefined || place.kind === "pod") continue;
    const group = index.ringOf(place).groups[0];
    if (group !== undefined) return placeName(group);
  }
  return ruleAddress(value);
}

export function crossInterface(passage: Passage, place: Interface, direction: "inbound" | "outbound"): void {
  crossNetworkPolicies(passage, place, direction);
  const { index } = passage.walk;
  const ring = index.ringOf(place);
  if (place.securityGroups.length === 0) return;
  const name = interfaceName(index, place);
  const far = direction === "inbound" ? passage.packet.source : passage.packet.destination;
  const label = ring.groups.map((group) => group.name).join(", ");
  tracked(passage, `security-group ${place.id}`, (state) =>
    state === "established" || state === "related"
      ? remembered({ layer: "security-group", place: name, ring: `${label} ${direction}` }, state, label)
      : decideSecurityGroups(ring, direction, passage.packet, name, peerName(passage, far)),
  );
}

function crossNetworkPolicies(passage: Passage, place: Interface, direction: "inbound" | "outbound"): void {
  const { index } = passage.walk;
  const { estate } = index;
  if (place.kind !== "pod" || estate.policies.length === 0) return;
  const name = interfaceName(index, place);
  const way = direction === "inbound" ? "ingress" : "egress";
  tracked(passage, `network-policy ${place.id}`, (state) =>
    state === "established" || state === "related"
      ? remembered({ layer: "network-policy", place: name, ring: `policies ${way}` }, state, "the policies")
      : decideNetworkPolicy(estate.policies, place.id, way, passage.packet, name),
  );
}

/** Into the machine behind an interface: its firewall, and whether anything answers there. */
export function enterHost(passage: Passage, place: Interface): void {
  const { index } = passage.walk;
  const balancer = index.loadBalancerOf(place);
  if (balancer !== undefined && !passage.walk.isReply) listening(passage, balancer);
  const host = index.hostOf(place);
  if (host === undefined) return;
  crossHost(passage, host, place, "in");
  if (!passage.walk.isReply) answers(passage, host, place);
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
  if (host.firewall === undefined) return;
  const { memory, now, assume } = passage.walk;
  const device = deviceOf(host, place);
  const passed = passHost(host.firewall, {
    packet: passage.packet,
    origin:
      way === "out" ? { kind: "made" } : { kind: "arrives", ...(device === undefined ? {} : { device }) },
    ...(way === "in" || device === undefined ? {} : { outDevice: device }),
    to: way === "in" ? "self" : "elsewhere",
    connections: memory.table(`host ${host.id}`),
    now,
    place: host.name,
    ...(assume === undefined ? {} : { assume }),
  });
  for (const step of passed.steps) addStep(passage, step);
  if (passed.answer === "denied" && passage.walk.rememberRefused) {
    const table = memory.table(`host ${host.id}`);
    table.confirm(table.track(passage.packet, now), now);
  }
  passage.packet = passed.packet;
}

/** The interface's name inside the host: as given, or the device that has its address. */
function deviceOf(host: Host, place: Interface): string | undefined {
  if (place.device !== undefined) return place.device;
  const own = place.addresses[0]?.address;
  return host.firewall?.addresses.find(
    (item) => own !== undefined && item.address.family === own.family && item.address.value === own.value,
  )?.device;
}

function answers(passage: Passage, host: Host, place: Interface): void {
  const name = interfaceName(passage.walk.index, place);
  const base = { layer: "endpoint", place: name, ring: "application" } as const;
  if (!host.running) {
    refuse(passage, {
      ...base,
      why: `${host.name} is not running: nothing answers`,
      remedy: `start ${host.name}`,
    });
    return;
  }
  const { protocol, destinationPort } = passage.packet;
  if (host.listens === undefined || typeof protocol !== "number" || typeof destinationPort !== "number")
    return;
  const here = host.listens.filter((item) => item.protocol === protocol && item.port === destinationPort);
  const open = here.find((item) => !item.local);
  const service = `${protocolName(protocol)} ${destinationPort}`;
  if (open !== undefined) {
    addStep(passage, {
      ...base,
      verdict: "allowed",
      rules: [],
      why: `something listens on ${service}`,
      causes: [],
    });
  } else if (here.length > 0) {
    refuse(passage, {
      ...base,
      why: `the program listens on ${service} of 127.0.0.1 only, so nobody else reaches it`,
      remedy: `let the program on ${host.name} listen on 0.0.0.0 or on ${addressText(passage.packet.destination)}`,
    });
  } else {
    refuse(passage, {
      ...base,
      why: `nothing listens on ${service}`,
      remedy: `start the program on ${host.name}, or ask for the port it listens on`,
    });
  }
}

/** Whether a load balancer has a listener for it; where it goes from there is a connection of its own. */
function listening(passage: Passage, balancer: LoadBalancer): void {
  const { packet } = passage;
  const base = { layer: "load-balancer", place: placeName(balancer), ring: "listeners" } as const;
  const service = serviceText(packet);
  const listener = listenerFor(balancer, packet);
  if (listener === undefined) {
    refuse(passage, {
      ...base,
      why: `it has no listener for ${service}`,
      remedy: `add a listener for ${service} to ${balancer.name}`,
    });
  } else {
    const rule = {
      match: { kind: "always" },
      actions: [],
      origin: listener.origin,
      text: listener.text,
    } as const;
    const { uncertain } = listener;
    addStep(passage, {
      ...base,
      verdict: uncertain === undefined ? "allowed" : "depends",
      rules: [rule],
      why: uncertain ?? `its listener takes it: ${listener.text}`,
      causes:
        uncertain === undefined ? [] : [{ kind: "condition", what: uncertain, origin: listener.origin }],
    });
  }
}
