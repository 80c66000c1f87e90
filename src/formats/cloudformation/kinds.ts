// The resource types of templates: which are read, which bear on packets and are not, and which do not bear on them. The
// rule for a type that is not named here: under AWS::EC2, the load balancers and the network services it is reported;
// elsewhere where its properties name a VPC, a subnet or a security group, since it then has interfaces there.
import type { Resource } from "./scope.ts";
import type { Value } from "./values.ts";

const read: ReadonlySet<string> = new Set([
  ...[
    "EIP",
    "EIPAssociation",
    "EgressOnlyInternetGateway",
    "GatewayRouteTableAssociation",
    "Instance",
    "InternetGateway",
    "LaunchTemplate",
    "NatGateway",
    "NetworkAcl",
    "NetworkAclEntry",
    "NetworkInterface",
    "NetworkInterfaceAttachment",
    "PrefixList",
    "Route",
    "RouteTable",
    "SecurityGroup",
    "SecurityGroupEgress",
    "SecurityGroupIngress",
    "Subnet",
    "SubnetCidrBlock",
    "SubnetNetworkAclAssociation",
    "SubnetRouteTableAssociation",
    "TransitGateway",
    "TransitGatewayAttachment",
    "TransitGatewayRoute",
    "TransitGatewayRouteTable",
    "TransitGatewayRouteTableAssociation",
    "TransitGatewayRouteTablePropagation",
    "TransitGatewayVpcAttachment",
    "VPC",
    "VPCCidrBlock",
    "VPCEndpoint",
    "VPCGatewayAttachment",
    "VPCPeeringConnection",
    "VPNGateway",
    "VPNGatewayRoutePropagation",
  ].map((name) => `AWS::EC2::${name}`),
  "AWS::ElasticLoadBalancingV2::LoadBalancer",
  "AWS::ElasticLoadBalancingV2::Listener",
  "AWS::ElasticLoadBalancingV2::ListenerRule",
  "AWS::ElasticLoadBalancingV2::TargetGroup",
  "AWS::ElasticLoadBalancing::LoadBalancer",
  "AWS::RDS::DBCluster",
  "AWS::RDS::DBInstance",
  "AWS::RDS::DBSubnetGroup",
]);

/** They would be reported by the rule, and bear on no packet: names, sizes, disks, logs, permissions. */
const beside: ReadonlySet<string> = new Set([
  ...[
    "CapacityReservation",
    "CapacityReservationFleet",
    "CustomerGateway",
    "DHCPOptions",
    "FlowLog",
    "Host",
    "IPAM",
    "IPAMPool",
    "IPAMScope",
    "KeyPair",
    "NetworkInsightsAnalysis",
    "NetworkInsightsPath",
    "NetworkInterfacePermission",
    "PlacementGroup",
    "SubnetCidrReservation",
    "TrafficMirrorFilter",
    "TrafficMirrorFilterRule",
    "TrafficMirrorSession",
    "TrafficMirrorTarget",
    "VPCDHCPOptionsAssociation",
    "VPCEndpointConnectionNotification",
    "VPCEndpointServicePermissions",
    "Volume",
    "VolumeAttachment",
  ].map((name) => `AWS::EC2::${name}`),
  "AWS::ElasticLoadBalancingV2::ListenerCertificate",
  // They name a VPC or subnets, and have no interface there: names, and lists for what does.
  "AWS::DocDB::DBSubnetGroup",
  "AWS::ElastiCache::SubnetGroup",
  "AWS::Neptune::DBSubnetGroup",
  "AWS::Redshift::ClusterSubnetGroup",
  "AWS::Route53::HostedZone",
  "AWS::ServiceDiscovery::PrivateDnsNamespace",
]);

/** Types of one rule, route or association, which is itself uncertain where it may not be there. */
const carrying: ReadonlySet<string> = new Set(
  [
    "NetworkAclEntry",
    "Route",
    "SecurityGroupEgress",
    "SecurityGroupIngress",
    "SubnetNetworkAclAssociation",
    "SubnetRouteTableAssociation",
    "TransitGatewayRoute",
    "TransitGatewayRouteTablePropagation",
    "VPCGatewayAttachment",
    "VPNGatewayRoutePropagation",
  ].map((name) => `AWS::EC2::${name}`),
);

/** Whether a resource that may not be there is taken to be there: the model has no place that is uncertain. */
export function isTakenForGranted({ type }: Resource): boolean {
  return read.has(type) && !carrying.has(type);
}

const networkServices = [
  "AWS::EC2::",
  "AWS::ElasticLoadBalancing",
  "AWS::NetworkFirewall::",
  "AWS::NetworkManager::",
  "AWS::VpcLattice::",
  "AWS::Serverless::",
  "AWS::WAFv2::WebACL",
  "AWS::GlobalAccelerator::",
  "Custom::",
];

/** Why a resource that is not read may bear on packets; undefined where it does not. */
export function unreadOf(resource: Resource): string | undefined {
  const { type } = resource;
  if (read.has(type) || beside.has(type) || type === "AWS::CloudFormation::Stack") return undefined;
  if (
    type.startsWith("Fn::") ||
    type.startsWith("Custom::") ||
    type === "AWS::CloudFormation::CustomResource" ||
    type.endsWith("::MODULE")
  ) {
    return "what it makes is not in the template";
  }
  if (networkServices.some((prefix) => type.startsWith(prefix))) {
    return "not read: Ringwall does not know this type of resource";
  }
  return [...resource.properties].some(([key, value]) => namesNetwork(key, value))
    ? "not read: it has interfaces in the VPC, or gives them to others, which are missing here"
    : undefined;
}

const networkKey = /^(?:Vpc|VPC|Subnet|SecurityGroup)/;

function namesNetwork(key: string, value: Value): boolean {
  if (networkKey.test(key)) return true;
  switch (value.kind) {
    case "map":
      return [...value.entries].some(([inner, part]) => namesNetwork(inner, part));
    case "list":
      return value.items.some((item) => namesNetwork("", item));
    case "text":
    case "unknown":
      return false;
  }
}
