// RW702: a database's port that a rule opens to whole subnets, machines that the internet gets to among them.
import type { Interface } from "../../../../estate/model.ts";
import { ringName } from "../../../../layers/ports.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../../../layers/security-group/model.ts";
import { hasAddress } from "../../../../packet/address-set.ts";
import { intersection } from "../../../../packet/intervals.ts";
import { numberText } from "../../../../packet/packet.ts";
import { anyPort, TCP } from "../../../../packet/protocol.ts";
import { interfaceClasses } from "../../classes.ts";
import type { Context } from "../../context.ts";
import { editGroup, isWrittenWith } from "../../edits.ts";
import { facesInternet } from "../../facing.ts";
import type { Check, Finding } from "../../model.ts";
import { machineName, namesOf } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";
import { groupSubject, membersOf } from "../groups/members.ts";

export const databaseOpenInside: Check = {
  number: "RW702",
  name: "database-open-inside",
  title: "A database is open to whole subnets, machines that the internet reaches among them",
  severity: "medium",
  why:
    "The machines in front are the ones that are taken over first. A rule that names addresses instead of the application's group " +
    "lets each of them talk to the database, whether it has business there or not.",
  references: [
    {
      title: "AWS Well-Architected, SEC05-BP01 (create network layers)",
      url: "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_network_protection_create_layers.html",
    },
    { title: "PCI DSS 4.0, 1.4.4 (systems with cardholder data are not reached from untrusted networks)" },
  ],
  *run(context) {
    for (const group of context.groups())
      for (const rule of group.inbound) {
        const finding = findingFor(context, group, rule);
        if (finding !== undefined) yield finding;
      }
  },
};

function findingFor(context: Context, group: SecurityGroup, rule: SecurityGroupRule): Finding | undefined {
  const { peer, protocol } = rule;
  if (peer.kind !== "addresses" || (protocol !== TCP && protocol !== "any")) return undefined;
  const ports = intersection(
    protocol === "any" ? anyPort : (rule.ports ?? anyPort),
    context.settings.ports.database,
  );
  const [port] = ports;
  const [target] = membersOf(context, group.id);
  if (port === undefined || target === undefined || !holdsDatabase(context, target, rule)) return undefined;
  const inside = interfaceClasses(context.estate).filter(
    ({ first }) =>
      first !== target &&
      first.kind !== "load-balancer" &&
      !first.securityGroups.includes(group.id) &&
      first.addresses.some((item) => hasAddress(peer.set, item.address)),
  );
  // One subnet is how applications are named where groups are not; two are not one application.
  if (new Set(inside.map(({ first }) => first.subnet)).size < 2) return undefined;
  const reaching = inside.flatMap(({ first, members }) => {
    const asked = facesInternet(context, first)
      ? context.ask({ from: first.id, to: target.id, protocol: TCP, port })
      : undefined;
    return asked?.answer === "allowed" ? [{ first, members, packet: asked.question.packet }] : [];
  });
  const [shown] = reaching;
  if (shown === undefined) return undefined;
  const names = namesOf(
    context,
    reaching.flatMap((item) => item.members),
  );
  return {
    subject: groupSubject(group, "inbound", rule),
    title: `“${rule.text}” of ${ringName(group)} lets ${names}, which the internet reaches, talk to ${machineName(context, target)} on tcp ${numberText(ports)}`,
    origins: [rule.origin],
    witness: {
      packet: exampleOf(shown.packet),
      seen: `${machineName(context, shown.first)}, which the internet reaches, gets to ${machineName(context, target)}`,
    },
    remedy: remedyOf(
      context,
      group,
      rule,
      inside.map(({ first }) => first),
    ),
  };
}

/** What answers to a database's port: by its kind, by what listens, or since the rule names such ports alone. */
function holdsDatabase(context: Context, place: Interface, rule: SecurityGroupRule): boolean {
  const { database } = context.settings.ports;
  const host = context.index.hostOf(place);
  if (place.kind === "database" || host?.kind === "database") return true;
  if (host?.listens !== undefined)
    return host.listens.some((item) => intersection([item.port, item.port], database).length > 0);
  const ports = rule.ports ?? anyPort;
  return rule.protocol === TCP && intersection(ports, database).length === ports.length;
}

/** The groups of those that the internet does not reach, in place of addresses: the application is among them. */
function remedyOf(
  context: Context,
  group: SecurityGroup,
  rule: SecurityGroupRule,
  inside: readonly Interface[],
) {
  const behind = inside.filter((place) => !facesInternet(context, place));
  const groups = [...new Set(behind.flatMap((place) => place.securityGroups))].flatMap(
    (id) => context.estate.securityGroups.get(id) ?? [],
  );
  const [first] = groups;
  if (first === undefined)
    return {
      text: "name the group of the application in place of addresses",
      unchecked: "which machines use the database is for a person to say",
    };
  return {
    text: `name the groups of those that use it in place of addresses: ${groups.map((item) => item.name).join(", ")}`,
    edit: editGroup(group.id, "inbound", (rules) => [
      ...rules.filter((item) => !isWrittenWith(item, rule)),
      ...groups.map((item) => ({
        ...rule,
        peer: { kind: "group" as const, id: item.id },
        text: `${rule.text} (by ${item.name})`,
      })),
    ]),
  };
}
