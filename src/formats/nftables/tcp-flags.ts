// A set of TCP flag bytes as the fewest tests of (flags & mask) = value. nft writes such sets in many ways: `syn`,
// `syn / fin,syn,rst,ack`, `& (fin|syn) != 0`, `{ syn, syn|ack }`; all are sets of the 256 values.
import { holds, type NumberSet } from "../../packet/intervals.ts";
import { all, any, inverted, never, type Match } from "../../rules/match.ts";

/** True for any packet with a whole TCP header: nothing of the flags is asked. */
const isTcp: Match = { kind: "tcp-flags", mask: 0, value: 0 };

/** @example flagsTest([2, 2]) // only SYN is set */
export function flagsTest(set: NumberSet): Match {
  const mask = relevantBits(set);
  const values = projections(mask);
  const inside = values.filter((value) => holds(set, value));
  const outside = values.filter((value) => !holds(set, value));
  if (inside.length === 0) return never;
  if (outside.length === 0) return isTcp;
  const tests = (chosen: readonly number[]): Match =>
    any(...chosen.map((value): Match => ({ kind: "tcp-flags", mask, value })));
  return inside.length <= outside.length ? tests(inside) : all(isTcp, inverted(tests(outside)));
}

/** The bits that make a difference: flipping any other leads neither in nor out. */
function relevantBits(set: NumberSet): number {
  let mask = 0;
  for (let bit = 1; bit < 256; bit <<= 1) {
    for (let value = 0; value < 256; value += 1) {
      if (holds(set, value) !== holds(set, value ^ bit)) {
        mask |= bit;
        break;
      }
    }
  }
  return mask;
}

function projections(mask: number): number[] {
  return Array.from({ length: 256 }, (_, value) => value).filter((value) => (value & ~mask) === 0);
}
