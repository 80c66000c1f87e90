// VPC route tables: routes with every kind of target, which subnets use which table, and which one is the VPC's main.
import type { Route, RouteTable, RouteTarget } from "../../estate/model.ts";
import { formatPrefix, requirePrefix, type Prefix } from "../../packet/address.ts";
import { prefixSet, prefixesOf, unionOfAddresses, type AddressSet } from "../../packet/address-set.ts";
import type { Inventory } from "./inventory.ts";
import {
  child,
  children,
  hasField,
  optionalFlag,
  optionalText,
  originOf,
  strangeKeys,
  text,
  type Item,
} from "./item.ts";
import { once } from "./once.ts";
import { placeOf } from "./place.ts";
import { whyUncertain } from "./planned/marks.ts";

/** What a route may point at: the ids that were read. */
export interface RouteTargets {
  readonly gateway: (id: string) => RouteTarget | undefined;
  readonly interface: (id: string) => boolean;
  readonly interfaceOfInstance: (id: string) => string | undefined;
  readonly prefixList: (id: string) => AddressSet | undefined;
}

export function readRouteTables(inventory: Inventory, targets: RouteTargets): Map<string, RouteTable> {
  return once(
    "route table",
    inventory.of("RouteTables").map((item) => readTable(item, inventory, targets)),
  );
}

function readTable(item: Item, inventory: Inventory, targets: RouteTargets): RouteTable {
  const id = text(item, "RouteTableId");
  const associations = children(item, "Associations").filter((association) => isInForce(association));
  for (const association of associations) {
    const gateway = optionalText(association, "GatewayId");
    if (gateway === undefined) continue;
    inventory.unknown(
      originOf(association, id),
      `${id} routes what comes in by ${gateway} (ingress routing)`,
      "not modelled: packets from that gateway are taken to go straight to their address",
    );
  }
  return {
    ...placeOf(item, id),
    network: text(item, "VpcId"),
    main: associations.some((association) => optionalFlag(association, "Main") === true),
    // Routes of unknown extent last: of two equally long prefixes the earlier one wins.
    routes: children(item, "Routes")
      .toSorted((a, b) => Number(isUnresolved(a, targets)) - Number(isUnresolved(b, targets)))
      .map((route) => readRoute(route, id, inventory, targets)),
  };
}

/** Which table a subnet names; every other subnet has its VPC's main one. @throws Problem `reference` where it names two */
export function routeTableAssociations(inventory: Inventory): Map<string, string> {
  const claims = inventory.of("RouteTables").flatMap((item) =>
    children(item, "Associations")
      .filter((association) => isInForce(association))
      .flatMap((association) => {
        const id = optionalText(association, "SubnetId");
        const origin = originOf(association);
        return id === undefined ? [] : [{ id, table: text(item, "RouteTableId"), origin }];
      }),
  );
  return new Map(
    [...once("the route table of subnet", claims)].map(([subnet, claim]) => [subnet, claim.table]),
  );
}

function isInForce(association: Item): boolean {
  const stated = child(association, "AssociationState");
  const state = stated === undefined ? undefined : optionalText(stated, "State");
  return state === undefined || state === "associated" || state === "associating";
}

function readRoute(route: Item, table: string, inventory: Inventory, targets: RouteTargets): Route {
  const { prefixes, name } = destinationOf(route, targets);
  const origin = originOf(route, `${table} ${name}`);
  const target = isUnresolved(route, targets)
    ? unresolvedTarget(route, inventory, origin)
    : targetOf(route, targets);
  if (target.kind === "unknown" && !isUnresolved(route, targets)) {
    inventory.unknown(
      origin,
      whyUncertain(route) ?? `a route to ${target.what}`,
      "packets that take this route go where was not read",
    );
  }
  return {
    destination: unionOfAddresses(prefixes.map((prefix) => prefixSet(prefix))),
    prefixes,
    target,
    propagated: optionalText(route, "Origin") === "EnableVgwRoutePropagation",
    origin,
    text: `${name} → ${targetName(route)}${target.kind === "blackhole" ? " (blackhole)" : ""}`,
  };
}

