// RW701: connections into a tier from where none should begin: another tier than those that the settings name, a place in no
// tier, or the internet.
import type { Interface } from "../../../../estate/model.ts";
import {
  formatAddressSet,
  isEmptyAddresses,
  subtractAddresses,
  unionOfAddresses,
  isAddress,
  singleAddress,
} from "../../../../packet/address-set.ts";
import { difference, intersection, union, type NumberSet } from "../../../../packet/intervals.ts";
import { numberText } from "../../../../packet/packet.ts";
import { anyPort, portDomain, protocolName, TCP, UDP } from "../../../../packet/protocol.ts";
import { interfaceClasses } from "../../classes.ts";
import type { Context } from "../../context.ts";
import type { Check, Finding } from "../../model.ts";
import { machineName, openingsTo, type Opening } from "../../openings.ts";
import { tierPlaces, type TierPlaces } from "../../tiers.ts";
import { exampleOf } from "../../witness.ts";

export const tierCrossed: Check = {
  number: "RW701",
  name: "tier-crossed",
  title: "A tier is reached from where it should not be",
  severity: "medium",
  why:
    "Tiers are kept apart so that who takes one machine gets no further than the next tier, by the service that it offers. A way " +
    "around that makes one network of them.",
  references: [
    { title: "NIST SP 800-53 SC-7 (21), isolation of system components" },
    {
      title:
        "PCI DSS 4.0, 1.3 and 1.4 (network access to and from the cardholder data environment is restricted)",
    },
  ],
  *run(context) {
    const tiers = tierPlaces(context.estate);
    for (const into of tiers) {
      if (context.focus?.kind === "tier" && context.focus.id !== into.tier.name) continue;
      yield* crossings(context, tiers, into);
    }
  },
};

interface Way {
  readonly opening: Opening;
  readonly ports: NumberSet;
  readonly from: string;
  readonly to: Interface;
  readonly protocol: number;
}

function* crossings(context: Context, tiers: readonly TierPlaces[], into: TierPlaces): Iterable<Finding> {
  const classes = interfaceClasses(context.estate);
  const targets = classes.filter(({ members }) => members.some((place) => into.interfaces.has(place)));
  if (!into.fromInternet) {
    const way = firstWay(context, into, "internet", targets);
    if (way !== undefined) yield findingOf(context, into, "the internet", way, "internet");
  }
  const tierOf = (place: Interface): string | undefined =>
    tiers.find((item) => item.interfaces.has(place))?.tier.name;
  const sources = Map.groupBy(
    classes.filter(({ first }) => !into.tiers.has(tierOf(first) ?? "")),
    ({ first }) => tierOf(first) ?? "",
  );
  for (const [name, group] of sources) {
    for (const source of group) {
      const way = firstWay(context, into, source.first.id, targets);
      if (way === undefined) continue;
      const where = name === "" ? machineName(context, source.first) : `tier ${name}`;
      yield findingOf(context, into, where, way, name === "" ? source.first.id : name);
      // One way from a tier shows it; a place in no tier is told by itself.
      if (name !== "") break;
    }
  }
}

/** Whether it comes from addresses that none of the tier's `from` names. */
function isForeign(into: TierPlaces, { packet }: Opening): boolean {
  const source = isAddress(packet.source) ? singleAddress(packet.source) : packet.source;
  return !isEmptyAddresses(subtractAddresses(source, unionOfAddresses(into.fromNames)));
}

function firstWay(
  context: Context,
  into: TierPlaces,
  from: string,
  targets: ReturnType<typeof interfaceClasses>,
): Way | undefined {
  for (const { first } of targets) {
    if (first.id === from) continue;
    for (const protocol of [TCP, UDP])
      for (const family of [4, 6] as const) {
        const asked = { protocol, ports: anyPort, family };
        const foreign = openingsTo(context, from, first, asked).filter(
          (opening) => opening.certain && isForeign(into, opening),
        );
        // What everybody may ask for, those inside may, too.
        const shared = into.fromInternet ? portsOf(openingsTo(context, "internet", first, asked)) : [];
        const ports = difference(portDomain, portsOf(foreign), shared);
        const opening = foreign.find((item) => intersection(portsOf([item]), ports).length > 0);
        if (opening !== undefined) return { opening, ports, from, to: first, protocol };
      }
  }
  return undefined;
}

function portsOf(openings: readonly Opening[]): NumberSet {
  return openings.reduce<NumberSet>((sofar, { packet }) => {
    const own = packet.destinationPort ?? [];
    return union(portDomain, sofar, typeof own === "number" ? [own, own] : own);
  }, []);
}

function findingOf(context: Context, into: TierPlaces, where: string, way: Way, part: string): Finding {
  const { tier } = into;
  const grave = tier.holds === "databases" || way.from === "internet";
  const rules = way.opening.steps.findLast((step) => step.layer === "security-group")?.rules ?? [];
  const allowed = [...into.tiers].filter((name) => name !== tier.name);
  const others = into.fromNames.map((set) => set.name ?? formatAddressSet(set));
  const who = [...allowed, ...others, ...(into.fromInternet ? ["internet"] : [])].join(", ");
  return {
    subject: { kind: "tier", id: tier.name, name: tier.name, part: `from ${part}` },
    severity: grave ? "high" : "medium",
    title: `${where} reaches tier ${tier.name} on ${protocolName(way.protocol)} ${numberText(way.ports)}, which ${who === "" ? "nobody" : `only ${who}`} should`,
    origins: [rules[0]?.origin ?? tier.origin, tier.origin],
    witness: {
      packet: exampleOf({
        ...way.opening.packet,
        destinationPort: intersection(portsOf([way.opening]), way.ports),
      }),
      seen: `it gets to ${machineName(context, way.to)}, and the answer gets back`,
    },
    remedy: {
      text:
        rules[0] === undefined
          ? `put a ring in front of ${machineName(context, way.to)} that lets in ${who === "" ? "nobody" : `only ${who}`}; or name ${where} in the tier's “from”`
          : `narrow “${rules[0].text}” to ${who === "" ? "nobody" : who}; or name ${where} in the tier's “from”`,
      unchecked: "whether the rule or the tiers are wrong is for a person to say",
    },
  };
}
