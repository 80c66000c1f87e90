// Network ACLs: inline entries, entries as resources of their own, which subnets each stands before, and the ACL that
// AWS makes with a VPC. An ACL that Terraform makes or adopts has what is written and else denies.
import { addDefaultAcl, addUnknownAcl, defaultAclId } from "../aws/planned/defaults.ts";
import type { Written } from "../aws/planned/draft.ts";
import { uncertainKey } from "../aws/planned/marks.ts";
import type { Removed } from "./document.ts";
import { blocks, flag, isUnknown, optional, whole, type Fields } from "./fields.ts";
import type { Plan } from "./plan.ts";
import { joinRules, type Ruled } from "./rules.ts";
import { gone } from "./security-groups.ts";
import { given, tagsOf } from "./written.ts";

type Rule = Ruled<Written>;

export function translateNetworkAcls(plan: Plan, removed: readonly Removed[]): void {
  const separate = separateEntries(plan);
  const taken = removedKeys(plan, removed);
  const before = associations(plan);
  for (const acl of plan.of("aws_network_acl", "aws_default_network_acl")) {
    const { address, type } = acl.resource;
    const isDefault = type === "aws_default_network_acl";
    const vpc = plan.reference(acl, "vpc_id", ["vpc"]);
    const owner = vpc.kind === "id" ? vpc.id : isDefault ? vpcOfDefault(plan, address) : undefined;
    if (owner === undefined) {
      const why = vpc.kind === "open" ? vpc.why : `${address}: its VPC is not known`;
      plan.unknown(acl.origin, why, "left out: its subnets have the VPC's own ACL");
      continue;
    }
    const entries = (argument: "ingress" | "egress"): Written[] =>
      joinRules(plan, acl, {
        argument,
        inline: blocks(acl, argument).flatMap((block) => entryOf(plan, block, argument === "egress")),
        separate: separate.get(`${address} ${argument}`) ?? [],
        removed: taken.get(`${address} ${argument}`) ?? new Set(),
        open: (why) => ({
          RuleNumber: 1,
          Protocol: "-1",
          RuleAction: "allow",
          Egress: argument === "egress",
          [uncertainKey]: why,
        }),
      });
    plan.draft.add(
      "NetworkAcls",
      {
        NetworkAclId: address,
        VpcId: owner,
        IsDefault: isDefault,
        ...tagsOf(acl),
        Entries: [...entries("ingress"), ...entries("egress")],
        Associations: (before.get(address) ?? []).map((SubnetId) => ({ SubnetId })),
      },
      acl.origin,
    );
  }
  for (const vpc of plan.of("aws_vpc", "aws_default_vpc")) {
    const id = vpc.resource.address;
    if (plan.known(defaultAclId(id), ["acl"]) !== defaultAclId(id)) continue;
    if (vpc.resource.data) {
      const why = `the default network ACL of ${id} is not known`;
      addUnknownAcl(plan.draft, defaultAclId(id), id, why, vpc.origin);
    } else {
      addDefaultAcl(plan.draft, id, vpc.origin);
      noteUnmanaged(plan, vpc);
    }
  }
}

/** A VPC that stands already may have had its own ACL changed by other hands. */
function noteUnmanaged(plan: Plan, vpc: Fields): void {
  const id = vpc.resource.address;
  const uses = plan.of("aws_subnet", "aws_default_subnet").some((subnet) => {
    const meant = plan.reference(subnet, "vpc_id", ["vpc"]);
    return meant.kind === "id" && meant.id === id;
  });
  if (optional(vpc, "id") === undefined || !uses) return;
  plan.unknown(
    vpc.origin,
    `the own network ACL of ${id} is not managed here`,
    "taken to be as AWS makes it: it lets everything pass",
  );
}

function vpcOfDefault(plan: Plan, address: string): string | undefined {
  const owner = plan
    .of("aws_vpc", "aws_default_vpc")
    .find((vpc) => plan.known(defaultAclId(vpc.resource.address), ["acl"]) === address);
  return owner?.resource.address;
}

/** Which subnets each ACL stands before. A subnet that two claim has the one of the association resource. */
function associations(plan: Plan): Map<string, string[]> {
  const aclOf = new Map<string, string>();
  for (const acl of plan.of("aws_network_acl", "aws_default_network_acl")) {
    const subnets = plan.references(acl, "subnet_ids", ["subnet"]);
    if (subnets.open !== undefined)
      plan.unknown(acl.origin, subnets.open, "subnets that are not known have the VPC's own ACL here");
    for (const subnet of subnets.ids) claim(plan, aclOf, subnet, acl.resource.address, acl);
  }
  for (const one of plan.of("aws_network_acl_association")) {
    const acl = plan.reference(one, "network_acl_id", ["acl"]);
    const subnet = plan.reference(one, "subnet_id", ["subnet"]);
    if (acl.kind === "id" && subnet.kind === "id") aclOf.set(subnet.id, acl.id);
    else plan.unknown(one.origin, `${one.resource.address}: what it joins is not known`, "left aside");
  }
  const subnets = new Map<string, string[]>();
  for (const [subnet, acl] of aclOf) subnets.set(acl, [...(subnets.get(acl) ?? []), subnet]);
  return subnets;
}

