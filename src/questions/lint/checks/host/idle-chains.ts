// RW510, RW511: chains that nothing leads to, and jumps that lead to nothing.
import type { Table } from "../../../../layers/host/model.ts";
import type { Rule } from "../../../../rules/rule.ts";
import { editHost } from "../../edits.ts";
import type { Check, Edit } from "../../model.ts";
import { refuses } from "../order/lists.ts";
import { guardedHosts, reachedFrom, subjectOf, targetsOf, type Guarded } from "./gates.ts";
import { quoted } from "./hidden-rules.ts";
import { rulesReference } from "./references.ts";
import { chainName, removeRules } from "./rule-facts.ts";

export const unreferencedChain: Check = {
  number: "RW510",
  name: "unreferenced-chain",
  title: "A chain with rules that nothing leads to",
  severity: "low",
  why: "Its rules are read by people and by no packet: whoever audits the list counts on a refusal that is not in force.",
  references: [rulesReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const table of guarded.firewall.tables) {
        const reached = new Set(
          table.bases.flatMap((base) => {
            const chain = table.chains.get(base.chain);
            return chain === undefined ? [] : [...reachedFrom(chain, table.chains)];
          }),
        );
        const idle = [...table.chains.values()].filter(
          (chain) => chain.rules.length > 0 && !reached.has(chain),
        );
        const [first] = idle;
        if (first === undefined) continue;
        const names = idle.slice(0, 3).map((chain) => chain.name);
        yield {
          subject: subjectOf(guarded, `${chainName(table, "")}unreferenced`),
          severity: idle.some((chain) => chain.rules.some(refuses)) ? "low" : "note",
          title: `nothing leads to ${names.join(", ")}${idle.length > 3 ? ` and ${idle.length - 3} more chains` : ""} of table ${table.name} of ${guarded.host.name}: ${idle.length === 1 ? "its" : "their"} rules are never asked`,
          origins: [first.origin, ...idle.slice(1).map((chain) => chain.origin)],
          remedy: {
            text: `jump to ${idle.length === 1 ? "it" : "them"} where ${idle.length === 1 ? "its" : "their"} rules are meant to count, or remove ${idle.length === 1 ? "it" : "them"}`,
            edit: withoutChains(guarded, table, new Set(idle.map((chain) => chain.name))),
          },
        };
      }
  },
};

function withoutChains({ host }: Guarded, table: Table, names: ReadonlySet<string>): Edit {
  return editHost(host.id, (item) =>
    item.firewall === undefined
      ? item
      : {
          ...item,
          firewall: {
            ...item.firewall,
            tables: item.firewall.tables.map((each) =>
              each === table
                ? { ...each, chains: new Map([...each.chains].filter(([name]) => !names.has(name))) }
                : each,
            ),
          },
        },
  );
}

export const jumpToEmptyChain: Check = {
  number: "RW511",
  name: "jump-to-empty-chain",
  title: "Jumps to chains without rules",
  severity: "note",
  why:
    "The chain was emptied, or its rules were never loaded: what it was to decide goes on to the next rule, as if the jump were " +
    "not there.",
  references: [rulesReference],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const table of guarded.firewall.tables) {
        const jumps = [...table.chains.values()]
          .flatMap((chain) => chain.rules)
          .filter((rule) => leadsNowhere(table, rule, new Set()));
        const [first] = jumps;
        if (first === undefined) continue;
        const targets = [...new Set(jumps.flatMap((rule) => targetsOf(rule.actions)))];
        yield {
          subject: subjectOf(guarded, `${chainName(table, "")}empty`),
          title: `${quoted(jumps)} of table ${table.name} of ${guarded.host.name} ${jumps.length === 1 ? "leads" : "lead"} to ${targets.length === 1 ? "a chain" : "chains"} without rules (${targets.slice(0, 3).join(", ")}${targets.length > 3 ? ", …" : ""})`,
          origins: [first.origin, ...jumps.slice(1).map((rule) => rule.origin)],
          remedy: {
            text: `load the rules of ${targets.slice(0, 3).join(", ")}, or remove the jump; a tool that fills such chains by itself (fail2ban, Docker) may be left alone`,
            edit: removeRules(guarded, table, jumps),
          },
        };
      }
  },
};

/** A jump, and nothing else, to chains without rules, or with such jumps alone. */
function leadsNowhere(table: Table, rule: Rule, seen: ReadonlySet<string>): boolean {
  const targets = targetsOf(rule.actions);
  return (
    targets.length > 0 &&
    rule.actions.every((action) => action.kind === "jump" || action.kind === "note") &&
    targets.every((name) => {
      const chain = table.chains.get(name);
      return (
        chain !== undefined &&
        !seen.has(name) &&
        chain.rules.every((inner) => leadsNowhere(table, inner, new Set([...seen, name])))
      );
    })
  );
}
