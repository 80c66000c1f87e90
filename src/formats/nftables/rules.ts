// A rule: its steps in order become the match (the tests before the first action) and the actions; a test that stands
// after an action binds only what follows it.
import { intersection, numberDomain, type NumberSet } from "../../packet/intervals.ts";
import { all, always, type Match } from "../../rules/match.ts";
import type { Action, Rule } from "../../rules/rule.ts";
import { isObject, type Json } from "../json.ts";
import { together, type Scope } from "./keys.ts";
import { ruleText } from "./print-statement.ts";
import { listOf, numberOf, tagged, textOf, type Fields } from "./shape.ts";
import { statementSteps } from "./statements.ts";
import type { Step } from "./steps.ts";

/** @throws Problem for what is broken in the rule, with the rule's origin */
export function readRule(scope: Scope, chains: ReadonlySet<string>, fields: Fields): Rule {
  const statements = listOf(fields["expr"]);
  const steps: Step[] = [];
  let protocols: NumberSet | undefined;
  for (const statement of statements) {
    const inside: Scope = protocols === undefined ? scope : { ...scope, protocols };
    const added = statementSteps(inside, chains, statement);
    steps.push(...added);
    for (const step of added) if ("test" in step) protocols = narrowed(protocols, step.test);
  }
  const first = steps.findIndex((step) => "act" in step);
  const tests = first < 0 ? steps : steps.slice(0, first);
  const counters = countersOf(statements);
  return {
    match: together(tests.map((step) => ("test" in step ? step.test : always))),
    actions: first < 0 ? [] : folded(steps.slice(first)),
    origin: scope.origin,
    text: ruleText(statements, textOf(fields["comment"])),
    ...(counters === undefined ? {} : { counters }),
  };
}

/** Actions from the end backwards: a test wraps everything that follows it. */
function folded(steps: readonly Step[]): readonly Action[] {
  let actions: readonly Action[] = [];
  for (const step of steps.toReversed()) {
    if ("act" in step) actions = [step.act, ...actions];
    else if (actions.length > 0) actions = [wrapped(step.test, actions)];
  }
  return actions;
}

/** Tests side by side are one. */
function wrapped(match: Match, actions: readonly Action[]): Action {
  const [only] = actions;
  return only?.kind === "when" && actions.length === 1
    ? { kind: "when", match: all(match, only.match), actions: only.actions }
    : { kind: "when", match, actions };
}

/** The protocols that are left after a test; what a test asks beside the protocol does not matter here. */
function narrowed(before: NumberSet | undefined, match: Match): NumberSet | undefined {
  const tests = match.kind === "all" ? match.of : [match];
  let protocols = before;
  for (const test of tests) {
    if (test.kind !== "number" || test.field !== "protocol") continue;
    protocols = intersection(protocols ?? [0, numberDomain(255).last], test.set);
  }
  return protocols;
}

/** The figures of a rule's own counter; the last, where there are several. */
function countersOf(statements: readonly Json[]): Rule["counters"] {
  for (const statement of statements.toReversed()) {
    const tag = tagged(statement);
    if (tag?.kind !== "counter" || !isObject(tag.body)) continue;
    const packets = numberOf(tag.fields["packets"]);
    const bytes = numberOf(tag.fields["bytes"]);
    if (packets !== undefined && bytes !== undefined) return { packets, bytes };
  }
  return undefined;
}
