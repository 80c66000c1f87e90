// The table in the form that packets are looked up in first: for a list and a service class the place in the list of the
// first product of the class, so that a list costs two loads and no search. Lists that ask the same services in the same
// order share their row of places. Made from the lists; where it would be too large there is none.
import type { Comb } from "./comb.ts";
import type { Lists } from "./lists.ts";
import type { Services } from "./services.ts";
import { none } from "./table.ts";

/** More words of places than this, or of lists: too large. */
const mostPlaces = 1 << 24;
const mostEntries = 1 << 22;

export interface Direct {
  /**
   * Rows of places in lists by service class, of as few bits each as the list's length asks; one behind the list's last
   * where no product of it is of the class. `placeIn` reads them.
   */
  readonly places: Int32Array;
  /** Lists of pairs and of the grid: the row (its first word × 8 + the logarithm of its bits), the items, `none`. */
  readonly plain: Int32Array;
  /**
   * Lists of one end's intervals, four words an entry: first the row; then item, spec, and the lowest
   * interval of the other end and how many follow it; last an entry of `none` that holds everywhere.
   */
  readonly ranged: Int32Array;
  /** Of each source interval: list in `ranged`, row in `broad`, how far its row of pairs is moved, and its number. */
  readonly sourceInfo: Int32Array;
  /** Of each destination interval: list in `ranged`, column in `broad`. */
  readonly destinationInfo: Int32Array;
  /** Lists in `plain`. */
  readonly broad: Int32Array;
  /** As `Comb.places`; contents are lists in `plain`. */
  readonly pairs: Int32Array;
}

/** The heads of lists as build-table.ts painted them. */
export interface Painted {
  readonly sourceInfo: Uint32Array;
  readonly destinationInfo: Uint32Array;
  readonly broad: Uint32Array;
  readonly comb: Comb;
}

export function buildDirect(
  lists: Lists,
  services: Services,
  { sourceInfo, destinationInfo, broad, comb }: Painted,
  infoWords: number,
): Direct | undefined {
  const rows = new Rows(services);
  const plain = new Packed(lists, rows, 1);
  const ranged = new Packed(lists, rows, 4);
  const own = new Int32Array((sourceInfo.length / infoWords) * 4);
  for (let at = 0; at * 4 < own.length; at += 1) {
    own[at * 4] = ranged.at(sourceInfo[at * infoWords] ?? 0);
    own[at * 4 + 1] = sourceInfo[at * infoWords + 1] ?? 0;
    own[at * 4 + 2] = comb.moved[at] ?? 0;
    own[at * 4 + 3] = comb.rows[at] ?? 0;
  }
  const other = new Int32Array((destinationInfo.length / infoWords) * 2);
  for (let at = 0; at * 2 < other.length; at += 1) {
    other[at * 2] = ranged.at(destinationInfo[at * infoWords] ?? 0);
    other[at * 2 + 1] = destinationInfo[at * infoWords + 1] ?? 0;
  }
  const grid = Int32Array.from(broad, (list) => plain.at(list));
  const pairs = comb.places.map((word, at) => (at % 2 === 1 && word !== none ? plain.at(word) : word));
  if (rows.tooMany || plain.tooMany || ranged.tooMany) return undefined;
  return {
    places: rows.packed(),
    plain: Int32Array.from(plain.words),
    ranged: Int32Array.from(ranged.words),
    sourceInfo: own,
    destinationInfo: other,
    broad: grid,
    pairs,
  };
}

/** The place in its list of the first product of a service class. */
export function placeIn(places: Int32Array, row: number, service: number): number {
  const at = service << (row & 7);
  return ((places[(row >>> 3) + (at >>> 5)] ?? 0) >>> (at & 31)) & ((1 << (1 << (row & 7))) - 1);
}

/** Rows of places, one for each sequence of specs. */
class Rows {
  tooMany = false;
  readonly #services: Services;
  readonly #rows: Int32Array[] = [];
  readonly #bySpecs = new Map<string, number>();
  #words = 0;

  constructor(services: Services) {
    this.#services = services;
  }

  of(specs: readonly number[]): number {
    const key = specs.join();
    const known = this.#bySpecs.get(key);
    if (known !== undefined) return known;
    const logarithm = [0, 1, 2, 3, 4].find((bits) => specs.length < 2 ** (2 ** bits));
    const words = (this.#services.count * 2 ** (logarithm ?? 0) + 31) >>> 5;
    if (logarithm === undefined || this.#words + words > mostPlaces) {
      this.tooMany = true;
      return 0;
    }
    const row = this.#words * 8 + logarithm;
    this.#rows.push(this.#row(specs, logarithm, words));
    this.#words += words;
    this.#bySpecs.set(key, row);
    return row;
  }

  #row(specs: readonly number[], logarithm: number, words: number): Int32Array {
    const { count, holds, stride } = this.#services;
    const places = new Uint16Array(count).fill(specs.length);
    for (let at = specs.length - 1; at >= 0; at -= 1) {
      const first = (specs[at] ?? 0) * stride;
      for (let word = 0; word < stride; word += 1)
        for (let bits = holds[first + word] ?? 0; bits !== 0; bits &= bits - 1)
          places[word * 32 + 31 - Math.clz32(bits & -bits)] = at;
    }
    const row = new Int32Array(words);
    for (let service = 0; service < count; service += 1) {
      const at = service << logarithm;
      row[at >>> 5] = (row[at >>> 5] ?? 0) | ((places[service] ?? 0) << (at & 31));
    }
    return row;
  }

  packed(): Int32Array {
    const places = new Int32Array(this.#words);
    let at = 0;
    for (const row of this.#rows) {
      places.set(row, at);
      at += row.length;
    }
    return places;
  }
}

/** Lists one behind the other, each packed once. The empty one stands at 0. */
class Packed {
  tooMany = false;
  readonly words: number[] = [];
  readonly #lists: Lists;
  readonly #rows: Rows;
  readonly #entryWords: 1 | 4;
  readonly #at = new Map<number, number>();

  constructor(lists: Lists, rows: Rows, entryWords: 1 | 4) {
    this.#lists = lists;
    this.#rows = rows;
    this.#entryWords = entryWords;
    this.at(0);
  }

  at(list: number): number {
    const known = this.#at.get(list);
    if (known !== undefined) return known;
    const place = this.words.length;
    this.#at.set(list, place);
    if (this.tooMany) return 0;
    const members = this.#lists.members(list);
    const row = this.#rows.of(members.map(({ spec }) => spec));
    if (this.#entryWords === 1) this.words.push(row, ...members.map(({ item }) => item), none);
    else {
      this.words.push(row, 0, 0, 0);
      for (const { item, spec, low, high } of members) this.words.push(item, spec, low, high - low);
      this.words.push(none, 0, 0, none);
    }
    this.tooMany = this.#rows.tooMany || this.words.length > mostEntries;
    return place;
  }
}
