import { describe, expect, test } from "vitest";
import { formatPrefix } from "../../../packet/address.ts";
import { ask } from "../testing/ask.ts";
import { read, readAll, small, unknownsOf } from "../testing/read.ts";

const inner = `
  Inner: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref VPC, CidrBlock: 10.0.2.0/24 } }
  InnerTable: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: !Ref VPC } }
  InnerAsks: { Type: "AWS::EC2::SubnetRouteTableAssociation", Properties: { SubnetId: !Ref Inner, RouteTableId: !Ref InnerTable } }
  App: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Inner } }`;
const by = (target: string, destination = "DestinationCidrBlock: 0.0.0.0/0", more = ""): string =>
  `  Out: { Type: "AWS::EC2::Route", ${more} Properties: { RouteTableId: !Ref InnerTable, ${destination}, ${target} } }`;

describe("routes", () => {
  test("a subnet that names no table has the main one, which leads nowhere but inside", () => {
    const text = `${small}${inner}`.replace(/ {2}InnerAsks:.*\n/, "");
    expect(read(text).subnets?.get("Inner")?.routeTable).toBe("VPC.MainRouteTable");
    expect(ask(text, "App 8.8.8.8 443")).toBe("denied");
    expect(ask(text, "App 10.0.1.9 443")).not.toBe("denied");
  });

  test("a NAT gateway takes what goes out, under a public address that is made up", () => {
    const text = `${small}${inner}
  Address: { Type: "AWS::EC2::EIP", Properties: { Domain: vpc } }
  Nat: { Type: "AWS::EC2::NatGateway", Properties: { SubnetId: !Ref Subnet, AllocationId: !GetAtt Address.AllocationId } }
${by("NatGatewayId: !Ref Nat")}`;
    expect(ask(text, "App 8.8.8.8 443")).toBe("allowed");
    expect(read(text).gateways?.get("Nat")).toMatchObject({
      kind: "nat",
      subnet: "Subnet",
      interface: "Nat.eni",
      publicAddress: { name: "Address (public)" },
    });
    expect(read(text).unknowns).toEqual([]);
  });

  test("a private NAT gateway has no public address", () => {
    const text = `${small}
  Nat: { Type: "AWS::EC2::NatGateway", Properties: { SubnetId: !Ref Subnet, ConnectivityType: private, PrivateIpAddress: 10.0.1.77 } }`;
    expect(read(text).gateways?.get("Nat")).not.toHaveProperty("publicAddress");
    expect(read(text).gateways?.get("Nat")).toMatchObject({
      privateAddress: { family: 4, value: 0x0a00014d },
    });
  });

  test("a route under an open condition, or to what is not known, leaves open where packets go", () => {
    const head = `Parameters: { X: { Type: String } }\nConditions: { C: !Equals [!Ref X, a] }\n${small}${inner}\n`;
    expect(ask(head + by("GatewayId: !Ref Gateway", undefined, "Condition: C,"), "App 8.8.8.8 443")).toBe(
      "depends",
    );
    expect(ask(head + by("TransitGatewayId: !Ref X"), "App 8.8.8.8 443")).toBe("depends");
    expect(ask(head + by("GatewayId: !Ref Gateway", "DestinationCidrBlock: !Ref X"), "App 8.8.8.8 443")).toBe(
      "depends",
    );
    expect(ask(head + by("NatGatewayId: nat-0123"), "App 8.8.8.8 443")).toBe("depends");
    const perhaps = (head + by("GatewayId: !Ref Gateway")).replace(
      "Attachment:\n",
      "Attachment:\n    Condition: C\n",
    );
    expect(read(perhaps).routeTables?.get("InnerTable")?.routes.at(-1)?.target.kind).toBe("unknown");
  });

  test("a subnet whose association is open asks a table that says so", () => {
    const text = `Parameters: { X: { Type: String } }\n${small}${inner}`.replace(
      "!Ref InnerTable } }\n  App",
      "!Ref X } }\n  App",
    );
    expect(ask(text, "App 8.8.8.8 443")).toBe("depends");
    expect(ask(text, "App 10.0.1.9 443")).not.toBe("denied");
  });

  test("the routes of a gateway endpoint take what no other route takes, perhaps", () => {
    const text = `${small}${inner}
  S3: { Type: "AWS::EC2::VPCEndpoint", Properties: { VpcId: !Ref VPC, ServiceName: !Sub "com.amazonaws.\${AWS::Region}.s3", RouteTableIds: [!Ref InnerTable] } }`;
    expect(ask(text, "App 52.216.0.1 443")).toBe("depends");
    expect(read(text).gateways?.get("S3")).toMatchObject({ kind: "vpc-endpoint", network: "VPC" });
  });

  test("what a VPN gateway learns is not known", () => {
    const text = `${small}${inner}
  Vpn: { Type: "AWS::EC2::VPNGateway", Properties: { Type: ipsec.1 } }
  VpnAttachment: { Type: "AWS::EC2::VPCGatewayAttachment", Properties: { VpcId: !Ref VPC, VpnGatewayId: !Ref Vpn } }
  Learns: { Type: "AWS::EC2::VPNGatewayRoutePropagation", Properties: { RouteTableIds: [!Ref InnerTable], VpnGatewayId: !Ref Vpn } }`;
    expect(read(text).gateways?.get("Vpn")).toMatchObject({ kind: "private", networks: ["VPC"] });
    expect(ask(text, "App 172.16.0.1 443")).toBe("depends");
  });

  test("an egress-only gateway lets IPv6 out", () => {
    const text = `${small}${inner}
  Eigw: { Type: "AWS::EC2::EgressOnlyInternetGateway", Properties: { VpcId: !Ref VPC } }
${by("EgressOnlyInternetGatewayId: !Ref Eigw", "DestinationIpv6CidrBlock: ::/0")}`;
    expect(read(text).gateways?.get("Eigw")).toMatchObject({ kind: "egress-only", networks: ["VPC"] });
    expect(read(text).routeTables?.get("InnerTable")?.routes.at(-1)).toMatchObject({
      target: { kind: "gateway", id: "Eigw" },
    });
  });
});

