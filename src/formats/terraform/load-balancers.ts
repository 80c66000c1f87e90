// Load balancers of both generations: an interface in each of their subnets, listeners with their rules, target groups
// and what is attached to them.
import type { Json } from "../json.ts";
import type { Written } from "../aws/planned/draft.ts";
import { uncertainKey } from "../aws/planned/marks.ts";
import { blocks, flag, isUnknown, optional, whole, type Fields } from "./fields.ts";
import { ownInterface } from "./instances.ts";
import type { Interfaces, PublicAddress } from "./interfaces.ts";
import type { Networks } from "./networks.ts";
import type { MeantList, Plan } from "./plan.ts";
import { given, nameOf, tagsOf } from "./written.ts";

const listenerTypes = ["aws_lb_listener", "aws_alb_listener"] as const;
const ruleTypes = ["aws_lb_listener_rule", "aws_alb_listener_rule"] as const;
const groupTypes = ["aws_lb_target_group", "aws_alb_target_group"] as const;
const attachmentTypes = ["aws_lb_target_group_attachment", "aws_alb_target_group_attachment"] as const;

export function translateLoadBalancers(
  plan: Plan,
  networks: Networks,
  interfaces: Interfaces,
  allocated: ReadonlyMap<string, PublicAddress>,
): void {
  const written: { fields: Fields; kind: string }[] = [];
  for (const one of plan.of("aws_lb", "aws_alb")) {
    const kind = optional(one, "load_balancer_type") ?? "application";
    written.push({ fields: one, kind });
    addInterfaces(plan, one, kind, networks, interfaces, allocated);
    plan.draft.add(
      "LoadBalancers",
      {
        LoadBalancerArn: one.resource.address,
        LoadBalancerName: optional(one, "name") ?? nameOf(one),
        Type: kind,
        Scheme: flag(one, "internal") === true ? "internal" : "internet-facing",
        ...tagsOf(one),
      },
      one.origin,
    );
  }
  const listed = addListeners(plan);
  for (const { fields } of written) {
    const { address } = fields.resource;
    // Its listeners are all here, be there none.
    if (!listed.has(address))
      plan.draft.add("LoadBalancerListeners", { LoadBalancerArn: address, Listeners: [] }, fields.origin);
  }
}

/** The subnets of a load balancer, with the address that it is given in each. */
function addInterfaces(
  plan: Plan,
  fields: Fields,
  kind: string,
  networks: Networks,
  interfaces: Interfaces,
  allocated: ReadonlyMap<string, PublicAddress>,
): void {
  const id = fields.resource.address;
  const own = plan.references(fields, "security_groups", ["group"]);
  // A network load balancer may have no groups; an application one without any has its VPC's own.
  const groups: MeantList = kind === "application" ? own : { ...own, written: true };
  const outward = flag(fields, "internal") !== true && kind !== "gateway";
  const dual = (optional(fields, "ip_address_type") ?? "ipv4").startsWith("dualstack");
  const mapped = new Map<string, { readonly ipv4: string[]; readonly public: PublicAddress | undefined }>();
  for (const block of blocks(fields, "subnet_mapping")) {
    const subnet = plan.reference(block, "subnet_id", ["subnet"]);
    if (subnet.kind !== "id") continue;
    const allocation = plan.reference(block, "allocation_id", ["eip"]);
    const inside = optional(block, "private_ipv4_address");
    mapped.set(subnet.id, {
      ipv4: inside === undefined ? [] : [inside],
      public: allocation.kind === "id" ? allocated.get(allocation.id) : undefined,
    });
  }
  const named = plan.references(fields, "subnets", ["subnet"]);
  const mapping = plan.references(fields, "subnet_mapping", ["subnet"]);
  const open = mapped.size > 0 ? undefined : (named.open ?? mapping.open);
  if (open !== undefined) plan.unknown(fields.origin, open, "interfaces that are not known are left out");
  const subnets = [...new Set([...named.ids, ...mapped.keys(), ...mapping.ids])];
  for (const [at, subnet] of subnets.entries()) {
    const place = mapped.get(subnet);
    interfaces.add(
      ownInterface(fields, `${id}.interface${at}`, subnet, {
        groups,
        public: outward ? (place?.public ?? { known: undefined }) : undefined,
        ipv4: place?.ipv4 ?? [],
        moreIpv6: dual && networks.subnets.get(subnet)?.ipv6 !== undefined ? 1 : 0,
        description: `ELB ${id}`,
      }),
    );
  }
}

