// Walks one packet through an estate, ring by ring, in the order of the wire. It goes on after a refusal wherever a way
// on is known, so that every blocker is named and not only the first.
import { isAddress } from "../../packet/address-set.ts";
import { addressText, type Packet } from "../../packet/packet.ts";
import { isInternet } from "../../packet/special.ts";
import { interfaceName } from "../estate-index.ts";
import type { Interface } from "../model.ts";
import { arrive, locate } from "./arrive.ts";
import { crossInterface, leaveHost, leaveSubnet } from "./edges.ts";
import { fromInternet } from "./internet.ts";
import {
  answerOf,
  holderOf,
  nowhere,
  onToGoal,
  refuse,
  type End,
  type Leg,
  type Next,
  type Passage,
  type Walk,
} from "./passage.ts";
import { toNatGateway } from "./nat-gateway.ts";
import { followRoute } from "./route.ts";
import { serviceAddress } from "./services.ts";

/** Where a packet starts: an interface of the estate, or outside of everything that was read. */
export type Start =
  | { readonly kind: "interface"; readonly interface: Interface }
  /** `network`: it comes back into this network by a private way, as the answer to what left it. */
  | { readonly kind: "outside"; readonly network?: string };

/** More hops than any sensible network has: routes that go in a circle end here. */
const mostHops = 32;

/**
 * One packet, one way.
 *
 * @example walkPacket({ index: indexOf(estate), memory: new Memory(), now: 0, isReply: false }, packet, { kind: "outside" })
 */
export function walkPacket(walk: Walk, packet: Packet, start: Start): Leg {
  const passage: Passage = { walk, steps: [], packet, jumped: false };
  let next = begin(passage, start);
  for (let hops = 0; next.kind !== "end"; hops += 1) {
    if (hops >= mostHops) {
      refuse(passage, {
        layer: "route",
        place: "estate",
        ring: "routes",
        why: `the routes go in a circle: ${mostHops} hops and no end`,
      });
      next = nowhere;
    } else {
      next = hop(passage, next);
    }
  }
  const end: End = next.end;
  return {
    answer: answerOf(passage.steps),
    steps: passage.steps,
    end,
    packet: passage.packet,
    jumped: passage.jumped,
  };
}

function begin(passage: Passage, start: Start): Next {
  if (start.kind === "interface") return leaveInterface(passage, start.interface);
  return start.network === undefined ? enterFromOutside(passage) : { kind: "locate", network: start.network };
}

function hop(passage: Passage, next: Exclude<Next, { kind: "end" }>): Next {
  switch (next.kind) {
    case "deliver":
      return next.to.kind === "nat-gateway"
        ? toNatGateway(passage, next.to, next.entersSubnet)
        : arrive(passage, next.to, next.entersSubnet);
    case "locate":
      return locate(passage, next.network, next.from);
    case "route":
      return followRoute(passage, next.subnet, next.sender);
    case "internet":
      return fromInternet(passage);
  }
}

function leaveInterface(passage: Passage, place: Interface): Next {
  const { index } = passage.walk;
  leaveHost(passage, place);
  checkSource(passage, place);
  const service = serviceAddress(passage, place);
  if (service !== undefined) return service;
  crossInterface(passage, place, "outbound");
  const subnet = index.subnetOf(place);
  if (subnet === undefined) {
    refuse(passage, {
      layer: "route",
      place: interfaceName(index, place),
      ring: "subnet",
      why: `its subnet ${place.subnet} was not read`,
    });
    return nowhere;
  }
  const { destination } = passage.packet;
  const neighbour = isAddress(destination) ? holderOf(passage.walk, subnet.network, destination) : undefined;
  // Between two interfaces of one subnet no router stands, so neither its table nor its ACL is asked.
  if (neighbour?.subnet === subnet.id) return { kind: "deliver", to: neighbour, entersSubnet: false };
  leaveSubnet(passage, subnet);
  return { kind: "route", subnet, sender: place };
}

/** AWS drops what an interface sends with an address that is not its own, unless its check is off. */
function checkSource(passage: Passage, place: Interface): void {
  const { source, family } = passage.packet;
  if (!place.sourceDestinationCheck || !isAddress(source) || place.kind === "load-balancer") return;
  if (place.addresses.some((item) => item.address.family === family && item.address.value === source.value))
    return;
  const name = interfaceName(passage.walk.index, place);
  refuse(passage, {
    layer: "endpoint",
    place: name,
    ring: "source/destination check",
    why: `${addressText(source)} is not an address of ${name}, and its source/destination check drops what is not its own`,
    remedy: `turn the source/destination check of ${place.id} off`,
  });
}

function enterFromOutside(passage: Passage): Next {
  const { index, goal } = passage.walk;
  const { destination, source } = passage.packet;
  if (isInternet(destination) && (!isAddress(source) || isInternet(source))) return { kind: "internet" };
  const found = isAddress(destination)
    ? [...index.estate.networks.values()].find(
        (network) => index.interfaceAt(network.id, destination) !== undefined,
      )
    : undefined;
  if (found !== undefined) {
    const joined = index.gateways.some(
      (gateway) => gateway.kind === "private" && gateway.networks.includes(found.id),
    );
    if (found.kind === "cluster" || (joined && !isInternet(source)))
      return { kind: "locate", network: found.id };
  }
  const from = isInternet(source)
    ? "the internet has"
    : `${addressText(source)} is in no network that was read, and it has`;
  refuse(passage, {
    layer: "gateway",
    place: "outside",
    ring: "way in",
    why: isInternet(destination)
      ? `${addressText(source)} is no address of the internet: nothing comes from it to a public one`
      : `${addressText(destination)} is a private address: ${from} no route to it`,
    remedy:
      goal === undefined
        ? "ask for a public address"
        : `give ${interfaceName(index, goal)} a public address, or put a load balancer before it`,
  });
  return onToGoal(passage);
}
