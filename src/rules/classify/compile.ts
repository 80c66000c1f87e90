// Compiles a chain for packets of one family: program, table, and what is remembered of the paths that packets took.
import type { Family } from "../../packet/address.ts";
import { dimensionsOf } from "../boxes/dimensions.ts";
import type { Dimensions } from "../boxes/model.ts";
import { wordsOfStarts } from "../boxes/spans.ts";
import type { Chain, ChainSet } from "../rule.ts";
import { buildTable } from "./build-table.ts";
import type { Spans6 } from "./coordinates.ts";
import type { Program } from "./program.ts";
import type { Table } from "./table.ts";
import { askAlways, matchesOf, unfold } from "./unfold.ts";

export interface Compiled {
  readonly dimensions: Dimensions;
  readonly program: Program;
  readonly table: Table;
  readonly spans: Spans6;
}

/** A chain that is too intricate for a table compiles to one that asks about every packet. */
export function compileFor(family: Family, chain: Chain, chains: ChainSet): Compiled {
  const dimensions = dimensionsOf(family, matchesOf(chain, chains));
  const unfolded = unfold(chain, chains, dimensions);
  const table = tableOf(unfolded, dimensions);
  if (table !== undefined) return { dimensions, program: unfolded, table, spans: spansOf(dimensions) };
  const asking = tableOf(askAlways, dimensions);
  if (asking === undefined) throw new Error("a table of one product is always small enough");
  return { dimensions, program: askAlways, table: asking, spans: spansOf(dimensions) };
}

function tableOf(program: Program, { list }: Dimensions): Table | undefined {
  return buildTable(
    list,
    program.regions.flatMap((region, item) => region.map((product) => ({ item, product }))),
  );
}

/** How the IPv6 addresses of columns are numbered. */
export function spansOf({ list }: Dimensions): Spans6 {
  const of = (field: "source" | "destination"): Uint32Array => {
    const meaning = list.find((dimension) => dimension.field === field)?.meaning;
    return wordsOfStarts(meaning?.kind === "spans6" ? meaning.starts : [0n]);
  };
  return { source: of("source"), destination: of("destination") };
}
