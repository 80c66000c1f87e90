// Checked assertions as JSON: schemas/assert.schema.json. Computes nothing.
import type { Assertions, Breach } from "../../questions/assert/model.ts";
import type { AssertDocument } from "./assert-schema.ts";
import { assertionText } from "./assert-words.ts";
import { serviceJson } from "./reach-json.ts";
import { originJson, packetJson, traceJson } from "./trace-json.ts";

export function assertJson(answer: Assertions): AssertDocument {
  return {
    schema: "ringwall.assert/1",
    estate: answer.estate,
    holds: answer.checked.every((one) => one.holds),
    assertions: answer.checked.map(({ assertion, holds, breaches, more }) => ({
      text: assertionText(assertion),
      kind: assertion.kind,
      origin: originJson(assertion.origin),
      holds,
      breaches: breaches.map(breachJson),
      more,
    })),
    unknowns: answer.unknowns.map(({ what, effect, origin }) => ({
      what,
      effect,
      origin: originJson(origin),
    })),
  };
}

function breachJson({ from, to, family, services, why, witness }: Breach) {
  return {
    from,
    to,
    ...(family === undefined ? {} : { family }),
    services: services.map(serviceJson),
    why,
    ...(witness === undefined
      ? {}
      : { witness: packetJson(witness.packet), trace: traceJson(witness.trace, []) }),
  };
}
