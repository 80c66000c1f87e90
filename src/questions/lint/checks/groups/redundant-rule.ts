// RW407: rules of one group that its other rules cover.
import { lowerSecurityGroup } from "../../../../layers/security-group/decide.ts";
import { ringName } from "../../../../layers/ports.ts";
import { unionCoverage } from "../../../../rules/coverage/coverage.ts";
import { removeGroupRule } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { groupSubject } from "./members.ts";

export const redundantGroupRule: Check = {
  number: "RW407",
  name: "redundant-group-rule",
  title: "A rule of a group that its other rules cover",
  severity: "note",
  why:
    "All rules of a group count together, so a rule inside another changes nothing. Who removes it believes that something is closed " +
    "now; most often the broad rule was meant to go when the narrow one came.",
  references: [
    {
      title: "VPC user guide, “Security group rules” (all rules are evaluated together)",
      url: "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    },
  ],
  *run(context) {
    for (const group of context.groups())
      for (const direction of ["inbound", "outbound"] as const) {
        // What a group's members are today is no property of the rules: only addresses cover addresses.
        const fixed = group[direction].filter(({ peer }) => peer.kind === "addresses");
        if (fixed.length < 2) continue;
        const lowered = lowerSecurityGroup({ ...group, [direction]: fixed }, direction, context.index.peers);
        const facts = unionCoverage(
          lowered.map(({ rule }) => rule),
          `${group.id} ${direction}`,
        );
        for (const fact of facts) {
          if (fact.kind !== "redundant") continue;
          const rule = fixed[lowered.findIndex((item) => item.rule === fact.rule)];
          const by = fact.by.map((place) => `“${place.rule.text}”`).join(", ");
          // A line that names several peers is one rule: it can't be taken out in part.
          if (rule === undefined || fixed.some((other) => other !== rule && other.origin === rule.origin))
            continue;
          yield {
            subject: groupSubject(group, direction, rule),
            title: `“${rule.text}” of ${ringName(group)} changes nothing: ${by} ${fact.by.length === 1 ? "covers" : "cover"} it`,
            origins: [rule.origin, ...fact.by.map((place) => place.rule.origin)],
            remedy: {
              text: "remove it; or remove the broader rule, if the narrow one was meant to take its place",
              edit: removeGroupRule(group.id, direction, rule),
            },
          };
        }
      }
  },
};
