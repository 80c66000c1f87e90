// Replaces the tests that a walk can't be sure of by unknown ones: of marks that rules on the way change, and of endpoints,
// whose identities no header shows. Tests of other marks are turned into equal ones that only cut where some mark is.
import { fromPairs, numberDomain, pairsOf, type NumberSet } from "../../packet/intervals.ts";
import type { Match } from "../match.ts";
import type { Action, Chain } from "../rule.ts";

type Mark = "packet" | "connection";

/** What turns the matches of some chains, which are walked together. */
export function withoutHidden(chains: readonly Chain[]): (match: Match) => Match {
  const changed = new Set(
    chains.flatMap(({ rules }) => rules.flatMap(({ actions }) => changedMarks(actions))),
  );
  const turn = (match: Match): Match => {
    switch (match.kind) {
      case "not":
        return { kind: "not", match: turn(match.match) };
      case "all":
        return { kind: "all", of: match.of.map(turn) };
      case "any":
        return { kind: "any", of: match.of.map(turn) };
      case "mark":
        return changed.has(match.of)
          ? { kind: "unknown", what: `the ${match.of}'s mark` }
          : { ...match, set: attainable(match.set, match.mask) };
      case "endpoint":
        return { kind: "unknown", what: `the identity of the ${match.side}` };
      case "always":
      case "never":
      case "family":
      case "address":
      case "address-bits":
      case "number":
      case "tcp-flags":
      case "tcp-option":
      case "fragment":
      case "interface":
      case "state":
      case "status":
      case "direction":
      case "mac":
      case "link-type":
      case "address-type":
      case "tuple":
      case "unknown":
        return match;
    }
  };
  return turn;
}

function changedMarks(actions: readonly Action[]): Mark[] {
  return actions.flatMap((action): Mark[] => {
    if (action.kind === "set-mark") return [action.of];
    if (action.kind === "copy-mark") return [action.from === "packet" ? "connection" : "packet"];
    if (action.kind === "when") return changedMarks(action.actions);
    return action.kind === "lookup" ? action.entries.flatMap((entry) => changedMarks(entry.actions)) : [];
  });
}

/**
 * A set that holds the same of all numbers that a mark can be under a mask, and begins and ends anew only at such: else the
 * analysis would find packets between them that are none.
 */
function attainable(set: NumberSet, mask: number): NumberSet {
  const most = 0xffffffff;
  const pairs = pairsOf(set).flatMap(([first, last]): [number, number][] => {
    const start = leastUnder(mask, first);
    const behind = last >= most ? undefined : leastUnder(mask, last + 1);
    const end = behind === undefined ? most : behind - 1;
    return start === undefined || start > end ? [] : [[start, end]];
  });
  return fromPairs(numberDomain(most), pairs);
}

/** The least number at or above another, both of 32 bits, that has no bit outside the mask. */
export function leastUnder(mask: number, from: number): number | undefined {
  if (from === 0) return 0;
  const least = ((((from - 1) | ~mask) + 1) & mask) >>> 0;
  return least >= from ? least : undefined;
}
