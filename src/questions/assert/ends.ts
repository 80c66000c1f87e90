// Who an assertion speaks of: names, tags, addresses, tiers and `internet`, as classes of ends, with what of each class is
// meant.
import { findEndpoint } from "../../estate/find.ts";
import type { Tier, Written } from "../../estate/settings.ts";
import {
  intersectAddresses,
  isAddress,
  isEmptyAddresses,
  singleAddress,
  subtractAddresses,
  type AddressSet,
} from "../../packet/address-set.ts";
import { Problem } from "../../problem.ts";
import { closest } from "../../closest.ts";
import type { Engine } from "../reach/engine.ts";
import type { EndClass } from "../reach/model.ts";

/** A class, and who of it is not meant: what holds for a class holds for all of it. */
export interface Meant {
  readonly end: EndClass;
  /** Members that the words leave out; empty where they mean all of it. */
  readonly others: readonly string[];
  readonly otherAddresses?: AddressSet;
}

/**
 * @param words empty: everybody
 * @throws Problem `reference` for a name that nothing has
 */
export function endsOf(engine: Engine, words: readonly Written[]): ReadonlyMap<EndClass, Meant> {
  if (words.length === 0) return everybody(engine);
  const interfaces = new Set<string>();
  const outside: AddressSet[] = [];
  for (const word of words) {
    if (/^(?:any|anybody|everybody|\*)$/i.test(word.text)) return everybody(engine);
    for (const end of placed(engine, word)) {
      if (typeof end === "string") interfaces.add(end);
      else outside.push(end);
    }
  }
  const meant = new Map<EndClass, Meant>();
  for (const id of interfaces) {
    const end = engine.classOf(id);
    if (end !== undefined)
      meant.set(end, { end, others: end.interfaces.filter((member) => !interfaces.has(member)) });
  }
  for (const end of engine.outside) {
    const left = outside.reduce((rest, set) => subtractAddresses(rest, set), end.addresses);
    const touched = outside.some((set) => !isEmptyAddresses(intersectAddresses(set, end.addresses)));
    if (!touched) continue;
    meant.set(end, { end, others: [], ...(isEmptyAddresses(left) ? {} : { otherAddresses: left }) });
  }
  return meant;
}

function everybody(engine: Engine): ReadonlyMap<EndClass, Meant> {
  return new Map(engine.classes.map((end) => [end, { end, others: [] }]));
}

/** Interface ids, or addresses outside. */
function placed(engine: Engine, word: Written): readonly (string | AddressSet)[] {
  const tier = /^tier[ :](.+)$/.exec(word.text)?.[1]?.trim();
  if (tier !== undefined)
    return tierOf(engine, tier, word).members.flatMap((member) => placed(engine, member));
  const { estate } = engine;
  const subnet = [...estate.subnets.values()].find((one) => one.id === word.text || one.name === word.text);
  const group = [...estate.securityGroups.values()].find(
    (one) => one.id === word.text || one.name === word.text,
  );
  const members = [...estate.interfaces.values()].filter(
    (place) =>
      place.subnet === subnet?.id || (group !== undefined && place.securityGroups.includes(group.id)),
  );
  const own = [...estate.hosts.values(), ...estate.loadBalancers.values()].some(
    (place) => place.name === word.text || place.id === word.text,
  );
  // A host's name counts before a subnet's or a group's that is called the same.
  if (!own && (subnet !== undefined || group !== undefined)) return members.map((place) => place.id);
  return found(engine, word);
}

function found(engine: Engine, word: Written): readonly (string | AddressSet)[] {
  try {
    const end = findEndpoint(engine.estate, word.text);
    if (end.kind === "inside") return end.interfaces.map((place) => place.id);
    return [isAddress(end.addresses) ? singleAddress(end.addresses) : end.addresses];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem("reference", error.message, {
      origin: word.origin,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    });
  }
}

function tierOf(engine: Engine, name: string, word: Written): Tier {
  const tiers = engine.estate.settings?.tiers ?? [];
  const tier = tiers.find((one) => one.name === name);
  if (tier !== undefined) return tier;
  const near = closest(
    name,
    tiers.map((one) => one.name),
  );
  throw new Problem("reference", `there is no tier “${name}”`, {
    origin: word.origin,
    remedy:
      near !== undefined
        ? `did you mean ${near}?`
        : tiers.length === 0
          ? "ringwall.yaml's key tiers names them"
          : `there is ${tiers.map((one) => one.name).join(", ")}`,
  });
}
