// RW401, RW402: addresses of machines that have a group, written into another group's rule: one machine's, or a subnet's.
import type { Interface } from "../../../../estate/model.ts";
import { ringName, type Direction } from "../../../../layers/ports.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../../../layers/security-group/model.ts";
import type { Address } from "../../../../packet/address.ts";
import { addressBits, formatAddress } from "../../../../packet/address.ts";
import {
  formatAddressSet,
  isAddressSubset,
  ofFamily,
  prefixesOf,
  prefixSet,
  unionOfAddresses,
  type AddressSet,
} from "../../../../packet/address-set.ts";
import type { Context } from "../../context.ts";
import { editGroup, isWrittenWith } from "../../edits.ts";
import type { Check, Finding, Reference, Witness } from "../../model.ts";
import { machineName, namesOf } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";
import { hasPorts } from "../../../../packet/protocol.ts";
import { groupSubject, isDefault, membersOf, rulesOf } from "./members.ts";

const references: readonly Reference[] = [
  {
    title: "VPC user guide, “Security group rules” (referencing security groups)",
    url: "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html#security-group-referencing",
  },
];

export const hardCodedAddress: Check = {
  number: "RW401",
  name: "hard-coded-address",
  title: "A rule names a machine by its address, though the machine has a group",
  severity: "low",
  why:
    "The address is right until the machine is replaced, scaled or moved: then the rule shuts its successor out, and lets in " +
    "whoever gets the address next. A group as the peer stands for its members, whoever they are.",
  references,
  *run(context) {
    for (const group of context.groups())
      for (const [direction, rule] of rulesOf(group)) {
        // A line that names several addresses was read as several rules: it is one finding, its first rule's.
        const line = group[direction].filter((item) => isWrittenWith(item, rule));
        const finding = line[0] === rule ? named(context, group, direction, line) : undefined;
        if (finding !== undefined) yield finding;
      }
  },
};

function named(
  context: Context,
  group: SecurityGroup,
  direction: Direction,
  line: readonly SecurityGroupRule[],
): Finding | undefined {
  const machines = line.flatMap((rule) => machinesOf(context, group, rule));
  const [machine] = machines;
  if (machine === undefined) return undefined;
  const { rule, peer } = machine;
  const shutOut = membersOf(context, peer.id).filter(
    (place) => !machines.some((item) => item.place === place) && !covers(rule, group, direction, place),
  );
  const name = machineName(context, machine.place);
  const refused = refusedTo(context, group, rule, shutOut[0]);
  return {
    subject: groupSubject(group, direction, rule),
    severity: shutOut.length > 0 ? "medium" : "low",
    title:
      `“${rule.text}” of ${ringName(group)} names ${name} by its address ${formatAddress(machine.address)}` +
      (shutOut.length > 0
        ? `, and shuts out ${namesOf(context, shutOut)}, which ${shutOut.length === 1 ? "is" : "are"} in ${peer.name}, too`
        : ""),
    origins: [rule.origin, machine.place.origin],
    ...(refused === undefined ? {} : { witness: refused }),
    remedy: machine.isPublic
      ? {
          text: `name ${ringName(peer)} and let ${name} come by its private address; a group never stands for public ones`,
          unchecked: "whether there is a private way is for a person to see to",
        }
      : {
          text: `name the group: ${peer.name} in place of ${formatAddress(machine.address)}`,
          edit: editGroup(group.id, direction, (rules) =>
            rules.map((item) => {
              const own = machines.find((each) => each.rule === item && !each.isPublic);
              return own === undefined ? item : byGroup(item, own.peer);
            }),
          ),
        },
  };
}

interface Machine {
  readonly rule: SecurityGroupRule;
  readonly place: Interface;
  readonly address: Address;
  /** The group that could be named in its place. */
  readonly peer: SecurityGroup;
  readonly isPublic: boolean;
}

