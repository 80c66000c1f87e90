// A trace as JSON, in the shape that schemas/trace.schema.json publishes.
import type { Leg } from "../../estate/walk/passage.ts";
import { addressText, numberText, type Packet } from "../../packet/packet.ts";
import { protocolName } from "../../packet/protocol.ts";
import type { Origin } from "../../problem.ts";
import type { Step } from "../../rules/step.ts";
import type { Cause } from "../../rules/truth.ts";
import type { Trace } from "../../questions/trace/model.ts";
import type { TraceDocument } from "./trace-schema.ts";

type StepDocument = TraceDocument["forward"]["steps"][number];

export function traceJson(trace: Trace, stops: readonly string[]): TraceDocument {
  return {
    schema: "ringwall.trace/1",
    question: {
      from: trace.question.from,
      to: trace.question.to,
      state: trace.question.state,
      packet: packetJson(trace.question.packet),
    },
    answer: trace.answer,
    forward: legJson(trace.shown.forward, trace.shown.packet),
    ...(trace.shown.reply === undefined ? {} : { reply: legJson(trace.shown.reply, undefined) }),
    onward: trace.onward.map((next) => traceJson(next, [])),
    blockers: trace.blockers.map(({ leg, step }) => ({ leg, ...stepJson(step) })),
    dependsOn: trace.dependsOn.map(({ what, cause }) => ({
      what,
      ...(cause?.kind === "condition" && cause.origin !== undefined
        ? { origin: originJson(cause.origin) }
        : {}),
    })),
    remedy: [...trace.remedy],
    stops: [...stops],
    cases: trace.cases.map((item) => ({ packet: packetJson(item.packet), answer: item.answer })),
    also: trace.also.map((item) => ({ ...item })),
    unknowns: trace.unknowns.map(({ origin, what, effect }) => ({
      origin: originJson(origin),
      what,
      effect,
    })),
  };
}

export function packetJson(packet: Packet): TraceDocument["question"]["packet"] {
  return {
    family: packet.family,
    protocol:
      typeof packet.protocol === "number" ? protocolName(packet.protocol) : numberText(packet.protocol),
    source: addressText(packet.source),
    destination: addressText(packet.destination),
    ...(packet.sourcePort === undefined ? {} : { sourcePort: numberText(packet.sourcePort) }),
    ...(packet.destinationPort === undefined ? {} : { destinationPort: numberText(packet.destinationPort) }),
    ...(packet.icmpType === undefined ? {} : { icmpType: numberText(packet.icmpType) }),
    ...(packet.icmpCode === undefined ? {} : { icmpCode: numberText(packet.icmpCode) }),
  };
}

function legJson(leg: Leg, packet: Packet | undefined): TraceDocument["forward"] {
  return {
    answer: leg.answer,
    ...(packet === undefined ? {} : { packet: packetJson(packet) }),
    arrives: packetJson(leg.packet),
    steps: leg.steps.map(stepJson),
  };
}

export function stepJson(step: Step): StepDocument {
  const rules = step.rules.map((rule) => ({ text: rule.text, origin: originJson(rule.origin) }));
  const [rule] = rules;
  return {
    layer: step.layer,
    place: step.place,
    ring: step.ring,
    verdict: step.verdict,
    ...(rule === undefined ? {} : { rule }),
    rules,
    why: step.why,
    causes: step.causes.map(causeText),
    ...(step.rewritten === undefined ? {} : { rewritten: packetJson(step.rewritten) }),
    ...(step.remedy === undefined ? {} : { remedy: step.remedy }),
    ...(step.silent === undefined ? {} : { silent: step.silent }),
  };
}

export function causeText(cause: Cause): string {
  switch (cause.kind) {
    case "condition":
      return cause.what;
    case "number":
      return `${cause.field} in ${numberText(cause.inside)}`;
    case "address":
      return `${cause.field} in ${addressText(cause.inside)}`;
  }
}

export function originJson(origin: Origin): { file: string; line: number; column?: number; id?: string } {
  return {
    file: origin.file,
    line: origin.line,
    ...(origin.column === undefined ? {} : { column: origin.column }),
    ...(origin.id === undefined ? {} : { id: origin.id }),
  };
}
