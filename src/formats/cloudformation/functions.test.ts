// Expected values come from the examples and rules of the Template reference's pages on intrinsic functions.
import { describe, expect, test } from "vitest";
import { partCidr } from "./cidr.ts";
import { problemOf, valueOf } from "./testing/read.ts";

const origin = { file: "t.yaml", line: 1 };

describe("Fn::Cidr", () => {
  test("parts an IPv4 block by host bits: five of them make a /27", () => {
    // The reference's own example: six /27 out of a /24.
    expect(valueOf('!Cidr ["192.168.0.0/24", 6, 5]')).toEqual([
      "192.168.0.0/27",
      "192.168.0.32/27",
      "192.168.0.64/27",
      "192.168.0.96/27",
      "192.168.0.128/27",
      "192.168.0.160/27",
    ]);
  });

  test("parts an IPv6 block: 64 host bits make a /64", () => {
    expect(valueOf('!Cidr ["2001:db8:1200::/56", 3, 64]')).toEqual([
      "2001:db8:1200::/64",
      "2001:db8:1200:1::/64",
      "2001:db8:1200:2::/64",
    ]);
  });

  test("takes numbers that are written as texts, and a block with host bits from its beginning", () => {
    expect(valueOf('!Cidr ["10.0.3.7/16", "2", "8"]')).toEqual(["10.0.0.0/24", "10.0.1.0/24"]);
  });

  test("gives the block itself where all its bits are asked for, and single addresses no further than one bit", () => {
    expect(partCidr("10.0.0.0/24", 1, 8, origin)).toEqual(["10.0.0.0/24"]);
    expect(partCidr("10.0.0.0/30", 2, 1, origin)).toEqual(["10.0.0.0/31", "10.0.0.2/31"]);
  });

  test("reaches the end of the address space without running over it", () => {
    expect(partCidr("255.255.255.0/24", 2, 7, origin)).toEqual(["255.255.255.0/25", "255.255.255.128/25"]);
    expect(partCidr("0.0.0.0/0", 2, 31, origin)).toEqual(["0.0.0.0/1", "128.0.0.0/1"]);
  });

  test.each([
    ["10.0.0.0/24", 5, 6, /holds 4 blocks of length \/26, and 5 are asked for/],
    ["10.0.0.0/16", 257, 4, /a count from 1 to 256 was expected, not 257/],
    ["10.0.0.0/16", 0, 4, /a count from 1 to 256/],
    ["10.0.0.0/24", 1, 9, /no room for a block with 9 host bits: 1 to 8 were expected/],
    ["10.0.0.0/24", 1, 0, /0 host bits/],
    ["a network", 1, 8, /a block such as 10.0.0.0\/16 .* was expected, not “a network”/],
  ])("refuses %s in %i parts of %i bits", (block, count, bits, message) => {
    expect(() => partCidr(block, count, bits, origin)).toThrow(message);
  });
});

