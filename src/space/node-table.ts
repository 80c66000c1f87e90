// The nodes of binary decision diagrams on typed arrays: each function exists once, so that equal functions are equal
// numbers. Stores, finds, counts and frees nodes; the algebra stands in bdd.ts.
import { Problem } from "../problem.ts";

/** A function: twice the number of its node, plus one where it is the node's negation. 0 is never, 1 is always. */
export type Edge = number;

export interface Bound {
  /** More nodes than this are a `Problem` with the code `limit`. */
  readonly mostNodes: number;
  /** What is asked, as the problem tells it. */
  readonly question: string;
}

/** Above every variable: the level of the two constant functions. */
export const constantLevel = 0xffff;

const firstCapacity = 1 << 12;

/**
 * Nodes (variable, low, high) with negated edges: a node's low edge is never negated, which makes every function's form
 * unique. The unique table is open addressing at no more than half full; freed nodes are used again.
 */
export class NodeTable {
  /** By node: its variable, and the functions where that variable is 0 and 1. */
  level = new Uint16Array(firstCapacity);
  low = new Int32Array(firstCapacity);
  high = new Int32Array(firstCapacity);
  /** Node numbers by hash; 0 is an empty place, since the constant node is never looked up. */
  #places = new Int32Array(firstCapacity * 2);
  readonly #bound: Bound;
  /** Nodes ever used, and the head of the list of freed ones, chained by `low`; 0 is its end. */
  #used = 1;
  #free = 0;
  #freed = 0;

  constructor(bound: Bound) {
    this.#bound = bound;
    this.level[0] = constantLevel;
  }

  /** Nodes in use, the constant one among them. */
  get size(): number {
    return this.#used - this.#freed;
  }

  /** The function that is `low` where the variable is 0 and `high` where it is 1; both are of later variables alone. */
  edge(variable: number, low: Edge, high: Edge): Edge {
    if (low === high) return low;
    return (low & 1) === 0
      ? this.#node(variable, low, high) << 1
      : (this.#node(variable, low ^ 1, high ^ 1) << 1) | 1;
  }

  #node(variable: number, low: Edge, high: Edge): number {
    const mask = this.#places.length - 1;
    let place = hash(variable, low, high) & mask;
    for (;;) {
      const node = this.#places[place] ?? 0;
      if (node === 0) break;
      if (this.high[node] === high && this.low[node] === low && this.level[node] === variable) return node;
      place = (place + 1) & mask;
    }
    const node = this.#newNode();
    this.level[node] = variable;
    this.low[node] = low;
    this.high[node] = high;
    // Growing moved every place, so that the one that was found is no longer right.
    if (this.size * 2 > this.#places.length) this.#hashAnew(this.#places.length * 2);
    else this.#places[place] = node;
    return node;
  }

  #newNode(): number {
    if (this.#free !== 0) {
      const node = this.#free;
      this.#free = this.low[node] ?? 0;
      this.#freed -= 1;
      return node;
    }
    if (this.#used >= this.#bound.mostNodes) throw this.#outgrown();
    if (this.#used === this.low.length) this.#grow();
    this.#used += 1;
    return this.#used - 1;
  }

  #grow(): void {
    const capacity = Math.min(this.low.length * 2, Math.max(this.#bound.mostNodes, this.low.length + 1));
    const [level, low, high] = [
      new Uint16Array(capacity),
      new Int32Array(capacity),
      new Int32Array(capacity),
    ];
    level.set(this.level);
    low.set(this.low);
    high.set(this.high);
    [this.level, this.low, this.high] = [level, low, high];
  }

  #hashAnew(places: number): void {
    this.#places = new Int32Array(places);
    const mask = places - 1;
    for (let node = 1; node < this.#used; node += 1) {
      const variable = this.level[node] ?? freedLevel;
      if (variable === freedLevel) continue;
      let place = hash(variable, this.low[node] ?? 0, this.high[node] ?? 0) & mask;
      while (this.#places[place] !== 0) place = (place + 1) & mask;
      this.#places[place] = node;
    }
  }

  #outgrown(): Problem {
    const { question, mostNodes } = this.#bound;
    return new Problem("limit", `${question}: the sets of packets outgrow ${mostNodes} nodes`, {
      remedy:
        "narrow the question: fewer sources or destinations (--from, --to), one protocol or port, or one family",
    });
  }

  /** Frees every node that none of the functions needs. Their numbers, and those of the functions, stay what they are. */
  collect(roots: Iterable<Edge>): void {
    const live = new Uint8Array(this.#used);
    live[0] = 1;
    const open: number[] = [];
    const see = (edge: Edge): void => {
      const node = edge >> 1;
      if (live[node] !== 0) return;
      live[node] = 1;
      open.push(node);
    };
    for (const root of roots) see(root);
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      see(this.low[node] ?? 0);
      see(this.high[node] ?? 0);
    }
    this.#free = 0;
    this.#freed = 0;
    // From the end, so that the lowest numbers are used again first.
    for (let node = this.#used - 1; node > 0; node -= 1) {
      if (live[node] !== 0) continue;
      this.level[node] = freedLevel;
      this.low[node] = this.#free;
      this.#free = node;
      this.#freed += 1;
    }
    this.#hashAnew(this.#places.length);
  }
}

const freedLevel = 0xfffe;

function hash(variable: number, low: number, high: number): number {
  const mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(variable, 0xc2b2ae35);
  return mixed ^ (mixed >>> 15);
}
