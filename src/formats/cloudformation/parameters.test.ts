import { describe, expect, test } from "vitest";
import { ask } from "./testing/ask.ts";
import { problemOf, readAll, small, unknownsOf, valueOf } from "./testing/read.ts";

const template = (type: string, more = ""): string => `
Parameters:
  Office: { Type: ${type}${more} }
${small}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: bastion
      VpcId: !Ref VPC
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref Office }]
  Bastion:
    Type: AWS::EC2::Instance
    Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Group] }
`;
const aws = '[{ "ParameterKey": "Office", "ParameterValue": "192.0.2.0/24" }]';
const pipeline = '{ "Parameters": { "Office": "192.0.2.0/24" }, "Tags": { "team": "web" } }';

describe("parameters", () => {
  test("have their default", () => {
    const text = template("String", ", Default: 192.0.2.0/24");
    expect(ask(text, "192.0.2.7 Bastion 22")).toBe("allowed");
    expect(ask(text, "203.0.113.7 Bastion 22")).toBe("denied");
  });

  test.each([
    ["the AWS CLI's shape", "shop.parameters.json", aws],
    ["CodePipeline's shape", "shop.parameters.json", pipeline],
    ["the folder's file", "parameters.json", pipeline],
    ["the whole name of the template before it", "shop.yaml.parameters.json", aws],
  ])("have the value that a file beside the template gives: %s", (_, path, text) => {
    const files = { "shop.yaml": template("String", ", Default: 203.0.113.0/24"), [path]: text };
    expect(ask(files, "192.0.2.7 Bastion 22")).toBe("allowed");
    expect(ask(files, "203.0.113.7 Bastion 22")).toBe("denied");
  });

  test("have the value of the template's own file before that of the folder's", () => {
    const folder = '{ "Parameters": { "Office": "203.0.113.0/24", "OfAnother": "x" } }';
    const files = { "shop.yaml": template("String"), "parameters.json": folder, "shop.parameters.json": aws };
    expect(ask(files, "192.0.2.7 Bastion 22")).toBe("allowed");
  });

  test("without a value are not known: what hangs on them depends, and nothing else does", () => {
    const text = template("String");
    expect(ask(text, "192.0.2.7 Bastion 22")).toBe("depends");
    expect(ask(text, "192.0.2.7 Bastion 23")).toBe("denied");
    expect(unknownsOf(readAll({ "shop.yaml": text }))).toEqual([
      "the parameter Office has no value | the rule: matched or not, can't be known",
    ]);
  });

  test("of the parameter store are not known, though they have a default: it is only a name", () => {
    const text = template("AWS::SSM::Parameter::Value<String>", ", Default: /net/office");
    expect(ask(text, "192.0.2.7 Bastion 22")).toBe("depends");
    expect(unknownsOf(readAll({ "shop.yaml": text }))[0]).toMatch(
      /^the parameter Office is kept in the Systems Manager parameter store/,
    );
  });

  test("that are lists are parted at commas", () => {
    const sections = (type: string): string => `Parameters: { A: { Type: "${type}", Default: "a, b,c" } }`;
    expect(valueOf("!Ref A", sections("CommaDelimitedList"))).toEqual(["a", "b", "c"]);
    expect(valueOf("!Ref A", sections("List<AWS::EC2::Subnet::Id>"))).toEqual(["a", "b", "c"]);
    expect(valueOf("!Ref A", sections("String"))).toBe("a, b,c");
  });

  test("files for no template are reported", () => {
    const part = readAll({
      "shop.yaml": template("String", ", Default: 192.0.2.0/24"),
      "web.parameters.json": aws,
    });
    expect(unknownsOf(part)[0]).toMatch(/^parameters of no template that was read beside them/);
  });

  test.each([
    ["[]x", "shop.parameters.json:1: the end of the file was expected"],
    ['{ "Office": "x" }', "shop.parameters.json:1: parameters were expected"],
    ['[{ "ParameterKey": "Office" }]', "shop.parameters.json:1: parameters were expected"],
    [
      '[{ "ParameterKey": "Ofice", "ParameterValue": "x" }]',
      "shop.parameters.json:1: shop.yaml has no parameter “Ofice”",
    ],
  ])("a file that is wrong is refused with its line: %s", (text, message) => {
    const files = { "shop.yaml": template("String"), "shop.parameters.json": text };
    expect(problemOf(files)).toContain(message);
  });
});
