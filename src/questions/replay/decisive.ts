// Which of a packet's steps decided, for the row that a replay shows of it.
import type { Answer } from "../../estate/walk/passage.ts";
import type { Step } from "../../rules/step.ts";
import type { Judgement } from "./model.ts";

/** The first refusal decides; without one the first doubt; without either the last ring that let it through. */
export function decisive(
  answer: Answer,
  steps: readonly Step[],
): Pick<Judgement, "rule" | "ring" | "place" | "why" | "causes"> {
  const step =
    answer === "allowed"
      ? steps.findLast((item) => item.verdict === "allowed")
      : steps.find((item) => item.verdict === answer);
  if (step === undefined) return { why: "nothing stands in its way", causes: [] };
  const [rule] = step.rules;
  return {
    ...(rule === undefined ? {} : { rule }),
    ring: step.ring,
    place: step.place,
    why: step.why,
    causes: step.causes,
  };
}
