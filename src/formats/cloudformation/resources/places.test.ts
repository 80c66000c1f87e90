import { describe, expect, test } from "vitest";
import { formatAddress, formatPrefix } from "../../../packet/address.ts";
import { ask } from "../testing/ask.ts";
import { read, small, unknownsOf } from "../testing/read.ts";
import type { EstatePart } from "../../../estate/model.ts";

const prefixes = (part: EstatePart, kind: "networks" | "subnets", id: string): string[] =>
  (part[kind]?.get(id)?.prefixes ?? []).map((prefix) => formatPrefix(prefix));
const addresses = (part: EstatePart, id: string): string[] =>
  (part.interfaces?.get(id)?.addresses ?? []).map(({ address }) => formatAddress(address));

describe("VPCs and subnets", () => {
  test("have the prefixes of their own and of the blocks that are added to them", () => {
    const part = read(`${small}
  More: { Type: "AWS::EC2::VPCCidrBlock", Properties: { VpcId: !Ref VPC, CidrBlock: 10.1.0.0/16 } }
  Six: { Type: "AWS::EC2::VPCCidrBlock", Properties: { VpcId: !Ref VPC, Ipv6CidrBlock: "2001:db8:7::/56", Ipv6Pool: p } }
  SubnetSix: { Type: "AWS::EC2::SubnetCidrBlock", Properties: { SubnetId: !Ref Subnet, Ipv6CidrBlock: "2001:db8:7::/64" } }`);
    expect(prefixes(part, "networks", "VPC")).toEqual(["10.0.0.0/16", "10.1.0.0/16", "2001:db8:7::/56"]);
    expect(prefixes(part, "subnets", "Subnet")).toEqual(["10.0.1.0/24", "2001:db8:7::/64"]);
    expect(part.routeTables?.get("Table")?.routes.map((route) => route.text)).toEqual([
      "10.0.0.0/16 → local",
      "10.1.0.0/16 → local",
      "2001:db8:7::/56 → local",
      "0.0.0.0/0 → Gateway",
    ]);
  });

  test("a block of Amazon's is made up, said so, and parted like any other", () => {
    const part = read(`
Resources:
  VPC: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.0.0.0/16 } }
  Six: { Type: "AWS::EC2::VPCCidrBlock", Properties: { VpcId: !Ref VPC, AmazonProvidedIpv6CidrBlock: true } }
  Subnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref VPC
      CidrBlock: 10.0.1.0/24
      Ipv6CidrBlock: !Select [3, !Cidr [!Select [0, !GetAtt VPC.Ipv6CidrBlocks], 4, 64]]
`);
    const [, made = ""] = prefixes(part, "networks", "VPC");
    expect(made).toMatch(/^2001:db8:.*\/56$/);
    // The fourth /64 of the /56: its network part ends in …03.
    expect(prefixes(part, "subnets", "Subnet")[1]).toBe(made.replace("::/56", ":3::/64"));
    expect(unknownsOf(part)).toEqual([
      `Amazon chooses the IPv6 block of VPC when it is created | ${made} stands in for it`,
    ]);
  });

  test("a prefix that is not known is reported, and its subnet has no addresses", () => {
    const part = read(`
Parameters: { Cidr: { Type: String } }
Resources:
  VPC: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: !Ref Cidr } }
  Subnet: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref VPC, CidrBlock: !Select [0, !Cidr [!Ref Cidr, 4, 8]] } }
  Web: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet } }`);
    expect(prefixes(part, "networks", "VPC")).toEqual([]);
    expect(addresses(part, "Web.eth0")).toEqual([]);
    expect(unknownsOf(part).map((line) => line.split(" |")[0])).toEqual([
      "the prefix of VPC: the parameter Cidr has no value",
      "the prefix of Subnet: the parameter Cidr has no value",
    ]);
  });

  test("a VPC that no template makes is stood in for: what leaves it or its ACL decides is open", () => {
    const text = `
Parameters: { Net: { Type: "AWS::EC2::VPC::Id" } }
Resources:
  Subnet: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref Net, CidrBlock: 10.9.1.0/24 } }
  Other: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref Net, CidrBlock: 10.9.2.0/24 } }
  Group: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref Net, GroupDescription: all } }
  A: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Group] } }
  B: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Other, SecurityGroupIds: [!Ref Group] } }`;
    expect([...(read(text).networks?.keys() ?? [])]).toEqual(["Net"]);
    expect(ask(text, "A 8.8.8.8 443")).toBe("depends");
    // Their group lets nothing in, whatever the ACLs are.
    expect(ask(text, "A B 443")).toBe("denied");
    expect(unknownsOf(read(text))[0]).toBe(
      "the parameter Net has no value | a VPC Net stands in for it: its prefixes, its other subnets and its defaults are not known",
    );
  });
});

