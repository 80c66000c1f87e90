// Pure changes of an estate for remedies: each takes an estate and gives another that shares everything else with it.
// They edit what was read, not the files.
import { isDeepStrictEqual } from "node:util";
import type { Estate, Host, Interface, Subnet } from "../../estate/model.ts";
import type { Table } from "../../layers/host/model.ts";
import type { NetworkAclEntry } from "../../layers/nacl/model.ts";
import type { NetworkPolicy } from "../../layers/network-policy/model.ts";
import type { PacketFilter } from "../../layers/packet-filter/model.ts";
import type { Direction } from "../../layers/ports.ts";
import type { SecurityGroupRule } from "../../layers/security-group/model.ts";
import type { Chain, Rule } from "../../rules/rule.ts";
import type { Edit } from "./model.ts";

function changed<T>(map: ReadonlyMap<string, T>, id: string, change: (item: T) => T): ReadonlyMap<string, T> {
  const item = map.get(id);
  return item === undefined ? map : new Map(map).set(id, change(item));
}

/** Several edits, one after the other. */
export function inTurn(...edits: readonly Edit[]): Edit {
  return (estate) => edits.reduce((sofar, edit) => edit(sofar), estate);
}

/** A group's rules of one direction become what `change` makes of them. */
export function editGroup(
  group: string,
  direction: Direction,
  change: (rules: readonly SecurityGroupRule[]) => readonly SecurityGroupRule[],
): Edit {
  return (estate) => ({
    ...estate,
    securityGroups: changed(estate.securityGroups, group, (item) => ({
      ...item,
      [direction]: change(item[direction]),
    })),
  });
}

/**
 * A rule as it is written becomes others: a line that names several peers was read as several rules, and each is changed.
 * @example replaceGroupRule("sg-1", "inbound", rule, (item) => [{ ...item, peer: { kind: "group", id: "sg-2" } }])
 */
export function replaceGroupRule(
  group: string,
  direction: Direction,
  rule: SecurityGroupRule,
  by: (rule: SecurityGroupRule) => readonly SecurityGroupRule[],
): Edit {
  return editGroup(group, direction, (rules) =>
    rules.flatMap((item) => (isWrittenWith(item, rule) ? by(item) : [item])),
  );
}

/** Whether two rules of a group come from one line that names several peers. */
export function isWrittenWith(a: SecurityGroupRule, b: SecurityGroupRule): boolean {
  return a === b || (a.text === b.text && isDeepStrictEqual(a.origin, b.origin));
}

export function removeGroupRule(group: string, direction: Direction, rule: SecurityGroupRule): Edit {
  return replaceGroupRule(group, direction, rule, () => []);
}

export function removeGroup(group: string): Edit {
  return (estate) => ({
    ...estate,
    securityGroups: new Map([...estate.securityGroups].filter(([id]) => id !== group)),
  });
}

/** An ACL's entries of one direction become what `change` makes of them; their numbers order them, not their place. */
export function editAcl(
  acl: string,
  direction: Direction,
  change: (entries: readonly NetworkAclEntry[]) => readonly NetworkAclEntry[],
): Edit {
  return (estate) => ({
    ...estate,
    networkAcls: changed(estate.networkAcls, acl, (item) => ({
      ...item,
      [direction]: change(item[direction]),
    })),
  });
}

export function addAclEntry(acl: string, direction: Direction, entry: NetworkAclEntry): Edit {
  return editAcl(acl, direction, (entries) => [...entries, entry]);
}

/** A packet filter's chain of one direction becomes what `change` makes of it. */
export function editFilter(filter: string, direction: Direction, change: (chain: Chain) => Chain): Edit {
  return (estate) => ({
    ...estate,
    packetFilters: changed(estate.packetFilters, filter, (item): PacketFilter => ({
      ...item,
      [direction]: change(item[direction]),
    })),
  });
}

/** One chain of a host's firewall becomes what `change` makes of it. */
export function editHostChain(
  host: string,
  table: Pick<Table, "engine" | "family" | "name">,
  chain: string,
  change: (chain: Chain) => Chain,
): Edit {
  return editHost(host, (item) =>
    item.firewall === undefined
      ? item
      : {
          ...item,
          firewall: {
            ...item.firewall,
            tables: item.firewall.tables.map((each) =>
              each.engine === table.engine && each.family === table.family && each.name === table.name
                ? { ...each, chains: changed(each.chains, chain, change) }
                : each,
            ),
          },
        },
  );
}

export function editHost(host: string, change: (host: Host) => Host): Edit {
  return (estate) => ({ ...estate, hosts: changed(estate.hosts, host, change) });
}

export function editInterface(id: string, change: (place: Interface) => Interface): Edit {
  return (estate) => ({ ...estate, interfaces: changed(estate.interfaces, id, change) });
}

export function editSubnet(id: string, change: (subnet: Subnet) => Subnet): Edit {
  return (estate) => ({ ...estate, subnets: changed(estate.subnets, id, change) });
}

export function addPolicy(policy: NetworkPolicy): Edit {
  return (estate) => ({ ...estate, policies: [...estate.policies, policy] });
}

export function editPolicies(change: (policies: readonly NetworkPolicy[]) => readonly NetworkPolicy[]): Edit {
  return (estate: Estate) => ({ ...estate, policies: change(estate.policies) });
}

/** For chains: a rule gone. */
export function withoutRule(rule: Rule): (chain: Chain) => Chain {
  return (chain) => ({ ...chain, rules: chain.rules.filter((item) => item !== rule) });
}

/** For chains: a rule put in before another, or at the end where that is absent. */
export function withRule(rule: Rule, before?: Rule): (chain: Chain) => Chain {
  return (chain) => {
    const at = before === undefined ? -1 : chain.rules.indexOf(before);
    return { ...chain, rules: chain.rules.toSpliced(at < 0 ? chain.rules.length : at, 0, rule) };
  };
}

/** For chains: a rule moved before another. */
export function withRuleMoved(rule: Rule, before: Rule): (chain: Chain) => Chain {
  return (chain) => withRule(rule, before)(withoutRule(rule)(chain));
}

/** For chains: another rule in a rule's place. */
export function withRuleReplaced(rule: Rule, by: Rule): (chain: Chain) => Chain {
  return (chain) => ({ ...chain, rules: chain.rules.map((item) => (item === rule ? by : item)) });
}

/** For chains: another policy. */
export function withPolicy(policy: Rule): (chain: Chain) => Chain {
  return (chain) => ({ ...chain, policy });
}
