// Load balancers of both generations with an interface in each of their subnets; listeners, their rules, and target
// groups, which have the shape of AWS's exports already.
import type { Written } from "../../aws/planned/draft.ts";
import { uncertainKey } from "../../aws/planned/marks.ts";
import { known, type Fields } from "../fields.ts";
import { fieldsOf, nameOf, tagsOf, type Plan, type PlannedSubnet } from "../plan.ts";
import type { Resource } from "../scope.ts";
import { isNotKnown } from "../values.ts";
import { groupsOf } from "./groups.ts";
import type { PlannedInterfaces } from "./interfaces.ts";

const elbv2 = "AWS::ElasticLoadBalancingV2";

export function planLoadBalancers(plan: Plan, interfaces: PlannedInterfaces): void {
  for (const resource of plan.of(`${elbv2}::LoadBalancer`)) planBalancer(plan, interfaces, resource);
  for (const resource of plan.of("AWS::ElasticLoadBalancing::LoadBalancer"))
    planClassic(plan, interfaces, resource);
  for (const resource of plan.of(`${elbv2}::TargetGroup`)) writeTargetGroup(plan, resource);
  for (const resource of plan.of(`${elbv2}::Listener`)) {
    const fields = fieldsOf(resource);
    const port = known(fields.whole("Port"));
    const protocol = known(fields.text("Protocol"));
    noteOpen(plan, resource, fields, ["Port", "Protocol"]);
    plan.draft.add(
      "Listeners",
      {
        ListenerArn: resource.id,
        LoadBalancerArn: nameOf(fields.requiredText("LoadBalancerArn")),
        ...(port === undefined ? {} : { Port: port }),
        // Without both it takes every packet, which is what may be where one is not known.
        ...(protocol === undefined || (port === undefined && fields.has("Port"))
          ? {}
          : { Protocol: protocol }),
        DefaultActions: actionsOf(fields, "DefaultActions"),
      },
      resource.origin,
    );
  }
  for (const resource of plan.of(`${elbv2}::ListenerRule`)) {
    const fields = fieldsOf(resource);
    const listener = nameOf(fields.requiredText("ListenerArn"));
    plan.draft.add(
      "Rules",
      { RuleArn: `${listener}/${resource.logicalId}`, Actions: actionsOf(fields, "Actions") },
      resource.origin,
    );
  }
}

function noteOpen(plan: Plan, resource: Resource, fields: Fields, keys: readonly string[]): void {
  for (const key of keys) {
    const value = fields.text(key);
    if (isNotKnown(value))
      plan.unknown(resource.origin, `${key} of ${resource.id}: ${value.why}`, "any is taken");
  }
}

function actionsOf(fields: Fields, key: string): Written[] {
  return fields.maps(key).map((action): Written => {
    // A group that nobody knows stands for what an open action may lead to.
    if (isNotKnown(action)) return { TargetGroupArn: nameOf(action) };
    const single = action.text("TargetGroupArn");
    const forward = action.map("ForwardConfig");
    const several = forward === undefined || isNotKnown(forward) ? [] : forward.maps("TargetGroups");
    return {
      ...(single === undefined ? {} : { TargetGroupArn: nameOf(single) }),
      ForwardConfig: {
        TargetGroups: several.map((one) => ({
          TargetGroupArn: nameOf(isNotKnown(one) ? one : one.requiredText("TargetGroupArn")),
        })),
      },
    };
  });
}

function planBalancer(plan: Plan, interfaces: PlannedInterfaces, resource: Resource): void {
  const fields = fieldsOf(resource);
  const type = known(fields.text("Type")) ?? "application";
  const facing = known(fields.text("Scheme")) !== "internal" && type !== "gateway";
  const mapped = fields.maps("SubnetMappings");
  const given = [
    ...fields.texts("Subnets"),
    ...mapped.map((one) => (isNotKnown(one) ? one : one.requiredText("SubnetId"))),
  ];
  const network = networkOfGroups(plan, fields);
  const subnets = given.map((one) => plan.subnet(one, network, resource.origin));
  plan.draft.add(
    "LoadBalancers",
    {
      LoadBalancerArn: resource.id,
      LoadBalancerName: known(fields.text("Name")) ?? resource.logicalId,
      Type: type,
      Scheme: facing ? "internet-facing" : "internal",
      Tags: tagsOf(fields),
    },
    resource.origin,
  );
  noteOpen(plan, resource, fields, ["Scheme", "Type"]);
  const dual = (known(fields.text("IpAddressType")) ?? "ipv4").startsWith("dualstack");
  planInterfaces(plan, interfaces, resource, subnets, {
    facing,
    dual,
    description: `ELB ${resource.id}`,
    groups: type === "application" || fields.has("SecurityGroups"),
  });
}

function networkOfGroups(plan: Plan, fields: Fields): string | undefined {
  const group = fields
    .texts("SecurityGroups")
    .flatMap((id) => (isNotKnown(id) ? [] : (plan.at(id, "AWS::EC2::SecurityGroup") ?? [])))[0];
  return group === undefined ? undefined : plan.network(fieldsOf(group).text("VpcId"), group.origin);
}

