// Which interfaces stand in a tier of the settings, and who may begin connections to it. Judges nothing.
import { closest } from "../../closest.ts";
import { findEndpoint } from "../../estate/find.ts";
import type { Estate, Interface, Place } from "../../estate/model.ts";
import type { Tier, Written } from "../../estate/settings.ts";
import type { AddressSet } from "../../packet/address-set.ts";
import { Problem } from "../../problem.ts";

export interface TierPlaces {
  readonly tier: Tier;
  readonly interfaces: ReadonlySet<Interface>;
  /** Names of tiers that may begin connections to it, itself among them. */
  readonly tiers: ReadonlySet<string>;
  readonly fromInternet: boolean;
  /** Names of addresses that may. */
  readonly fromNames: readonly AddressSet[];
}

/** @throws Problem `reference` for a member or a tier that there is not */
export function tierPlaces(estate: Estate): readonly TierPlaces[] {
  const tiers = estate.settings?.tiers ?? [];
  const names = new Set(tiers.map((tier) => tier.name));
  return tiers.map((tier, at) => {
    const before = tiers[at - 1]?.name;
    const from = tier.from ?? [];
    const fromNames: AddressSet[] = [];
    const allowed = new Set([tier.name]);
    let fromInternet = tier.from === undefined && before === undefined;
    if (tier.from === undefined && before !== undefined) allowed.add(before);
    for (const item of from) {
      const named = estate.names.get(item.text);
      if (names.has(item.text)) allowed.add(item.text);
      else if (item.text === "internet") fromInternet = true;
      else if (named !== undefined) fromNames.push(named.set);
      else
        throw unknownName("tier or name of addresses", item, [...names, ...estate.names.keys(), "internet"]);
    }
    return {
      tier,
      interfaces: new Set(tier.members.flatMap((member) => membersOf(estate, member))),
      tiers: allowed,
      fromInternet,
      fromNames,
    };
  });
}

/** A subnet's interfaces, those that carry a group, or what `findEndpoint` finds: a host, load balancer, interface or tag. */
function membersOf(estate: Estate, member: Written): readonly Interface[] {
  const all = [...estate.interfaces.values()];
  const named = <T extends Place>(places: ReadonlyMap<string, T>): T | undefined =>
    places.get(member.text) ?? [...places.values()].find((place) => place.name === member.text);
  const subnet = named(estate.subnets);
  if (subnet !== undefined) return all.filter((place) => place.subnet === subnet.id);
  const group =
    estate.securityGroups.get(member.text) ??
    [...estate.securityGroups.values()].find((item) => item.name === member.text);
  if (group !== undefined) return all.filter((place) => place.securityGroups.includes(group.id));
  try {
    const end = findEndpoint(estate, member.text);
    if (end.kind === "inside") return end.interfaces;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
  throw unknownName("subnet, host, security group or tag", member, [
    ...[...estate.subnets.values()].map((place) => place.name),
    ...[...estate.hosts.values()].map((place) => place.name),
    ...[...estate.securityGroups.values()].map((group_) => group_.name),
  ]);
}

function unknownName(what: string, { text, origin }: Written, names: readonly string[]): Problem {
  const near = closest(text, names);
  return new Problem("reference", `there is no ${what} “${text}”`, {
    origin,
    remedy: near === undefined ? `there is ${names.slice(0, 8).join(", ")}` : `did you mean “${near}”?`,
  });
}