const second = `
  Far: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.5.0.0/16 } }
  FarSubnet: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref Far, CidrBlock: 10.5.1.0/24 } }
  FarTable: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: !Ref Far } }
  FarAsks: { Type: "AWS::EC2::SubnetRouteTableAssociation", Properties: { SubnetId: !Ref FarSubnet, RouteTableId: !Ref FarTable } }
  FarGroup: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref Far, GroupDescription: x, SecurityGroupIngress: [{ IpProtocol: "-1", CidrIp: 10.0.0.0/8 }] } }
  Service: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref FarSubnet, SecurityGroupIds: [!Ref FarGroup] } }`;
const both = (target: string): string => `
  There: { Type: "AWS::EC2::Route", Properties: { RouteTableId: !Ref InnerTable, DestinationCidrBlock: 10.5.0.0/16, ${target} } }
  Back: { Type: "AWS::EC2::Route", Properties: { RouteTableId: !Ref FarTable, DestinationCidrBlock: 10.0.0.0/16, ${target} } }`;

describe("between VPCs", () => {
  test("a peering carries packets both ways where both tables have it", () => {
    const text = `${small}${inner}${second}
  Peering: { Type: "AWS::EC2::VPCPeeringConnection", Properties: { VpcId: !Ref VPC, PeerVpcId: !Ref Far } }`;
    expect(ask(text + both("VpcPeeringConnectionId: !Ref Peering"), "App Service 443")).toBe("allowed");
    expect(ask(text, "App Service 443")).toBe("denied");
  });

  test("a peering with another account may not be accepted, and its far end is not known", () => {
    const text = `${small}${inner}
  Peering: { Type: "AWS::EC2::VPCPeeringConnection", Properties: { VpcId: !Ref VPC, PeerVpcId: vpc-9, PeerOwnerId: "111122223333" } }`;
    expect(unknownsOf(read(text)).map((line) => line.split(" |")[0])).toEqual([
      "whether the other account accepts Peering",
      "the VPC vpc-9 at the other end of Peering was not exported",
    ]);
  });

  const attached = `
  Left: { Type: "AWS::EC2::TransitGatewayAttachment", Properties: { TransitGatewayId: !Ref Hub, VpcId: !Ref VPC, SubnetIds: [!Ref Inner] } }
  Right: { Type: "AWS::EC2::TransitGatewayVpcAttachment", Properties: { TransitGatewayId: !Ref Hub, VpcId: !Ref Far, SubnetIds: [!Ref FarSubnet] } }`;

  test("a transit gateway joins what is attached to it by its default table", () => {
    const text = `${small}${inner}${second}${attached}
  Hub: { Type: "AWS::EC2::TransitGateway" }${both("TransitGatewayId: !Ref Hub")}`;
    expect(ask(text, "App Service 443")).toBe("allowed");
    expect(read(text).unknowns).toEqual([]);
  });

  test("one that keeps no default table joins nothing but by its own", () => {
    const hub = `
  Hub: { Type: "AWS::EC2::TransitGateway", Properties: { DefaultRouteTableAssociation: disable, DefaultRouteTablePropagation: disable } }`;
    const own = `
  Ways: { Type: "AWS::EC2::TransitGatewayRouteTable", Properties: { TransitGatewayId: !Ref Hub } }
  L: { Type: "AWS::EC2::TransitGatewayRouteTableAssociation", Properties: { TransitGatewayAttachmentId: !Ref Left, TransitGatewayRouteTableId: !Ref Ways } }
  R: { Type: "AWS::EC2::TransitGatewayRouteTableAssociation", Properties: { TransitGatewayAttachmentId: !Ref Right, TransitGatewayRouteTableId: !Ref Ways } }`;
    const text = `${small}${inner}${second}${attached}${hub}${both("TransitGatewayId: !Ref Hub")}`;
    expect(ask(text, "App Service 443")).toBe("denied");
    expect(ask(text + own, "App Service 443")).toBe("denied");
    const propagated = `
  PL: { Type: "AWS::EC2::TransitGatewayRouteTablePropagation", Properties: { TransitGatewayAttachmentId: !Ref Left, TransitGatewayRouteTableId: !Ref Ways } }
  PR: { Type: "AWS::EC2::TransitGatewayRouteTablePropagation", Properties: { TransitGatewayAttachmentId: !Ref Right, TransitGatewayRouteTableId: !Ref Ways } }`;
    expect(ask(text + own + propagated, "App Service 443")).toBe("allowed");
    const written = `
  SL: { Type: "AWS::EC2::TransitGatewayRoute", Properties: { TransitGatewayRouteTableId: !Ref Ways, DestinationCidrBlock: 10.0.0.0/16, TransitGatewayAttachmentId: !Ref Left } }
  SR: { Type: "AWS::EC2::TransitGatewayRoute", Properties: { TransitGatewayRouteTableId: !Ref Ways, DestinationCidrBlock: 10.5.0.0/16, TransitGatewayAttachmentId: !Ref Right } }`;
    expect(ask(text + own + written, "App Service 443")).toBe("allowed");
    const hole = `
  Hole: { Type: "AWS::EC2::TransitGatewayRoute", Properties: { TransitGatewayRouteTableId: !Ref Ways, DestinationCidrBlock: 10.5.1.0/24, Blackhole: true } }`;
    expect(ask(text + own + propagated + hole, "App Service 443")).toBe("denied");
  });

  test("one that no template makes leaves open where packets go", () => {
    const text = `Parameters: { Hub: { Type: String } }\n${small}${inner}${second}${attached}${both("TransitGatewayId: !Ref Hub")}`;
    expect(ask(text, "App Service 443")).toBe("depends");
  });
});

