import { describe, expect, test } from "vitest";
import { ask, causes } from "../testing/ask.ts";
import { problemOf, read, small, unknownsOf } from "../testing/read.ts";

const group = (properties: string, more = ""): string => `
Parameters: { Who: { Type: String }, Port: { Type: Number }, Own: { Type: "List<AWS::EC2::SecurityGroup::Id>" } }
${small}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: { VpcId: !Ref VPC, GroupDescription: web, ${properties} }
  Web: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Group] } }
${more}`;
const rule = (peer: string, ports = "FromPort: 443, ToPort: 443"): string =>
  `{ IpProtocol: tcp, ${ports}, ${peer} }`;

describe("security groups", () => {
  test("without outbound rules let everything out, which Terraform's do not", () => {
    expect(ask(group(""), "Web 8.8.8.8 443")).toBe("allowed");
    expect(ask(group("SecurityGroupEgress: []"), "Web 8.8.8.8 443")).toBe("allowed");
  });

  test("with an outbound rule let that out alone, be it their own or one beside them", () => {
    const own = group(`SecurityGroupEgress: [${rule("CidrIp: 0.0.0.0/0")}]`);
    const beside = group(
      "",
      `  Out: { Type: "AWS::EC2::SecurityGroupEgress", Properties: { GroupId: !Ref Group, IpProtocol: "6", FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0 } }`,
    );
    for (const text of [own, beside]) {
      expect(ask(text, "Web 8.8.8.8 443")).toBe("allowed");
      expect(ask(text, "Web 8.8.8.8 80")).toBe("denied");
    }
  });

  test("with an outbound rule that may not be there may or may not keep the default", () => {
    const text = group(`SecurityGroupEgress: [${rule("CidrIp: !Ref Who")}]`);
    expect(ask(text, "Web 8.8.8.8 80")).toBe("depends");
  });

  test("cite each rule at its own line, and a rule that is a resource by its id", () => {
    const part = read(
      group(
        `SecurityGroupIngress: [${rule("CidrIp: 0.0.0.0/0, Description: web")}]`,
        `  Ssh: { Type: "AWS::EC2::SecurityGroupIngress", Properties: { GroupId: !Ref Group, ${rule("CidrIpv6: ::/0", "FromPort: 22, ToPort: 22").slice(2, -2)} } }`,
      ),
    );
    const inbound = part.securityGroups?.get("Group")?.inbound ?? [];
    expect(inbound.map(({ text, origin }) => `${text} ${origin.id ?? ""}`)).toEqual([
      "tcp 443 from 0.0.0.0/0 (web) Group",
      "tcp 22 from ::/0 Ssh",
    ]);
    expect(new Set(inbound.map(({ origin }) => origin.line)).size).toBe(2);
  });

  test("as peers mean their members; one that no template makes is not known", () => {
    const peers = (source: string): string =>
      group(
        `SecurityGroupIngress: [${rule(`SourceSecurityGroupId: ${source}`)}]`,
        `  Clients: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref VPC, GroupDescription: c } }
  Client: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Clients] } }
  Stranger: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet } }`,
      );
    expect(ask(peers("!GetAtt Clients.GroupId"), "Client Web 443")).toBe("allowed");
    expect(ask(peers("!Ref Clients"), "Stranger Web 443")).toBe("denied");
    expect(ask(peers("sg-0123456789abcdef0"), "Client Web 443")).toBe("depends");
    expect(ask(peers("!Ref Who"), "Client Web 443")).toBe("depends");
    expect(ask(peers("!Ref Who"), "Client Web 80")).toBe("denied");
  });

  test("a rule whose port or protocol is not known may hold for any", () => {
    const port = group(
      `SecurityGroupIngress: [${rule("CidrIp: 0.0.0.0/0", "FromPort: !Ref Port, ToPort: !Ref Port")}]`,
    );
    expect(ask(port, "internet Web 443")).toBe("depends");
    expect(causes(port, "internet Web 443")).toEqual(["the parameter Port has no value"]);
  });

  test("rules that are a list of which nothing is known may hold for anything", () => {
    const text = group(`SecurityGroupIngress: !Ref Own`);
    expect(ask(text, "internet Web 443")).toBe("depends");
  });

  test("an interface that wears a group which is not known depends on it", () => {
    const text = group(`SecurityGroupIngress: [${rule("CidrIp: 0.0.0.0/0")}]`).replace(
      "[!Ref Group]",
      "!Ref Own",
    );
    expect(ask(text, "internet Web 443")).toBe("depends");
    expect(ask(group("").replace("[!Ref Group]", "[sg-1234]"), "internet Web 443")).toBe("depends");
  });

  test("the default group lets its own members in, and is worn where no other is named", () => {
    const text = `${small}
  A: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet } }
  B: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!GetAtt VPC.DefaultSecurityGroup] } }`;
    expect(ask(text, "A B 443")).toBe("allowed");
    expect(ask(text, "internet B 443")).toBe("denied");
    expect(read(text).unknowns).toEqual([]);
  });

  test("prefix lists of a template are their entries; others are not known", () => {
    const list = (id: string): string =>
      group(
        `SecurityGroupIngress: [${rule(`SourcePrefixListId: ${id}`)}]`,
        `  Offices: { Type: "AWS::EC2::PrefixList", Properties: { PrefixListName: offices, AddressFamily: IPv4, MaxEntries: 2, Entries: [{ Cidr: 192.0.2.0/24 }] } }`,
      );
    expect(ask(list("!Ref Offices"), "192.0.2.7 Web 443")).toBe("allowed");
    expect(ask(list("!GetAtt Offices.PrefixListId"), "203.0.113.7 Web 443")).toBe("denied");
    expect(ask(list("pl-3b927c52"), "192.0.2.7 Web 443")).toBe("depends");
  });

  test.each([
    [
      rule("Description: nobody"),
      "CidrIp, CidrIpv6, SourcePrefixListId or SourceSecurityGroupId was expected",
    ],
    [rule("CidrIp: 10.0.0.0/33"), "the length of a prefix of IPv4 is 0 to 32"],
    [
      rule("CidrIp: 0.0.0.0/0", "FromPort: https, ToPort: 443"),
      "FromPort: a whole number was expected, found “https”",
    ],
    [rule("CidrIp: 0.0.0.0/0", "FromPort: 444, ToPort: 443"), "needs ports from 0 to 65535 in order"],
    ["{ IpProtocol: ipx, CidrIp: 0.0.0.0/0 }", "a protocol (tcp, udp, icmp"],
    ["0.0.0.0/0", "a list of rules was expected"],
  ])("a rule that EC2 would refuse is refused with its line: %s", (written, message) => {
    expect(problemOf({ "shop.yaml": group(`SecurityGroupIngress: [${written}]`) })).toMatch(
      /^shop\.yaml:2\d: /,
    );
    expect(problemOf({ "shop.yaml": group(`SecurityGroupIngress: [${written}]`) })).toContain(message);
  });
});

