// A packet's passage in words: which chain, which rule, and why, one step for each thing that a person would want to
// know. Chains that merely accept share one line. It decides nothing.
import { packetText, type Packet } from "../../packet/packet.ts";
import type { Decision } from "../../rules/evaluate.ts";
import type { Match } from "../../rules/match.ts";
import type { Chain, Rule } from "../../rules/rule.ts";
import type { Step } from "../../rules/step.ts";
import type { Cause } from "../../rules/truth.ts";
import type { HookChain } from "./hooks.ts";
import type { Note, Path } from "./passage.ts";
import { remedyFor } from "./remedy.ts";
import type { Walk } from "./walk.ts";

type Decided = Extract<Note, { kind: "decided" }>;

/** The steps of a walk, in the order in which they happened. */
export function explain(walk: Walk, path: Path): readonly Step[] {
  const steps: Step[] = [];
  const accepting = worthTelling(telling(walk.notes, path), walk);
  const { place } = walk.passing;
  for (const note of walk.notes) {
    if (note.kind !== "decided" || note.verdict !== "allowed") steps.push(stepOf(note, walk));
    else if (note === accepting) steps.push(acceptedStep(note, walk.notes, place));
  }
  if (steps.every((step) => step.verdict === "passed") && accepting === undefined && !walk.denied) {
    steps.push({
      layer: "host",
      place,
      ring: "netfilter",
      verdict: "allowed",
      rules: [],
      why: `no chain of this host's firewall filters ${pathWords[path]}`,
      causes: [],
    });
  }
  return steps;
}

/** That chains accepted is no news beside a refusal, or beside a doubt at the same hook. */
function worthTelling(accepting: Decided | undefined, walk: Walk): Decided | undefined {
  if (accepting === undefined || walk.denied) return undefined;
  const doubted = walk.notes.some(
    (note) => note.kind === "decided" && note.verdict === "depends" && note.hook === accepting.hook,
  );
  return doubted ? undefined : accepting;
}

const pathWords: Readonly<Record<Path, string>> = {
  input: "packets that come in for it",
  forward: "packets that it forwards",
  output: "packets that it sends",
};

/** The rule, or policy, that decided: what denied it, else what let it pass on its main way. */
export function decisive(walk: Walk, path: Path): Rule | undefined {
  const denied = walk.notes.find(
    (note): note is Decided => note.kind === "decided" && note.verdict === "denied",
  );
  return (denied ?? telling(walk.notes, path))?.evaluation.decisions.at(-1)?.rule;
}

/**
 * Of the chains that accept, the one to tell of: on the packet's main hook rather than before or after routing, a rule
 * of its own rather than a policy, and the later chain, which is the filter table's.
 */
function telling(notes: readonly Note[], path: Path): Decided | undefined {
  let best: Decided | undefined;
  let bestWeight = -1;
  for (const note of notes) {
    if (note.kind !== "decided" || note.verdict !== "allowed") continue;
    const main = note.hook === path || (path === "output" && note.hook === "input");
    const rule = note.evaluation.decisions.at(-1)?.rule;
    const byRule = rule !== undefined && rule !== note.chain.chain.policy;
    const isFilter = note.chain.base.priority === 0 || note.chain.table.name === "filter";
    const weight = (main ? 4 : 0) + (byRule ? 2 : 0) + (isFilter ? 1 : 0);
    if (weight >= bestWeight) {
      best = note;
      bestWeight = weight;
    }
  }
  return best;
}

/** What comes out where nothing unknown matches. */
function mainOf({ evaluation: { decisions } }: Decided): Decision {
  return decisions.at(-1) ?? decisions[0];
}

function stepOf(note: Note, walk: Walk): Step {
  const { place } = walk.passing;
  switch (note.kind) {
    case "decided":
      return note.verdict === "denied" ? deniedStep(note, walk) : dependsStep(note, place);
    case "translated":
      return translatedStep(note, place);
    case "untracked": {
      const rule = note.evaluation.passed.find((passed) =>
        passed.actions.some((action) => action.kind === "notrack"),
      );
      return {
        layer: "host",
        place,
        ring: ringName(note.chain),
        verdict: "passed",
        rules: rule === undefined ? [] : [rule],
        why: `${rule === undefined ? `${note.chain.chain.name} exempts` : `${ruleName(rule, note.chain)} exempts`} it from connection tracking: its state is untracked, and nothing remembers it for the reply`,
        causes: [],
      };
    }
    case "refused":
      return {
        layer: note.ring === "routing" ? "route" : "host",
        place,
        ring: note.ring,
        verdict: "denied",
        rules: [],
        why: note.why,
        causes: [],
        silent: note.ring !== "routing" || note.route?.type === "blackhole",
      };
  }
}

function acceptedStep(note: Decided, notes: readonly Note[], place: string): Step {
  const rules: Rule[] = [];
  for (const other of [note, ...notes]) {
    if (other.kind !== "decided" || other.verdict !== "allowed") continue;
    const { rule, via } = mainOf(other);
    // Policies of other chains say nothing about this packet.
    if (rule === undefined || (other !== note && rule === other.chain.chain.policy)) continue;
    for (const one of [rule, ...via]) if (!rules.includes(one)) rules.push(one);
  }
  return {
    layer: "host",
    place,
    ring: ringName(note.chain),
    verdict: "allowed",
    rules,
    why: whyDecided(note, mainOf(note)),
    causes: [],
  };
}

