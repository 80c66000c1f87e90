// RW103: every port, or nearly, open to the internet: by one rule, or since no ring asks at all.
import type { Severity } from "../../../../estate/settings.ts";
import type { Context } from "../../context.ts";
import { anyPort, protocolName, TCP, UDP } from "../../../../packet/protocol.ts";
import { intersection } from "../../../../packet/intervals.ts";
import { numberText } from "../../../../packet/packet.ts";
import { replaceGroupRule } from "../../edits.ts";
import type { Check, Finding, Remedy } from "../../model.ts";
import { countNumbers, machineName, namesOf } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";
import { opensEverything } from "./open-to-world.ts";
import {
  culpritName,
  lessBad,
  originOf,
  portsOfCulprit,
  subjectOf,
  worldOpenings,
  type WorldOpening,
} from "./world.ts";

export const openToWorldEverything: Check = {
  number: "RW103",
  name: "open-to-world-everything",
  title: "Everything is open to the internet",
  severity: "critical",
  why:
    "Whatever listens on the machine now, or is installed on it next year, is on the internet: a debugger, a cache without a " +
    "password, an agent's port. The ring is there and does nothing.",
  references: [
    {
      title: "AWS Security Hub EC2.18 (only authorized ports open to 0.0.0.0/0)",
      url: "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-18",
    },
    { title: "CIS AWS Foundations 5.0.0, 5.2 to 5.4" },
  ],
  *run(context) {
    for (const protocol of [TCP, UDP])
      for (const opening of worldOpenings(context, { protocol, ports: anyPort })) {
        if (!opensEverything(opening)) continue;
        const { culprit, at } = opening;
        // A balancer opens its listeners alone, and those are what it is there for.
        if (culprit.kind !== "group" && context.index.loadBalancerOf(at) !== undefined) continue;
        yield findingOf(context, protocol, opening);
      }
  },
};

function findingOf(context: Context, protocol: number, opening: WorldOpening): Finding {
  const { culprit, places, at, ports, certain } = opening;
  const origin = originOf(culprit);
  const names = namesOf(context, places);
  const severity = severityOf(context, opening);
  return {
    subject: subjectOf(culprit),
    severity: certain ? severity : lessBad(severity),
    title:
      culprit.kind === "bare"
        ? `no ring stands between the internet and ${names}`
        : `${culpritName(culprit)} lets the internet reach ${serviceText(opening, protocol)} of ${names}`,
    origins: [origin],
    witness: {
      packet: exampleOf({
        ...opening.packet,
        destinationPort:
          typeof opening.packet.destinationPort === "number"
            ? opening.packet.destinationPort
            : intersection(opening.packet.destinationPort ?? ports, ports),
      }),
      seen: `it gets to ${machineName(context, at)}, and the answer gets back`,
    },
    ...(isForReplies(opening)
      ? {
          why:
            "The rule is there for replies, but a ring without memory can't tell a reply from a new connection, and " +
            "no ring with memory stands behind it: whatever listens on a port above 1023 is on the internet.",
        }
      : {}),
    remedy: remedyOf(context, protocol, opening),
  };
}

function serviceText({ culprit }: WorldOpening, protocol: number): string {
  if (culprit.kind === "group" && culprit.rule.protocol === "any") return "everything";
  const ports = portsOfCulprit(culprit);
  return countNumbers(ports) >= 65535
    ? `every ${protocolName(protocol)} port`
    : `${protocolName(protocol)} ${numberText(ports)}`;
}

function severityOf(context: Context, opening: WorldOpening): Severity {
  const { culprit, at } = opening;
  if (isForReplies(opening)) return "medium";
  if (culprit.kind !== "bare") return "critical";
  const { admin, database } = context.settings.ports;
  const listens = context.index.hostOf(at)?.listens;
  // What is known to listen, and is no more than a web server has, is less than everything.
  if (listens === undefined) return "critical";
  return intersection(opening.ports, admin).length + intersection(opening.ports, database).length > 0
    ? "critical"
    : "medium";
}

/** A stateless ring's entry for ephemeral ports. */
function isForReplies({ culprit }: WorldOpening): boolean {
  if (culprit.kind !== "ring" || culprit.step.layer === "host") return false;
  return (portsOfCulprit(culprit)[0] ?? 0) >= 1024;
}

const web = [80, 80, 443, 443];

function remedyOf(context: Context, protocol: number, opening: WorldOpening): Remedy {
  const { culprit, at } = opening;
  if (culprit.kind === "group") {
    const text = `tcp 443 from the same (in place of: ${culprit.rule.text})`;
    const question = { from: "internet", to: at.id, protocol: TCP, port: 443, family: opening.packet.family };
    return {
      text: `name what the machine is there for in place of “${culprit.rule.text}”: tcp 443 from everybody, administration from the office, the rest from the groups that use it`,
      edit: replaceGroupRule(culprit.group.id, "inbound", culprit.rule, (rule) => [
        { ...rule, protocol: TCP, ports: [443, 443], text },
      ]),
      expect: context.ask(question)?.answer === "allowed" ? [{ question, answer: "allowed" }] : [],
    };
  }
  const known = context.index.hostOf(at)?.listens?.some((item) => !web.includes(item.port)) === true;
  return {
    text:
      culprit.kind === "bare"
        ? `put a security group${known ? "" : " or a host firewall"} in front of it that lets in what it is there for`
        : `put a security group or a stateful filter behind ${culpritName(culprit)}, which lets in ${protocolName(protocol)} for what the machine is there for`,
    unchecked: "which services the machine is there for is for a person to say",
  };
}