function claim(plan: Plan, aclOf: Map<string, string>, subnet: string, acl: string, fields: Fields): void {
  const before = aclOf.get(subnet);
  const isDefault = fields.resource.type === "aws_default_network_acl";
  // A default ACL's list has the subnets that no other claims.
  if (before !== undefined && isDefault) return;
  if (before !== undefined) {
    plan.unknown(
      fields.origin,
      `both ${before} and ${acl} claim ${subnet}: the one that is applied last has it`,
      `read as ${acl}'s`,
    );
  }
  aclOf.set(subnet, acl);
}

function separateEntries(plan: Plan): Map<string, Rule[]> {
  const entries = new Map<string, Rule[]>();
  for (const rule of plan.of("aws_network_acl_rule")) {
    const acl = plan.reference(rule, "network_acl_id", ["acl"]);
    if (acl.kind !== "id") {
      const why = acl.kind === "open" ? acl.why : `${rule.resource.address} names no ACL`;
      plan.unknown(rule.origin, why, "left aside: whichever ACL it is read without it");
      continue;
    }
    const egress = flag(rule, "egress") === true;
    const key = `${acl.id} ${egress ? "egress" : "ingress"}`;
    entries.set(key, [...(entries.get(key) ?? []), ...entryOf(plan, rule, egress)]);
  }
  return entries;
}

/** Inline entries say `rule_no` and `action`, resources `rule_number` and `rule_action`. */
function entryOf(plan: Plan, fields: Fields, egress: boolean): Rule[] {
  const { address } = fields.resource;
  const number = whole(fields, "rule_no") ?? whole(fields, "rule_number");
  const action = (optional(fields, "action") ?? optional(fields, "rule_action"))?.toLowerCase();
  if (number === undefined || action === undefined) {
    plan.unknown(
      fields.origin,
      `${address}: an entry whose number or action is not known before apply`,
      "left aside: packets that it would decide go on to the next entry here",
    );
    return [];
  }
  const open = ["protocol", "from_port", "to_port", "cidr_block", "ipv6_cidr_block"].find((key) =>
    isUnknown(fields, key),
  );
  const ipv4 = optional(fields, "cidr_block");
  const ipv6 = optional(fields, "ipv6_cidr_block");
  const protocol = protocolOf(fields);
  const entry: Written = {
    RuleNumber: number,
    RuleAction: action,
    Protocol: open === undefined ? protocol : "-1",
    Egress: egress,
    ...(open === undefined ? serviceOf(fields, protocol) : {}),
    ...given("CidrBlock", ipv4),
    ...given("Ipv6CidrBlock", ipv6),
    ...(open === undefined ? {} : { [uncertainKey]: `${address}: its ${open} is not known before apply` }),
  };
  const place = { ...fields.origin, id: `${address} rule ${number}` };
  return [{ key: `${number}`, rule: plan.draft.at(entry, place), origin: place }];
}

function protocolOf(fields: Fields): string {
  const written = fields.item.value["protocol"];
  const said = typeof written === "number" ? String(written) : (optional(fields, "protocol") ?? "-1");
  return said.toLowerCase() === "all" ? "-1" : said.toLowerCase();
}

const withPorts: ReadonlySet<string> = new Set(["tcp", "udp", "6", "17"]);

function serviceOf(fields: Fields, protocol: string): Written {
  if (protocol === "-1") return {};
  if (withPorts.has(protocol)) {
    const ports = { ...given("From", whole(fields, "from_port")), ...given("To", whole(fields, "to_port")) };
    return { PortRange: ports };
  }
  return {
    IcmpTypeCode: {
      ...given("Type", whole(fields, "icmp_type")),
      ...given("Code", whole(fields, "icmp_code")),
    },
  };
}

/** The numbers of entries that the plan takes away, by ACL and direction. */
function removedKeys(plan: Plan, removed: readonly Removed[]): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (const { type, before, address } of removed) {
    const acl = before.value["network_acl_id"];
    if (type !== "aws_network_acl_rule" || typeof acl !== "string") continue;
    const fields = gone(address, before);
    const where = `${plan.known(acl, ["acl"])} ${flag(fields, "egress") === true ? "egress" : "ingress"}`;
    keys.set(where, new Set([...(keys.get(where) ?? []), String(whole(fields, "rule_number"))]));
  }
  return keys;
}
