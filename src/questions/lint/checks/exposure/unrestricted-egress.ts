// RW107: a machine that may send anything to anywhere on the internet. Machines that no way leads out of are silent, and
// those that the internet gets to weigh more.
import type { Interface } from "../../../../estate/model.ts";
import { ringName } from "../../../../layers/ports.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../../../layers/security-group/model.ts";
import { prefixSet, unionOfAddresses } from "../../../../packet/address-set.ts";
import { anyPort, TCP } from "../../../../packet/protocol.ts";
import type { Context } from "../../context.ts";
import { replaceGroupRule } from "../../edits.ts";
import { facesInternet } from "../../facing.ts";
import type { Check, Finding } from "../../model.ts";
import {
  countNumbers,
  isWorldwide,
  machineName,
  namesOf,
  openingsFrom,
  type Opening,
} from "../../openings.ts";
import { exampleNumber, exampleOf } from "../../witness.ts";
import { everything } from "./open-to-world.ts";

export const unrestrictedEgress: Check = {
  number: "RW107",
  name: "unrestricted-egress",
  title: "Anything may go out to the internet",
  severity: "medium",
  why:
    "A machine that is taken over calls home: a reverse shell, the attacker's tools, the customers' records on their way out. " +
    "What may go out decides whether a flaw becomes a breach.",
  references: [
    {
      title: "AWS Well-Architected, SEC05-BP02 (control traffic flow within your network layers)",
      url: "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_network_protection_layered.html",
    },
    { title: "NIST SP 800-53 SC-7 (5), deny by default, allow by exception" },
    { title: "MITRE ATT&CK T1041, exfiltration over the command and control channel" },
  ],
  run: (context) => findings(context),
};

/** What lets it out: the rules of a group, or nothing that asks. */
interface Outlet {
  readonly group?: SecurityGroup;
  readonly rule?: SecurityGroupRule;
  readonly places: readonly Interface[];
  readonly at: Interface;
  readonly opening: Opening;
}

function* findings(context: Context): Iterable<Finding> {
  const outlets = new Map<string, Outlet>();
  for (const { first, members } of context.classes()) {
    // Load balancers and databases that a provider runs begin no connections of a program's own; what pods may send is
    // asked namespace by namespace, by the checks of Kubernetes.
    if (first.kind === "load-balancer" || first.kind === "database" || first.kind === "pod") continue;
    for (const family of [4, 6] as const) {
      const opening = openingsFrom(context, first, "internet", {
        protocol: TCP,
        ports: anyPort,
        family,
      }).find(
        ({ packet, certain }) =>
          certain &&
          isWorldwide(packet.destination) &&
          countNumbers(packet.destinationPort ?? anyPort) >= everything,
      );
      if (opening === undefined) continue;
      for (const source of outletsOf(context, first, opening)) {
        const key = source.rule === undefined ? first.id : `${source.group?.id} ${source.rule.text}`;
        const before = outlets.get(key);
        outlets.set(key, {
          ...source,
          opening: before?.opening ?? opening,
          at: before?.at ?? first,
          places: [...new Set([...(before?.places ?? []), ...members])],
        });
      }
    }
  }
  for (const outlet of outlets.values()) yield findingOf(context, outlet);
}

function outletsOf(
  context: Context,
  place: Interface,
  opening: Opening,
): readonly Pick<Outlet, "group" | "rule">[] {
  const step = opening.steps.find((item) => item.layer === "security-group");
  if (step === undefined) return [{}];
  const ring = context.index.ringOf(place);
  const written = ring.groups.flatMap((group) => group.outbound.map((rule) => ({ group, rule })));
  return ring.outbound.flatMap((lowered, at) => {
    const own = written[at];
    return own !== undefined && step.rules.includes(lowered.rule) ? [own] : [];
  });
}

function findingOf(context: Context, { group, rule, places, at, opening }: Outlet): Finding {
  const names = namesOf(context, places);
  const facing = places.find((place) => facesInternet(context, place));
  const base = {
    severity: facing === undefined ? ("low" as const) : ("medium" as const),
    witness: {
      // A port that no service has: where reverse shells like to call.
      packet: exampleOf({
        ...opening.packet,
        destinationPort: exampleNumber(opening.packet.destinationPort ?? anyPort, [4444]),
      }),
      seen: `${machineName(context, at)} gets there, whatever the address, and the answer gets back`,
    },
  };
  if (group === undefined || rule === undefined)
    return {
      ...base,
      // An estate that says nothing of the way out may only leave it out.
      severity: "low",
      subject: { kind: "interface", id: at.id, name: at.name },
      title: `nothing limits what ${names} may send to the internet`,
      origins: [at.origin],
      remedy: {
        text: "put a security group or a host firewall on it that lets out what it needs: as a rule tcp 443, and what it uses inside",
        unchecked: "what it needs is for a person to say; recorded flows show it",
      },
    };
  const network = context.estate.networks.get(group.network);
  const inside = unionOfAddresses((network?.prefixes ?? []).map(prefixSet));
  return {
    ...base,
    subject: {
      kind: "security-group",
      id: group.id,
      name: group.name,
      part: `outbound ${rule.id ?? rule.text}`,
    },
    title: `${ringName(group)} lets ${names} send anything to the internet`,
    origins: [rule.origin],
    remedy: {
      text: `in place of “${rule.text}” let out what it needs: as a rule tcp 443 to anywhere, and inside the network what it uses`,
      edit: replaceGroupRule(group.id, "outbound", rule, (old) => [
        { ...old, protocol: TCP, ports: [443, 443], text: "tcp 443 to anywhere" },
        { ...old, peer: { kind: "addresses", set: inside }, text: "all to the network" },
      ]),
      expect: stillAsked(context, at, opening),
    },
  };
}

/** HTTPS to the internet has to work afterwards, where it did before. */
function stillAsked(context: Context, at: Interface, { packet }: Opening) {
  const question = { from: at.id, to: "internet", protocol: TCP, port: 443, family: packet.family };
  return context.ask(question)?.answer === "allowed" ? [{ question, answer: "allowed" as const }] : [];
}
