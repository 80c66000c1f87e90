// Transit gateways: the attachment that a packet comes by chooses a route table, the table chooses the attachment that
// it leaves by. Which network ACLs are asked follows "Network ACLs for transit gateways" (Transit Gateway guide).
import { addressText } from "../../packet/packet.ts";
import { longestPrefix } from "../routes.ts";
import { placeName, type EstateIndex } from "../estate-index.ts";
import type { Gateway, Subnet, TransitAttachment, TransitRouteTable } from "../model.ts";
import { crossNetworkAcl } from "./edges.ts";
import {
  depend,
  holderOf,
  nowhere,
  onToGoal,
  outside,
  pass,
  refuse,
  type Next,
  type Passage,
} from "./passage.ts";

type Transit = Extract<Gateway, { kind: "transit" }>;

export function throughTransit(passage: Passage, gateway: Transit, subnet: Subnet): Next {
  const { index } = passage.walk;
  const place = placeName(gateway);
  const attachment = gateway.attachments.find((item) => item.network === subnet.network);
  if (attachment === undefined) {
    refuse(passage, {
      layer: "gateway",
      place,
      ring: "attachment",
      why: `the network of ${subnet.name} is not attached to ${place}`,
      remedy: `attach it to ${place}`,
    });
    return onToGoal(passage);
  }
  const near = attachmentSubnet(index, attachment, subnet);
  // From an instance to the gateway: the attachment subnet's inbound rules are asked, its outbound ones are not.
  if (near !== undefined) crossNetworkAcl(passage, near, "inbound");
  const table = gateway.routeTables.find((item) => item.id === attachment.routeTable);
  if (table === undefined) {
    refuse(passage, {
      layer: "gateway",
      place,
      ring: "route table",
      why: `no route table of ${place} is associated with the attachment ${attachment.name}`,
      remedy: `associate ${attachment.name} with a route table of ${place}`,
    });
    return onToGoal(passage);
  }
  return byTable(passage, gateway, table, subnet);
}

function byTable(passage: Passage, gateway: Transit, table: TransitRouteTable, from: Subnet): Next {
  const { index } = passage.walk;
  const { destination, family } = passage.packet;
  const place = placeName(gateway);
  const ring = `route table ${table.name}`;
  const candidates = table.routes
    .filter((route) => route.prefix.family === family)
    .map((route) => ({ route, prefix: route.prefix, propagated: route.propagated }));
  const choice = longestPrefix(candidates, destination);
  if (choice.kind === "split") {
    depend(
      passage,
      { layer: "route", place, ring, why: `only part of ${addressText(destination)} has this route` },
      [choice.cause],
    );
    return nowhere;
  }
  if (choice.kind === "none" || choice.route.blackhole) {
    refuse(passage, {
      layer: "route",
      place,
      ring,
      why:
        choice.kind === "none"
          ? `no route leads to ${addressText(destination)}`
          : `the route ${choice.route.text} is a blackhole`,
      remedy: `add to ${table.name} a route for ${addressText(destination)}, or let its attachment propagate`,
    });
    return onToGoal(passage);
  }
  const { route } = choice;
  if (route.uncertain !== undefined) {
    depend(passage, { layer: "route", place, ring, why: route.uncertain }, [
      { kind: "condition", what: route.uncertain, origin: route.origin },
    ]);
    return onToGoal(passage);
  }
  const rule = { match: { kind: "always" }, actions: [], origin: route.origin, text: route.text } as const;
  pass(passage, { layer: "route", place, ring, why: `route ${route.text}`, rules: [rule] });
  const far = gateway.attachments.find((item) => item.id === route.attachment);
  const network = far?.network === undefined ? undefined : index.estate.networks.get(far.network);
  if (far === undefined || network === undefined)
    return outside(far?.name ?? route.attachment ?? "an attachment that was not read", from.network);
  return intoNetwork(passage, far, network.id);
}

/** From the gateway to an instance: the attachment subnet's outbound rules are asked, unless the instance stands in that subnet. */
function intoNetwork(passage: Passage, attachment: TransitAttachment, network: string): Next {
  const { index } = passage.walk;
  const { destination } = passage.packet;
  const place = "family" in destination ? holderOf(passage.walk, network, destination) : undefined;
  const target = place === undefined ? undefined : index.subnetOf(place);
  const near = target === undefined ? undefined : attachmentSubnet(index, attachment, target);
  if (near !== undefined && near.id === target?.id) return { kind: "locate", network, from: near };
  if (near !== undefined) crossNetworkAcl(passage, near, "outbound");
  return { kind: "locate", network };
}

/** The subnet of the attachment's interface that traffic of a subnet uses: the one in its own availability zone. */
function attachmentSubnet(
  index: EstateIndex,
  attachment: TransitAttachment,
  subnet: Subnet,
): Subnet | undefined {
  const subnets = attachment.subnets.flatMap((id) => index.estate.subnets.get(id) ?? []);
  return (
    subnets.find((item) => item.id === subnet.id) ??
    subnets.find((item) => item.zone !== undefined && item.zone === subnet.zone) ??
    subnets[0]
  );
}
