// RDS databases: an interface in each subnet of their subnet group, since RDS chooses among them; the groups of a
// cluster's members are the cluster's. (Template reference, "AWS::RDS::DBInstance".)
import { interfacesKey } from "../../aws/planned/marks.ts";
import { known, type Fields } from "../fields.ts";
import { fieldsOf, nameOf, tagsOf, type Plan } from "../plan.ts";
import type { Resource } from "../scope.ts";
import { isNotKnown, notKnown, type NotKnown } from "../values.ts";
import { groupsOf } from "./groups.ts";
import type { PlannedInterfaces } from "./interfaces.ts";

const groupKeys = ["VPCSecurityGroups", "VpcSecurityGroupIds", "DBSecurityGroups"];

export function planDatabases(plan: Plan, interfaces: PlannedInterfaces): void {
  const members = new Set<string>();
  for (const resource of plan.of("AWS::RDS::DBInstance")) {
    const fields = fieldsOf(resource);
    const named = fields.text("DBClusterIdentifier");
    const cluster = named === undefined ? undefined : plan.at(nameOf(named), "AWS::RDS::DBCluster");
    if (cluster !== undefined) members.add(cluster.id);
    planDatabase(plan, interfaces, resource, cluster === undefined ? [fields] : [fieldsOf(cluster), fields]);
  }
  // A cluster that lists no member of its own (serverless, Multi-AZ) has its members from RDS.
  for (const resource of plan.of("AWS::RDS::DBCluster")) {
    if (!members.has(resource.id)) planDatabase(plan, interfaces, resource, [fieldsOf(resource)]);
  }
}

function planDatabase(
  plan: Plan,
  interfaces: PlannedInterfaces,
  resource: Resource,
  said: readonly Fields[],
): void {
  const fields = fieldsOf(resource);
  const subnets = subnetsOf(plan, resource, said).map((given) =>
    plan.subnet(given, undefined, resource.origin),
  );
  const groups = said.find((one) => groupKeys.some((key) => one.has(key))) ?? fields;
  const port = portOf(said);
  const ids = subnets.map((subnet) => `${resource.id}.${subnet.id}`);
  plan.draft.add(
    "DBInstances",
    {
      DBInstanceIdentifier: resource.id,
      [interfacesKey]: ids,
      DBInstanceStatus: "available",
      ...(port === undefined ? {} : { Endpoint: { Port: port } }),
      TagList: tagsOf(fields),
    },
    resource.origin,
  );
  if (subnets.length > 1) {
    plan.unknown(
      resource.origin,
      `in which of ${subnets.map((subnet) => subnet.id).join(", ")} the database ${resource.id} stands is for RDS to choose`,
      "taken to stand in each of them: questions about it by name take the first",
    );
  }
  const open = known(fields.flag("PubliclyAccessible")) === true;
  for (const subnet of subnets) {
    interfaces.add({
      id: `${resource.id}.${subnet.id}`,
      origin: resource.origin,
      subnet,
      groups: groupsOf(plan, groups, groupKeys, subnet.network, resource.origin),
      name: resource.id,
      ipv4: [undefined],
      ipv6: [],
      public: open ? interfaces.publicAddress(`${resource.id} (public)`, resource.origin) : undefined,
      description: "RDSNetworkInterface",
      check: true,
    });
  }
}

function subnetsOf(plan: Plan, resource: Resource, said: readonly Fields[]): (string | NotKnown)[] {
  const named = said.map((one) => one.text("DBSubnetGroupName")).find((one) => one !== undefined);
  if (named === undefined) {
    return [
      notKnown(
        `${resource.id} names no subnet group: it stands in the default VPC`,
        "DefaultSubnet",
        resource.origin,
      ),
    ];
  }
  const id = nameOf(named);
  const group =
    plan.at(id, "AWS::RDS::DBSubnetGroup") ??
    plan.of("AWS::RDS::DBSubnetGroup").find((one) => known(fieldsOf(one).text("DBSubnetGroupName")) === id);
  if (group !== undefined) return fieldsOf(group).texts("SubnetIds");
  const why = isNotKnown(named) ? named.why : `the subnet group ${id} is in no template that was read`;
  return [notKnown(why, `a subnet of ${id}`, resource.origin)];
}

/** The engine's own port where none is written. (RDS user guide, "Creating a DB instance", Database port.) */
function portOf(said: readonly Fields[]): number | undefined {
  const written = said.map((one) => one.whole("Port")).find((one) => one !== undefined);
  if (written !== undefined) return known(written);
  const engine = said.map((one) => known(one.text("Engine"))).find((one) => one !== undefined) ?? "";
  return Object.entries(ports).find(([name]) => engine.startsWith(name))?.[1];
}

const ports: Readonly<Record<string, number>> = {
  "aurora-postgresql": 5432,
  postgres: 5432,
  aurora: 3306,
  mysql: 3306,
  mariadb: 3306,
  oracle: 1521,
  "custom-oracle": 1521,
  sqlserver: 1433,
  "custom-sqlserver": 1433,
  db2: 50000,
};
