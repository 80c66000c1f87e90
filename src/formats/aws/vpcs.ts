// VPCs: their prefixes of both families, account and region.
import type { Network } from "../../estate/model.ts";
import type { Prefix } from "../../packet/address.ts";
import type { Inventory } from "./inventory.ts";
import { child, children, hasField, optionalText, originOf, prefixAt, text, type Item } from "./item.ts";
import { once } from "./once.ts";
import { accountOf, placeOf, regionOf } from "./place.ts";

/** `regions` tells the region of a VPC by its subnets, for exports whose VPCs do not say it. */
export function readVpcs(inventory: Inventory, regions: ReadonlyMap<string, string>): Map<string, Network> {
  return once(
    "VPC",
    inventory.of("Vpcs").map((item) => readVpc(item, inventory, regions)),
  );
}

function readVpc(item: Item, inventory: Inventory, regions: ReadonlyMap<string, string>): Network {
  const id = text(item, "VpcId");
  const account = accountOf(item);
  const region = regionOf(item) ?? regions.get(id);
  noteBlockedAccess(item, id, inventory);
  return {
    ...placeOf(item, id),
    kind: "vpc",
    prefixes: [...ipv4Prefixes(item, id, inventory), ...ipv6Prefixes(item, id, inventory)],
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
  };
}

function ipv4Prefixes(item: Item, id: string, inventory: Inventory): Prefix[] {
  const associations = children(item, "CidrBlockAssociationSet");
  if (associations.length === 0) {
    // A plan may not know its VPC's prefix yet.
    return inventory.partial && !hasField(item, "CidrBlock") ? [] : [prefixAt(item, "CidrBlock")];
  }
  return associations.flatMap((association) =>
    associated(association, "CidrBlockState", id, inventory) ? [prefixAt(association, "CidrBlock")] : [],
  );
}

/** The IPv6 prefixes of a VPC or subnet. */
export function ipv6Prefixes(item: Item, id: string, inventory: Inventory): Prefix[] {
  return children(item, "Ipv6CidrBlockAssociationSet").flatMap((association) =>
    associated(association, "Ipv6CidrBlockState", id, inventory)
      ? [prefixAt(association, "Ipv6CidrBlock")]
      : [],
  );
}

/** A prefix on its way in or out is not counted in, and said so. */
function associated(association: Item, key: string, id: string, inventory: Inventory): boolean {
  const stated = child(association, key);
  const state = stated === undefined ? "associated" : (optionalText(stated, "State") ?? "associated");
  if (state === "associating" || state === "disassociating") {
    inventory.unknown(originOf(association, id), `a prefix of ${id} is ${state}`, "the prefix is left out");
  }
  return state === "associated";
}

/** VPC Block Public Access stops traffic through internet gateways, whatever the routes and groups say. */
export function noteBlockedAccess(item: Item, id: string, inventory: Inventory): void {
  const states = child(item, "BlockPublicAccessStates");
  const mode = states === undefined ? undefined : optionalText(states, "InternetGatewayBlockMode");
  if (mode === undefined || mode === "off") return;
  inventory.unknown(
    originOf(item, id),
    `VPC Block Public Access is on for ${id}: ${mode}`,
    "not modelled: it refuses traffic through internet gateways which the answers here allow",
  );
}

/** The account's and region's own Block Public Access, by describe-vpc-block-public-access-options. */
export function noteAccountBlockedAccess(inventory: Inventory): void {
  for (const whole of inventory.of("VpcBlockPublicAccessOptions")) {
    const options = child(whole, "VpcBlockPublicAccessOptions");
    const mode = options === undefined ? undefined : optionalText(options, "InternetGatewayBlockMode");
    if (options === undefined || mode === undefined || mode === "off") continue;
    inventory.unknown(
      originOf(options),
      `VPC Block Public Access is on in this region: ${mode}`,
      "not modelled: it refuses traffic through internet gateways which the answers here allow",
    );
  }
}
