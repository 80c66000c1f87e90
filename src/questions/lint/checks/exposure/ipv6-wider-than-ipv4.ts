// RW106: ports that the internet gets to over IPv6 and not over IPv4, on a machine that it could reach over both.
import { ringName } from "../../../../layers/ports.ts";
import { subtractAddresses, allIpv6 } from "../../../../packet/address-set.ts";
import { difference, intersection, union, type NumberSet } from "../../../../packet/intervals.ts";
import { numberText } from "../../../../packet/packet.ts";
import { anyPort, portDomain, protocolName, TCP, UDP } from "../../../../packet/protocol.ts";
import type { Interface } from "../../../../estate/model.ts";
import type { Context } from "../../context.ts";
import { editGroup } from "../../edits.ts";
import type { Check, Finding, Remedy } from "../../model.ts";
import { isWorldwide, machineName, namesOf, openingsTo, type Opening } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";

export const ipv6WiderThanIpv4: Check = {
  number: "RW106",
  name: "ipv6-wider-than-ipv4",
  title: "IPv6 is open where IPv4 is closed",
  severity: "high",
  why:
    "Rules for IPv4 say nothing of IPv6. The machine has both, the rules were written for one, and whoever asks over the other " +
    "finds the door that everybody thinks is shut.",
  references: [
    { title: "CIS AWS Foundations 5.0.0, 5.4 (no ingress from ::/0 to remote administration ports)" },
    {
      title: "RFC 9099, operational security considerations for IPv6 networks",
      url: "https://www.rfc-editor.org/rfc/rfc9099",
    },
  ],
  *run(context) {
    for (const { first, members } of context.classes()) {
      // Without a public IPv4 address there is nothing to compare with: IPv6 alone may be how the machine is served.
      if (!first.addresses.some((item) => item.public !== undefined)) continue;
      for (const protocol of [TCP, UDP]) {
        const finding = findingFor(context, first, members, protocol);
        if (finding !== undefined) yield finding;
      }
    }
  },
};

function findingFor(
  context: Context,
  first: Interface,
  members: readonly Interface[],
  protocol: number,
): Finding | undefined {
  const openings = (family: 4 | 6): readonly Opening[] =>
    openingsTo(context, "internet", first, { protocol, ports: anyPort, family }).filter(
      ({ packet, certain }) => certain && isWorldwide(packet.source),
    );
  const over6 = openings(6);
  const wider = difference(portDomain, portsOf(over6), portsOf(openings(4)));
  const opening = over6.find(({ packet }) => intersection(portsOf([{ packet }]), wider).length > 0);
  if (opening === undefined) return undefined;
  const rule = opening.steps.findLast((step) => step.rules.length > 0)?.rules[0];
  const service = `${protocolName(protocol)} ${numberText(wider)}`;
  const shown = intersection(portsOf([opening]), wider);
  return {
    subject: { kind: "interface", id: first.id, name: first.name, part: protocolName(protocol) },
    title: `the internet reaches ${service} of ${namesOf(context, members)} over IPv6, and not over IPv4`,
    origins: [rule?.origin ?? first.origin, first.origin],
    witness: {
      packet: exampleOf({ ...opening.packet, destinationPort: shown }),
      seen: `it gets to ${machineName(context, first)}, and the answer gets back; over IPv4 it does not`,
    },
    remedy: remedyFor(context, first, protocol, wider),
  };
}

function portsOf(openings: readonly Pick<Opening, "packet">[]): NumberSet {
  return openings.reduce<NumberSet>((ports, { packet }) => {
    const own = packet.destinationPort ?? anyPort;
    return union(portDomain, ports, typeof own === "number" ? [own, own] : own);
  }, []);
}

/** Where a group's rules open it: those rules without IPv6. */
function remedyFor(context: Context, place: Interface, protocol: number, wider: NumberSet): Remedy {
  const hits = context.index
    .ringOf(place)
    .groups.flatMap((group) =>
      group.inbound
        .filter(
          ({ peer, protocol: own, ports }) =>
            peer.kind === "addresses" &&
            isWorldwide({ v4: [], v6: peer.set.v6 }) &&
            own === protocol &&
            intersection(ports ?? anyPort, wider).length > 0,
        )
        .map((rule) => ({ group, rule })),
    );
  const [hit] = hits;
  if (hit === undefined)
    return {
      text: `write for IPv6 what is written for IPv4: refuse ${protocolName(protocol)} ${numberText(wider)}`,
      unchecked: "in which of the rings is for a person to choose",
    };
  return {
    text: `take ::/0 out of “${hit.rule.text}” of ${ringName(hit.group)}, or name over IPv6 whom the rule for IPv4 names`,
    edit: (estate) =>
      hits.reduce(
        (sofar, { group, rule }) =>
          editGroup(group.id, "inbound", (rules) =>
            rules.map((item) =>
              item === rule && item.peer.kind === "addresses"
                ? { ...item, peer: { kind: "addresses", set: subtractAddresses(item.peer.set, allIpv6) } }
                : item,
            ),
          )(sofar),
        estate,
      ),
  };
}
