// VPCs with their secondary and IPv6 prefixes, subnets, and the gateways that are attached to a VPC.
import { parsePrefix, formatPrefix } from "../../packet/address.ts";
import type { Written } from "../aws/planned/draft.ts";
import { blocks, flag, isUnknown, optional, type Fields } from "./fields.ts";
import type { Plan } from "./plan.ts";
import { accountOf, given, regionOf, tagsOf } from "./written.ts";

/** What the other translators need of the networks. */
export interface Networks {
  /** The prefixes of each VPC, of both families. */
  readonly prefixesOf: ReadonlyMap<string, readonly string[]>;
  readonly subnets: ReadonlyMap<string, PlannedSubnet>;
}

export interface PlannedSubnet {
  readonly id: string;
  readonly vpc: string | undefined;
  readonly prefix: string | undefined;
  readonly ipv6: string | undefined;
  readonly zone: string | undefined;
  readonly publicOnLaunch: boolean;
  readonly ipv6OnLaunch: boolean;
}

export function translateNetworks(plan: Plan, region: (fields: Fields) => string | undefined): Networks {
  const prefixesOf = new Map<string, string[]>();
  for (const vpc of plan.of("aws_vpc", "aws_default_vpc")) {
    const prefixes = [...ipv4Of(plan, vpc), ...ipv6Of(plan, vpc)];
    prefixesOf.set(vpc.resource.address, prefixes);
    translateVpc(plan, vpc, prefixes, region(vpc));
  }
  const subnets = new Map<string, PlannedSubnet>();
  for (const fields of plan.of("aws_subnet", "aws_default_subnet")) {
    const subnet = translateSubnet(plan, fields, prefixesOf);
    if (subnet !== undefined) subnets.set(subnet.id, subnet);
  }
  translateGateways(plan);
  return { prefixesOf, subnets };
}

function translateVpc(
  plan: Plan,
  vpc: Fields,
  prefixes: readonly string[],
  region: string | undefined,
): void {
  const ipv4 = prefixes.filter((prefix) => !prefix.includes(":"));
  const ipv6 = prefixes.filter((prefix) => prefix.includes(":"));
  plan.draft.add(
    "Vpcs",
    {
      VpcId: vpc.resource.address,
      ...tagsOf(vpc),
      ...given("OwnerId", accountOf(vpc)),
      ...given("Region", regionOf(vpc) ?? region),
      CidrBlockAssociationSet: ipv4.map((CidrBlock) => ({ CidrBlock })),
      ...given("CidrBlock", ipv4[0]),
      Ipv6CidrBlockAssociationSet: ipv6.map((Ipv6CidrBlock) => ({ Ipv6CidrBlock })),
    },
    vpc.origin,
  );
}

function ipv4Of(plan: Plan, vpc: Fields): string[] {
  const own = optional(vpc, "cidr_block");
  if (own === undefined) {
    plan.unknown(
      vpc.origin,
      `${vpc.resource.address}: its IPv4 prefix is not known before apply`,
      "it is read without one: local routes and addresses inside it are missing",
    );
  }
  const read = blocks(vpc, "cidr_block_associations").flatMap((one) => optional(one, "cidr_block") ?? []);
  const added = plan.of("aws_vpc_ipv4_cidr_block_association").flatMap((one) => {
    const meant = plan.reference(one, "vpc_id", ["vpc"]);
    return meant.kind === "id" && meant.id === vpc.resource.address ? [secondary(plan, one)] : [];
  });
  return [
    ...new Set([...(own === undefined ? [] : [own]), ...read, ...added.filter((one) => one !== undefined)]),
  ];
}

function secondary(plan: Plan, association: Fields): string | undefined {
  const prefix = optional(association, "cidr_block");
  if (prefix === undefined) {
    plan.unknown(
      association.origin,
      `${association.resource.address}: its prefix is not known before apply`,
      "the VPC is read without it",
    );
  }
  return prefix;
}

/** One of Amazon's own prefixes is known after apply only; until then a made-up one stands for it. */
function ipv6Of(plan: Plan, vpc: Fields): string[] {
  const own = optional(vpc, "ipv6_cidr_block");
  const associations = plan.of("aws_vpc_ipv6_cidr_block_association").filter((one) => {
    const meant = plan.reference(one, "vpc_id", ["vpc"]);
    return meant.kind === "id" && meant.id === vpc.resource.address;
  });
  const added = associations.flatMap((one) => optional(one, "ipv6_cidr_block") ?? []);
  const known = [...new Set([...(own === undefined ? [] : [own]), ...added])];
  const awaited =
    flag(vpc, "assign_generated_ipv6_cidr_block") === true ||
    optional(vpc, "ipv6_ipam_pool_id") !== undefined ||
    associations.length > added.length;
  if (known.length > 0 || !awaited) return known;
  plan.unknown(
    vpc.origin,
    `${vpc.resource.address}: its IPv6 prefix is not known before apply`,
    "made-up prefixes and addresses stand for it; no rule that names a real one holds for them",
  );
  return [plan.madeUp.ipv6Block()];
}

