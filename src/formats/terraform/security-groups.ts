// Security groups: inline blocks, rules as resources of their own (both generations of them), and the groups that AWS
// makes with a VPC. Terraform takes away the outbound rule that AWS gives a new group, so a group has what is written.
import { addDefaultGroup, defaultGroupId } from "../aws/planned/defaults.ts";
import type { Written } from "../aws/planned/draft.ts";
import { uncertainKey } from "../aws/planned/marks.ts";
import { isObject } from "../json.ts";
import { blocks, flag, isUnknown, optional, strings, whole, type Fields } from "./fields.ts";
import type { Plan } from "./plan.ts";
import { joinRules, type Ruled } from "./rules.ts";
import { accountOf, given, tagsOf } from "./written.ts";
import type { Removed } from "./document.ts";

type Direction = "ingress" | "egress";
type Rule = Ruled<Written>;

export function translateSecurityGroups(plan: Plan, removed: readonly Removed[]): void {
  const separate = separateRules(plan);
  const gone = removedKeys(plan, removed);
  for (const group of plan.of("aws_security_group", "aws_default_security_group")) {
    const { address, data } = group.resource;
    // A data source says of a group that it is there, and nothing of its rules.
    if (data) continue;
    const vpc = plan.reference(group, "vpc_id", ["vpc"]);
    if (vpc.kind === "open")
      plan.unknown(group.origin, vpc.why, "read without its VPC: an interface that wears it decides");
    const permissions = (argument: Direction): Written[] =>
      joinRules(plan, group, {
        argument,
        inline: blocks(group, argument).flatMap((block) => inlineRules(plan, block)),
        separate: separate.get(`${address} ${argument}`) ?? [],
        removed: gone.get(`${address} ${argument}`) ?? new Set(),
        open: (why) => ({ IpProtocol: "-1", IpRanges: [{ [uncertainKey]: why }] }),
      });
    plan.draft.add(
      "SecurityGroups",
      {
        GroupId: address,
        GroupName: optional(group, "name") ?? address,
        ...given("OwnerId", accountOf(group)),
        ...given("VpcId", vpc.kind === "id" ? vpc.id : undefined),
        ...tagsOf(group),
        IpPermissions: permissions("ingress"),
        IpPermissionsEgress: permissions("egress"),
      },
      group.origin,
    );
  }
  noteHomeless(plan, separate);
  addDefaultGroups(plan);
}

/** The group that every VPC has, unless it is managed: worn by whatever names no group. */
function addDefaultGroups(plan: Plan): void {
  for (const vpc of plan.of("aws_vpc", "aws_default_vpc")) {
    const id = vpc.resource.address;
    if (plan.known(defaultGroupId(id), ["group"]) === defaultGroupId(id))
      addDefaultGroup(plan.draft, id, vpc.origin);
  }
}

/** Rules of groups that stand in no file: to be seen, since the group may be worn by what is here. */
function noteHomeless(plan: Plan, separate: ReadonlyMap<string, readonly Rule[]>): void {
  const known = new Set(
    plan
      .of("aws_security_group", "aws_default_security_group")
      .filter((group) => !group.resource.data)
      .map((group) => group.resource.address),
  );
  for (const [where, [first]] of separate) {
    const id = where.slice(0, where.lastIndexOf(" "));
    if (known.has(id) || first === undefined) continue;
    plan.unknown(
      first.origin,
      `${first.origin.id ?? "a rule"} belongs to ${id}, whose other rules stand in no file`,
      "the group's rules are not known",
    );
  }
}

/** One block is a permission with several peers; each becomes a rule. */
function inlineRules(plan: Plan, block: Fields): Rule[] {
  const peers: Written[] = [
    ...strings(block, "cidr_blocks").map((CidrIp) => ({ IpRanges: [{ CidrIp }] })),
    ...strings(block, "ipv6_cidr_blocks").map((CidrIpv6) => ({ Ipv6Ranges: [{ CidrIpv6 }] })),
  ];
  const lists = plan.references(block, "prefix_list_ids", ["prefix-list"]);
  const groups = plan.references(block, "security_groups", ["group"]);
  peers.push(...lists.ids.map((PrefixListId) => ({ PrefixListIds: [{ PrefixListId }] })));
  peers.push(...groups.ids.map((GroupId) => ({ UserIdGroupPairs: [{ GroupId }] })));
  if (flag(block, "self") === true) peers.push({ UserIdGroupPairs: [{ GroupId: block.resource.address }] });
  for (const why of [
    lists.open,
    groups.open,
    notYet(block, "cidr_blocks"),
    notYet(block, "ipv6_cidr_blocks"),
  ])
    if (why !== undefined) peers.push({ IpRanges: [{ [uncertainKey]: why }] });
  return peers.map((peer) => ruleOf(plan, block, peer, "protocol"));
}

