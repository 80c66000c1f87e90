// What would stop a packet that gets through: for every ring that allows it, the smallest change in that ring's own
// words. A deny where the ring has one, a narrower allow where it has not.
import { serviceText } from "../../layers/ports.ts";
import { addressText, type Packet } from "../../packet/packet.ts";
import type { Step } from "../../rules/step.ts";
import type { Trace } from "./model.ts";

export function stopsFor(trace: Trace): string[] {
  if (trace.answer === "denied") return [];
  const { forward } = trace.shown;
  // Nearest the target first: the change that touches the least else.
  return forward.steps
    .filter((step) => step.verdict === "allowed")
    .toReversed()
    .flatMap((step) => stopText(step, forward.packet) ?? []);
}

function stopText(step: Step, packet: Packet): string | undefined {
  const [rule] = step.rules;
  if (rule === undefined) return undefined;
  const service = serviceText(packet);
  const from = addressText(packet.source);
  switch (step.layer) {
    case "security-group":
      return step.rules.length === 1
        ? `remove or narrow in ${step.ring}: ${rule.text}`
        : `remove or narrow in ${step.ring} all ${step.rules.length} rules that allow it: ${step.rules.map((item) => item.text).join("; ")}`;
    case "nacl":
      return `add to ${step.ring}, with a lower number than “${rule.text}”: deny ${service} from ${from}`;
    case "packet-filter":
      return `put before “${rule.text}” of ${step.ring}: deny ${service} from ${from}`;
    case "host":
      return `put before “${rule.text}” of ${step.ring} on ${step.place}: a drop of ${service} from ${from}`;
    case "network-policy":
      return `remove or narrow in ${step.ring}: ${rule.text}`;
    case "load-balancer":
      return `remove from ${step.place} the listener: ${rule.text}`;
    case "edge":
    case "route":
    case "gateway":
    case "nat":
    case "endpoint":
      return undefined;
  }
}
