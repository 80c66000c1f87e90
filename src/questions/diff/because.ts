// The rules that bear on a change: those of the rings whose say differs between the two sides, and which stand on one side
// alone.
import { originText, type Origin } from "../../problem.ts";
import type { Rule } from "../../rules/rule.ts";
import type { PacketSet, Space } from "../../space/space.ts";
import type { PairReach, RingShare } from "../reach/model.ts";
import type { Because } from "./model.ts";

/** As many rules as are cited of one side. */
const mostCited = 4;

export function becauseOf(
  space: Space,
  before: PairReach | undefined,
  after: PairReach | undefined,
  changed: PacketSet,
): Because[] {
  const [was, is] = [sharesOf(before), sharesOf(after)];
  const cited: Because[] = [];
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(key), is.get(key)];
    if (old !== undefined && now !== undefined && sameSay(space, old, now, changed)) continue;
    cited.push(...only("before", old, now), ...only("after", now, old));
  }
  // A ring that stands on both legs is cited once.
  const seen = new Map(cited.map((one) => [`${one.side} ${one.text} ${originText(one.origin)}`, one]));
  return [...seen.values()];
}

/** Rings by where they stand: the two sides' belong together. */
function sharesOf(pair: PairReach | undefined): Map<string, RingShare> {
  return new Map(
    (pair?.rings() ?? []).map((share) => [`${share.leg} ${share.layer} ${share.ring} ${share.place}`, share]),
  );
}

function sameSay(space: Space, old: RingShare, now: RingShare, changed: PacketSet): boolean {
  const say = (share: RingShare, of: "lets" | "perhaps"): PacketSet => space.and(share[of].set, changed);
  return say(old, "lets") === say(now, "lets") && say(old, "perhaps") === say(now, "perhaps");
}

/** Rules of one side's ring that the other side's has not, word for word. */
function only(side: "before" | "after", own: RingShare | undefined, other: RingShare | undefined): Because[] {
  const there = new Set((other?.rules ?? []).map((rule) => rule.text));
  const rules = (own?.rules ?? []).filter((rule) => !there.has(rule.text));
  return rules.slice(0, mostCited).map((rule: Rule): Because => {
    const origin: Origin = rule.origin;
    return { side, ring: own?.ring ?? "", text: rule.text, origin };
  });
}
