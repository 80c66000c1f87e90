// “What does this change do?”: flows newly open and newly closed between two estates, end to end and there and back, and
// what becomes of connections that exist. Pairs that the change can't bear on are proved the same by comparing what the
// two estates hold; the others are worked out on both sides, in one space.
import { severities } from "../estate/settings.ts";
import type { Estate } from "../estate/model.ts";
import { Comparison } from "./diff/compare.ts";
import { compareFirewalls } from "./diff/firewalls.ts";
import { merged } from "./diff/merge.ts";
import type { Diff, DiffEnd, FlowChange } from "./diff/model.ts";
import { endOf, tell } from "./diff/tell.ts";
import { portsOf } from "./lint/settings.ts";

export type { Diff, FlowChange, Cut } from "./diff/model.ts";

/**
 * @throws Problem `limit` where the sets outgrow memory
 * @example diff(await loadEstate("before"), await loadEstate("after")).changes.filter((change) => change.kind === "opened")
 */
export function diff(before: Estate, after: Estate): Diff {
  const comparison = new Comparison(before, after);
  const ports = portsOf(after);
  const told = tell(comparison, ports);
  const walls = compareFirewalls(before, after, ports);
  const { pairs, same } = comparison.compared();
  return {
    before: before.name,
    after: after.name,
    changes: [...merged(told.changes), ...walls.changes].toSorted(worstFirst),
    cuts: [...merged(told.cuts), ...walls.cuts],
    compared: { pairs: pairs + walls.compared.pairs, same: same + walls.compared.same },
    added: comparison.ends.filter((end) => end.inside && end.before === undefined).map(endOf),
    removed: comparison.ends.filter((end) => end.inside && end.after === undefined).map(endOf),
    unknowns: [...before.unknowns, ...after.unknowns, ...walls.unknowns],
  };
}

const kinds: readonly FlowChange["kind"][] = ["opened", "doubtful", "closed", "settled"];

function worstFirst(a: FlowChange, b: FlowChange): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
    namesOf(a.from).localeCompare(namesOf(b.from)) ||
    namesOf(a.to).localeCompare(namesOf(b.to))
  );
}

function namesOf(ends: readonly DiffEnd[]): string {
  return ends.map((end) => end.name).join(" ");
}
