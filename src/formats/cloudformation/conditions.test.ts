import { describe, expect, test } from "vitest";
import { ask, causes } from "./testing/ask.ts";
import { problemOf, readAll, small, unknownsOf, valueOf } from "./testing/read.ts";

const parameters = `
Parameters:
  Stage: { Type: String, Default: prod }
  Open: { Type: String }`;

/** What `!If [X, "yes", "no"]` comes to where X is the condition. */
function chosen(condition: string, more = ""): unknown {
  return valueOf('!If [X, "yes", "no"]', `${parameters}\nConditions:\n  X: ${condition}\n${more}`);
}

describe("conditions", () => {
  test.each([
    ["!Equals [!Ref Stage, prod]", "yes"],
    ["!Equals [!Ref Stage, Prod]", "no"],
    ["!Not [!Equals [!Ref Stage, prod]]", "no"],
    ["!And [!Equals [a, a], !Equals [!Ref Stage, prod]]", "yes"],
    ["!And [!Equals [a, a], !Equals [a, b]]", "no"],
    ["!Or [!Equals [a, b], !Equals [b, b]]", "yes"],
    ["!Or [!Equals [a, b], !Equals [b, c]]", "no"],
    ['{ "Fn::Equals": [{ "Ref": "Stage" }, "prod"] }', "yes"],
    ["!Not [!Condition Y]", "no"],
    ["!Not [{ Condition: Y }]", "no"],
  ])("%s: %s", (condition, answer) => {
    expect(chosen(condition, '  Y: !Equals ["1", 1]')).toBe(answer);
  });

  test.each([
    // One side that decides alone decides, whatever the other is.
    ["!And [!Equals [!Ref Open, x], !Equals [a, b]]", "no"],
    ["!Or [!Equals [!Ref Open, x], !Equals [a, a]]", "yes"],
    // A parameter equals itself, whatever its value.
    ["!Equals [!Ref Open, !Ref Open]", "yes"],
    [
      "!Equals [!Ref Open, x]",
      "?If(X: “yes” or “no”): the condition X is open: the parameter Open has no value",
    ],
    [
      "!Not [!Equals [!Ref Open, x]]",
      "?If(X: “yes” or “no”): the condition X is open: the parameter Open has no value",
    ],
    [
      "!And [!Equals [!Ref Open, x], !Equals [a, a]]",
      "?If(X: “yes” or “no”): the condition X is open: the parameter Open has no value",
    ],
  ])("a parameter without value leaves %s: %s", (condition, answer) => {
    expect(chosen(condition)).toBe(answer);
  });

  test("branches that say the same say it whatever the condition", () => {
    const sections = `${parameters}\nConditions: { X: !Equals [!Ref Open, x] }`;
    expect(valueOf("!If [X, a, a]", sections)).toBe("a");
  });

  test("a condition that hangs on itself, or is none, is refused with its line", () => {
    const file = (conditions: string): Record<string, string> => ({
      "shop.yaml": `Conditions:\n${conditions}\nResources:\n  VPC:\n    Type: AWS::EC2::VPC\n    Condition: A\n`,
    });
    expect(problemOf(file("  A: !Condition B\n  B: !Not [!Condition A]"))).toBe(
      "shop.yaml:3: the condition A hangs on itself",
    );
    expect(problemOf(file("  A: !Join [a, b]"))).toContain("shop.yaml:2: Fn::Join");
    expect(problemOf(file("  A: maybe"))).toContain("shop.yaml:2: a condition was expected");
    expect(problemOf(file("  A: !Equals [a]"))).toBe("shop.yaml:2: Fn::Equals: two values were expected");
    expect(problemOf(file("  B: !Equals [a, a]"))).toBe("shop.yaml:6: no condition is called “A”");
  });
});

describe("what a condition leaves open", () => {
  const shop = (rule: string, more = ""): string => `
Parameters: { Debug: { Type: String } }
Conditions: { Debugging: !Equals [!Ref Debug, "on"], Never: !Equals [a, b], Always: !Equals [a, a] }
${small}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: !Ref VPC
      SecurityGroupIngress:
        - { IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0 }
        - ${rule}
  Web:
    Type: AWS::EC2::Instance
    Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Group] }
${more}`;
  const ssh = "{ IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 }";

  test("a rule under an open condition: the answer depends on it, and only where the rule would hold", () => {
    const text = shop(`!If [Debugging, ${ssh}, !Ref "AWS::NoValue"]`);
    expect(ask(text, "internet Web 22")).toBe("depends");
    expect(causes(text, "internet Web 22")).toEqual([
      "the condition Debugging is open: the parameter Debug has no value",
    ]);
    expect(ask(text, "internet Web 443")).toBe("allowed");
    expect(ask(text, "internet Web 80")).toBe("denied");
  });

  test("a rule under a condition that is settled is there or is not", () => {
    expect(ask(shop(`!If [Always, ${ssh}, !Ref "AWS::NoValue"]`), "internet Web 22")).toBe("allowed");
    expect(ask(shop(`!If [Never, ${ssh}, !Ref "AWS::NoValue"]`), "internet Web 22")).toBe("denied");
  });

  test("a rule of its own under an open condition leaves the answer open too", () => {
    const own = (condition: string): string =>
      shop(
        "{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0 }",
        `
  Ssh:
    Type: AWS::EC2::SecurityGroupIngress
    Condition: ${condition}
    Properties: { GroupId: !Ref Group, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 }`,
      );
    expect(ask(own("Debugging"), "internet Web 22")).toBe("depends");
    expect(ask(own("Always"), "internet Web 22")).toBe("allowed");
    expect(ask(own("Never"), "internet Web 22")).toBe("denied");
  });

  test("an instance under an open condition is taken to be there, and said", () => {
    const text = shop(ssh).replace("  Web:\n", "  Web:\n    Condition: Debugging\n");
    expect(ask(text, "internet Web 22")).toBe("allowed");
    expect(unknownsOf(readAll({ "shop.yaml": text }))).toEqual([
      "whether Web is there is not known: the condition Debugging is open: the parameter Debug has no value | taken to be there: answers hold where it is",
    ]);
  });

  test("a reference to what is certainly not created is refused; under an open condition it is not", () => {
    const text = shop(ssh).replace("  Group:\n", "  Group:\n    Condition: Never\n");
    expect(problemOf({ "shop.yaml": text })).toContain("Ref: Group is not created here, by its condition");
    const guarded = text.replace("[!Ref Group]", '[!If [Debugging, !Ref Group, !Ref "AWS::NoValue"]]');
    expect(ask(guarded, "internet Web 22")).toBe("depends");
  });
});
