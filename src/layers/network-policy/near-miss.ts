// What a person needs who was refused: the rule that came closest and what it lacks, and the smallest rule that would
// let the connection through. Words only; it decides nothing.
import { addressText, numberText, type Packet } from "../../packet/packet.ts";
import { protocolName } from "../../packet/protocol.ts";
import { all, type Match } from "../../rules/match.ts";
import { matches } from "../../rules/matches.ts";
import type { Rule } from "../../rules/rule.ts";
import type { View } from "../../rules/view.ts";
import { outsideCluster, type NetworkPolicy } from "./model.ts";

/** The first rule that lacks one thing alone: it has the port and not the peer, or the peer and not the port. */
export function nearMiss(
  policies: readonly NetworkPolicy[],
  direction: "ingress" | "egress",
  view: View,
): string | undefined {
  const end = direction === "ingress" ? "source" : "destination";
  let byPeer: string | undefined;
  for (const rule of policies.flatMap((policy) =>
    policy.kind.endsWith("AdminNetworkPolicy") ? [] : (policy[direction] ?? []),
  )) {
    const { peer, service } = halves(rule.match);
    const cited = `“${rule.text}” (line ${rule.origin.line})`;
    if (matches(service, view) === true && matches(peer, view) === false) {
      return `${cited} has this port but not this ${end}`;
    }
    if (matches(peer, view) === true && matches(service, view) === false) {
      byPeer ??= `${cited} has this ${end} but not this protocol and port`;
    }
  }
  return byPeer;
}

/** A rule's tests on the peer, and those on protocol and port. */
function halves(match: Match): { readonly peer: Match; readonly service: Match } {
  const parts = match.kind === "all" ? match.of : [match];
  return {
    peer: all(...parts.filter((part) => !speaksOfPorts(part))),
    service: all(...parts.filter((part) => speaksOfPorts(part))),
  };
}

function speaksOfPorts(match: Match): boolean {
  if (match.kind === "number") return true;
  return (match.kind === "any" || match.kind === "all") && match.of.some((part) => speaksOfPorts(part));
}

/** What to change, in the policies' own words. */
export function denialRemedy(
  policies: readonly NetworkPolicy[],
  rules: readonly Rule[],
  direction: "ingress" | "egress",
  packet: Packet,
): string {
  const [policy] = policies;
  const peer = direction === "ingress" ? packet.from : packet.to;
  const known = peer !== undefined && peer !== outsideCluster;
  const whom = known ? peer : addressText(direction === "ingress" ? packet.source : packet.destination);
  const protocol =
    typeof packet.protocol === "number" ? protocolName(packet.protocol).toUpperCase() : "its protocol";
  const port = packet.destinationPort === undefined ? "" : ` ${numberText(packet.destinationPort)}`;
  const end = direction === "ingress" ? "from" : "to";
  if (policy === undefined || policy.kind === "NetworkPolicy" || policy.kind === "MultiNetworkPolicy") {
    const where =
      policy === undefined ? "a policy" : `${policy.kind} ${policy.namespace ?? ""}/${policy.name}`;
    return `add to ${where} an ${direction} rule ${end} ${whom} with ports ${protocol}${port}`;
  }
  const rule = rules[0]?.origin.id ?? policy.name;
  return `put before ${rule} an ${direction} rule with action Allow ${end} ${whom} with ports ${protocol}${port}`;
}
