// A trace through one machine alone: the packet meets its firewall, and so does the answer.
import type { Leg } from "../../estate/walk/passage.ts";
import type { Host } from "../../estate/model.ts";
import type { HostFirewall } from "../../layers/host/model.ts";
import { passHost } from "../../layers/host/pass.ts";
import type { HostPassage } from "../../layers/host/passage.ts";
import { addressText, type Packet } from "../../packet/packet.ts";
import type { Unknown } from "../../problem.ts";
import { ConnectionTable } from "../../rules/connections/table.ts";
import type { Cause } from "../../rules/truth.ts";
import { askInPieces } from "../../rules/split.ts";
import { assemble, combine } from "./assemble.ts";
import type { Trace, TraceCase } from "./model.ts";
import { replyTo } from "./reply.ts";

export interface HostQuestion {
  readonly packet: Packet;
  /** It comes in here; absent with `outInterface` given: the host sends it itself. */
  readonly inInterface?: string;
  readonly outInterface?: string;
  readonly state?: "new" | "established";
}

/**
 * @example traceHost(host, { packet, inInterface: "eth0" }, estate.unknowns).answer
 */
export function traceHost(
  host: Host & { readonly firewall: HostFirewall },
  question: HostQuestion,
  unknowns: readonly Unknown[],
): Trace {
  const pieces = askInPieces(question.packet, (packet) => thereAndBack(host, question, packet), causesOf);
  return assemble({
    from: addressText(question.packet.source),
    to: host.name,
    packet: question.packet,
    state: question.state ?? "new",
    cases: pieces.map((piece) => piece.result),
    onward: [],
    onwardAnswer: "allowed",
    unknowns,
  });
}

function thereAndBack(
  host: Host & { readonly firewall: HostFirewall },
  question: HostQuestion,
  packet: Packet,
): TraceCase {
  const connections = new ConnectionTable();
  const { inInterface, outInterface, state } = question;
  const made = inInterface === undefined && outInterface !== undefined;
  const shared = {
    connections,
    now: 0,
    place: host.name,
    ...(state === "established" ? { assume: "established" as const } : {}),
  };
  const out = (device: string | undefined) => (device === undefined ? {} : { outDevice: device });
  const arrives = (device: string | undefined) => ({
    kind: "arrives" as const,
    ...(device === undefined ? {} : { device }),
  });
  const forward = passHost(host.firewall, {
    ...shared,
    packet,
    origin: made ? { kind: "made" } : arrives(inInterface),
    ...out(outInterface),
    ...(made || outInterface !== undefined ? { to: "elsewhere" } : {}),
  });
  if (forward.answer === "denied") connections.confirm(connections.track(packet, 0), 0);
  const back = replyTo(forward.packet);
  const leg = legOf(forward);
  if (back === undefined || forward.loopback) return { packet, answer: leg.answer, forward: leg };
  const leaves = forward.path === "forward" ? (forward.outDevice ?? outInterface) : undefined;
  const reply = passHost(host.firewall, {
    ...shared,
    packet: back,
    origin:
      forward.path === "input"
        ? { kind: "made" }
        : arrives(forward.path === "output" ? (forward.outDevice ?? outInterface) : leaves),
    ...(forward.path === "output" ? { to: "self" } : { ...out(inInterface), to: "elsewhere" }),
  });
  const answered = legOf(reply);
  return { packet, answer: combine([leg.answer, answered.answer]), forward: leg, reply: answered };
}

function legOf(passage: HostPassage): Leg {
  return {
    answer: passage.answer,
    steps: passage.steps,
    end: { kind: "nowhere" },
    packet: passage.packet,
    jumped: false,
  };
}

function causesOf(result: TraceCase): Cause[] {
  if (result.answer !== "depends") return [];
  return [...result.forward.steps, ...(result.reply?.steps ?? [])].flatMap((step) => step.causes);
}
