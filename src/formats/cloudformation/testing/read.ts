// For tests: estates from templates that are written in the test, values from single expressions, and the small VPC that
// most of them stand in.
import { mergeEstate } from "../../../estate/merge.ts";
import type { Estate, EstatePart } from "../../../estate/model.ts";
import { Problem } from "../../../problem.ts";
import { cloudformationReader } from "../reader.ts";
import { Stack } from "../stack.ts";
import { readTemplate } from "../template.ts";
import type { Value } from "../values.ts";

/** Templates by path. */
export function readAll(files: Readonly<Record<string, string>>): EstatePart {
  return cloudformationReader.read(Object.entries(files).map(([path, text]) => ({ path, text })));
}

/** One template, as `shop.yaml`. */
export function read(text: string): EstatePart {
  return readAll({ "shop.yaml": text });
}

export function estateOf(files: Readonly<Record<string, string>>): Estate {
  return mergeEstate("test", [readAll(files)]);
}

/** `file:line: message` of the problem that reading ends with. */
export function problemOf(files: Readonly<Record<string, string>>): string {
  try {
    readAll(files);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return `${error.origin?.file ?? "nowhere"}:${error.origin?.line ?? 0}: ${error.message}`;
  }
  throw new Error("it was read without a problem");
}

export function unknownsOf(part: EstatePart): string[] {
  return (part.unknowns ?? []).map(({ what, effect }) => `${what} | ${effect}`);
}

/** What the expression of an output comes to, in a template with these other sections. */
export function valueOf(expression: string, sections = ""): unknown {
  const text = `${sections}\nOutputs:\n  X:\n    Value: ${expression}\n`;
  const template = readTemplate({ path: "t.yaml", text });
  const stack = new Stack("t", "", template, new Map(), {
    nested: () => "none is nested here",
    exported: () => undefined,
    ipv6Block: () => "2001:db8:ff00::/56",
  });
  const value = stack.output("X");
  return value === undefined ? undefined : plain(value);
}

/** Texts as they are, lists and maps as such; what is not known as `?why`. */
function plain(value: Value): unknown {
  switch (value.kind) {
    case "text":
      return value.text;
    case "list":
      return value.items.map((item) => plain(item));
    case "map":
      return Object.fromEntries([...value.entries].map(([key, part]) => [key, plain(part)]));
    case "unknown":
      return `?${value.name}: ${value.why}`;
  }
}

/** A VPC with an internet gateway, one public subnet and what leads out of it; more resources may follow. */
export const small = `
Resources:
  VPC: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.0.0.0/16 } }
  Gateway: { Type: "AWS::EC2::InternetGateway" }
  Attachment:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties: { VpcId: !Ref VPC, InternetGatewayId: !Ref Gateway }
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref VPC, CidrBlock: 10.0.1.0/24, MapPublicIpOnLaunch: true }
  Table: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: !Ref VPC } }
  Way:
    Type: AWS::EC2::Route
    Properties: { RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway }
  Asks:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: { RouteTableId: !Ref Table, SubnetId: !Ref Subnet }
`;
