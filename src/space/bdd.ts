// Boolean functions of numbered variables as reduced ordered binary decision diagrams: the algebra over a node table.
// A function is a number; equal functions are the same number. Knows nothing of packets.
import { constantLevel, NodeTable, type Bound, type Edge } from "./node-table.ts";

export type { Edge } from "./node-table.ts";

/** Variables that are quantified together; made once by `Bdd.variables` and used often. */
export interface Variables {
  readonly id: number;
  readonly has: Uint8Array;
  /** The highest of them: nothing below it is touched. */
  readonly last: number;
}

/** Which variable takes each one's place; made once by `Bdd.renaming`. */
export interface Renaming {
  readonly id: number;
  readonly to: Uint16Array;
  readonly last: number;
}

const AND = 1;
const XOR = 2;
const EXISTS = 3;
const RENAME = 4;
const COFACTOR = 5;
/** Of a variable that a cofactor leaves as it is. */
export const open = 2 as const;

const firstCache = 1 << 12;
const mostCache = 1 << 20;

/**
 * @example
 * const bdd = new Bdd(2, { mostNodes: 1000, question: "an example" });
 * bdd.and(bdd.variable(0), bdd.not(bdd.variable(0))) === Bdd.none // true
 */
export class Bdd {
  static readonly none: Edge = 0;
  static readonly all: Edge = 1;

  /** What is asked: problems name it. */
  readonly question: string;
  readonly #count: number;
  readonly #table: NodeTable;
  /** What was computed: (first, second, operation, result), overwritten where two share a place. */
  #cache = new Int32Array(firstCache * 4);
  #ids = 0;

  /** @param count how many variables there are: 0 … count − 1, in the order of the diagrams */
  constructor(count: number, bound: Bound) {
    this.question = bound.question;
    this.#count = count;
    this.#table = new NodeTable(bound);
  }

  /** How many nodes are in use, garbage among them until `collect`. */
  get size(): number {
    return this.#table.size;
  }

  /** The first variable that the function depends on; 65535 for the constant ones. */
  level(a: Edge): number {
    return this.#table.nodes[(a & ~1) << 1] ?? constantLevel;
  }

