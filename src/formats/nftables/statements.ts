// One statement of a rule as steps: a test that must hold for what follows, or an action. Order is kept; how steps
// become a rule's match and actions stands in rules.ts.
import { all, always, type Match } from "../../rules/match.ts";
import type { Action } from "../../rules/rule.ts";
import { isObject, type Json } from "../json.ts";
import { allReadable, familyTest, unknowable, type Scope } from "./keys.ts";
import { mapFields, readLookup } from "./maps.ts";
import { markChange } from "./marks.ts";
import { translation, type TranslationKind } from "./nat.ts";
import { statementText } from "./print-statement.ts";
import { readKeys } from "./read-key.ts";
import { elementValue, listOf, tagged, textOf, type Fields } from "./shape.ts";
import { matchTest } from "./tests.ts";
import { act, test, type Step } from "./steps.ts";
import { rewriteSteps } from "./rewrites.ts";
import { extensionSteps } from "./xt.ts";

/** @throws Problem for what is broken: a jump to a chain that is not there, an address that is none */
export function statementSteps(scope: Scope, chains: ReadonlySet<string>, statement: Json): Step[] {
  if (typeof statement === "string") return writtenStatement(scope, statement);
  const tag = tagged(statement);
  if (tag === undefined) return foreign(scope, statement);
  const verdict = verdictActions(scope, chains, statement);
  if (verdict !== undefined) return act(...verdict);
  const { kind, body, fields } = tag;
  const note = (): Step[] => act({ kind: "note", what: statementText(statement) });
  switch (kind) {
    case "match":
      return test(matchTest(scope, fields));
    case "vmap":
      return verdictMap(scope, chains, fields);
    case "reject":
      return rejection(scope, fields);
    case "counter":
      return objectMap(scope, body);
    case "limit":
      return [...objectMap(scope, body), ...condition(scope, statement, "a rate limit")];
    case "quota":
      return [...objectMap(scope, body), ...condition(scope, statement, "a limit on how much may pass")];
    case "ct count":
      return condition(scope, statement, "how many connections are open");
    case "log": {
      const prefix = textOf(fields["prefix"]);
      return act({ kind: "log", ...(prefix === undefined ? {} : { prefix }) });
    }
    case "notrack":
      return act({ kind: "notrack" });
    case "queue":
      return act({ kind: "queue", bypass: listOf(fields["flags"]).includes("bypass") });
    case "mangle":
      return rewriting(scope, statement, fields);
    case "snat":
    case "dnat":
    case "masquerade":
    case "redirect":
      return translating(scope, kind, fields);
    case "set":
    case "map":
      return update(scope, statement, fields["elem"], fields["stmt"]);
    case "meter":
      return update(scope, statement, fields["key"], fields["stmt"]);
    case "tproxy":
      return [...note(), ...condition(scope, statement, "whether a transparent proxy waits here")];
    case "synproxy":
      return act({
        kind: "unknown",
        what: `“${statementText(statement)}”: the host answers in the server's name`,
      });
    case "dup":
    case "last":
    case "flow":
    case "ct helper":
    case "ct timeout":
    case "ct expectation":
    case "secmark":
    case "reset":
      return [...objectMap(scope, body), ...note()];
    case "xt":
      return extensionSteps(scope, fields, statementText(statement));
    default:
      return foreign(scope, statement);
  }
}

/** The actions of a verdict, as a statement or as a verdict map's target; undefined where it is none. */
function verdictActions(
  scope: Scope,
  chains: ReadonlySet<string>,
  verdict: Json,
): readonly Action[] | undefined {
  const tag = tagged(verdict);
  if (tag === undefined) return undefined;
  switch (tag.kind) {
    case "accept":
    case "drop":
    case "return":
      return [{ kind: tag.kind }];
    case "continue":
      return [];
    case "jump":
    case "goto": {
      const chain = textOf(tag.fields["target"]) ?? "";
      if (!chains.has(chain)) {
        return scope.fail(
          "reference",
          `the rule goes to chain “${chain}”, which table ${scope.table} does not have`,
        );
      }
      return [{ kind: tag.kind, chain }];
    }
    default:
      return undefined;
  }
}