describe("load balancers", () => {
  const groups = `
  Front: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref VPC, GroupDescription: x, SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 1, ToPort: 65535, CidrIp: 0.0.0.0/0 }] } }
  Behind: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref VPC, GroupDescription: x, SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 8080, ToPort: 8080, SourceSecurityGroupId: !Ref Front }] } }
  Web: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Behind] } }`;
  const alb = (targets: string, scheme = "internet-facing"): string => `
Parameters: { Who: { Type: String } }
${small}${groups}
  Alb: { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", Properties: { Scheme: ${scheme}, Subnets: [!Ref Subnet], SecurityGroups: [!Ref Front] } }
  Listener: { Type: "AWS::ElasticLoadBalancingV2::Listener", Properties: { LoadBalancerArn: !Ref Alb, Port: 443, Protocol: HTTPS, DefaultActions: [{ Type: fixed-response }] } }
  Rule: { Type: "AWS::ElasticLoadBalancingV2::ListenerRule", Properties: { ListenerArn: !Ref Listener, Priority: 1, Conditions: [], Actions: [{ Type: forward, ForwardConfig: { TargetGroups: [{ TargetGroupArn: !Ref Targets }] } }] } }
  Targets: { Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Properties: { VpcId: !Ref VPC, Port: 8080, Protocol: HTTP${targets} } }`;

  test("have an interface in each of their subnets, listeners, and targets by rule or by default", () => {
    const text = alb(", Targets: [{ Id: !Ref Web }]");
    const balancer = read(text).loadBalancers?.get("Alb");
    expect(balancer).toMatchObject({ kind: "application", internetFacing: true, interfaces: ["Alb.Subnet"] });
    expect(balancer?.listeners[0]?.targets).toEqual([
      { interface: "Web.eth0", port: 8080, preservesClient: false },
    ]);
    expect(ask(text, "internet Alb 443")).toBe("allowed");
    expect(ask(text, "internet Alb 80")).toBe("denied");
    expect(read(alb("", "internal")).interfaces?.get("Alb.Subnet")?.addresses[0]?.public).toBeUndefined();
  });

  test("targets that stand in no template, or are not known, leave open what is behind", () => {
    expect(read(alb("")).loadBalancers?.get("Alb")?.listeners[0]?.uncertain).toBe(
      "the targets of Targets are not in the template",
    );
    expect(
      read(alb(", Targets: [{ Id: !Ref Who }]")).loadBalancers?.get("Alb")?.listeners[0]?.uncertain,
    ).toBe("the parameter Who has no value");
    expect(ask(alb(""), "internet Alb 443")).toBe("depends");
  });

  test("a network load balancer keeps the client's address as its target group says", () => {
    const nlb = (attribute: string): string => `${small}${groups}
  Nlb: { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", Properties: { Type: network, SubnetMappings: [{ SubnetId: !Ref Subnet }] } }
  Listener: { Type: "AWS::ElasticLoadBalancingV2::Listener", Properties: { LoadBalancerArn: !Ref Nlb, Port: 443, Protocol: TCP, DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Targets }] } }
  Targets: { Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Properties: { VpcId: !Ref VPC, Port: 8080, Protocol: TCP, Targets: [{ Id: !Ref Web }]${attribute} } }`;
    expect(read(nlb("")).loadBalancers?.get("Nlb")).toMatchObject({ kind: "network", preservesClient: true });
    const off = ', TargetGroupAttributes: [{ Key: preserve_client_ip.enabled, Value: "false" }]';
    expect(read(nlb(off)).loadBalancers?.get("Nlb")?.preservesClient).toBe(false);
    expect(read(nlb("")).interfaces?.get("Nlb.Subnet")?.securityGroups).toEqual([]);
  });

  test("a classic one goes to the instances that it names", () => {
    const text = `${small}${groups}
  Elb: { Type: "AWS::ElasticLoadBalancing::LoadBalancer", Properties: { Subnets: [!Ref Subnet], SecurityGroups: [!Ref Front], Instances: [!Ref Web], Listeners: [{ LoadBalancerPort: "80", InstancePort: "8080", Protocol: HTTP }] } }`;
    expect(ask(text, "internet Elb 80")).toBe("allowed");
    expect(read(text).loadBalancers?.get("Elb")).toMatchObject({
      kind: "classic",
      interfaces: ["Elb.Subnet"],
    });
  });
});

