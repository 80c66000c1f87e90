// Unfolds a chain into a program. A jump's chain stands where the jump stands, its items kept to the packets that the
// jump matches; what may match or not parts the walk, and both ways go on, merged, as in evaluate.ts.
import { extentOf } from "../boxes/extent.ts";
import type { Dimensions, Extent, Product, Region } from "../boxes/model.ts";
import { everywhere, meet, without } from "../boxes/regions.ts";
import type { Match } from "../match.ts";
import type { Action, Chain, ChainSet, LookupEntry, Rule } from "../rule.ts";
import type { Item, Program } from "./program.ts";

/** Beyond these the rest is asked of `evaluate`: chains that call each other in many ways, regions of very many boxes. */
const mostItems = 200_000;
const mostProducts = 2_000_000;
const deepest = 64;

interface Unfolding {
  readonly chains: ChainSet;
  readonly dimensions: Dimensions;
  readonly items: Item[];
  readonly regions: Region[];
  /** Places of the dimensions that the chain's own actions change: no region may outlive a change. */
  readonly marks: readonly number[];
  readonly extents: Map<Match, Extent>;
  products: number;
}

/** Where the walk stands: who comes here, which chains it is in, and the skips that wait for their targets. */
interface Place {
  readonly region: Region;
  readonly open: readonly Chain[];
  readonly chainEnd: Label;
}

/** A target that is not known yet: the skips to it are mended when it is. */
interface Label {
  readonly from: number[];
}

/**
 * @param dimensions made by `dimensionsOf` from `matchesOf(chain, chains)`
 * @example unfold(chain, chains, dimensionsOf(4, matchesOf(chain, chains)))
 */
export function unfold(chain: Chain, chains: ChainSet, dimensions: Dimensions): Program {
  const changing = [...reachable(chain, chains)].some((one) =>
    one.rules.some((rule) => rule.actions.some(changesMark)),
  );
  const marks = dimensions.list.flatMap(({ field }, at) =>
    changing && (field === "packet-mark" || field === "connection-mark") ? [at] : [],
  );
  const unfolding: Unfolding = {
    chains,
    dimensions,
    items: [],
    regions: [],
    marks,
    extents: new Map(),
    products: 0,
  };
  const end: Label = { from: [] };
  unfoldChain(unfolding, chain, { region: everywhere, open: [], chainEnd: end });
  land(unfolding, end);
  add(unfolding, { kind: "decide" }, everywhere);
  return { items: unfolding.items, regions: unfolding.regions };
}

/** The chains that a chain can come to, itself first. */
export function reachable(chain: Chain, chains: ChainSet): Set<Chain> {
  const found = new Set([chain]);
  for (const one of found)
    for (const rule of one.rules)
      for (const name of rule.actions.flatMap(jumpsOf)) {
        const target = chains.get(name);
        if (target !== undefined) found.add(target);
      }
  return found;
}

/** Every match that a walk through a chain can ask. */
export function matchesOf(chain: Chain, chains: ChainSet): Match[] {
  return [...reachable(chain, chains)].flatMap((one) =>
    one.rules.flatMap((rule) => [rule.match, ...rule.actions.flatMap(matchesOfAction)]),
  );
}

function jumpsOf(action: Action): string[] {
  if (action.kind === "jump" || action.kind === "goto") return [action.chain];
  return innerActions(action).flatMap(jumpsOf);
}

function innerActions(action: Action): readonly Action[] {
  if (action.kind === "when") return action.actions;
  return action.kind === "lookup" ? action.entries.flatMap((entry) => entry.actions) : [];
}

function changesMark(action: Action): boolean {
  return action.kind === "set-mark" || action.kind === "copy-mark" || innerActions(action).some(changesMark);
}

function matchesOfAction(action: Action): Match[] {
  const inner = innerActions(action).flatMap(matchesOfAction);
  if (action.kind === "when") return [action.match, ...inner];
  return action.kind === "lookup"
    ? [...action.entries.map((entry) => entryMatch(action, entry)), ...inner]
    : inner;
}

function entryMatch({ name, fields }: Extract<Action, { kind: "lookup" }>, entry: LookupEntry): Match {
  const key: Match = { kind: "tuple", fields, elements: [entry.key], name };
  return entry.match === undefined ? key : { kind: "all", of: [key, entry.match] };
}