function verdictMap(scope: Scope, chains: ReadonlySet<string>, fields: Fields): Step[] {
  const lookup = readLookup(scope, fields, (target) => {
    const verdict = verdictActions(scope, chains, target);
    return (
      verdict ?? act(...foreignActions(scope, target)).flatMap((step) => ("act" in step ? [step.act] : []))
    );
  });
  // Only `continue` goes on in the same rule.
  const goesOn = lookup.goesOn((target) => tagged(target)?.kind === "continue");
  return [...test(lookup.readable), ...act(lookup.action), { test: goesOn }];
}

function foreignActions(scope: Scope, value: Json): readonly Action[] {
  const what = statementText(value);
  scope.report({ what, effect: "may accept, drop or go on: can't be known" });
  return [{ kind: "unknown", what: `“${what}”: a statement that Ringwall does not know` }];
}

function foreign(scope: Scope, statement: Json): Step[] {
  return act(...foreignActions(scope, statement));
}

/** nft writes what its JSON has no words for as text. */
function writtenStatement(scope: Scope, text: string): Step[] {
  if (!/^(?:add|update|delete) @/.test(text)) return foreign(scope, text);
  scope.report({
    what: text,
    effect: "changes a set while packets pass; the set is taken as it was exported",
  });
  return act({ kind: "note", what: text });
}

function condition(scope: Scope, statement: Json, why: string): Step[] {
  return test(unknowable(scope, statementText(statement), { why, understood: true }));
}

/** `counter name ip saddr map @clients`: the rule ends where the map does not hold the key. */
function objectMap(scope: Scope, body: Json): Step[] {
  const fields = mapFields(body);
  if (fields === undefined) return [];
  const lookup = readLookup(scope, fields, () => []);
  return test(
    all(
      lookup.readable,
      lookup.goesOn(() => true),
    ),
  );
}

/** nft's word for the answer; an answer of one family's ICMP is given to packets of that family alone. */
function rejection(scope: Scope, fields: Fields): Step[] {
  const type = textOf(fields["type"]);
  const code = textOf(fields["expr"]);
  const family = type === "icmp" ? familyTest(scope, 4) : type === "icmpv6" ? familyTest(scope, 6) : always;
  if (type === "tcp reset") return act({ kind: "reject", with: "tcp-reset" });
  const answer = type === undefined ? {} : { with: code === undefined ? type : `${type}-${code}` };
  return [...test(family), ...act({ kind: "reject", ...answer })];
}

function translating(scope: Scope, kind: TranslationKind, fields: Fields): Step[] {
  const { action, test: when } = translation(scope, kind, fields);
  return [...test(when), ...act(action)];
}

function rewriting(scope: Scope, statement: Json, fields: Fields): Step[] {
  const { key, value } = fields;
  if (key === undefined || value === undefined) return foreign(scope, statement);
  const target = tagged(key);
  const name = textOf(target?.fields["key"]);
  if ((target?.kind === "meta" || target?.kind === "ct") && name === "mark") {
    const change = markChange(scope, target.kind === "meta" ? "packet" : "connection", value);
    return [...test(change.readable), ...act(...change.actions)];
  }
  const map = mapFields(value);
  const lookup = map === undefined ? undefined : readLookup(scope, map, () => []);
  const readable =
    lookup === undefined
      ? always
      : all(
          lookup.readable,
          lookup.goesOn(() => true),
        );
  return [...test(readable), ...rewriteSteps(scope, key, statementText(statement))];
}

/** A set that is changed as packets pass. With a limit inside, what follows depends on it. */
function update(scope: Scope, statement: Json, element: Json | undefined, inside: Json | undefined): Step[] {
  if (element === undefined) return foreign(scope, statement);
  const text = statementText(statement);
  const keys = readKeys(scope, elementValue(element));
  const limits = listOf(inside).some((item) => isObject(item) && !("counter" in item) && !("last" in item));
  const limited: Match = limits
    ? unknowable(scope, text, { why: "a limit for each element", understood: true })
    : always;
  return [...test(allReadable(keys)), ...act({ kind: "note", what: text }), ...test(limited)];
}