  /** The function where its first variable is 0. */
  low(a: Edge): Edge {
    return (this.#table.nodes[((a & ~1) << 1) + 1] ?? 0) ^ (a & 1);
  }

  /** The function where its first variable is 1. */
  high(a: Edge): Edge {
    return (this.#table.nodes[((a & ~1) << 1) + 2] ?? 0) ^ (a & 1);
  }

  /** If the variable then `high` else `low`; both must depend on later variables alone. */
  edge(variable: number, low: Edge, high: Edge): Edge {
    return this.#table.edge(variable, low, high);
  }

  variable(variable: number): Edge {
    return this.#table.edge(variable, 0, 1);
  }

  not(a: Edge): Edge {
    return a ^ 1;
  }

  and(a: Edge, b: Edge): Edge {
    if (a === b || b === 1) return a;
    if (a === 1) return b;
    if (a === 0 || b === 0 || (a ^ b) === 1) return 0;
    return a < b ? this.#and(a, b) : this.#and(b, a);
  }

  /** As `and`, of two functions that are neither constant nor each other's negation, the smaller number first. */
  #and(a: Edge, b: Edge): Edge {
    const cache = this.#cache;
    const at = place(a, b, AND) & (cache.length - 4);
    if (cache[at] === a && cache[at + 1] === b && cache[at + 2] === AND) return cache[at + 3] ?? 0;
    const table = this.#table;
    const { nodes } = table;
    const [aAt, bAt] = [(a & ~1) << 1, (b & ~1) << 1];
    const [aLevel, bLevel] = [nodes[aAt] ?? 0, nodes[bAt] ?? 0];
    let [aLow, aHigh, bLow, bHigh] = [a, a, b, b];
    if (aLevel <= bLevel) {
      aLow = (nodes[aAt + 1] ?? 0) ^ (a & 1);
      aHigh = (nodes[aAt + 2] ?? 0) ^ (a & 1);
    }
    if (bLevel <= aLevel) {
      bLow = (nodes[bAt + 1] ?? 0) ^ (b & 1);
      bHigh = (nodes[bAt + 2] ?? 0) ^ (b & 1);
    }
    const low = this.and(aLow, bLow);
    const high = this.and(aHigh, bHigh);
    return this.#keep(a, b, AND, table.edge(aLevel < bLevel ? aLevel : bLevel, low, high));
  }

  or(a: Edge, b: Edge): Edge {
    return this.and(a ^ 1, b ^ 1) ^ 1;
  }

  minus(a: Edge, b: Edge): Edge {
    return this.and(a, b ^ 1);
  }

  /** Where the two differ. */
  xor(a: Edge, b: Edge): Edge {
    // Negations commute with it, so that only the plain functions are computed.
    const odd = (a ^ b) & 1;
    [a, b] = [a & ~1, b & ~1];
    if (a === b) return odd;
    if (a === 0) return b ^ odd;
    if (b === 0) return a ^ odd;
    if (a > b) [a, b] = [b, a];
    const known = this.#known(a, b, XOR);
    if (known >= 0) return known ^ odd;
    const variable = Math.min(this.level(a), this.level(b));
    const low = this.xor(this.#at(a, variable, 0), this.#at(b, variable, 0));
    const high = this.xor(this.#at(a, variable, 1), this.#at(b, variable, 1));
    return this.#keep(a, b, XOR, this.edge(variable, low, high)) ^ odd;
  }

  /** `then` where the first holds, `otherwise` where it does not. */
  choose(test: Edge, then: Edge, otherwise: Edge): Edge {
    return this.or(this.and(test, then), this.and(test ^ 1, otherwise));
  }

  isSubset(a: Edge, b: Edge): boolean {
    return this.and(a, b ^ 1) === 0;
  }

  /** The disjunction of many: pairwise, so that large ones are touched seldom. */
  unionOf(all: Iterable<Edge>): Edge {
    let row = [...all];
    while (row.length > 1) {
      const next: Edge[] = [];
      for (let at = 0; at < row.length; at += 2) next.push(this.or(row[at] ?? 0, row[at + 1] ?? 0));
      row = next;
    }
    return row[0] ?? 0;
  }

  variables(list: Iterable<number>): Variables {
    const has = new Uint8Array(this.#count);
    let last = -1;
    for (const variable of list) {
      has[variable] = 1;
      last = Math.max(last, variable);
    }
    this.#ids += 1;
    return { id: this.#ids, has, last };
  }

  /** Where some values of the variables make the function true. */
  exists(a: Edge, variables: Variables): Edge {
    const level = this.level(a);
    if (level > variables.last) return a;
    const known = this.#known(a, variables.id, EXISTS);
    if (known >= 0) return known;
    const low = this.exists(this.low(a), variables);
    let result: Edge;
    if (variables.has[level] === 1)
      result = low === 1 ? 1 : this.or(low, this.exists(this.high(a), variables));
    else result = this.edge(level, low, this.exists(this.high(a), variables));
    return this.#keep(a, variables.id, EXISTS, result);
  }

  /** Where every value of the variables makes the function true. */
  forall(a: Edge, variables: Variables): Edge {
    return this.exists(a ^ 1, variables) ^ 1;
  }

  /** A renaming that puts `to` in the place of `from` for each pair; it must give each variable another place. */
  renaming(pairs: Iterable<readonly [number, number]>): Renaming {
    const to = Uint16Array.from({ length: this.#count }, (_, variable) => variable);
    let last = -1;
    for (const [from, target] of pairs) {
      to[from] = target;
      last = Math.max(last, from);
    }
    this.#ids += 1;
    return { id: this.#ids, to, last };
  }

  rename(a: Edge, renaming: Renaming): Edge {
    const level = this.level(a);
    if (level > renaming.last) return a;
    // A renaming commutes with negation.
    const plain = a & ~1;
    const known = this.#known(plain, renaming.id, RENAME);
    if (known >= 0) return known ^ (a & 1);
    const low = this.rename(this.low(plain), renaming);
    const high = this.rename(this.high(plain), renaming);
    const variable = renaming.to[level] ?? level;
    const inOrder = variable < this.level(low) && variable < this.level(high);
    const result = inOrder ? this.edge(variable, low, high) : this.choose(this.variable(variable), high, low);
    return this.#keep(plain, renaming.id, RENAME, result) ^ (a & 1);
  }

  /** The function with another in the place of a variable. */
  compose(a: Edge, variable: number, by: Edge): Edge {
    return this.choose(by, this.cofactor(a, variable, [1]), this.cofactor(a, variable, [0]));
  }

  /** What is left of the function once variables are known: those from `first` on, in order; `open` leaves one as it is. */
  cofactor(a: Edge, first: number, values: ArrayLike<number>): Edge {
    this.#ids += 1;
    return this.#cofactor(a, values, first, this.#ids);
  }

  /** `id` tells the results of this call from those of others. */
  #cofactor(a: Edge, values: ArrayLike<number>, first: number, id: number): Edge {
    let at = a;
    let level = this.level(at);
    // A walk down while the variables that come are known ones: no node is made.
    for (
      let value = values[level - first];
      value !== undefined && value !== open;
      value = values[level - first]
    ) {
      at = value === 0 ? this.low(at) : this.high(at);
      level = this.level(at);
    }
    if (level >= first + values.length) return at;
    const before = this.#known(at, id, COFACTOR);
    if (before >= 0) return before;
    const low = this.#cofactor(this.low(at), values, first, id);
    const high = this.#cofactor(this.high(at), values, first, id);
    return this.#keep(at, id, COFACTOR, this.edge(level, low, high));
  }

  /** Whether the function is true of one assignment; `value` gives each variable's. */
  holds(a: Edge, value: (variable: number) => 0 | 1): boolean {
    let at = a;
    while (at > 1) at = value(this.level(at)) === 0 ? this.low(at) : this.high(at);
    return at === 1;
  }

  /** Frees what none of the functions needs: all others become invalid. Computed results are forgotten. */
  collect(roots: Iterable<Edge>): void {
    this.#table.collect(roots);
    this.#cache.fill(0);
  }

  #at(a: Edge, variable: number, value: 0 | 1): Edge {
    if (this.level(a) !== variable) return a;
    return value === 0 ? this.low(a) : this.high(a);
  }

  /** A result that was computed before, or −1. */
  #known(a: number, b: number, operation: number): number {
    const cache = this.#cache;
    const at = place(a, b, operation) & (cache.length - 4);
    return cache[at] === a && cache[at + 1] === b && cache[at + 2] === operation ? (cache[at + 3] ?? -1) : -1;
  }

  #keep(a: number, b: number, operation: number, result: Edge): Edge {
    if (this.#cache.length < mostCache * 4 && this.#table.size * 4 > this.#cache.length) this.#growCache();
    const cache = this.#cache;
    const at = place(a, b, operation) & (cache.length - 4);
    cache[at] = a;
    cache[at + 1] = b;
    cache[at + 2] = operation;
    cache[at + 3] = result;
    return result;
  }

  #growCache(): void {
    const old = this.#cache;
    const cache = new Int32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 4) {
      const operation = old[at + 2] ?? 0;
      if (operation === 0) continue;
      cache.set(
        old.subarray(at, at + 4),
        place(old[at] ?? 0, old[at + 1] ?? 0, operation) & (cache.length - 4),
      );
    }
    this.#cache = cache;
  }
}

/** Where a result is kept: always a multiple of four once masked. */
function place(a: number, b: number, operation: number): number {
  let mixed = Math.imul(a, 0x9e3779b1) + Math.imul(b + (operation << 20), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  return (mixed ^ (mixed >>> 15)) << 2;
}
