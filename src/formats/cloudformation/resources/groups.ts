// Security groups: their own rules, those that are resources of their own, and the outbound rules that EC2 adds where a
// template writes none. (Template reference, "AWS::EC2::SecurityGroup".)
import { addUnknownGroup, openPermission } from "../../aws/planned/defaults.ts";
import type { Written } from "../../aws/planned/draft.ts";
import { uncertainKey } from "../../aws/planned/marks.ts";
import { Problem, type Origin } from "../../../problem.ts";
import { Fields, known } from "../fields.ts";
import { byOwner, fieldsOf, nameOf, tagsOf, whyOpen, type Plan } from "../plan.ts";
import type { Resource } from "../scope.ts";
import { isNotKnown, type Value } from "../values.ts";

type Direction = "Ingress" | "Egress";

export function writeGroups(plan: Plan): void {
  const ingress = standalone(plan, "Ingress");
  const egress = standalone(plan, "Egress");
  for (const resource of plan.of("AWS::EC2::SecurityGroup")) {
    writeGroup(plan, resource, ingress.get(resource.id) ?? [], egress.get(resource.id) ?? []);
    ingress.delete(resource.id);
    egress.delete(resource.id);
  }
  for (const [id, rules] of [...ingress, ...egress]) {
    const [first] = rules;
    if (first === undefined || id.endsWith(".DefaultSecurityGroup")) continue;
    plan.unknownOnce(
      `rules of ${id}`,
      first.origin,
      `a rule is added to the security group ${id}, which is in no template that was read`,
      "what else that group allows is not known, nor who wears it",
    );
  }
}

/** Rules that are resources of their own, by the group that they belong to. */
function standalone(plan: Plan, direction: Direction): Map<string, Resource[]> {
  return byOwner(
    plan.of(`AWS::EC2::SecurityGroup${direction}`),
    (fields) => fields.text("GroupId") ?? fields.requiredText("GroupName"),
  );
}

function writeGroup(
  plan: Plan,
  resource: Resource,
  ingress: readonly Resource[],
  egress: readonly Resource[],
): void {
  const fields = fieldsOf(resource);
  const inbound = permissions(plan, resource, "Ingress", ingress);
  const outbound = permissions(plan, resource, "Egress", egress);
  // EC2 keeps its own outbound rules where the template adds none; where it may or may not, nobody can say.
  const added = outbound.some((rule) => rule.certain);
  const open: Written[] = added
    ? []
    : outbound.length === 0
      ? [openPermission()]
      : [
          {
            IpProtocol: "-1",
            IpRanges: [{ [uncertainKey]: `whether ${resource.id} keeps its default outbound rules` }],
          },
        ];
  plan.draft.add(
    "SecurityGroups",
    {
      GroupId: resource.id,
      GroupName: known(fields.text("GroupName")) ?? resource.logicalId,
      VpcId: plan.network(fields.text("VpcId"), resource.origin),
      IpPermissions: inbound.map((rule) => rule.written),
      IpPermissionsEgress: [...outbound.map((rule) => rule.written), ...open],
      Tags: tagsOf(fields),
    },
    resource.origin,
  );
}

interface Permission {
  readonly written: Written;
  readonly certain: boolean;
}

function permissions(
  plan: Plan,
  group: Resource,
  direction: Direction,
  others: readonly Resource[],
): Permission[] {
  const key = `SecurityGroup${direction}`;
  return [
    ...fieldsOf(group)
      .list(key)
      .flatMap((item) => inline(plan, group, key, item, direction)),
    ...others.map((resource) =>
      permissionOf(plan, fieldsOf(resource), direction, resource.uncertain, resource.origin),
    ),
  ];
}

/** A rule inside the group; where it is not known, each that it may be. */
function inline(plan: Plan, group: Resource, key: string, item: Value, direction: Direction): Permission[] {
  if (!isNotKnown(item)) {
    const fields = new Fields(
      item.kind === "map" ? item.entries : new Map(),
      `${group.id}.${key}`,
      item.origin,
    );
    if (item.kind !== "map") {
      throw new Problem("meaning", `${group.id}.${key}: a list of rules was expected`, {
        origin: item.origin,
      });
    }
    return [permissionOf(plan, fields, direction, undefined, item.origin)];
  }
  const may = item.may.flatMap((one) => (one.kind === "list" ? one.items : [one]));
  if (may.length > 0 && may.every((one) => one.kind === "map")) {
    return may.map((one) =>
      permissionOf(
        plan,
        new Fields(one.entries, `${group.id}.${key}`, one.origin),
        direction,
        item.why,
        one.origin,
      ),
    );
  }
  return [
    {
      written: { IpProtocol: "-1", IpRanges: [plan.draft.at({ [uncertainKey]: item.why }, item.origin)] },
      certain: false,
    },
  ];
}

