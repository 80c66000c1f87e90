// RW104: a rule for the whole world on a sensitive port, where no way from the internet leads today. A note; for a
// database's port more, since everybody inside may use it now.
import { ringName } from "../../../../layers/ports.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../../../layers/security-group/model.ts";
import { prefixSet, unionOfAddresses, type AddressSet } from "../../../../packet/address-set.ts";
import { intersection, type NumberSet } from "../../../../packet/intervals.ts";
import { numberText } from "../../../../packet/packet.ts";
import { anyPort, hasPorts, protocolName, TCP, UDP } from "../../../../packet/protocol.ts";
import type { Context } from "../../context.ts";
import { replaceGroupRule } from "../../edits.ts";
import { interfaceClasses } from "../../classes.ts";
import type { Interface } from "../../../../estate/model.ts";
import { exampleOf } from "../../witness.ts";
import type { Check, Finding, Witness } from "../../model.ts";
import { isWorldwide, machineName, namesOf } from "../../openings.ts";
import { worldOpenings } from "./world.ts";

export const worldRuleBehindWalls: Check = {
  number: "RW104",
  name: "world-rule-behind-walls",
  title: "A rule for the whole world that the internet can't use today",
  severity: "note",
  why:
    "Another ring or a missing route keeps the internet out for now. One public address or route more, and the rule is what " +
    "its words say; until then everybody inside may use it.",
  references: [{ title: "CIS AWS Foundations 5.0.0, 5.3 and 5.4" }],
  run: (context) => findings(context),
};

function* findings(context: Context): Iterable<Finding> {
  const usable = new Set(
    [TCP, UDP].flatMap((protocol) =>
      worldOpenings(context, { protocol, ports: anyPort }).flatMap(({ culprit }) =>
        culprit.kind === "group" ? [culprit.rule] : [],
      ),
    ),
  );
  for (const group of context.groups()) {
    const members = [...context.estate.interfaces.values()].filter((place) =>
      place.securityGroups.includes(group.id),
    );
    if (members.length === 0) continue;
    for (const rule of group.inbound) {
      const ports = sensitivePorts(context, rule);
      if (ports.length === 0 || usable.has(rule) || !isWorldwide(peerSet(context, rule))) continue;
      yield findingOf(context, group, rule, ports, members);
    }
  }
}

function findingOf(
  context: Context,
  group: SecurityGroup,
  rule: SecurityGroupRule,
  ports: NumberSet,
  members: readonly Interface[],
): Finding {
  const names = namesOf(context, members);
  const network = context.estate.networks.get(group.network);
  const addresses = unionOfAddresses((network?.prefixes ?? []).map(prefixSet));
  const isDatabase = intersection(ports, context.settings.ports.database).length > 0;
  const inside = isDatabase ? fromInside(context, rule, ports, members[0]) : undefined;
  const service =
    rule.protocol === "any" ? "everything" : `${protocolName(rule.protocol)} ${numberText(ports)}`;
  return {
    subject: {
      kind: "security-group",
      id: group.id,
      name: group.name,
      part: `inbound ${rule.id ?? rule.text}`,
    },
    severity: inside === undefined ? "note" : "low",
    title: `${ringName(group)} allows ${service} of ${names} from the whole world; no way from the internet leads there today`,
    origins: [rule.origin],
    ...(inside === undefined ? {} : { witness: inside }),
    remedy: {
      text: `name who uses it in place of the world in “${rule.text}”: a group, or at least the network's own addresses`,
      edit: replaceGroupRule(group.id, "inbound", rule, (old) => [
        { ...old, peer: { kind: "addresses", set: addresses }, text: `${old.text} (only from the network)` },
      ]),
    },
  };
}

/** Somebody in another subnet who gets to the port by this rule. */
function fromInside(
  context: Context,
  { protocol }: SecurityGroupRule,
  ports: NumberSet,
  to: Interface | undefined,
): Witness | undefined {
  if (to === undefined) return undefined;
  const [port = 0] = intersection(ports, context.settings.ports.database);
  const other = protocol === "any" || protocol === TCP ? TCP : UDP;
  for (const { first } of interfaceClasses(context.estate)) {
    if (first.subnet === to.subnet || first.kind === "load-balancer") continue;
    const asked = context.ask({ from: first.id, to: to.id, protocol: other, port });
    if (asked?.answer === "allowed")
      return {
        packet: exampleOf(asked.question.packet),
        seen: `${machineName(context, first)}, which the rule does not mean, gets to ${machineName(context, to)}`,
      };
  }
  return undefined;
}

function sensitivePorts(context: Context, rule: SecurityGroupRule): NumberSet {
  const { admin, database } = context.settings.ports;
  if (rule.protocol === "any") return anyPort;
  if (!hasPorts(rule.protocol)) return [];
  const ports = rule.ports ?? anyPort;
  const hit = [...intersection(ports, database), ...intersection(ports, admin)];
  return hit.length > 0 ? ports : [];
}

function peerSet(context: Context, { peer }: SecurityGroupRule): AddressSet {
  if (peer.kind === "addresses") return peer.set;
  const list = peer.kind === "prefix-list" ? context.estate.prefixLists.get(peer.id)?.set : undefined;
  return list ?? { v4: [], v6: [] };
}