function destinationOf(
  route: Item,
  targets: RouteTargets,
): { readonly prefixes: readonly Prefix[]; readonly name: string } {
  const list = optionalText(route, "DestinationPrefixListId");
  if (list !== undefined) {
    const set = targets.prefixList(list);
    return { prefixes: set === undefined ? everywhere : prefixesOf(set), name: list };
  }
  if (isUnresolved(route, targets)) return { prefixes: everywhere, name: "a destination that is not known" };
  const written = optionalText(route, "DestinationIpv6CidrBlock") ?? text(route, "DestinationCidrBlock");
  const prefix = requirePrefix(written, originOf(route));
  return { prefixes: [prefix], name: formatPrefix(prefix) };
}

const everywhere: readonly Prefix[] = [requirePrefix("0.0.0.0/0"), requirePrefix("::/0")];

/** Whether a route's destination is not known (a prefix list whose entries were not exported): it may take any packet. */
function isUnresolved(route: Item, targets: RouteTargets): boolean {
  const list = optionalText(route, "DestinationPrefixListId");
  if (list !== undefined) return targets.prefixList(list) === undefined;
  return whyUncertain(route) !== undefined && !destinationKeys.some((key) => hasField(route, key));
}

const destinationKeys = ["DestinationCidrBlock", "DestinationIpv6CidrBlock"] as const;

/** What no other route takes may be this one's, so it leads where can't be known rather than nowhere. */
function unresolvedTarget(route: Item, inventory: Inventory, origin: Route["origin"]): RouteTarget {
  const uncertain = whyUncertain(route);
  const list = optionalText(route, "DestinationPrefixListId") ?? "";
  const what = uncertain ?? `the prefix list ${list}, whose entries were not exported`;
  inventory.unknown(
    origin,
    uncertain === undefined ? `a route for ${what}` : what,
    "whether it takes a packet that no longer prefix takes is not known",
  );
  return { kind: "unknown", what };
}

/** The keys that can hold a route's target; the first that has a value is it. An instance's route names its interface too. */
const targetKeys = [
  "GatewayId",
  "NatGatewayId",
  "EgressOnlyInternetGatewayId",
  "TransitGatewayId",
  "VpcPeeringConnectionId",
  "NetworkInterfaceId",
  "InstanceId",
  "LocalGatewayId",
  "CarrierGatewayId",
  "CoreNetworkArn",
  "OdbNetworkArn",
] as const;

const routeKeys: ReadonlySet<string> = new Set([
  ...targetKeys,
  "DestinationCidrBlock",
  "DestinationIpv6CidrBlock",
  "DestinationPrefixListId",
  "InstanceOwnerId",
  "Origin",
  "State",
  "IpAddress",
]);

function targetName(route: Item): string {
  return targetKeys.map((key) => optionalText(route, key)).find((id) => id !== undefined) ?? "nowhere";
}

function targetOf(route: Item, targets: RouteTargets): RouteTarget {
  const uncertain = whyUncertain(route);
  if (uncertain !== undefined) return { kind: "unknown", what: uncertain };
  const state = optionalText(route, "State") ?? "active";
  if (state === "blackhole") return { kind: "blackhole" };
  if (state !== "active") return { kind: "unknown", what: `${targetName(route)} in the state “${state}”` };
  const strange = strangeKeys(route, routeKeys);
  const key = targetKeys.find((one) => optionalText(route, one) !== undefined);
  const id = key === undefined ? undefined : optionalText(route, key);
  if (key === undefined || id === undefined) {
    return {
      kind: "unknown",
      what: `a target of a kind that is not known (${strange.join(", ") || "none written"})`,
    };
  }
  if (id === "local") return { kind: "local" };
  if (key === "NetworkInterfaceId" || key === "InstanceId") return interfaceTarget(key, id, targets);
  return (
    targets.gateway(id) ?? {
      kind: "unknown",
      what: `${id} (not exported, or of a kind that is not modelled)`,
    }
  );
}

function interfaceTarget(
  key: "NetworkInterfaceId" | "InstanceId",
  id: string,
  targets: RouteTargets,
): RouteTarget {
  const found =
    key === "InstanceId" ? targets.interfaceOfInstance(id) : targets.interface(id) ? id : undefined;
  return found === undefined
    ? { kind: "unknown", what: `${id} (not exported)` }
    : { kind: "interface", id: found };
}
