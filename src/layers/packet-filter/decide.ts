// How a packet filter at a subnet's edge decides: the first rule that matches, then the default. With state, replies
// are the caller's, who keeps the connection table; without, every packet is judged for itself.
import type { Packet } from "../../packet/packet.ts";
import { evaluate } from "../../rules/evaluate.ts";
import type { Chain } from "../../rules/rule.ts";
import type { Step } from "../../rules/step.ts";
import type { ConnectionState } from "../../rules/match.ts";
import { serviceText, type Direction } from "../ports.ts";
import type { PacketFilter } from "./model.ts";

const none: ReadonlyMap<string, Chain> = new Map();

export function decidePacketFilter(
  filter: PacketFilter,
  direction: Direction,
  packet: Packet,
  place: string,
  about: { readonly isReply: boolean; readonly state?: ConnectionState },
): Step {
  const chain = filter[direction];
  const state = about.state === undefined ? {} : { state: about.state };
  const { decisions, causes } = evaluate(chain, none, { packet, ...state });
  const base = {
    layer: "packet-filter",
    place,
    ring: `${filter.name} ${direction}`,
    rules: decisions.flatMap((d) => (d.rule === undefined ? [] : [d.rule])),
  } as const;
  const last = decisions.at(-1);
  if (decisions.length > 1 || last?.rule === undefined) {
    return {
      ...base,
      verdict: "depends",
      why: `rules of ${filter.name} part it: ${base.rules.map((rule) => rule.text).join("; ")}`,
      causes,
    };
  }
  const byDefault = last.rule === chain.policy;
  const reply = about.isReply && !filter.stateful;
  if (last.outcome.kind === "accept") {
    return {
      ...base,
      verdict: "allowed",
      why: byDefault
        ? `no rule of ${filter.name} matches: its default lets it through`
        : `${filter.name} lets it through: ${last.rule.text}`,
      causes: [],
    };
  }
  const memory = reply ? "; it has no memory, so a reply needs a rule of its own" : "";
  return {
    ...base,
    verdict: "denied",
    why: byDefault
      ? `no rule of ${filter.name} lets ${reply ? "the reply" : "it"} through: its default refuses${memory}`
      : `${filter.name} refuses ${reply ? "the reply" : "it"}: ${last.rule.text}${memory}`,
    causes: [],
    silent: last.outcome.kind !== "reject",
    remedy: byDefault
      ? `add to ${filter.name} (${direction}) a rule that allows ${serviceText(packet)} on this way`
      : `put a rule that allows ${serviceText(packet)} on this way before “${last.rule.text}” of ${filter.name} (${direction})`,
  };
}
