// From an inventory to an estate's part: in which order the readers of single kinds are asked, and what each needs of
// the others. The inventory comes from exports, or from a template or plan in the same words.
import type { EstatePart, Gateway, RouteTarget } from "../../estate/model.ts";
import { assumeRoutes } from "./assumed-routes.ts";
import { readDatabases } from "./databases.ts";
import { readEndpoints } from "./endpoints.ts";
import { inferGateways, readInternetGateways, readNatGateways, readPeerings } from "./gateways.ts";
import { readInstances } from "./instances.ts";
import { readInterfaces, refuseSharedAddresses } from "./interfaces.ts";
import type { Inventory } from "./inventory.ts";
import { readLoadBalancers } from "./load-balancers.ts";
import { readNetworkAcls } from "./network-acls.ts";
import { once } from "./once.ts";
import { takeOwners } from "./owners.ts";
import { readPrefixLists } from "./prefix-lists.ts";
import { readRouteTables } from "./route-tables.ts";
import { noteMissingPlaces, settleGroups, settleInterfaces, settleSubnets } from "./settle.ts";
import { readSubnets, regionsBySubnet } from "./subnets.ts";
import { readTransitGateways } from "./transit.ts";
import { noteAccountBlockedAccess, readVpcs } from "./vpcs.ts";

/**
 * Reads what an inventory holds. `sources`: the paths of the files that it was taken from.
 *
 * @throws Problem for what is broken or contradicts itself
 * @example readInventory(takeInventory(files), files.map((file) => file.path))
 */
export function readInventory(inventory: Inventory, sources: readonly string[]): EstatePart {
  noteAccountBlockedAccess(inventory);
  const subnets = readSubnets(inventory);
  const networks = readVpcs(inventory, regionsBySubnet(inventory));
  const interfaces = readInterfaces(inventory, takeOwners(inventory));
  refuseSharedAddresses(interfaces, (subnet) => subnets.get(subnet)?.network);
  const instances = readInstances(inventory, interfaces);
  const databases = readDatabases(inventory, interfaces, subnets);
  const prefixLists = readPrefixLists(inventory);
  const internet = [...readInternetGateways(inventory), ...inferGateways(inventory)];
  const nat = readNatGateways(inventory, interfaces);
  const endpoints = readEndpoints(inventory, prefixLists);
  const gateways = new Map<string, Gateway>([
    ...once<Gateway>("gateway", [
      ...internet,
      ...nat.gateways,
      ...endpoints.gateways,
      ...readPeerings(inventory, new Set(networks.keys())),
    ]),
    ...readTransitGateways(inventory, networks),
  ]);
  const elsewhere = new Map<string, RouteTarget>([...nat.elsewhere, ...endpoints.elsewhere]);
  const tables = readRouteTables(inventory, {
    gateway: (id) => elsewhere.get(id) ?? (gateways.has(id) ? { kind: "gateway", id } : undefined),
    interface: (id) => interfaces.has(id),
    interfaceOfInstance: (id) => instances.get(id)?.interfaces[0],
    prefixList: (id) => prefixLists.get(id)?.set,
  });
  const withRoutes = new Set([...tables.values()].map((table) => table.network));
  const assumed = assumeRoutes(inventory, networks, subnets, interfaces, internet, withRoutes);
  const acls = readNetworkAcls(inventory);
  const settled = settleSubnets(subnets, acls, tables, assumed.tableOf, inventory);
  const hosts = new Map([...instances, ...databases]);
  const loadBalancers = readLoadBalancers(inventory, { hosts: instances, interfaces });
  noteMissingPlaces(inventory, interfaces, subnets, networks);
  return {
    networks,
    subnets: settled.subnets,
    interfaces: settleInterfaces(interfaces, databases.values()),
    hosts,
    securityGroups: settleGroups(interfaces, subnets, prefixLists.keys(), inventory),
    networkAcls: settled.networkAcls,
    routeTables: new Map([...tables, ...assumed.tables]),
    gateways,
    loadBalancers,
    prefixLists,
    unknowns: inventory.unknowns,
    sources,
  };
}