describe("databases and endpoints", () => {
  const data = `
  Other: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref VPC, CidrBlock: 10.0.3.0/24 } }
  Subnets: { Type: "AWS::RDS::DBSubnetGroup", Properties: { DBSubnetGroupDescription: x, SubnetIds: [!Ref Inner, !Ref Other] } }
  DbGroup: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref VPC, GroupDescription: x, SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 5432, ToPort: 5432, CidrIp: 10.0.2.0/24 }] } }`;

  test("a database listens on its engine's port, in a subnet of its group", () => {
    const text = `${small}${inner}${data}
  Db: { Type: "AWS::RDS::DBInstance", Properties: { Engine: postgres, DBSubnetGroupName: !Ref Subnets, VPCSecurityGroups: [!Ref DbGroup] } }
  Twin: { Type: "AWS::RDS::DBInstance", Properties: { Engine: mysql, Port: "5432", DBSubnetGroupName: !Ref Subnets, VPCSecurityGroups: [!Ref DbGroup] } }`;
    const part = read(text);
    expect(part.hosts?.get("Db")).toMatchObject({ kind: "database", interfaces: ["Db.Inner", "Db.Other"] });
    expect(part.hosts?.get("Db")?.listens?.map(({ port }) => port)).toEqual([5432]);
    expect(part.hosts?.get("Twin")?.listens?.map(({ port }) => port)).toEqual([5432]);
    expect(ask(text, "App Db 5432")).toBe("allowed");
    expect(ask(text, "App Db 3306")).toBe("denied");
    expect(unknownsOf(part)[0]).toContain(
      "in which of Inner, Other the database Db stands is for RDS to choose",
    );
  });

  test("the members of a cluster wear its groups", () => {
    const part = read(`${small}${inner}${data}
  Cluster: { Type: "AWS::RDS::DBCluster", Properties: { Engine: aurora-postgresql, DBSubnetGroupName: !Ref Subnets, VpcSecurityGroupIds: [!Ref DbGroup] } }
  Member: { Type: "AWS::RDS::DBInstance", Properties: { Engine: aurora-postgresql, DBClusterIdentifier: !Ref Cluster } }
  Serverless: { Type: "AWS::RDS::DBCluster", Properties: { Engine: aurora-mysql, DBSubnetGroupName: !Ref Subnets } }`);
    expect(part.interfaces?.get("Member.Inner")).toMatchObject({
      kind: "database",
      securityGroups: ["DbGroup"],
    });
    expect([...(part.hosts?.keys() ?? [])].toSorted()).toEqual(["App", "Member", "Serverless"]);
    expect(part.hosts?.get("Serverless")?.listens?.map(({ port }) => port)).toEqual([3306]);
  });

  test("an interface endpoint stands in its subnets with its groups", () => {
    const part = read(`${small}${inner}${data}
  Sqs: { Type: "AWS::EC2::VPCEndpoint", Properties: { VpcId: !Ref VPC, VpcEndpointType: Interface, ServiceName: com.amazonaws.eu-central-1.sqs, SubnetIds: [!Ref Inner], SecurityGroupIds: [!Ref DbGroup] } }`);
    expect(part.interfaces?.get("Sqs.Inner")).toMatchObject({
      kind: "vpc-endpoint",
      owner: "Sqs",
      subnet: "Inner",
      securityGroups: ["DbGroup"],
    });
  });

  test("a prefix list of the template is what its routes are for", () => {
    const part = read(`${small}${inner}
  Offices: { Type: "AWS::EC2::PrefixList", Properties: { PrefixListName: offices, AddressFamily: IPv4, MaxEntries: 2, Entries: [{ Cidr: 192.0.2.0/24 }, { Cidr: 198.51.100.0/24 }] } }
${by("GatewayId: !Ref Gateway", "DestinationPrefixListId: !Ref Offices")}`);
    expect(
      part.routeTables
        ?.get("InnerTable")
        ?.routes.at(-1)
        ?.prefixes.map((one) => formatPrefix(one)),
    ).toEqual(["192.0.2.0/24", "198.51.100.0/24"]);
  });
});

test("JSON templates say the same as YAML ones, with the line of each resource", () => {
  const json = {
    Resources: {
      VPC: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
      Subnet: {
        Type: "AWS::EC2::Subnet",
        Properties: {
          VpcId: { Ref: "VPC" },
          CidrBlock: { "Fn::Select": [1, { "Fn::Cidr": [{ "Fn::GetAtt": ["VPC", "CidrBlock"] }, 2, 8] }] },
        },
      },
    },
  };
  const part = readAll({ "net.json": JSON.stringify(json, null, 1) });
  expect(part.subnets?.get("Subnet")).toMatchObject({
    network: "VPC",
    prefixes: [{ family: 4, value: 0x0a000100, length: 24 }],
    origin: { file: "net.json", line: 9, id: "Subnet" },
  });
});
