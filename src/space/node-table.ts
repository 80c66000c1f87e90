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

const firstCapacity = 1 << 14;
/** No variable: the level of a node that was freed. */
const freedLevel = 0xfffe;

/**
 * Nodes (variable, low, high) with negated edges: a node's low edge is never negated, which makes every function's form
 * unique. The unique table is open addressing at no more than half full; freed nodes are used again.
 */
export class NodeTable {
  /**
   * Four numbers a node, side by side since they are read together: its variable, the functions where that is 0 and 1,
   * and the hash of the three. The node of an edge begins at (edge & ~1) * 2.
   */
  nodes = new Int32Array(firstCapacity * 4);
  /** Node numbers by hash; 0 is an empty place, since the constant node is never looked up. */
  #places = new Int32Array(firstCapacity * 2);
  readonly #bound: Bound;
  /** Nodes ever used, and the head of the list of freed ones, chained by `low`; 0 is its end. */
  #used = 1;
  #free = 0;
  #freed = 0;

  constructor(bound: Bound) {
    this.#bound = bound;
    this.nodes[0] = constantLevel;
  }

  /** Nodes in use, the constant one among them. */
  get size(): number {
    return this.#used - this.#freed;
  }

  /** The function that is `low` where the variable is 0 and `high` where it is 1; both are of later variables alone. */
  edge(variable: number, low: Edge, high: Edge): Edge {
    if (low === high) return low;
    const odd = low & 1;
    return (this.#node(variable, low ^ odd, high ^ odd) << 1) | odd;
  }

  #node(variable: number, low: Edge, high: Edge): number {
    const { nodes } = this;
    const places = this.#places;
    const mask = places.length - 1;
    const key = hash(variable, low, high);
    let place = key & mask;
    for (let node = places[place] ?? 0; node !== 0; node = places[place] ?? 0) {
      const at = node << 2;
      if (nodes[at + 1] === low && nodes[at + 2] === high && nodes[at] === variable) return node;
      place = (place + 1) & mask;
    }
    const node = this.#newNode();
    const at = node << 2;
    this.nodes[at] = variable;
    this.nodes[at + 1] = low;
    this.nodes[at + 2] = high;
    this.nodes[at + 3] = key;
    // Growing moves every place, so that the one that was found is no longer right.
    if (this.size * 2 > places.length) this.#placeAnew(places.length * 2);
    else places[place] = node;
    return node;
  }

  #newNode(): number {
    if (this.#free !== 0) {
      const node = this.#free;
      this.#free = this.nodes[node * 4 + 1] ?? 0;
      this.#freed -= 1;
      return node;
    }
    if (this.#used >= this.#bound.mostNodes) throw this.#outgrown();
    if (this.#used * 4 === this.nodes.length) {
      const larger = new Int32Array(this.nodes.length * 2);
      larger.set(this.nodes);
      this.nodes = larger;
    }
    this.#used += 1;
    return this.#used - 1;
  }

  #placeAnew(length: number): void {
    const places = new Int32Array(length);
    const mask = length - 1;
    for (let node = 1; node < this.#used; node += 1) {
      if (this.nodes[node * 4] === freedLevel) continue;
      let place = (this.nodes[node * 4 + 3] ?? 0) & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = node;
    }
    this.#places = places;
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
      see(this.nodes[node * 4 + 1] ?? 0);
      see(this.nodes[node * 4 + 2] ?? 0);
    }
    this.#free = 0;
    this.#freed = 0;
    // From the end, so that the lowest numbers are used again first.
    for (let node = this.#used - 1; node > 0; node -= 1) {
      if (live[node] !== 0) continue;
      this.nodes[node * 4] = freedLevel;
      this.nodes[node * 4 + 1] = this.#free;
      this.#free = node;
      this.#freed += 1;
    }
    this.#placeAnew(this.#places.length);
  }
}

/** Every bit of the three bears on the low bits, which choose the place: even numbers alone would fill every other one. */
function hash(variable: number, low: number, high: number): number {
  let mixed = Math.imul(low, 0x9e3779b1) + Math.imul(high, 0x85ebca6b) + Math.imul(variable, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  return mixed ^ (mixed >>> 15);
}
