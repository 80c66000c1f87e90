// RW301, RW302, RW304, RW305: rules that earlier ones leave nothing of, that change nothing, that hold for nothing, and
// the broad ones that hide many.
import type { RuleFact } from "../../../../rules/coverage/coverage.ts";
import type { Rule } from "../../../../rules/rule.ts";
import type { Context } from "../../context.ts";
import type { Check, Finding, Reference } from "../../model.ts";
import { isForEphemeralPorts } from "../../ports-of-match.ts";
import { exampleOf } from "../../witness.ts";
import { accepts, refuses, ruleLists, type RuleList } from "./lists.ts";

const references: readonly Reference[] = [
  {
    title: "NIST SP 800-41 Rev. 1, 5.2 (configuring rule sets)",
  },
  {
    title:
      "E. Al-Shaer, H. Hamed: “Discovery of policy anomalies in distributed firewalls”, IEEE INFOCOM 2004",
    url: "https://doi.org/10.1109/INFCOM.2004.1354680",
  },
];

type OfKind<K extends RuleFact["kind"]> = Extract<RuleFact, { kind: K }>;

function* factsOf<K extends RuleFact["kind"]>(
  context: Context,
  kind: K,
): Iterable<readonly [RuleList, OfKind<K>]> {
  for (const list of ruleLists(context))
    for (const fact of list.facts)
      if (isOfKind(fact, kind) && list.chain.rules.includes(fact.rule)) yield [list, fact];
}

function isOfKind<K extends RuleFact["kind"]>(fact: RuleFact, kind: K): fact is OfKind<K> {
  return fact.kind === kind;
}

/** “100: allow …”, “110: …” and 3 more. */
function quoted(rules: readonly Rule[]): string {
  const shown = rules.slice(0, 2).map((rule) => `“${rule.text}”`);
  return rules.length > 2 ? `${shown.join(", ")} and ${rules.length - 2} more` : shown.join(" and ");
}

/** The rules that a broad one hides are its finding, not theirs. */
function hiddenByOne(list: RuleList): ReadonlySet<Rule> {
  return new Set(
    list.facts.flatMap((fact) =>
      fact.kind === "hides" && refuses(fact.rule) ? fact.rules.map(({ rule }) => rule) : [],
    ),
  );
}

export const shadowedRule: Check = {
  number: "RW301",
  name: "shadowed-rule",
  title: "A rule that never decides, since earlier ones decide otherwise",
  severity: "medium",
  why:
    "The first rule that matches decides. This one reads as if it were in force, and it is not: what it was to allow is refused, " +
    "or what it was to refuse gets through.",
  references,
  *run(context) {
    for (const [list, fact] of factsOf(context, "unreachable")) {
      const { rule, by, agreement, witness, decidedBy } = fact;
      if (agreement === "same" || agreement === "none" || hiddenByOne(list).has(rule)) continue;
      const [first] = by.map((place) => place.rule);
      const [origin] = [rule.origin];
      yield {
        subject: list.subject(rule),
        severity: refuses(rule) ? "high" : "medium",
        title: `“${rule.text}” of ${list.name} never decides: ${quoted(by.map((place) => place.rule))} ${by.length === 1 ? "takes" : "take"} every packet of it before`,
        origins: [origin, ...by.map((place) => place.rule.origin)],
        witness: {
          packet: exampleOf(witness.packet),
          seen: `“${(decidedBy?.rule ?? first ?? rule).text}” decides it`,
        },
        ...(first === undefined
          ? {}
          : {
              remedy: {
                text: `put it before ${quoted([first])} if it is meant to count; else remove it`,
                edit: list.moveBefore(rule, first),
              },
            }),
      };
    }
  },
};

export const redundantRule: Check = {
  number: "RW302",
  name: "redundant-rule",
  title: "A rule that changes nothing",
  severity: "note",
  why:
    "Other rules decide the same of every packet of it. It does no harm today; but who takes it away expects something to " +
    "close, and who changes the other one forgets this.",
  references,
  *run(context) {
    for (const list of ruleLists(context))
      for (const fact of list.facts) {
        const by = coveringRules(list, fact);
        if (by === undefined) continue;
        const { rule } = fact;
        yield {
          subject: list.subject(rule),
          title: `“${rule.text}” of ${list.name} changes nothing: ${by.length === 0 ? "the default decides" : `${quoted(by)} ${by.length === 1 ? "decides" : "decide"}`} the same`,
          origins: [rule.origin, ...by.map((other) => other.origin)],
          ...(fact.kind === "redundant" || fact.kind === "unreachable"
            ? {
                witness: {
                  packet: exampleOf(fact.witness.packet),
                  seen: `with the rule and without it, it is ${accepts(rule) ? "let through" : "refused"}`,
                },
              }
            : {}),
          remedy: { text: "remove it", edit: list.remove(rule) },
        } satisfies Finding;
      }
  },
};