function deniedStep(note: Decided, walk: Walk): Step {
  const decision = mainOf(note);
  const { rule, via } = decision;
  const remedy = remedyFor(note, decision, walk);
  return {
    layer: "host",
    place: walk.passing.place,
    ring: ringName(note.chain),
    verdict: "denied",
    rules: [...(rule === undefined ? [] : [rule]), ...via],
    why: whyDecided(note, decision),
    causes: [],
    ...(remedy === undefined ? {} : { remedy }),
    silent: decision.outcome.kind !== "reject",
  };
}

function dependsStep(note: Decided, place: string): Step {
  const { decisions, causes } = note.evaluation;
  const rules: Rule[] = [];
  for (const { rule, via } of decisions.toReversed())
    for (const one of rule === undefined ? via : [rule, ...via]) if (!rules.includes(one)) rules.push(one);
  const ways = decisions
    .toReversed()
    .map(
      (decision, at) =>
        `${at === 0 ? "if nothing unknown matches" : "otherwise perhaps"} ${whyDecided(note, decision)}`,
    );
  return {
    layer: "host",
    place,
    ring: ringName(note.chain),
    verdict: "depends",
    rules,
    why: `it hangs on ${causesText(causes)}: ${ways.join("; ")}`,
    causes,
  };
}

function translatedStep(note: Extract<Note, { kind: "translated" }>, place: string): Step {
  const { by, before, after } = note;
  const change = changeText(before, after);
  const lot = note.byLot
    ? " (another connection has that port already: the kernel draws another by lot, and the one named here is only an example)"
    : "";
  const why =
    by === undefined
      ? note.isFirst
        ? `no rule translates it, and still its replies must be told from another connection's: ${change}${lot}`
        : `the connection was translated when it began: ${change}`
      : `${ruleName(by.rule, by.chain)} translates it: ${change}${lot}${
          note.causes.length === 0 ? "" : `, unless ${causesText(note.causes)} tells otherwise`
        }`;
  return {
    layer: "host",
    place,
    ring: by === undefined ? `${note.hook} address translation` : ringName(by.chain),
    verdict: note.causes.length === 0 ? "passed" : "depends",
    rules: by === undefined ? [] : [by.rule],
    why,
    causes: note.causes,
    ...(after === before ? {} : { rewritten: after }),
  };
}

function changeText(before: Packet, after: Packet): string {
  return before === after ? "to what it is already" : `${packetText(before)} becomes ${packetText(after)}`;
}

function causesText(causes: readonly Cause[]): string {
  const texts = causes.map((cause) =>
    cause.kind === "condition" ? cause.what : `which ${cause.field.replaceAll("-", " ")} the packet has`,
  );
  return [...new Set(texts)].join(" and ") || "what can't be known";
}

/** `filter INPUT`, `inet fw input`: the chain as its own tools name it. */
export function ringName({ table, chain }: HookChain): string {
  return table.engine === "iptables"
    ? `${table.name} ${chain.name}`
    : `${table.family} ${table.name} ${chain.name}`;
}

const verbs: Readonly<Record<Decision["outcome"]["kind"], string>> = {
  accept: "accepts",
  drop: "drops",
  reject: "rejects",
  translate: "translates",
  queue: "hands it to a program (queue)",
  unknown: "may do anything",
  none: "says nothing",
};

function whyDecided(note: Decided, decision: Decision): string {
  const { rule, outcome, via } = decision;
  const { policy, name } = note.chain.chain;
  if (rule === undefined) return `no rule of ${name} decides on it`;
  if (rule === policy) {
    const word = outcome.kind === "accept" ? "ACCEPT" : outcome.kind === "reject" ? "REJECT" : "DROP";
    return `${name} has no rule for it: the policy ${word} decides`;
  }
  const by = `${ruleName(rule, note.chain)} ${verbs[outcome.kind]}: ${rule.text}`;
  const [jump] = via;
  const through = jump === undefined ? "" : ` (${decision.chain}, reached by ${ruleName(jump, note.chain)})`;
  if (
    outcome.kind === "accept" &&
    (note.state === "established" || note.state === "related") &&
    asksState(rule.match)
  ) {
    const belongs =
      note.state === "established"
        ? "the packet belongs to a connection that was let through (established)"
        : "the packet is an error about a connection that was let through (related)";
    return `${belongs}: ${by}${through}`;
  }
  return `${by}${through}`;
}

function asksState(match: Match): boolean {
  if (match.kind === "state") return true;
  if (match.kind === "all" || match.kind === "any") return match.of.some(asksState);
  return match.kind === "not" && asksState(match.match);
}

/** `rule 7 (line 31)`, and the chain's name where it is not the base chain. */
export function ruleName(rule: Rule, { chain, chains }: HookChain): string {
  const line = `line ${rule.origin.line}`;
  const here = chain.rules.indexOf(rule);
  if (here >= 0) return `rule ${here + 1} (${line})`;
  const home = homeOf(rule, chains.values());
  return home === undefined
    ? `the rule in ${line}`
    : `rule ${home.rules.indexOf(rule) + 1} of ${home.name} (${line})`;
}

function homeOf(rule: Rule, chains: Iterable<Chain>): Chain | undefined {
  for (const chain of chains) if (chain.rules.includes(rule)) return chain;
  return undefined;
}