function add(unfolding: Unfolding, item: Item, region: Region): void {
  if (region.length === 0) return;
  unfolding.items.push(item);
  unfolding.regions.push(region);
  unfolding.products += region.length;
}

function addSkip(unfolding: Unfolding, kind: "skip" | "part", label: Label, region: Region): void {
  if (region.length === 0) return;
  label.from.push(unfolding.items.length);
  add(unfolding, { kind, to: 0 }, region);
}

/** The label's target is the next item. */
function land({ items }: Unfolding, { from }: Label): void {
  for (const at of from) {
    const item = items[at];
    if (item?.kind === "skip" || item?.kind === "part") items[at] = { kind: item.kind, to: items.length };
  }
}

function extentIn(unfolding: Unfolding, match: Match): Extent {
  const known = unfolding.extents.get(match);
  if (known !== undefined) return known;
  const extent = extentOf(match, unfolding.dimensions);
  unfolding.extents.set(match, extent);
  return extent;
}

function unfoldChain(unfolding: Unfolding, chain: Chain, place: Place): void {
  const within = { ...place, open: [...place.open, chain] };
  for (const rule of chain.rules) {
    if (rule.actions.every(bearsOnNothing)) continue;
    if (unfolding.items.length > mostItems || unfolding.products > mostProducts) {
      add(unfolding, { kind: "ask" }, place.region);
      return;
    }
    unfoldRule(unfolding, rule, within);
  }
}

function bearsOnNothing(action: Action): boolean {
  return action.kind === "log" || action.kind === "note" || action.kind === "notrack";
}

function unfoldRule(unfolding: Unfolding, rule: Rule, place: Place): void {
  const end: Label = { from: [] };
  if (rule.actions.length === 1 && rule.actions.every(decides) && unfoldDecision(unfolding, rule, place))
    return;
  const many = rule.actions.some((action) => innerActions(action).length > 0 || jumpsOf(action).length > 0);
  const block = enter(unfolding, rule.match, place.region, end, end, rule.actions.length > 1 || many);
  if (block !== undefined) unfoldActions(unfolding, rule.actions, { ...place, region: block });
  land(unfolding, end);
}

/**
 * Goes into what happens only where something holds. Packets for which it does not hold go on at `otherwise` where
 * `mustSkip`, and else meet no item of the block; those for which it may hold go in, and to `perhaps` as well.
 *
 * @returns who is in the block; undefined where nobody is
 */
function enter(
  unfolding: Unfolding,
  match: Match,
  region: Region,
  otherwise: Label,
  perhaps: Label,
  marksMayChange: boolean,
  mustSkip = false,
): Region | undefined {
  const { dimensions, marks } = unfolding;
  const extent = extentIn(unfolding, match);
  const may = meet(region, extent.may);
  const must = extent.must === extent.may ? may : meet(region, extent.must);
  if (may === undefined || must === undefined || !extent.exact) {
    // Whether those outside skip what follows can't be said either, where they should.
    add(unfolding, { kind: "ask" }, mustSkip ? region : (may ?? region));
    return undefined;
  }
  const marked = marksMayChange && may.some((product) => marks.some((at) => product[at] !== undefined));
  if (mustSkip || marked) {
    const outside = without(dimensions, region, extent.may);
    if (outside === undefined) {
      add(unfolding, { kind: "ask" }, region);
      return undefined;
    }
    addSkip(unfolding, "skip", otherwise, outside);
  }
  if (may.length === 0) return undefined;
  if (must !== may) {
    const inside: Label = { from: [] };
    addSkip(unfolding, "skip", inside, must);
    addSkip(unfolding, "part", perhaps, may);
    land(unfolding, inside);
  }
  return marked ? may.map((product) => unmarked(product, marks)) : may;
}

function unmarked(product: Product, marks: readonly number[]): Product {
  return product.map((set, at) => (marks.includes(at) ? undefined : set));
}

function unfoldActions(unfolding: Unfolding, actions: readonly Action[], place: Place): void {
  const listEnd: Label = { from: [] };
  for (const action of actions) {
    const goesOn = unfoldAction(unfolding, action, place, listEnd);
    if (!goesOn) break;
  }
  land(unfolding, listEnd);
}