/** The rules that make one superfluous; undefined where it is not. */
function coveringRules(list: RuleList, fact: RuleFact): readonly Rule[] | undefined {
  if (!list.chain.rules.includes(fact.rule)) return undefined;
  if (fact.kind !== "redundant" && (fact.kind !== "unreachable" || fact.agreement !== "same"))
    return undefined;
  const { policy } = list.chain;
  const by = fact.by.map(({ rule }) => rule);
  // A refusal that only says the default aloud (“deny all” at the end) is how lists are written.
  const isDefault = fact.rule.match.kind === "always" && policy !== undefined && refuses(policy);
  if (refuses(fact.rule) && (isDefault || by.every((rule) => rule === policy))) return undefined;
  // Without memory an entry for a service and one for replies are there for two things, though one covers the other.
  if (
    list.stateless &&
    !isForEphemeralPorts(fact.rule.match) &&
    by.every((rule) => isForEphemeralPorts(rule.match))
  )
    return undefined;
  return by.filter((rule) => rule !== policy);
}

export const neverMatches: Check = {
  number: "RW304",
  name: "never-matches",
  title: "A rule that no packet matches",
  severity: "low",
  why: "Its tests exclude each other (an address of one family with another of the other, ports of a protocol without ports), so it is as if it were not there.",
  references,
  *run(context) {
    for (const [list, { rule, byItself }] of factsOf(context, "never")) {
      if (!byItself) continue;
      yield {
        subject: list.subject(rule),
        title: `“${rule.text}” of ${list.name} matches no packet at all`,
        origins: [rule.origin],
        remedy: { text: "mend what it asks for, or remove it", edit: list.remove(rule) },
      };
    }
  },
};

export const broadDenyAboveAllows: Check = {
  number: "RW305",
  name: "broad-deny-above-allows",
  title: "A broad refusal stands above what is allowed",
  severity: "high",
  why:
    "A broad “deny” that was put on top in an emergency, and stayed there, refuses everything that the rules below it allow; for " +
    "as long as nobody reads the list from the top.",
  references,
  *run(context) {
    for (const [list, { rule, rules: hidden }] of factsOf(context, "hides")) {
      if (!refuses(rule)) continue;
      const allows = hidden.map((place) => place.rule).filter(accepts);
      const last = allows.at(-1);
      const example = list.facts.find((fact) => fact.kind === "unreachable" && allows.includes(fact.rule));
      if (last === undefined || example?.kind !== "unreachable") continue;
      yield {
        subject: list.subject(rule),
        title: `“${rule.text}” of ${list.name} hides ${allows.length} rules that allow: ${quoted(allows)}`,
        origins: [rule.origin, ...allows.map((other) => other.origin)],
        witness: {
          packet: exampleOf(example.witness.packet),
          seen: `“${rule.text}” refuses it, and “${example.rule.text}” is never asked`,
        },
        remedy: {
          text: "remove it if the emergency is over, or put it below what it hides",
          edit: list.moveAfter(rule, last),
        },
      };
    }
  },
};

export const correlatedRules: Check = {
  number: "RW303",
  name: "order-by-accident",
  title: "Rules whose order decides, though neither is an exception to the other",
  severity: "note",
  why:
    "One allows and the other refuses, each takes packets that the other does not, and of those that both take the upper one " +
    "decides. Who sorts or renumbers the list changes what gets through, and does not see it.",
  references,
  *run(context) {
    for (const [list, { rule, with: overlaps, count }] of factsOf(context, "correlated")) {
      const [first] = overlaps;
      if (first === undefined) continue;
      const more = count > 1 ? ` (and ${count - 1} more)` : "";
      yield {
        subject: list.subject(rule),
        title: `“${first.rule.text}” and “${rule.text}” of ${list.name} overlap and disagree${more}: their order decides`,
        origins: [rule.origin, ...overlaps.map((other) => other.rule.origin)],
        witness: {
          packet: exampleOf(first.witness.packet),
          seen: `both match; “${first.rule.text}” decides since it stands first`,
        },
        remedy: {
          text: "narrow one of the two to what the other leaves, or say in a note which is to win",
          unchecked: "which of them is to win is for a person to say",
        },
      };
    }
  },
};
