// RW504, RW505: rules that are to log and never do, and rules that log whatever anybody sends, as fast as they send it.
import type { Rule } from "../../../../rules/rule.ts";
import type { Match } from "../../../../rules/match.ts";
import { editHostChain, withRuleReplaced } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { accepts } from "../order/lists.ts";
import { all } from "../../../../rules/match.ts";
import { actionsOf, guardedHosts, subjectOf, testsOf } from "./gates.ts";
import { quoted } from "./hidden-rules.ts";
import { rulesReference } from "./references.ts";
import { chainName, chainOf, removeRules, tableFacts } from "./rule-facts.ts";

const logging = { title: "iptables-extensions(8), LOG and limit: log with a limited rate" };

function logs(rule: Rule): boolean {
  return actionsOf(rule).some((action) => action.kind === "log");
}

export const logNeverReached: Check = {
  number: "RW504",
  name: "log-never-reached",
  title: "A rule that is to log, and never sees a packet",
  severity: "low",
  why:
    "It stands behind rules that end the way of everything it is for. The log stays empty, and an empty log is read as “nobody " +
    "tried”.",
  references: [rulesReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const { table, everywhere } of tableFacts(guarded.firewall))
        for (const { rule, chain, by, witness } of everywhere("unreachable")) {
          if (!logs(rule) || chainOf(table, rule) === undefined) continue;
          yield {
            subject: subjectOf(guarded, `${chainName(table, chain)} ${rule.text}`),
            title: `“${rule.text}” of ${chainName(table, chain)} of ${guarded.host.name} never logs: ${quoted(by.map((place) => place.rule))} ${by.length === 1 ? "ends" : "end"} the way of every such packet before`,
            origins: [rule.origin, ...by.map((place) => place.rule.origin)],
            witness: { packet: witness.packet, seen: `it is decided before “${rule.text}” is asked` },
            remedy: {
              text: `put it before ${quoted(by.slice(0, 1).map((place) => place.rule))}, or remove it`,
              edit: removeRules(guarded, table, [rule]),
            },
          };
        }
  },
};

export const logFloods: Check = {
  number: "RW505",
  name: "log-floods",
  title: "A rule logs without a limit",
  severity: "note",
  why:
    "Every packet that anybody sends writes a line: a port scan fills the disk, and hides in its own noise what should have been " +
    "seen.",
  references: [logging],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const { table, facts } of tableFacts(guarded.firewall)) {
        const reached = new Set(facts.flatMap((fact) => (fact.kind === "reached" ? [fact.rule] : [])));
        for (const chain of table.chains.values()) {
          const floods = chain.rules.filter(
            (rule) => logs(rule) && reached.has(rule) && testsOf(rule).every(isBroad),
          );
          const [first] = floods;
          if (first === undefined) continue;
          const after = chain.rules.slice(chain.rules.indexOf(first) + 1);
          const early = after.some(accepts);
          yield {
            subject: subjectOf(guarded, `${chainName(table, chain.name)} log`),
            severity: early ? "low" : "note",
            title: `${quoted(floods)} of ${chainName(table, chain.name)} of ${guarded.host.name} ${floods.length === 1 ? "logs" : "log"} every packet without a limit${early ? ", before others are accepted" : ""}`,
            origins: [first.origin, ...floods.slice(1).map((rule) => rule.origin)],
            remedy: {
              text: `limit the rate (-m limit --limit 5/min; limit rate 5/minute)${early ? ", and put it behind what is accepted" : ""}`,
              edit: editHostChain(guarded.host.id, table, chain.name, (old) =>
                floods.reduce((changed, rule) => withRuleReplaced(rule, limited(rule))(changed), old),
              ),
            },
          };
        }
      }
  },
};

function limited(rule: Rule): Rule {
  const limit: Match = { kind: "unknown", what: "limit 5/minute" };
  return { ...rule, match: all(rule.match, limit), text: `${rule.text} (limit 5/minute)` };
}

/** Tests that leave in everybody's packets: of the way in, of the protocol, of a first packet. */
function isBroad(match: Match): boolean {
  if (match.kind === "number") return match.field === "protocol";
  return ["always", "family", "interface", "state"].includes(match.kind);
}
