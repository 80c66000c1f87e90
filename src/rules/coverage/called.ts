// What a chain may come to: the chains that it calls, and every match that their rules ask.
import type { Match } from "../match.ts";
import type { Action, Chain, ChainSet } from "../rule.ts";

/** The chain and every chain that it may come to. */
export function calledFrom(chain: Chain, chains: ChainSet): Chain[] {
  const found = new Set([chain]);
  // A set hands out what is added to it while it is walked.
  for (const { rules } of found)
    for (const { actions } of rules)
      for (const name of targetsOf(actions)) {
        const target = chains.get(name);
        if (target !== undefined) found.add(target);
      }
  return [...found];
}

function targetsOf(actions: readonly Action[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind === "jump" || action.kind === "goto") return [action.chain];
    if (action.kind === "when") return targetsOf(action.actions);
    return action.kind === "lookup" ? action.entries.flatMap((entry) => targetsOf(entry.actions)) : [];
  });
}

/** Every match that a rule asks, its actions' own among them. */
export function matchesOf(match: Match, actions: readonly Action[]): Match[] {
  const inside = actions.flatMap((action): Match[] => {
    if (action.kind === "when") return matchesOf(action.match, action.actions);
    if (action.kind !== "lookup") return [];
    const { fields, entries, name } = action;
    return entries.flatMap((entry) => [
      { kind: "tuple", fields, elements: [entry.key], name } as const,
      ...matchesOf(entry.match ?? { kind: "always" }, entry.actions),
    ]);
  });
  return [match, ...inside];
}
