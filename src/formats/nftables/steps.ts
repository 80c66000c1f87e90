// The steps that a rule's statements become, in their order: tests, and actions.
import type { Match } from "../../rules/match.ts";
import type { Action } from "../../rules/rule.ts";

export type Step = { readonly test: Match } | { readonly act: Action };

/** What must hold for the rest of the rule; no step where nothing must. */
export function test(match: Match): Step[] {
  return match.kind === "always" ? [] : [{ test: match }];
}

export function act(...actions: readonly Action[]): Step[] {
  return actions.map((action) => ({ act: action }));
}
