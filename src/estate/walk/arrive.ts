// The last part of a way: into the subnet, onto the interface, into the machine.
import { isAddress } from "../../packet/address-set.ts";
import { addressText } from "../../packet/packet.ts";
import { holdsPrefix } from "../places.ts";
import type { Interface, Subnet } from "../model.ts";
import { crossInterface, enterHost, enterSubnet } from "./edges.ts";
import {
  depend,
  holderOf,
  nowhere,
  onToGoal,
  refuse,
  subnetName,
  type Next,
  type Passage,
} from "./passage.ts";

/** Delivers to an interface. `entersSubnet`: it comes from outside the interface's subnet, so the subnet's edge is crossed. */
export function arrive(passage: Passage, place: Interface, entersSubnet: boolean): Next {
  const subnet = passage.walk.index.subnetOf(place);
  if (entersSubnet && subnet !== undefined) enterSubnet(passage, subnet);
  crossInterface(passage, place, "inbound");
  enterHost(passage, place);
  return { kind: "end", end: { kind: "interface", interface: place } };
}

/** Finds who has the destination address in a network. `from`: the subnet whose router sends it; none where it comes from outside. */
export function locate(passage: Passage, network: string, from: Subnet | undefined): Next {
  const { index } = passage.walk;
  const { destination } = passage.packet;
  const place = isAddress(destination) ? holderOf(passage.walk, network, destination) : undefined;
  if (place !== undefined) return { kind: "deliver", to: place, entersSubnet: place.subnet !== from?.id };
  const subnet = index.subnetsOf(network).find((candidate) => holdsPrefix(candidate.prefixes, destination));
  if (subnet === undefined) {
    refuse(passage, {
      layer: "route",
      place: index.estate.networks.get(network)?.name ?? network,
      ring: "local route",
      why: `${addressText(destination)} belongs to the network, but no subnet that was read has it`,
    });
    return onToGoal(passage);
  }
  if (subnet.id !== from?.id) enterSubnet(passage, subnet);
  depend(
    passage,
    {
      layer: "endpoint",
      place: subnetName(subnet),
      ring: "address",
      why: `no interface that was read has ${addressText(destination)}: whether anything answers there can't be said`,
    },
    [
      {
        kind: "condition",
        what: `whether anything in ${subnet.name} has the address ${addressText(destination)}`,
      },
    ],
  );
  return nowhere;
}
