// Walks a packet through a chain and says what can come out: one decision where everything is known, several where an
// unknown match lets the walk go two ways. Linear in the rules: ways are merged at every rule, not multiplied.
import { matches, tupleElementTruth } from "./matches.ts";
import type { Action, Chain, ChainSet, Rule, Translation } from "./rule.ts";
import { isMaybe, type Cause, type Truth } from "./truth.ts";
import type { View } from "./view.ts";

/** What one way through a chain ends in. `none`: the chain ended without a verdict (no policy, or a nat chain that no rule matched). */
export type Outcome =
  | { readonly kind: "accept" }
  | { readonly kind: "drop" }
  | { readonly kind: "reject"; readonly with?: string }
  | { readonly kind: "translate"; readonly translation: Translation }
  | { readonly kind: "queue" }
  | { readonly kind: "unknown"; readonly what: string }
  | { readonly kind: "none" };

export interface Decision {
  readonly outcome: Outcome;
  /** The rule that decided, or the chain's policy; absent where nothing decided. */
  readonly rule?: Rule;
  readonly chain: string;
  /** The jumps that led there, outermost first. */
  readonly via: readonly Rule[];
}

export interface Evaluation {
  /** Every decision that is possible, most certain last: the last one needs no unknown to match. Never empty. */
  readonly decisions: readonly [Decision, ...Decision[]];
  /** What the choice between them hangs on; empty where there is but one. */
  readonly causes: readonly Cause[];
  /** Rules without a verdict of their own that certainly matched: logs, marks, counters. */
  readonly passed: readonly Rule[];
  /** Whether the packet was exempted from connection tracking on the way: yes, no, perhaps. */
  readonly notrack: boolean | "perhaps";
}

/** Jumps deeper than this are refused, as the kernel does (NFT_JUMP_STACK_SIZE is 16; iptables allows more). */
const deepest = 512;

interface Walk {
  readonly chains: ChainSet;
  readonly view: View;
  readonly decisions: Decision[];
  readonly causes: Cause[];
  readonly passed: Rule[];
  notrack: boolean | "perhaps";
}

/** How a list of rules or actions ended for the ways that are still open: certainly decided, or (perhaps) going on. */
type Flow = "ended" | "open" | "returned";

/**
 * Evaluates a packet against one chain. Marks of the view change as rules set them.
 *
 * @example evaluate(chain, chains, { packet, state: "new", mark: 0 }).decisions.at(-1)
 */
export function evaluate(chain: Chain, chains: ChainSet, view: View): Evaluation {
  const walk: Walk = { chains, view, decisions: [], causes: [], passed: [], notrack: false };
  const flow = walkChain(walk, chain, [], false, 0);
  if (flow !== "ended") {
    const end: Outcome = chain.policy === undefined ? { kind: "none" } : policyOutcome(chain.policy);
    const rule = chain.policy === undefined ? {} : { rule: chain.policy };
    walk.decisions.push({ outcome: end, ...rule, chain: chain.name, via: [] });
  }
  const [first, ...rest] = distinct(walk.decisions);
  if (first === undefined) throw new Error("a walk through a chain always ends in a decision");
  return {
    decisions: [first, ...rest],
    causes: rest.length === 0 ? [] : walk.causes,
    passed: walk.passed,
    notrack: walk.notrack,
  };
}

function policyOutcome(policy: Rule): Outcome {
  const [action] = policy.actions;
  if (action?.kind === "drop") return { kind: "drop" };
  if (action?.kind === "reject") return action;
  return { kind: "accept" };
}

/** Decisions with the same outcome are one; the last of them, which hangs on least, is kept. */
function distinct(decisions: readonly Decision[]): Decision[] {
  const kept = new Map<string, Decision>();
  for (const decision of decisions) {
    const key = outcomeKey(decision.outcome);
    kept.delete(key);
    kept.set(key, decision);
  }
  return [...kept.values()];
}

export function outcomeKey(outcome: Outcome): string {
  return outcome.kind === "translate"
    ? `translate ${JSON.stringify(outcome.translation, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))}`
    : outcome.kind;
}

/** `perhaps`: the walk is only here if an unknown matched, so nothing found here ends the other ways. */
function walkChain(walk: Walk, chain: Chain, via: readonly Rule[], perhaps: boolean, depth: number): Flow {
  if (depth > deepest) {
    walk.decisions.push({
      outcome: { kind: "unknown", what: `jumps nested over ${deepest} deep` },
      chain: chain.name,
      via,
    });
    return "ended";
  }
  let uncertain = perhaps;
  for (const rule of chain.rules) {
    const truth = matches(rule.match, walk.view);
    if (truth === false) continue;
    const flow = walkActions(walk, rule.actions, rule, chain, via, truth, uncertain, depth);
    if (truth === true) {
      if (flow === "ended") return "ended";
      if (flow === "returned") return "open";
    } else if (flow !== "open") {
      // The rule would have ended the walk here, had it matched: from now on, effects are only possible ones.
      uncertain = true;
    }
  }
  return "open";
}

