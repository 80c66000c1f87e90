// What Kubernetes policies can tell of a pod: which of them select it, in which of their peers it stands, and what its node
// is allowed. Pods with equal keys fare alike.
import type { NetworkPolicy } from "../../layers/network-policy/model.ts";
import type { Match } from "../../rules/match.ts";
import type { Rule } from "../../rules/rule.ts";

export function policyKeys(policies: readonly NetworkPolicy[]): (pod: string) => string {
  const sets = new Map<ReadonlySet<string>, number>();
  for (const policy of policies) {
    sets.set(policy.pods, sets.size);
    for (const rule of [...(policy.ingress ?? []), ...(policy.egress ?? [])])
      for (const ids of endpointSets(rule.match)) if (!sets.has(ids)) sets.set(ids, sets.size);
  }
  const words = new Map<string, number[]>();
  for (const [ids, number] of sets) {
    for (const id of ids) {
      const before = words.get(id);
      if (before === undefined) words.set(id, [number]);
      else before.push(number);
    }
  }
  const tests = new Map<string, number>();
  const numberOf = (rule: Rule): number => {
    const text = testText(rule.match);
    let number = tests.get(text);
    if (number === undefined) tests.set(text, (number = tests.size));
    return number;
  };
  const exempt = policies.find((policy) => policy.exempt !== undefined)?.exempt;
  return (pod) => {
    const own = exempt?.get(pod);
    const node = own === undefined ? "" : `${numberOf(own.ingress)} ${numberOf(own.egress)}`;
    return `${(words.get(pod) ?? []).join(" ")};${node}`;
  };
}

function* endpointSets(match: Match): Generator<ReadonlySet<string>> {
  if (match.kind === "endpoint") yield match.ids;
  else if (match.kind === "not") yield* endpointSets(match.match);
  else if (match.kind === "all" || match.kind === "any") for (const one of match.of) yield* endpointSets(one);
}

/** A text that equal tests share: readers make a rule of its own for every pod, though pods of a node have the same. */
function testText(match: Match): string {
  return JSON.stringify(match, (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value instanceof Set ? [...value] : value,
  );
}
