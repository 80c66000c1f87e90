// Puts an answer together from the parts of its question: what holds for all, what stands in the way, what would help.
import type { Answer, Leg } from "../../estate/walk/passage.ts";
import type { Packet } from "../../packet/packet.ts";
import type { Unknown } from "../../problem.ts";
import { dependences } from "./depends.ts";
import type { Blocker, Trace, TraceCase } from "./model.ts";

export interface Found {
  readonly from: string;
  readonly to: string;
  readonly packet: Packet;
  readonly state: "new" | "established";
  readonly cases: readonly TraceCase[];
  readonly onward: readonly Trace[];
  /** What the way on from a load balancer adds: `allowed` where there is none. */
  readonly onwardAnswer: Answer;
  readonly unknowns: readonly Unknown[];
}

export function assemble(found: Found): Trace {
  const { cases, onward } = found;
  const shown = worst(cases);
  const answer = combine([common(cases), found.onwardAnswer]);
  const blockers: Blocker[] = [
    ...blocked("forward", shown.forward),
    ...(shown.reply === undefined ? [] : blocked("reply", shown.reply)),
    ...(found.onwardAnswer === "denied"
      ? onward.flatMap((next) => next.blockers.map((item): Blocker => ({ leg: "onward", step: item.step })))
      : []),
  ];
  return {
    question: { from: found.from, to: found.to, packet: found.packet, state: found.state },
    answer,
    shown,
    cases,
    onward,
    blockers,
    dependsOn: answer === "depends" ? dependences(found.packet, cases, onward) : [],
    remedy: [...new Set(blockers.flatMap((item) => item.step.remedy ?? []))],
    also: [],
    unknowns: found.unknowns,
  };
}

/** Denied anywhere is denied; depends anywhere is depends. */
export function combine(answers: readonly Answer[]): Answer {
  if (answers.includes("denied")) return "denied";
  return answers.includes("depends") ? "depends" : "allowed";
}

/** What holds for every part; parts that fare differently make the whole depend on which it is. */
function common(cases: readonly TraceCase[]): Answer {
  const [first] = cases;
  return first !== undefined && cases.every((item) => item.answer === first.answer)
    ? first.answer
    : "depends";
}

/** The part to show: one that is refused, if any is. */
export function worst(cases: readonly TraceCase[]): TraceCase {
  const [first] = (["denied", "depends", "allowed"] as const).flatMap(
    (answer) => cases.find((item) => item.answer === answer) ?? [],
  );
  if (first === undefined) throw new Error("a question always has at least one part");
  return first;
}

function blocked(leg: Blocker["leg"], way: Leg): Blocker[] {
  return way.steps.filter((step) => step.verdict === "denied").map((step) => ({ leg, step }));
}
