// VPC endpoints: gateway endpoints with the prefixes of their service, and interface endpoints, whose interfaces are
// read as interfaces. A gateway load balancer's endpoint leads to appliances that are not modelled.
import type { Gateway, PrefixList, RouteTarget } from "../../estate/model.ts";
import { noAddresses } from "../../packet/address-set.ts";
import type { Inventory } from "./inventory.ts";
import { optionalText, originOf, text } from "./item.ts";
import { placeOf } from "./place.ts";

export interface ReadEndpoints {
  readonly gateways: readonly Gateway[];
  /** What a route to an endpoint that is no plain gateway leads to. */
  readonly elsewhere: ReadonlyMap<string, RouteTarget>;
}

export function readEndpoints(inventory: Inventory, lists: ReadonlyMap<string, PrefixList>): ReadEndpoints {
  const byService = new Map([...lists.values()].map((list) => [list.name, list]));
  const gateways: Gateway[] = [];
  const elsewhere = new Map<string, RouteTarget>();
  for (const item of inventory.of("VpcEndpoints")) {
    const id = text(item, "VpcEndpointId");
    const state = (optionalText(item, "State") ?? "available").toLowerCase();
    if (state === "deleted" || state === "failed" || state === "rejected" || state === "expired") {
      elsewhere.set(id, { kind: "blackhole" });
      continue;
    }
    const type = optionalText(item, "VpcEndpointType") ?? "Gateway";
    const service = optionalText(item, "ServiceName") ?? "a service that is not named";
    const list = byService.get(service);
    if (type === "GatewayLoadBalancer") {
      elsewhere.set(id, {
        kind: "unknown",
        what: `the appliances behind the gateway load balancer endpoint ${id}`,
      });
    } else if (type === "Gateway" && list === undefined) {
      inventory.unknown(
        originOf(item, id),
        `the prefixes of ${service} were not exported (describe-prefix-lists)`,
        `which addresses ${id} leads to is not known`,
      );
    }
    gateways.push({
      ...placeOf(item, id),
      kind: "vpc-endpoint",
      network: text(item, "VpcId"),
      service,
      prefixes: type === "Gateway" ? (list?.set ?? noAddresses) : noAddresses,
    });
  }
  return { gateways, elsewhere };
}
