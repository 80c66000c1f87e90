// The listeners of application, network and gateway load balancers with the targets behind them: by their default
// actions and, for application load balancers, by every rule.
import type { LoadBalancerListener } from "../../estate/model.ts";
import { TCP, UDP } from "../../packet/protocol.ts";
import type { Inventory } from "./inventory.ts";
import {
  child,
  children,
  hasField,
  misshapen,
  optionalText,
  optionalWhole,
  originOf,
  text,
  type Item,
} from "./item.ts";
import { once } from "./once.ts";
import type { TargetGroup } from "./target-groups.ts";

/** A load balancer's listeners, and the target groups they lead to. */
export interface ReadListeners {
  readonly listeners: readonly LoadBalancerListener[];
  readonly groups: readonly TargetGroup[];
}

interface Listener {
  readonly id: string;
  readonly balancer: string;
  readonly item: Item;
  readonly origin: LoadBalancerListener["origin"];
}

/** The listeners of each load balancer, by its ARN. */
export function readListeners(
  inventory: Inventory,
  groups: ReadonlyMap<string, TargetGroup>,
): Map<string, ReadListeners> {
  const items = [
    ...inventory.of("Listeners"),
    ...inventory.of("LoadBalancerListeners").flatMap((item) => children(item, "Listeners")),
  ];
  const listeners = once(
    "listener",
    items.map((item): Listener => {
      const id = text(item, "ListenerArn");
      return { id, balancer: text(item, "LoadBalancerArn"), item, origin: originOf(item, id) };
    }),
  );
  const rules = Map.groupBy(inventory.of("Rules"), listenerOfRule);
  const byBalancer = Map.groupBy(listeners.values(), (listener) => listener.balancer);
  return new Map(
    [...new Set([...byBalancer.keys(), ...listedBalancers(inventory)])].map((balancer) => [
      balancer,
      readOwn(byBalancer.get(balancer) ?? [], rules, groups, inventory),
    ]),
  );
}

/** Load balancers whose list of listeners was exported, be it empty. */
function listedBalancers(inventory: Inventory): string[] {
  return [
    ...inventory.of("LoadBalancerListeners"),
    ...inventory.of("LoadBalancerArn").filter((whole) => hasField(whole, "Listeners")),
  ].flatMap((item) => optionalText(item, "LoadBalancerArn") ?? []);
}

/** `…:listener-rule/app/name/lb/listener/rule` belongs to `…:listener/app/name/lb/listener`. */
function listenerOfRule(rule: Item): string {
  const arn = optionalText(rule, "RuleArn") ?? "";
  return arn.slice(0, arn.lastIndexOf("/")).replace(":listener-rule/", ":listener/");
}

function readOwn(
  own: readonly Listener[],
  rules: ReadonlyMap<string, readonly Item[]>,
  groups: ReadonlyMap<string, TargetGroup>,
  inventory: Inventory,
): ReadListeners {
  const used = new Set<TargetGroup>();
  const listeners = own.flatMap(({ id, item, origin }) => {
    const arns = new Set([
      ...targetsOfActions(item, "DefaultActions"),
      ...(rules.get(id) ?? []).flatMap((rule) => targetsOfActions(rule, "Actions")),
    ]);
    const behind = [...arns].map((arn) => groupOf(arn, groups, origin, inventory));
    for (const group of behind) if (groups.has(group.id)) used.add(group);
    const uncertain = behind.find((group) => group.uncertain !== undefined)?.uncertain;
    const { protocols, ports, name } = frontOf(item);
    return protocols.map((protocol) => ({
      protocol,
      ports,
      targets: behind.flatMap((group) =>
        group.targets.map((target) => ({ ...target, preservesClient: group.preservesClient })),
      ),
      ...(uncertain === undefined ? {} : { uncertain }),
      origin,
      text: `${name} → ${behind.map((group) => group.name).join(", ") || "no target group"}`,
    }));
  });
  return { listeners, groups: [...used] };
}

function groupOf(
  arn: string,
  groups: ReadonlyMap<string, TargetGroup>,
  origin: Listener["origin"],
  inventory: Inventory,
): TargetGroup {
  const group = groups.get(arn);
  if (group !== undefined) return group;
  const uncertain = `the target group ${arn} was not exported`;
  inventory.unknown(origin, uncertain, "what stands behind it is not known");
  return { id: arn, name: arn, origin, targets: [], preservesClient: false, uncertain };
}

/** Stands for listeners that were not exported: any port may be open. */
export function unknownListeners(balancer: string, origin: Listener["origin"]): LoadBalancerListener[] {
  const uncertain = `the listeners of ${balancer} were not exported`;
  return [TCP, UDP].map((protocol) => ({
    protocol,
    ports: [0, 65535],
    targets: [],
    uncertain,
    origin,
    text: `not known: ${uncertain}`,
  }));
}

/** Forward actions name one target group, or several with weights. Redirects and fixed answers have none. */
function targetsOfActions(item: Item, key: string): string[] {
  return children(item, key).flatMap((action) => {
    const single = optionalText(action, "TargetGroupArn");
    const forward = child(action, "ForwardConfig");
    const several =
      forward === undefined
        ? []
        : children(forward, "TargetGroups").map((group) => text(group, "TargetGroupArn"));
    return single === undefined ? several : [single, ...several];
  });
}

const protocolsOf: Readonly<Record<string, readonly number[]>> = {
  HTTP: [TCP],
  HTTPS: [TCP],
  TCP: [TCP],
  TLS: [TCP],
  UDP: [UDP],
  TCP_UDP: [TCP, UDP],
  QUIC: [UDP],
  TCP_QUIC: [TCP, UDP],
};

/** A gateway load balancer's listener has no protocol and no port: it takes every packet. */
function frontOf(item: Item): {
  protocols: readonly number[];
  ports: readonly [number, number];
  name: string;
} {
  const protocol = optionalText(item, "Protocol");
  if (protocol === undefined || protocol === "GENEVE") {
    return { protocols: [TCP, UDP], ports: [0, 65535], name: "every packet" };
  }
  const protocols = Object.hasOwn(protocolsOf, protocol) ? protocolsOf[protocol] : undefined;
  if (protocols === undefined) misshapen(item, "Protocol", "HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP or QUIC");
  const port = optionalWhole(item, "Port");
  if (port === undefined || port < 1 || port > 65535) misshapen(item, "Port", "a port from 1 to 65535");
  return { protocols, ports: [port, port], name: `${protocol} ${port}` };
}
