// Instances and network interfaces: where they stand, which groups they wear, and which of them have a public address,
// by subnet, by their own word or by an elastic one.
import type { Origin } from "../../../problem.ts";
import { known, type Fields } from "../fields.ts";
import { fieldsOf, nameOf, tagsOf, type Plan, type PlannedSubnet } from "../plan.ts";
import type { Resource } from "../scope.ts";
import { isNotKnown, notKnown, type NotKnown } from "../values.ts";
import { groupsOf } from "./groups.ts";
import type { PlannedInterfaces } from "./interfaces.ts";

const groupKeys = ["GroupSet", "Groups", "SecurityGroupIds", "SecurityGroups"];

export function planInstances(plan: Plan, interfaces: PlannedInterfaces): void {
  const elastic = elasticAddresses(plan);
  const attached = new Map<string, { readonly instance: string; readonly index: number }>();
  for (const resource of plan.of("AWS::EC2::NetworkInterfaceAttachment")) {
    const fields = fieldsOf(resource);
    attached.set(nameOf(fields.requiredText("NetworkInterfaceId")), {
      instance: nameOf(fields.requiredText("InstanceId")),
      index: known(fields.whole("DeviceIndex")) ?? 0,
    });
  }
  for (const resource of plan.of("AWS::EC2::Instance")) {
    planInstance(plan, interfaces, resource, elastic, attached);
  }
  for (const resource of plan.of("AWS::EC2::NetworkInterface")) {
    const to = attached.get(resource.id);
    const fields = fieldsOf(resource);
    planOne(plan, interfaces, {
      id: resource.id,
      origin: resource.origin,
      fields,
      subnet: fields.requiredText("SubnetId"),
      public: elastic.get(resource.id),
      check: known(fields.flag("SourceDestCheck")) ?? true,
      ...(to === undefined ? {} : to),
      name: to?.instance ?? resource.id,
    });
  }
}

function planInstance(
  plan: Plan,
  interfaces: PlannedInterfaces,
  resource: Resource,
  elastic: ReadonlyMap<string, string>,
  attached: Map<string, { readonly instance: string; readonly index: number }>,
): void {
  const own = fieldsOf(resource);
  plan.draft.add(
    "Instances",
    { InstanceId: resource.id, State: { Name: "running" }, Tags: tagsOf(own) },
    resource.origin,
  );
  const template = launchTemplate(plan, own, resource.origin);
  const listed = [own, template]
    .map((fields) => fields?.maps("NetworkInterfaces") ?? [])
    .find((list) => list.length > 0);
  const check = known(own.flag("SourceDestCheck")) ?? true;
  const planned = (listed ?? [own]).map((fields, at) => ({ fields, at }));
  for (const { fields, at } of planned) {
    if (isNotKnown(fields)) {
      plan.unknown(resource.origin, `an interface of ${resource.id}: ${fields.why}`, "left aside");
      continue;
    }
    const index = known(fields.whole("DeviceIndex")) ?? at;
    const existing = fields.text("NetworkInterfaceId");
    if (existing !== undefined) {
      const id = nameOf(existing);
      if (plan.at(id, "AWS::EC2::NetworkInterface") === undefined) {
        plan.unknown(
          resource.origin,
          `the interface ${id} of ${resource.id} is in no template`,
          "left aside",
        );
      }
      attached.set(id, { instance: resource.id, index });
      continue;
    }
    const wears = [fields, own, template].find(
      (one) => one !== undefined && groupKeys.some((key) => one.has(key)),
    );
    planOne(plan, interfaces, {
      id: `${resource.id}.eth${index}`,
      origin: resource.origin,
      fields,
      groups: wears,
      subnet:
        fields.text("SubnetId") ??
        own.text("SubnetId") ??
        notKnown(
          `${resource.id} names no subnet: it stands in the default VPC`,
          "DefaultSubnet",
          resource.origin,
        ),
      public: index === 0 ? elastic.get(resource.id) : undefined,
      check,
      instance: resource.id,
      index,
      name: resource.id,
    });
  }
}

/** What a launch template of the same stacks gives; a note where it stands elsewhere and may give groups. */
function launchTemplate(plan: Plan, own: Fields, origin: Origin): Fields | undefined {
  const named = own.map("LaunchTemplate");
  if (named === undefined) return undefined;
  const given = isNotKnown(named)
    ? named
    : (named.text("LaunchTemplateId") ?? named.text("LaunchTemplateName"));
  const resource = given === undefined ? undefined : plan.at(nameOf(given), "AWS::EC2::LaunchTemplate");
  const inside = resource === undefined ? undefined : fieldsOf(resource).map("LaunchTemplateData");
  if (inside !== undefined && !isNotKnown(inside)) return inside;
  plan.unknown(origin, "its launch template is in no template that was read", "read without it");
  return undefined;
}

