// Who is at the other end of a security group's rule: prefixes, prefix lists, and groups, of which some are stale and
// some stand in accounts that were not exported.
import type { Peer, SecurityGroup } from "../../layers/security-group/model.ts";
import { formatPrefix } from "../../packet/address.ts";
import { noAddresses, prefixSet } from "../../packet/address-set.ts";
import type { Origin } from "../../problem.ts";
import type { Inventory } from "./inventory.ts";
import { hasField, optionalText, originOf, prefixAt, text, type Item } from "./item.ts";
import { whyUncertain } from "./planned/marks.ts";

export interface NamedPeer {
  readonly peer: Peer;
  /** As a rule's text shows it. */
  readonly name: string;
}

/** What was exported, so that a name that leads nowhere can be told from one that leads outside. */
export interface KnownPeers {
  readonly groups: ReadonlySet<string>;
  readonly accounts: ReadonlySet<string>;
  readonly networks: ReadonlySet<string>;
  readonly prefixLists: ReadonlySet<string>;
  /** Whether groups that are not among them may be there all the same. */
  readonly partial: boolean;
}

export function takePeers(inventory: Inventory, prefixLists: Iterable<string>): KnownPeers {
  const groups = inventory.of("SecurityGroups");
  const rules = inventory.of("SecurityGroupRules");
  const present = (items: readonly Item[], key: string): string[] =>
    items.flatMap((item) => optionalText(item, key) ?? []);
  return {
    groups: new Set([...present(groups, "GroupId"), ...present(rules, "GroupId")]),
    accounts: new Set([...present(groups, "OwnerId"), ...present(rules, "GroupOwnerId")]),
    networks: new Set(present(groups, "VpcId")),
    prefixLists: new Set(prefixLists),
    partial: inventory.partial,
  };
}

export function prefixPeer(item: Item, key: string, inventory: Inventory): NamedPeer {
  const uncertain = uncertainPeer(item, key, inventory);
  if (uncertain !== undefined) return uncertain;
  const prefix = prefixAt(item, key);
  return { peer: { kind: "addresses", set: prefixSet(prefix) }, name: formatPrefix(prefix) };
}

/** Of a rule that a template or plan does not settle: it may hold for the peer that stands there, for another, or not be there. */
function uncertainPeer(item: Item, key: string, inventory: Inventory): NamedPeer | undefined {
  const what = whyUncertain(item);
  if (what === undefined) return undefined;
  inventory.unknown(originOf(item), what, "the rule: matched or not, can't be known");
  const name = hasField(item, key) ? `${text(item, key)} (perhaps)` : "whom, is not known";
  return { peer: { kind: "unknown", what }, name };
}

export function listPeer(item: Item, known: KnownPeers, inventory: Inventory): NamedPeer {
  const uncertain = uncertainPeer(item, "PrefixListId", inventory);
  if (uncertain !== undefined) return uncertain;
  const id = text(item, "PrefixListId");
  if (known.prefixLists.has(id)) return { peer: { kind: "prefix-list", id }, name: id };
  const what = `the entries of the prefix list ${id} were not exported`;
  inventory.unknown(originOf(item, id), what, "the rule: matched or not, can't be known");
  return { peer: { kind: "unknown", what }, name: id };
}

/**
 * A referenced group. Where it is gone, or the peering that carried the reference is, the rule is stale and matches
 * nobody (Amazon VPC Peering guide, "Update your security groups to reference peer security groups"). Where it stands
 * in an account or VPC whose groups were not exported, its members are not known.
 */
export function groupPeer(pair: Item, known: KnownPeers, inventory: Inventory): NamedPeer {
  const uncertain = uncertainPeer(pair, "GroupId", inventory);
  if (uncertain !== undefined) return uncertain;
  const id = text(pair, "GroupId");
  const origin = originOf(pair, id);
  const status = optionalText(pair, "PeeringStatus");
  if (status !== undefined && !live.has(status)) {
    return stale(id, `the peering that carries it is ${status}`, origin, inventory);
  }
  if (known.groups.has(id)) return { peer: { kind: "group", id }, name: id };
  const account = optionalText(pair, "UserId");
  const network = optionalText(pair, "VpcId");
  const outside =
    known.partial ||
    (account !== undefined && !known.accounts.has(account)) ||
    (network !== undefined && !known.networks.has(network));
  if (!outside) return stale(id, "there is no such group", origin, inventory);
  const where = [account === undefined ? "" : `account ${account}`, network ?? ""]
    .filter((part) => part !== "")
    .join(", ");
  const shown = where === "" ? id : `${id} (${where})`;
  const what = `the members of ${shown} were not exported`;
  inventory.unknown(origin, what, "the rule: matched or not, can't be known");
  return { peer: { kind: "unknown", what }, name: shown };
}

const live: ReadonlySet<string> = new Set(["active", "pending-acceptance", "provisioning"]);

function stale(id: string, why: string, origin: Origin, inventory: Inventory): NamedPeer {
  inventory.unknown(origin, `stale reference to ${id}: ${why}`, "the rule matches nobody");
  return { peer: { kind: "addresses", set: noAddresses }, name: `${id} (stale: ${why})` };
}

/** Stands for a group that an interface wears and that was not exported: every packet may be allowed or not. */
export function unknownGroup(id: string, network: string, origin: Origin): SecurityGroup {
  const what = `the rules of ${id} were not exported`;
  const rule = {
    protocol: "any" as const,
    peer: { kind: "unknown" as const, what },
    origin: { ...origin, id },
    text: `not known: ${what}`,
  };
  return { id, name: id, network, inbound: [rule], outbound: [rule], tags: {}, origin: { ...origin, id } };
}
