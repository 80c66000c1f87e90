// Assertions for people: a line each, and below what does not hold the packet that shows it, with its trace.
import { packetText } from "../../packet/packet.ts";
import { originText } from "../../problem.ts";
import type { Assertions, Breach, Checked } from "../../questions/assert/model.ts";
import { assertionText, breachText } from "./assert-words.ts";
import { paint, type Paint } from "./paint.ts";
import { traceText } from "./trace-text.ts";

export function assertText(answer: Assertions, colour: boolean): string {
  const p = paint(colour);
  const broken = answer.checked.filter((one) => !one.holds).length;
  const lines = [
    ...answer.checked.flatMap((one) => checkedLines(one, p, colour)),
    "",
    broken === 0
      ? p.good(`all ${answer.checked.length} rules hold, for every packet`)
      : p.bad(`${broken} of ${answer.checked.length} rules ${broken === 1 ? "does" : "do"} not hold`),
  ];
  return `${lines.join("\n")}\n`;
}

function checkedLines(one: Checked, p: Paint, colour: boolean): string[] {
  const where = p.faint(originText(one.assertion.origin));
  if (one.holds) return [`${p.good("✓")} ${assertionText(one.assertion)}  ${where}`];
  return [
    `${p.bad("✗")} ${p.strong(assertionText(one.assertion))}  ${where}`,
    ...one.breaches.flatMap((breach, at) => breachLines(breach, at === 0, p, colour)),
    ...(one.more === 0 ? [] : [`    and ${one.more} more`]),
  ];
}

/** The trace of the first breach only: the others are told by their packets. */
function breachLines(breach: Breach, whole: boolean, p: Paint, colour: boolean): string[] {
  const { witness } = breach;
  return [
    `    ${breachText(breach)}`,
    ...(witness === undefined ? [] : [`      ${p.faint(`witness ${packetText(witness.packet)}`)}`]),
    ...(witness === undefined || !whole
      ? []
      : traceText(witness.trace, {
          colour,
          remedies: witness.trace.answer === "allowed" ? "deny" : "allow",
        })
          .trimEnd()
          .split("\n")
          .map((line) => (line === "" ? "" : `        ${line}`))),
  ];
}
