// RW307: a packet filter that lets through what no rule names.
import { machineName } from "../../openings.ts";
import { editFilter, inTurn } from "../../edits.ts";
import type { Check } from "../../model.ts";
import type { Chain } from "../../../../rules/rule.ts";
import { exampleOf } from "../../witness.ts";
import { accepts, factsOf } from "./lists.ts";

export const defaultAllow: Check = {
  number: "RW307",
  name: "default-allow",
  title: "A packet filter lets through what no rule names",
  severity: "medium",
  why:
    "A list of what is refused never ends: what nobody thought of gets through, and so does every service that is added later. " +
    "A list of what is allowed, and nothing else, fails in the direction that people notice.",
  references: [
    { title: "NIST SP 800-53 SC-7 (5), deny by default, allow by exception" },
    { title: "CIS Controls 8.1, 4.4 and 4.5 (default-deny rules on firewalls)" },
  ],
  *run(context) {
    for (const filter of context.filters()) {
      const { policy } = filter.inbound;
      if (policy === undefined || !accepts(policy)) continue;
      // With a refusal of everything at its end the default is never asked.
      if (filter.inbound.rules.some((rule) => rule.match.kind === "always" && !accepts(rule))) continue;
      const guarded = context
        .classes()
        .find(({ first }) => context.index.subnetOf(first)?.packetFilters.includes(filter.id) === true);
      // A filter that guards nothing is nobody's risk.
      if (guarded === undefined) continue;
      const closed = (chain: Chain): Chain => ({
        ...chain,
        policy: { ...policy, actions: [{ kind: "drop" }], text: "default: deny" },
      });
      const unnamed = factsOf(filter.inbound).flatMap((fact) =>
        fact.kind === "reached" && fact.rule === policy ? [fact.witness] : [],
      )[0];
      yield {
        subject: { kind: "packet-filter", id: filter.id, name: filter.name },
        title: `${filter.name} lets into ${machineName(context, guarded.first)} whatever no rule refuses`,
        origins: [policy.origin, filter.origin],
        ...(unnamed === undefined
          ? {}
          : {
              witness: {
                packet: exampleOf(unnamed.packet),
                seen: "no rule matches, and the default lets it through",
              },
            }),
        remedy: {
          text: "make its default deny, and allow what is meant to get through by rules",
          edit: inTurn(editFilter(filter.id, "inbound", closed)),
        },
      };
    }
  },
};
