// Boxes in the order of their rules, with the dimension that tells most boxes apart first, so that a test of two boxes
// that do not meet ends after a comparison or two. Knows no rules beyond their numbers.
import type { FlatBoxes, Point } from "./program.ts";

export interface Table {
  readonly width: number;
  readonly count: number;
  /** `width` numbers a box; in the table's own order of dimensions. */
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly rule: Uint32Array;
  /** The boxes of rule r are from[r] … from[r + 1] − 1. */
  readonly from: Uint32Array;
}

/** The dimensions, most telling first: those that boxes leave widest come last. */
export function tellingOrder(boxes: FlatBoxes): number[] {
  const width = boxes.dimensions.length;
  const share = boxes.dimensions.map((dimension, at) => {
    let sum = 0;
    for (let box = 0; box < boxes.count; box += 1) {
      const cell = box * width + at;
      sum += ((boxes.high[cell] ?? 0) - (boxes.low[cell] ?? 0) + 1) / (dimension.last + 1);
    }
    return sum;
  });
  return [...share.keys()].sort((a, b) => (share[a] ?? 0) - (share[b] ?? 0));
}

/** The boxes with their dimensions reordered; `rules` is how many rules there are. */
export function tableOf(boxes: FlatBoxes, order: readonly number[], rules: number): Table {
  const width = boxes.dimensions.length;
  const low = new Uint32Array(boxes.count * width);
  const high = new Uint32Array(boxes.count * width);
  for (let box = 0; box < boxes.count; box += 1) {
    for (let at = 0; at < width; at += 1) {
      const cell = box * width + (order[at] ?? 0);
      low[box * width + at] = boxes.low[cell] ?? 0;
      high[box * width + at] = boxes.high[cell] ?? 0;
    }
  }
  const from = new Uint32Array(rules + 1);
  let box = 0;
  for (let rule = 0; rule <= rules; rule += 1) {
    while (box < boxes.count && (boxes.rule[box] ?? 0) < rule) box += 1;
    from[rule] = box;
  }
  return { width, count: boxes.count, low, high, rule: boxes.rule, from };
}

/** A point of the table in the caller's order of dimensions. */
export function pointInOrder(point: ArrayLike<number>, order: readonly number[]): Point {
  const ordered: number[] = Array.from({ length: order.length }, () => 0);
  for (const [at, dimension] of order.entries()) ordered[dimension] = point[at] ?? 0;
  return ordered;
}
