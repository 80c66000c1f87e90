// Ties what was read together: which ACL and routes a subnet has, which groups there are, whose an interface is. Where
// something is named and not there, a place that says so stands in, and an unknown is kept.
import type { Host, Interface, Network, RouteTable, Subnet } from "../../estate/model.ts";
import type { NetworkAcl } from "../../layers/nacl/model.ts";
import type { SecurityGroup } from "../../layers/security-group/model.ts";
import type { ReadInterface } from "./interfaces.ts";
import type { Inventory } from "./inventory.ts";
import { aclAssociations, defaultAcls, unknownAcl } from "./network-acls.ts";
import { takePeers, unknownGroup } from "./peers.ts";
import { routeTableAssociations } from "./route-tables.ts";
import { withRuleIds } from "./security-group-rules.ts";
import { readSecurityGroups } from "./security-groups.ts";

export interface SettledSubnets {
  readonly subnets: ReadonlyMap<string, Subnet>;
  /** The ACLs that were read, and those that stand in for others. */
  readonly networkAcls: ReadonlyMap<string, NetworkAcl>;
}

export function settleSubnets(
  subnets: ReadonlyMap<string, Subnet>,
  acls: ReadonlyMap<string, NetworkAcl>,
  tables: ReadonlyMap<string, RouteTable>,
  assumed: ReadonlyMap<string, string>,
  inventory: Inventory,
): SettledSubnets {
  const networkAcls = new Map(acls);
  const named = aclAssociations(inventory);
  const defaults = defaultAcls(inventory);
  const explicit = routeTableAssociations(inventory);
  const mains = new Map(
    [...tables.values()].filter((table) => table.main).map((table) => [table.network, table.id]),
  );
  const settled = new Map<string, Subnet>();
  for (const [id, subnet] of subnets) {
    const networkAcl =
      named.get(id) ?? defaults.get(subnet.network) ?? standInAcl(subnet, networkAcls, inventory);
    const routeTable = assumed.get(id) ?? explicit.get(id) ?? mains.get(subnet.network);
    if (routeTable === undefined) {
      inventory.unknown(
        subnet.origin,
        `the main route table of ${subnet.network} was not exported, and ${id} names no other`,
        "only addresses inside the VPC are taken to be reachable from it",
      );
    }
    settled.set(id, { ...subnet, networkAcl, ...(routeTable === undefined ? {} : { routeTable }) });
  }
  return { subnets: settled, networkAcls };
}

function standInAcl(subnet: Subnet, networkAcls: Map<string, NetworkAcl>, inventory: Inventory): string {
  const id = `network ACL of ${subnet.network}`;
  if (!networkAcls.has(id)) {
    networkAcls.set(id, unknownAcl(id, subnet.network, subnet.origin));
    inventory.unknown(
      subnet.origin,
      `the network ACLs of ${subnet.network} were not exported for every subnet (describe-network-acls)`,
      "whether they let a packet pass is not known",
    );
  }
  return id;
}

export function settleGroups(
  interfaces: ReadonlyMap<string, ReadInterface>,
  subnets: ReadonlyMap<string, Subnet>,
  prefixLists: Iterable<string>,
  inventory: Inventory,
): Map<string, SecurityGroup> {
  const wearers = new Map(
    [...interfaces.values()].flatMap((one) => one.place.securityGroups.map((group) => [group, one] as const)),
  );
  const networkOf = (group: string): string | undefined => {
    const wearer = wearers.get(group);
    return wearer === undefined ? undefined : (subnets.get(wearer.place.subnet)?.network ?? wearer.network);
  };
  const known = takePeers(inventory, prefixLists);
  const groups = withRuleIds(readSecurityGroups(inventory, known), inventory, known, networkOf);
  for (const [id, wearer] of wearers) {
    if (groups.has(id)) continue;
    groups.set(id, unknownGroup(id, networkOf(id) ?? "", wearer.origin));
    inventory.unknown(
      { ...wearer.origin, id },
      `the security group ${id} of ${wearer.id} was not exported`,
      "whether it lets a packet pass is not known",
    );
  }
  return groups;
}

/** Interfaces as the estate has them; those of a database are given to it. */
export function settleInterfaces(
  interfaces: ReadonlyMap<string, ReadInterface>,
  databases: Iterable<Host>,
): Map<string, Interface> {
  const databaseOf = new Map(
    [...databases].flatMap((host) => host.interfaces.map((id) => [id, host.id] as const)),
  );
  return new Map(
    [...interfaces].map(([id, { place }]) => {
      const database = databaseOf.get(id);
      return [id, database === undefined ? place : { ...place, kind: "database" as const, owner: database }];
    }),
  );
}

export function noteMissingPlaces(
  inventory: Inventory,
  interfaces: ReadonlyMap<string, ReadInterface>,
  subnets: ReadonlyMap<string, Subnet>,
  networks: ReadonlyMap<string, Network>,
): void {
  const told = new Set<string>();
  const note = (id: string, what: string, origin: Interface["origin"]): void => {
    if (told.has(id)) return;
    told.add(id);
    inventory.unknown(origin, `${what} ${id} was not exported`, "nothing inside it can be reached nor reach");
  };
  for (const one of interfaces.values()) {
    if (!subnets.has(one.place.subnet)) note(one.place.subnet, "the subnet", one.origin);
  }
  for (const subnet of subnets.values()) {
    if (!networks.has(subnet.network)) note(subnet.network, "the VPC", subnet.origin);
  }
}
