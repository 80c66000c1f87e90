// What an action that ends a packet's way comes to: its verdict, so that two of them can be compared.
import { outcomeKey } from "../evaluate.ts";
import type { Action, Rule } from "../rule.ts";
import type { Effect, Verdict } from "./program.ts";

/** What a policy does: as in evaluate.ts, it drops, rejects or accepts. */
export function policyAction({ actions: [action] }: Rule): Deciding {
  return action?.kind === "drop" || action?.kind === "reject" ? action : { kind: "accept" };
}

type Deciding = Extract<
  Action,
  { kind: "accept" | "drop" | "reject" | "queue" | "dnat" | "snat" | "masquerade" | "redirect" | "netmap" }
>;

export function decide(action: Deciding): Effect {
  return { kind: "decide", verdict: verdictOf(action) };
}

function verdictOf(action: Deciding): Verdict {
  switch (action.kind) {
    case "accept":
      return { key: "accept", side: "permit" };
    case "drop":
      return { key: "drop", side: "deny" };
    case "reject":
      return { key: `reject ${action.with ?? ""}`, side: "deny" };
    case "queue":
      return { key: action.bypass ? "queue bypass" : "queue", side: "other" };
    case "dnat":
    case "snat":
    case "masquerade":
    case "redirect":
    case "netmap":
      return { key: outcomeKey({ kind: "translate", translation: action }), side: "other" };
  }
}
