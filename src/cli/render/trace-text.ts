// A trace for people: one block a direction, a line a ring, then every blocker and the smallest change that helps.
// Computes nothing: what it prints stands in the trace.
import type { Answer, Leg } from "../../estate/walk/passage.ts";
import { packetText } from "../../packet/packet.ts";
import { originText, type Origin } from "../../problem.ts";
import type { LayerKind, Step, StepVerdict } from "../../rules/step.ts";
import type { Trace } from "../../questions/trace/model.ts";
import { paint, type Paint } from "./paint.ts";

const layerNames: Readonly<Record<LayerKind, string>> = {
  edge: "edge",
  route: "route",
  gateway: "gateway",
  nat: "address translation",
  nacl: "network ACL",
  "packet-filter": "packet filter",
  "security-group": "security group",
  host: "host firewall",
  "network-policy": "network policy",
  "load-balancer": "load balancer",
  endpoint: "endpoint",
};
const layerWidth = Math.max(...Object.values(layerNames).map((name) => name.length));

const answerWords: Readonly<Record<Answer, string>> = {
  allowed: "ALLOWED",
  denied: "DENIED",
  depends: "DEPENDS",
};
const marks: Readonly<Record<StepVerdict, string>> = { allowed: "✓", denied: "✗", depends: "?", passed: "·" };

export function traceText(
  trace: Trace,
  about: {
    readonly colour: boolean;
    readonly remedies: "allow" | "deny";
    readonly stops?: readonly string[];
  },
): string {
  const p = paint(about.colour);
  const { question } = trace;
  const lines = [
    `${p.strong(`${question.from} → ${question.to}`)}  ${packetText(question.packet)}  ${answerPaint(p, trace.answer)(answerWords[trace.answer])}`,
    "",
    ...partLines(trace, p),
    ...legLines("there", trace.shown.forward, trace.shown.packet, p),
    ...(trace.shown.reply === undefined ? [] : ["", ...legLines("back", trace.shown.reply, undefined, p)]),
    ...onwardLines(trace, p),
    ...blockerLines(trace, p),
    ...list(
      "It depends on",
      trace.dependsOn.map(
        (item) =>
          `${item.what}${item.cause?.kind === "condition" && item.cause.origin !== undefined ? p.faint(`  ${originLine(item.cause.origin)}`) : ""}`,
      ),
      p,
    ),
    ...(about.remedies === "allow"
      ? list(
          trace.remedy.length === 1
            ? "The smallest change that lets it through"
            : "The smallest changes that let it through",
          trace.remedy,
          p,
        )
      : list("The smallest change that stops it, any one of", about.stops ?? [], p)),
    ...list(
      "The same question elsewhere",
      trace.also
        .filter((item) => item.answer !== trace.answer)
        .map((item) => `${item.what}: ${answerPaint(p, item.answer)(item.answer)}`),
      p,
    ),
    ...unknownLine(trace, p),
  ];
  return `${lines.join("\n")}\n`;
}

function unknownLine(trace: Trace, p: Paint): string[] {
  const count = trace.unknowns.length;
  if (count === 0) return [];
  const things = count === 1 ? "1 thing in what was read" : `${count} things in what was read`;
  return [
    "",
    p.faint(
      `${things} can't be known or was not understood; where it bears on the answer it says so above. ringwall show --unknowns lists it.`,
    ),
  ];
}

function answerPaint(p: Paint, answer: StepVerdict): (text: string) => string {
  return answer === "allowed"
    ? p.good
    : answer === "denied"
      ? p.bad
      : answer === "depends"
        ? p.unsure
        : p.faint;
}

/** Where the question falls into parts that fare differently, the one that is shown is named. */
function partLines(trace: Trace, p: Paint): string[] {
  if (trace.cases.length < 2 || trace.answer !== "depends") return [];
  return [
    p.faint(
      `  shown: ${packetText(trace.shown.packet)}, one part of the question; what the others depend on stands below`,
    ),
    "",
  ];
}

function legLines(title: string, leg: Leg, packet: Trace["shown"]["packet"] | undefined, p: Paint): string[] {
  const head = `  ${p.strong(title)}${packet === undefined ? "" : p.faint(`  ${packetText(packet)}`)}`;
  if (leg.steps.length === 0) return [head, `  ${p.good("✓")} no ring stands in between`];
  return [head, ...leg.steps.flatMap((step) => stepLines(step, p))];
}

function stepLines(step: Step, p: Paint): string[] {
  const mark = answerPaint(p, step.verdict)(marks[step.verdict]);
  const [rule] = step.rules;
  const cited = rule === undefined ? "" : p.faint(`  [${originLine(rule.origin)}]`);
  const where = step.place.includes(step.ring) ? step.place : `${step.ring}, ${step.place}`;
  const why = step.verdict === "denied" ? p.bad(step.why) : step.why;
  return [
    `  ${mark} ${layerNames[step.layer].padEnd(layerWidth)}  ${where}`,
    `${" ".repeat(layerWidth + 6)}${why}${cited}`,
  ];
}

/** `file:12 rule 100`. */
function originLine(origin: Origin): string {
  if (origin.id === undefined) return originText(origin);
  // An ARN's account and region are known by now; its last part tells which thing it is.
  return `${originText(origin)} ${origin.id.startsWith("arn:") ? (origin.id.split(":").at(-1) ?? origin.id) : origin.id}`;
}

function onwardLines(trace: Trace, p: Paint): string[] {
  const told = new Map<string, string>();
  return trace.onward.flatMap((next) => {
    const steps = [...next.shown.forward.steps, ...(next.shown.reply?.steps ?? [])];
    const fate = JSON.stringify([
      next.answer,
      ...steps.map((step) => [step.layer, step.ring, step.verdict, step.rules[0]?.origin]),
    ]);
    const title = `  ${p.strong(`onward to ${next.question.to}`)}${p.faint(`  ${packetText(next.question.packet)}`)}  ${answerPaint(p, next.answer)(next.answer)}`;
    const same = told.get(fate);
    if (same !== undefined) return ["", `${title}, by the same rules as ${same}`];
    told.set(fate, next.question.to);
    return [
      "",
      title,
      ...next.shown.forward.steps.flatMap((step) => stepLines(step, p)),
      ...(next.shown.reply === undefined
        ? []
        : [`  ${p.strong("and back")}`, ...next.shown.reply.steps.flatMap((step) => stepLines(step, p))]),
    ];
  });
}

function blockerLines(trace: Trace, p: Paint): string[] {
  if (trace.blockers.length === 0) return [];
  const legs = { forward: "there", reply: "back", onward: "onward" } as const;
  const rows = trace.blockers.map(
    ({ leg, step }) =>
      `${legs[leg]}: ${layerNames[step.layer]} ${step.place}: ${step.why}${step.rules[0] === undefined ? "" : p.faint(`  [${originLine(step.rules[0].origin)}]`)}`,
  );
  return list(rows.length === 1 ? "One thing blocks it" : `${rows.length} things block it`, rows, p);
}

function list(title: string, rows: readonly string[], p: Paint): string[] {
  return rows.length === 0 ? [] : ["", p.strong(title), ...rows.map((row) => `  • ${row}`)];
}
