// Assertions as JUnit XML: a test each.
import { packetText } from "../../packet/packet.ts";
import { originText } from "../../problem.ts";
import type { Assertions } from "../../questions/assert/model.ts";
import { assertionText, breachText } from "./assert-words.ts";
import { junit } from "./junit.ts";
import { traceText } from "./trace-text.ts";

export function assertJunit(answer: Assertions): string {
  return junit(
    "ringwall assert",
    answer.checked.map(({ assertion, holds, breaches, more }) => {
      const name = `${assertionText(assertion)} (${originText(assertion.origin)})`;
      if (holds) return { name };
      const [first] = breaches;
      const text = [
        ...breaches.flatMap((breach) => [
          breachText(breach),
          ...(breach.witness === undefined ? [] : [`  witness ${packetText(breach.witness.packet)}`]),
        ]),
        ...(more === 0 ? [] : [`and ${more} more`]),
        ...(first?.witness === undefined
          ? []
          : ["", traceText(first.witness.trace, { colour: false, remedies: "allow" })]),
      ].join("\n");
      const message = first === undefined ? "it does not hold" : breachText(first);
      return { name, failure: { type: assertion.kind, message, text } };
    }),
  );
}
