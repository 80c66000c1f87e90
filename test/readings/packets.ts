// Packets that put readings of a chain to the test: drawn from the values that its rules name, and, rule by rule, those at
// and next to the end of everything the rule asks for, on a way that leads to it.
import type { Random } from "../../judge/random.ts";
import type { Family } from "../../src/packet/address.ts";
import { matches } from "../../src/rules/matches.ts";
import type { Match } from "../../src/rules/match.ts";
import type { Action, Chain, ChainSet, Rule } from "../../src/rules/rule.ts";
import type { View } from "../../src/rules/view.ts";
import { joined, nearActions, nearValues } from "./near.ts";
import { usualValues, viewOf, type Point, type Values } from "./points.ts";

/** A rule, and the matches of the jumps that lead to it. */
interface Placed {
  readonly rule: Rule;
  readonly via: readonly Match[];
}

/** Random packets for a chain, each field drawn from what some rule names or from what is usual. */
export function* randomPackets(
  chain: Chain,
  chains: ChainSet,
  family: Family,
  random: Random,
  count: number,
): Iterable<View> {
  const pool = poolOf(placedRules(chain, chains), family);
  for (let at = 0; at < count; at += 1) yield viewOf(drawPoint(pool, family, random));
}

/**
 * For each rule that the chain leads to, packets that differ in one field at a time, with that field at and next to every
 * end of what the rule asks of it.
 *
 * @param most of the rules no more than about this many are looked at, spread evenly
 */
export function* boundaryPackets(
  chain: Chain,
  chains: ChainSet,
  family: Family,
  random: Random,
  most: number = Number.POSITIVE_INFINITY,
): Iterable<View> {
  const rules = placedRules(chain, chains);
  const pool = poolOf(rules, family);
  const step = Math.max(1, Math.ceil(rules.length / most));
  for (let at = random.below(step); at < rules.length; at += step) {
    const placed = rules[at];
    if (placed !== undefined) yield* packetsAt(placed, pool, family, random);
  }
}

function* packetsAt({ rule, via }: Placed, pool: Values, family: Family, random: Random): Iterable<View> {
  let point = drawPoint(pool, family, random);
  for (const match of [...via, rule.match]) point = satisfying(match, point, family);
  yield viewOf(point);
  const near = joined([nearValues(rule.match, family), nearActions(rule.actions, family)]);
  for (const [field, values] of Object.entries(near))
    for (const value of values) yield viewOf({ ...point, [field]: value });
}

/** The point moved into a match as far as that is simple: one test after the other, each by its own nearest values. */
function satisfying(match: Match, point: Point, family: Family, wanted = true): Point {
  if (match.kind === "not") return satisfying(match.match, point, family, !wanted);
  if (match.kind === "all" && wanted) return match.of.reduce((at, one) => satisfying(one, at, family), point);
  if (matches(match, viewOf(point)) === wanted) return point;
  for (const [field, values] of Object.entries(nearValues(match, family)))
    for (const value of values) {
      const moved = { ...point, [field]: value };
      if (matches(match, viewOf(moved)) === wanted) return moved;
    }
  return point;
}

function poolOf(rules: readonly Placed[], family: Family): Values {
  return joined(
    rules.flatMap(({ rule }) => [nearValues(rule.match, family), nearActions(rule.actions, family)]),
  );
}

function drawPoint(pool: Values, family: Family, random: Random): Point {
  const usual = usualValues(family);
  const draw = <Field extends keyof Point>(field: Field): Point[Field] => {
    const named: readonly Point[Field][] = pool[field] ?? [];
    return random.pick(named.length > 0 && random.chance(75) ? named : usual[field]);
  };
  return {
    source: draw("source"),
    destination: draw("destination"),
    protocol: draw("protocol"),
    sourcePort: draw("sourcePort"),
    destinationPort: draw("destinationPort"),
    icmpType: draw("icmpType"),
    icmpCode: draw("icmpCode"),
    tcpFlags: draw("tcpFlags"),
    fragment: draw("fragment"),
    state: draw("state"),
    inInterface: draw("inInterface"),
    outInterface: draw("outInterface"),
    mark: draw("mark"),
    connectionMark: draw("connectionMark"),
  };
}

/** Every rule that the chain leads to, each chain on the first way to it. */
function placedRules(chain: Chain, chains: ChainSet): readonly Placed[] {
  const placed: Placed[] = [];
  const seen = new Set([chain]);
  const waiting: { chain: Chain; via: readonly Match[] }[] = [{ chain, via: [] }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const rule of next.chain.rules) {
      placed.push({ rule, via: next.via });
      for (const name of targetsOf(rule.actions)) {
        const target = chains.get(name);
        if (target === undefined || seen.has(target)) continue;
        seen.add(target);
        waiting.push({ chain: target, via: [...next.via, rule.match] });
      }
    }
  }
  return placed;
}

function targetsOf(actions: readonly Action[]): readonly string[] {
  return actions.flatMap((action) => {
    if (action.kind === "jump" || action.kind === "goto") return [action.chain];
    if (action.kind === "when") return targetsOf(action.actions);
    return action.kind === "lookup" ? action.entries.flatMap((entry) => targetsOf(entry.actions)) : [];
  });
}
