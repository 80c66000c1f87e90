// NAT gateways: many private addresses behind one, ports 1024–65535, connections from inside only. They keep state, so
// replies find their way back. (VPC user guide, "NAT gateways".)
import { isAddress } from "../../packet/address-set.ts";
import { addressText } from "../../packet/packet.ts";
import { ephemeralPorts } from "../../packet/protocol.ts";
import { isInternet } from "../../packet/special.ts";
import { interfaceName, placeName, type EstateIndex } from "../estate-index.ts";
import type { Gateway, Interface, Subnet } from "../model.ts";
import { enterSubnet, leaveSubnet } from "./edges.ts";
import { addStep, holderOf, nowhere, outside, pass, refuse, type Next, type Passage } from "./passage.ts";
import { beyond, refusePrivate } from "./internet.ts";
import { chooseRoute } from "./choose-route.ts";

type NatGateway = Extract<Gateway, { kind: "nat" }>;

/** From a private subnet through the gateway, and on by the gateway's own subnet. */
export function throughNatGateway(passage: Passage, gateway: NatGateway, from: Subnet): Next {
  const { index, memory } = passage.walk;
  const subnet = index.estate.subnets.get(gateway.subnet);
  const place = placeName(gateway);
  if (subnet === undefined) {
    refuse(passage, { layer: "nat", place, ring: "NAT gateway", why: `the subnet of ${place} was not read` });
    return nowhere;
  }
  if (passage.packet.family === 6) {
    refuse(passage, {
      layer: "nat",
      place,
      ring: "NAT gateway",
      why: "a NAT gateway carries IPv4 only",
      remedy: "route ::/0 to an egress-only internet gateway",
    });
    return nowhere;
  }
  if (subnet.id !== from.id) enterSubnet(passage, subnet);
  const own = gateway.privateAddress;
  if (own === undefined) {
    refuse(passage, {
      layer: "nat",
      place,
      ring: "NAT gateway",
      why: `no private address of ${place} was read, so what it sends can't be followed`,
    });
    return nowhere;
  }
  const { packet } = passage;
  const ported = packet.sourcePort !== undefined;
  const sent = { ...packet, source: own, ...(ported ? { sourcePort: ephemeralPorts.aws } : {}) };
  memory.bind(gateway.id, sent, {
    source: packet.source,
    ...(packet.sourcePort === undefined ? {} : { sourcePort: packet.sourcePort }),
  });
  addStep(passage, {
    layer: "nat",
    place,
    ring: "NAT gateway",
    verdict: "passed",
    rules: [],
    causes: [],
    why: `the source becomes ${addressText(own)}${ported ? " with a port from 1024–65535" : ""}`,
    rewritten: sent,
  });
  leaveSubnet(passage, subnet);
  return fromNatGateway(passage, gateway, subnet);
}

function fromNatGateway(passage: Passage, gateway: NatGateway, subnet: Subnet): Next {
  const { index } = passage.walk;
  const place = placeName(gateway);
  const route = chooseRoute(passage, subnet);
  if (route === undefined) return nowhere;
  if (route.target.kind === "local") return { kind: "locate", network: subnet.network, from: subnet };
  const next = route.target.kind === "gateway" ? index.estate.gateways.get(route.target.id) : undefined;
  if (next?.kind === "internet" && gateway.publicAddress !== undefined) {
    if (!isInternet(passage.packet.destination)) return refusePrivate(passage, next);
    addStep(passage, {
      layer: "nat",
      place: placeName(next),
      ring: "internet gateway",
      verdict: "passed",
      rules: [],
      causes: [],
      why: `the NAT gateway's address becomes the public ${addressText(gateway.publicAddress)}`,
      rewritten: { ...passage.packet, source: gateway.publicAddress },
    });
    return beyond(passage);
  }
  if (next?.kind === "private" || next?.kind === "transit") {
    pass(passage, {
      layer: "gateway",
      place: placeName(next),
      ring: next.kind,
      why: "on to the networks behind it",
    });
    return outside(next.name, subnet.network);
  }
  refuse(passage, {
    layer: "route",
    place,
    ring: "route",
    why:
      next?.kind === "internet"
        ? `${place} is a private NAT gateway: it has no public address to send from`
        : `the subnet of ${place} has no way out to the internet`,
    remedy: `give the route table of ${subnet.name} a default route to an internet gateway`,
  });
  return nowhere;
}

/** A packet to the gateway's own private address: a reply finds its connection, anything else is dropped. */
export function toNatGateway(passage: Passage, place: Interface, entersSubnet: boolean): Next {
  const { index, memory } = passage.walk;
  const gateway = gatewayAt(index, place);
  const name = gateway === undefined ? interfaceName(index, place) : placeName(gateway);
  const subnet = index.subnetOf(place);
  if (gateway === undefined || subnet === undefined) {
    refuse(passage, {
      layer: "nat",
      place: name,
      ring: "NAT gateway",
      why: `the NAT gateway behind ${place.id} was not read`,
    });
    return nowhere;
  }
  if (entersSubnet) enterSubnet(passage, subnet);
  const binding = memory.bound(gateway.id, passage.packet);
  if (binding === undefined) {
    refuse(passage, {
      layer: "nat",
      place: name,
      ring: "NAT gateway",
      why: "no connection from inside belongs to it, and a NAT gateway lets nothing else in",
    });
    return nowhere;
  }
  return backThroughNat(passage, gateway, subnet, binding);
}

function backThroughNat(
  passage: Passage,
  gateway: NatGateway,
  subnet: Subnet,
  binding: NonNullable<ReturnType<Passage["walk"]["memory"]["bound"]>>,
): Next {
  const rewritten = {
    ...passage.packet,
    destination: binding.source,
    ...(binding.sourcePort === undefined ? {} : { destinationPort: binding.sourcePort }),
  };
  addStep(passage, {
    layer: "nat",
    place: placeName(gateway),
    ring: "NAT gateway",
    verdict: "passed",
    rules: [],
    causes: [],
    why: `it answers a connection from inside: the destination becomes ${addressText(binding.source)} again`,
    rewritten,
  });
  const back = isAddress(binding.source) ? holderOf(passage.walk, subnet.network, binding.source) : undefined;
  if (back?.subnet !== subnet.id) leaveSubnet(passage, subnet);
  return { kind: "locate", network: subnet.network, from: subnet };
}

function gatewayAt(index: EstateIndex, place: Interface): NatGateway | undefined {
  return index.gateways.find(
    (gateway): gateway is NatGateway =>
      gateway.kind === "nat" && (gateway.interface === place.id || gateway.id === place.owner),
  );
}
