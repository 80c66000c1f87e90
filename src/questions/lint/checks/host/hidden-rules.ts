// RW506 to RW509: rules of host firewalls that earlier ones hide, that change nothing, whose order decides by accident, and
// that match nothing; through jumps, too.
import type { Severity } from "../../../../estate/settings.ts";
import type { Table } from "../../../../layers/host/model.ts";
import type { RuleFact } from "../../../../rules/coverage/coverage.ts";
import type { Rule } from "../../../../rules/rule.ts";
import { editHostChain, withRuleMoved } from "../../edits.ts";
import type { Check, Remedy } from "../../model.ts";
import { exampleOf } from "../../witness.ts";
import { accepts, refuses } from "../order/lists.ts";
import { guardedHosts, subjectOf, testsOf, type Guarded } from "./gates.ts";
import { rulesReference } from "./references.ts";
import { chainName, chainOf, removeRules, tableFacts } from "./rule-facts.ts";

type Hidden = Extract<RuleFact, { kind: "unreachable" }>;

/** The rules of one chain with one cause, quoted: the first two, and how many more there are. */
export function quoted(rules: readonly Rule[]): string {
  const shown = rules.slice(0, 2).map((rule) => `“${rule.text}”`);
  return rules.length > 2 ? `${shown.join(", ")} and ${rules.length - 2} more` : shown.join(" and ");
}

/** What hangs on other things than lines: chain, rule and which of several alike. */
function partOf(table: Table, rule: Rule): string {
  const chain = chainOf(table, rule);
  const alike = chain?.rules.filter((other) => other.text === rule.text) ?? [];
  const at = alike.indexOf(rule);
  return `${chainName(table, chain?.name ?? "")} ${rule.text}${at > 0 ? ` (${at + 1})` : ""}`;
}

export const hiddenHostRule: Check = {
  number: "RW506",
  name: "host-hidden-rule",
  title: "A rule of a host's firewall never decides, since earlier ones decide otherwise",
  severity: "medium",
  why:
    "The first rule that matches decides, in whichever chain it stands. This one reads as if it were in force, and it is not: what it was to " +
    "allow is refused, or what it was to refuse gets through.",
  references: [rulesReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const { table, everywhere } of tableFacts(guarded.firewall)) {
        const hidden = everywhere("unreachable").filter(
          ({ agreement, rule }) =>
            (agreement === "opposite" || agreement === "mixed") && chainOf(table, rule) !== undefined,
        );
        // Ten rules behind one catch-all are one mistake.
        const causes = Map.groupBy(hidden, (fact) => fact.by[0]?.rule);
        for (const [by, facts] of causes) {
          const [first] = facts;
          if (first === undefined || by === undefined) continue;
          yield {
            subject: subjectOf(guarded, partOf(table, first.rule)),
            severity: severityOf(facts),
            title: `${quoted(facts.map(({ rule }) => rule))} in ${chainName(table, first.chain)} of ${guarded.host.name} never ${facts.length === 1 ? "decides" : "decide"}: ${quoted(first.by.map(({ rule }) => rule))} ${first.by.length === 1 ? "takes" : "take"} every such packet before`,
            origins: [first.rule.origin, ...first.by.map(({ rule }) => rule.origin)],
            witness: {
              packet: exampleOf(first.witness.packet),
              seen: `“${(first.decidedBy?.rule ?? by).text}” decides it`,
            },
            remedy: moveUp(guarded, table, facts, first),
          };
        }
      }
  },
};

function severityOf(facts: readonly Hidden[]): Severity {
  return facts.some(({ rule }) => refuses(rule)) ? "high" : "medium";
}

/** Before the rules that hide them where those stand in the same chain; else only a person can say what was meant. */
function moveUp({ host }: Guarded, table: Table, facts: readonly Hidden[], first: Hidden): Remedy {
  const chain = chainOf(table, first.rule);
  const text = `put ${facts.length === 1 ? "it" : "them"} before ${quoted(first.by.slice(0, 1).map(({ rule }) => rule))} if ${facts.length === 1 ? "it is" : "they are"} meant to count; else remove ${facts.length === 1 ? "it" : "them"}`;
  const above = chain?.rules.find((rule) => first.by.some((place) => place.rule === rule));
  if (chain === undefined || above === undefined || facts.some(({ rule }) => chainOf(table, rule) !== chain))
    return {
      text,
      unchecked: "they stand in different chains: which of them to change is for a person to say",
    };
  return {
    text,
    edit: editHostChain(host.id, table, chain.name, (old) =>
      facts.reduce((changed, { rule }) => withRuleMoved(rule, above)(changed), old),
    ),
  };
}