interface Wanted {
  readonly id: string;
  readonly origin: Origin;
  readonly fields: Fields;
  /** Where its groups are written, if not among its own fields. */
  readonly groups?: Fields | undefined;
  readonly subnet: string | NotKnown;
  /** The elastic address that is associated with it. */
  readonly public: string | undefined;
  readonly check: boolean;
  readonly instance?: string;
  readonly index?: number;
  readonly name: string;
}

function planOne(plan: Plan, interfaces: PlannedInterfaces, wanted: Wanted): void {
  const { fields, origin } = wanted;
  const wears = wanted.groups ?? fields;
  const subnet = plan.subnet(wanted.subnet, networkOfGroups(plan, wears), origin);
  const asked = fields.flag("AssociatePublicIpAddress");
  if (isNotKnown(asked)) {
    plan.unknown(origin, `whether ${wanted.id} gets a public address: ${asked.why}`, "taken to get none");
  }
  const open = asked === true || (asked === undefined && wanted.instance !== undefined && subnet.public);
  const name = wanted.public ?? (open ? wanted.name : undefined);
  interfaces.add({
    id: wanted.id,
    origin,
    subnet,
    groups: groupsOf(plan, wears, groupKeys, subnet.network, origin),
    name: wanted.name,
    ipv4: ipv4Of(fields, subnet),
    ipv6: ipv6Of(fields, subnet),
    public: name === undefined ? undefined : interfaces.publicAddress(`${name} (public)`, origin),
    description: known(fields.text("Description")) ?? "",
    check: wanted.check,
    ...(wanted.instance === undefined ? {} : { instance: wanted.instance }),
    ...(wanted.index === undefined ? {} : { deviceIndex: wanted.index }),
    tags: tagsOf(fields),
  });
}

/** The VPC of the first group that a template makes: where an interface whose subnet is not known must stand. */
function networkOfGroups(plan: Plan, fields: Fields): string | undefined {
  for (const id of groupKeys.flatMap((key) => fields.texts(key))) {
    const group = isNotKnown(id) ? undefined : plan.at(id, "AWS::EC2::SecurityGroup");
    const network = group === undefined ? undefined : fieldsOf(group).text("VpcId");
    if (network !== undefined) return plan.network(network, group?.origin ?? fields.origin);
  }
  return undefined;
}

/** The primary address first; an IPv6-only subnet gives none. */
function ipv4Of(fields: Fields, subnet: PlannedSubnet): (string | undefined)[] {
  const more = fields.maps("PrivateIpAddresses").flatMap((one) => (isNotKnown(one) ? [] : one));
  const listed = more
    .toSorted((a, b) => Number(known(b.flag("Primary")) ?? false) - Number(known(a.flag("Primary")) ?? false))
    .map((one) => known(one.text("PrivateIpAddress")));
  const first = fields.text("PrivateIpAddress");
  const extra = Array.from({
    length: Math.min(known(fields.whole("SecondaryPrivateIpAddressCount")) ?? 0, 64),
  });
  const chosen = [...(first === undefined ? [] : [known(first)]), ...listed];
  const primary =
    chosen.length > 0 || !subnet.prefixes.some((one) => one.family === 4) ? chosen : [undefined];
  return [...primary, ...extra.map(() => undefined)];
}

function ipv6Of(fields: Fields, subnet: PlannedSubnet): (string | undefined)[] {
  const listed = fields
    .maps("Ipv6Addresses")
    .map((one) => (isNotKnown(one) ? undefined : known(one.text("Ipv6Address"))));
  if (listed.length > 0) return listed;
  const count = known(fields.whole("Ipv6AddressCount")) ?? (subnet.ipv6 ? 1 : 0);
  return Array.from({ length: Math.min(Math.max(count, 0), 64) }, () => undefined);
}

/** By what has them (an instance or an interface): the elastic addresses, by their logical ids. */
function elasticAddresses(plan: Plan): Map<string, string> {
  const found = new Map<string, string>();
  for (const resource of plan.of("AWS::EC2::EIP")) {
    const instance = fieldsOf(resource).text("InstanceId");
    if (instance !== undefined) found.set(nameOf(instance), resource.id);
  }
  for (const resource of plan.of("AWS::EC2::EIPAssociation")) {
    const fields = fieldsOf(resource);
    const at = fields.text("NetworkInterfaceId") ?? fields.text("InstanceId");
    const address = fields.text("AllocationId") ?? fields.text("EIP");
    if (at === undefined || address === undefined) continue;
    found.set(nameOf(at), nameOf(address).replace(/\.PublicIp$/, ""));
  }
  return found;
}
