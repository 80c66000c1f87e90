// What a template does not settle: no answer may be certain that hangs on it, and nothing of it goes unsaid.
import { describe, expect, test } from "vitest";
import { ask } from "../testing/ask.ts";
import { read, small, unknownsOf } from "../testing/read.ts";

const head = `
Parameters: { X: { Type: String } }
Conditions: { C: !Equals [!Ref X, a] }
${small}
  A: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref VPC, GroupDescription: a } }
  B: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref VPC, GroupDescription: b } }
  WebA: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref A] } }
  WebB: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref B] } }
  Other: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: !Ref VPC } }
  Acl: { Type: "AWS::EC2::NetworkAcl", Properties: { VpcId: !Ref VPC } }`;

describe("where a condition decides", () => {
  test("a rule that belongs to one of two groups may be in either", () => {
    const text = `${head}
  In: { Type: "AWS::EC2::SecurityGroupIngress", Properties: { GroupId: !If [C, !Ref A, !Ref B], IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0 } }`;
    expect(ask(text, "internet WebA 443")).toBe("depends");
    expect(ask(text, "internet WebB 443")).toBe("depends");
    expect(ask(text, "internet WebA 80")).toBe("denied");
  });

  test("a group that is one of two is not taken for either", () => {
    const text = `${head}
  In: { Type: "AWS::EC2::SecurityGroupIngress", Properties: { GroupId: !Ref A, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0 } }
  Web: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!If [C, !Ref A, !Ref B]] } }`;
    expect(ask(text, "internet Web 443")).toBe("depends");
  });

  test("two associations of a subnet under two conditions leave its table open, and are no contradiction", () => {
    const text = `${head}
  Perhaps: { Type: "AWS::EC2::SubnetRouteTableAssociation", Condition: C, Properties: { SubnetId: !Ref Subnet, RouteTableId: !Ref Other } }`;
    expect(ask(text, "WebA 8.8.8.8 443")).toBe("depends");
    const twice = text.replace("  Asks:\n", "  Asks:\n    Condition: C\n");
    expect(ask(twice, "WebA 8.8.8.8 443")).toBe("depends");
  });

  test("an ACL that may stand before a subnet leaves open what passes", () => {
    const text = `${head}
  Before: { Type: "AWS::EC2::SubnetNetworkAclAssociation", Properties: { SubnetId: !If [C, !Ref Subnet, !Ref Subnet2], NetworkAclId: !Ref Acl } }
  Subnet2: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref VPC, CidrBlock: 10.0.2.0/24 } }`;
    expect(ask(text, "WebA 8.8.8.8 443")).toBe("depends");
    expect(read(text).subnets?.get("Subnet2")?.networkAcl).toBe("Subnet2.NetworkAcl");
  });

  test("a listener's action that is not known leaves open what is behind it", () => {
    const text = `${head}
  Alb: { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", Properties: { Subnets: [!Ref Subnet], SecurityGroups: [!Ref A] } }
  Listener: { Type: "AWS::ElasticLoadBalancingV2::Listener", Properties: { LoadBalancerArn: !Ref Alb, Port: 443, Protocol: HTTPS, DefaultActions: [!If [C, { Type: fixed-response }, { Type: redirect }]] } }`;
    expect(read(text).loadBalancers?.get("Alb")?.listeners[0]?.uncertain).toMatch(
      /^the target group If\(C: /,
    );
  });

  test.each(["VPC:", "Subnet:", "WebA:", "Other:", "Acl:", "Gateway:"])(
    "what may not be there is said: %s",
    (name) => {
      const text = head
        .replace(`  ${name} {`, `  ${name} { Condition: C,`)
        .replace(`  ${name}\n`, `  ${name}\n    Condition: C\n`);
      expect(unknownsOf(read(text)).join("\n")).toContain(
        `whether ${name.slice(0, -1)} is there is not known: the condition C is open: the parameter X has no value`,
      );
    },
  );
});

describe("where a transit gateway's table stands elsewhere", () => {
  const hub = `${head}
  Hub: { Type: "AWS::EC2::TransitGateway" }
  Way2: { Type: "AWS::EC2::Route", Properties: { RouteTableId: !Ref Table, DestinationCidrBlock: 10.9.0.0/16, TransitGatewayId: !Ref Hub } }
  Joined: { Type: "AWS::EC2::TransitGatewayAttachment", Properties: { TransitGatewayId: !Ref Hub, VpcId: !Ref VPC, SubnetIds: [!Ref Subnet] } }`;

  test("an attachment that asks it goes where is not known", () => {
    const text = `${hub}
  Asks2: { Type: "AWS::EC2::TransitGatewayRouteTableAssociation", Properties: { TransitGatewayAttachmentId: !Ref Joined, TransitGatewayRouteTableId: !Ref X } }`;
    expect(ask(hub, "WebA 10.9.1.1 443")).toBe("denied");
    expect(ask(text, "WebA 10.9.1.1 443")).toBe("depends");
  });

  test("a route that is added to it is said", () => {
    const text = `${hub}
  Added: { Type: "AWS::EC2::TransitGatewayRoute", Properties: { TransitGatewayRouteTableId: tgw-rtb-1, DestinationCidrBlock: 10.9.0.0/16, Blackhole: true } }`;
    expect(unknownsOf(read(text)).join("\n")).toContain(
      "a route is added to the transit gateway route table tgw-rtb-1",
    );
  });
});

test("a subnet that may or may not give public addresses is said to give none", () => {
  const text = head.replace("MapPublicIpOnLaunch: true", "MapPublicIpOnLaunch: !Ref X");
  expect(unknownsOf(read(text))).toEqual([
    "whether what starts in Subnet gets a public address: the parameter X has no value | taken to get none",
  ]);
});
