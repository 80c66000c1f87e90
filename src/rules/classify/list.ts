// A compiled list of rules that can be edited: a change of one rule keeps the compiled list, takes the old rule out of
// it and puts the new one into a small list beside it, until so many stand there that all is compiled anew.
import type { Family } from "../../packet/address.ts";
import { evaluate } from "../evaluate.ts";
import type { Chain, Rule } from "../rule.ts";
import type { View } from "../view.ts";
import type { PacketColumns } from "./columns.ts";
import { blockSize, locate, makeBlock, type Block } from "./coordinates.ts";
import type { Dimensions } from "../boxes/model.ts";
import { compileRules, knowsInterfaces, type ListSide } from "./list-side.ts";
import { Outcomes, type OutcomeRecord } from "./outcome.ts";
import { Paths } from "./run.ts";
import { firstItems } from "./first-items.ts";
import { nextItem, none } from "./table.ts";
import { columnsOf, interfaceNumber, viewOf } from "./views.ts";

/** More rules than this taken out or put beside, and the list is compiled anew. */
const mostEdits = 32;
const unset = -1;
const noChains: ReadonlyMap<string, Chain> = new Map();

/** Rules compiled together; both families, each when it is first asked for. */
class Part {
  readonly rules: readonly Rule[];
  readonly #sides = new Map<Family, ListSide | undefined>();

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
  }

  /** @param numbering the dimensions that number interfaces, if not this part's own */
  side(family: Family, numbering?: Dimensions): ListSide | undefined {
    if (!this.#sides.has(family)) this.#sides.set(family, compileRules(family, this.rules, numbering));
    return this.#sides.get(family);
  }
}

/** What editions of one list share. */
interface Shared {
  readonly outcomes: Outcomes;
  readonly blocks: readonly [Block, Block];
}

/** For each rule of a part its place in the list as it is now; −1: it was taken out. */
interface Placed {
  readonly part: Part;
  readonly places: Int32Array;
}

/**
 * A list of rules that each end the walk, first match, with a policy. An edit returns a new list and leaves the old one
 * as it was; both number their outcomes alike.
 *
 * @example compileList(rules, policy).insertRule(0, rule).classify(packets, results)
 */
export class RuleList {
  readonly chain: Chain;
  readonly #base: Placed;
  readonly #beside: Placed;
  readonly #shared: Shared;
  readonly #byItem: Int32Array;
  readonly #paths: Paths;
  readonly #byPath: number[] = [];
  #asked = 0;

  constructor(chain: Chain, base: Placed, beside: Placed, shared: Shared) {
    this.chain = chain;
    this.#base = base;
    this.#beside = beside;
    this.#shared = shared;
    const items = chain.rules.length * 2 + 1;
    this.#byItem = new Int32Array(items).fill(unset);
    this.#paths = new Paths(items);
  }

  get outcomes(): readonly OutcomeRecord[] {
    return this.#shared.outcomes.list;
  }

  /** How many packets were given to `evaluate`, since no table could hold what they met. */
  get asked(): number {
    return this.#asked;
  }

  /** The list with another rule in the place of one. */
  withRule(index: number, rule: Rule): RuleList {
    return this.#edited(index, 1, [rule]);
  }

  /** The list with a rule before the one at `index`, or behind the last. */
  insertRule(index: number, rule: Rule): RuleList {
    return this.#edited(index, 0, [rule]);
  }

  removeRule(index: number): RuleList {
    return this.#edited(index, 1, []);
  }

  /** What stands for an interface in this list's columns; `name` undefined: not known. */
  interfaceNumber(direction: "in" | "out", name: string | undefined, fromElsewhere = false): number {
    const side = this.#base.part.side(4);
    return side === undefined ? 0 : interfaceNumber(side.dimensions, direction, name, fromElsewhere);
  }

  /** Views as columns; undefined where columns can't hold them. All of one family. */
  columnsOf(views: readonly View[]): PacketColumns | undefined {
    const side = this.#base.part.side(views[0]?.packet.family ?? 4);
    return side === undefined ? undefined : columnsOf(views, side.dimensions);
  }