describe("texts and lists", () => {
  test("Fn::Join puts a delimiter between, in either form", () => {
    expect(valueOf('!Join [":", [a, b, c]]')).toBe("a:b:c");
    expect(valueOf('{ "Fn::Join": ["", ["arn:", !Ref "AWS::Partition", ":", 1]] }')).toBe("arn:aws:1");
  });

  test("Fn::Split and Fn::Select take apart what Fn::Join put together", () => {
    expect(valueOf('!Split ["|", "a||c|"]')).toEqual(["a", "", "c", ""]);
    expect(valueOf('!Select [2, !Split ["|", "a|b|c"]]')).toBe("c");
    expect(valueOf('!Select ["1", [apples, grapes, oranges]]')).toBe("grapes");
  });

  test("Fn::Sub fills in parameters, attributes and its own names, and leaves literals", () => {
    const sections = `
Parameters:
  Tier: { Type: String, Default: web }
Resources:
  VPC: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.1.0.0/16 } }`;
    expect(valueOf('!Sub "${AWS::StackName}-${Tier} in ${VPC.CidrBlock} of ${VPC}"', sections)).toBe(
      "t-web in 10.1.0.0/16 of VPC",
    );
    expect(
      valueOf('!Sub ["${Name}.${Tier}.${!Tier}", { Name: !Join [".", [a, b]], Tier: own }]', sections),
    ).toBe("a.b.own.${Tier}");
  });

  test("Fn::FindInMap looks a value up by two keys, or takes its default", () => {
    const sections = `
Mappings:
  Size: { prod: { cidr: 10.8.0.0/16 }, "111122223333": { list: [a, b] } }`;
    expect(valueOf("!FindInMap [Size, prod, cidr]", sections)).toBe("10.8.0.0/16");
    expect(valueOf('!FindInMap [Size, "111122223333", list]', sections)).toEqual(["a", "b"]);
    expect(valueOf("!FindInMap [Size, test, cidr, { DefaultValue: 10.9.0.0/16 }]", sections)).toBe(
      "10.9.0.0/16",
    );
  });

  test("AWS::NoValue leaves a field or an element out", () => {
    expect(valueOf('[a, !Ref "AWS::NoValue", { b: !Ref "AWS::NoValue", c: d }]')).toEqual(["a", { c: "d" }]);
  });

  test("Fn::Base64 gives its text, which bears on no packet", () => {
    expect(valueOf("!Base64 hello")).toBe("hello");
  });

  test("what only AWS knows leaves open all that is made of it, and its text where that helps", () => {
    const known = "AWS::Region is known when the stack is created";
    expect(valueOf('!Ref "AWS::Region"')).toBe(`?AWS::Region: ${known}`);
    expect(valueOf('!Sub "com.amazonaws.${AWS::Region}.s3"')).toBe(
      `?com.amazonaws.\${AWS::Region}.s3: ${known}`,
    );
    expect(valueOf('!Join ["-", [a, !Ref "AWS::Region"]]')).toBe(`?a-AWS::Region: ${known}`);
    expect(valueOf('!Select [0, !GetAZs ""]')).toBe(
      "?GetAZs[0]: the availability zones of the region are not in the template",
    );
    expect(valueOf('!FindInMap [Size, !Ref "AWS::Region", x]', "Mappings: { Size: {} }")).toBe(
      `?FindInMap(Size, AWS::Region, x): ${known}`,
    );
    expect(valueOf("!Transform { Name: Macro }")).toBe("?Fn::Transform: Fn::Transform is not evaluated here");
    expect(valueOf('"{{resolve:ssm:/net/cidr}}"')).toMatch(/^\?.* is resolved when the stack is created$/);
  });
});

describe("what CloudFormation would refuse is one error with its line", () => {
  const vpc = (cidr: string): Record<string, string> => ({
    "shop.yaml": `Resources:\n  VPC:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBlock: ${cidr}\n`,
  });
  test.each([
    ["!Ref Vcp", "shop.yaml:5: Ref: no parameter and no resource is called “Vcp”"],
    ["!GetAtt Other.CidrBlock", "shop.yaml:5: Fn::GetAtt: no parameter and no resource is called “Other”"],
    ['!Sub "${Cidr}"', "shop.yaml:5: Fn::Sub: no parameter and no resource is called “Cidr”"],
    ["!Select [3, [a, b, c]]", "shop.yaml:5: Fn::Select: index 3 is out of range: the list has 3 (0 to 2)"],
    [
      "!Select [first, [a]]",
      "shop.yaml:5: Fn::Select: an index (a whole number) was expected, found “first”",
    ],
    ["!Cidr [10.0.0.0/24, 300, 8]", "shop.yaml:5: Fn::Cidr: a count from 1 to 256 was expected, not 300"],
    ["!Join [a]", "shop.yaml:5: Fn::Join: a list was expected, found nothing"],
    ["!Split [a, [b]]", "shop.yaml:5: Fn::Split: a text was expected, found a list"],
    ["!FindInMap [Size, a, b]", "shop.yaml:5: Fn::FindInMap: there is no b under a in the mapping Size"],
    ["!If [Prod, a, b]", "shop.yaml:5: no condition is called “Prod”"],
    ["!If [Prod, a]", "shop.yaml:5: Fn::If: [condition, value if true, value if false] was expected"],
    ["!Ref AWS::Regoin", "shop.yaml:5: Ref: there is no pseudo parameter AWS::Regoin"],
    ["!GetAtt VPC", "shop.yaml:5: Fn::GetAtt: an attribute was expected after VPC"],
    ["10.0.0.0", "shop.yaml:2: VPC: a prefix such as 10.0.0.0/16 was expected, not “10.0.0.0”"],
    ["[a, b]", "shop.yaml:5: VPC.CidrBlock: a text was expected, found a list"],
    ["!GetAtt VPC.CidrBlock", "shop.yaml:2: VPC is defined by way of itself (a circular reference)"],
  ])("CidrBlock: %s", (expression, message) => {
    expect(problemOf(vpc(expression))).toBe(message);
  });

  test("a text that grows without end meets a bound", () => {
    const grown = `!Sub ["${"${A}".repeat(600)}", { A: "${"x".repeat(200)}" }]`;
    expect(() => valueOf(grown)).toThrow(/a text of over 65536 characters/);
  });
});