function notYet(fields: Fields, key: string): string | undefined {
  return isUnknown(fields, key)
    ? `${fields.resource.address}: its ${key} are not known before apply`
    : undefined;
}

/** A permission of one peer. Where its protocol or ports are not known yet, it may be for any. */
function ruleOf(plan: Plan, fields: Fields, peer: Written, protocolKey: string): Rule {
  const written = optional(fields, protocolKey)?.toLowerCase();
  const open = [protocolKey, "from_port", "to_port"].find((key) => isUnknown(fields, key));
  const description = optional(fields, "description");
  const [[list, entries] = []] = Object.entries(peer);
  const [entry] = Array.isArray(entries) ? entries : [];
  const why =
    open === undefined ? undefined : `${fields.resource.address}: its ${open} is not known before apply`;
  const ended: Written = {
    ...(isObject(entry) ? entry : {}),
    ...given("Description", description),
    ...given(uncertainKey, why ?? (isObject(entry) ? entry[uncertainKey] : undefined)),
  };
  const protocol = why === undefined ? protocolOf(written) : "-1";
  const permission: Written = {
    IpProtocol: protocol,
    ...(protocol === "-1"
      ? {}
      : { ...given("FromPort", whole(fields, "from_port")), ...given("ToPort", whole(fields, "to_port")) }),
    [list ?? "IpRanges"]: [plan.draft.at(ended, { ...fields.origin })],
  };
  plan.draft.at(permission, { ...fields.origin });
  return { key: keyOf(permission), rule: permission, origin: fields.origin };
}

/** `all` and `-1` are every protocol. */
function protocolOf(written: string | undefined): string {
  return written === undefined || written === "all" ? "-1" : written;
}

const numbers: Readonly<Record<string, string>> = { "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6" };

/** What AWS tells rules apart by; the description is none of it. */
function keyOf(permission: Written): string {
  return JSON.stringify(permission, (name, value: unknown) => {
    if (name === "Description") return undefined;
    return name === "IpProtocol" && typeof value === "string" ? (numbers[value] ?? value) : value;
  });
}

/** By group and direction. */
function separateRules(plan: Plan): Map<string, Rule[]> {
  const rules = new Map<string, Rule[]>();
  const add = (rule: Fields, direction: Direction, found: readonly Rule[]): void => {
    const group = plan.reference(rule, "security_group_id", ["group"]);
    if (group.kind !== "id") {
      const why = group.kind === "open" ? group.why : `${rule.resource.address} names no group`;
      plan.unknown(rule.origin, why, "left aside: whichever group it is read without it");
      return;
    }
    const key = `${group.id} ${direction}`;
    rules.set(key, [...(rules.get(key) ?? []), ...found]);
  };
  for (const rule of plan.of("aws_security_group_rule")) {
    const type = optional(rule, "type");
    if (type === "ingress" || type === "egress") add(rule, type, olderRules(plan, rule));
    else plan.unknown(rule.origin, `${rule.resource.address}: its type is not known`, "left aside");
  }
  for (const rule of plan.of("aws_vpc_security_group_ingress_rule"))
    add(rule, "ingress", newerRules(plan, rule));
  for (const rule of plan.of("aws_vpc_security_group_egress_rule"))
    add(rule, "egress", newerRules(plan, rule));
  return rules;
}

