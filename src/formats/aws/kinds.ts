// The top-level keys of AWS exports: which of them are read, which have no bearing on packets, and which would have
// and are not read. Also tells, from the beginning of a file alone, whether it is such an export.

/** Keys whose value is a list of resources, each an object that knows its own id. */
const listKinds = [
  "Vpcs",
  "Subnets",
  "RouteTables",
  "InternetGateways",
  "EgressOnlyInternetGateways",
  "NatGateways",
  "NetworkInterfaces",
  "Reservations",
  "Instances",
  "SecurityGroups",
  "SecurityGroupRules",
  "NetworkAcls",
  "PrefixLists",
  "ManagedPrefixLists",
  "VpcPeeringConnections",
  "TransitGateways",
  "TransitGatewayAttachments",
  "TransitGatewayVpcAttachments",
  "TransitGatewayRouteTables",
  "TransitGatewayPropagations",
  "TransitGatewayStaticRoutes",
  "VpcEndpoints",
  "Addresses",
  "VpnGateways",
  "LoadBalancers",
  "LoadBalancerDescriptions",
  "Listeners",
  "LoadBalancerListeners",
  "Rules",
  "TargetGroups",
  "LoadBalancerTargetHealth",
  "DBInstances",
] as const;

/** Keys whose list belongs to one thing that the list itself does not name: the whole document is the item. */
const wholeKinds = [
  "Routes",
  "Entries",
  "Associations",
  "TransitGatewayRouteTablePropagations",
  "TargetHealthDescriptions",
  "Attributes",
  "LoadBalancerArn",
  "VpcBlockPublicAccessOptions",
] as const;

export type ListKind = (typeof listKinds)[number];
export type WholeKind = (typeof wholeKinds)[number];
export type Kind = ListKind | WholeKind;

const kinds = new Map<string, Kind>([...listKinds, ...wholeKinds].map((kind) => [kind, kind]));
const wholes: ReadonlySet<string> = new Set(wholeKinds);

export function isWhole(kind: Kind): boolean {
  return wholes.has(kind);
}

/** Understood, and nothing of it decides about a packet: names, sizes, prices, other views of what is read elsewhere. */
const noBearing = new Set([
  "AvailabilityZones",
  "Regions",
  "ServiceDetails",
  "ServiceNames",
  "DhcpOptions",
  "FlowLogs",
  "KeyPairs",
  "Images",
  "Volumes",
  "Snapshots",
  "Tags",
  "InstanceTypes",
  "InstanceStatuses",
  "CustomerGateways",
  "VpnConnections",
  "TransitGatewayPeeringAttachments",
  "TransitGatewayConnects",
  "LoadBalancerAttributes",
  "SecurityGroupVpcAssociations",
  "DBSubnetGroups",
  "DBClusters",
  "StaleSecurityGroupSet",
  "Account",
  "UserId",
  "Arn",
]);

/** They bear on packets, or have interfaces that do, and are reported where there are any. */
const notModelled = new Set([
  "CarrierGateways",
  "LocalGateways",
  "LocalGatewayRouteTables",
  "ClientVpnEndpoints",
  "CoreNetworks",
  "DomainStatusList",
  "FirewallPolicy",
  "Firewalls",
  "InstanceConnectEndpoints",
  "RouteServers",
  "TransitGatewayMulticastDomains",
  "TransitGatewayPolicyTables",
  "VerifiedAccessInstances",
]);

/** What describes the file and not the network. */
const metadata = new Set([
  "collector_version",
  "provider",
  "config-file-git-sha1",
  "ResponseMetadata",
  "$metadata",
  "AdditionalRoutesAvailable",
]);

/** What a list belongs to, beside the list. */
const owners = new Set(["TransitGatewayRouteTableId", "PrefixListId", "TargetGroupArn"]);

/** Where a list was cut at a page's end. */
const continuations = new Set(["NextToken", "Marker", "NextMarker"]);

/** The file that `ringwall import aws` leaves beside the others. */
export const importKey = "RingwallImport";

export type KeyMeaning = Kind | "no-bearing" | "metadata" | "continuation" | "unread";

/** `internet_gateways` as some collectors write it, `InternetGateways` as AWS does. */
export function meaningOf(key: string): KeyMeaning {
  if (metadata.has(key) || owners.has(key)) return "metadata";
  if (continuations.has(key)) return "continuation";
  if (noBearing.has(key)) return "no-bearing";
  return kinds.get(key) ?? kinds.get(pascalCase(key)) ?? "unread";
}

function pascalCase(key: string): string {
  return /^[a-z]+(?:_[a-z]+)*$/.test(key)
    ? key.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
    : key;
}

/** Too common to tell AWS by, unless it is the file's first key. */
const commonKeys = new Set(["Routes", "Entries", "Associations", "Attributes", "Rules", "Listeners", "Tags"]);
const collectorKeys = /"(?:VpcId|SubnetId|InstanceId|NetworkAclId|GroupId)"|"provider"\s*:\s*"aws"/;
const headLength = 1 << 16;

/** Whether a JSON text looks like an AWS export, by the keys of its outermost object within the first 64 KB. */
export function looksLikeAws(written: string): boolean {
  const head = written.slice(0, headLength);
  const keys = outermostKeys(head);
  return keys.some((key, at) => {
    const meaning = meaningOf(key);
    if (key === importKey || notModelled.has(key) || owners.has(key)) return true;
    if (meaning === "metadata" || meaning === "continuation" || meaning === "unread") return false;
    if (commonKeys.has(key)) return at === 0 && collectorHint(head);
    return /^[A-Z]/.test(key) || collectorKeys.test(head);
  });
}

/** `{"Routes": …}` is AWS where its elements have a field that only AWS writes. */
function collectorHint(head: string): boolean {
  return /"(?:DestinationCidrBlock|TransitGatewayAttachmentId|Cidr|ListenerArn|RuleArn|TargetGroupArn|LoadBalancerArn)"/.test(
    head,
  );
}

function outermostKeys(head: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  for (const token of head.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]/g)) {
    const [whole] = token;
    if (whole === "{" || whole === "[") depth += 1;
    else if (whole === "}" || whole === "]") depth -= 1;
    else if (depth === 1 && token[1] !== undefined) keys.push(whole.slice(1, whole.lastIndexOf('"')));
  }
  return /^[\s\uFEFF]*\{/.test(head) ? keys : [];
}
