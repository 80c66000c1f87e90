// RW403, RW404: groups that nothing carries, and rules that name a group that nobody is in or that is gone.
import { ringName } from "../../../../layers/ports.ts";
import { isEmptyAddresses } from "../../../../packet/address-set.ts";
import { removeGroup, removeGroupRule } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { groupSubject, isDefault, membersOf, rulesOf } from "./members.ts";

export const unusedGroup: Check = {
  number: "RW403",
  name: "unused-group",
  title: "A security group that nothing carries",
  severity: "note",
  why:
    "It protects nothing, and whoever puts it onto a machine next year gets rules that nobody has looked at since. Rules that " +
    "name it let nobody in until then.",
  references: [
    {
      title: "AWS Security Hub EC2.22 (unused security groups should be removed)",
      url: "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-22",
    },
  ],
  *run(context) {
    // An export without machines says nothing of who carries what.
    if (context.estate.interfaces.size === 0) return;
    for (const group of context.groups()) {
      if (isDefault(group) || membersOf(context, group.id).length > 0) continue;
      const named = [...context.estate.securityGroups.values()].filter(
        (other) =>
          other !== group &&
          [...rulesOf(other)].some(([, rule]) => rule.peer.kind === "group" && rule.peer.id === group.id),
      );
      yield {
        subject: groupSubject(group),
        title:
          named.length === 0
            ? `nothing carries ${ringName(group)}, and no rule names it`
            : `nothing carries ${ringName(group)}, and rules of ${named.map((other) => other.name).join(", ")} let in its members: nobody`,
        origins: [group.origin, ...named.map((other) => other.origin)],
        remedy:
          named.length === 0
            ? { text: "remove it", edit: removeGroup(group.id) }
            : {
                text: "put it onto the machines that it is for, or remove it and the rules that name it",
                unchecked: "which machines it is for is for a person to say",
              },
      };
    }
  },
};

export const staleReference: Check = {
  number: "RW404",
  name: "stale-reference",
  title: "A rule names a group that is not there",
  severity: "low",
  why:
    "The group was deleted, or the peering with its network was: the rule lets nobody in, though it reads as if it did. If the " +
    "peer makes a group anew, nobody has decided that it should be let in.",
  references: [
    {
      title: "VPC user guide, “Work with stale security group rules”",
      url: "https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html#vpc-peering-stale-groups",
    },
  ],
  *run(context) {
    for (const group of context.groups())
      for (const [direction, rule] of rulesOf(group)) {
        const { peer } = rule;
        // A reader that knows a reference to be stale leaves nobody in it, and says why in the rule's text.
        const isGone =
          peer.kind === "group"
            ? !context.estate.securityGroups.has(peer.id)
            : peer.kind === "addresses" && isEmptyAddresses(peer.set);
        if (!isGone) continue;
        yield {
          subject: groupSubject(group, direction, rule),
          title: `“${rule.text}” of ${ringName(group)} lets nobody through: whom it names is not there any more`,
          origins: [rule.origin],
          remedy: {
            text: "remove the rule, or name what took its place (an export that left it out would look the same)",
            edit: removeGroupRule(group.id, direction, rule),
          },
        };
      }
  },
};
