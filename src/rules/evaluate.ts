// Walks a packet through a chain and says what can come out: one decision where everything is known, several where an
// unknown match lets the walk go two ways. Linear in the rules: ways are merged at every rule, not multiplied.
import { isConnectionAbsent } from "./absent.ts";
import { at, matches, tupleCandidates, tupleElementTruth } from "./matches.ts";
import type { Action, Chain, ChainSet, Rule, Translation } from "./rule.ts";
import { allOf, type Cause, type Maybe, type Truth } from "./truth.ts";
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
  /** What the choice between them, or the exemption from tracking, hangs on; empty where all of it is certain. */
  readonly causes: readonly Cause[];
  /** Rules without a verdict of their own that certainly matched: logs, marks, counters. */
  readonly passed: readonly Rule[];
  /** Whether the packet was exempted from connection tracking on the way: yes, no, perhaps. */
  readonly notrack: boolean | "perhaps";
}

/** Jumps deeper than this are not followed; the kernel refuses them (NFT_JUMP_STACK_SIZE is 16; iptables allows more). */
const deepest = 512;
/** More rules than this in one walk are not weighed: chains that call each other twice at every level never end. */
const mostRules = 2_000_000;

interface Walk {
  readonly chains: ChainSet;
  readonly view: View;
  /** By outcome, of each the last, in the order of these: in circles of chains one rule decides a million times. */
  readonly decisions: Map<string, Reached>;
  readonly causes: Cause[];
  readonly passed: Rule[];
  /** The decision of the way on which no unknown matched. */
  main: Reached | undefined;
  notrack: boolean | "perhaps";
  weighed: number;
}

/** A decision with the jumps that led there still as a list from the inside out: most are replaced before anybody asks. */
interface Reached {
  readonly outcome: Outcome;
  readonly rule?: Rule;
  readonly chain: string;
  readonly via: Jump | undefined;
}

interface Jump {
  readonly rule: Rule;
  readonly outer: Jump | undefined;
}

/** The unknowns of a rule, and of the jumps that led to it; each is told once, however often it is met again. */
interface Doubt {
  readonly causes: readonly Cause[];
  readonly outer: Doubt | undefined;
  told: boolean;
}

/** How the ways through a rule, or a list of actions, can end: any of these together. */
type Ends = number;
const ended = 1;
const returned = 2;
const open = 4;
/** A test inside the rule failed: nothing behind it in this rule happens. */
const broken = 8;

/** Where the walk stands in it: the unknowns that led here, and whether other ways are elsewhere by now. */
interface Stand {
  readonly rule: Rule;
  readonly chain: Chain;
  readonly via: Jump | undefined;
  readonly depth: number;
  /** The unknowns of this rule and of the jumps that led to it: only if they match is the walk here. */
  readonly maybe: Doubt | undefined;
  /** Other ways may have ended or returned before: what happens here may not happen. */
  readonly perhaps: boolean;
}

/**
 * Evaluates a packet against one chain. Marks of the view change as rules set them.
 *
 * @example evaluate(chain, chains, { packet, state: "new", mark: 0 }).decisions.at(-1)
 */
