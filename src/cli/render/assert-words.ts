// An assertion in words: its owner's, or what it says. Computes nothing.
import { numberText } from "../../packet/packet.ts";
import { protocolName } from "../../packet/protocol.ts";
import type { AssertedService, Assertion, Written } from "../../estate/settings.ts";
import type { Breach } from "../../questions/assert/model.ts";
import { flowTexts } from "../../questions/reach/service-text.ts";

export function assertionText(assertion: Assertion): string {
  return assertion.name ?? saying(assertion);
}

function saying({ kind, from, to, services, family }: Assertion): string {
  const [a, b] = [names(from, "anybody"), names(to, "anybody")];
  const what = services.length === 0 ? "anything" : services.map(serviceText).join(", ");
  const only = family === undefined ? "" : ` (IPv${family})`;
  switch (kind) {
    case "must":
      return `${a} must reach ${b} by ${services.length === 0 ? "everything" : what}${only}`;
    case "mustNot":
      return `${a} must not reach ${b} by ${what}${only}`;
    case "exactly":
      return `${a} must reach ${b} by ${what}, and by nothing else${only}`;
    case "only":
      return `only ${a} may reach ${b}, by ${what}${only}`;
    case "defaultDeny":
      return `${b} must refuse what no rule allows`;
  }
}

function names(words: readonly Written[], nobody: string): string {
  return words.length === 0 ? nobody : words.map((word) => word.text).join(", ");
}

function serviceText({ protocol, ports, icmp }: AssertedService): string {
  if (protocol === "any") return "everything";
  const name = protocolName(protocol);
  if (icmp !== undefined)
    return `${name} type ${icmp.type}${icmp.code === undefined ? "" : ` code ${icmp.code}`}`;
  return ports === undefined ? name : `${name} ${numberText(ports)}`;
}

/** `internet → db-1 (IPv6): tcp 22 gets through, and must not`. */
export function breachText(breach: Breach): string {
  const family = breach.family === 6 ? " (IPv6)" : "";
  const services = flowTexts(breach.services, 6).join("; ");
  return `${breach.from} → ${breach.to}${family}: ${services === "" ? "" : `${services} `}${breach.why}`;
}
