// A firewall's base chains in the order in which netfilter runs them, for each hook and family, with connection tracking
// and address translation at their own places among them. Worked out once for a firewall.
import type { Family } from "../../packet/address.ts";
import type { Chain, ChainSet } from "../../rules/rule.ts";
import type { BaseChain, HostFirewall, Hook, Table } from "./model.ts";

export interface HookChain {
  readonly table: Table;
  readonly base: BaseChain;
  readonly chain: Chain;
  readonly chains: ChainSet;
}

/** What happens at a hook, one after the other. All nat chains of a hook are one stage: the first that binds decides. */
export type Stage =
  | { readonly kind: "filter"; readonly chain: HookChain }
  | { readonly kind: "track" }
  | { readonly kind: "translate"; readonly chains: readonly HookChain[] };

export type HookPlan = Readonly<Record<Hook, readonly Stage[]>>;

/** NF_IP_PRI_CONNTRACK, NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC (linux/netfilter_ipv4.h). */
const trackPriority = -200;
const translatePriorities: Readonly<Record<Hook, number | undefined>> = {
  prerouting: -100,
  input: 100,
  forward: undefined,
  output: -100,
  postrouting: 100,
};

const plans = new WeakMap<HostFirewall, { readonly 4: HookPlan; readonly 6: HookPlan }>();

/** The plan of a firewall for packets of a family. */
export function hookPlan(firewall: HostFirewall, family: Family): HookPlan {
  let plan = plans.get(firewall);
  if (plan === undefined) {
    plan = { 4: makePlan(firewall, 4), 6: makePlan(firewall, 6) };
    plans.set(firewall, plan);
  }
  return plan[family];
}

function makePlan(firewall: HostFirewall, family: Family): HookPlan {
  const chains = firewall.tables.filter((table) => concerns(table, family)).flatMap(baseChains);
  const translates = chains.some(({ base }) => base.type === "nat");
  const stages = (hook: Hook): readonly Stage[] => hookStages(hook, chains, translates);
  return {
    prerouting: stages("prerouting"),
    input: stages("input"),
    forward: stages("forward"),
    output: stages("output"),
    postrouting: stages("postrouting"),
  };
}

function concerns(table: Table, family: Family): boolean {
  return table.family === "inet" || table.family === (family === 4 ? "ip" : "ip6");
}

function baseChains(table: Table): HookChain[] {
  return table.bases.flatMap((base) => {
    const chain = table.chains.get(base.chain);
    return chain === undefined ? [] : [{ table, base, chain, chains: table.chains }];
  });
}

interface Placed {
  readonly priority: number;
  readonly stage: Stage;
}

function hookStages(hook: Hook, all: readonly HookChain[], translates: boolean): readonly Stage[] {
  // Of two chains of one priority the one that was loaded later runs first: a new hook is put before its equals.
  const chains = all.filter(({ base }) => base.hook === hook).toReversed();
  const own: Placed[] = [];
  if (hook === "prerouting" || hook === "output")
    own.push({ priority: trackPriority, stage: { kind: "track" } });
  const at = translatePriorities[hook];
  // Once a family has any nat chain, all four of its hooks translate: what one binds, the others undo.
  if (translates && at !== undefined)
    own.push({
      priority: at,
      stage: { kind: "translate", chains: byPriority(chains.filter(({ base }) => base.type === "nat")) },
    });
  const filters = chains
    .filter(({ base }) => base.type !== "nat")
    .map((chain): Placed => ({ priority: chain.base.priority, stage: { kind: "filter", chain } }));
  return [...own, ...filters].toSorted((a, b) => a.priority - b.priority).map(({ stage }) => stage);
}

function byPriority(chains: readonly HookChain[]): readonly HookChain[] {
  return chains.toSorted((a, b) => a.base.priority - b.base.priority);
}
