// The compiled reading of a chain: says of arrays of packets what `evaluate` says of each, millions a second. What no
// table can hold it asks `evaluate`, and counts.
import type { Family } from "../../packet/address.ts";
import { evaluate } from "../evaluate.ts";
import type { Match } from "../match.ts";
import type { Chain, ChainSet } from "../rule.ts";
import type { View } from "../view.ts";
import type { PacketColumns } from "./columns.ts";
import { compileFor, type Compiled } from "./compile.ts";
import { blockSize, locate, makeBlock, type Block } from "./coordinates.ts";
import { Outcomes, type OutcomeRecord } from "./outcome.ts";
import { askIt, Paths, runProgram } from "./run.ts";
import { firstItems } from "./first-items.ts";
import { matchesOf } from "./unfold.ts";
import { columnsOf, interfaceNumber, viewOf } from "./views.ts";

/** No outcome yet. */
const unset = -1;

interface Side extends Compiled {
  readonly paths: Paths;
  /** The outcome's number, by the item that decides a packet alone. */
  readonly byItem: Int32Array;
  readonly byPath: number[];
}

/**
 * A chain, compiled. Results are numbers of `outcomes`, which grows as packets end in ways that none did before.
 *
 * @example
 * const classifier = compile(chain, chains);
 * classifier.classify(packets, results);
 * classifier.outcomes[results[0]].verdict
 */
export class Classifier {
  readonly #chain: Chain;
  readonly #chains: ChainSet;
  readonly #outcomes = new Outcomes();
  readonly #sides = new Map<Family, Side>();
  readonly #block: Block = makeBlock();
  readonly #beyond: boolean;
  #asked = 0;

  constructor(chain: Chain, chains: ChainSet) {
    this.#chain = chain;
    this.#chains = chains;
    this.#beyond = matchesOf(chain, chains).some(asksBeyondColumns);
  }

  get outcomes(): readonly OutcomeRecord[] {
    return this.#outcomes.list;
  }

  /** How many packets were given to `evaluate`, since no table could hold what they met. */
  get asked(): number {
    return this.#asked;
  }

  /**
   * The outcome of every packet: its number, into `results`. The first call for a family compiles it.
   *
   * @param results at least as long as the columns
   */
  classify(packets: PacketColumns, results: Uint32Array): void {
    const side = this.#side(packets.family);
    const { table, spans, byItem } = side;
    const block = this.#block;
    for (let from = 0; from < packets.count; from += blockSize) {
      const count = Math.min(blockSize, packets.count - from);
      locate(table, spans, packets, from, count, block);
      firstItems(table, block.sources, block.destinations, block.classes, count, block.items);
      for (let at = 0; at < count; at += 1) {
        const outcome = byItem[block.items[at] ?? 0] ?? unset;
        results[from + at] = outcome === unset ? this.#walk(side, packets, from + at, at) : outcome;
      }
    }
  }

  /** The outcome of one packet, as a ring sees it. What columns can't hold is asked of `evaluate`. */
  outcomeOf(view: View): OutcomeRecord {
    const columns =
      this.#beyond && showsMore(view)
        ? undefined
        : columnsOf([view], this.#side(view.packet.family).dimensions);
    const result = new Uint32Array(1);
    if (columns === undefined) result[0] = this.#ask(view);
    else this.classify(columns, result);
    const outcome = this.#outcomes.list[result[0] ?? 0];
    if (outcome === undefined) throw new Error("every number that classify gives stands for an outcome");
    return outcome;
  }

  /** Views as columns, for `classify`; undefined where columns can't hold them. All of one family. */
  columnsOf(views: readonly View[]): PacketColumns | undefined {
    const [first] = views;
    return first === undefined || (this.#beyond && views.some(showsMore))
      ? undefined
      : columnsOf(views, this.#side(first.packet.family).dimensions);
  }

  /** What stands for an interface in the columns; `name` undefined: not known, and not loopback if `fromElsewhere`. */
  interfaceNumber(direction: "in" | "out", name: string | undefined, fromElsewhere = false): number {
    return interfaceNumber(this.#side(4).dimensions, direction, name, fromElsewhere);
  }

  #side(family: Family): Side {
    const known = this.#sides.get(family);
    if (known !== undefined) return known;
    const compiled = compileFor(family, this.#chain, this.#chains);
    const items = compiled.program.items.length;
    const side = {
      ...compiled,
      paths: new Paths(items),
      byItem: new Int32Array(items).fill(unset),
      byPath: [],
    };
    this.#sides.set(family, side);
    return side;
  }

  #walk(side: Side, packets: PacketColumns, row: number, at: number): number {
    const { program, table, paths, byPath, byItem } = side;
    const { sources, destinations, classes, items } = this.#block;
    const first = items[at] ?? 0;
    const [source, destination, service] = [sources[at] ?? 0, destinations[at] ?? 0, classes[at] ?? 0];
    const path = runProgram(program, table, paths, packets, row, source, destination, service, first);
    if (path === askIt) return this.#ask(viewOf(packets, row, side.dimensions));
    let outcome = byPath[path];
    if (outcome === undefined) {
      const { decisions } = evaluate(this.#chain, this.#chains, viewOf(packets, row, side.dimensions));
      outcome = this.#outcomes.numberOf(decisions);
      byPath[path] = outcome;
    }
    if (program.items[first]?.kind === "decide") byItem[first] = outcome;
    return outcome;
  }

  #ask(view: View): number {
    this.#asked += 1;
    return this.#outcomes.numberOf(evaluate(this.#chain, this.#chains, { ...view }).decisions);
  }
}

/** Compiles a chain. @example compile(chain, chains).classify(packets, results) */
export function compile(chain: Chain, chains: ChainSet): Classifier {
  return new Classifier(chain, chains);
}

/** Whether a match asks what no column holds. */
function asksBeyondColumns(match: Match): boolean {
  switch (match.kind) {
    case "not":
      return asksBeyondColumns(match.match);
    case "all":
    case "any":
      return match.of.some(asksBeyondColumns);
    case "address":
    case "address-bits":
    case "number":
      return isBeyond(match.field);
    case "tuple":
      return match.fields.some(isBeyond);
    case "status":
    case "direction":
    case "mac":
    case "link-type":
    case "address-type":
    case "endpoint":
      return true;
    case "always":
    case "never":
    case "family":
    case "tcp-flags":
    case "tcp-option":
    case "fragment":
    case "interface":
    case "state":
    case "mark":
    case "unknown":
      return false;
  }
}

function isBeyond(field: string): boolean {
  return /^(?:original-|reply-|length$|ttl$|dscp$)/.test(field);
}

/** Whether a view shows something that no column holds. */
function showsMore({ packet, connection, addressType }: View): boolean {
  return [
    connection,
    addressType,
    packet.length,
    packet.ttl,
    packet.dscp,
    packet.sourceMac,
    packet.linkType,
    packet.from,
    packet.to,
  ].some((shown) => shown !== undefined);
}
