// The internet gateway, both ways: it exchanges an interface's private IPv4 address with its public one, and lets
// IPv6 addresses through as they are. (VPC user guide, "Internet gateways".)
import { isAddress } from "../../packet/address-set.ts";
import { addressText, type Packet } from "../../packet/packet.ts";
import { isInternet } from "../../packet/special.ts";
import { interfaceName, placeName } from "../estate-index.ts";
import type { Gateway, Interface } from "../model.ts";
import { addStep, nowhere, onToGoal, outside, pass, refuse, type Next, type Passage } from "./passage.ts";

/** Out by an internet gateway, for an interface that stands in one of its networks. */
export function toInternet(
  passage: Passage,
  gateway: Extract<Gateway, { kind: "internet" }>,
  from: Interface,
): Next {
  const { index } = passage.walk;
  const place = placeName(gateway);
  const { destination, source, family } = passage.packet;
  if (!isInternet(destination)) return refusePrivate(passage, gateway);
  if (family === 4) {
    const own = from.addresses.find(
      (item) => isAddress(source) && item.address.family === 4 && item.address.value === source.value,
    );
    if (own?.public === undefined) {
      refuse(passage, {
        layer: "gateway",
        place,
        ring: "internet gateway",
        why: `${interfaceName(index, from)} has no public IPv4 address, and an internet gateway carries nothing without one`,
        remedy: `give ${from.id} a public address, or send its subnet's default route to a NAT gateway`,
      });
      return nowhere;
    }
    addStep(passage, {
      layer: "nat",
      place,
      ring: "internet gateway",
      verdict: "passed",
      rules: [],
      causes: [],
      why: `the private address ${addressText(source)} becomes the public ${addressText(own.public)}`,
      rewritten: { ...passage.packet, source: own.public },
    });
  } else {
    pass(passage, { layer: "gateway", place, ring: "internet gateway", why: "out to the internet" });
  }
  return beyond(passage);
}

/** Private addresses have no route on the internet. */
export function refusePrivate(passage: Passage, gateway: Extract<Gateway, { kind: "internet" }>): Next {
  refuse(passage, {
    layer: "gateway",
    place: placeName(gateway),
    ring: "internet gateway",
    why: `${addressText(passage.packet.destination)} is not an address of the internet: it is dropped here`,
  });
  return nowhere;
}

/** Past the gateway: to one of the estate's own public addresses, or out of what was read. */
export function beyond(passage: Passage): Next {
  const { destination } = passage.packet;
  return isAddress(destination) && passage.walk.index.publicInterface(destination) !== undefined
    ? { kind: "internet" }
    : outside("internet");
}

/** In from the internet, to whoever has the public address. */
export function fromInternet(passage: Passage): Next {
  const { index } = passage.walk;
  const { destination } = passage.packet;
  const owner = isAddress(destination) ? index.publicInterface(destination) : undefined;
  if (owner === undefined) return noOwner(passage);
  const place = owner.interface;
  const name = interfaceName(index, place);
  const subnet = index.subnetOf(place);
  const gateway = subnet === undefined ? undefined : index.internetGatewayOf(subnet.network);
  if (gateway === undefined && subnet !== undefined && backByEgressOnly(passage, subnet.network)) {
    return { kind: "deliver", to: place, entersSubnet: true };
  }
  if (gateway === undefined) {
    passage.jumped = true;
    refuse(passage, {
      layer: "gateway",
      place: subnet === undefined ? name : (index.networkOf(subnet)?.name ?? subnet.network),
      ring: "internet gateway",
      why: `the network of ${name} has no internet gateway: nothing comes in from the internet`,
      remedy: "attach an internet gateway to the network and route the subnet to it",
    });
  } else {
    const rewritten: Packet = { ...passage.packet, destination: owner.address.address };
    const shown =
      passage.packet.family === 6
        ? `in from the internet to ${addressText(destination)}`
        : `the public address ${addressText(destination)} becomes the private ${addressText(owner.address.address)}`;
    addStep(passage, {
      layer: passage.packet.family === 6 ? "gateway" : "nat",
      place: placeName(gateway),
      ring: "internet gateway",
      verdict: "passed",
      rules: [],
      causes: [],
      why: shown,
      rewritten,
    });
  }
  if (owner.address.public !== undefined)
    passage.packet = { ...passage.packet, destination: owner.address.address };
  return { kind: "deliver", to: place, entersSubnet: true };
}

/** An egress-only gateway lets the answers to what went out by it back in, and nothing else. */
function backByEgressOnly(passage: Passage, network: string): boolean {
  const { index, memory, now } = passage.walk;
  const gateway = index.gateways.find(
    (item) => item.kind === "egress-only" && item.networks.includes(network),
  );
  if (gateway === undefined || passage.packet.family === 4) return false;
  const { state } = memory.table(`gateway ${gateway.id}`).track(passage.packet, now);
  if (state !== "established" && state !== "related") return false;
  pass(passage, {
    layer: "gateway",
    place: placeName(gateway),
    ring: "egress-only internet gateway",
    why: "it answers a connection from inside",
  });
  return true;
}

function noOwner(passage: Passage): Next {
  const { goal } = passage.walk;
  refuse(passage, {
    layer: "gateway",
    place: "internet",
    ring: "way in",
    why: `no interface that was read has the public address ${addressText(passage.packet.destination)}`,
  });
  return goal === undefined ? outside("internet") : onToGoal(passage);
}