describe("instances and interfaces", () => {
  test("without an address get one of their subnet, marked as made up; written ones are kept and kept clear of", () => {
    const part = read(`${small}
  A: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, PrivateIpAddress: 10.0.1.254 } }
  B: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet } }
  C: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet } }`);
    expect(addresses(part, "A.eth0")).toEqual(["10.0.1.254"]);
    expect(part.interfaces?.get("A.eth0")?.addresses[0]?.synthetic).toBeUndefined();
    // The last address of a subnet is EC2's (broadcast), .254 is taken.
    expect(addresses(part, "B.eth0")).toEqual(["10.0.1.253"]);
    expect(addresses(part, "C.eth0")).toEqual(["10.0.1.252"]);
    expect(part.interfaces?.get("B.eth0")?.addresses[0]?.synthetic).toBe(true);
    expect(part.hosts?.get("B")).toMatchObject({ kind: "instance", interfaces: ["B.eth0"], running: true });
  });

  test("have a public address by the subnet, by their own word, or by an elastic one", () => {
    const part = read(`${small}
  Inner: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref VPC, CidrBlock: 10.0.2.0/24 } }
  BySubnet: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet } }
  NotAtAll:
    Type: AWS::EC2::Instance
    Properties: { NetworkInterfaces: [{ DeviceIndex: "0", SubnetId: !Ref Subnet, AssociatePublicIpAddress: false }] }
  ByWord:
    Type: AWS::EC2::Instance
    Properties: { NetworkInterfaces: [{ DeviceIndex: "0", SubnetId: !Ref Inner, AssociatePublicIpAddress: "true" }] }
  Private: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Inner } }
  Elastic: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Inner } }
  Address: { Type: "AWS::EC2::EIP", Properties: { InstanceId: !Ref Elastic } }
  Associated: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Inner } }
  Second: { Type: "AWS::EC2::EIP" }
  Association:
    Type: AWS::EC2::EIPAssociation
    Properties: { InstanceId: !Ref Associated, AllocationId: !GetAtt Second.AllocationId }`);
    const isPublic = (id: string): boolean =>
      part.interfaces?.get(`${id}.eth0`)?.addresses[0]?.public !== undefined;
    expect(["BySubnet", "NotAtAll", "ByWord", "Private", "Elastic", "Associated"].filter(isPublic)).toEqual([
      "BySubnet",
      "ByWord",
      "Elastic",
      "Associated",
    ]);
    expect(part.interfaces?.get("Elastic.eth0")?.addresses[0]?.public?.name).toBe("Address (public)");
  });

  test("an interface of its own is its instance's, named there or attached", () => {
    const part = read(`${small}
  Group: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref VPC, GroupDescription: x } }
  First:
    Type: AWS::EC2::NetworkInterface
    Properties: { SubnetId: !Ref Subnet, GroupSet: [!Ref Group], PrivateIpAddress: 10.0.1.7, SourceDestCheck: false }
  Second:
    Type: AWS::EC2::NetworkInterface
    Properties: { SubnetId: !Ref Subnet, PrivateIpAddresses: [{ PrivateIpAddress: 10.0.1.9, Primary: false }, { PrivateIpAddress: 10.0.1.8, Primary: true }] }
  Router: { Type: "AWS::EC2::Instance", Properties: { NetworkInterfaces: [{ NetworkInterfaceId: !Ref First, DeviceIndex: 0 }] } }
  Attaching:
    Type: AWS::EC2::NetworkInterfaceAttachment
    Properties: { InstanceId: !Ref Router, NetworkInterfaceId: !Ref Second, DeviceIndex: 1 }
  Through: { Type: "AWS::EC2::Route", Properties: { RouteTableId: !Ref Table, DestinationCidrBlock: 10.8.0.0/16, NetworkInterfaceId: !Ref First } }`);
    expect(part.hosts?.get("Router")?.interfaces).toEqual(["First", "Second"]);
    expect(part.interfaces?.get("First")).toMatchObject({
      securityGroups: ["Group"],
      sourceDestinationCheck: false,
    });
    expect(part.interfaces?.get("Second")?.securityGroups).toEqual(["VPC.DefaultSecurityGroup"]);
    expect(addresses(part, "Second")).toEqual(["10.0.1.8", "10.0.1.9"]);
    expect(part.routeTables?.get("Table")?.routes.at(-1)?.target).toEqual({ kind: "interface", id: "First" });
    expect(part.unknowns).toEqual([]);
  });

  test("take groups and subnet of their launch template where they name none", () => {
    const part = read(`${small}
  Group: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref VPC, GroupDescription: x } }
  Template: { Type: "AWS::EC2::LaunchTemplate", Properties: { LaunchTemplateData: { SecurityGroupIds: [!Ref Group] } } }
  Web:
    Type: AWS::EC2::Instance
    Properties: { SubnetId: !Ref Subnet, LaunchTemplate: { LaunchTemplateId: !Ref Template, Version: 1 } }`);
    expect(part.interfaces?.get("Web.eth0")?.securityGroups).toEqual(["Group"]);
  });

  test("in a subnet with IPv6 get an address of it where the subnet gives one", () => {
    const part = read(`
Resources:
  VPC: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.0.0.0/16 } }
  Six: { Type: "AWS::EC2::VPCCidrBlock", Properties: { VpcId: !Ref VPC, Ipv6CidrBlock: "2001:db8:7::/56" } }
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref VPC, CidrBlock: 10.0.1.0/24, Ipv6CidrBlock: "2001:db8:7::/64", AssignIpv6AddressOnCreation: true }
  Web: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet } }
  Many: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, Ipv6AddressCount: 2 } }`);
    expect(addresses(part, "Web.eth0").map((one) => one.includes(":"))).toEqual([false, true]);
    expect(addresses(part, "Many.eth0").map((one) => one.includes(":"))).toEqual([false, true, true]);
  });
});