describe("network ACLs", () => {
  const acl = (entries: string, associated = "!Ref Acl"): string => `
Parameters: { Who: { Type: String }, Number: { Type: Number } }
Conditions: { Perhaps: !Equals [!Ref Who, me] }
${small}
  Group: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: !Ref VPC, GroupDescription: x, SecurityGroupIngress: [{ IpProtocol: "-1", CidrIp: 0.0.0.0/0 }] } }
  Web: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Group] } }
  Acl: { Type: "AWS::EC2::NetworkAcl", Properties: { VpcId: !Ref VPC } }
  Before: { Type: "AWS::EC2::SubnetNetworkAclAssociation", Properties: { SubnetId: !Ref Subnet, NetworkAclId: ${associated} } }
  Out: { Type: "AWS::EC2::NetworkAclEntry", Properties: { NetworkAclId: !Ref Acl, RuleNumber: 100, Protocol: -1, RuleAction: allow, Egress: true, CidrBlock: 0.0.0.0/0 } }
${entries}`;
  const entry = (name: string, properties: string, condition = ""): string =>
    `  ${name}: { Type: "AWS::EC2::NetworkAclEntry", ${condition} Properties: { NetworkAclId: !Ref Acl, RuleAction: allow, ${properties} } }\n`;
  const https = entry(
    "In",
    "RuleNumber: 100, Protocol: 6, CidrBlock: 0.0.0.0/0, PortRange: { From: 443, To: 443 }",
  );

  test("a subnet that names none has the VPC's own, which lets everything pass", () => {
    const text = acl(https).replace(/ {2}Before:.*\n/, "");
    expect(ask(text, "internet Web 80")).toBe("allowed");
    expect(read(text).subnets?.get("Subnet")?.networkAcl).toBe("VPC.DefaultNetworkAcl");
  });

  test("one of its own lets its entries pass and nothing else", () => {
    expect(ask(acl(https), "internet Web 443")).toBe("allowed");
    expect(ask(acl(https), "internet Web 80")).toBe("denied");
  });

  test("an entry for whom is not known, or under an open condition, leaves the answer open", () => {
    const who = entry(
      "In",
      "RuleNumber: 100, Protocol: 6, CidrBlock: !Ref Who, PortRange: { From: 443, To: 443 }",
    );
    expect(ask(acl(who), "internet Web 443")).toBe("depends");
    expect(ask(acl(who), "internet Web 80")).toBe("denied");
    const perhaps = entry("In", "RuleNumber: 100, Protocol: -1, CidrBlock: 0.0.0.0/0", "Condition: Perhaps,");
    expect(ask(acl(perhaps), "internet Web 443")).toBe("depends");
  });

  test("an entry whose number is not known may come before any other", () => {
    const number = entry("Any", "RuleNumber: !Ref Number, Protocol: -1, CidrBlock: 0.0.0.0/0");
    expect(ask(acl(https + number), "internet Web 443")).toBe("depends");
  });

  test("a subnet whose ACL is not known depends on it", () => {
    expect(ask(acl(https, "!Ref Who"), "internet Web 443")).toBe("depends");
    expect(ask(acl(https, "acl-0123"), "internet Web 443")).toBe("depends");
  });

  test("two entries of one number are refused", () => {
    expect(problemOf({ "shop.yaml": acl(https + https.replace("In:", "In2:")) })).toContain(
      "Acl has two inbound entries of number 100",
    );
  });

  test("ICMP entries have type and code", () => {
    const ping = entry(
      "In",
      "RuleNumber: 100, Protocol: 1, CidrBlock: 0.0.0.0/0, Icmp: { Type: 8, Code: -1 }",
    );
    expect(read(acl(ping)).networkAcls?.get("Acl")?.inbound[0]).toMatchObject({
      protocol: 1,
      icmp: { type: 8 },
    });
  });
});