/** @returns the load balancers that have one */
function addListeners(plan: Plan): Set<string> {
  const listed = new Set<string>();
  for (const one of plan.of(...listenerTypes)) {
    const id = one.resource.address;
    const balancer = plan.reference(one, "load_balancer_arn", ["balancer"]);
    if (balancer.kind !== "id") {
      const why = balancer.kind === "open" ? balancer.why : `${id} names no load balancer`;
      plan.unknown(one.origin, why, "left aside: the port is read as closed");
      continue;
    }
    const port = whole(one, "port");
    const protocol = optional(one, "protocol");
    if (
      (isUnknown(one, "port") || isUnknown(one, "protocol")) &&
      (port === undefined || protocol === undefined)
    ) {
      plan.unknown(one.origin, `${id}: its port or protocol is not known before apply`, "left aside");
      continue;
    }
    listed.add(balancer.id);
    plan.draft.add(
      "Listeners",
      {
        ListenerArn: id,
        LoadBalancerArn: balancer.id,
        ...given("Port", port),
        ...given("Protocol", protocol ?? (port === undefined ? undefined : "HTTP")),
        DefaultActions: actionsOf(plan, one, "default_action"),
      },
      one.origin,
    );
  }
  for (const [at, one] of plan.of(...ruleTypes).entries()) {
    const listener = plan.reference(one, "listener_arn", ["listener"]);
    if (listener.kind === "id") {
      const Actions = actionsOf(plan, one, "action");
      plan.draft.add("Rules", { RuleArn: `${listener.id}/${at}`, Actions }, one.origin);
    } else {
      const why = listener.kind === "open" ? listener.why : `${one.resource.address} names no listener`;
      plan.unknown(one.origin, why, "left aside: where it forwards to is not read");
    }
  }
  return listed;
}

function actionsOf(plan: Plan, fields: Fields, key: string): Written[] {
  return blocks(fields, key, true).map((action): Written => {
    const own = plan.reference(action, "target_group_arn", ["targets"]);
    const forwarded = blocks(action, "forward", true).flatMap((forward) =>
      blocks(forward, "target_group").flatMap((group) => targetsOf(plan, group)),
    );
    const single = own.kind === "id" ? [own.id] : [];
    if (own.kind === "open") plan.unknown(fields.origin, own.why, "what it forwards to is not read");
    const arns = [...new Set([...single, ...forwarded])];
    return {
      Type: optional(action, "type") ?? "forward",
      ForwardConfig: { TargetGroups: arns.map((TargetGroupArn): Json => ({ TargetGroupArn })) },
    };
  });
}

/** Weighted target groups are a set: the configuration lists what they name in an order of its own. */
function targetsOf(plan: Plan, group: Fields): readonly string[] {
  const found = plan.references(group, "arn", ["targets"]);
  if (found.open !== undefined) plan.unknown(group.origin, found.open, "what it forwards to is not read");
  const single = optional(group, "arn");
  return single === undefined ? found.ids : [plan.known(single, ["targets"])];
}

/** Written after the interfaces, since a target may be an address that was made up for one. */
export function translateTargetGroups(plan: Plan, interfaces: Interfaces): void {
  const attached = Map.groupBy(plan.of(...attachmentTypes), (one) => {
    const meant = plan.reference(one, "target_group_arn", ["targets"]);
    if (meant.kind !== "id")
      plan.unknown(one.origin, `${one.resource.address}: its target group is not known`, "left aside");
    return meant.kind === "id" ? meant.id : undefined;
  });
  const filledElsewhere = fillers(plan);
  for (const group of plan.of(...groupTypes)) {
    const id = group.resource.address;
    const vpc = plan.reference(group, "vpc_id", ["vpc"]);
    const type = optional(group, "target_type") ?? "instance";
    const own = attached.get(id) ?? [];
    const targets = own.map((one) => ({ one, target: targetOf(plan, one, type, interfaces) }));
    const lost = targets.find(({ target }) => target === undefined)?.one.resource.address;
    const filler = own.length === 0 ? filledElsewhere : undefined;
    const why =
      lost !== undefined
        ? `${lost}: its target is not known before apply`
        : filler === undefined
          ? undefined
          : `what stands behind ${nameOf(group)} is not written here (${filler} may fill it)`;
    plan.draft.add(
      "TargetGroups",
      {
        TargetGroupArn: id,
        TargetGroupName: optional(group, "name") ?? nameOf(group),
        TargetType: type,
        ...given("Protocol", optional(group, "protocol")),
        ...given("Port", whole(group, "port")),
        ...given("VpcId", vpc.kind === "id" ? vpc.id : undefined),
        ...tagsOf(group),
        ...given(uncertainKey, why),
      },
      group.origin,
    );
    plan.draft.add(
      "LoadBalancerTargetHealth",
      {
        TargetGroupArn: id,
        TargetHealthDescriptions: targets.flatMap(({ one, target }) =>
          target === undefined
            ? []
            : [
                plan.draft.at(
                  { Target: { Id: target, ...given("Port", whole(one, "port")) } },
                  { ...one.origin },
                ),
              ],
        ),
      },
      group.origin,
    );
    addPreservation(plan, group);
  }
}

