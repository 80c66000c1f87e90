// The calls of an import: all that an estate is made of, every one of them a Describe, Get or Search. The first round
// stands for itself; the second asks about what the first one found.
import type { Session } from "./session.ts";

/** The continuation that the service gave with the page before; absent for the first page. */
export type Token = string | undefined;

export interface Call {
  /** As the AWS CLI names it, and the file: `describe-vpcs`. */
  readonly name: string;
  /** As the API names it: `DescribeVpcs`. */
  readonly action: string;
  /** The key of the list in the answer and in the file. */
  readonly list: string;
  /** The answer is one object and no list. */
  readonly single?: boolean;
  /** What the file says beside the list, where the answer does not say whose list it is. */
  readonly about?: Readonly<Record<string, string>>;
  /** Without it no answer about a packet can be right, so an import that may not call it fails. */
  readonly required: boolean;
  readonly page: (session: Session, token: Token) => Promise<object>;
}

const next = (token: Token): { NextToken?: string } => (token === undefined ? {} : { NextToken: token });
const marked = (token: Token): { Marker?: string } => (token === undefined ? {} : { Marker: token });

/** The first round: it needs nothing but the credentials. */
export const firstCalls: readonly Call[] = [
  {
    name: "describe-vpcs",
    action: "DescribeVpcs",
    list: "Vpcs",
    required: true,
    page: ({ ec2, sdk }, t) => ec2.send(new sdk.ec2.DescribeVpcsCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-subnets",
    action: "DescribeSubnets",
    list: "Subnets",
    required: true,
    page: ({ ec2, sdk }, t) => ec2.send(new sdk.ec2.DescribeSubnetsCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-route-tables",
    action: "DescribeRouteTables",
    list: "RouteTables",
    required: true,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeRouteTablesCommand({ MaxResults: 100, ...next(t) })),
  },
  {
    name: "describe-network-interfaces",
    action: "DescribeNetworkInterfaces",
    list: "NetworkInterfaces",
    required: true,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeNetworkInterfacesCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-security-groups",
    action: "DescribeSecurityGroups",
    list: "SecurityGroups",
    required: true,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeSecurityGroupsCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-network-acls",
    action: "DescribeNetworkAcls",
    list: "NetworkAcls",
    required: true,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeNetworkAclsCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-security-group-rules",
    action: "DescribeSecurityGroupRules",
    list: "SecurityGroupRules",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeSecurityGroupRulesCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-instances",
    action: "DescribeInstances",
    list: "Reservations",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeInstancesCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-internet-gateways",
    action: "DescribeInternetGateways",
    list: "InternetGateways",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeInternetGatewaysCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-egress-only-internet-gateways",
    action: "DescribeEgressOnlyInternetGateways",
    list: "EgressOnlyInternetGateways",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeEgressOnlyInternetGatewaysCommand({ MaxResults: 255, ...next(t) })),
  },
  {
    name: "describe-nat-gateways",
    action: "DescribeNatGateways",
    list: "NatGateways",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeNatGatewaysCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-addresses",
    action: "DescribeAddresses",
    list: "Addresses",
    required: false,
    page: ({ ec2, sdk }) => ec2.send(new sdk.ec2.DescribeAddressesCommand({})),
  },
  {
    name: "describe-prefix-lists",
    action: "DescribePrefixLists",
    list: "PrefixLists",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribePrefixListsCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-managed-prefix-lists",
    action: "DescribeManagedPrefixLists",
    list: "PrefixLists",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeManagedPrefixListsCommand({ MaxResults: 100, ...next(t) })),
  },
  {
    name: "describe-vpc-peering-connections",
    action: "DescribeVpcPeeringConnections",
    list: "VpcPeeringConnections",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeVpcPeeringConnectionsCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-transit-gateways",
    action: "DescribeTransitGateways",
    list: "TransitGateways",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeTransitGatewaysCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-transit-gateway-attachments",
    action: "DescribeTransitGatewayAttachments",
    list: "TransitGatewayAttachments",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeTransitGatewayAttachmentsCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-transit-gateway-vpc-attachments",
    action: "DescribeTransitGatewayVpcAttachments",
    list: "TransitGatewayVpcAttachments",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeTransitGatewayVpcAttachmentsCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-transit-gateway-route-tables",
    action: "DescribeTransitGatewayRouteTables",
    list: "TransitGatewayRouteTables",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeTransitGatewayRouteTablesCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-vpc-endpoints",
    action: "DescribeVpcEndpoints",
    list: "VpcEndpoints",
    required: false,
    page: ({ ec2, sdk }, t) =>
      ec2.send(new sdk.ec2.DescribeVpcEndpointsCommand({ MaxResults: 1000, ...next(t) })),
  },
  {
    name: "describe-vpn-gateways",
    action: "DescribeVpnGateways",
    list: "VpnGateways",
    required: false,
    page: ({ ec2, sdk }) => ec2.send(new sdk.ec2.DescribeVpnGatewaysCommand({})),
  },
  {
    name: "describe-customer-gateways",
    action: "DescribeCustomerGateways",
    list: "CustomerGateways",
    required: false,
    page: ({ ec2, sdk }) => ec2.send(new sdk.ec2.DescribeCustomerGatewaysCommand({})),
  },
  {
    name: "describe-vpc-block-public-access-options",
    action: "DescribeVpcBlockPublicAccessOptions",
    list: "VpcBlockPublicAccessOptions",
    single: true,
    required: false,
    page: ({ ec2, sdk }) => ec2.send(new sdk.ec2.DescribeVpcBlockPublicAccessOptionsCommand({})),
  },
  {
    name: "elbv2-describe-load-balancers",
    action: "DescribeLoadBalancers",
    list: "LoadBalancers",
    required: false,
    page: ({ elbv2, sdk }, t) =>
      elbv2.send(new sdk.elbv2.DescribeLoadBalancersCommand({ PageSize: 400, ...marked(t) })),
  },
  {
    name: "elbv2-describe-target-groups",
    action: "DescribeTargetGroups",
    list: "TargetGroups",
    required: false,
    page: ({ elbv2, sdk }, t) =>
      elbv2.send(new sdk.elbv2.DescribeTargetGroupsCommand({ PageSize: 400, ...marked(t) })),
  },
  {
    name: "elb-describe-load-balancers",
    action: "DescribeLoadBalancers",
    list: "LoadBalancerDescriptions",
    required: false,
    page: ({ elb, sdk }, t) =>
      elb.send(new sdk.elb.DescribeLoadBalancersCommand({ PageSize: 400, ...marked(t) })),
  },
  {
    name: "rds-describe-db-instances",
    action: "DescribeDBInstances",
    list: "DBInstances",
    required: false,
    page: ({ rds, sdk }, t) =>
      rds.send(new sdk.rds.DescribeDBInstancesCommand({ MaxRecords: 100, ...marked(t) })),
  },
];
