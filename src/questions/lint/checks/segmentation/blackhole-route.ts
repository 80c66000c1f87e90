// RW704: a route that leads nowhere, in a table that a subnet with machines uses.
import { familiesOf, formatAddressSet, ofFamily } from "../../../../packet/address-set.ts";
import type { Context } from "../../context.ts";
import type { Check, Edit, Witness } from "../../model.ts";
import { SYN } from "../../../../packet/packet.ts";
import { ephemeralPorts, TCP } from "../../../../packet/protocol.ts";
import { exampleOf } from "../../witness.ts";
import type { Route, RouteTable } from "../../../../estate/model.ts";

export const blackholeRoute: Check = {
  number: "RW704",
  name: "blackhole-route",
  title: "A route leads nowhere",
  severity: "low",
  why:
    "What it led to (a NAT gateway, a peering, an interface) is gone, and everything to these addresses is dropped without an answer: " +
    "programs wait for their time-out, and people look for the fault in the firewall.",
  references: [
    {
      title: "VPC user guide, “Configure route tables” (blackhole routes)",
      url: "https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html",
    },
  ],
  *run(context) {
    for (const table of context.routeTables()) {
      // In a VPC a route is a blackhole since its target is gone; elsewhere somebody wrote it as one.
      if (context.estate.networks.get(table.network)?.kind !== "vpc" || !isUsed(context, table)) continue;
      for (const route of table.routes) {
        if (route.target.kind !== "blackhole") continue;
        yield {
          subject: {
            kind: "route-table",
            id: table.id,
            name: table.name,
            part: formatAddressSet(route.destination),
          },
          title: `${table.name} sends ${formatAddressSet(route.destination)} nowhere: ${route.text}`,
          origins: [route.origin],
          ...witnessOf(context, table, route),
          remedy: {
            text: "lead it to what took the place of what is gone, or remove it",
            edit: without(table, route),
          },
        };
      }
    }
  },
};

function isUsed({ estate }: Context, table: RouteTable): boolean {
  const subnets = new Set([...estate.interfaces.values()].map((place) => place.subnet));
  return [...estate.subnets.values()].some(
    (subnet) => subnet.routeTable === table.id && subnets.has(subnet.id),
  );
}

/** A request of a machine that uses the table to what the route was for. */
function witnessOf({ estate }: Context, table: RouteTable, route: Route): { readonly witness?: Witness } {
  for (const family of familiesOf(route.destination))
    for (const place of estate.interfaces.values()) {
      const own = place.addresses.find((item) => item.address.family === family);
      if (own === undefined || estate.subnets.get(place.subnet)?.routeTable !== table.id) continue;
      const packet = exampleOf({
        family,
        source: own.address,
        destination: ofFamily(route.destination, family),
        protocol: TCP,
        sourcePort: ephemeralPorts.linux,
        destinationPort: 443,
        tcpFlags: SYN,
      });
      return { witness: { packet, seen: `${table.name} drops it without an answer` } };
    }
  return {};
}

function without(table: RouteTable, route: Route): Edit {
  return (estate) => ({
    ...estate,
    routeTables: new Map(estate.routeTables).set(table.id, {
      ...table,
      routes: table.routes.filter((item) => item !== route),
    }),
  });
}
