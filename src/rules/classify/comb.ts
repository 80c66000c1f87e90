// Sparse rows laid over each other in one array, each moved so far that no two of its cells fall together (Tarjan and
// Yao, "Storing a sparse table", 1979): a cell is found by one addition and one comparison, without a search.

export interface Comb {
  /** Two words a place: the row that owns it (`unowned`: none), and the cell's content. */
  readonly places: Int32Array;
  /** For each key of the rows: how far its row is moved. */
  readonly moved: Int32Array;
  /** For each key of the rows: the number of its row; rows of equal content are one. */
  readonly rows: Int32Array;
}

/** A row that owns no place, and a place that no row owns: never equal. */
const rowless = 0x7ffffffe;
const unowned = 0x7fffffff;
/** After so many free places that do not fit, a row goes behind all others. */
const mostTries = 20_000;

/**
 * @param cells ascending by row and, within it, by column; contents above 0
 * @param columns every column is below it
 */
export function buildComb(
  cells: readonly { readonly row: number; readonly column: number; readonly content: number }[],
  keys: number,
  columns: number,
): Comb {
  const moved = new Int32Array(keys);
  const rows = new Int32Array(keys).fill(rowless);
  const taken = new Taken();
  const placed: { readonly at: number; readonly row: number; readonly content: number }[] = [];
  let last = 0;
  for (const [number, { keys: same, of }] of distinctRows(cells).entries()) {
    const by = taken.place(of.map(({ column }) => column));
    for (const key of same) {
      moved[key] = by;
      rows[key] = number;
    }
    for (const { column, content } of of) placed.push({ at: by + column, row: number, content });
    last = Math.max(last, by);
  }
  const places = new Int32Array((last + columns) * 2).fill(unowned);
  for (const { at, row, content } of placed) {
    places[at * 2] = row;
    places[at * 2 + 1] = content;
  }
  return { places, moved, rows };
}

/** What a cell holds; 0 where its row has nothing there. */
export function contentAt({ places, moved, rows }: Comb, key: number, column: number): number {
  const at = ((moved[key] ?? 0) + column) * 2;
  return places[at] === rows[key] ? (places[at + 1] ?? 0) : 0;
}

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly content: number;
}

/** Rows of equal content together, the fullest first. */
function distinctRows(cells: readonly Cell[]): { readonly keys: number[]; readonly of: readonly Cell[] }[] {
  const byContent = new Map<string, { readonly keys: number[]; readonly of: readonly Cell[] }>();
  let from = 0;
  while (from < cells.length) {
    const key = cells[from]?.row ?? 0;
    let to = from;
    while (cells[to]?.row === key) to += 1;
    const of = cells.slice(from, to);
    const content = of.map((cell) => `${cell.column} ${cell.content}`).join();
    const same = byContent.get(content);
    if (same === undefined) byContent.set(content, { keys: [key], of });
    else same.keys.push(key);
    from = to;
  }
  return [...byContent.values()].sort((a, b) => b.of.length - a.of.length);
}

/** Which places rows have taken. */
class Taken {
  #used = new Uint8Array(1 << 16);
  #end = 0;
  /** No place before it is free. */
  #free = 0;

  /** Takes places for the ascending columns of a row: all moved by the number returned. */
  place(columns: readonly number[]): number {
    const [first = 0] = columns;
    let at = Math.max(this.#free, first);
    for (let tries = 0; ; at += 1) {
      if (this.#used[at] === 1) continue;
      tries += 1;
      if (tries > mostTries) at = Math.max(this.#end, first);
      if (this.#fits(at - first, columns)) break;
    }
    for (const column of columns) this.#take(at - first + column);
    while (this.#used[this.#free] === 1) this.#free += 1;
    return at - first;
  }

  #fits(by: number, columns: readonly number[]): boolean {
    for (const column of columns) if (this.#used[by + column] === 1) return false;
    return true;
  }

  #take(at: number): void {
    if (at >= this.#used.length) {
      const more = new Uint8Array(2 ** Math.ceil(Math.log2(at + 2)));
      more.set(this.#used);
      this.#used = more;
    }
    this.#used[at] = 1;
    this.#end = Math.max(this.#end, at + 1);
  }
}
