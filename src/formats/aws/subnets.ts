// Subnets: their prefixes and zone. Which network ACL and route table they have stands in settle.ts.
import type { Subnet } from "../../estate/model.ts";
import type { Inventory } from "./inventory.ts";
import { optionalFlag, optionalText, prefixAt, text, type Item } from "./item.ts";
import { once } from "./once.ts";
import { placeOf, regionOf } from "./place.ts";
import { ipv6Prefixes, noteBlockedAccess } from "./vpcs.ts";

export function readSubnets(inventory: Inventory): Map<string, Subnet> {
  return once(
    "subnet",
    inventory.of("Subnets").map((item) => subnetAt(item, inventory)),
  );
}

function subnetAt(item: Item, inventory: Inventory): Subnet {
  const id = text(item, "SubnetId");
  const zone = optionalText(item, "AvailabilityZone");
  noteBlockedAccess(item, id, inventory);
  // An IPv6-only subnet has no CidrBlock.
  const ipv4 = optionalText(item, "CidrBlock") === undefined ? [] : [prefixAt(item, "CidrBlock")];
  return {
    ...placeOf(item, id),
    network: text(item, "VpcId"),
    prefixes: [...ipv4, ...ipv6Prefixes(item, id, inventory)],
    packetFilters: [],
    ...(zone === undefined ? {} : { zone }),
  };
}

/** The subnets whose instances get a public IPv4 address unless they say otherwise. */
export function publicSubnets(inventory: Inventory): Set<string> {
  return new Set(
    inventory
      .of("Subnets")
      .filter((item) => optionalFlag(item, "MapPublicIpOnLaunch") === true)
      .map((item) => text(item, "SubnetId")),
  );
}

/** The region of each VPC, by where its subnets are. */
export function regionsBySubnet(inventory: Inventory): Map<string, string> {
  return new Map(
    inventory.of("Subnets").flatMap((item) => {
      const region = regionOf(item);
      return region === undefined ? [] : [[text(item, "VpcId"), region] as const];
    }),
  );
}