function planInterfaces(
  plan: Plan,
  interfaces: PlannedInterfaces,
  resource: Resource,
  subnets: readonly PlannedSubnet[],
  about: {
    readonly facing: boolean;
    readonly dual: boolean;
    readonly description: string;
    readonly groups: boolean;
  },
): void {
  const { origin } = resource;
  for (const subnet of new Set(subnets)) {
    interfaces.add({
      id: `${resource.id}.${subnet.id}`,
      origin,
      subnet,
      groups: about.groups
        ? groupsOf(plan, fieldsOf(resource), ["SecurityGroups"], subnet.network, origin)
        : [],
      name: resource.id,
      ipv4: [undefined],
      ipv6: about.dual ? [undefined] : [],
      public: about.facing ? interfaces.publicAddress(`${resource.id} (public)`, origin) : undefined,
      description: about.description,
      check: true,
    });
  }
}

function planClassic(plan: Plan, interfaces: PlannedInterfaces, resource: Resource): void {
  const fields = fieldsOf(resource);
  const network = networkOfGroups(plan, fields);
  const subnets = fields.texts("Subnets").map((one) => plan.subnet(one, network, resource.origin));
  const facing = known(fields.text("Scheme")) !== "internal";
  plan.draft.add(
    "LoadBalancerDescriptions",
    {
      LoadBalancerName: resource.id,
      DNSName: resource.id,
      ...(subnets[0] === undefined ? {} : { VPCId: subnets[0].network }),
      Scheme: facing ? "internet-facing" : "internal",
      Instances: fields.texts("Instances").map((id) => ({ InstanceId: nameOf(id) })),
      ListenerDescriptions: fields.maps("Listeners").flatMap((listener) => {
        const front = isNotKnown(listener) ? undefined : known(listener.whole("LoadBalancerPort"));
        const back = isNotKnown(listener) ? undefined : known(listener.whole("InstancePort"));
        if (isNotKnown(listener) || front === undefined || back === undefined) {
          plan.unknown(
            resource.origin,
            `a listener of ${resource.id} has no port that is known`,
            "left aside",
          );
          return [];
        }
        const protocol = known(listener.text("Protocol")) ?? "TCP";
        return [
          { Listener: { LoadBalancerPort: front, InstancePort: back, Protocol: protocol.toUpperCase() } },
        ];
      }),
      Tags: tagsOf(fields),
    },
    resource.origin,
  );
  noteOpen(plan, resource, fields, ["Scheme"]);
  planInterfaces(plan, interfaces, resource, subnets, {
    facing,
    dual: false,
    description: `ELB ${resource.id}`,
    groups: true,
  });
}

/** Targets that the template does not list are registered by something else: a service, a scaling group, by hand. */
function writeTargetGroup(plan: Plan, resource: Resource): void {
  const fields = fieldsOf(resource);
  const targets = fields.maps("Targets");
  const open = targets.find((target) => isNotKnown(target));
  const why =
    open?.why ??
    (targets.length === 0 ? `the targets of ${resource.id} are not in the template` : undefined) ??
    targets.flatMap((target) => {
      const id = isNotKnown(target) ? undefined : target.requiredText("Id");
      return isNotKnown(id) ? [id.why] : [];
    })[0];
  const network = fields.text("VpcId");
  const port = known(fields.whole("Port"));
  const type = known(fields.text("TargetType"));
  const protocol = known(fields.text("Protocol"));
  plan.draft.add(
    "TargetGroups",
    {
      TargetGroupArn: resource.id,
      TargetGroupName: known(fields.text("Name")) ?? resource.logicalId,
      ...(protocol === undefined ? {} : { Protocol: protocol }),
      ...(port === undefined ? {} : { Port: port }),
      ...(type === undefined ? {} : { TargetType: type }),
      ...(network === undefined ? {} : { VpcId: plan.network(network, resource.origin) }),
      ...(why === undefined || type === "lambda" ? {} : { [uncertainKey]: why }),
      Tags: tagsOf(fields),
    },
    resource.origin,
  );
  plan.draft.add(
    "LoadBalancerTargetHealth",
    {
      TargetGroupArn: resource.id,
      TargetHealthDescriptions: targets.flatMap((target) => {
        const id = isNotKnown(target) ? undefined : known(target.requiredText("Id"));
        const own = isNotKnown(target) ? undefined : known(target.whole("Port"));
        return id === undefined ? [] : [{ Target: { Id: id, ...(own === undefined ? {} : { Port: own }) } }];
      }),
    },
    resource.origin,
  );
  const attributes = fields.maps("TargetGroupAttributes").flatMap((one) => {
    const key = isNotKnown(one) ? undefined : known(one.text("Key"));
    const value = isNotKnown(one) ? undefined : known(one.text("Value"));
    return key === undefined || value === undefined ? [] : [{ Key: key, Value: value }];
  });
  if (attributes.length > 0) {
    plan.draft.add("Attributes", { TargetGroupArn: resource.id, Attributes: attributes }, resource.origin);
  }
}
