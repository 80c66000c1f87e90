// Who is in a group, and a group's rules of both directions with their place: what the checks of groups go through.
import type { Interface } from "../../../../estate/model.ts";
import type { Direction } from "../../../../layers/ports.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../../../layers/security-group/model.ts";
import type { Context } from "../../context.ts";
import type { Subject } from "../../model.ts";

const kept = new WeakMap<Context, ReadonlyMap<string, readonly Interface[]>>();

/** The interfaces that carry a group. */
export function membersOf(context: Context, group: string): readonly Interface[] {
  let members = kept.get(context);
  if (members === undefined) {
    const made = new Map<string, Interface[]>();
    for (const place of context.estate.interfaces.values())
      for (const id of place.securityGroups) {
        const own = made.get(id);
        if (own === undefined) made.set(id, [place]);
        else own.push(place);
      }
    members = made;
    kept.set(context, members);
  }
  return members.get(group) ?? [];
}

/** Each rule of a group once, though it names several peers. */
export function* rulesOf(group: SecurityGroup): Iterable<readonly [Direction, SecurityGroupRule]> {
  for (const direction of ["inbound", "outbound"] as const)
    for (const rule of group[direction]) yield [direction, rule];
}

export function groupSubject(group: SecurityGroup, direction?: Direction, rule?: SecurityGroupRule): Subject {
  const part = rule === undefined ? direction : `${direction ?? "inbound"} ${rule.id ?? rule.text}`;
  return {
    kind: "security-group",
    id: group.id,
    name: group.name,
    ...(part === undefined ? {} : { part }),
  };
}

/** The group that comes with every network, and with every machine for which nobody names another. */
export function isDefault(group: SecurityGroup): boolean {
  return group.name === "default";
}
