// VPCs and subnets with their prefixes; what every VPC has without anybody writing it; and what stands in for VPCs and
// subnets that no template makes.
import {
  addDefaultAcl,
  addDefaultGroup,
  addMainTable,
  addUnknownDefaults,
} from "../../aws/planned/defaults.ts";
import { formatPrefix, parsePrefix, type Prefix } from "../../../packet/address.ts";
import { Problem } from "../../../problem.ts";
import { ipv6BlockOf } from "../attributes.ts";
import { known } from "../fields.ts";
import { fieldsOf, nameOf, tagsOf, type Plan } from "../plan.ts";
import type { Resource } from "../scope.ts";
import { isNotKnown, type NotKnown } from "../values.ts";

export function planNetworks(plan: Plan): void {
  for (const resource of plan.of("AWS::EC2::VPC")) {
    const fields = fieldsOf(resource);
    const written = fields.text("CidrBlock");
    const prefixes = prefixesOf(plan, resource, written ?? pool(resource, "Ipv4IpamPoolId"));
    plan.networks.set(resource.id, { id: resource.id, prefixes, origin: resource.origin, own: true });
  }
  for (const resource of plan.of("AWS::EC2::VPCCidrBlock")) {
    const fields = fieldsOf(resource);
    const network = plan.networks.get(plan.network(fields.requiredText("VpcId"), resource.origin));
    const block = ipv6BlockOf(resource);
    const ipv6 =
      block === undefined || isNotKnown(block) ? block : block.kind === "text" ? block.text : undefined;
    if (known(fields.flag("AmazonProvidedIpv6CidrBlock")) === true && ipv6 !== undefined) {
      plan.unknown(
        resource.origin,
        `Amazon chooses the IPv6 block of ${network?.id ?? ""} when it is created`,
        `${nameOf(ipv6)} stands in for it`,
      );
    }
    if (ipv6 !== undefined) network?.prefixes.push(...prefixesOf(plan, resource, ipv6));
    const ipv4 = fields.text("CidrBlock") ?? pool(resource, "Ipv4IpamPoolId");
    if (ipv4 !== undefined) network?.prefixes.push(...prefixesOf(plan, resource, ipv4));
  }
}

function pool(resource: Resource, key: string): NotKnown | undefined {
  const value = resource.properties.get(key);
  if (value === undefined) return undefined;
  return {
    kind: "unknown",
    why: `${resource.id} takes its prefix from a pool when it is created`,
    name: `${resource.id}.${key}`,
    may: [],
    origin: value.origin,
  };
}

/** The prefix as text in a list; empty and noted where it is not known. @throws Problem where it is none */
function prefixesOf(plan: Plan, resource: Resource, written: string | NotKnown | undefined): string[] {
  if (written === undefined) return [];
  if (isNotKnown(written)) {
    plan.unknown(
      resource.origin,
      `the prefix of ${resource.id}: ${written.why}`,
      "it has no addresses that are known: nothing inside can be reached nor reach",
    );
    return [];
  }
  requireNetwork(written, resource);
  return [written];
}

function requireNetwork(written: string, resource: Resource): Prefix {
  const prefix = parsePrefix(written);
  if (prefix !== undefined && written.includes("/")) return prefix;
  throw new Problem(
    "meaning",
    `${resource.id}: a prefix such as 10.0.0.0/16 was expected, not “${written}”`,
    {
      origin: resource.origin,
    },
  );
}

export function planSubnets(plan: Plan): void {
  const more = Map.groupBy(plan.of("AWS::EC2::SubnetCidrBlock"), (resource) =>
    String(known(fieldsOf(resource).requiredText("SubnetId"))),
  );
  for (const resource of plan.of("AWS::EC2::Subnet")) {
    const fields = fieldsOf(resource);
    const network = plan.network(fields.text("VpcId"), resource.origin);
    const written = [
      ...prefixesOf(plan, resource, fields.text("CidrBlock") ?? pool(resource, "Ipv4IpamPoolId")),
      ...prefixesOf(plan, resource, fields.text("Ipv6CidrBlock") ?? pool(resource, "Ipv6IpamPoolId")),
      ...(more.get(resource.id) ?? []).flatMap((block) =>
        prefixesOf(plan, block, fieldsOf(block).requiredText("Ipv6CidrBlock")),
      ),
    ];
    const planned = plan.networks.get(network);
    // The prefixes of a VPC that no template makes cover those of its subnets at least.
    if (planned !== undefined && !planned.own) planned.prefixes.push(...written);
    const publicByDefault = fields.flag("MapPublicIpOnLaunch");
    if (isNotKnown(publicByDefault)) {
      plan.unknown(
        resource.origin,
        `whether what starts in ${resource.id} gets a public address: ${publicByDefault.why}`,
        "taken to get none",
      );
    }
    plan.subnets.set(resource.id, {
      id: resource.id,
      network,
      prefixes: written.flatMap((prefix) => parsePrefix(prefix) ?? []),
      origin: resource.origin,
      public: known(publicByDefault) ?? false,
      ipv6: known(fields.flag("AssignIpv6AddressOnCreation")) ?? known(fields.flag("Ipv6Native")) ?? false,
      zone: known(fields.text("AvailabilityZone")),
    });
  }
}

/** Writes VPCs and subnets, once everything that names them was read. */
export function writeNetworks(plan: Plan): void {
  for (const network of plan.networks.values()) {
    const resource = plan.any(network.id);
    const { ipv4, ipv6 } = families(network.prefixes);
    plan.draft.add(
      "Vpcs",
      {
        VpcId: network.id,
        CidrBlockAssociationSet: ipv4.map((prefix) => ({ CidrBlock: prefix })),
        Ipv6CidrBlockAssociationSet: ipv6.map((prefix) => ({ Ipv6CidrBlock: prefix })),
        Tags: resource === undefined ? [] : tagsOf(fieldsOf(resource)),
      },
      network.origin,
    );
    if (network.own) {
      addDefaultAcl(plan.draft, network.id, network.origin);
      addMainTable(plan.draft, network.id, network.prefixes, network.origin);
      addDefaultGroup(plan.draft, network.id, network.origin);
    } else if ([...plan.subnets.values()].some((subnet) => subnet.network === network.id)) {
      addUnknownDefaults(plan.draft, network.id, network.prefixes, network.origin);
    }
  }
  for (const subnet of plan.subnets.values()) {
    const resource = plan.any(subnet.id);
    const { ipv4, ipv6 } = families(subnet.prefixes.map((prefix) => formatPrefix(prefix)));
    plan.draft.add(
      "Subnets",
      {
        SubnetId: subnet.id,
        VpcId: subnet.network,
        ...(ipv4[0] === undefined ? {} : { CidrBlock: ipv4[0] }),
        Ipv6CidrBlockAssociationSet: ipv6.map((prefix) => ({ Ipv6CidrBlock: prefix })),
        ...(subnet.zone === undefined ? {} : { AvailabilityZone: subnet.zone }),
        Tags: resource === undefined ? [] : tagsOf(fieldsOf(resource)),
      },
      subnet.origin,
    );
  }
}

function families(prefixes: readonly string[]): { readonly ipv4: string[]; readonly ipv6: string[] } {
  return {
    ipv4: prefixes.filter((prefix) => !prefix.includes(":")),
    ipv6: prefixes.filter((prefix) => prefix.includes(":")),
  };
}
