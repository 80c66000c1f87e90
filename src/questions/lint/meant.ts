// The connections that an estate's rules are there for, as far as rules tell: who asks whom for what. Checks follow them to
// see where one ring allows what another loses. It says nothing of whether they work.
import type { Interface } from "../../estate/model.ts";
import type { NetworkAclEntry } from "../../layers/nacl/model.ts";
import type { SecurityGroupRule } from "../../layers/security-group/model.ts";
import {
  hasAddress,
  intersectAddresses,
  isEmptyAddresses,
  type AddressSet,
} from "../../packet/address-set.ts";
import { allAddresses } from "../../packet/address-set.ts";
import { isSubset, pairsOf, type NumberSet } from "../../packet/intervals.ts";
import { anyPort, hasPorts, TCP, UDP } from "../../packet/protocol.ts";
import { internetAddresses } from "../../packet/special.ts";
import type { Origin } from "../../problem.ts";
import type { Match } from "../../rules/match.ts";
import type { Chain } from "../../rules/rule.ts";
import { interfaceClasses, type InterfaceClass } from "./classes.ts";
import type { Context } from "./context.ts";
import { countNumbers, isWorldwide } from "./openings.ts";

export interface MeantFlow {
  /** Interface id, or `internet`. */
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly port: number;
  readonly family: 4 | 6;
  /** Whether the rule names the service; else it allows whatever is asked, and this is what most people ask for. */
  readonly named: boolean;
  /** The rule that says so. */
  readonly says: { readonly text: string; readonly origin: Origin };
}

/** What a rule says, whichever ring's it is. */
interface Wish {
  readonly peers: AddressSet | { readonly group: string };
  readonly services: readonly { readonly protocol: number; readonly port: number; readonly named: boolean }[];
  readonly text: string;
  readonly origin: Origin;
}

/** A range wider than this is for replies, or for everything: no service of its own. */
const widestService = 1000;
/** HTTPS: what is asked for where a rule allows whatever is asked. */
const commonest = 443;
/** Of each rule that many ports, and of each peer that many classes: more say nothing new. */
const samples = 4;

const kept = new WeakMap<Context, readonly MeantFlow[]>();

export function meantFlows(context: Context): readonly MeantFlow[] {
  const before = kept.get(context);
  if (before !== undefined) return before;
  const flows = new Map<string, MeantFlow>();
  const classes = interfaceClasses(context.estate).filter(({ first }) => first.kind !== "pod");
  for (const { first } of context.classes()) {
    if (first.kind === "pod") continue;
    for (const flow of flowsOf(context, classes, first)) {
      const key = `${flow.from} ${flow.to} ${flow.protocol} ${flow.port} ${flow.family}`;
      // Groups say it first: they are what stands nearest to the machine.
      if (!flows.has(key)) flows.set(key, flow);
    }
  }
  const made = [...flows.values()];
  kept.set(context, made);
  return made;
}

function* flowsOf(
  context: Context,
  classes: readonly InterfaceClass[],
  place: Interface,
): Iterable<MeantFlow> {
  for (const wish of inboundWishes(context, place))
    for (const peer of peersOf(classes, place, wish))
      for (const service of wish.services)
        for (const family of familiesOf(context, peer, place))
          yield { from: peer, to: place.id, ...service, family, says: wish };
  for (const wish of outboundWishes(context, place))
    for (const peer of peersOf(classes, place, wish))
      for (const service of wish.services)
        for (const family of familiesOf(context, peer, place))
          yield { from: place.id, to: peer, ...service, family, says: wish };
  const balancer = context.index.loadBalancerOf(place);
  for (const listener of balancer?.listeners ?? [])
    for (const target of listener.targets.slice(0, samples))
      if (target.interface !== undefined)
        for (const family of familiesOf(context, target.interface, place))
          yield {
            from: place.id,
            to: target.interface,
            protocol: listener.protocol,
            port: target.port ?? listener.ports[0] ?? 0,
            family,
            named: true,
            says: listener,
          };
}

function familiesOf(context: Context, peer: string, place: Interface): readonly (4 | 6)[] {
  const has = (id: string, family: 4 | 6): boolean =>
    id === "internet" ||
    context.estate.interfaces.get(id)?.addresses.some((item) => item.address.family === family) === true;
  return ([4, 6] as const).filter((family) => has(peer, family) && has(place.id, family));
}

function inboundWishes(context: Context, place: Interface): readonly Wish[] {
  const groups = context.index.ringOf(place).groups.flatMap((group) => group.inbound);
  const subnet = context.index.subnetOf(place);
  const acl =
    subnet?.networkAcl === undefined ? undefined : context.estate.networkAcls.get(subnet.networkAcl);
  const filters = (subnet?.packetFilters ?? []).flatMap((id) => context.estate.packetFilters.get(id) ?? []);
  return [
    ...groups.flatMap((rule) => groupWish(context, rule)),
    ...(acl?.inbound ?? []).flatMap(entryWish),
    ...filters.flatMap((filter) => chainWishes(filter.inbound, "source", "destination", place)),
  ];
}

