// describe-security-group-rules: the same rules again, with an id each. They give the rules of describe-security-groups
// their ids, or stand for a group of which only they were exported; where the two contradict, both are named.
import type { Direction } from "../../layers/ports.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../layers/security-group/model.ts";
import { Problem, originText } from "../../problem.ts";
import type { Inventory } from "./inventory.ts";
import {
  child,
  misshapen,
  optionalFlag,
  optionalText,
  optionalWhole,
  originOf,
  text,
  type Item,
} from "./item.ts";
import { essence, once } from "./once.ts";
import { groupPeer, listPeer, prefixPeer, type KnownPeers, type NamedPeer } from "./peers.ts";
import { ruleOf } from "./security-groups.ts";
import { serviceAt } from "./service.ts";

interface GroupRule {
  readonly id: string;
  readonly group: string;
  readonly direction: Direction;
  readonly rule: SecurityGroupRule;
  readonly origin: SecurityGroupRule["origin"];
}

/**
 * The groups with their rules' ids. `networkOf` tells the network of a group that has no description of its own, by
 * the interfaces that wear it.
 *
 * @throws Problem `reference` where the two descriptions of a group hold different rules
 */
export function withRuleIds(
  groups: ReadonlyMap<string, SecurityGroup>,
  inventory: Inventory,
  known: KnownPeers,
  networkOf: (group: string) => string | undefined,
): Map<string, SecurityGroup> {
  const rules = once(
    "security group rule",
    inventory.of("SecurityGroupRules").map((item) => readRule(item, inventory, known)),
  );
  const merged = new Map(groups);
  for (const [id, own] of Map.groupBy(rules.values(), (rule) => rule.group)) {
    const group = groups.get(id);
    merged.set(
      id,
      group === undefined ? groupFromRules(id, own, inventory, networkOf(id)) : agree(group, own),
    );
  }
  return merged;
}

function readRule(item: Item, inventory: Inventory, known: KnownPeers): GroupRule {
  const id = text(item, "SecurityGroupRuleId");
  const group = text(item, "GroupId");
  const direction =
    (optionalFlag(item, "IsEgress") ?? misshapen(item, "IsEgress", "true or false")) ? "outbound" : "inbound";
  const bounds = { first: optionalWhole(item, "FromPort"), last: optionalWhole(item, "ToPort") };
  const service = serviceAt(item, "IpProtocol", bounds, bounds);
  const origin = originOf(item, id);
  const peer = peerOf(item, inventory, known);
  const rule = { ...ruleOf(service, direction, peer, optionalText(item, "Description"), origin), id };
  return { id, group, direction, rule, origin };
}

function peerOf(item: Item, inventory: Inventory, known: KnownPeers): NamedPeer {
  if (optionalText(item, "CidrIpv4") !== undefined) return prefixPeer(item, "CidrIpv4", inventory);
  if (optionalText(item, "CidrIpv6") !== undefined) return prefixPeer(item, "CidrIpv6", inventory);
  if (optionalText(item, "PrefixListId") !== undefined) return listPeer(item, known, inventory);
  const referenced = child(item, "ReferencedGroupInfo");
  if (referenced !== undefined) return groupPeer(referenced, known, inventory);
  const what = "a peer of a kind that Ringwall does not know";
  inventory.unknown(
    originOf(item, text(item, "SecurityGroupRuleId")),
    what,
    "matched or not, can't be known",
  );
  return { peer: { kind: "unknown", what }, name: what };
}

const meaningOfRule = (rule: SecurityGroupRule): string => essence({ ...rule, id: undefined });

/** The group's rules, each with the id and the line of its own description. */
function agree(group: SecurityGroup, own: readonly GroupRule[]): SecurityGroup {
  const directed = (direction: Direction): SecurityGroupRule[] => {
    const described = Map.groupBy(
      own.filter((rule) => rule.direction === direction).map((rule) => rule.rule),
      meaningOfRule,
    );
    const identified = group[direction].map((rule) => {
      const twin = described.get(meaningOfRule(rule))?.shift();
      if (twin === undefined) {
        throw differing(group, `${direction} rule “${rule.text}” at ${originText(rule.origin)}`, own[0]);
      }
      return twin;
    });
    const left = [...described.values()].flat()[0];
    if (left !== undefined) {
      throw new Problem(
        "reference",
        `${left.id ?? "a rule"} (“${left.text}”) is not among the ${direction} permissions of ${group.id} at ${originText(group.origin)}`,
        { origin: left.origin, remedy: "export both lists again at one time" },
      );
    }
    return identified;
  };
  return { ...group, inbound: directed("inbound"), outbound: directed("outbound") };
}

function differing(group: SecurityGroup, what: string, near: GroupRule | undefined): Problem {
  const where = near === undefined ? "" : ` near ${originText(near.origin)}`;
  return new Problem(
    "reference",
    `${group.id}: no security group rule${where} says the same as its ${what}`,
    {
      origin: group.origin,
      remedy: "export both lists again at one time",
    },
  );
}

function groupFromRules(
  id: string,
  own: readonly GroupRule[],
  inventory: Inventory,
  network: string | undefined,
): SecurityGroup {
  const [first] = own;
  const origin = first?.origin ?? { file: "", line: 1 };
  if (network === undefined) {
    inventory.unknown(
      origin,
      `${id} is known by its rules alone: describe-security-groups was not exported for it`,
      "its name and network are not known, and no interface wears it",
    );
  }
  const directed = (direction: Direction): SecurityGroupRule[] =>
    own.filter((rule) => rule.direction === direction).map((rule) => rule.rule);
  return {
    id,
    name: id,
    network: network ?? "",
    tags: {},
    origin: { ...origin, id },
    inbound: directed("inbound"),
    outbound: directed("outbound"),
  };
}
