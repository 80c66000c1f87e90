// Walks one packet through a program, from the first item that the table found: for the packets that one item does not
// settle. Allocates nothing unless a packet ends as none before it did.
import { changeMark } from "../evaluate.ts";
import type { Packet } from "../../packet/packet.ts";
import { states } from "../boxes/extent-parts.ts";
import type { View } from "../view.ts";
import type { PacketColumns } from "./columns.ts";
import { serviceOf } from "./coordinates.ts";
import type { Program } from "./program.ts";
import { nextItem, none, type Table } from "./table.ts";

/** What a walk ended in: a path's number, or that the packet has to be asked about. */
export const askIt = -1;

/** The ways that packets took through a program: one number for all that took the same decisions in the same doubt. */
export class Paths {
  readonly #next = new Map<number, number>();
  readonly #items: number;
  count = 1;

  constructor(items: number) {
    this.#items = items;
  }

  /** The path that goes on from another by an item. Path 0 is the empty one. */
  after(path: number, item: number): number {
    const key = path * this.#items + item;
    const known = this.#next.get(key);
    if (known !== undefined) return known;
    const path2 = this.count;
    this.count += 1;
    this.#next.set(key, path2);
    return path2;
  }
}

/** Only what a change of marks looks at; one object for every walk. */
const bare: Packet = {
  family: 4,
  source: { family: 4, value: 0 },
  destination: { family: 4, value: 0 },
  protocol: 0,
};
interface Marks extends View {
  state?: View["state"];
}
const marks: Marks = { packet: bare };

/** Items at which ways that parted go on, ascending. */
const pending: number[] = [];

/**
 * @param first the first item that holds the packet
 * @returns the path's number in `paths`, or `askIt`
 */
export function runProgram(
  { items }: Program,
  table: Table,
  paths: Paths,
  packets: PacketColumns,
  row: number,
  source: number,
  destination: number,
  service: number,
  first: number,
): number {
  let at = first;
  let path = 0;
  let served = service;
  let decided = false;
  pending.length = 0;
  const state = packets.state?.[row];
  marks.state = state === undefined ? undefined : states[state];
  marks.mark = packets.packetMark?.[row];
  marks.connectionMark = packets.connectionMark?.[row];
  for (;;) {
    if (at === none) return askIt;
    dropPassed(at);
    const item = items[at];
    let from = at + 1;
    switch (item?.kind) {
      case undefined:
      case "ask":
        return askIt;
      case "decide": {
        path = paths.after(path, at);
        const next = pending.shift();
        if (next === undefined) return path;
        decided = true;
        from = next;
        break;
      }
      case "branch":
        path = paths.after(path, at);
        decided = true;
        break;
      case "part":
        path = paths.after(path, at);
        addPending(item.to);
        break;
      case "skip":
        addPending(item.to);
        from = pending.shift() ?? item.to;
        break;
      case "mark":
        changeMark(marks, item.action, decided || pending.length > 0);
        served = serviceOf(table.services, packets, row, marks.mark, marks.connectionMark);
        break;
    }
    at = nextItem(table, source, destination, served, from);
  }
}

/** Ways that wait at an item or before it have joined the one that is there. */
function dropPassed(at: number): void {
  while ((pending[0] ?? none) <= at) pending.shift();
}

function addPending(to: number): void {
  let place = pending.length;
  while (place > 0 && (pending[place - 1] ?? 0) > to) place -= 1;
  if (pending[place - 1] !== to) pending.splice(place, 0, to);
}
