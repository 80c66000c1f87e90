// Instances, network interfaces of their own, what is attached to what, and elastic addresses.
import type { Written } from "../aws/planned/draft.ts";
import { blocks, flag, isUnknown, optional, strings, whole, type Fields } from "./fields.ts";
import type { Interfaces, PublicAddress } from "./interfaces.ts";
import type { Networks } from "./networks.ts";
import { firstInterfaceId, type Meant, type MeantList, type Plan } from "./plan.ts";
import { given, nameOf, tagsOf } from "./written.ts";

export function translateInstances(plan: Plan, networks: Networks, interfaces: Interfaces): void {
  for (const one of plan.of("aws_network_interface")) addInterface(plan, one, networks, interfaces);
  for (const instance of plan.of("aws_instance", "aws_spot_instance_request")) {
    addInstance(plan, instance, networks, interfaces);
  }
  for (const one of plan.of("aws_network_interface_attachment")) {
    const own = plan.reference(one, "network_interface_id", ["interface"]);
    const instance = plan.reference(one, "instance_id", ["instance"]);
    if (own.kind === "id" && instance.kind === "id" && interfaces.has(own.id))
      interfaces.attach(own.id, instance.id, whole(one, "device_index") ?? 1);
    else note(plan, one, [own, instance], "what it attaches is not known");
  }
  for (const one of plan.of("aws_network_interface_sg_attachment")) {
    const own = plan.reference(one, "network_interface_id", ["interface"]);
    const group = plan.reference(one, "security_group_id", ["group"]);
    if (own.kind === "id" && group.kind === "id" && interfaces.has(own.id))
      interfaces.addGroup(own.id, group.id);
    else note(plan, one, [own, group], "which group goes to which interface is not known");
  }
}

function note(plan: Plan, fields: Fields, meant: readonly Meant[], otherwise: string): void {
  const open = meant.find((one) => one.kind === "open");
  const why = open?.kind === "open" ? open.why : `${fields.resource.address}: ${otherwise}`;
  plan.unknown(fields.origin, why, "left aside");
}

function subnetOf(plan: Plan, fields: Fields): string | undefined {
  const subnet = plan.reference(fields, "subnet_id", ["subnet"]);
  if (subnet.kind === "id") return subnet.id;
  const why =
    subnet.kind === "open"
      ? subnet.why
      : `${fields.resource.address}: its subnet is not written (AWS takes one of the default VPC)`;
  plan.unknown(fields.origin, why, "it can't be reached nor reach");
  return undefined;
}

function addInterface(plan: Plan, fields: Fields, networks: Networks, interfaces: Interfaces): void {
  const id = fields.resource.address;
  const subnet = subnetOf(plan, fields);
  if (subnet === undefined) return;
  const primary = optional(fields, "private_ip");
  const list = [...strings(fields, "private_ip_list"), ...strings(fields, "private_ips")];
  const [attachment] = [...blocks(fields, "attachment")];
  const instance =
    attachment === undefined ? undefined : plan.reference(attachment, "instance", ["instance"]);
  const read = attachment === undefined ? undefined : plan.reference(attachment, "instance_id", ["instance"]);
  const owner = instance?.kind === "id" ? instance.id : read?.kind === "id" ? read.id : undefined;
  const ipv6 = strings(fields, "ipv6_addresses");
  interfaces.add({
    id,
    name: nameOf(fields),
    subnet,
    groups: plan.references(fields, "security_groups", ["group"]),
    ipv4: [...new Set([...(primary === undefined ? [] : [primary]), ...list])],
    ipv6,
    moreIpv6: ipv6Count(fields, subnet, networks) - ipv6.length,
    public: undefined,
    ...given("description", optional(fields, "description")),
    ...(owner === undefined
      ? {}
      : {
          instance: {
            id: owner,
            index: attachment === undefined ? 1 : (whole(attachment, "device_index") ?? 1),
          },
        }),
    sourceDestinationCheck: flag(fields, "source_dest_check") ?? true,
    tags: tagsOf(fields),
    origin: fields.origin,
  });
}

/** As many as are asked for; else one where the subnet gives every new interface one. */
function ipv6Count(fields: Fields, subnet: string, networks: Networks): number {
  if (!isUnknown(fields, "ipv6_addresses")) return strings(fields, "ipv6_addresses").length;
  const asked = whole(fields, "ipv6_address_count");
  if (asked !== undefined) return asked;
  return networks.subnets.get(subnet)?.ipv6OnLaunch === true ? 1 : 0;
}

