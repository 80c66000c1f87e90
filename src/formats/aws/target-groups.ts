// Target groups: which interfaces and addresses stand behind a load balancer, on which port, how they fare, and whether
// they see the client's own address.
import type { LoadBalancerListener } from "../../estate/model.ts";
import { formatAddress, parseAddress } from "../../packet/address.ts";
import type { Host } from "../../estate/model.ts";
import type { ReadInterface } from "./interfaces.ts";
import type { Inventory } from "./inventory.ts";
import { child, children, optionalText, optionalWhole, originOf, text, type Item } from "./item.ts";
import { once } from "./once.ts";
import { placeOf } from "./place.ts";
import { whyUncertain } from "./planned/marks.ts";

type Target = LoadBalancerListener["targets"][number];

export interface TargetGroup {
  readonly id: string;
  readonly name: string;
  readonly origin: LoadBalancerListener["origin"];
  readonly targets: readonly Target[];
  readonly preservesClient: boolean;
  /** Why what stands in it is not known, where it is not. */
  readonly uncertain?: string;
}

/** Where a target's id leads. */
export interface TargetPlaces {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly interfaces: ReadonlyMap<string, ReadInterface>;
  /** The interfaces of a load balancer that is itself a target, by its ARN. */
  readonly balancerInterfaces: (arn: string) => readonly string[];
}

export function readTargetGroups(inventory: Inventory, places: TargetPlaces): Map<string, TargetGroup> {
  const health = healthByGroup(inventory);
  const attributes = new Map(
    inventory.of("Attributes").map((whole) => [optionalText(whole, "TargetGroupArn"), attributesOf(whole)]),
  );
  const atAddress = new Map(
    [...places.interfaces.values()].flatMap((one) =>
      one.place.addresses.map(({ address }) => [`${one.network} ${formatAddress(address)}`, one.id] as const),
    ),
  );
  return once(
    "target group",
    inventory.of("TargetGroups").map((item) => {
      const id = text(item, "TargetGroupArn");
      const described = health.get(id);
      const leads = item.value["LoadBalancerArns"];
      const name = text(item, "TargetGroupName");
      const planned = whyUncertain(item);
      const uncertain = planned ?? `the targets of ${name} were not exported (describe-target-health)`;
      if (planned !== undefined || (described === undefined && Array.isArray(leads) && leads.length > 0)) {
        inventory.unknown(originOf(item, id), uncertain, "what stands behind it is not known");
      }
      const targets = (described ?? []).map((one) => targetsOf(one, item, places, atAddress, inventory));
      const lost =
        targets.some((found) => found.length === 0) && optionalText(item, "TargetType") !== "lambda";
      return {
        ...placeOf(item, id, name),
        targets: targets.flat(),
        preservesClient: preserves(item, attributes.get(id)),
        ...(described === undefined || planned !== undefined ? { uncertain } : {}),
        ...(lost ? { uncertain: `some targets of ${name} were not exported` } : {}),
      };
    }),
  );
}

function healthByGroup(inventory: Inventory): Map<string, Item[]> {
  const groups = inventory.of("TargetGroups");
  const health = new Map<string, Item[]>();
  for (const item of [
    ...inventory.of("LoadBalancerTargetHealth"),
    ...inventory.of("TargetHealthDescriptions"),
  ]) {
    const list = children(item, "TargetHealthDescriptions");
    const only =
      groups.length === 1 && groups[0] !== undefined ? text(groups[0], "TargetGroupArn") : undefined;
    const arn = optionalText(item, "TargetGroupArn") ?? only;
    if (arn !== undefined) health.set(arn, list);
    else if (list.length > 0) {
      inventory.unknown(
        originOf(item),
        "the health of targets whose target group the file does not name",
        "not read: add the key TargetGroupArn beside the list",
      );
    }
  }
  return health;
}

function targetsOf(
  described: Item,
  group: Item,
  places: TargetPlaces,
  atAddress: ReadonlyMap<string, string>,
  inventory: Inventory,
): Target[] {
  const target = child(described, "Target") ?? described;
  const id = text(target, "Id");
  const port = optionalWhole(target, "Port") ?? optionalWhole(group, "Port");
  const state = optionalText(child(described, "TargetHealth") ?? described, "State");
  const common = {
    ...(port === undefined ? {} : { port }),
    ...(state === "healthy" || state === "unhealthy" ? { healthy: state === "healthy" } : {}),
  };
  const type = optionalText(group, "TargetType") ?? "instance";
  const origin = originOf(described, id);
  if (type === "ip") {
    const address = parseAddress(id);
    const network = optionalText(group, "VpcId") ?? "";
    const owner = address === undefined ? undefined : atAddress.get(`${network} ${formatAddress(address)}`);
    if (address === undefined) {
      inventory.unknown(origin, `the target ${id} is no IP address`, "left aside");
      return [];
    }
    return [{ address, ...(owner === undefined ? {} : { interface: owner }), ...common }];
  }
  // Packets to an instance target go to the primary address of its primary interface.
  const ids =
    type === "alb" ? places.balancerInterfaces(id) : (places.hosts.get(id)?.interfaces.slice(0, 1) ?? []);
  if (ids.length === 0) {
    const effect =
      type === "lambda" ? "no packet reaches it: it is called, not connected to" : "not known where it is";
    inventory.unknown(origin, `the target ${id} has no interface that was read`, effect);
  }
  return ids.map((one) => ({ interface: one, ...common }));
}

function attributesOf(whole: Item): ReadonlyMap<string, string> {
  return new Map(
    children(whole, "Attributes").map((pair) => [text(pair, "Key"), optionalText(pair, "Value") ?? ""]),
  );
}

/**
 * Client address preservation of network load balancers: on for instance targets, off for IP targets of TCP and TLS
 * groups, always on for UDP ones, and as the attribute says where it was exported. (Network Load Balancer guide,
 * "Client IP preservation".)
 */
function preserves(group: Item, attributes: ReadonlyMap<string, string> | undefined): boolean {
  const protocol = optionalText(group, "Protocol") ?? "";
  if (protocol === "HTTP" || protocol === "HTTPS") return false;
  if (protocol === "UDP" || protocol === "TCP_UDP" || protocol.includes("QUIC") || protocol === "GENEVE")
    return true;
  const written = attributes?.get("preserve_client_ip.enabled");
  if (written !== undefined) return written === "true";
  return (optionalText(group, "TargetType") ?? "instance") !== "ip";
}