export const redundantHostRule: Check = {
  number: "RW507",
  name: "host-redundant-rule",
  title: "Rules of a host's firewall that change nothing",
  severity: "note",
  why:
    "Other rules decide the same of every packet of them. They do no harm today; but who takes one away expects something to " +
    "close, and every one is asked for every packet.",
  references: [rulesReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const { table, everywhere } of tableFacts(guarded.firewall)) {
        const doubled = everywhere("unreachable").filter(({ agreement }) => agreement === "same");
        const facts = [...doubled, ...everywhere("redundant")].filter(({ rule }) =>
          isWorthRemoving(table, rule),
        );
        for (const [chain, own] of Map.groupBy(facts, (fact) => fact.chain)) {
          const rules = [...new Set(own.map(({ rule }) => rule))];
          const [first] = own;
          if (first === undefined) continue;
          yield {
            subject: subjectOf(guarded, `${chainName(table, chain)} redundant`),
            title: `${quoted(rules)} of ${chainName(table, chain)} of ${guarded.host.name} ${rules.length === 1 ? "changes" : "change"} nothing: ${first.by.length === 0 ? "the default decides" : `${quoted(first.by.map(({ rule }) => rule))} ${first.by.length === 1 ? "decides" : "decide"}`} the same`,
            origins: [first.rule.origin, ...rules.slice(1).map((rule) => rule.origin)],
            witness: {
              packet: exampleOf(first.witness.packet),
              seen: `with “${first.rule.text}” and without it, it is ${accepts(first.rule) ? "let through" : "refused"}`,
            },
            remedy: {
              text: rules.length === 1 ? "remove it" : "remove them",
              edit: removeRules(guarded, table, rules),
            },
          };
        }
      }
  },
};

/** A refusal of everything that only says the policy aloud is how lists are written. */
function isWorthRemoving(table: Table, rule: Rule): boolean {
  const chain = chainOf(table, rule);
  if (chain === undefined) return false;
  return !(rule.match.kind === "always" && refuses(rule) && chain.rules.at(-1) === rule);
}

/** What stands before and behind every list: established connections, lo, invalid packets, one side of the host. */
function isFrame(rule: Rule): boolean {
  return testsOf(rule).every((test) => ["always", "state", "interface", "not"].includes(test.kind));
}

export const hostOrderByAccident: Check = {
  number: "RW508",
  name: "host-order-by-accident",
  title: "Rules of a host's firewall whose order decides, though neither is an exception to the other",
  severity: "note",
  why:
    "One accepts and the other refuses, each takes packets that the other does not, and of those that both take the upper one " +
    "decides. Who appends or inserts a rule elsewhere changes what gets through, and does not see it.",
  references: [rulesReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const { table, facts } of tableFacts(guarded.firewall)) {
        // What a chain that many jump to does is no order of anybody's: both rules have to stand in one chain.
        const correlated = facts.flatMap((fact) => {
          if (fact.kind !== "correlated" || chainOf(table, fact.rule) === undefined) return [];
          const others = fact.with.filter(
            (other) => other.chain === fact.chain && !isFrame(other.rule) && !isFrame(fact.rule),
          );
          return others.length === 0 ? [] : [{ ...fact, with: others }];
        });
        for (const [chain, own] of Map.groupBy(correlated, (fact) => fact.chain)) {
          const [first] = own;
          const other = first?.with[0];
          if (first === undefined || other === undefined) continue;
          const pairs = own.reduce((sum, fact) => sum + fact.with.length, 0);
          yield {
            subject: subjectOf(guarded, `${chainName(table, chain)} order`),
            title: `“${other.rule.text}” and “${first.rule.text}” of ${chainName(table, chain)} of ${guarded.host.name} overlap and disagree${pairs > 1 ? ` (and ${pairs - 1} more pairs)` : ""}: their order decides`,
            origins: [first.rule.origin, other.rule.origin],
            witness: {
              packet: exampleOf(other.witness.packet),
              seen: `both match; “${other.rule.text}” decides since it stands first`,
            },
            remedy: {
              text: "narrow one of the two to what the other leaves, or say in a comment which is to win",
              unchecked: "which of them is to win is for a person to say",
            },
          };
        }
      }
  },
};

export const hostNeverMatches: Check = {
  number: "RW509",
  name: "host-never-matches",
  title: "A rule of a host's firewall that no packet matches",
  severity: "low",
  why: "Its tests exclude each other, or those of the jumps that lead to it, so it is as if it were not there.",
  references: [rulesReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const { table, everywhere } of tableFacts(guarded.firewall)) {
        const own = everywhere("never").filter(({ rule }) => chainOf(table, rule) !== undefined);
        for (const [chain, facts] of Map.groupBy(own, (fact) => fact.chain)) {
          const [first] = facts;
          if (first === undefined) continue;
          const rules = facts.map(({ rule }) => rule);
          yield {
            subject: subjectOf(guarded, `${chainName(table, chain)} never`),
            severity: facts.some(({ byItself }) => byItself) ? "low" : "note",
            title: `${quoted(rules)} of ${chainName(table, chain)} of ${guarded.host.name} ${rules.length === 1 ? "matches" : "match"} no packet${first.byItself ? "" : " that the jumps to that chain let come"}`,
            origins: [first.rule.origin, ...rules.slice(1).map((rule) => rule.origin)],
            remedy: {
              text: `mend what ${rules.length === 1 ? "it asks" : "they ask"} for, or remove ${rules.length === 1 ? "it" : "them"}`,
              edit: removeRules(guarded, table, rules),
            },
          };
        }
      }
  },
};
