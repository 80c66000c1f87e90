// The finding that RW101, RW102 and RW105 share: ports of a class that the internet gets to, one finding a rule. Rules that
// open everything are RW103's.
import type { Severity } from "../../../../estate/settings.ts";
import type { SecurityGroupRule } from "../../../../layers/security-group/model.ts";
import { difference, intersection, type NumberSet } from "../../../../packet/intervals.ts";
import { numberText, type Packet } from "../../../../packet/packet.ts";
import { anyPort, hasPorts, portDomain, protocolName } from "../../../../packet/protocol.ts";
import type { Context } from "../../context.ts";
import { removeGroupRule, replaceGroupRule } from "../../edits.ts";
import type { Expectation, Finding, Remedy } from "../../model.ts";
import { countNumbers, machineName, namesOf } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";
import {
  culpritName,
  lessBad,
  originOf,
  portsOfCulprit,
  subjectOf,
  worldOpenings,
  type Asked,
  type WorldOpening,
} from "./world.ts";

export interface PortQuestion {
  readonly severity: Severity;
  readonly services: readonly Asked[];
  /** What to do instead, for people. */
  readonly mend: string;
}

/** A rule over at least this many ports is about everything, whatever its single ports are. */
export const everything = 32768;

export function* openToWorld(context: Context, question: PortQuestion): Iterable<Finding> {
  for (const asked of question.services)
    for (const opening of worldOpenings(context, asked)) {
      if (opensEverything(opening)) continue;
      const { culprit, certain, places, ports } = opening;
      const service = `${protocolName(asked.protocol)} ${numberText(ports)}`;
      const perhaps = certain ? "" : " perhaps";
      const origin = originOf(culprit);
      yield {
        subject: subjectOf(culprit),
        severity: certain ? question.severity : lessBad(question.severity),
        title: `${culpritName(culprit)}${perhaps} lets the internet reach ${service} of ${namesOf(context, places)}`,
        origins: [origin],
        witness: {
          packet: witnessOf(opening.packet, ports),
          seen: `it gets to ${machineName(context, opening.at)}, and the answer gets back`,
        },
        remedy: remedyOf(context, question, asked, opening),
      };
    }
}

/** Whether the rule is one that opens everything, or there is none: then single ports are not worth a finding each. */
export function opensEverything({ culprit }: WorldOpening): boolean {
  return countNumbers(portsOfCulprit(culprit)) >= everything;
}

function witnessOf(packet: Packet, ports: NumberSet): Packet {
  return exampleOf({
    ...packet,
    destinationPort:
      typeof packet.destinationPort === "number"
        ? packet.destinationPort
        : intersection(packet.destinationPort ?? ports, ports),
  });
}

function remedyOf(context: Context, question: PortQuestion, asked: Asked, opening: WorldOpening): Remedy {
  const { culprit } = opening;
  const ports = numberText(opening.ports);
  if (culprit.kind !== "group")
    return {
      text: `refuse ${protocolName(asked.protocol)} ${ports} from the internet: ${question.mend}`,
      unchecked: "where to refuse it is for a person to choose",
    };
  const rest = withoutPorts(culprit.rule, asked);
  return {
    text: `${rest === undefined ? "remove the rule" : `take ${ports} out of the rule`} “${culprit.rule.text}”: ${question.mend}`,
    edit:
      rest === undefined
        ? removeGroupRule(culprit.group.id, "inbound", culprit.rule)
        : replaceGroupRule(culprit.group.id, "inbound", culprit.rule, (rule) => [
            { ...rule, ports: rest, text: `${rule.text} (only ${numberText(rest)})` },
          ]),
    expect: rest === undefined ? [] : stillOpen(context, opening, asked, rest),
  };
}

/** The ports that are left of a rule without those that were asked about; undefined where none is. */
function withoutPorts(rule: SecurityGroupRule, asked: Asked): NumberSet | undefined {
  if (rule.protocol !== asked.protocol || !hasPorts(asked.protocol)) return undefined;
  const left = difference(portDomain, rule.ports ?? anyPort, asked.ports);
  return left.length === 0 ? undefined : left;
}

/** A port that the rule keeps and that worked before has to work afterwards. */
function stillOpen(
  context: Context,
  { at, packet }: WorldOpening,
  asked: Asked,
  rest: NumberSet,
): readonly Expectation[] {
  const [port] = rest;
  if (port === undefined) return [];
  const question = { from: "internet", to: at.id, protocol: asked.protocol, port, family: packet.family };
  return context.ask(question)?.answer === "allowed" ? [{ question, answer: "allowed" }] : [];
}
