// RDS instances and the instances of clusters: an interface in each subnet where they may stand, since AWS chooses one
// of the subnet group only when it makes them.
import { addressedBy } from "./database-ports.ts";
import { flag, isUnknown, optional, whole, type Fields } from "./fields.ts";
import { ownInterface } from "./instances.ts";
import type { Interfaces } from "./interfaces.ts";
import type { Networks } from "./networks.ts";
import { interfacesKey } from "../aws/planned/marks.ts";
import type { MeantList, Plan } from "./plan.ts";
import { given, nameOf, tagsOf } from "./written.ts";

export function translateDatabases(plan: Plan, networks: Networks, interfaces: Interfaces): void {
  for (const one of plan.of("aws_db_instance")) addDatabase(plan, one, one, networks, interfaces);
  const clusters = new Map(plan.of("aws_rds_cluster").map((one) => [one.resource.address, one]));
  for (const one of plan.of("aws_rds_cluster_instance")) {
    const meant = plan.reference(one, "cluster_identifier", ["database-cluster"]);
    const cluster = meant.kind === "id" ? clusters.get(meant.id) : undefined;
    if (cluster !== undefined) addDatabase(plan, one, cluster, networks, interfaces);
    else plan.unknown(one.origin, `${one.resource.address}: its cluster is not known`, "left out");
  }
}

/** `about`: what says the network of the database, itself or its cluster. */
function addDatabase(
  plan: Plan,
  fields: Fields,
  about: Fields,
  networks: Networks,
  interfaces: Interfaces,
): void {
  const id = fields.resource.address;
  const zone = optional(fields, "availability_zone");
  const all = subnetsOf(plan, about);
  const fitting = all.filter((subnet) => {
    const own = networks.subnets.get(subnet)?.zone;
    return zone === undefined || own === undefined || own === zone;
  });
  const subnets = fitting.length > 0 ? fitting : all;
  if (subnets.length === 0) {
    plan.unknown(about.origin, `${id}: its subnets are not known`, "it can't be reached nor reach");
  } else if (subnets.length > 1) {
    plan.unknown(
      about.origin,
      `in which of ${subnets.join(", ")} ${id} will stand is not known`,
      "an interface in each stands for it",
    );
  }
  const groups: MeantList = plan.references(about, "vpc_security_group_ids", ["group"]);
  const shown = flag(fields, "publicly_accessible") === true ? { known: undefined } : undefined;
  const own = subnets.map((subnet, at) => {
    const name = `${id}.interface${at}`;
    interfaces.add(
      ownInterface(fields, name, subnet, { groups, public: shown, description: "RDSNetworkInterface" }),
    );
    return name;
  });
  const port =
    whole(about, "port") ??
    (isUnknown(about, "port") || about.item.value["port"] === undefined
      ? addressedBy(optional(about, "engine"))
      : undefined);
  plan.draft.add(
    "DBInstances",
    {
      DBInstanceIdentifier: id,
      TagList: tagsOf(fields)["Tags"] ?? [],
      Name: nameOf(fields),
      DBInstanceStatus: optional(fields, "status") ?? "available",
      ...(port === undefined ? {} : { Endpoint: { Port: port } }),
      ...given("AvailabilityZone", zone),
      [interfacesKey]: own,
    },
    fields.origin,
  );
}

function subnetsOf(plan: Plan, fields: Fields): readonly string[] {
  const meant = plan.reference(fields, "db_subnet_group_name", ["database-subnets"]);
  const group = plan
    .of("aws_db_subnet_group")
    .find((one) => meant.kind === "id" && one.resource.address === meant.id);
  if (group === undefined) {
    if (meant.kind === "open") plan.unknown(fields.origin, meant.why, "where it stands is not known");
    return [];
  }
  const subnets = plan.references(group, "subnet_ids", ["subnet"]);
  if (subnets.open !== undefined)
    plan.unknown(group.origin, subnets.open, "subnets that are not known are left out");
  return subnets.ids;
}
