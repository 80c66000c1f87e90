// Rules that Terraform writes inside a resource or as resources of their own, or both: security group permissions and
// network ACL entries join the two here, and what is about to be removed is taken out of what AWS was seen to have.
import type { Origin } from "../../problem.ts";
import type { Fields } from "./fields.ts";
import { isConfigured, isUnknown, isWhollyUnknown } from "./fields.ts";
import type { Plan } from "./plan.ts";

/** A rule, with what tells it from others: equal keys are one rule to AWS. */
export interface Ruled<T> {
  readonly key: string;
  readonly rule: T;
  readonly origin: Origin;
}

interface Sources<T> {
  /** `ingress`, `egress` */
  readonly argument: string;
  readonly inline: readonly Ruled<T>[];
  readonly separate: readonly Ruled<T>[];
  /** Keys of separate rules that the plan removes or changes. */
  readonly removed: ReadonlySet<string>;
  /** What stands for rules that are not known at all. */
  readonly open: (why: string, origin: Origin) => T;
}

/**
 * The rules of one direction that will be in force. A resource whose rules are not configured inline has in its
 * attributes what AWS had at the last refresh, those of separate resources among them.
 */
export function joinRules<T>(plan: Plan, fields: Fields, sources: Sources<T>): T[] {
  const { argument, inline, separate, removed, open } = sources;
  const { address } = fields.resource;
  const configured = fields.configured && isConfigured(fields, argument);
  const own = configured ? inline : inline.filter((one) => !removed.has(one.key));
  if (configured && separate.length > 0) {
    plan.unknown(
      fields.origin,
      `${address} writes ${argument} inline and as resources of their own: each apply undoes one or the other`,
      "read with all of them",
    );
  }
  const joined = new Map<string, T>();
  // Where a rule is a resource of its own, that is its origin.
  for (const { key, rule } of [...separate, ...own]) if (!joined.has(key)) joined.set(key, rule);
  const rules = [...joined.values()];
  if (isWhollyUnknown(fields, argument) && fields.expression(argument) !== undefined) {
    rules.push(open(`${address}: its ${argument} rules are not known before apply`, fields.origin));
  } else if (fields.expression(argument) === undefined && !fields.configured && isUnknown(fields, argument)) {
    rules.push(open(`${address}: its ${argument} rules are not known`, fields.origin));
  }
  return rules;
}