  /**
   * The outcome of every packet: its number, into `results`.
   *
   * @param packets with this list's own numbers of interfaces: an edit may number them anew
   */
  classify(packets: PacketColumns, results: Uint32Array): void {
    const base = this.#base.part.side(packets.family);
    const beside =
      this.#beside.part.rules.length === 0
        ? undefined
        : this.#beside.part.side(packets.family, base?.dimensions);
    const [block, besideBlock] = this.#shared.blocks;
    for (let from = 0; from < packets.count; from += blockSize) {
      const count = Math.min(blockSize, packets.count - from);
      if (base === undefined || (beside === undefined && this.#beside.part.rules.length > 0)) {
        for (let at = 0; at < count; at += 1) results[from + at] = this.#ask(packets, from + at, base);
        continue;
      }
      lookUp(base, packets, from, count, block);
      if (beside !== undefined) lookUp(beside, packets, from, count, besideBlock);
      for (let at = 0; at < count; at += 1) {
        const place = this.#placeFrom(base, beside, at, 0);
        const outcome = this.#byItem[place] ?? unset;
        results[from + at] =
          outcome === unset ? this.#walk(base, beside, packets, from + at, at, place) : outcome;
      }
    }
  }

  /** The first item from `start` on, by the list's present places, of packet `at` of the blocks. */
  #placeFrom(base: ListSide, beside: ListSide | undefined, at: number, start: number): number {
    const [block, besideBlock] = this.#shared.blocks;
    const own = placed(base, this.#base.places, block, at, start);
    const other = beside === undefined ? none : placed(beside, this.#beside.places, besideBlock, at, start);
    const first = own < other ? own : other;
    return first === none ? this.chain.rules.length * 2 : first;
  }

  #walk(
    base: ListSide,
    beside: ListSide | undefined,
    packets: PacketColumns,
    row: number,
    at: number,
    first: number,
  ): number {
    const last = this.chain.rules.length * 2;
    let path = 0;
    let item = first;
    for (;;) {
      if ((item & 1) === 1 && this.#isInexact(base, beside, item >> 1)) return this.#ask(packets, row, base);
      path = this.#paths.after(path, item);
      if ((item & 1) === 0) break;
      item = item + 1 > last ? last : this.#placeFrom(base, beside, at, item + 1);
    }
    const outcome = this.#byPath[path] ?? this.#decide(packets, row, base);
    this.#byPath[path] = outcome;
    if (item === first) this.#byItem[first] = outcome;
    return outcome;
  }

  #isInexact(base: ListSide, beside: ListSide | undefined, place: number): boolean {
    const at = this.#base.places.indexOf(place);
    if (at >= 0) return base.inexact[at] === 1;
    return beside?.inexact[this.#beside.places.indexOf(place)] === 1;
  }

  #decide(packets: PacketColumns, row: number, base: ListSide | undefined): number {
    const view = viewOf(packets, row, base?.dimensions ?? { family: packets.family, list: [] });
    return this.#shared.outcomes.numberOf(evaluate(this.chain, noChains, view).decisions);
  }

  #ask(packets: PacketColumns, row: number, base: ListSide | undefined): number {
    this.#asked += 1;
    return this.#decide(packets, row, base);
  }

  #edited(index: number, taken: number, put: readonly Rule[]): RuleList {
    const rules = this.chain.rules.toSpliced(index, taken, ...put);
    const chain = { ...this.chain, rules };
    const moved = put.length - taken;
    const place = (at: number): number =>
      at < index ? at : at < index + taken ? unset : at < 0 ? unset : at + moved;
    const base = this.#base.places.map(place);
    const kept = [...this.#beside.places].map(place);
    const beside = this.#beside.part.rules
      .flatMap((rule, at) => ((kept[at] ?? unset) === unset ? [] : [{ rule, place: kept[at] ?? unset }]))
      .concat(put.map((rule) => ({ rule, place: index })))
      .sort((a, b) => a.place - b.place);
    const takenOut = base.reduce((count, at) => count + (at === unset ? 1 : 0), 0);
    const numbering = this.#base.part.side(4)?.dimensions;
    const named = numbering !== undefined && put.every((rule) => knowsInterfaces(numbering, rule));
    if (beside.length + takenOut > mostEdits || !named) return listOf(chain, this.#shared);
    return new RuleList(
      chain,
      { part: this.#base.part, places: base },
      {
        part: new Part(beside.map(({ rule }) => rule)),
        places: Int32Array.from(beside.map((one) => one.place)),
      },
      this.#shared,
    );
  }
}

/**
 * Compiles a list of rules that each accept, drop, reject or translate.
 *
 * @example compileList(chain).removeRule(3)
 */
export function compileList(chain: Chain): RuleList {
  return listOf(chain, { outcomes: new Outcomes(), blocks: [makeBlock(), makeBlock()] });
}

function listOf(chain: Chain, shared: Shared): RuleList {
  const places = Int32Array.from(chain.rules, (_, at) => at);
  const nothing = { part: new Part([]), places: new Int32Array(0) };
  return new RuleList(chain, { part: new Part(chain.rules), places }, nothing, shared);
}

function lookUp(
  { table, spans }: ListSide,
  packets: PacketColumns,
  from: number,
  count: number,
  block: Block,
): void {
  locate(table, spans, packets, from, count, block);
  firstItems(table, block.sources, block.destinations, block.classes, count, block.items);
}

/** A part's first item that is still in the list, from place `start` on, as an item of the present list. */
function placed(
  { table }: ListSide,
  places: Int32Array,
  { sources, destinations, classes, items }: Block,
  at: number,
  start: number,
): number {
  let item = items[at] ?? none;
  for (;;) {
    if (item === none) return none;
    const place = places[item >> 1] ?? unset;
    const now = place * 2 + (item & 1);
    if (place !== unset && now >= start) return now;
    item = nextItem(table, sources[at] ?? 0, destinations[at] ?? 0, classes[at] ?? 0, item + 1);
  }
}