/** The machines of a rule's single addresses; none where it names more than machines that have a group of their own. */
function machinesOf(context: Context, group: SecurityGroup, rule: SecurityGroupRule): readonly Machine[] {
  if (rule.peer.kind !== "addresses") return [];
  const prefixes = prefixesOf(rule.peer.set);
  if (prefixes.length > 8 || prefixes.some(({ family, length }) => length !== addressBits(family))) return [];
  const machines = prefixes.map((prefix): Machine | undefined => {
    const inside = context.index.interfaceAt(group.network, prefix);
    const place = inside ?? context.index.publicInterface(prefix)?.interface;
    const peer = place?.securityGroups
      .flatMap((id) => (id === group.id ? [] : (context.estate.securityGroups.get(id) ?? [])))
      .find((item) => !isDefault(item));
    if (place === undefined || peer === undefined) return undefined;
    return { rule, place, peer, address: prefix, isPublic: inside === undefined };
  });
  return machines.every((machine) => machine !== undefined) ? machines : [];
}

/** The packet of a member that the rule forgets, where something does refuse it. */
function refusedTo(
  context: Context,
  group: SecurityGroup,
  rule: SecurityGroupRule,
  from: Interface | undefined,
): Witness | undefined {
  const [to] = membersOf(context, group.id);
  const [port] = rule.ports ?? [443];
  if (from === undefined || to === undefined || rule.protocol === "any" || !hasPorts(rule.protocol))
    return undefined;
  const asked = context.ask({ from: from.id, to: to.id, protocol: rule.protocol, port: port ?? 443 });
  if (asked?.answer !== "denied") return undefined;
  return {
    packet: exampleOf(asked.question.packet),
    seen: `${machineName(context, from)} is refused what “${rule.text}” allows another of its group`,
  };
}

/** Whether another rule of the group names a member, too: by address or by group. */
function covers(
  { text: _text, ...rule }: SecurityGroupRule,
  group: SecurityGroup,
  direction: Direction,
  place: Interface,
): boolean {
  const address = unionOfAddresses(
    place.addresses.map((item) => prefixSet({ ...item.address, length: addressBits(item.address.family) })),
  );
  return group[direction].some(
    (other) =>
      other.protocol === rule.protocol &&
      JSON.stringify(other.ports) === JSON.stringify(rule.ports) &&
      (other.peer.kind === "group"
        ? place.securityGroups.includes(other.peer.id)
        : other.peer.kind === "addresses" && isAddressSubset(ofFamily(address, 4), other.peer.set)),
  );
}

function byGroup(rule: SecurityGroupRule, peer: SecurityGroup): SecurityGroupRule {
  return { ...rule, peer: { kind: "group", id: peer.id }, text: `${rule.text} (by ${peer.name})` };
}

export const hardCodedSubnet: Check = {
  number: "RW402",
  name: "hard-coded-subnet",
  title: "A rule names a whole subnet whose machines all have one group",
  severity: "note",
  why:
    "Whoever is put into the subnet later is let in by the rule, whatever it is. The group that all of today's machines there carry " +
    "says the same today, and says what is meant.",
  references,
  optional: true,
  *run(context) {
    for (const group of context.groups())
      for (const [direction, rule] of rulesOf(group)) {
        if (rule.peer.kind !== "addresses") continue;
        const { set } = rule.peer;
        const subnet = context.index
          .subnetsOf(group.network)
          .find((item) => item.prefixes.some((prefix) => isSame(prefixSet(prefix), set)));
        const there = [...context.estate.interfaces.values()].filter((place) => place.subnet === subnet?.id);
        const [first, ...others] = there;
        const shared = first?.securityGroups.find((id) =>
          others.every((place) => place.securityGroups.includes(id)),
        );
        const peer = shared === undefined ? undefined : context.estate.securityGroups.get(shared);
        if (subnet === undefined || peer === undefined || isDefault(peer)) continue;
        yield {
          subject: groupSubject(group, direction, rule),
          title: `“${rule.text}” of ${ringName(group)} names subnet ${subnet.name} (${formatAddressSet(set)}), all of whose machines are in ${peer.name}`,
          origins: [rule.origin, subnet.origin],
          remedy: {
            text: `name the group: ${peer.name} in place of ${formatAddressSet(set)}`,
            edit: editGroup(group.id, direction, (rules) =>
              rules.map((item) => (item === rule ? byGroup(item, peer) : item)),
            ),
          },
        };
      }
  },
};

function isSame(a: AddressSet, b: AddressSet): boolean {
  return isAddressSubset(a, b) && isAddressSubset(b, a);
}