test("what bears on packets and is not read is reported; what does not is not", () => {
  const part = read(`
Transform: [AWS::Serverless-2016-10-31]
${small}
  Firewall: { Type: "AWS::NetworkFirewall::Firewall", Properties: { VpcId: !Ref VPC } }
  Tunnel: { Type: "AWS::EC2::VPNConnection", Properties: { Type: ipsec.1 } }
  Function: { Type: "AWS::Lambda::Function", Properties: { VpcConfig: { SubnetIds: [!Ref Subnet] } } }
  Plain: { Type: "AWS::Lambda::Function", Properties: { Runtime: nodejs } }
  Custom: { Type: "Custom::Network" }
  Bucket: { Type: "AWS::S3::Bucket" }
  Key: { Type: "AWS::EC2::KeyPair" }
  Zone: { Type: "AWS::Route53::HostedZone", Properties: { Name: shop.internal, VPCs: [{ VPCId: !Ref VPC }] } }
  Log: { Type: "AWS::EC2::FlowLog", Properties: { ResourceId: !Ref VPC } }`);
  expect(unknownsOf(part).map((line) => line.split(" |")[0])).toEqual([
    "the transform AWS::Serverless-2016-10-31",
    "AWS::NetworkFirewall::Firewall Firewall",
    "AWS::EC2::VPNConnection Tunnel",
    "AWS::Lambda::Function Function",
    "Custom::Network Custom",
  ]);
});
