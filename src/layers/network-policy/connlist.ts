// Which connections policies allow between two endpoints, or an endpoint and addresses outside, as sets: for each
// protocol the destination ports that the source may leave for and the destination lets in.
import { formatAddress, makeAddress, type Family } from "../../packet/address.ts";
import type { AddressSet } from "../../packet/address-set.ts";
import * as intervals from "../../packet/intervals.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import type { Packet } from "../../packet/packet.ts";
import { portDomain, SCTP, TCP, UDP } from "../../packet/protocol.ts";
import type { Match } from "../../rules/match.ts";
import { askInPieces } from "../../rules/split.ts";
import type { StepVerdict } from "../../rules/step.ts";
import type { Cause } from "../../rules/truth.ts";
import { decideNetworkPolicy, type Direction } from "./decide.ts";
import { outsideCluster, type NetworkPolicy } from "./model.ts";

/** One end of the connections. Without an endpoint: addresses outside the cluster. */
export interface Party {
  readonly endpoint?: string;
  readonly addresses: AddressSet;
}

export interface AllowedPorts {
  readonly protocol: number;
  /** Ports that are allowed for certain. */
  readonly allowed: NumberSet;
  /** Ports for which it hangs on something that is not known. */
  readonly depends: NumberSet;
  readonly causes: readonly Cause[];
}

/** Protocols that policies are defined for, in the order in which people list them. */
const policyProtocols = [SCTP, TCP, UDP] as const;

/** Policies cut the ports into some dozens of ranges; the bound is for crafted ones. */
const mostPieces = 4096;

/** Port 0 is no port that anything listens on, and Kubernetes' own ports begin at 1. */
const realPorts: NumberSet = [1, 65535];

/**
 * The connections that both ends allow, of one address family.
 *
 * @example allowedConnections(estate.policies, { endpoint: "shop/web:eth0", addresses }, { endpoint: "shop/db:eth0", addresses: its })
 */
export function allowedConnections(
  policies: readonly NetworkPolicy[],
  source: Party,
  destination: Party,
  family: Family = 4,
): AllowedPorts[] {
  return policyProtocols.map((protocol) => {
    const packet: Packet = {
      family,
      source: source.addresses,
      destination: destination.addresses,
      protocol,
      sourcePort: [1024, 65535],
      destinationPort: realPorts,
      from: source.endpoint ?? outsideCluster,
      to: destination.endpoint ?? outsideCluster,
    };
    const pieces = askInPieces(
      packet,
      (piece) => bothEnds(policies, source, destination, piece),
      (answer) => answer.causes,
      mostPieces,
    );
    const ports = (verdict: StepVerdict): NumberSet =>
      intervals.fromPairs(
        portDomain,
        pieces.flatMap((piece) =>
          piece.result.verdict === verdict ? portPairs(piece.packet.destinationPort) : [],
        ),
      );
    const depends = ports("depends");
    return {
      protocol,
      // Pieces that differ in their addresses alone share ports: what hangs on the address is not allowed for certain.
      allowed: intervals.difference(
        portDomain,
        ports("allowed"),
        intervals.union(portDomain, ports("denied"), depends),
      ),
      depends: intervals.union(
        portDomain,
        depends,
        intervals.intersection(ports("allowed"), ports("denied")),
      ),
      causes: pieces.flatMap((piece) => (piece.result.verdict === "depends" ? piece.result.causes : [])),
    };
  });
}

function portPairs(value: number | NumberSet | undefined): [number, number][] {
  if (value === undefined) return [];
  return typeof value === "number" ? [[value, value]] : intervals.pairsOf(value);
}

interface Answer {
  readonly verdict: StepVerdict;
  readonly causes: readonly Cause[];
}

/** Out of the one and into the other; an end outside the cluster has no policies of its own. */
function bothEnds(
  policies: readonly NetworkPolicy[],
  source: Party,
  destination: Party,
  packet: Packet,
): Answer {
  const end = (party: Party, direction: Direction): Answer =>
    party.endpoint === undefined
      ? { verdict: "allowed", causes: [] }
      : decideNetworkPolicy(policies, party.endpoint, direction, packet, party.endpoint);
  const out = end(source, "egress");
  if (out.verdict === "denied") return out;
  const into = end(destination, "ingress");
  if (into.verdict === "denied" || out.verdict === "allowed") return into;
  return into.verdict === "allowed" ? out : { verdict: "depends", causes: [...out.causes, ...into.causes] };
}

/**
 * The address space of a family, cut where the policies of a direction tell addresses apart: within one of the ranges
 * every address is treated alike.
 */
export function distinguishedRanges(
  policies: readonly NetworkPolicy[],
  direction: Direction,
  family: Family = 4,
): AddressSet[] {
  const field = direction === "ingress" ? "source" : "destination";
  const starts = new Set<bigint>([0n]);
  const last = family === 4 ? 2n ** 32n - 1n : 2n ** 128n - 1n;
  const walk = (match: Match): void => {
    if (match.kind === "not") walk(match.match);
    if (match.kind === "all" || match.kind === "any") match.of.forEach(walk);
    if (match.kind !== "address" || match.field !== field) return;
    const set = family === 4 ? match.set.v4 : match.set.v6;
    for (let at = 0; at + 1 < set.length; at += 2) {
      starts.add(BigInt(set[at] ?? 0));
      const next = BigInt(set[at + 1] ?? 0) + 1n;
      if (next <= last) starts.add(next);
    }
  };
  for (const policy of policies) for (const rule of policy[direction] ?? []) walk(rule.match);
  const sorted = [...starts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.map((first, at) => {
    const end = (sorted[at + 1] ?? last + 1n) - 1n;
    return family === 4 ? { v4: [Number(first), Number(end)], v6: [] } : { v4: [], v6: [first, end] };
  });
}

/** `10.0.0.0-10.255.255.255`: a range's first and last address. */
export function rangeText(set: AddressSet): string {
  const [first, last] = set.v4.length > 0 ? [set.v4[0], set.v4.at(-1)] : [set.v6[0], set.v6.at(-1)];
  if (first === undefined || last === undefined) return "";
  const family = set.v4.length > 0 ? 4 : 6;
  return `${formatAddress(makeAddress(family, first))}-${formatAddress(makeAddress(family, last))}`;
}
