// Connections by their tuples: each is found by the tuple of either direction. Keyed by a number, since a text for every
// packet would cost more than the look-up itself.
import type { Connection } from "./connection.ts";
import type { Direction } from "./model.ts";
import { sameTuple, tupleHash, type Tuple } from "./tuple.ts";

export interface Found {
  readonly connection: Connection;
  readonly direction: Direction;
}

export class ByTuple {
  /** Almost always one connection for a number. */
  readonly #slots = new Map<number, Connection | readonly Connection[]>();

  find(tuple: Tuple): Found | undefined {
    const slot = this.#slots.get(tupleHash(tuple));
    if (slot === undefined) return undefined;
    if (!isList(slot)) return matched(slot, tuple);
    for (const connection of slot) {
      const found = matched(connection, tuple);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  add(connection: Connection): void {
    this.#put(tupleHash(connection.original), connection);
    this.#put(tupleHash(connection.reply), connection);
  }

  remove(connection: Connection): void {
    this.#take(tupleHash(connection.original), connection);
    this.#take(tupleHash(connection.reply), connection);
  }

  #put(hash: number, connection: Connection): void {
    const slot = this.#slots.get(hash);
    if (slot === undefined) this.#slots.set(hash, connection);
    else if (isList(slot)) this.#slots.set(hash, [...slot, connection]);
    else if (slot !== connection) this.#slots.set(hash, [slot, connection]);
  }

  #take(hash: number, connection: Connection): void {
    const slot = this.#slots.get(hash);
    if (slot === undefined) return;
    const left = isList(slot) ? slot.filter((one) => one !== connection) : slot === connection ? [] : [slot];
    const [only] = left;
    if (only === undefined) this.#slots.delete(hash);
    else this.#slots.set(hash, left.length === 1 ? only : left);
  }
}

function isList(slot: Connection | readonly Connection[]): slot is readonly Connection[] {
  return Array.isArray(slot);
}

/** A tuple that is its own reply counts as the reply's, which the kernel finds first. */
function matched(connection: Connection, tuple: Tuple): Found | undefined {
  if (sameTuple(connection.reply, tuple)) return connection.found.reply;
  return sameTuple(connection.original, tuple) ? connection.found.original : undefined;
}
