// The destination ports that a rule's test leaves: what a rule opens, read off the rule.
import { intersection, union, type NumberSet } from "../../packet/intervals.ts";
import { anyPort, portDomain } from "../../packet/protocol.ts";
import type { Match } from "../../rules/match.ts";
import { countNumbers } from "./openings.ts";

/** Of what is asked together, the ports; of anything else it may be every port. */
export function portsOfMatch(match: Match): NumberSet {
  if (match.kind === "number" && match.field === "destination-port") return match.set;
  if (match.kind === "all")
    return match.of.reduce((ports, each) => intersection(ports, portsOfMatch(each)), anyPort);
  if (match.kind === "any")
    return match.of.reduce<NumberSet>((ports, each) => union(portDomain, ports, portsOfMatch(each)), []);
  return anyPort;
}

/** A range wider than this is no service. */
const widestService = 1000;

/** Whether a test is one for replies: of a wide range of ports that clients pick for themselves. */
export function isForEphemeralPorts(match: Match): boolean {
  const ports = portsOfMatch(match);
  return (ports[0] ?? 0) >= 1024 && countNumbers(ports) > widestService;
}
