// RW406: the default group of a network, carried by machines or with rules of its own.
import { ringName } from "../../../../layers/ports.ts";
import { editGroup, inTurn } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { namesOf } from "../../openings.ts";
import { groupSubject, isDefault, membersOf } from "./members.ts";

export const defaultGroup: Check = {
  number: "RW406",
  name: "default-group",
  title: "The default security group is in use",
  severity: "low",
  why:
    "Every machine for which nobody names a group gets the default one, whose members reach each other on every port. What is " +
    "in it is there by oversight, and nobody can tighten it without breaking something unknown.",
  references: [
    {
      title: "CIS AWS Foundations 5.0.0, 5.5 (the default security group of every VPC restricts all traffic)",
    },
    {
      title: "AWS Security Hub EC2.2",
      url: "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2",
    },
  ],
  *run(context) {
    for (const group of context.groups()) {
      if (!isDefault(group)) continue;
      const members = membersOf(context, group.id);
      const rules = group.inbound.length + group.outbound.length;
      if (members.length === 0 && rules === 0) continue;
      yield {
        subject: groupSubject(group),
        severity: members.length > 0 ? "low" : "note",
        title:
          members.length > 0
            ? `${namesOf(context, members)} ${members.length === 1 ? "carries" : "carry"} ${ringName(group)}, the default group`
            : `${ringName(group)}, the default group, has rules that wait for whoever forgets to name a group`,
        origins: [group.origin, ...members.slice(0, 3).map((place) => place.origin)],
        remedy:
          members.length > 0
            ? {
                text: "give each of them a group for what it is there for, then take every rule out of the default group",
                unchecked: "what the machines are there for is for a person to say",
              }
            : {
                text: "take every rule out of it, in both directions",
                edit: inTurn(
                  editGroup(group.id, "inbound", () => []),
                  editGroup(group.id, "outbound", () => []),
                ),
              },
      };
    }
  },
};
