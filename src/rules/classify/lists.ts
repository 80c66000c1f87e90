// Lists of products that share their tails, in one typed array: painting a product onto a thousand intervals whose lists
// are alike adds one node. Long lists are parted by service class at the end.
import type { Services } from "./services.ts";
import { bucketed, nodeWords, none } from "./table.ts";

/** A list longer than this is parted by service class; the first item of any is found without walking it. */
const longest = 24;
/** More room than this, in words, or more steps to make them, and the rest of the long lists stay as they are. */
const mostBuckets = 1 << 24;
const mostSteps = 200_000_000;

export class Lists {
  #nodes = new Uint32Array(1024);
  #count = 1;
  /** For each node: the product that was last put before it, and the node that came of it. */
  #lastBefore = new Uint32Array(128);
  #madeBefore = new Uint32Array(128);
  #product = 0;
  #current: readonly [number, number, number, number] = [none, 0, 0, 0];

  constructor() {
    this.#nodes[0] = none;
  }

  /** The product that `before` puts before lists from now on. Products come in descending order of their items. */
  begin(item: number, spec: number, low: number, high: number): void {
    this.#product += 1;
    this.#current = [item, spec, low, high];
  }

  /** The list with the product before it. */
  before(list: number): number {
    const at = list / nodeWords;
    if (this.#lastBefore[at] === this.#product) return this.#madeBefore[at] ?? 0;
    const [item, spec, low, high] = this.#current;
    const made = this.#add(item, spec, low, high, list, this.#product);
    this.#lastBefore[at] = this.#product;
    this.#madeBefore[at] = made;
    return made;
  }

  #add(item: number, spec: number, low: number, high: number, next: number, product: number): number {
    const at = this.#count;
    this.#count += 1;
    if (this.#count * nodeWords > this.#nodes.length) {
      this.#nodes = grown(this.#nodes);
      this.#lastBefore = grown(this.#lastBefore);
      this.#madeBefore = grown(this.#madeBefore);
    }
    const node = at * nodeWords;
    this.#nodes[node] = item;
    this.#nodes[node + 1] = spec;
    this.#nodes[node + 2] = low;
    this.#nodes[node + 3] = high;
    this.#nodes[node + 4] = next;
    this.#nodes[node + 5] = product;
    return node;
  }

  /**
   * Parts the long ones of the lists that stand in these places, and writes their new heads there: each a pointer to one
   * list a service class. `places`: an array, and where in it the heads stand (from, every).
   */
  part(
    services: Services,
    places: readonly {
      readonly heads: Uint32Array | Int32Array;
      readonly from: number;
      readonly every: number;
    }[],
  ): { readonly nodes: Uint32Array; readonly buckets: Uint32Array } {
    const heads = new Map<number, number>();
    const rows: Uint32Array[] = [];
    const shorter = new Map<number, number>();
    let steps = 0;
    const partedHead = (list: number): number => {
      const length = this.#lengthOf(list);
      if (length <= longest || services.count < 2) return list;
      steps += length * services.count;
      if (steps > mostSteps || (rows.length + 1) * services.count > mostBuckets) return list;
      const place = rows.length * services.count;
      rows.push(this.#row(list, services, shorter));
      return (place | bucketed) >>> 0;
    };
    for (const { heads: these, from, every } of places)
      for (let at = from; at < these.length; at += every) {
        const list = these[at] ?? 0;
        if (list === 0 || list === none) continue;
        const head = heads.get(list) ?? partedHead(list);
        heads.set(list, head);
        these[at] = head;
      }
    const buckets = new Uint32Array(rows.length * services.count);
    for (const [at, row] of rows.entries()) buckets.set(row, at * services.count);
    return { nodes: this.#nodes.slice(0, this.#count * nodeWords), buckets };
  }

  /** For each service class the part of a list that packets of the class can be in. */
  #row(list: number, { count, holds, stride }: Services, shorter: Map<number, number>): Uint32Array {
    const members: number[] = [];
    for (let node = list; node !== 0; node = this.#nodes[node + 4] ?? 0) members.push(node);
    const row = new Uint32Array(count);
    for (const member of members.toReversed()) {
      const [item, spec, low, high, , product] = this.#nodes.subarray(member, member + nodeWords);
      const first = (spec ?? 0) * stride;
      this.begin(item ?? none, spec ?? 0, low ?? 0, high ?? 0);
      const before = (next: number): number => {
        const at = next / nodeWords;
        if (this.#lastBefore[at] === this.#product) return this.#madeBefore[at] ?? 0;
        const key = (product ?? 0) * 2 ** 26 + at;
        const made = shorter.get(key) ?? this.before(next);
        shorter.set(key, made);
        this.#lastBefore[at] = this.#product;
        this.#madeBefore[at] = made;
        return made;
      };
      for (let word = 0; word < stride; word += 1)
        for (let bits = holds[first + word] ?? 0; bits !== 0; bits &= bits - 1) {
          const service = word * 32 + 31 - Math.clz32(bits & -bits);
          row[service] = before(row[service] ?? 0);
        }
    }
    return row;
  }

  /** The products of a list, in order. */
  members(list: number): { item: number; spec: number; low: number; high: number }[] {
    const members = [];
    for (let node = list; node !== 0; node = this.#nodes[node + 4] ?? 0) {
      const [item = none, spec = 0, low = 0, high = 0] = this.#nodes.subarray(node, node + 4);
      members.push({ item, spec, low, high });
    }
    return members;
  }

  #lengthOf(list: number): number {
    let length = 0;
    for (let node = list; node !== 0; node = this.#nodes[node + 4] ?? 0) length += 1;
    return length;
  }
}

function grown(words: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(words.length * 2);
  more.set(words);
  return more;
}
