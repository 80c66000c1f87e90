// “What happens to this packet, there and back?”: walks it through the estate both ways, parts the question where the
// rules part it, and gathers every blocker with its remedy.
import { indexOf, type EstateIndex } from "../estate/estate-index.ts";
import { findEndpoint, type Endpoint } from "../estate/find.ts";
import type { Estate, Interface } from "../estate/model.ts";
import { decidingRings } from "../estate/walk/deciding.ts";
import type { Answer } from "../estate/walk/passage.ts";
import { Problem } from "../problem.ts";
import type { Cause } from "../rules/truth.ts";
import { askInPieces } from "../rules/split.ts";
import { assemble, worst } from "./trace/assemble.ts";
import { buildEnds, sharedFamilies, type Ends } from "./trace/ends.ts";
import type { Trace, TraceCase, TraceQuestion } from "./trace/model.ts";
import { onwardTraces } from "./trace/onward.ts";
import { backendsOf, type Backend } from "./trace/service.ts";
import { thereAndBack } from "./trace/there-and-back.ts";

export type { Trace, TraceQuestion } from "./trace/model.ts";

/** Interfaces that one name stands for are asked one by one, up to this many. */
const mostInterfaces = 16;

/**
 * @throws Problem `unanswerable` or `usage` where the question does not fit the estate
 * @example trace(estate, { from: "internet", to: "alb", protocol: TCP, port: 443 }).answer
 */
export function trace(estate: Estate, question: TraceQuestion): Trace {
  const index = indexOf(estate);
  const from = findEndpoint(estate, question.from);
  const to = findEndpoint(estate, question.to);
  const families = sharedFamilies(from, to).filter(
    (family) => question.family === undefined || question.family === family,
  );
  if (families.length === 0) {
    throw new Problem(
      "unanswerable",
      `${from.name} and ${to.name} have no ${question.family === undefined ? "address family in common" : `IPv${question.family} addresses both`}`,
    );
  }
  const backends = backendsOf(estate, to, question);
  const traces = families.flatMap((family) =>
    pairs(from, to, backends).map(({ a, b, backend }) => {
      const ends = buildEnds(
        index,
        backend === undefined ? question : { ...question, port: backend.port },
        { end: from, ...(a === undefined ? {} : { place: a }) },
        { end: to, ...(b === undefined ? {} : { place: b }) },
        family,
      );
      const name = [a, b].flatMap((place) => (place === undefined ? [] : place.name)).join(" to ");
      return {
        label: `IPv${family} ${name}`.trim(),
        family,
        trace: traceEnds(
          index,
          question,
          backend === undefined ? ends : { ...ends, preface: backend.step },
          from,
          to,
        ),
      };
    }),
  );
  const [first, ...rest] = traces;
  if (first === undefined)
    throw new Problem("unanswerable", `${question.from} or ${question.to} stands for nothing`);
  return { ...first.trace, also: rest.map((other) => ({ what: other.label, answer: other.trace.answer })) };
}

interface Pair {
  readonly a?: Interface;
  readonly b?: Interface;
  readonly backend?: Backend;
}

/** Every choice of interfaces that the two names leave open. */
function pairs(from: Endpoint, to: Endpoint, backends: readonly Backend[] | undefined): Pair[] {
  const sources = from.kind === "inside" ? from.interfaces.slice(0, mostInterfaces) : [undefined];
  const targets: readonly Omit<Pair, "a">[] =
    backends?.map((backend) => ({ b: backend.place, backend })) ??
    (to.kind === "inside" ? to.interfaces.map((b) => ({ b })) : [{}]);
  return sources.flatMap((a) =>
    targets
      .slice(0, mostInterfaces)
      .filter(({ b }) => b === undefined || b !== a || (sources.length === 1 && targets.length === 1))
      .map((target) => ({ ...(a === undefined ? {} : { a }), ...target })),
  );
}

/** Traces one packet that is already put together; the question's names are only for the answer. */
export function traceEnds(
  index: EstateIndex,
  question: TraceQuestion,
  ends: Ends,
  from: { readonly name: string },
  to: { readonly name: string },
): Trace {
  const pieces = askInPieces(
    ends.packet,
    (packet) => thereAndBack(index, decidingRings, ends, packet, question.state),
    causesOf,
  );
  const cases = pieces.map((piece) => piece.result);
  const shown = worst(cases);
  const onward = onwardTraces(index, question, shown, traceEnds);
  return assemble({
    from: from.name,
    to: to.name,
    packet: ends.packet,
    state: question.state ?? "new",
    cases,
    onward,
    onwardAnswer: onwardAnswer(onward),
    unknowns: index.estate.unknowns,
  });
}

function causesOf(result: TraceCase): Cause[] {
  // A refusal that is certain needs no parting, whatever else is open on the way.
  if (result.answer !== "depends") return [];
  return [...result.forward.steps, ...(result.reply?.steps ?? [])].flatMap((step) => step.causes);
}

/** A load balancer answers when one of its targets does. */
function onwardAnswer(onward: readonly Trace[]): Answer {
  const answers = onward.map((next) => next.answer);
  if (answers.length === 0 || answers.includes("allowed")) return "allowed";
  return answers.includes("depends") ? "depends" : "denied";
}