function walkActions(
  walk: Walk,
  actions: readonly Action[],
  rule: Rule,
  chain: Chain,
  via: readonly Rule[],
  truth: Truth,
  perhaps: boolean,
  depth: number,
): Flow {
  const uncertain = perhaps || truth !== true;
  const decide = (outcome: Outcome): Flow => {
    if (isMaybe(truth)) walk.causes.push(...truth.causes);
    walk.decisions.push({ outcome, rule, chain: chain.name, via });
    return "ended";
  };
  for (const action of actions) {
    switch (action.kind) {
      case "accept":
      case "drop":
        return decide({ kind: action.kind });
      case "reject":
        return decide(action);
      case "dnat":
      case "snat":
      case "masquerade":
      case "redirect":
      case "netmap":
        return decide({ kind: "translate", translation: action });
      case "queue":
        if (isMaybe(truth)) walk.causes.push(...truth.causes);
        walk.causes.push({ kind: "condition", what: "a program in user space (queue)", origin: rule.origin });
        walk.decisions.push(
          { outcome: { kind: "drop" }, rule, chain: chain.name, via },
          { outcome: { kind: "queue" }, rule, chain: chain.name, via },
        );
        return "ended";
      case "unknown":
        if (isMaybe(truth)) walk.causes.push(...truth.causes);
        walk.causes.push({ kind: "condition", what: action.what, origin: rule.origin });
        walk.decisions.push(
          { outcome: { kind: "drop" }, rule, chain: chain.name, via },
          { outcome: { kind: "accept" }, rule, chain: chain.name, via },
        );
        break;
      case "return":
        if (isMaybe(truth)) walk.causes.push(...truth.causes);
        return "returned";
      case "jump":
      case "goto": {
        const target = walk.chains.get(action.chain);
        if (target === undefined) {
          walk.causes.push({
            kind: "condition",
            what: `chain ${action.chain}, which is not there`,
            origin: rule.origin,
          });
          return decide({ kind: "unknown", what: `chain ${action.chain} is not there` });
        }
        const before = walk.decisions.length;
        const flow = walkChain(walk, target, [...via, rule], uncertain, depth + 1);
        if (isMaybe(truth) && walk.decisions.length > before) walk.causes.push(...truth.causes);
        if (flow === "ended") return "ended";
        if (action.kind === "goto") return "returned";
        break;
      }
      case "lookup": {
        const flow = walkLookup(walk, action, rule, chain, via, truth, uncertain, depth);
        if (flow !== "open") return flow;
        break;
      }
      case "when": {
        const held = matches(action.match, walk.view);
        if (held === false) return "open";
        const both: Truth = isMaybe(held)
          ? { causes: [...held.causes, ...(isMaybe(truth) ? truth.causes : [])] }
          : truth;
        const flow = walkActions(walk, action.actions, rule, chain, via, both, uncertain, depth);
        return held === true ? flow : "open";
      }
      case "set-mark":
      case "copy-mark":
        changeMark(walk.view, action, uncertain);
        if (!uncertain) walk.passed.push(rule);
        break;
      case "notrack":
        walk.notrack = uncertain ? (walk.notrack === true ? true : "perhaps") : true;
        break;
      case "log":
      case "note":
        if (!uncertain && walk.passed.at(-1) !== rule) walk.passed.push(rule);
        break;
    }
  }
  return "open";
}

function walkLookup(
  walk: Walk,
  lookup: Extract<Action, { kind: "lookup" }>,
  rule: Rule,
  chain: Chain,
  via: readonly Rule[],
  truth: Truth,
  perhaps: boolean,
  depth: number,
): Flow {
  for (const entry of lookup.entries) {
    const held = tupleElementTruth(lookup.fields, entry.key, walk.view);
    if (held === false) continue;
    const both: Truth = isMaybe(held)
      ? { causes: [...held.causes, ...(isMaybe(truth) ? truth.causes : [])] }
      : truth;
    const flow = walkActions(walk, entry.actions, rule, chain, via, both, perhaps, depth);
    if (held === true) return flow;
  }
  return "open";
}

function changeMark(
  view: View,
  action: Extract<Action, { kind: "set-mark" | "copy-mark" }>,
  uncertain: boolean,
): void {
  const to = action.kind === "set-mark" ? action.of : action.from === "packet" ? "connection" : "packet";
  const old = to === "packet" ? view.mark : view.connectionMark;
  const from =
    action.kind === "set-mark" ? action.value : action.from === "packet" ? view.mark : view.connectionMark;
  const fromMask = action.kind === "set-mark" ? 0xffffffff : action.fromMask;
  const toMask = action.kind === "set-mark" ? action.mask : action.toMask;
  const whole = toMask >>> 0 === 0xffffffff;
  const known = from !== undefined && (old !== undefined || whole);
  const next = known ? (((old ?? 0) & ~toMask) ^ (from & fromMask)) >>> 0 : undefined;
  const settled = uncertain && next !== old ? undefined : next;
  if (to === "packet") view.mark = settled;
  else view.connectionMark = settled;
}
