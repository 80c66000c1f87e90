// Changes that are one to people: the same services change by the same rules for several ends.
import { flowText } from "../reach/service-text.ts";
import type { Cut, DiffEnd, FlowChange } from "./model.ts";

/** Joins what differs in its ends alone, sources first: {a, b} → c and {a, b} → d become {a, b} → {c, d}. */
export function merged<T extends FlowChange | Cut>(items: readonly T[]): T[] {
  const bySource = joined(items, (item) => idsOf(item.to), "from");
  return joined(bySource, (item) => idsOf(item.from), "to");
}

function joined<T extends FlowChange | Cut>(
  items: readonly T[],
  fixed: (item: T) => string,
  side: "from" | "to",
): T[] {
  const groups = new Map<string, T>();
  for (const item of items) {
    const key = `${fixed(item)}\n${sameness(item)}`;
    const before = groups.get(key);
    groups.set(key, before === undefined ? item : { ...before, [side]: [...before[side], ...item[side]] });
  }
  return [...groups.values()];
}

function idsOf(ends: readonly DiffEnd[]): string {
  return ends
    .map((end) => end.id)
    .toSorted()
    .join("\n");
}

/** All that is told of a change beside its ends and its witness. */
function sameness(item: FlowChange | Cut): string {
  const own =
    "kind" in item ? [item.kind, item.now, item.severity, item.weight] : [item.tracking, item.at, item.why];
  const because = item.because.map(
    ({ side, ring, text, origin }) =>
      `${side} ${ring} ${text} ${origin.file}:${origin.line}:${origin.column ?? 0}`,
  );
  return [...own, item.family, ...item.services.map(flowText), ...because].join("\n");
}