function addPreservation(plan: Plan, group: Fields): void {
  const written = group.item.value["preserve_client_ip"];
  if (written !== true && written !== false && written !== "true" && written !== "false") return;
  plan.draft.add(
    "Attributes",
    {
      TargetGroupArn: group.resource.address,
      Attributes: [{ Key: "preserve_client_ip.enabled", Value: String(written) }],
    },
    group.origin,
  );
}

/** What puts targets into groups as it goes: where one is planned, an empty group may not stay empty. */
function fillers(plan: Plan): string | undefined {
  const [first] = plan.of(
    "aws_autoscaling_group",
    "aws_autoscaling_attachment",
    "aws_autoscaling_traffic_source_attachment",
    "aws_ecs_service",
    "aws_eks_cluster",
  );
  return first?.resource.address;
}

function targetOf(plan: Plan, fields: Fields, type: string, interfaces: Interfaces): string | undefined {
  if (type === "ip") {
    const written = optional(fields, "target_id");
    if (written !== undefined) return written;
    const place = plan.reference(fields, "target_id", ["instance", "interface"]);
    const found = addressTarget(plan, fields, interfaces);
    return found ?? (place.kind === "id" ? ofPlace(place.id, interfaces) : undefined);
  }
  const meant = plan.reference(fields, "target_id", type === "alb" ? ["balancer"] : ["instance"]);
  return meant.kind === "id" ? meant.id : undefined;
}

/** `aws_instance.web.private_ip`: the address that is made up for it, if none is known. */
function addressTarget(plan: Plan, fields: Fields, interfaces: Interfaces): string | undefined {
  const owner = plan.ownerOf(fields, "target_id", ["private_ip"], ["instance", "interface"]);
  return owner === undefined ? undefined : ofPlace(owner, interfaces);
}

function ofPlace(id: string, interfaces: Interfaces): string | undefined {
  return interfaces.addressOf(interfaces.ofInstance(id) ?? id);
}

export function translateClassic(plan: Plan, interfaces: Interfaces): void {
  const attached = Map.groupBy(plan.of("aws_elb_attachment"), (one) => {
    const meant = plan.reference(one, "elb", ["classic"]);
    return meant.kind === "id" ? meant.id : undefined;
  });
  for (const one of plan.of("aws_elb")) {
    const id = one.resource.address;
    const outward = flag(one, "internal") !== true;
    const subnets = plan.references(one, "subnets", ["subnet"]);
    if (subnets.open !== undefined)
      plan.unknown(one.origin, subnets.open, "interfaces that are not known are left out");
    const groups = plan.references(one, "security_groups", ["group"]);
    for (const [at, subnet] of subnets.ids.entries()) {
      interfaces.add(
        ownInterface(one, `${id}.interface${at}`, subnet, {
          groups,
          public: outward ? { known: undefined } : undefined,
          description: `ELB ${id}`,
        }),
      );
    }
    const instances = plan.references(one, "instances", ["instance"]);
    if (instances.open !== undefined)
      plan.unknown(one.origin, instances.open, "what stands behind it is not known");
    const more = (attached.get(id) ?? []).flatMap((attachment) => {
      const meant = plan.reference(attachment, "instance", ["instance"]);
      return meant.kind === "id" ? [meant.id] : [];
    });
    plan.draft.add(
      "LoadBalancerDescriptions",
      {
        LoadBalancerName: id,
        DNSName: id,
        Scheme: outward ? "internet-facing" : "internal",
        ...tagsOf(one),
        Instances: [...new Set([...instances.ids, ...more])].map((InstanceId) => ({ InstanceId })),
        ListenerDescriptions: blocks(one, "listener").flatMap((block) => classicListener(plan, one, block)),
      },
      one.origin,
    );
  }
}

function classicListener(plan: Plan, fields: Fields, block: Fields): Written[] {
  const LoadBalancerPort = whole(block, "lb_port");
  const InstancePort = whole(block, "instance_port");
  if (LoadBalancerPort === undefined || InstancePort === undefined) {
    plan.unknown(
      fields.origin,
      `${fields.resource.address}: the port of a listener is not known`,
      "left aside",
    );
    return [];
  }
  const Protocol = optional(block, "lb_protocol")?.toUpperCase() ?? "TCP";
  return [{ Listener: { LoadBalancerPort, InstancePort, Protocol } }];
}
