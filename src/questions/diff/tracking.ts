// Whether a security group tracked a connection, as AWS does it: one that both directions allow to and from everybody is
// not tracked, and ends at once when its rule goes. (EC2 user guide, “Security group connection tracking”, “Untracked
// connections”.)
import type { GroupRing } from "../../layers/security-group/decide.ts";
import type { SecurityGroupRule } from "../../layers/security-group/model.ts";
import type { Direction } from "../../layers/ports.ts";
import type { Family } from "../../packet/address.ts";
import { allAddresses, isAddressSubset, ofFamily } from "../../packet/address-set.ts";
import { holds, isSubset, type NumberSet } from "../../packet/intervals.ts";
import { anyPort, TCP, UDP } from "../../packet/protocol.ts";

export interface Asked {
  readonly family: Family;
  readonly protocol: number;
  readonly destinationPort?: number;
}

/**
 * @param direction of the connection's first packet at this ring
 * @example isTracked(ring, "inbound", { family: 4, protocol: TCP, destinationPort: 80 })
 */
export function isTracked(ring: GroupRing, direction: Direction, asked: Asked): boolean {
  // ICMP is always tracked; only TCP and UDP can be exempt.
  if (asked.protocol !== TCP && asked.protocol !== UDP) return true;
  const rules = (way: Direction): readonly SecurityGroupRule[] => ring.groups.flatMap((group) => group[way]);
  const other: Direction = direction === "inbound" ? "outbound" : "inbound";
  const lets = rules(direction).filter((rule) => letsThrough(rule, asked));
  const openBothWays =
    lets.some((rule) => isEverybody(rule, asked.family)) &&
    rules(other).some((rule) => isEverybody(rule, asked.family) && isEveryPort(rule, asked.protocol));
  return !openBothWays;
}

function letsThrough(rule: SecurityGroupRule, { protocol, destinationPort }: Asked): boolean {
  if (rule.protocol !== "any" && rule.protocol !== protocol) return false;
  return (
    rule.protocol === "any" ||
    rule.ports === undefined ||
    destinationPort === undefined ||
    holds(rule.ports, destinationPort)
  );
}

function isEverybody({ peer }: SecurityGroupRule, family: Family): boolean {
  return peer.kind === "addresses" && isAddressSubset(ofFamily(allAddresses, family), peer.set);
}

function isEveryPort(rule: SecurityGroupRule, protocol: number): boolean {
  if (rule.protocol === "any") return true;
  const ports: NumberSet | undefined = rule.ports;
  return rule.protocol === protocol && (ports === undefined || isSubset(anyPort, ports));
}
