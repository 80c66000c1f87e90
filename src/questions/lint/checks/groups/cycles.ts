// RW405: groups that let each other in on an administration port or on everything, so that whoever takes one member over
// gets to all of them.
import { ringName } from "../../../../layers/ports.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../../../layers/security-group/model.ts";
import { intersection } from "../../../../packet/intervals.ts";
import { anyPort, TCP } from "../../../../packet/protocol.ts";
import type { Context } from "../../context.ts";
import { removeGroupRule } from "../../edits.ts";
import type { Check, Witness } from "../../model.ts";
import { countNumbers, machineName, namesOf } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";
import { everything } from "../exposure/open-to-world.ts";
import { groupSubject, isDefault, membersOf } from "./members.ts";

export const groupCycle: Check = {
  number: "RW405",
  name: "group-cycle",
  title: "Groups let each other in, in a circle",
  severity: "medium",
  why:
    "Each rule by itself names one group. Together they close a circle: from any member the others are a login away, and theirs, " +
    "and so on around. One machine lost is all of them lost.",
  references: [
    { title: "MITRE ATT&CK T1021, remote services (lateral movement)" },
    { title: "NIST SP 800-207, 2.1 (zero trust: access to each resource by itself)" },
  ],
  *run(context) {
    const found = new Set<string>();
    for (const group of context.groups()) {
      const circle = circleFrom(context, group);
      const [closing] = circle;
      if (closing === undefined) continue;
      const key = circle
        .map((step) => step.group.id)
        .toSorted()
        .join(" ");
      // A circle is one finding, whichever of its groups is looked at first.
      if (found.has(key)) continue;
      found.add(key);
      const names = circle.map((step) => step.group.name);
      const members = [...new Set(circle.flatMap((step) => membersOf(context, step.group.id)))];
      if (members.length < 2) continue;
      const alone = circle.length === 1;
      yield {
        subject: groupSubject(closing.group, "inbound", closing.rule),
        severity: alone ? "low" : "medium",
        title: alone
          ? `the members of ${ringName(closing.group)} (${namesOf(context, members)}) reach each other on ${whatOf(closing.rule)}`
          : `${names.join(", ")} let each other in, in a circle, on ${whatOf(closing.rule)}: from any of ${namesOf(context, members)} the rest is within reach`,
        ...witnessOf(context, closing),
        origins: [closing.rule.origin, ...circle.slice(1).map((step) => step.rule.origin)],
        remedy: {
          text: alone
            ? `name the ports that the members need of each other in place of “${closing.rule.text}”, or remove it`
            : `take one of the references out, the one that nothing needs: for example “${closing.rule.text}” of ${ringName(closing.group)}`,
          edit: removeGroupRule(closing.group.id, "inbound", closing.rule),
        },
      };
    }
  },
};

interface Step {
  readonly group: SecurityGroup;
  /** The rule by which it lets in the next of the circle. */
  readonly rule: SecurityGroupRule;
}

/** A packet from a member of the group that is let in to one of those that let it in. */
function witnessOf(context: Context, { group, rule }: Step): { readonly witness?: Witness } {
  if (rule.peer.kind !== "group") return {};
  const [to] = membersOf(context, group.id);
  const from = membersOf(context, rule.peer.id).find((place) => place !== to);
  const [port = 22] = intersection(rule.ports ?? anyPort, context.settings.ports.admin);
  const asked =
    from === undefined || to === undefined
      ? undefined
      : context.ask({ from: from.id, to: to.id, protocol: TCP, port });
  if (asked?.answer !== "allowed" || from === undefined || to === undefined) return {};
  const seen = `${machineName(context, from)} gets to ${machineName(context, to)}`;
  return { witness: { packet: exampleOf(asked.question.packet), seen } };
}

/** The shortest circle that leads from a group back to it; empty where there is none. */
function circleFrom(context: Context, start: SecurityGroup): readonly Step[] {
  // The default group's own circle is what it comes with: RW406's.
  if (isDefault(start)) return [];
  let paths: readonly (readonly Step[])[] = [[]];
  const seen = new Set<string>();
  while (paths.length > 0) {
    const longer: (readonly Step[])[] = [];
    for (const path of paths) {
      const last = path.at(-1)?.rule.peer;
      const at = last?.kind === "group" ? context.estate.securityGroups.get(last.id) : start;
      if (at === undefined) continue;
      for (const rule of at.inbound) {
        if (rule.peer.kind !== "group" || !opensMuch(context, rule)) continue;
        const step = [...path, { group: at, rule }];
        if (rule.peer.id === start.id) return step;
        if (seen.has(rule.peer.id)) continue;
        seen.add(rule.peer.id);
        longer.push(step);
      }
    }
    paths = longer;
  }
  return [];
}

/** Everything, or a port by which a machine is taken over. */
function opensMuch(context: Context, { protocol, ports }: SecurityGroupRule): boolean {
  if (protocol === "any") return true;
  if (protocol !== TCP) return false;
  const open = ports ?? anyPort;
  return countNumbers(open) >= everything || intersection(open, context.settings.ports.admin).length > 0;
}

function whatOf({ protocol, ports }: SecurityGroupRule): string {
  if (protocol === "any" || ports === undefined || countNumbers(ports) >= everything) return "everything";
  return "an administration port";
}
