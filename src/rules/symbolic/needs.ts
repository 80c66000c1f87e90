// What a walk through a chain has to keep account of: looked up once in all chains that can be reached, so that the usual
// rule set, which changes no mark and exempts nothing, pays for neither.
import type { Match } from "../match.ts";
import type { Action, Chain, ChainSet } from "../rule.ts";

export interface Needs {
  /** Some rule changes a mark. */
  readonly changesMarks: boolean;
  /** Which packets certainly come to a rule: for marks, and for exemptions from tracking. */
  readonly certainty: boolean;
  /** Some chain leads back to itself. */
  readonly circles: boolean;
  /** How many chains can be reached, the first one among them. */
  readonly chains: number;
}

/** What the rules that a walk from this chain can meet ask for. */
export function needsOf(chain: Chain, chains: ChainSet): Needs {
  let changesMarks = false;
  let exempts = false;
  const calls = new Map<Chain, ReadonlySet<Chain>>();
  const waiting: Chain[] = [chain];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (calls.has(next)) continue;
    const called = new Set<Chain>();
    calls.set(next, called);
    for (const action of next.rules.flatMap((rule) => [...everyAction(rule.actions)])) {
      if (action.kind === "set-mark" || action.kind === "copy-mark") changesMarks = true;
      else if (action.kind === "notrack") exempts = true;
      else if (action.kind === "jump" || action.kind === "goto") {
        const target = chains.get(action.chain);
        if (target !== undefined) called.add(target);
      }
    }
    waiting.push(...called);
  }
  return { changesMarks, certainty: changesMarks || exempts, circles: hasCircle(calls), chains: calls.size };
}

/** Whether leaving out chains that call none of those left ever stops before all are out. */
function hasCircle(calls: ReadonlyMap<Chain, ReadonlySet<Chain>>): boolean {
  const open = new Map([...calls].map(([chain, called]) => [chain, called.size]));
  const callers = new Map<Chain, Chain[]>();
  for (const [chain, called] of calls)
    for (const target of called) callers.set(target, [...(callers.get(target) ?? []), chain]);
  const leaves = [...open].filter(([, count]) => count === 0).map(([chain]) => chain);
  let out = 0;
  for (let leaf = leaves.pop(); leaf !== undefined; leaf = leaves.pop()) {
    out += 1;
    for (const caller of callers.get(leaf) ?? []) {
      const left = (open.get(caller) ?? 0) - 1;
      open.set(caller, left);
      if (left === 0) leaves.push(caller);
    }
  }
  return out < calls.size;
}

function* everyAction(actions: readonly Action[]): Iterable<Action> {
  for (const action of actions) {
    yield action;
    if (action.kind === "when") yield* everyAction(action.actions);
    if (action.kind === "lookup") for (const entry of action.entries) yield* everyAction(entry.actions);
  }
}

/** Whether the answer to a match hangs on a mark, which rules may have changed since it was last asked. */
export function asksMark(match: Match): boolean {
  if (match.kind === "not") return asksMark(match.match);
  if (match.kind === "all" || match.kind === "any") return match.of.some((one) => asksMark(one));
  return match.kind === "mark";
}
