// Security groups: every permission of describe-security-groups becomes one rule for each of its peers. What
// describe-security-group-rules adds to them stands in security-group-rules.ts.
import type { SecurityGroup, SecurityGroupRule } from "../../layers/security-group/model.ts";
import type { Direction } from "../../layers/ports.ts";
import type { Service } from "../../layers/ports.ts";
import type { Inventory } from "./inventory.ts";
import {
  children,
  misshapen,
  optionalText,
  optionalWhole,
  originOf,
  strangeKeys,
  text,
  type Item,
} from "./item.ts";
import { once } from "./once.ts";
import { groupPeer, listPeer, prefixPeer, type KnownPeers, type NamedPeer } from "./peers.ts";
import { placeOf } from "./place.ts";
import { serviceAt, serviceWords } from "./service.ts";

export function readSecurityGroups(inventory: Inventory, known: KnownPeers): Map<string, SecurityGroup> {
  return once(
    "security group",
    inventory.of("SecurityGroups").map((item) => readGroup(item, inventory, known)),
  );
}

function readGroup(item: Item, inventory: Inventory, known: KnownPeers): SecurityGroup {
  const id = text(item, "GroupId");
  for (const key of ["IpPermissions", "IpPermissionsEgress"]) {
    // Without the list nothing is known of the direction; taking it for empty would say "denied" for certain.
    if (item.value[key] === undefined)
      misshapen(item, key, "a list of permissions (empty where there are none)");
  }
  const rules = (key: string, direction: Direction): SecurityGroupRule[] =>
    children(item, key).flatMap((permission) => readPermission(permission, id, direction, inventory, known));
  return {
    ...placeOf(item, id, optionalText(item, "GroupName")),
    network: optionalText(item, "VpcId") ?? "",
    inbound: rules("IpPermissions", "inbound"),
    outbound: rules("IpPermissionsEgress", "outbound"),
  };
}

const permissionKeys: ReadonlySet<string> = new Set([
  "IpProtocol",
  "FromPort",
  "ToPort",
  "IpRanges",
  "Ipv6Ranges",
  "PrefixListIds",
  "UserIdGroupPairs",
]);

function readPermission(
  permission: Item,
  group: string,
  direction: Direction,
  inventory: Inventory,
  known: KnownPeers,
): SecurityGroupRule[] {
  const bounds = { first: optionalWhole(permission, "FromPort"), last: optionalWhole(permission, "ToPort") };
  const service = serviceAt(permission, "IpProtocol", bounds, bounds);
  for (const key of strangeKeys(permission, permissionKeys)) {
    inventory.unknown(
      originOf(permission, group),
      `${permission.path}.${key}`,
      "left aside: the rules beside it are read without it",
    );
  }
  const rule = (at: Item, peer: NamedPeer): SecurityGroupRule =>
    ruleOf(service, direction, peer, optionalText(at, "Description"), originOf(at, group));
  return [
    ...children(permission, "IpRanges").map((at) => rule(at, prefixPeer(at, "CidrIp", inventory))),
    ...children(permission, "Ipv6Ranges").map((at) => rule(at, prefixPeer(at, "CidrIpv6", inventory))),
    ...children(permission, "PrefixListIds").map((at) => rule(at, listPeer(at, known, inventory))),
    ...children(permission, "UserIdGroupPairs").map((at) => rule(at, groupPeer(at, known, inventory))),
  ];
}

export function ruleOf(
  service: Service,
  direction: Direction,
  { peer, name }: NamedPeer,
  description: string | undefined,
  origin: SecurityGroupRule["origin"],
): SecurityGroupRule {
  const said = description === undefined ? "" : ` (${description})`;
  const text = `${serviceWords(service)} ${direction === "inbound" ? "from" : "to"} ${name}${said}`;
  return { ...service, peer, origin, text };
}
