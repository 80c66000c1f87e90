// Which route table or network ACL a subnet is associated with: for certain, or left open by a condition, by a parameter,
// or by what stands in no template.
import { fieldsOf, idsOf, nameOf, whyOpen, type Plan, type PlannedSubnet } from "../plan.ts";
import type { Resource } from "../scope.ts";
import { isNotKnown } from "../values.ts";

export interface Association {
  readonly resource: Resource;
  readonly subnet: PlannedSubnet;
}

export interface Associations {
  /** By the table or ACL. */
  readonly certain: ReadonlyMap<string, readonly Association[]>;
  /** One for each subnet of which it is not settled. */
  readonly open: readonly (Association & { readonly why: string })[];
}

/**
 * @param type of the associations
 * @param key the property that names the table or ACL
 * @param target the type of what is named
 */
export function associationsOf(plan: Plan, type: string, key: string, target: string): Associations {
  const certain = new Map<string, Association[]>();
  const open = new Map<string, Association & { readonly why: string }>();
  for (const resource of plan.of(type)) {
    const fields = fieldsOf(resource);
    const subnet = fields.requiredText("SubnetId");
    const named = fields.requiredText(key);
    if (isNotKnown(subnet) && subnet.may.length === 0) {
      plan.unknown(resource.origin, `to which subnet ${nameOf(named)} belongs: ${subnet.why}`, "left aside");
      continue;
    }
    const foreign = isNotKnown(named) || plan.at(named, target) === undefined;
    const why =
      resource.uncertain ??
      whyOpen(named, subnet) ??
      (foreign ? `${nameOf(named)} is in no template that was read` : undefined);
    for (const { id } of idsOf(subnet)) {
      const place = plan.subnet(id, undefined, resource.origin);
      if (why !== undefined) open.set(place.id, { resource, subnet: place, why });
      else certain.set(nameOf(named), [...(certain.get(nameOf(named)) ?? []), { resource, subnet: place }]);
    }
  }
  // What may replace a certain association leaves it open too.
  const settled = [...certain].map(
    ([id, list]) => [id, list.filter((one) => !open.has(one.subnet.id))] as const,
  );
  return { certain: new Map(settled), open: [...open.values()] };
}