/** A rule that does nothing but decide: packets that it certainly holds meet its decision first, and no skip before it. */
function unfoldDecision(unfolding: Unfolding, { match }: Rule, { region }: Place): boolean {
  const extent = extentIn(unfolding, match);
  const may = meet(region, extent.may);
  const must = extent.must === extent.may ? may : meet(region, extent.must);
  if (may === undefined || must === undefined || !extent.exact) return false;
  add(unfolding, { kind: "decide" }, must);
  if (must === may) return true;
  const end: Label = { from: [] };
  addSkip(unfolding, "part", end, may);
  add(unfolding, { kind: "decide" }, may);
  land(unfolding, end);
  return true;
}

function decides({ kind }: Action): boolean {
  return endings.has(kind);
}

const endings: ReadonlySet<Action["kind"]> = new Set([
  "accept",
  "drop",
  "reject",
  "dnat",
  "snat",
  "masquerade",
  "redirect",
  "netmap",
  "queue",
]);

/** Whether anything behind the action in its list can happen. */
function unfoldAction(unfolding: Unfolding, action: Action, place: Place, listEnd: Label): boolean {
  const { region } = place;
  switch (action.kind) {
    case "accept":
    case "drop":
    case "reject":
    case "dnat":
    case "snat":
    case "masquerade":
    case "redirect":
    case "netmap":
    case "queue":
      add(unfolding, { kind: "decide" }, region);
      return false;
    case "unknown":
      add(unfolding, { kind: "branch" }, region);
      return true;
    case "return":
      addSkip(unfolding, "skip", place.chainEnd, region);
      return false;
    case "jump":
    case "goto":
      return unfoldJump(unfolding, action, place);
    case "lookup":
      unfoldLookup(unfolding, action, place);
      return true;
    case "when": {
      const behind: Label = { from: [] };
      const block = enter(unfolding, action.match, region, listEnd, behind, true, true);
      if (block !== undefined) unfoldActions(unfolding, action.actions, { ...place, region: block });
      land(unfolding, behind);
      return true;
    }
    case "set-mark":
    case "copy-mark":
      add(unfolding, { kind: "mark", action }, region);
      return true;
    case "notrack":
    case "log":
    case "note":
      return true;
  }
}

function unfoldJump(
  unfolding: Unfolding,
  action: Extract<Action, { kind: "jump" | "goto" }>,
  place: Place,
): boolean {
  const target = unfolding.chains.get(action.chain);
  if (target === undefined) {
    add(unfolding, { kind: "decide" }, place.region);
    return false;
  }
  if (place.open.includes(target) || place.open.length > deepest) {
    add(unfolding, { kind: "ask" }, place.region);
    return false;
  }
  const chainEnd: Label = { from: [] };
  unfoldChain(unfolding, target, { ...place, chainEnd });
  land(unfolding, chainEnd);
  if (action.kind === "jump") return true;
  addSkip(unfolding, "skip", place.chainEnd, place.region);
  return false;
}

/** The first entry that holds the packet; entries behind one that may hold it are looked at too. */
function unfoldLookup(unfolding: Unfolding, lookup: Extract<Action, { kind: "lookup" }>, place: Place): void {
  const behind: Label = { from: [] };
  for (const entry of lookup.entries) {
    if (unfolding.items.length > mostItems || unfolding.products > mostProducts) {
      add(unfolding, { kind: "ask" }, place.region);
      break;
    }
    const next: Label = { from: [] };
    const block = enter(unfolding, entryMatch(lookup, entry), place.region, next, next, true);
    if (block !== undefined) {
      unfoldActions(unfolding, entry.actions, { ...place, region: block });
      addSkip(unfolding, "skip", behind, block);
    }
    land(unfolding, next);
  }
  land(unfolding, behind);
}

/** A program that asks `evaluate` about every packet. */
export const askAlways: Program = { items: [{ kind: "ask" }], regions: [everywhere] };

/** Whether a program's first item decides every packet: it neither skips nor parts nor asks. */
export function isFlat({ items }: Program): boolean {
  return items.every(({ kind }) => kind === "decide");
}
