// One packet there, and its answer back: two walks through one memory. What rings make of them is the caller's choice.
import type { EstateIndex } from "../../estate/estate-index.ts";
import { Memory } from "../../estate/walk/memory.ts";
import type { End, Rings } from "../../estate/walk/passage.ts";
import { walkPacket, type Start } from "../../estate/walk/walk.ts";
import type { Packet } from "../../packet/packet.ts";
import { combine } from "./assemble.ts";
import { checkReply } from "./check-reply.ts";
import type { Ends } from "./ends.ts";
import type { TraceCase } from "./model.ts";
import { replyTo } from "./reply.ts";

/**
 * @param state `established`: stateful rings take both packets for parts of a connection that they know
 * @example thereAndBack(index, decidingRings, ends, ends.packet).answer
 */
export function thereAndBack(
  index: EstateIndex,
  rings: Rings,
  ends: Ends,
  packet: Packet,
  state?: "new" | "established",
): TraceCase {
  const memory = new Memory();
  const shared = {
    index,
    rings,
    memory,
    now: 0,
    rememberRefused: true,
    ...(state === "established" ? { assume: "established" as const } : {}),
  };
  const goal = ends.goal === undefined ? {} : { goal: ends.goal };
  const walkedThere = walkPacket({ ...shared, isReply: false, ...goal }, packet, ends.start);
  const forward =
    ends.preface === undefined
      ? walkedThere
      : { ...walkedThere, steps: [ends.preface, ...walkedThere.steps] };
  // What came from outside and never got in is answered by nobody; between two places of the estate the way back is
  // a question of its own, even where the way there fails.
  const lost = forward.end.kind === "nowhere" || (forward.jumped && ends.start.kind === "outside");
  const back = lost ? undefined : replyTo(forward.packet);
  if (back === undefined) return { packet, answer: forward.answer, forward };
  const home = ends.start.kind === "interface" ? { goal: ends.start.interface } : {};
  const walked = walkPacket({ ...shared, isReply: true, ...home }, back, replyStart(forward.end));
  const reply = forward.jumped ? walked : checkReply(packet, walked);
  return { packet, answer: combine([forward.answer, reply.answer]), forward, reply };
}

function replyStart(end: End): Start {
  if (end.kind === "interface") return { kind: "interface", interface: end.interface };
  return {
    kind: "outside",
    ...(end.kind === "outside" && end.network !== undefined ? { network: end.network } : {}),
  };
}