function addInstance(plan: Plan, fields: Fields, networks: Networks, interfaces: Interfaces): void {
  const id = fields.resource.address;
  plan.draft.add(
    "Instances",
    {
      InstanceId: id,
      ...tagsOf(fields),
      State: { Name: optional(fields, "instance_state") ?? "running" },
      ...given("Platform", isWindows(plan, fields) ? "windows" : undefined),
    },
    fields.origin,
  );
  const brought = [...blocks(fields, "network_interface"), ...blocks(fields, "primary_network_interface")];
  for (const block of brought) {
    const own = plan.reference(block, "network_interface_id", ["interface"]);
    if (own.kind === "id" && interfaces.has(own.id))
      interfaces.attach(own.id, id, whole(block, "device_index") ?? 0);
    else if (own.kind === "open") plan.unknown(fields.origin, own.why, "it has no interface here");
  }
  // In a state the block lists what is attached, the first interface that the instance itself made among it.
  const own = brought.some((block) => {
    const meant = plan.reference(block, "network_interface_id", ["interface"]);
    return meant.kind === "open" || (meant.kind === "id" && meant.id !== firstInterfaceId(id));
  });
  const isPrimaryBrought =
    brought.length > 0 && own && (whole(brought[0] ?? fields, "device_index") ?? 0) === 0;
  if (isPrimaryBrought) return;
  const subnet = subnetOf(plan, fields);
  if (subnet === undefined) return;
  const primary = optional(fields, "private_ip");
  const ipv6 = strings(fields, "ipv6_addresses");
  interfaces.add({
    id: firstInterfaceId(id),
    name: nameOf(fields),
    subnet,
    groups: groupsOf(plan, fields),
    ipv4: primary === undefined ? [] : [primary, ...strings(fields, "secondary_private_ips")],
    ipv6,
    moreIpv6: ipv6Count(fields, subnet, networks) - ipv6.length,
    public: publicOf(plan, fields, subnet, networks),
    instance: { id, index: 0 },
    sourceDestinationCheck: flag(fields, "source_dest_check") ?? true,
    tags: {},
    origin: fields.origin,
  });
}

/** Groups by their ids; the older `security_groups` has names in a default VPC and ids elsewhere. */
function groupsOf(plan: Plan, fields: Fields): MeantList {
  const own = plan.references(fields, "vpc_security_group_ids", ["group"]);
  if (own.ids.length > 0 || own.open !== undefined) return own;
  const older = plan.references(fields, "security_groups", ["group"]);
  if (older.ids.length > 0 || older.open !== undefined) return older;
  if (blocks(fields, "launch_template").length === 0) return own;
  return {
    ids: [],
    open: `${fields.resource.address}: its groups are its launch template's`,
    written: true,
  };
}

/** Where nothing is known of it: as the instance says, else as its subnet gives it. */
function publicOf(plan: Plan, fields: Fields, subnet: string, networks: Networks): PublicAddress | undefined {
  const known = optional(fields, "public_ip");
  if (known !== undefined) return { known };
  if (!isUnknown(fields, "public_ip")) return undefined;
  const said = flag(fields, "associate_public_ip_address");
  if (said !== undefined) return said ? { known: undefined } : undefined;
  if (
    isUnknown(fields, "associate_public_ip_address") &&
    fields.expression("associate_public_ip_address") !== undefined
  ) {
    plan.unknown(
      fields.origin,
      `${fields.resource.address}: whether it gets a public address is not known before apply`,
      "taken to have one",
    );
    return { known: undefined };
  }
  return networks.subnets.get(subnet)?.publicOnLaunch === true ? { known: undefined } : undefined;
}

/** The image says which system it is, where a data source has read it. */
function isWindows(plan: Plan, fields: Fields): boolean {
  const image = optional(fields, "ami");
  return plan
    .of("aws_ami")
    .some((one) => optional(one, "id") === image && optional(one, "platform")?.toLowerCase() === "windows");
}

/** The elastic addresses, by their allocation: what NAT gateways and load balancers name. */
export function translateElasticAddresses(
  plan: Plan,
  interfaces: Interfaces,
): ReadonlyMap<string, PublicAddress> {
  const allocated = new Map<string, PublicAddress>();
  for (const one of plan.of("aws_eip")) {
    const address = { known: optional(one, "public_ip") };
    allocated.set(one.resource.address, address);
    publish(plan, interfaces, one, address, "instance", "network_interface", "associate_with_private_ip");
  }
  for (const one of plan.of("aws_eip_association")) {
    const allocation = plan.reference(one, "allocation_id", ["eip"]);
    const known = allocation.kind === "id" ? allocated.get(allocation.id) : undefined;
    const address = known ?? { known: optional(one, "public_ip") };
    publish(plan, interfaces, one, address, "instance_id", "network_interface_id", "private_ip_address");
  }
  return allocated;
}

function publish(
  plan: Plan,
  interfaces: Interfaces,
  fields: Fields,
  address: PublicAddress,
  instanceKey: string,
  interfaceKey: string,
  insideKey: string,
): void {
  const instance = plan.reference(fields, instanceKey, ["instance"]);
  const own = plan.reference(fields, interfaceKey, ["interface"]);
  const id =
    own.kind === "id" && interfaces.has(own.id)
      ? own.id
      : instance.kind === "id"
        ? interfaces.ofInstance(instance.id)
        : undefined;
  if (id !== undefined) interfaces.publish(id, address, optional(fields, insideKey));
  else if (instance.kind === "open" || own.kind === "open")
    note(plan, fields, [instance, own], "what it belongs to is not known");
}

/** An interface that a resource makes for itself in a subnet: a load balancer's, a gateway's, an endpoint's. */
export function ownInterface(
  fields: Fields,
  id: string,
  subnet: string,
  more: {
    readonly groups: MeantList | undefined;
    readonly public: PublicAddress | undefined;
    readonly ipv4?: readonly string[];
    readonly moreIpv6?: number;
    readonly description?: string;
    readonly sourceDestinationCheck?: boolean;
  },
): Parameters<Interfaces["add"]>[0] {
  const tags: Written = {};
  return {
    id,
    name: nameOf(fields),
    subnet,
    ipv4: [],
    ipv6: [],
    moreIpv6: 0,
    sourceDestinationCheck: true,
    tags,
    origin: fields.origin,
    ...more,
  };
}