/** `aws_security_group_rule`: several prefixes, or one group, or the group itself. */
function olderRules(plan: Plan, rule: Fields): Rule[] {
  const own = plan.reference(rule, "security_group_id", ["group"]);
  const other = plan.reference(rule, "source_security_group_id", ["group"]);
  const lists = plan.references(rule, "prefix_list_ids", ["prefix-list"]);
  const peers: Written[] = [
    ...strings(rule, "cidr_blocks").map((CidrIp) => ({ IpRanges: [{ CidrIp }] })),
    ...strings(rule, "ipv6_cidr_blocks").map((CidrIpv6) => ({ Ipv6Ranges: [{ CidrIpv6 }] })),
    ...lists.ids.map((PrefixListId) => ({ PrefixListIds: [{ PrefixListId }] })),
  ];
  if (other.kind === "id") peers.push(groupPeer(other.id));
  if (flag(rule, "self") === true && own.kind === "id") peers.push(groupPeer(own.id));
  const open = [
    lists.open,
    other.kind === "open" ? other.why : undefined,
    notYet(rule, "cidr_blocks"),
    notYet(rule, "ipv6_cidr_blocks"),
  ];
  for (const why of open) if (why !== undefined) peers.push({ IpRanges: [{ [uncertainKey]: why }] });
  return peers.map((peer) => ruleOf(plan, rule, peer, "protocol"));
}

function groupPeer(id: string): Written {
  // Of a group in another account the id may have the account before it.
  const [account, group] = id.includes("/sg-") ? id.split("/") : [undefined, id];
  return { UserIdGroupPairs: [{ GroupId: group ?? id, ...given("UserId", account) }] };
}

/** `aws_vpc_security_group_…_rule`: one peer. */
function newerRules(plan: Plan, rule: Fields): Rule[] {
  const group = plan.reference(rule, "referenced_security_group_id", ["group"]);
  const list = plan.reference(rule, "prefix_list_id", ["prefix-list"]);
  const ipv4 = optional(rule, "cidr_ipv4");
  const ipv6 = optional(rule, "cidr_ipv6");
  const peers: Written[] = [];
  if (ipv4 !== undefined) peers.push({ IpRanges: [{ CidrIp: ipv4 }] });
  if (ipv6 !== undefined) peers.push({ Ipv6Ranges: [{ CidrIpv6: ipv6 }] });
  if (group.kind === "id") peers.push(groupPeer(group.id));
  if (list.kind === "id") peers.push({ PrefixListIds: [{ PrefixListId: list.id }] });
  const open = [
    group.kind === "open" ? group.why : undefined,
    list.kind === "open" ? list.why : undefined,
    notYet(rule, "cidr_ipv4"),
    notYet(rule, "cidr_ipv6"),
  ].find((why) => why !== undefined);
  if (open !== undefined) peers.push({ IpRanges: [{ [uncertainKey]: open }] });
  return peers.map((peer) => ruleOf(plan, rule, peer, "ip_protocol"));
}

/** The rules as they were that the plan takes away, by group and direction: AWS's list still has them. */
function removedKeys(plan: Plan, removed: readonly Removed[]): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (const { type, before, address } of removed) {
    const direction = directionOf(type, before.value["type"]);
    if (direction === undefined) continue;
    const group = before.value["security_group_id"];
    if (typeof group !== "string") continue;
    const fields = gone(address, before);
    const found = type === "aws_security_group_rule" ? olderRules(plan, fields) : newerRules(plan, fields);
    const where = `${plan.known(group, ["group"])} ${direction}`;
    const own = keys.get(where) ?? new Set();
    for (const { key } of found) own.add(key);
    keys.set(where, own);
  }
  return keys;
}

function directionOf(type: string, written: unknown): Direction | undefined {
  if (type === "aws_vpc_security_group_ingress_rule") return "ingress";
  if (type === "aws_vpc_security_group_egress_rule") return "egress";
  if (type !== "aws_security_group_rule") return undefined;
  return written === "ingress" || written === "egress" ? written : undefined;
}

/** The arguments of a resource as it was: all of them known. */
export function gone(address: string, before: Removed["before"]): Fields {
  const module = { address: "", key: undefined, parent: undefined, call: undefined };
  const resource = {
    address,
    data: false,
    type: "",
    name: "",
    key: undefined,
    module,
    item: before,
    values: before,
    unknown: {},
  };
  const origin = before.document.originOf(before.value, address);
  return {
    resource,
    item: before,
    unknown: {},
    expression: () => undefined,
    configured: false,
    sharedBy: () => 0,
    origin,
  };
}
