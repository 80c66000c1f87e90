// Every set of addresses that anything in an estate asks about: rules of all rings, and what chooses ways. Two addresses
// that lie in the same of these sets fare alike.
import type { Estate } from "../../estate/model.ts";
import type { HostFirewall } from "../../layers/host/model.ts";
import {
  addressRange,
  addressSet,
  prefixSet,
  singleAddress,
  type AddressSet,
} from "../../packet/address-set.ts";
import { addressBits, makeAddress, prefixEnds } from "../../packet/address.ts";
import { internetAddresses, linkLocalAddresses, privateAddresses } from "../../packet/special.ts";
import { Problem } from "../../problem.ts";
import type { Match, TupleElement } from "../../rules/match.ts";
import type { Action, Chain, Rule } from "../../rules/rule.ts";

/** Sets that routes and gateways ask about. */
export function* routingSets(estate: Estate): Generator<AddressSet> {
  yield internetAddresses;
  yield privateAddresses;
  yield linkLocalAddresses;
  for (const network of estate.networks.values()) yield* network.prefixes.map(prefixSet);
  for (const table of estate.routeTables.values())
    for (const route of table.routes) yield* route.prefixes.map(prefixSet);
  for (const gateway of estate.gateways.values()) {
    if (gateway.kind === "vpc-endpoint") yield gateway.prefixes;
    if (gateway.kind === "transit")
      for (const table of gateway.routeTables) yield* table.routes.map((route) => prefixSet(route.prefix));
  }
}

/** Sets that rules ask about. Group references are left out: whoever asks has the interfaces' groups. */
export function* ruleSets(estate: Estate): Generator<AddressSet> {
  for (const group of estate.securityGroups.values()) {
    for (const { peer } of [...group.inbound, ...group.outbound]) {
      if (peer.kind === "addresses") yield peer.set;
      if (peer.kind === "prefix-list") yield estate.prefixLists.get(peer.id)?.set ?? { v4: [], v6: [] };
    }
  }
  for (const acl of estate.networkAcls.values())
    for (const entry of [...acl.inbound, ...acl.outbound]) yield entry.peer;
  for (const filter of estate.packetFilters.values()) {
    yield* setsOfChain(filter.inbound);
    yield* setsOfChain(filter.outbound);
  }
  const exemptions = new Set<Rule>();
  for (const policy of estate.policies) {
    for (const rule of [...(policy.ingress ?? []), ...(policy.egress ?? [])]) yield* setsOfMatch(rule.match);
    for (const exemption of policy.exempt?.values() ?? []) {
      for (const rule of [exemption.ingress, exemption.egress]) {
        if (exemptions.has(rule)) continue;
        exemptions.add(rule);
        yield* setsOfMatch(rule.match);
      }
    }
  }
  for (const host of estate.hosts.values()) if (host.firewall !== undefined) yield* setsOfHost(host.firewall);
}

/** Names that people gave to addresses: they are answered by name. */
export function* namedSets(estate: Estate): Generator<AddressSet> {
  for (const named of estate.names.values()) yield named.set;
}

const special = [
  addressSet("127.0.0.0/8", "::1/128"),
  addressSet("224.0.0.0/4", "ff00::/8"),
  addressSet("255.255.255.255/32"),
  addressSet("0.0.0.0/32", "::/128"),
];

function* setsOfHost(firewall: HostFirewall): Generator<AddressSet> {
  yield* special;
  for (const { address, length } of firewall.addresses) {
    yield singleAddress(address);
    yield prefixSet({ ...address, length });
    yield singleAddress(prefixEnds({ ...address, length }).last);
  }
  for (const route of firewall.routes) yield prefixSet(route.destination);
  for (const table of firewall.tables) for (const chain of table.chains.values()) yield* setsOfChain(chain);
}

function* setsOfChain(chain: Chain): Generator<AddressSet> {
  for (const rule of chain.rules) {
    yield* setsOfMatch(rule.match);
    for (const action of rule.actions) yield* setsOfAction(action);
  }
}

function* setsOfAction(action: Action): Generator<AddressSet> {
  if (action.kind === "when") {
    yield* setsOfMatch(action.match);
    for (const inner of action.actions) yield* setsOfAction(inner);
  }
  if (action.kind !== "lookup") return;
  for (const entry of action.entries) {
    yield* setsOfElement(entry.key);
    if (entry.match !== undefined) yield* setsOfMatch(entry.match);
    for (const inner of entry.actions) yield* setsOfAction(inner);
  }
}

function* setsOfElement(element: TupleElement): Generator<AddressSet> {
  for (const part of element) if ("addresses" in part) yield part.addresses;
}

function* setsOfMatch(match: Match): Generator<AddressSet> {
  if (match.kind === "not") yield* setsOfMatch(match.match);
  else if (match.kind === "all" || match.kind === "any") for (const one of match.of) yield* setsOfMatch(one);
  else if (match.kind === "address") yield match.set;
  else if (match.kind === "address-bits") yield setOfBits(match);
  else if (match.kind === "tuple") for (const element of match.elements) yield* setsOfElement(element);
}

/** A mask with more holes than this comes to more ranges than are worth telling apart. */
const mostHoles = 14;

/** The addresses with some bits as a mask wants them, as ranges. */
function setOfBits(match: Extract<Match, { kind: "address-bits" }>): AddressSet {
  const bits = addressBits(match.family);
  // The low bits that the mask leaves free run on; every other free bit doubles the ranges.
  let low = 0;
  while (low < bits && ((match.mask >> BigInt(low)) & 1n) === 0n) low += 1;
  const holes: bigint[] = [];
  for (let bit = low; bit < bits; bit += 1)
    if (((match.mask >> BigInt(bit)) & 1n) === 0n) holes.push(1n << BigInt(bit));
  if (holes.length > mostHoles) {
    throw new Problem(
      "limit",
      `a rule asks for bits of an address with a mask of ${holes.length} holes: that is more ranges of addresses than reach tells apart`,
      { remedy: "ask about the packets in question with trace" },
    );
  }
  let firsts = [match.value];
  for (const hole of holes) firsts = firsts.flatMap((first) => [first, first | hole]);
  const span = (1n << BigInt(low)) - 1n;
  const ranges = firsts
    .toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((first) => addressRange(makeAddress(match.family, first), makeAddress(match.family, first + span)));
  return { v4: ranges.flatMap((range) => range.v4), v6: ranges.flatMap((range) => range.v6) };
}
