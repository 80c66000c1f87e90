import { describe, expect, test } from "vitest";
import { ask } from "./testing/ask.ts";
import { problemOf, readAll, small, unknownsOf } from "./testing/read.ts";

const network = `
Parameters: { Open: { Type: String, Default: 203.0.113.0/24 } }
${small}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: !Ref VPC
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: !Ref Open }]
Outputs:
  Subnet: { Value: !Ref Subnet, Export: { Name: !Sub "\${AWS::StackName}-subnet" } }
  Group: { Value: !GetAtt Group.GroupId, Export: { Name: net-group } }
`;

describe("nested stacks", () => {
  const shop = (url: string, given = '{ Open: "192.0.2.0/24" }'): string => `
Resources:
  Network:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: ${url}, Parameters: ${given} }
  Web:
    Type: AWS::EC2::Instance
    Properties:
      SubnetId: !GetAtt Network.Outputs.Subnet
      SecurityGroupIds: [!GetAtt Network.Outputs.Group]
`;

  test("have their parameters from the stack around them, and their ids from its path", () => {
    const files = { "a/shop.yaml": shop("./nested/net.yaml"), "a/nested/net.yaml": network };
    expect(ask(files, "192.0.2.7 Web 443")).toBe("allowed");
    expect(ask(files, "203.0.113.7 Web 443")).toBe("denied");
    const part = readAll(files);
    expect(part.securityGroups?.get("Network/Group")?.origin).toMatchObject({
      file: "a/nested/net.yaml",
      id: "Network/Group",
    });
    expect(part.interfaces?.get("Web.eth0")).toMatchObject({
      subnet: "Network/Subnet",
      securityGroups: ["Network/Group"],
    });
    expect([...(part.networks ?? [])].map(([id]) => id)).toEqual(["Network/VPC"]);
    expect(part.unknowns).toEqual([]);
  });

  test("one template nested twice makes two networks", () => {
    const twice = `
Resources:
  Left: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: net.yaml } }
  Right: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: net.yaml } }
`;
    const part = readAll({ "shop.yaml": twice, "net.yaml": network });
    expect([...(part.networks ?? [])].map(([id]) => id)).toEqual(["Left/VPC", "Right/VPC"]);
  });

  test("elsewhere are not known, and what hangs on them is reported", () => {
    const part = readAll({ "shop.yaml": shop("https://s3.amazonaws.com/bucket/net.yaml") });
    expect(unknownsOf(part)[0]).toBe(
      "the template of Network (https://s3.amazonaws.com/bucket/net.yaml) is not among the files that were read | what it holds is missing",
    );
    expect(part.hosts?.get("Web")?.interfaces).toEqual(["Web.eth0"]);
  });

  test("what a parameter without value leaves open in the nested stack is open", () => {
    const files = {
      "shop.yaml": `Parameters: { Office: { Type: String } }\n${shop("net.yaml", "{ Open: !Ref Office }")}`,
      "net.yaml": network,
    };
    expect(ask(files, "192.0.2.7 Web 443")).toBe("depends");
  });

  test("that nest themselves are refused", () => {
    const a = 'Resources: { B: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: b.yaml } } }';
    const b = 'Resources: { A: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: a.yaml } } }';
    expect(problemOf({ "a.yaml": a, "b.yaml": b })).toBe(
      "b.yaml:1: a.yaml nests itself: a.yaml → b.yaml → a.yaml",
    );
  });
});

describe("stacks that stand beside one another", () => {
  const web = (subnet: string, group: string): string => `
Resources:
  Web:
    Type: AWS::EC2::Instance
    Properties: { SubnetId: !ImportValue ${subnet}, SecurityGroupIds: [!ImportValue ${group}] }
`;

  test("import what another exports, by name", () => {
    const files = { "net.yaml": network, "web.yaml": web("net-subnet", "net-group") };
    expect(ask(files, "203.0.113.7 web/Web 443")).toBe("allowed");
    expect(ask(files, "192.0.2.7 web/Web 443")).toBe("denied");
    expect(readAll(files).unknowns).toEqual([]);
  });

  test("an export that no template has is not known", () => {
    const files = { "net.yaml": network, "web.yaml": web("net-subnet", "other-group") };
    expect(ask(files, "203.0.113.7 web/Web 443")).toBe("depends");
    expect(unknownsOf(readAll(files)).join("\n")).toContain("no template that was read exports other-group");
  });

  test("an export that two templates have is not known", () => {
    const files = {
      "a/net.yaml": network,
      "b/net.yaml": network,
      "web.yaml": web("net-subnet", "net-group"),
    };
    expect(unknownsOf(readAll(files)).join("\n")).toContain("both export net-group");
  });

  test("are called by their files, and by their paths below the folder where two files are alike", () => {
    const vpc = 'Resources: { VPC: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.0.0.0/16 } } }';
    const ids = (...paths: string[]): string[] => [
      ...(readAll(Object.fromEntries(paths.map((path) => [path, vpc]))).networks?.keys() ?? []),
    ];
    expect(ids("x/net.yaml")).toEqual(["VPC"]);
    expect(ids("x/net.template.yaml", "x/shop.yaml")).toEqual(["net/VPC", "shop/VPC"]);
    expect(ids("x/a/net.yaml", "x/b/net.yaml", "x/shop.yaml")).toEqual([
      "a/net.yaml/VPC",
      "b/net.yaml/VPC",
      "shop/VPC",
    ]);
  });

  test("exports that are made of one another are refused", () => {
    const one = (own: string, other: string): string =>
      `Resources: { X: { Type: "AWS::SNS::Topic", Properties: { Name: !ImportValue ${other} } } }\nOutputs: { O: { Value: !ImportValue ${other}, Export: { Name: ${own} } } }`;
    expect(problemOf({ "a.yaml": one("a", "b"), "b.yaml": one("b", "a") })).toMatch(
      /is imported to make itself/,
    );
  });
});

test("what a macro or a loop may make is not known where it is named; without one it is refused", () => {
  const web = (head: string): string => `${head}${small}
  Web: { Type: "AWS::EC2::Instance", Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!GetAtt Made.GroupId] } }`;
  expect(ask(web("Transform: AWS::Serverless-2016-10-31"), "internet Web 443")).toBe("depends");
  const loop = web("Transform: AWS::LanguageExtensions").replace(
    "Resources:",
    "Resources:\n  Fn::ForEach::Groups: [Name, [Made], { x: {} }]",
  );
  expect(ask(loop, "internet Web 443")).toBe("depends");
  expect(unknownsOf(readAll({ "shop.yaml": loop })).join("\n")).toContain(
    "Made may be made by Fn::ForEach::Groups",
  );
  expect(problemOf({ "shop.yaml": web("Transform: AWS::LanguageExtensions") })).toContain(
    "Fn::GetAtt: no parameter and no resource is called “Made”",
  );
});

test("resources that need one another are refused with the circle", () => {
  const text = `
Resources:
  A:
    Type: AWS::EC2::SecurityGroup
    Properties: { SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 1, ToPort: 1, SourceSecurityGroupId: !Ref B }] }
  B:
    Type: AWS::EC2::SecurityGroup
    DependsOn: C
  C:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: !Sub "not \${A}" }
`;
  expect(problemOf({ "shop.yaml": text })).toBe(
    "shop.yaml:5: these resources need one another, so none can be created first: A → B → C → A",
  );
});
