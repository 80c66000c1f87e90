// What every VPC has without anybody writing it: a network ACL that lets everything pass, a main route table with the
// local routes alone, and a security group that lets its own members in. (VPC user guide, "Default network ACL", "Main
// route table", "Default security groups".)
import type { Origin } from "../../../problem.ts";
import type { Draft, Written } from "./draft.ts";
import { uncertainKey } from "./marks.ts";

export function defaultAclId(vpc: string): string {
  return `${vpc}.DefaultNetworkAcl`;
}

export function mainTableId(vpc: string): string {
  return `${vpc}.MainRouteTable`;
}

export function defaultGroupId(vpc: string): string {
  return `${vpc}.DefaultSecurityGroup`;
}

export function addDefaultAcl(draft: Draft, vpc: string, origin: Origin): void {
  const id = defaultAclId(vpc);
  draft.add(
    "NetworkAcls",
    { NetworkAclId: id, VpcId: vpc, IsDefault: true, Entries: openEntries() },
    { ...origin, id },
  );
}

/** Number 100 for IPv4 and 101 for IPv6, as EC2 writes them. */
export function openEntries(): Written[] {
  return [false, true].flatMap((Egress) => [
    { RuleNumber: 100, Protocol: "-1", RuleAction: "allow", CidrBlock: "0.0.0.0/0", Egress },
    { RuleNumber: 101, Protocol: "-1", RuleAction: "allow", Ipv6CidrBlock: "::/0", Egress },
  ]);
}

export function addMainTable(draft: Draft, vpc: string, prefixes: readonly string[], origin: Origin): void {
  const id = mainTableId(vpc);
  draft.add(
    "RouteTables",
    { RouteTableId: id, VpcId: vpc, Associations: [{ Main: true }], Routes: localRoutes(prefixes) },
    { ...origin, id },
  );
}

/** The routes that every table of a VPC has: one for each of the VPC's own prefixes. */
export function localRoutes(prefixes: readonly string[]): Written[] {
  return prefixes.map((prefix) => ({
    [prefix.includes(":") ? "DestinationIpv6CidrBlock" : "DestinationCidrBlock"]: prefix,
    GatewayId: "local",
    State: "active",
  }));
}

/** Lets its members in from one another, and everything out. */
export function addDefaultGroup(draft: Draft, vpc: string, origin: Origin): void {
  const id = defaultGroupId(vpc);
  draft.add(
    "SecurityGroups",
    {
      GroupId: id,
      GroupName: "default",
      VpcId: vpc,
      IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: id }] }],
      IpPermissionsEgress: [openPermission()],
    },
    { ...origin, id },
  );
}

/** All traffic to everywhere: what EC2 gives a new group for its outbound rules. */
export function openPermission(): Written {
  return {
    IpProtocol: "-1",
    IpRanges: [{ CidrIp: "0.0.0.0/0" }],
    Ipv6Ranges: [{ CidrIpv6: "::/0" }],
  };
}

/** In place of the defaults of a VPC that stands elsewhere: whether its ACL lets a packet pass and where it goes is open. */
export function addUnknownDefaults(
  draft: Draft,
  vpc: string,
  prefixes: readonly string[],
  origin: Origin,
): void {
  addUnknownAcl(draft, defaultAclId(vpc), vpc, `the default network ACL of ${vpc} is not known`, origin);
  addUnknownTable(draft, vpc, prefixes, origin);
}

/** A main table of which the local routes alone are known. */
export function addUnknownTable(
  draft: Draft,
  vpc: string,
  prefixes: readonly string[],
  origin: Origin,
): void {
  const id = mainTableId(vpc);
  const why = `the main route table of ${vpc} is not known`;
  draft.add(
    "RouteTables",
    {
      RouteTableId: id,
      VpcId: vpc,
      Associations: [{ Main: true }],
      Routes: [...localRoutes(prefixes), { [uncertainKey]: why }],
    },
    { ...origin, id },
  );
}

/** An ACL whose entries are not known. The default of its VPC where `subnets` is absent. */
export function addUnknownAcl(
  draft: Draft,
  id: string,
  vpc: string,
  why: string,
  origin: Origin,
  subnets?: readonly string[],
): void {
  const Entries = [false, true].map((Egress) => ({
    RuleNumber: 1,
    Protocol: "-1",
    RuleAction: "allow",
    Egress,
    [uncertainKey]: why,
  }));
  draft.add(
    "NetworkAcls",
    {
      NetworkAclId: id,
      VpcId: vpc,
      IsDefault: subnets === undefined,
      Entries,
      Associations: (subnets ?? []).map((subnet) => ({ SubnetId: subnet })),
    },
    { ...origin, id },
  );
}

/** A group whose rules are not known: every packet may be allowed or not. */
export function addUnknownGroup(draft: Draft, id: string, vpc: string, why: string, origin: Origin): void {
  const open: Written = { IpProtocol: "-1", IpRanges: [{ [uncertainKey]: why }] };
  draft.add(
    "SecurityGroups",
    { GroupId: id, GroupName: id, VpcId: vpc, IpPermissions: [open], IpPermissionsEgress: [{ ...open }] },
    { ...origin, id },
  );
}
