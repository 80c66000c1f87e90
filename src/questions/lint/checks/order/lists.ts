// The ordered lists of rules that are judged by coverage: both directions of network ACLs and packet filters, each with what
// is proved of its rules, and with edits in its own terms. Judges nothing.
import { freeNumber } from "../../../../layers/nacl/decide.ts";
import type { NetworkAcl } from "../../../../layers/nacl/model.ts";
import type { PacketFilter } from "../../../../layers/packet-filter/model.ts";
import { ringName, type Direction } from "../../../../layers/ports.ts";
import { coverage, type RuleFact } from "../../../../rules/coverage/coverage.ts";
import type { Chain, Rule } from "../../../../rules/rule.ts";
import type { Context } from "../../context.ts";
import { editAcl, editFilter, inTurn, withoutRule, withRuleMoved } from "../../edits.ts";
import type { Edit, Subject } from "../../model.ts";

export interface RuleList {
  /** `web-acl (acl-0a1) inbound`. */
  readonly name: string;
  /** Replies are judged by its rules, too. */
  readonly stateless: boolean;
  readonly chain: Chain;
  readonly facts: readonly RuleFact[];
  readonly subject: (rule: Rule) => Subject;
  readonly remove: (rule: Rule) => Edit;
  readonly moveBefore: (rule: Rule, before: Rule) => Edit;
  readonly moveAfter: (rule: Rule, after: Rule) => Edit;
}

const kept = new WeakMap<Chain, readonly RuleFact[]>();

/** What is proved of a chain's rules; asked once for each chain. */
export function factsOf(chain: Chain): readonly RuleFact[] {
  const before = kept.get(chain);
  if (before !== undefined) return before;
  const facts = coverage(chain, new Map());
  kept.set(chain, facts);
  return facts;
}

export function* ruleLists(context: Context): Iterable<RuleList> {
  for (const acl of context.acls())
    for (const direction of ["inbound", "outbound"] as const) yield aclList(context, acl, direction);
  for (const filter of context.filters()) {
    // One list for both directions is one list.
    const both = filter.inbound === filter.outbound;
    for (const direction of both ? (["inbound"] as const) : (["inbound", "outbound"] as const))
      yield filterList(filter, direction, both);
  }
}

function aclList(context: Context, acl: NetworkAcl, direction: Direction): RuleList {
  const chain = context.index.chainOf(acl, direction);
  const isOf =
    (rule: Rule) =>
    (entry: NetworkAcl["inbound"][number]): boolean =>
      entry.origin === rule.origin && entry.text === rule.text;
  const numbered = (rule: Rule): number => acl[direction].find(isOf(rule))?.number ?? 32767;
  const renumber = (rule: Rule, number: number): Edit =>
    editAcl(acl.id, direction, (entries) =>
      entries.map((entry) => (isOf(rule)(entry) ? { ...entry, number } : entry)),
    );
  const taken = acl[direction].map((entry) => entry.number);
  return {
    name: `${ringName(acl)} ${direction}`,
    stateless: true,
    chain,
    facts: factsOf(chain),
    subject: (rule) => ({
      kind: "network-acl",
      id: acl.id,
      name: acl.name,
      part: `${direction} ${numbered(rule)}: ${rule.text}`,
    }),
    remove: (rule) => editAcl(acl.id, direction, (entries) => entries.filter((entry) => !isOf(rule)(entry))),
    moveBefore: (rule, before) => renumber(rule, freeNumber(taken, numbered(before))),
    moveAfter: (rule, after) => {
      const next = taken.filter((number) => number > numbered(after));
      return renumber(rule, freeNumber(taken, next.length === 0 ? undefined : Math.min(...next)));
    },
  };
}

function filterList(filter: PacketFilter, direction: Direction, both: boolean): RuleList {
  const chain = filter[direction];
  // One list for both directions stays one list.
  const edit = (change: (chain: Chain) => Chain): Edit => {
    const changed = change(chain);
    return both
      ? inTurn(
          editFilter(filter.id, "inbound", () => changed),
          editFilter(filter.id, "outbound", () => changed),
        )
      : editFilter(filter.id, direction, () => changed);
  };
  return {
    name: both ? filter.name : `${filter.name} ${direction}`,
    stateless: !filter.stateful,
    chain,
    facts: factsOf(chain),
    subject: (rule) => ({
      kind: "packet-filter",
      id: filter.id,
      name: filter.name,
      part: `${both ? "" : `${direction} `}${rule.text}`,
    }),
    remove: (rule) => edit(withoutRule(rule)),
    moveBefore: (rule, before) => edit(withRuleMoved(rule, before)),
    moveAfter: (rule, after) =>
      edit((old) => {
        const left = old.rules.filter((item) => item !== rule);
        return { ...old, rules: left.toSpliced(left.indexOf(after) + 1, 0, rule) };
      }),
  };
}

export function accepts(rule: Rule): boolean {
  return rule.actions.some((action) => action.kind === "accept");
}

export function refuses(rule: Rule): boolean {
  return rule.actions.some((action) => action.kind === "drop" || action.kind === "reject");
}