function outboundWishes(context: Context, place: Interface): readonly Wish[] {
  const subnet = context.index.subnetOf(place);
  const acl =
    subnet?.networkAcl === undefined ? undefined : context.estate.networkAcls.get(subnet.networkAcl);
  const filters = (subnet?.packetFilters ?? []).flatMap((id) => context.estate.packetFilters.get(id) ?? []);
  const asked = (acl?.outbound ?? []).filter(
    (entry) => acl === undefined || !isMeantForReplies(entry, acl.inbound, acl.outbound),
  );
  return [
    ...context.index
      .ringOf(place)
      .groups.flatMap((group) =>
        group.outbound.flatMap((rule) => (rule.protocol === "any" ? [] : groupWish(context, rule))),
      ),
    ...asked.flatMap(entryWish),
    ...filters.flatMap((filter) => chainWishes(filter.outbound, "destination", "source", place)),
  ];
}

/**
 * An outbound entry with the ports of what is served, in an ACL that lets no ephemeral port out, is a mistaken entry for
 * replies and not a wish to ask for those ports.
 */
function isMeantForReplies(
  entry: NetworkAclEntry,
  inbound: readonly NetworkAclEntry[],
  outbound: readonly NetworkAclEntry[],
): boolean {
  if (outbound.some((other) => other.action === "allow" && isWide(other))) return false;
  return inbound.some(
    (other) =>
      other.action === "allow" &&
      other.protocol === entry.protocol &&
      isSubset(entry.ports ?? anyPort, other.ports ?? anyPort),
  );
}

function isWide(entry: { readonly ports?: NumberSet }): boolean {
  return entry.ports === undefined || countNumbers(entry.ports) > widestService;
}

function groupWish(context: Context, rule: SecurityGroupRule): readonly Wish[] {
  const { peer } = rule;
  const peers =
    peer.kind === "group"
      ? { group: peer.id }
      : peer.kind === "addresses"
        ? peer.set
        : peer.kind === "prefix-list"
          ? context.estate.prefixLists.get(peer.id)?.set
          : undefined;
  const services = servicesOf(rule);
  return peers === undefined || services.length === 0 ? [] : [{ ...rule, peers, services }];
}

function entryWish(entry: NetworkAclEntry): readonly Wish[] {
  const services = entry.action === "allow" && entry.uncertain === undefined ? servicesOf(entry) : [];
  return services.length === 0 ? [] : [{ ...entry, peers: entry.peer, services }];
}

/** The services that a rule names; of one for every port the commonest; none where it is for replies. */
function servicesOf(rule: {
  readonly protocol: number | "any";
  readonly ports?: NumberSet;
}): Wish["services"] {
  const { protocol, ports = anyPort } = rule;
  if (protocol === "any") return [{ protocol: TCP, port: commonest, named: false }];
  if (!hasPorts(protocol)) return [];
  return pairsOf(ports)
    .slice(0, samples)
    .flatMap(([first, last]): Wish["services"] => {
      if (last - first < widestService) return [{ protocol, port: first, named: true }];
      return first < 1024
        ? [{ protocol, port: Math.max(first, Math.min(last, commonest)), named: false }]
        : [];
    });
}

/** The accepting rules of a chain that name a service, where they speak of the place at all. */
function chainWishes(
  chain: Chain,
  peer: "source" | "destination",
  own: "source" | "destination",
  place: Interface,
): readonly Wish[] {
  return chain.rules.flatMap((rule): Wish[] => {
    if (!rule.actions.some((action) => action.kind === "accept")) return [];
    const tests = rule.match.kind === "all" ? rule.match.of : [rule.match];
    if (!place.addresses.some((item) => hasAddress(addressesOf(tests, own), item.address))) return [];
    const protocols = numbersOf(tests, "protocol") ?? [];
    const services = [TCP, UDP].flatMap((protocol) =>
      isSubset([protocol, protocol], protocols)
        ? servicesOf({ protocol, ports: numbersOf(tests, "destination-port") ?? anyPort })
        : [],
    );
    // A rule for packets from a service's port is one for replies.
    if (numbersOf(tests, "source-port") !== undefined || services.length === 0) return [];
    return [{ peers: addressesOf(tests, peer), services, text: rule.text, origin: rule.origin }];
  });
}

function addressesOf(tests: readonly Match[], field: "source" | "destination"): AddressSet {
  return tests.reduce(
    (set, test) =>
      test.kind === "address" && test.field === field ? intersectAddresses(set, test.set) : set,
    allAddresses,
  );
}

function numbersOf(
  tests: readonly Match[],
  field: "protocol" | "source-port" | "destination-port",
): NumberSet | undefined {
  return tests.flatMap((test) => (test.kind === "number" && test.field === field ? [test.set] : []))[0];
}

/** Whom a rule's peers stand for: classes of interfaces in different subnets, and the internet. */
function peersOf(classes: readonly InterfaceClass[], place: Interface, { peers }: Wish): readonly string[] {
  const others = classes.filter(({ first }) => first !== place && first.subnet !== place.subnet);
  if ("group" in peers)
    return bySubnet(others.filter(({ first }) => first.securityGroups.includes(peers.group)));
  const outside = !isEmptyAddresses(intersectAddresses(peers, internetAddresses));
  // A rule for the whole world means the internet; that it holds of everybody inside too is nobody's purpose.
  if (outside && isWorldwide(peers)) return ["internet"];
  const inside = bySubnet(
    others.filter(({ first }) => first.addresses.some((item) => hasAddress(peers, item.address))),
  );
  return outside ? [...inside, "internet"] : inside;
}

/** One class a subnet: their rings differ by subnet for what is asked here. */
function bySubnet(classes: readonly InterfaceClass[]): readonly string[] {
  const firsts = new Map(classes.map(({ first }) => [first.subnet, first.id]));
  return [...firsts.values()].slice(0, samples);
}
