// Rules that only decide, compiled for packets of one family without a program: every rule is two items, one where it
// certainly holds and one where it may.
import type { Family } from "../../packet/address.ts";
import { dimensionsOf } from "../boxes/dimensions.ts";
import { extentOf } from "../boxes/extent.ts";
import type { Dimension, Dimensions } from "../boxes/model.ts";
import type { Rule } from "../rule.ts";
import { buildTable, type Entry } from "./build-table.ts";
import { spansOf } from "./compile.ts";
import type { Spans6 } from "./coordinates.ts";
import type { Table } from "./table.ts";

export interface ListSide {
  readonly dimensions: Dimensions;
  /** Item 2r: rule r certainly holds; 2r + 1: it may. */
  readonly table: Table;
  readonly spans: Spans6;
  /** Rules that are too intricate for boxes: 1. Where they may hold, the packet is asked about. */
  readonly inexact: Uint8Array;
}

/**
 * Compiles rules; undefined where they have too many service classes for tables.
 *
 * @param numbering the dimensions that number interfaces, where it is not for these rules to do: they know every name
 */
export function compileRules(
  family: Family,
  rules: readonly Rule[],
  numbering?: Dimensions,
): ListSide | undefined {
  const own = dimensionsOf(
    family,
    rules.map((rule) => rule.match),
  );
  const list = own.list.map((dimension) =>
    dimension.meaning.kind === "names" ? (sameField(dimension, numbering) ?? dimension) : dimension,
  );
  const dimensions = { family, list };
  const inexact = new Uint8Array(rules.length);
  const entries: Entry[] = [];
  for (const [at, rule] of rules.entries()) {
    const extent = extentOf(rule.match, dimensions);
    if (!extent.exact) inexact[at] = 1;
    for (const product of extent.must) entries.push({ item: at * 2, product });
    if (extent.may !== extent.must)
      for (const product of extent.may) entries.push({ item: at * 2 + 1, product });
  }
  const table = buildTable(dimensions.list, entries);
  return table === undefined ? undefined : { dimensions, table, spans: spansOf(dimensions), inexact };
}

/** Whether some dimensions number every interface that a rule names. */
export function knowsInterfaces(numbering: Dimensions, rule: Rule): boolean {
  return dimensionsOf(numbering.family, [rule.match]).list.every((dimension) => {
    if (dimension.meaning.kind !== "names") return true;
    const meaning = sameField(dimension, numbering)?.meaning;
    const known = meaning?.kind === "names" ? meaning.names.classes : [];
    return dimension.meaning.names.classes.every((one) =>
      known.some(({ name, prefix }) => name === one.name && prefix === one.prefix),
    );
  });
}

function sameField(dimension: Dimension, dimensions: Dimensions | undefined): Dimension | undefined {
  return dimensions?.list.find(({ field }) => field === dimension.field);
}
