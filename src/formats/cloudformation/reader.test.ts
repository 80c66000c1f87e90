import { describe, expect, test } from "vitest";
import { readerOf } from "../recognise.ts";
import { cloudformationReader } from "./reader.ts";
import { problemOf, read, small } from "./testing/read.ts";

const vpc = "  VPC:\n    Type: AWS::EC2::VPC\n    Properties: { CidrBlock: 10.0.0.0/16 }\n";
const json = '{ "Resources": { "VPC": { "Type": "AWS::EC2::VPC" } } }';

describe("a template is told", () => {
  test.each([
    ["net.yaml", `AWSTemplateFormatVersion: '2010-09-09'\nResources:\n${vpc}`],
    ["net.yml", `# no version is needed\nDescription: x\n\nResources:\n\n${vpc}`],
    ["net.yaml", `\uFEFFAWSTemplateFormatVersion: 2010-09-09\r\nResources:\r\n${vpc}`],
    ["net.template", `Resources:\n${vpc}`],
    ["net.template", json],
    ["net.json", json],
    ["net.json", '{ "AWSTemplateFormatVersion": "2010-09-09", "Outputs": {} }'],
    ["net.json", `{ "Parameters": { "A": { "Description": "${"x".repeat(9000)}" } }, ${json.slice(1)}`],
    ["net.parameters.json", '[{ "ParameterKey": "A", "ParameterValue": "b" }]'],
    ["stacks/parameters.json", '{ "Parameters": { "A": "b" } }'],
  ])("%s %#", async (path, text) => {
    expect((await readerOf({ path, text }))?.format).toBe("cloudformation");
  });

  test.each([
    ["pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  Resources: {}\n", "kubernetes"],
    ["vpcs.json", '{ "Vpcs": [] }', "aws"],
    ["list.json", '{ "Resources": [{ "Type": "AWS::EC2::VPC" }] }', undefined],
    ["other.json", '[{ "ParameterKey": "A", "ParameterValue": "b" }]', undefined],
    ["notes.yaml", "Resources:\n  - a book\n  - a page\n", undefined],
  ])("from other files: %s", async (path, text, format) => {
    expect((await readerOf({ path, text }))?.format).toBe(format);
  });
});

describe("what is no template, though it looks like one, is refused with its line", () => {
  test.each([
    ["Resources:\n  VPC: []\n", "shop.yaml:2: Resources.VPC: a map with Type and Properties was expected"],
    ["Resources:\n  VPC:\n    Properties: {}\n", "shop.yaml:2: Resources.VPC: Type was expected"],
    [
      "Resources:\n  VPC: { Type: x, Properties: 5 }\n",
      "shop.yaml:2: Resources.VPC: Properties was expected to be a map",
    ],
    ["Resources: 7\n", "shop.yaml:1: Resources: a map from names was expected"],
    ["- Resources\n", "shop.yaml:1: a template was expected: a map with Resources"],
    ["Resources: {}\n---\nResources: {}\n", "shop.yaml:3: one template was expected in a file"],
    ["Resources:\n  A: {Type: x}\n  A: {Type: y}\n", "shop.yaml:3: this field stands twice"],
    ["Resources:\n\tA: 1\n", "shop.yaml:2: YAML is indented with spaces, not with tabs"],
    ["Parameters: { A: text }\n", "shop.yaml:1: Parameters.A: a map was expected"],
  ])("%j", (text, message) => {
    expect(problemOf({ "shop.yaml": text })).toContain(message);
  });
});

test("a template of nothing but other things is an empty estate", () => {
  const part = read("Resources:\n  Bucket: { Type: 'AWS::S3::Bucket' }\n");
  expect([part.networks?.size, part.interfaces?.size, part.unknowns]).toEqual([0, 0, []]);
  expect(part.sources).toEqual(["shop.yaml"]);
});

test("one file is read as it stands: what it nests or imports is elsewhere", () => {
  const part = cloudformationReader.read([{ path: "shop.yaml", text: small }]);
  expect(part.unknowns).toEqual([]);
  expect([...(part.networks?.values() ?? [])][0]?.origin).toEqual({
    file: "shop.yaml",
    line: 3,
    column: 3,
    id: "VPC",
  });
});
