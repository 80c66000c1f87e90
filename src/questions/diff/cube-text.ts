// Sets of packets at a firewall as ends and services that people read: cubes of addresses, interfaces, protocols and ports.
import type { Hook } from "../../layers/host/model.ts";
import {
  allAddresses,
  formatAddressSet,
  isAddressSubset,
  type AddressSet,
} from "../../packet/address-set.ts";
import { pairsOf } from "../../packet/intervals.ts";
import { portedProtocols } from "../../rules/matches.ts";
import { hasPorts, ICMP, ICMPV6 } from "../../packet/protocol.ts";
import type { Cube, Name, PacketSet, Space } from "../../space/space.ts";
import type { Service } from "../reach/model.ts";
import type { DiffEnd } from "./model.ts";

export function cubeEnds(
  cube: Cube,
  hook: Hook,
  host: string,
  isRest: boolean,
): { readonly from: DiffEnd; readonly to: DiffEnd } {
  const others = isRest ? " (others)" : "";
  const from = `${hook === "output" && cube.source === undefined ? host : endText(cube.source)}${byText(cube.inInterface)}${others}`;
  const to = `${hook === "input" && cube.destination === undefined ? host : endText(cube.destination)}${byText(cube.outInterface)}`;
  return { from: { id: from, name: from }, to: { id: to, name: to } };
}

function endText(set: AddressSet | undefined): string {
  return set === undefined || isAddressSubset(allAddresses, set) ? "anybody" : formatAddressSet(set, 3);
}

/** ` by eth0`. */
function byText(names: readonly Name[] | undefined): string {
  return names === undefined ? "" : ` by ${names.map(nameText).join(", ")}`;
}

function nameText(name: Name): string {
  switch (name.kind) {
    case "one":
      return name.name;
    case "beginning":
      return `${name.name}*`;
    case "other":
      return "other interfaces";
  }
}

/** A protocol a service; a cube that says none means all. */
export function cubeServices(cube: Cube): Service[] {
  const { protocol, destinationPort, sourcePort, icmpType, icmpCode } = cube;
  const ports = {
    ...(destinationPort === undefined ? {} : { destinationPorts: destinationPort }),
    ...(sourcePort === undefined ? {} : { sourcePorts: sourcePort }),
  };
  const asksPorts = destinationPort !== undefined || sourcePort !== undefined;
  if (protocol === undefined && !asksPorts) return [{ protocol: "any" }];
  return pairsOf(protocol ?? portedProtocols).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, at): Service => {
      const number = first + at;
      if (hasPorts(number)) return { protocol: number, ...ports };
      if ((number === ICMP || number === ICMPV6) && icmpType !== undefined)
        return {
          protocol: number,
          icmp: { types: icmpType, ...(icmpCode === undefined ? {} : { codes: icmpCode }) },
        };
      return { protocol: number };
    }),
  );
}

/** What is left over as one cube that holds it: its ends and its protocols, each by itself. */
export function restOf(space: Space, left: PacketSet): Cube {
  return {
    source: space.addressesOf(left, "source"),
    destination: space.addressesOf(left, "destination"),
    protocol: space.numbersOf(left, "protocol"),
  };
}
