// The ways out of a VPC that are one object each: internet, egress-only, NAT, peering and virtual private gateways.
// Transit gateways and endpoints have files of their own.
import type { Gateway, RouteTarget } from "../../estate/model.ts";
import type { Inventory } from "./inventory.ts";
import {
  child,
  children,
  optionalAddress,
  optionalFlag,
  optionalText,
  originOf,
  text,
  type Item,
} from "./item.ts";
import { once } from "./once.ts";
import type { ListKind } from "./kinds.ts";
import { placeOf } from "./place.ts";
import { spokenAddress } from "./planned/marks.ts";

export function readInternetGateways(inventory: Inventory): Gateway[] {
  return [
    ...inventory.of("InternetGateways").map((item) => ({
      ...placeOf(item, text(item, "InternetGatewayId")),
      kind: "internet" as const,
      networks: attachedNetworks(item, "Attachments"),
    })),
    ...inventory.of("EgressOnlyInternetGateways").map((item) => ({
      ...placeOf(item, text(item, "EgressOnlyInternetGatewayId")),
      kind: "egress-only" as const,
      networks: attachedNetworks(item, "Attachments"),
    })),
    ...inventory.of("VpnGateways").map((item) => ({
      ...placeOf(item, text(item, "VpnGatewayId")),
      kind: "private" as const,
      networks: attachedNetworks(item, "VpcAttachments"),
    })),
  ];
}

/**
 * Gateways that were not exported and that a working route names: EC2 takes a route to one only where it is attached to
 * the table's VPC, and calls it a blackhole once it is not.
 */
export function inferGateways(inventory: Inventory): Gateway[] {
  const inferred = new Map<string, Gateway>();
  for (const table of inventory.of("RouteTables")) {
    for (const route of children(table, "Routes")) {
      const id = optionalText(route, "GatewayId") ?? optionalText(route, "EgressOnlyInternetGatewayId") ?? "";
      const prefix = id.split("-")[0] ?? "";
      const [kind, list] = Object.hasOwn(inferable, prefix) ? (inferable[prefix] ?? []) : [];
      if (kind === undefined || list === undefined || inventory.has(list) || inferred.has(id)) continue;
      if (optionalText(route, "State") === "blackhole") continue;
      const origin = originOf(route, id);
      inventory.unknown(origin, `${id} was not exported`, "taken to be attached to its route's VPC");
      inferred.set(id, { id, name: id, tags: {}, origin, kind, networks: [text(table, "VpcId")] });
    }
  }
  return [...inferred.values()];
}

const inferable: Readonly<Record<string, readonly ["internet" | "egress-only" | "private", ListKind]>> = {
  igw: ["internet", "InternetGateways"],
  eigw: ["egress-only", "EgressOnlyInternetGateways"],
  vgw: ["private", "VpnGateways"],
};

/** Internet gateways are `available` where they are attached, VPN gateways and the newer outputs say `attached`. */
function attachedNetworks(item: Item, key: string): string[] {
  return children(item, key).flatMap((attachment) => {
    const state = optionalText(attachment, "State");
    return state === "available" || state === "attached" ? [text(attachment, "VpcId")] : [];
  });
}

export function readPeerings(inventory: Inventory, networks: ReadonlySet<string>): Gateway[] {
  const peerings = inventory.of("VpcPeeringConnections").map((item) => {
    const id = text(item, "VpcPeeringConnectionId");
    const status = child(item, "Status");
    const side = (key: string): string => optionalText(child(item, key) ?? item, "VpcId") ?? "";
    return {
      ...placeOf(item, id),
      kind: "peering" as const,
      requester: side("RequesterVpcInfo"),
      accepter: side("AccepterVpcInfo"),
      active: status !== undefined && optionalText(status, "Code") === "active",
    };
  });
  for (const peering of once("peering", peerings).values()) {
    const absent = [peering.requester, peering.accepter].find((id) => !networks.has(id));
    if (!peering.active || absent === undefined) continue;
    inventory.unknown(
      peering.origin,
      `the VPC ${absent} at the other end of ${peering.id} was not exported`,
      "packets that cross it leave what was read: nothing is known of the other side",
    );
  }
  return peerings;
}

/** NAT gateways that can be asked for, and what a route to one of the others leads to. */
export interface ReadNatGateways {
  readonly gateways: readonly Gateway[];
  readonly elsewhere: ReadonlyMap<string, RouteTarget>;
}

export function readNatGateways(
  inventory: Inventory,
  interfaces: ReadonlyMap<string, unknown>,
): ReadNatGateways {
  const gateways: Gateway[] = [];
  const elsewhere = new Map<string, RouteTarget>();
  for (const item of inventory.of("NatGateways")) {
    const id = text(item, "NatGatewayId");
    const state = optionalText(item, "State") ?? "available";
    if (state === "deleted" || state === "failed") {
      elsewhere.set(id, { kind: "blackhole" });
    } else if (state !== "available") {
      elsewhere.set(id, { kind: "unknown", what: `the NAT gateway ${id} in the state “${state}”` });
    } else if (optionalText(item, "SubnetId") === undefined) {
      // A regional NAT gateway stands in no subnet and has an address in every zone.
      elsewhere.set(id, { kind: "unknown", what: `the regional NAT gateway ${id}` });
    } else {
      gateways.push(readNatGateway(item, id, inventory, interfaces));
    }
  }
  return { gateways, elsewhere };
}

function readNatGateway(
  item: Item,
  id: string,
  inventory: Inventory,
  interfaces: ReadonlyMap<string, unknown>,
): Gateway {
  const addresses = children(item, "NatGatewayAddresses");
  const primary = addresses.find((one) => optionalFlag(one, "IsPrimary") === true) ?? addresses[0];
  if (addresses.length > 1) {
    inventory.unknown(
      originOf(item, id),
      `${id} has ${addresses.length} addresses and takes any of them`,
      "the primary one is shown in answers",
    );
  }
  const interfaceId = primary === undefined ? undefined : optionalText(primary, "NetworkInterfaceId");
  const privateAddress = primary === undefined ? undefined : optionalAddress(primary, "PrivateIp");
  const publicAddress =
    primary === undefined ? undefined : spokenAddress(primary, optionalAddress(primary, "PublicIp"));
  return {
    ...placeOf(item, id),
    kind: "nat",
    subnet: text(item, "SubnetId"),
    ...(interfaceId === undefined || !interfaces.has(interfaceId) ? {} : { interface: interfaceId }),
    ...(privateAddress === undefined ? {} : { privateAddress }),
    ...(publicAddress === undefined ? {} : { publicAddress }),
  };
}
