// Whose an interface is: an instance's, a load balancer's, a gateway's, a database's. AWS says it by the attachment, by
// the interface's type, and, for what it manages itself, in the words of the description.
import type { InterfaceKind } from "../../estate/model.ts";
import { formatAddress, type Address } from "../../packet/address.ts";
import type { Origin } from "../../problem.ts";
import type { Inventory } from "./inventory.ts";
import {
  addressAt,
  children,
  optionalAddress,
  optionalText,
  originOf,
  text,
  texts,
  type Item,
} from "./item.ts";

export interface Owners {
  /** By interface id: NAT gateways and endpoints name theirs. */
  readonly byInterface: ReadonlyMap<string, { readonly kind: InterfaceKind; readonly owner: string }>;
  /** By the description's `ELB …`: `app/name/id` or a classic load balancer's name in a VPC. */
  readonly loadBalancer: (described: string, network: string | undefined) => string | undefined;
  /** By attachment id. */
  readonly transitGateway: ReadonlyMap<string, string>;
  readonly elasticAddress: (
    id: string,
    address: Address,
  ) => { readonly address: Address; readonly origin: Origin } | undefined;
}

export function takeOwners(inventory: Inventory): Owners {
  const byInterface = new Map<string, { kind: InterfaceKind; owner: string }>();
  for (const gateway of inventory.of("NatGateways")) {
    for (const address of children(gateway, "NatGatewayAddresses")) {
      const id = optionalText(address, "NetworkInterfaceId");
      if (id !== undefined)
        byInterface.set(id, { kind: "nat-gateway", owner: text(gateway, "NatGatewayId") });
    }
  }
  for (const endpoint of inventory.of("VpcEndpoints")) {
    for (const id of texts(endpoint, "NetworkInterfaceIds")) {
      byInterface.set(id, { kind: "vpc-endpoint", owner: text(endpoint, "VpcEndpointId") });
    }
  }
  const balancers = loadBalancerNames(inventory);
  const elastic = elasticAddresses(inventory);
  return {
    byInterface,
    loadBalancer: (described, network) =>
      balancers.get(described) ?? balancers.get(`${network ?? ""} ${described}`),
    transitGateway: new Map(
      [...inventory.of("TransitGatewayAttachments"), ...inventory.of("TransitGatewayVpcAttachments")].map(
        (item) => [text(item, "TransitGatewayAttachmentId"), text(item, "TransitGatewayId")],
      ),
    ),
    elasticAddress: (id, address) => elastic.get(`${id} ${formatAddress(address)}`),
  };
}

function loadBalancerNames(inventory: Inventory): Map<string, string> {
  const names = new Map<string, string>();
  for (const item of inventory.of("LoadBalancers")) {
    const arn = text(item, "LoadBalancerArn");
    names.set(arn.split(":loadbalancer/")[1] ?? arn, arn);
  }
  for (const item of inventory.of("LoadBalancerDescriptions")) {
    const name = text(item, "LoadBalancerName");
    names.set(`${optionalText(item, "VPCId") ?? ""} ${name}`, classicId(item));
  }
  return names;
}

/** A classic load balancer has no id of its own; its DNS name is the only thing about it that is unique. */
export function classicId(item: Item): string {
  return optionalText(item, "DNSName") ?? text(item, "LoadBalancerName");
}

function elasticAddresses(inventory: Inventory): Map<string, { address: Address; origin: Origin }> {
  const addresses = new Map<string, { address: Address; origin: Origin }>();
  for (const item of inventory.of("Addresses")) {
    const id = optionalText(item, "NetworkInterfaceId");
    const inside = optionalAddress(item, "PrivateIpAddress");
    if (id === undefined || inside === undefined) continue;
    addresses.set(`${id} ${formatAddress(inside)}`, {
      address: addressAt(item, "PublicIp"),
      origin: originOf(item),
    });
  }
  return addresses;
}

const kindsByType: Readonly<Record<string, InterfaceKind>> = {
  nat_gateway: "nat-gateway",
  natGateway: "nat-gateway",
  transit_gateway: "transit-gateway",
  vpc_endpoint: "vpc-endpoint",
  gateway_load_balancer_endpoint: "vpc-endpoint",
  network_load_balancer: "load-balancer",
  gateway_load_balancer: "load-balancer",
  load_balancer: "load-balancer",
};

const managedDatabases = /^(?:RDSNetworkInterface|RedshiftNetworkInterface|ElastiCache |DAX )/;

export function ownerOf(
  item: Item,
  id: string,
  instance: string | undefined,
  owners: Owners,
): { readonly kind: InterfaceKind; readonly owner?: string } {
  if (instance !== undefined) return { kind: "instance", owner: instance };
  const named = owners.byInterface.get(id);
  if (named !== undefined) return named;
  const description = optionalText(item, "Description") ?? "";
  const described = describedOwner(description, optionalText(item, "VpcId"), owners);
  if (described !== undefined) return described;
  const kind = kindsByType[optionalText(item, "InterfaceType") ?? ""];
  if (kind !== undefined) return { kind };
  return { kind: managedDatabases.test(description) ? "database" : "other" };
}

function describedOwner(
  description: string,
  network: string | undefined,
  owners: Owners,
): { readonly kind: InterfaceKind; readonly owner?: string } | undefined {
  const balancer = /^ELB (?<name>.+)$/.exec(description)?.groups?.["name"];
  if (balancer !== undefined) {
    const owner = owners.loadBalancer(balancer, network);
    return { kind: "load-balancer", ...(owner === undefined ? {} : { owner }) };
  }
  const nat = /^Interface for NAT Gateway (?<id>nat-\S+)/.exec(description)?.groups?.["id"];
  if (nat !== undefined) return { kind: "nat-gateway", owner: nat };
  const endpoint = /^VPC Endpoint Interface (?<id>vpce-\S+)/.exec(description)?.groups?.["id"];
  if (endpoint !== undefined) return { kind: "vpc-endpoint", owner: endpoint };
  const attachment = /Transit Gateway Attachment (?<id>tgw-attach-\S+)/.exec(description)?.groups?.["id"];
  if (attachment === undefined) return undefined;
  const gateway = owners.transitGateway.get(attachment);
  return { kind: "transit-gateway", ...(gateway === undefined ? {} : { owner: gateway }) };
}