function permissionOf(
  plan: Plan,
  fields: Fields,
  direction: Direction,
  uncertain: string | undefined,
  origin: Origin,
): Permission {
  const side = direction === "Ingress" ? "Source" : "Destination";
  const protocol = fields.requiredText("IpProtocol");
  const from = fields.whole("FromPort");
  const to = fields.whole("ToPort");
  const peers = {
    CidrIp: fields.text("CidrIp"),
    CidrIpv6: fields.text("CidrIpv6"),
    PrefixListId: fields.text(`${side}PrefixListId`),
    GroupId: fields.text(`${side}SecurityGroupId`) ?? fields.text(`${side}SecurityGroupName`),
  };
  const why = uncertain ?? whyOpen(protocol, from, to, ...Object.values(peers));
  const description = known(fields.text("Description"));
  const peer = (key: keyof typeof peers): Written[] => {
    const given = peers[key];
    if (given === undefined) return [];
    const who: Written = isNotKnown(given) ? {} : { [key]: given };
    const said: Written = description === undefined ? {} : { Description: description };
    return [
      plan.draft.at({ ...who, ...said, ...(why === undefined ? {} : { [uncertainKey]: why }) }, origin),
    ];
  };
  const found = {
    IpRanges: peer("CidrIp"),
    Ipv6Ranges: peer("CidrIpv6"),
    PrefixListIds: peer("PrefixListId"),
    UserIdGroupPairs: peer("GroupId"),
  };
  if (Object.values(found).every((list) => list.length === 0)) {
    throw new Problem(
      "meaning",
      `${fields.what}: CidrIp, CidrIpv6, ${side}PrefixListId or ${side}SecurityGroupId was expected`,
      { origin },
    );
  }
  return { written: { ...serviceOf(protocol, from, to), ...found }, certain: why === undefined };
}

/** Protocol and ports; where one of them is not known, all that it may be. */
function serviceOf(protocol: unknown, from: unknown, to: unknown): Written {
  if (typeof protocol !== "string") return { IpProtocol: "-1" };
  const name = protocol.toLowerCase();
  if (name === "-1") return { IpProtocol: "-1" };
  const known_ = (bound: unknown): number | undefined => (typeof bound === "number" ? bound : undefined);
  const all = name === "icmp" || name === "icmpv6" || name === "1" || name === "58" ? [-1, -1] : [0, 65535];
  const open = isNotKnown(from) || isNotKnown(to);
  const first = open ? all[0] : known_(from);
  const last = open ? all[1] : known_(to);
  return {
    IpProtocol: name,
    ...(first === undefined ? {} : { FromPort: first }),
    ...(last === undefined ? {} : { ToPort: last }),
  };
}

/**
 * The groups that an interface wears: those that the templates make, and a stand-in for each other one. None given: the
 * VPC's default group.
 */
export function groupsOf(
  plan: Plan,
  fields: Fields,
  keys: readonly string[],
  network: string,
  origin: Origin,
): string[] {
  const key = keys.find((one) => fields.has(one));
  const given = key === undefined ? [] : fields.texts(key);
  if (given.length === 0) return [groupAt(plan, `${network}.DefaultSecurityGroup`, network, origin)];
  return given.map((one) => {
    if (!isNotKnown(one)) return groupAt(plan, one, network, origin);
    const id = nameOf(one);
    plan.standInGroup(id, () =>
      addUnknownGroup(plan.draft, id, network, `the rules of ${id}: ${one.why}`, origin),
    );
    return id;
  });
}

function groupAt(plan: Plan, id: string, network: string, origin: Origin): string {
  if (plan.at(id, "AWS::EC2::SecurityGroup") !== undefined) return id;
  const vpc = id.endsWith(".DefaultSecurityGroup") ? id.slice(0, -".DefaultSecurityGroup".length) : undefined;
  if (vpc !== undefined && plan.networks.get(vpc)?.own === true) return id;
  plan.standInGroup(id, () =>
    addUnknownGroup(
      plan.draft,
      id,
      network,
      `the security group ${id} is in no template that was read`,
      origin,
    ),
  );
  return id;
}
