// Says what a “depends” hangs on: which part of an open field fares how, and which conditions no header shows.
import {
  subtractAddresses,
  isAddress,
  singleAddress,
  unionOfAddresses,
  isEmptyAddresses,
  formatAddressSet,
} from "../../packet/address-set.ts";
import { fromPairs, pairsOf, difference } from "../../packet/intervals.ts";
import { numberText, type NumberValue, type Packet } from "../../packet/packet.ts";
import { portDomain } from "../../packet/protocol.ts";
import type { Answer } from "../../estate/walk/passage.ts";
import type { Dependence, Trace, TraceCase } from "./model.ts";

const numberNames = {
  sourcePort: "the client's source port",
  destinationPort: "the destination port",
  protocol: "the protocol",
  icmpType: "the ICMP type",
  icmpCode: "the ICMP code",
} as const;
const addressNames = { source: "the source address", destination: "the destination address" } as const;

export function dependences(
  asked: Packet,
  cases: readonly TraceCase[],
  onward: readonly Trace[],
): Dependence[] {
  const conditions = new Map<string, Dependence>();
  for (const item of cases) {
    for (const step of [...item.forward.steps, ...(item.reply?.steps ?? [])]) {
      if (step.verdict !== "depends") continue;
      for (const cause of step.causes) {
        const what = cause.kind === "condition" ? cause.what : `${cause.field} at ${step.place}`;
        conditions.set(
          `${what} ${cause.kind === "condition" ? `${cause.origin?.file}:${cause.origin?.line}` : ""}`,
          { what, cause },
        );
      }
    }
  }
  return [...partsOf(asked, cases), ...conditions.values(), ...onward.flatMap((next) => next.dependsOn)];
}

/** `the client's source port: denied for 32768–49151, allowed for 49152–60999`. */
function partsOf(asked: Packet, cases: readonly TraceCase[]): Dependence[] {
  if (new Set(cases.map((item) => item.answer)).size < 2) return [];
  const numbers = (["sourcePort", "destinationPort", "protocol", "icmpType", "icmpCode"] as const)
    .filter((field) => varies(cases.map((item) => item.packet[field])))
    .map((field) => ({
      what: `${numberNames[field]}: ${byAnswer(cases, (item) => item.packet[field]).join(", ")}`,
    }));
  const addresses = (["source", "destination"] as const)
    .filter((field) => !isAddress(asked[field]) && varies(cases.map((item) => item.packet[field])))
    .map((field) => ({ what: `${addressNames[field]}: ${addressesByAnswer(cases, field).join(", ")}` }));
  return [...numbers, ...addresses];
}

function varies(values: readonly unknown[]): boolean {
  return new Set(values).size > 1;
}

const answers = ["denied", "depends", "allowed"] as const satisfies readonly Answer[];

function byAnswer(cases: readonly TraceCase[], pick: (item: TraceCase) => NumberValue | undefined): string[] {
  const sets = answers.map((answer) =>
    setOf(
      cases.flatMap((item) => {
        const value = pick(item);
        return item.answer === answer && value !== undefined ? [value] : [];
      }),
    ),
  );
  return answers.flatMap((answer, at) => {
    // A value that fares two ways depends on another field too.
    const others = sets.filter((_, other) => other !== at).flat();
    const own = difference(portDomain, sets[at] ?? [], setOf([others]));
    return own.length > 0 ? [`${answer} for ${numberText(own)}`] : [];
  });
}

function setOf(values: readonly NumberValue[]): readonly number[] {
  return fromPairs(
    portDomain,
    values.flatMap((value) =>
      typeof value === "number" ? [[value, value] as [number, number]] : pairsOf(value),
    ),
  );
}

function addressesByAnswer(cases: readonly TraceCase[], field: "source" | "destination"): string[] {
  const setFor = (answer: Answer) =>
    unionOfAddresses(
      cases
        .filter((item) => item.answer === answer)
        .map((item) => {
          const value = item.packet[field];
          return isAddress(value) ? singleAddress(value) : value;
        }),
    );
  const sets = answers.map(setFor);
  // The largest part is the rest; naming the small parts says it all.
  return answers.flatMap((answer, at) => {
    const others = unionOfAddresses(sets.filter((_, other) => other !== at));
    const own = subtractAddresses(sets[at] ?? setFor(answer), others);
    return isEmptyAddresses(own) ? [] : [`${answer} for ${formatAddressSet(own, 4)}`];
  });
}
