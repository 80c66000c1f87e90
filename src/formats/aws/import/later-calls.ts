// The second round of an import: what has to be asked for each prefix list, transit gateway route table, load balancer,
// listener and target group that the first round found.
import type { Call } from "./calls.ts";

/** Lists of the first round, by the call's name; each element is an answer's object. */
export type Found = ReadonlyMap<string, readonly object[]>;

/** The calls of the second round. Listeners' rules are a third one, by `ruleCalls`. */
export function laterCalls(found: Found): Call[] {
  const ids = (call: string, key: string): string[] =>
    (found.get(call) ?? []).flatMap((one) => textOf(one, key));
  // AWS's own lists come with their prefixes.
  const known = new Set(ids("describe-prefix-lists", "PrefixListId"));
  const managed = ids("describe-managed-prefix-lists", "PrefixListId").filter((id) => !known.has(id));
  return [
    ...managed.map(prefixListEntries),
    ...ids("describe-transit-gateway-route-tables", "TransitGatewayRouteTableId").flatMap(transitTable),
    ...ids("elbv2-describe-load-balancers", "LoadBalancerArn").map(listeners),
    ...ids("elbv2-describe-target-groups", "TargetGroupArn").flatMap(targetGroup),
  ];
}

/** For the listeners of application load balancers alone: the others have no rules. */
export function ruleCalls(listenerLists: readonly (readonly object[])[]): Call[] {
  const arns = listenerLists.flat().flatMap((one) => textOf(one, "ListenerArn"));
  return arns.filter((arn) => arn.includes(":listener/app/")).map(rules);
}

function textOf(value: object, key: string): string[] {
  const found: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
  return typeof found === "string" ? [found] : [];
}

/** The part of an ARN that tells one from another, fit for a file's name. */
function shortName(arn: string): string {
  return arn
    .split(":")
    .slice(5)
    .join("-")
    .replaceAll(/[^\w.-]+/g, "-");
}

function prefixListEntries(id: string): Call {
  return {
    name: `get-managed-prefix-list-entries.${id}`,
    action: "GetManagedPrefixListEntries",
    list: "Entries",
    about: { PrefixListId: id },
    required: false,
    page: ({ ec2, sdk }, token) =>
      ec2.send(
        new sdk.ec2.GetManagedPrefixListEntriesCommand({
          PrefixListId: id,
          MaxResults: 100,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      ),
  };
}

function transitTable(id: string): Call[] {
  const about = { TransitGatewayRouteTableId: id };
  const next = (token: string | undefined): { NextToken?: string } =>
    token === undefined ? {} : { NextToken: token };
  return [
    {
      name: `get-transit-gateway-route-table-associations.${id}`,
      action: "GetTransitGatewayRouteTableAssociations",
      list: "Associations",
      about,
      required: false,
      page: ({ ec2, sdk }, t) =>
        ec2.send(
          new sdk.ec2.GetTransitGatewayRouteTableAssociationsCommand({
            ...about,
            MaxResults: 1000,
            ...next(t),
          }),
        ),
    },
    {
      name: `get-transit-gateway-route-table-propagations.${id}`,
      action: "GetTransitGatewayRouteTablePropagations",
      list: "TransitGatewayRouteTablePropagations",
      about,
      required: false,
      page: ({ ec2, sdk }, t) =>
        ec2.send(
          new sdk.ec2.GetTransitGatewayRouteTablePropagationsCommand({
            ...about,
            MaxResults: 1000,
            ...next(t),
          }),
        ),
    },
    {
      name: `search-transit-gateway-routes.${id}`,
      action: "SearchTransitGatewayRoutes",
      list: "Routes",
      about,
      required: false,
      // The search wants a filter; these two states are all that a route can stand in.
      page: ({ ec2, sdk }, t) =>
        ec2.send(
          new sdk.ec2.SearchTransitGatewayRoutesCommand({
            ...about,
            Filters: [{ Name: "state", Values: ["active", "blackhole"] }],
            MaxResults: 1000,
            ...next(t),
          }),
        ),
    },
  ];
}

function listeners(arn: string): Call {
  return {
    name: `elbv2-describe-listeners.${shortName(arn)}`,
    action: "DescribeListeners",
    list: "Listeners",
    about: { LoadBalancerArn: arn },
    required: false,
    page: ({ elbv2, sdk }, token) =>
      elbv2.send(
        new sdk.elbv2.DescribeListenersCommand({
          LoadBalancerArn: arn,
          ...(token === undefined ? {} : { Marker: token }),
        }),
      ),
  };
}

function rules(arn: string): Call {
  return {
    name: `elbv2-describe-rules.${shortName(arn)}`,
    action: "DescribeRules",
    list: "Rules",
    required: false,
    page: ({ elbv2, sdk }, token) =>
      elbv2.send(
        new sdk.elbv2.DescribeRulesCommand({
          ListenerArn: arn,
          ...(token === undefined ? {} : { Marker: token }),
        }),
      ),
  };
}

function targetGroup(arn: string): Call[] {
  const about = { TargetGroupArn: arn };
  return [
    {
      name: `elbv2-describe-target-health.${shortName(arn)}`,
      action: "DescribeTargetHealth",
      list: "TargetHealthDescriptions",
      about,
      required: false,
      page: ({ elbv2, sdk }) => elbv2.send(new sdk.elbv2.DescribeTargetHealthCommand(about)),
    },
    {
      name: `elbv2-describe-target-group-attributes.${shortName(arn)}`,
      action: "DescribeTargetGroupAttributes",
      list: "Attributes",
      about,
      required: false,
      page: ({ elbv2, sdk }) => elbv2.send(new sdk.elbv2.DescribeTargetGroupAttributesCommand(about)),
    },
  ];
}

/** Every action of the later rounds, for the list of what may be sent. */
export const laterActions: readonly string[] = [
  ...new Set(
    [
      prefixListEntries("pl-0"),
      ...transitTable("tgw-rtb-0"),
      listeners("arn"),
      rules("arn"),
      ...targetGroup("arn"),
    ].map((call) => call.action),
  ),
];
