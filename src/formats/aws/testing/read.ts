// For tests: an estate's part from hand-written exports, and the small resources that most of them begin with.
import type { EstatePart } from "../../../estate/model.ts";
import { Problem } from "../../../problem.ts";
import { awsReader } from "../reader.ts";

/** Files by name; objects are written as JSON with a line a field, text is taken as it is. */
export function readAws(files: Readonly<Record<string, unknown>>): EstatePart {
  return awsReader.read(
    Object.entries(files).map(([path, content]) => ({
      path,
      text: typeof content === "string" ? content : JSON.stringify(content, null, 1),
    })),
  );
}

/** The problem that reading ends with. */
export function problemOf(files: Readonly<Record<string, unknown>>): Problem {
  try {
    readAws(files);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("it was read without a problem");
}

/** What the reader says it does not know, one line each. */
export function unknownsOf(part: EstatePart): string[] {
  return (part.unknowns ?? []).map(({ what, effect }) => `${what} | ${effect}`);
}

export const account = "111122223333";

export function vpc(id: string, cidr: string): object {
  return {
    VpcId: id,
    CidrBlock: cidr,
    OwnerId: account,
    CidrBlockAssociationSet: [{ CidrBlock: cidr, CidrBlockState: { State: "associated" } }],
  };
}

export function subnet(id: string, network: string, cidr: string, more: object = {}): object {
  return { SubnetId: id, VpcId: network, CidrBlock: cidr, AvailabilityZone: "eu-central-1a", ...more };
}

export function nic(id: string, place: string, address: string, more: object = {}): object {
  return {
    NetworkInterfaceId: id,
    SubnetId: place,
    VpcId: "vpc-1",
    Groups: [],
    PrivateIpAddresses: [{ PrivateIpAddress: address, Primary: true }],
    SourceDestCheck: true,
    ...more,
  };
}

export function group(id: string, more: object = {}): object {
  return {
    GroupId: id,
    GroupName: id,
    VpcId: "vpc-1",
    OwnerId: account,
    IpPermissions: [],
    IpPermissionsEgress: [],
    ...more,
  };
}

/** An ACL that lets everything pass, standing before every subnet of its VPC that names no other. */
export function openAcl(id: string, network: string): object {
  const entry = { RuleNumber: 100, Protocol: "-1", RuleAction: "allow", CidrBlock: "0.0.0.0/0" };
  return {
    NetworkAclId: id,
    VpcId: network,
    IsDefault: true,
    Associations: [],
    Entries: [
      { ...entry, Egress: false },
      { ...entry, Egress: true },
    ],
  };
}

export function mainTable(id: string, network: string, routes: readonly object[]): object {
  return { RouteTableId: id, VpcId: network, Associations: [{ Main: true }], Routes: routes };
}

/** One VPC with one subnet, complete: nothing of it is unknown. */
export const small = {
  "vpcs.json": { Vpcs: [vpc("vpc-1", "10.0.0.0/16")] },
  "subnets.json": { Subnets: [subnet("subnet-1", "vpc-1", "10.0.1.0/24")] },
  "acls.json": { NetworkAcls: [openAcl("acl-1", "vpc-1")] },
  "routes.json": {
    RouteTables: [
      mainTable("rtb-1", "vpc-1", [
        { DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local", State: "active" },
      ]),
    ],
  },
} as const;
