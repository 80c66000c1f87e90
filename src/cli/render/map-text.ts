// The estate as a map in text: networks, their subnets with the rings at their edges, and who stands in them.
import { indexOf, type EstateIndex } from "../../estate/estate-index.ts";
import type { Estate, Interface, Network, Subnet } from "../../estate/model.ts";
import { formatAddress, formatPrefix } from "../../packet/address.ts";
import { originText } from "../../problem.ts";
import { paint, type Paint } from "./paint.ts";

/** Interfaces of one subnet that are listed before the rest is counted. */
const mostListed = 12;

export function mapText(
  estate: Estate,
  about: { readonly colour: boolean; readonly unknowns: boolean },
): string {
  const p = paint(about.colour);
  const index = indexOf(estate);
  const lines = [
    `${p.strong(estate.name)}: ${counts(estate)}`,
    ...[...estate.networks.values()].flatMap((network) => ["", ...networkLines(index, network, p)]),
    ...looseHosts(estate, p),
    ...unknownLines(estate, about.unknowns, p),
  ];
  return `${lines.join("\n")}\n`;
}

function counts(estate: Estate): string {
  const parts: [number, string, string][] = [
    [estate.networks.size, "network", "networks"],
    [estate.subnets.size, "subnet", "subnets"],
    [estate.interfaces.size, "interface", "interfaces"],
    [estate.securityGroups.size, "security group", "security groups"],
    [estate.networkAcls.size, "network ACL", "network ACLs"],
    [estate.packetFilters.size, "packet filter", "packet filters"],
    [estate.policies.length, "network policy", "network policies"],
    [
      [...estate.hosts.values()].filter((host) => host.firewall !== undefined).length,
      "host firewall",
      "host firewalls",
    ],
    [estate.loadBalancers.size, "load balancer", "load balancers"],
  ];
  const said = parts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
  return `${said.join(", ")}; read from ${estate.sources.length} ${estate.sources.length === 1 ? "file" : "files"}`;
}

function networkLines(index: EstateIndex, network: Network, p: Paint): string[] {
  const gateways = index.gateways.filter((gateway) => {
    if (gateway.kind === "internet" || gateway.kind === "egress-only" || gateway.kind === "private")
      return gateway.networks.includes(network.id);
    if (gateway.kind === "peering")
      return gateway.requester === network.id || gateway.accepter === network.id;
    if (gateway.kind === "transit") return gateway.attachments.some((item) => item.network === network.id);
    return false;
  });
  const where = [network.account, network.region].filter((part) => part !== undefined).join(" ");
  const ways = gateways.map((gateway) => `${gateway.kind} ${gateway.name}`);
  const head = `${p.strong(network.name)}  ${network.prefixes.map(formatPrefix).join(", ")}${where === "" ? "" : p.faint(`  ${where}`)}`;
  return [
    head,
    ...(ways.length === 0 ? [] : [p.faint(`  joined by ${ways.join(", ")}`)]),
    ...index.subnetsOf(network.id).flatMap((subnet) => subnetLines(index, subnet, p)),
  ];
}

function subnetLines(index: EstateIndex, subnet: Subnet, p: Paint): string[] {
  const inside = [...index.estate.interfaces.values()].filter((place) => place.subnet === subnet.id);
  const rings = [
    ...subnet.packetFilters.map((id) => `filter ${index.estate.packetFilters.get(id)?.name ?? id}`),
    ...(subnet.networkAcl === undefined
      ? []
      : [`ACL ${index.estate.networkAcls.get(subnet.networkAcl)?.name ?? subnet.networkAcl}`]),
  ];
  const way = wayOut(index, subnet);
  const shown = inside.slice(0, mostListed);
  const rest = inside.length - shown.length;
  return [
    `  ├ ${p.strong(subnet.name)}  ${subnet.prefixes.map(formatPrefix).join(", ")}${p.faint(`  ${[way, ...rings].filter((text) => text !== "").join(", ")}`)}`,
    ...shown.map((place) => `  │   ${interfaceLine(index, place, p)}`),
    ...(rest > 0 ? [p.faint(`  │   … and ${rest} more`)] : []),
  ];
}

/** Where the default route goes, in a word. */
function wayOut(index: EstateIndex, subnet: Subnet): string {
  const table = index.routeTableOf(subnet);
  const fallback = table?.routes.find((route) => route.prefixes.some((prefix) => prefix.length === 0));
  if (fallback === undefined) return "no way out";
  const { target } = fallback;
  if (target.kind !== "gateway") return `default by ${target.kind === "interface" ? target.id : target.kind}`;
  const gateway = index.estate.gateways.get(target.id);
  return gateway?.kind === "internet" ? "public" : `default by ${gateway?.name ?? target.id}`;
}

function interfaceLine(index: EstateIndex, place: Interface, p: Paint): string {
  const owner = index.hostOf(place) ?? index.loadBalancerOf(place) ?? natGatewayOf(index, place) ?? place;
  const addresses = place.addresses
    .filter((item) => item.synthetic !== true)
    .map(
      (item) =>
        `${formatAddress(item.address)}${item.public === undefined ? "" : ` (public ${formatAddress(item.public)})`}`,
    );
  const groups = place.securityGroups.map((id) => index.estate.securityGroups.get(id)?.name ?? id);
  const firewall = index.hostOf(place)?.firewall === undefined ? [] : ["host firewall"];
  return `${owner.name.padEnd(14)} ${addresses.join(", ").padEnd(15)} ${p.faint([...groups, ...firewall].join(", "))}`.trimEnd();
}

function natGatewayOf(index: EstateIndex, place: Interface): { readonly name: string } | undefined {
  return index.gateways.find((gateway) => gateway.kind === "nat" && gateway.interface === place.id);
}

function looseHosts(estate: Estate, p: Paint): string[] {
  const loose = [...estate.hosts.values()].filter((host) => host.interfaces.length === 0);
  return loose.flatMap((host) => {
    const tables = host.firewall?.tables ?? [];
    const rows = tables.map((table) => {
      const rules = [...table.chains.values()].reduce((sum, chain) => sum + chain.rules.length, 0);
      return `  ├ ${table.engine} ${table.family} ${table.name}: ${table.chains.size} chains, ${rules} rules`;
    });
    return ["", `${p.strong(host.name)}${p.faint("  a host by itself")}`, ...rows];
  });
}

function unknownLines(estate: Estate, all: boolean, p: Paint): string[] {
  if (estate.unknowns.length === 0) return [];
  const shown = all ? estate.unknowns : estate.unknowns.slice(0, 5);
  const rest = estate.unknowns.length - shown.length;
  return [
    "",
    p.unsure(`Not understood (${estate.unknowns.length}):`),
    ...shown.map((item) => `  ${originText(item.origin)}: ${item.what}: ${item.effect}`),
    ...(rest > 0 ? [p.faint(`  … and ${rest} more: --unknowns lists them all`)] : []),
  ];
}
