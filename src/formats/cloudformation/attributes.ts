// What Ref and Fn::GetAtt of a resource come to. A resource has no physical id yet: its own id stands for it, so that
// whatever names it names the same thing. What only AWS will know is not known.
import type { Origin } from "../../problem.ts";
import type { Resource } from "./scope.ts";
import { isNotKnown, notKnown, textValue, unknownIn, type Value } from "./values.ts";

interface Asked {
  readonly type: string;
  readonly id: string;
  /** Evaluates it: only for attributes that its properties decide. */
  readonly whole: () => Resource;
}

/** Attributes whose value names the resource itself, whatever its type. */
const ownNames: ReadonlySet<string> = new Set(["Id", "Arn"]);

/** As `Type.Attribute`: what names the resource itself in one type. */
const ownNamesOfType: ReadonlySet<string> = new Set([
  "AWS::EC2::VPC.VpcId",
  "AWS::EC2::Subnet.SubnetId",
  "AWS::EC2::SecurityGroup.GroupId",
  "AWS::EC2::RouteTable.RouteTableId",
  "AWS::EC2::InternetGateway.InternetGatewayId",
  "AWS::EC2::NatGateway.NatGatewayId",
  "AWS::EC2::EIP.AllocationId",
  "AWS::EC2::Instance.InstanceId",
  "AWS::EC2::PrefixList.PrefixListId",
  "AWS::EC2::VPNGateway.VPNGatewayId",
  "AWS::EC2::TransitGatewayRouteTable.TransitGatewayRouteTableId",
  "AWS::ElasticLoadBalancingV2::LoadBalancer.LoadBalancerArn",
  "AWS::ElasticLoadBalancingV2::Listener.ListenerArn",
  "AWS::ElasticLoadBalancingV2::TargetGroup.TargetGroupArn",
]);

/** As `Type.Attribute`: which property an attribute repeats. */
const repeated: ReadonlyMap<string, string> = new Map([
  ["AWS::EC2::VPC.CidrBlock", "CidrBlock"],
  ["AWS::EC2::Subnet.VpcId", "VpcId"],
  ["AWS::EC2::Subnet.AvailabilityZone", "AvailabilityZone"],
  ["AWS::EC2::Subnet.CidrBlock", "CidrBlock"],
  ["AWS::EC2::SecurityGroup.VpcId", "VpcId"],
  ["AWS::EC2::Instance.PrivateIp", "PrivateIpAddress"],
  ["AWS::EC2::Instance.AvailabilityZone", "AvailabilityZone"],
  ["AWS::EC2::NetworkInterface.PrimaryPrivateIpAddress", "PrivateIpAddress"],
  ["AWS::ElasticLoadBalancingV2::LoadBalancer.SecurityGroups", "SecurityGroups"],
]);

/** @param attribute undefined for a Ref */
export function attributeOf(asked: Asked, attribute: string | undefined, origin: Origin): Value {
  const { type, id } = asked;
  const own = textValue(id, origin);
  if (attribute === undefined) {
    // Ref of an elastic address is the address itself, which AWS gives.
    return type === "AWS::EC2::EIP" ? ofAws(`${id}.PublicIp`, origin) : own;
  }
  if (type === "AWS::CloudFormation::Stack" && attribute.startsWith("Outputs.")) {
    return outputOf(asked, attribute.slice("Outputs.".length), origin);
  }
  if (type === "AWS::EC2::VPC") {
    if (attribute === "DefaultSecurityGroup" || attribute === "DefaultNetworkAcl") {
      return textValue(`${id}.${attribute}`, origin);
    }
    if (attribute === "Ipv6CidrBlocks") return { kind: "list", items: ipv6Blocks(asked.whole()), origin };
  }
  if (type === "AWS::EC2::VPCEndpoint" && attribute === "NetworkInterfaceIds")
    return ofAws(`${id}.${attribute}`, origin);
  const named = `${type}.${attribute}`;
  if (ownNames.has(attribute) || ownNamesOfType.has(named)) return own;
  const property = repeated.get(named);
  const found = property === undefined ? undefined : asked.whole().properties.get(property);
  return found ?? ofAws(`${id}.${attribute}`, origin);
}

function ofAws(name: string, origin: Origin): Value {
  return notKnown(`${name} is known when the stack is created`, name, origin);
}

function outputOf(asked: Asked, name: string, origin: Origin): Value {
  const resource = asked.whole();
  const nested = resource.stack.world.nested(resource);
  if (typeof nested === "string") return notKnown(nested, `${asked.id}.${name}`, origin);
  return (
    nested.output(name) ??
    notKnown(`the nested stack ${asked.id} has no output ${name}`, `${asked.id}.${name}`, origin)
  );
}

/** The IPv6 blocks that the template gives a VPC, by AWS::EC2::VPCCidrBlock. */
function ipv6Blocks(vpc: Resource): Value[] {
  return [...vpc.stack.template.resources].flatMap(([name, { type }]) => {
    const block = type === "AWS::EC2::VPCCidrBlock" ? vpc.stack.resource(name) : undefined;
    const network = block?.properties.get("VpcId");
    if (block === undefined || network?.kind !== "text" || network.text !== vpc.id) return [];
    return ipv6BlockOf(block) ?? [];
  });
}

/** The IPv6 block of an AWS::EC2::VPCCidrBlock: written, made up for one of Amazon's, or not known. */
export function ipv6BlockOf(block: Resource): Value | undefined {
  const { properties: given, id, origin, stack } = block;
  const written = given.get("Ipv6CidrBlock");
  if (written !== undefined) return written;
  const amazon = given.get("AmazonProvidedIpv6CidrBlock");
  if (amazon?.kind === "text" && amazon.text.toLowerCase() === "true") {
    return textValue(stack.world.ipv6Block(id), origin);
  }
  const pool =
    given.get("Ipv6IpamPoolId") ?? given.get("Ipv6Pool") ?? (isNotKnown(amazon) ? amazon : undefined);
  if (pool === undefined) return undefined;
  return notKnown(
    unknownIn(pool)?.why ?? `the IPv6 block of ${id} is taken from a pool`,
    `${id}.Ipv6CidrBlock`,
    origin,
  );
}
