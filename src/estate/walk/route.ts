// Follows the route of a subnet to whatever it points at: the network itself, a gateway of some kind, or a machine
// that forwards.
import { isAddress } from "../../packet/address-set.ts";
import { addressText } from "../../packet/packet.ts";
import { isInternet } from "../../packet/special.ts";
import { holdsPrefix } from "../places.ts";
import { interfaceName, placeName } from "../estate-index.ts";
import type { Gateway, Interface, Subnet } from "../model.ts";
import { crossInterface, enterSubnet, forwardThroughHost, leaveSubnet } from "./edges.ts";
import { chooseRoute } from "./choose-route.ts";
import { toInternet } from "./internet.ts";
import { throughNatGateway } from "./nat-gateway.ts";
import { holderOf, nowhere, onToGoal, outside, pass, refuse, type Next, type Passage } from "./passage.ts";
import { throughTransit } from "./transit.ts";

export function followRoute(passage: Passage, subnet: Subnet, sender: Interface): Next {
  const { index } = passage.walk;
  const network = index.networkOf(subnet);
  if (network?.kind === "cluster" && !holdsPrefix(network.prefixes, passage.packet.destination)) {
    pass(passage, {
      layer: "route",
      place: network.name,
      ring: "cluster network",
      why: "out of the cluster by its node",
    });
    return outside("the world outside the cluster", network.id);
  }
  const before = passage.steps.length;
  const route = chooseRoute(passage, subnet);
  if (route === undefined) return passage.steps[before]?.verdict === "denied" ? onToGoal(passage) : nowhere;
  switch (route.target.kind) {
    case "local":
      return { kind: "locate", network: subnet.network, from: subnet };
    case "interface":
      return throughMachine(passage, route.target.id, subnet);
    case "gateway": {
      const gateway = index.estate.gateways.get(route.target.id);
      if (gateway !== undefined) return throughGateway(passage, gateway, subnet, sender);
      refuse(passage, {
        layer: "route",
        place: subnet.name,
        ring: "gateway",
        why: `the gateway ${route.target.id} was not read`,
      });
      return nowhere;
    }
    case "blackhole":
    case "unknown":
      return nowhere;
  }
}

function throughGateway(passage: Passage, gateway: Gateway, subnet: Subnet, sender: Interface): Next {
  const place = placeName(gateway);
  const { destination } = passage.packet;
  switch (gateway.kind) {
    case "internet":
      return toInternet(passage, gateway, sender);
    case "egress-only":
      return outByEgressOnly(passage, gateway);
    case "nat":
      return throughNatGateway(passage, gateway, subnet);
    case "peering":
      return throughPeering(passage, gateway, subnet);
    case "transit":
      return throughTransit(passage, gateway, subnet);
    case "vpc-endpoint":
      pass(passage, {
        layer: "gateway",
        place,
        ring: "gateway endpoint",
        why: `to ${gateway.service} without leaving the vendor's network`,
      });
      return outside(gateway.service, subnet.network);
    case "private":
      pass(passage, {
        layer: "gateway",
        place,
        ring: "private gateway",
        why: `${addressText(destination)} is reached by ${gateway.name}: what stands behind it was not read`,
      });
      return outside(gateway.name, subnet.network);
  }
}

function outByEgressOnly(passage: Passage, gateway: Gateway): Next {
  const place = placeName(gateway);
  if (passage.packet.family === 4 || !isInternet(passage.packet.destination)) {
    refuse(passage, {
      layer: "gateway",
      place,
      ring: "egress-only internet gateway",
      why: "it carries IPv6 to the internet and nothing else",
    });
    return nowhere;
  }
  // It keeps state: what comes back belongs to what went out, and nothing else comes in.
  const { memory, now } = passage.walk;
  const table = memory.table(`gateway ${gateway.id}`);
  table.confirm(table.track(passage.packet, now), now);
  pass(passage, {
    layer: "gateway",
    place,
    ring: "egress-only internet gateway",
    why: "out to the internet; only replies come back by it",
  });
  return outside("internet");
}

/** Peering joins two networks and no third one. (VPC peering guide, "transitive peering".) */
function throughPeering(
  passage: Passage,
  gateway: Extract<Gateway, { kind: "peering" }>,
  subnet: Subnet,
): Next {
  const { index } = passage.walk;
  const place = placeName(gateway);
  const far = gateway.requester === subnet.network ? gateway.accepter : gateway.requester;
  const network = index.estate.networks.get(far);
  if (!gateway.active) {
    refuse(passage, {
      layer: "gateway",
      place,
      ring: "peering",
      why: "the peering connection is not active",
      remedy: `accept or recreate ${place}`,
    });
    return onToGoal(passage);
  }
  if (network === undefined) {
    pass(passage, {
      layer: "gateway",
      place,
      ring: "peering",
      why: `the network ${far} on its other side was not read`,
    });
    return outside(far, subnet.network);
  }
  if (!holdsPrefix(network.prefixes, passage.packet.destination)) {
    refuse(passage, {
      layer: "gateway",
      place,
      ring: "peering",
      why: `${addressText(passage.packet.destination)} is not in ${network.name}, and peering carries no traffic further`,
      remedy: "peer the two networks directly, or join them by a transit gateway",
    });
    return onToGoal(passage);
  }
  pass(passage, { layer: "gateway", place, ring: "peering", why: `into ${network.name}` });
  return { kind: "locate", network: far };
}

/** A NAT instance or appliance: in by its interface, through its own firewall, and out again. */
function throughMachine(passage: Passage, id: string, subnet: Subnet): Next {
  const { index } = passage.walk;
  const place = index.estate.interfaces.get(id);
  if (place === undefined) {
    refuse(passage, {
      layer: "route",
      place: subnet.name,
      ring: "machine",
      why: `the interface ${id} that the route points at was not read`,
    });
    return nowhere;
  }
  const name = interfaceName(index, place);
  const own = index.subnetOf(place);
  if (own !== undefined && own.id !== subnet.id) enterSubnet(passage, own);
  crossInterface(passage, place, "inbound");
  if (place.sourceDestinationCheck) {
    refuse(passage, {
      layer: "endpoint",
      place: name,
      ring: "source/destination check",
      why: `${name} is to forward it, but its source/destination check drops what is not its own`,
      remedy: `turn the source/destination check of ${place.id} off`,
    });
  }
  const host = index.hostOf(place);
  if (host !== undefined) forwardThroughHost(passage, host, place);
  crossInterface(passage, place, "outbound");
  if (own === undefined) return nowhere;
  const { destination } = passage.packet;
  const neighbour = isAddress(destination) ? holderOf(passage.walk, own.network, destination) : undefined;
  if (neighbour?.subnet === own.id) return { kind: "deliver", to: neighbour, entersSubnet: false };
  leaveSubnet(passage, own);
  return { kind: "route", subnet: own, sender: place };
}
