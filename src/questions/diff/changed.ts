// Which ends a change can bear on at all, found by comparing what the two estates hold: only their pairs need be worked
// out. Where that can't be told cheaply, everything counts as touched.
import type { Estate, Interface } from "../../estate/model.ts";
import type { SecurityGroup } from "../../layers/security-group/model.ts";
import { sameContent } from "./content.ts";

/** How a change bears on an interface: by the rules of its security groups alone, or in some other way. */
export type Bearing = "groups" | "more" | undefined;

export interface Touched {
  /** Something that may bear on any pair has changed: routes, gateways, networks. */
  readonly everything: boolean;
  readonly interface: (id: string) => Bearing;
}

/** The parts whose every change may bear on every way. */
function topology(estate: Estate): unknown {
  const { networks, routeTables, gateways, prefixLists, names, policies } = estate;
  return [networks, routeTables, gateways, prefixLists, names, policies];
}

export function touchedBy(before: Estate, after: Estate): Touched {
  const nothing: Touched = { everything: false, interface: () => undefined };
  const all: Touched = { everything: true, interface: () => "more" };
  if (!sameContent(topology(before), topology(after))) return all;
  const interfaces = changedIds(before.interfaces, after.interfaces);
  const groups = withReferences(
    [before, after],
    changedIds(before.securityGroups, after.securityGroups),
    membershipsOf([before, after], interfaces),
  );
  const acls = changedIds(before.networkAcls, after.networkAcls);
  const filters = changedIds(before.packetFilters, after.packetFilters);
  const subnets = changedIds(before.subnets, after.subnets);
  for (const estate of [before, after])
    for (const subnet of estate.subnets.values())
      if (acls.has(subnet.networkAcl ?? "") || subnet.packetFilters.some((id) => filters.has(id)))
        subnets.add(subnet.id);
  const hosts = changedIds(before.hosts, after.hosts);
  const balancers = changedIds(before.loadBalancers, after.loadBalancers);
  if (groups.size + subnets.size + interfaces.size + hosts.size + balancers.size === 0) return nothing;
  const more = new Set(interfaces);
  const byGroups = new Set<string>();
  for (const estate of [before, after]) {
    for (const place of estate.interfaces.values()) {
      if (subnets.has(place.subnet)) more.add(place.id);
      if (place.securityGroups.some((id) => groups.has(id))) byGroups.add(place.id);
    }
    for (const id of hosts) for (const own of estate.hosts.get(id)?.interfaces ?? []) more.add(own);
    for (const id of balancers)
      for (const own of estate.loadBalancers.get(id)?.interfaces ?? []) more.add(own);
  }
  const touched = new Set([...more, ...byGroups]);
  if ([before, after].some((estate) => onTheWay(estate, touched, subnets))) return all;
  for (const estate of [before, after]) addBalancers(estate, touched, more);
  return {
    everything: false,
    interface: (id) => (more.has(id) ? "more" : byGroups.has(id) ? "groups" : undefined),
  };
}

function changedIds<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Set<string> {
  const changed = new Set<string>();
  for (const [id, thing] of before) if (!sameContent(thing, after.get(id))) changed.add(id);
  for (const id of after.keys()) if (!before.has(id)) changed.add(id);
  return changed;
}

/** The groups that changed interfaces belong to: rules that name them stand for other addresses now. */
function membershipsOf(estates: readonly Estate[], interfaces: ReadonlySet<string>): Set<string> {
  const groups = new Set<string>();
  for (const estate of estates)
    for (const id of interfaces)
      for (const group of estate.interfaces.get(id)?.securityGroups ?? []) groups.add(group);
  return groups;
}

/** Groups that changed, and those whose rules name one with other members, or one that is new or gone. */
function withReferences(
  [before, after]: readonly [Estate, Estate],
  changed: ReadonlySet<string>,
  members: ReadonlySet<string>,
): ReadonlySet<string> {
  const stands = (id: string): boolean =>
    members.has(id) || before.securityGroups.has(id) !== after.securityGroups.has(id);
  const names = (group: SecurityGroup): boolean =>
    [...group.inbound, ...group.outbound].some(({ peer }) => peer.kind === "group" && stands(peer.id));
  const found = new Set(changed);
  for (const estate of [before, after])
    for (const group of estate.securityGroups.values()) if (names(group)) found.add(group.id);
  return found;
}

/** Whether what changed stands on other ends' ways: a forwarding machine, a gateway's interface, or its subnet. */
function onTheWay(estate: Estate, touched: ReadonlySet<string>, subnets: ReadonlySet<string>): boolean {
  const forwards = (place: Interface): boolean =>
    place.kind === "nat-gateway" ||
    place.kind === "transit-gateway" ||
    place.kind === "vpc-endpoint" ||
    !place.sourceDestinationCheck;
  for (const id of touched) {
    const place = estate.interfaces.get(id);
    if (place !== undefined && forwards(place) && place.kind !== "load-balancer") return true;
  }
  for (const gateway of estate.gateways.values()) {
    if (gateway.kind === "nat" && subnets.has(gateway.subnet)) return true;
    if (
      gateway.kind === "transit" &&
      gateway.attachments.some((attachment) => attachment.subnets.some((id) => subnets.has(id)))
    )
      return true;
  }
  return false;
}

/** A balancer answers when a target does: what bears on a target bears on it. */
function addBalancers(estate: Estate, touched: ReadonlySet<string>, more: Set<string>): void {
  for (const balancer of estate.loadBalancers.values()) {
    const targets = balancer.listeners.flatMap((listener) => listener.targets);
    // A target by address may be any interface.
    if (targets.some(({ interface: id, address }) => address !== undefined || touched.has(id ?? "")))
      for (const id of balancer.interfaces) more.add(id);
  }
}
