// Chains: the hook and priority of a base chain, its policy as a rule of its own, and the jumps between chains, of which
// none may come back to where it started.
import type { BaseChain, Hook } from "../../layers/host/model.ts";
import { Problem, type Origin } from "../../problem.ts";
import { always } from "../../rules/match.ts";
import type { Action, Chain, Rule } from "../../rules/rule.ts";
import { numberOf, textOf, type Fields } from "./shape.ts";

export const hooks: readonly Hook[] = ["prerouting", "input", "forward", "output", "postrouting"];

/** A chain's place at its hook; none for a chain that is only jumped to. @throws Problem `meaning` */
export function baseOf(name: string, fields: Fields, origin: Origin): BaseChain[] {
  const hook = hooks.find((known) => known === fields["hook"]);
  if (hook === undefined) return [];
  const type = textOf(fields["type"]) ?? "filter";
  if (type !== "filter" && type !== "nat" && type !== "route") {
    throw new Problem("meaning", `a chain's type is filter, nat or route, not “${type}”`, { origin });
  }
  const priority = numberOf(fields["prio"]);
  if (priority === undefined) {
    throw new Problem("syntax", `the base chain ${name} has no number “prio”`, { origin });
  }
  return [{ chain: name, hook, priority, type }];
}

/** A base chain without a policy accepts (nft(8), CHAINS). @throws Problem `meaning` for a policy that is neither */
export function policyRule(fields: Fields, origin: Origin): Rule | undefined {
  if (fields["hook"] === undefined) return undefined;
  const policy = fields["policy"] ?? "accept";
  if (policy !== "accept" && policy !== "drop") {
    throw new Problem("meaning", `a chain's policy is accept or drop, not “${JSON.stringify(policy)}”`, {
      origin,
    });
  }
  const id = `${origin.id ?? ""} policy`;
  return { match: always, actions: [{ kind: policy }], origin: { ...origin, id }, text: `policy ${policy}` };
}

function targets(actions: readonly Action[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind === "jump" || action.kind === "goto") return [action.chain];
    if (action.kind === "when") return targets(action.actions);
    if (action.kind === "lookup")
      return [...new Set(action.entries.flatMap((entry) => targets(entry.actions)))];
    return [];
  });
}

/** @throws Problem `meaning` where chains jump in a circle, which the kernel refuses too */
export function checkJumps(chains: ReadonlyMap<string, Chain>, table: string): void {
  const settled = new Set<string>();
  const open = new Set<string>();
  const visit = (name: string, from: Rule | undefined): void => {
    if (settled.has(name)) return;
    if (open.has(name)) {
      const way = [...open].slice([...open].indexOf(name));
      throw new Problem(
        "meaning",
        `chains of table ${table} go in a circle: ${[...way, name].join(" → ")}`,
        from === undefined ? {} : { origin: from.origin },
      );
    }
    open.add(name);
    for (const rule of chains.get(name)?.rules ?? []) {
      for (const target of targets(rule.actions)) visit(target, rule);
    }
    open.delete(name);
    settled.add(name);
  };
  for (const name of chains.keys()) visit(name, undefined);
}
