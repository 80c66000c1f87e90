// Rings that decide: one packet, with what each stateful place remembers. What a trace and a replay walk with.
import { serviceText, ruleAddress } from "../../layers/ports.ts";
import type { HostFirewall } from "../../layers/host/model.ts";
import { passHost } from "../../layers/host/pass.ts";
import { decideNetworkAcl } from "../../layers/nacl/decide.ts";
import type { NetworkAcl } from "../../layers/nacl/model.ts";
import { decideNetworkPolicy } from "../../layers/network-policy/decide.ts";
import { decidePacketFilter } from "../../layers/packet-filter/decide.ts";
import type { PacketFilter } from "../../layers/packet-filter/model.ts";
import { decideSecurityGroups } from "../../layers/security-group/decide.ts";
import { isAddress } from "../../packet/address-set.ts";
import { addressText, type AddressValue } from "../../packet/packet.ts";
import { protocolName } from "../../packet/protocol.ts";
import type { Tracked } from "../../rules/connections/model.ts";
import type { ConnectionState } from "../../rules/match.ts";
import type { Step } from "../../rules/step.ts";
import { interfaceName, placeName } from "../estate-index.ts";
import type { Host, Interface, LoadBalancer, Subnet } from "../model.ts";
import { listenerFor } from "../places.ts";
import { deviceOf } from "./edges.ts";
import { addStep, refuse, subnetName, type Passage, type Rings } from "./passage.ts";

function networkAcl(
  passage: Passage,
  subnet: Subnet,
  acl: NetworkAcl,
  direction: "inbound" | "outbound",
): void {
  const { index, isReply } = passage.walk;
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

function packetFilter(
  passage: Passage,
  subnet: Subnet,
  filter: PacketFilter,
  direction: "inbound" | "outbound",
): void {
  const place = subnetName(subnet);
  const { isReply } = passage.walk;
  if (!filter.stateful) {
    addStep(passage, decidePacketFilter(filter, direction, passage.packet, place, { isReply }));
    return;
  }
  tracked(passage, `packet-filter ${subnet.id} ${filter.id}`, (state) =>
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

function securityGroups(passage: Passage, place: Interface, direction: "inbound" | "outbound"): void {
  const { index } = passage.walk;
  const ring = index.ringOf(place);
  const name = interfaceName(index, place);
  const far = direction === "inbound" ? passage.packet.source : passage.packet.destination;
  const label = ring.groups.map((group) => group.name).join(", ");
  tracked(passage, `security-group ${place.id}`, (state) =>
    state === "established" || state === "related"
      ? remembered({ layer: "security-group", place: name, ring: `${label} ${direction}` }, state, label)
      : decideSecurityGroups(ring, direction, passage.packet, name, peerName(passage, far)),
  );
}

function networkPolicies(passage: Passage, place: Interface, direction: "inbound" | "outbound"): void {
  const { index } = passage.walk;
  const { estate } = index;
  const name = interfaceName(index, place);
  const way = direction === "inbound" ? "ingress" : "egress";
  tracked(passage, `network-policy ${place.id}`, (state) =>
    state === "established" || state === "related"
      ? remembered({ layer: "network-policy", place: name, ring: `policies ${way}` }, state, "the policies")
      : decideNetworkPolicy(estate.policies, place.id, way, passage.packet, name),
  );
}

function host(
  passage: Passage,
  machine: Host,
  firewall: HostFirewall,
  place: Interface,
  way: "in" | "out" | "forward",
): void {
  const { memory, now, assume } = passage.walk;
  const device = deviceOf(machine, place);
  const passed = passHost(firewall, {
    packet: passage.packet,
    origin:
      way === "out" ? { kind: "made" } : { kind: "arrives", ...(device === undefined ? {} : { device }) },
    ...(way === "in" || device === undefined ? {} : { outDevice: device }),
    to: way === "in" ? "self" : "elsewhere",
    connections: memory.table(`host ${machine.id}`),
    now,
    place: machine.name,
    ...(assume === undefined ? {} : { assume }),
  });
  for (const step of passed.steps) addStep(passage, step);
  if (passed.answer === "denied" && passage.walk.rememberRefused) {
    const table = memory.table(`host ${machine.id}`);
    table.confirm(table.track(passage.packet, now), now);
  }
  passage.packet = passed.packet;
}

function answers(passage: Passage, machine: Host, place: Interface): void {
  const name = interfaceName(passage.walk.index, place);
  const base = { layer: "endpoint", place: name, ring: "application" } as const;
  if (!machine.running) {
    refuse(passage, {
      ...base,
      why: `${machine.name} is not running: nothing answers`,
      remedy: `start ${machine.name}`,
    });
    return;
  }
  const { protocol, destinationPort } = passage.packet;
  if (machine.listens === undefined || typeof protocol !== "number" || typeof destinationPort !== "number")
    return;
  const here = machine.listens.filter((item) => item.protocol === protocol && item.port === destinationPort);
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
      remedy: `let the program on ${machine.name} listen on 0.0.0.0 or on ${addressText(passage.packet.destination)}`,
    });
  } else {
    refuse(passage, {
      ...base,
      why: `nothing listens on ${service}`,
      remedy: `start the program on ${machine.name}, or ask for the port it listens on`,
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

/** Every ring as it stands: it tells the packet's fate, and remembers what it lets through. */
export const decidingRings: Rings = {
  networkAcl,
  packetFilter,
  securityGroups,
  networkPolicies,
  host,
  listening,
  answers,
};
