// A reply that gets home is only a reply if it comes from where the client asked: one that took another way back, through
// another translation, is dropped by the client as a stranger's.
import { placeName } from "../../estate/estate-index.ts";
import type { Leg } from "../../estate/walk/passage.ts";
import { isAddress } from "../../packet/address-set.ts";
import { addressText, type AddressValue, type Packet } from "../../packet/packet.ts";
import type { Step } from "../../rules/step.ts";

export function checkReply(asked: Packet, reply: Leg): Leg {
  if (reply.answer === "denied" || reply.end.kind === "nowhere") return reply;
  const expected = asked.destination;
  const { source } = reply.packet;
  if (!isAddress(source) || !isAddress(expected) || same(source, expected)) return reply;
  const home = reply.end.kind === "interface" ? placeName(reply.end.interface) : reply.end.what;
  const step: Step = {
    layer: "endpoint",
    place: home,
    ring: "client",
    verdict: "denied",
    rules: [],
    causes: [],
    why: `the reply comes from ${addressText(source)}, but ${addressText(expected)} was asked: the client takes it for a stranger's and drops it`,
    remedy: "route the way back by the gateway that the way there came in by",
  };
  return { ...reply, answer: "denied", steps: [...reply.steps, step] };
}

function same(a: AddressValue, b: AddressValue): boolean {
  return isAddress(a) && isAddress(b) && a.family === b.family && a.value === b.value;
}