function translateSubnet(
  plan: Plan,
  fields: Fields,
  prefixesOf: ReadonlyMap<string, readonly string[]>,
): PlannedSubnet | undefined {
  const id = fields.resource.address;
  const vpc = vpcOf(plan, fields);
  if (vpc === undefined) return undefined;
  const prefix = optional(fields, "cidr_block");
  const ipv6 = optional(fields, "ipv6_cidr_block") ?? madeUpIpv6(plan, fields, prefixesOf.get(vpc) ?? []);
  const zone = optional(fields, "availability_zone");
  if (prefix === undefined && ipv6 === undefined) {
    plan.unknown(
      fields.origin,
      `${id}: its prefix is not known before apply`,
      "left out: nothing inside it can be reached nor reach",
    );
    return undefined;
  }
  const publicOnLaunch =
    flag(fields, "map_public_ip_on_launch") ?? fields.resource.type === "aws_default_subnet";
  plan.draft.add(
    "Subnets",
    {
      SubnetId: id,
      VpcId: vpc,
      ...tagsOf(fields),
      ...given("CidrBlock", prefix),
      ...given("AvailabilityZone", zone),
      MapPublicIpOnLaunch: publicOnLaunch,
      Ipv6CidrBlockAssociationSet: ipv6 === undefined ? [] : [{ Ipv6CidrBlock: ipv6 }],
    },
    fields.origin,
  );
  const ipv6OnLaunch = flag(fields, "assign_ipv6_address_on_creation") === true;
  return { id, vpc, prefix, ipv6, zone, publicOnLaunch, ipv6OnLaunch };
}

function vpcOf(plan: Plan, fields: Fields): string | undefined {
  const meant = plan.reference(fields, "vpc_id", ["vpc"]);
  if (meant.kind === "id") return meant.id;
  const why =
    meant.kind === "open" ? meant.why : `${fields.resource.address}: its VPC is not known before apply`;
  plan.unknown(fields.origin, why, "left out: nothing inside it can be reached nor reach");
  return undefined;
}

const subnetsOf56 = 256;

/** A /64 of the VPC's made-up prefix, for a subnet whose own is not known yet. */
function madeUpIpv6(plan: Plan, fields: Fields, prefixes: readonly string[]): string | undefined {
  if (!isUnknown(fields, "ipv6_cidr_block") || fields.expression("ipv6_cidr_block") === undefined)
    return undefined;
  const written = prefixes.find((prefix) => prefix.includes(":"));
  const whole = written === undefined ? undefined : parsePrefix(written);
  const before = plan.of("aws_subnet", "aws_default_subnet").indexOf(fields);
  if (whole?.family !== 6 || before >= subnetsOf56) return undefined;
  return formatPrefix({ family: 6, value: whole.value + (BigInt(before) << 64n), length: 64 });
}

function translateGateways(plan: Plan): void {
  const attach = (fields: Fields, type: string, key: string): Written[] => {
    const inline = plan.reference(fields, "vpc_id", ["vpc"]);
    const others = plan.of(type).flatMap((one): Written[] => {
      const own = plan.reference(one, key, ["internet", "private"]);
      const vpc = plan.reference(one, "vpc_id", ["vpc"]);
      return own.kind === "id" && own.id === fields.resource.address && vpc.kind === "id"
        ? [{ State: "attached", VpcId: vpc.id }]
        : [];
    });
    if (inline.kind === "open" || (inline.kind === "computed" && others.length === 0 && type === "")) {
      const why = inline.kind === "open" ? inline.why : `${fields.resource.address}: its VPC is not known`;
      plan.unknown(fields.origin, why, "it is read as attached to nothing");
    }
    return inline.kind === "id" ? [{ State: "attached", VpcId: inline.id }, ...others] : others;
  };
  for (const one of plan.of("aws_internet_gateway")) {
    const Attachments = [
      ...attach(one, "aws_internet_gateway_attachment", "internet_gateway_id"),
      ...blocks(one, "attachments").flatMap((block) => readAttachment(plan, block)),
    ];
    plan.draft.add(
      "InternetGateways",
      { InternetGatewayId: one.resource.address, Attachments, ...tagsOf(one) },
      one.origin,
    );
  }
  for (const one of plan.of("aws_egress_only_internet_gateway")) {
    const Attachments = attach(one, "", "");
    plan.draft.add(
      "EgressOnlyInternetGateways",
      { EgressOnlyInternetGatewayId: one.resource.address, Attachments, ...tagsOf(one) },
      one.origin,
    );
  }
  for (const one of plan.of("aws_vpn_gateway")) {
    const VpcAttachments = attach(one, "aws_vpn_gateway_attachment", "vpn_gateway_id");
    plan.draft.add(
      "VpnGateways",
      { VpnGatewayId: one.resource.address, VpcAttachments, ...tagsOf(one) },
      one.origin,
    );
  }
}

/** A data source lists what its gateway is attached to. */
function readAttachment(plan: Plan, block: Fields): Written[] {
  const meant = plan.reference(block, "vpc_id", ["vpc"]);
  return meant.kind === "id" ? [{ State: "attached", VpcId: meant.id }] : [];
}