export function evaluate(chain: Chain, chains: ChainSet, view: View): Evaluation {
  const walk: Walk = {
    chains,
    view,
    decisions: new Map(),
    causes: [],
    passed: [],
    main: undefined,
    notrack: false,
    weighed: 0,
  };
  const ends = walkChain(walk, chain, undefined, undefined, false, 0);
  if (ends & open) {
    const outcome: Outcome = chain.policy === undefined ? { kind: "none" } : policyOutcome(chain.policy);
    const rule = chain.policy === undefined ? {} : { rule: chain.policy };
    const reached = { outcome, ...rule, chain: chain.name, via: undefined };
    walk.main ??= reached;
    note(walk, reached);
  }
  const decisions = distinct(walk);
  return {
    decisions,
    causes: decisions.length === 1 && walk.notrack !== "perhaps" ? [] : distinctCauses(walk.causes),
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

/** Decisions with the same outcome are one: the last of them, which hangs on least, is kept. */
function note(walk: Walk, reached: Reached): void {
  const key = outcomeKey(reached.outcome);
  walk.decisions.delete(key);
  walk.decisions.set(key, reached);
}

/** One decision for each outcome; the main one ends the list. */
function distinct({ decisions, main }: Walk): readonly [Decision, ...Decision[]] {
  const [only] = decisions.values();
  if (only === undefined) throw new Error("a walk through a chain always ends in a decision");
  const last = main ?? only;
  // A single decision is the last of its outcome; where there are several, the one that hangs on nothing stands for its own.
  if (decisions.size === 1) return [decisionOf(last)];
  decisions.delete(outcomeKey(last.outcome));
  const [first, ...others] = [...decisions.values(), last].map(decisionOf);
  return first === undefined ? [decisionOf(last)] : [first, ...others];
}

function decisionOf({ via, ...reached }: Reached): Decision {
  const rules: Rule[] = [];
  for (let jump = via; jump !== undefined; jump = jump.outer) rules.push(jump.rule);
  return { ...reached, via: rules.reverse() };
}

function distinctCauses(causes: readonly Cause[]): readonly Cause[] {
  return causes.length < 2 ? causes : [...new Set(causes)];
}

export function outcomeKey(outcome: Outcome): string {
  return outcome.kind === "translate"
    ? `translate ${JSON.stringify(outcome.translation, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))}`
    : outcome.kind;
}

/** `open` among its ends: some way comes out of the chain, at its end or by a return. Never `returned`. */
function walkChain(
  walk: Walk,
  chain: Chain,
  via: Jump | undefined,
  maybe: Doubt | undefined,
  perhaps: boolean,
  depth: number,
): Ends {
  let left: Ends = 0;
  for (const rule of chain.rules) {
    const truth = matches(rule.match, walk.view);
    if (truth === false) continue;
    walk.weighed += 1;
    const here = truth === true ? maybe : together(truth, maybe);
    const stand = { rule, chain, via, depth, maybe: here, perhaps: perhaps || left !== 0 };
    if (depth > deepest || walk.weighed > mostRules) return left | giveUp(walk, stand);
    const ends = walkActions(walk, rule.actions, 0, stand);
    if (ends & ended) left |= ended;
    if (ends & returned) left |= open;
    // Where the rule may not match, the walk goes on behind it, whatever it does if it matches.
    if (truth === true && (ends & open) === 0) return left;
  }
  return left | open;
}

function giveUp(walk: Walk, stand: Stand): Ends {
  const what =
    stand.depth > deepest ? `jumps nested over ${deepest} deep` : `chains that call each other without end`;
  walk.causes.push({ kind: "condition", what, origin: stand.rule.origin });
  return decide(walk, stand, { kind: "unknown", what });
}

function together(truth: Maybe, outer: Doubt | undefined): Doubt {
  return { causes: truth.causes, outer, told: false };
}

/** Notes what being here hangs on, the outermost first. */
function tell(walk: Walk, doubt: Doubt | undefined): void {
  if (doubt === undefined || doubt.told) return;
  doubt.told = true;
  tell(walk, doubt.outer);
  walk.causes.push(...doubt.causes);
}

/** Notes a decision, and what it hangs on. */
function decide(walk: Walk, stand: Stand, outcome: Outcome): Ends {
  const reached = { outcome, rule: stand.rule, chain: stand.chain.name, via: stand.via };
  if (stand.maybe === undefined) walk.main ??= reached;
  else tell(walk, stand.maybe);
  note(walk, reached);
  return ended;
}

/** The actions of a rule from one on, in order, for the ways that matched it. */
function walkActions(walk: Walk, actions: readonly Action[], from: number, stand: Stand): Ends {
  let left: Ends = 0;
  for (let at = from; at < actions.length; at += 1) {
    const action = actions[at];
    if (action === undefined) break;
    const now = left === 0 || stand.perhaps ? stand : { ...stand, perhaps: true };
    const ends = act(walk, action, now);
    if (ends === broken) return left | open;
    left |= ends & ~open;
    if ((ends & open) === 0) return left;
  }
  return left | open;
}

function act(walk: Walk, action: Action, stand: Stand): Ends {
  const { rule } = stand;
  const uncertain = stand.perhaps || stand.maybe !== undefined;
  switch (action.kind) {
    case "accept":
    case "drop":
    case "reject":
      return decide(walk, stand, action);
    case "dnat":
    case "snat":
    case "masquerade":
    case "redirect":
    case "netmap":
      return decide(walk, stand, { kind: "translate", translation: action });
    case "queue":
      walk.causes.push({ kind: "condition", what: "a program in user space (queue)", origin: rule.origin });
      decide(walk, stand, { kind: "queue" });
      return decide(walk, stand, { kind: "drop" });
    case "unknown":
      walk.causes.push({ kind: "condition", what: action.what, origin: rule.origin });
      // It may go on as well, so neither of these is the way on which nothing unknown matched.
      for (const kind of ["drop", "accept"] as const)
        note(walk, { outcome: { kind }, rule, chain: stand.chain.name, via: stand.via });
      tell(walk, stand.maybe);
      return ended | open;
    case "return":
      tell(walk, stand.maybe);
      return returned;
    case "jump":
    case "goto":
      return follow(walk, action, stand);
    case "lookup":
      return look(walk, action, stand);
    case "when":
      return perform(walk, matches(action.match, walk.view), action.actions, stand);
    case "set-mark":
    case "copy-mark":
      changeMark(walk.view, action, uncertain);
      if (!uncertain) walk.passed.push(rule);
      return open;
    case "notrack":
      if (!uncertain) {
        walk.notrack = true;
        walk.passed.push(rule);
      } else if (walk.notrack === false) {
        walk.notrack = "perhaps";
        tell(walk, stand.maybe);
      }
      return open;
    case "log":
    case "note":
      if (!uncertain && walk.passed.at(-1) !== rule) walk.passed.push(rule);
      return open;
  }
}

function follow(walk: Walk, action: Extract<Action, { kind: "jump" | "goto" }>, stand: Stand): Ends {
  const { rule } = stand;
  const target = walk.chains.get(action.chain);
  if (target === undefined) {
    const what = `chain ${action.chain}, which is not there`;
    walk.causes.push({ kind: "condition", what, origin: rule.origin });
    return decide(walk, stand, { kind: "unknown", what: `chain ${action.chain} is not there` });
  }
  const ends = walkChain(
    walk,
    target,
    { rule, outer: stand.via },
    stand.maybe,
    stand.perhaps,
    stand.depth + 1,
  );
  if (action.kind === "jump" || (ends & open) === 0) return ends;
  // What comes out of a goto goes to the caller's caller: if that is not sure, the choice hangs on it.
  tell(walk, stand.maybe);
  return (ends & ~open) | returned;
}

/** Actions that happen only if something holds: an nft test behind another action, a verdict map's entry. */
function perform(walk: Walk, held: Truth, actions: readonly Action[], stand: Stand): Ends {
  if (held === false) return broken;
  if (held === true) return walkActions(walk, actions, 0, stand);
  return walkActions(walk, actions, 0, { ...stand, maybe: together(held, stand.maybe) }) | open;
}

/** A verdict map: the entry that holds the packet's fields; entries behind one that may hold it are looked at too. */
function look(walk: Walk, lookup: Extract<Action, { kind: "lookup" }>, stand: Stand): Ends {
  const { entries, fields } = lookup;
  const found = tupleCandidates(entries, () => entries.map((entry) => entry.key), fields, walk.view);
  let left: Ends = 0;
  let unsure = false;
  for (const entry of found === undefined ? entries : at(entries, found)) {
    const inKey = tupleElementTruth(fields, entry.key, walk.view);
    if (inKey === false) continue;
    const held = entry.match === undefined ? inKey : allOf([inKey, matches(entry.match, walk.view)]);
    if (held === false) continue;
    // Behind an entry that may have held the packet, marks and other traces are only possible ones.
    const now = !unsure || stand.perhaps ? stand : { ...stand, perhaps: true };
    const ends = perform(walk, held, entry.actions, now);
    left |= ends & ~open;
    unsure = true;
    if (held === true) return left | (ends & open);
  }
  return left | open;
}

/** Changes the view's mark as the action says; to an unknown one where it is not certain that the packet comes here. */
export function changeMark(
  view: View,
  action: Extract<Action, { kind: "set-mark" | "copy-mark" }>,
  uncertain: boolean,
): void {
  // Without a connection there is no mark to keep or to fetch, and netfilter does nothing.
  if (isConnectionAbsent(view) && (action.kind === "copy-mark" || action.of === "connection")) return;
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
