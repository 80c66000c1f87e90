// Load balancers: application, network and gateway ones (elbv2), and classic ones (elb), with their interfaces,
// listeners and targets.
import type { LoadBalancer, LoadBalancerListener } from "../../estate/model.ts";
import { TCP } from "../../packet/protocol.ts";
import type { Inventory } from "./inventory.ts";
import { child, children, misshapen, optionalText, originOf, text, whole, type Item } from "./item.ts";
import type { ReadListeners } from "./listeners.ts";
import { readListeners, unknownListeners } from "./listeners.ts";
import { once } from "./once.ts";
import { classicId } from "./owners.ts";
import { placeOf } from "./place.ts";
import { readTargetGroups, type TargetPlaces } from "./target-groups.ts";

export function readLoadBalancers(
  inventory: Inventory,
  places: Omit<TargetPlaces, "balancerInterfaces">,
): Map<string, LoadBalancer> {
  const owned = Map.groupBy(places.interfaces.values(), (one) =>
    one.place.kind === "load-balancer" ? (one.place.owner ?? "") : "",
  );
  const interfacesOf = (id: string): string[] => (owned.get(id) ?? []).map((one) => one.id);
  const groups = readTargetGroups(inventory, { ...places, balancerInterfaces: interfacesOf });
  const listeners = readListeners(inventory, groups);
  const balancers = once("load balancer", [
    ...inventory
      .of("LoadBalancers")
      .map((item) =>
        readBalancer(item, interfacesOf, listeners.get(text(item, "LoadBalancerArn")), inventory),
      ),
    ...inventory.of("LoadBalancerDescriptions").map((item) => readClassic(item, interfacesOf, places)),
  ]);
  for (const balancer of balancers.values()) {
    if (balancer.interfaces.length > 0) continue;
    inventory.unknown(
      balancer.origin,
      `no interface of the load balancer ${balancer.name} was exported`,
      "it can't be reached nor reach",
    );
  }
  return balancers;
}

function readBalancer(
  item: Item,
  interfacesOf: (id: string) => string[],
  own: ReadListeners | undefined,
  inventory: Inventory,
): LoadBalancer {
  const id = text(item, "LoadBalancerArn");
  const kind = optionalText(item, "Type") ?? "application";
  if (kind !== "application" && kind !== "network" && kind !== "gateway") {
    misshapen(item, "Type", "“application”, “network” or “gateway”");
  }
  const name = text(item, "LoadBalancerName");
  const place = placeOf(item, id, name);
  if (own === undefined) {
    inventory.unknown(
      place.origin,
      `the listeners of ${name} were not exported`,
      "which ports are open on it is not known",
    );
  }
  const preserving = new Set(
    kind === "application" ? [false] : (own?.groups ?? []).map((group) => group.preservesClient),
  );
  return {
    ...place,
    kind,
    interfaces: interfacesOf(id),
    internetFacing: optionalText(item, "Scheme") === "internet-facing",
    listeners: own?.listeners ?? unknownListeners(name, place.origin),
    preservesClient: preserving.has(true),
  };
}

/** A classic load balancer connects from its own addresses to the first interface of each registered instance. */
function readClassic(
  item: Item,
  interfacesOf: (id: string) => string[],
  places: Omit<TargetPlaces, "balancerInterfaces">,
): LoadBalancer {
  const id = classicId(item);
  const instances = children(item, "Instances").map((one) => text(one, "InstanceId"));
  const behind = instances.flatMap((instance) => places.hosts.get(instance)?.interfaces.slice(0, 1) ?? []);
  return {
    ...placeOf(item, id, text(item, "LoadBalancerName")),
    kind: "classic",
    interfaces: interfacesOf(id),
    internetFacing: optionalText(item, "Scheme") === "internet-facing",
    preservesClient: false,
    listeners: children(item, "ListenerDescriptions").map((one): LoadBalancerListener => {
      const listener = child(one, "Listener") ?? misshapen(one, "Listener", "an object");
      const front = whole(listener, "LoadBalancerPort");
      const port = whole(listener, "InstancePort");
      return {
        protocol: TCP,
        ports: [front, front],
        targets: behind.map((target) => ({ interface: target, port })),
        origin: originOf(one, `${id} ${front}`),
        text: `${optionalText(listener, "Protocol") ?? "TCP"} ${front} → ${port}`,
      };
    }),
  };
}
