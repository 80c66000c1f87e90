// RDS instances as hosts. An RDS interface does not name its database, so the two are matched by what they share:
// network, subnet group, zone and security groups; where that fits several, the match is left open and said so.
import type { Host, Subnet } from "../../estate/model.ts";
import { TCP } from "../../packet/protocol.ts";
import type { ReadInterface } from "./interfaces.ts";
import type { Inventory } from "./inventory.ts";
import {
  child,
  children,
  hasField,
  optionalText,
  optionalWhole,
  originOf,
  text,
  texts,
  type Item,
} from "./item.ts";
import { once } from "./once.ts";
import { placeOf } from "./place.ts";
import { interfacesKey } from "./planned/marks.ts";

const rdsDescription = "RDSNetworkInterface";

export function readDatabases(
  inventory: Inventory,
  interfaces: ReadonlyMap<string, ReadInterface>,
  subnets: ReadonlyMap<string, Subnet>,
): Map<string, Host> {
  const items = inventory.of("DBInstances");
  const candidates = [...interfaces.values()].filter((one) => one.description === rdsDescription);
  const fitting = new Map(items.map((item) => [item, candidates.filter((one) => fits(item, one, subnets))]));
  const claims = new Map<string, number>();
  for (const found of fitting.values()) {
    for (const one of found) claims.set(one.id, (claims.get(one.id) ?? 0) + 1);
  }
  return once(
    "database",
    items.map((item) => {
      const found = fitting.get(item) ?? [];
      const own = found.filter((one) => claims.get(one.id) === 1);
      noteOpenMatch(item, found, own, inventory);
      return readDatabase(item, own);
    }),
  );
}

function fits(item: Item, one: ReadInterface, subnets: ReadonlyMap<string, Subnet>): boolean {
  if (hasField(item, interfacesKey)) return texts(item, interfacesKey).includes(one.id);
  const group = child(item, "DBSubnetGroup");
  const allowed =
    group === undefined ? [] : children(group, "Subnets").map((subnet) => text(subnet, "SubnetIdentifier"));
  const network = group === undefined ? undefined : optionalText(group, "VpcId");
  const zones = [
    optionalText(item, "AvailabilityZone"),
    optionalText(item, "SecondaryAvailabilityZone"),
  ].filter((zone) => zone !== undefined);
  const groups = children(item, "VpcSecurityGroups").map((one) => text(one, "VpcSecurityGroupId"));
  const zone = one.zone ?? subnets.get(one.place.subnet)?.zone;
  return (
    (network === undefined || (subnets.get(one.place.subnet)?.network ?? one.network) === network) &&
    (allowed.length === 0 || allowed.includes(one.place.subnet)) &&
    (zones.length === 0 || zone === undefined || zones.includes(zone)) &&
    groups.toSorted().join() === one.place.securityGroups.toSorted().join()
  );
}

function noteOpenMatch(
  item: Item,
  found: readonly ReadInterface[],
  own: readonly ReadInterface[],
  inventory: Inventory,
): void {
  const id = text(item, "DBInstanceIdentifier");
  if (own.length > 0) return;
  inventory.unknown(
    originOf(item, id),
    found.length === 0
      ? `no interface fits the database ${id}`
      : `${found.map((one) => one.id).join(", ")} fit the database ${id} and others as well`,
    "which address it has is not known; ask about an interface instead",
  );
}

function readDatabase(item: Item, own: readonly ReadInterface[]): Host {
  const id = text(item, "DBInstanceIdentifier");
  const endpoint = child(item, "Endpoint");
  const port = endpoint === undefined ? undefined : optionalWhole(endpoint, "Port");
  const status = optionalText(item, "DBInstanceStatus") ?? "available";
  const place = placeOf(item, id);
  return {
    ...place,
    kind: "database",
    interfaces: own.map((one) => one.id),
    system: "linux",
    running: status !== "stopped" && status !== "stopping" && status !== "failed" && status !== "deleting",
    ...(port === undefined ? {} : { listens: [{ protocol: TCP, port, local: false, origin: place.origin }] }),
  };
}
