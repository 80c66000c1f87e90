// The names that rules tell apart: what a space has to be told before their matches become sets.
import type { Match } from "../match.ts";
import type { Action, Chain } from "../rule.ts";

export interface Vocabulary {
  /** Interfaces; one that ends in `+` stands for all whose names begin so. */
  readonly interfaces: readonly string[];
  readonly endpoints: readonly string[];
}

/**
 * Every interface and endpoint that some rule of the chains names.
 *
 * @example new Space({ question: "reach of web-1", ...vocabularyOf(table.chains.values()) })
 */
export function vocabularyOf(chains: Iterable<Chain>): Vocabulary {
  const found = { interfaces: new Set<string>(), endpoints: new Set<string>() };
  for (const { rules, policy } of chains)
    for (const { match, actions } of policy === undefined ? rules : [...rules, policy]) {
      fromMatch(match, found);
      fromActions(actions, found);
    }
  return { interfaces: [...found.interfaces], endpoints: [...found.endpoints] };
}

interface Found {
  readonly interfaces: Set<string>;
  readonly endpoints: Set<string>;
}

function fromActions(actions: readonly Action[], found: Found): void {
  for (const action of actions) {
    if (action.kind === "when") {
      fromMatch(action.match, found);
      fromActions(action.actions, found);
    }
    if (action.kind === "lookup")
      for (const entry of action.entries) {
        if (entry.match !== undefined) fromMatch(entry.match, found);
        fromActions(entry.actions, found);
      }
  }
}

function fromMatch(match: Match, found: Found): void {
  if (match.kind === "not") fromMatch(match.match, found);
  else if (match.kind === "all" || match.kind === "any") for (const one of match.of) fromMatch(one, found);
  else if (match.kind === "interface") {
    if (!match.prefix || match.name !== "")
      found.interfaces.add(match.prefix ? `${match.name}+` : match.name);
  } else if (match.kind === "endpoint") for (const id of match.ids) found.endpoints.add(id);
}
