// What rules did to the marks of the packets that walk through a chain. Packets stay named by the marks they entered with; a
// branch says for some of them what their marks are by now, bit by bit.
import { pairsOf, type NumberSet } from "../../packet/intervals.ts";
import type { PacketSet, Space } from "../../space/space.ts";
import type { Action } from "../rule.ts";
import { both, either, exactly, perhaps, within, type Bounds } from "./bounds.ts";
import type { MarkTest } from "./match-sets.ts";

/** A mark now: (packet's mark at entry & packet) ^ (connection's & connection) ^ flip. Each of 32 bits, unsigned. */
export interface MarkNow {
  readonly packet: number;
  readonly connection: number;
  readonly flip: number;
}

/** Packets, as they entered, whose marks changed alike. Undefined: which mark it is, is not known. */
export interface MarkBranch {
  readonly set: PacketSet;
  readonly packet: MarkNow | undefined;
  readonly connection: MarkNow | undefined;
}

export type MarkAction = Extract<Action, { kind: "set-mark" | "copy-mark" }>;

const whole = 0xffffffff;

/** No mark was changed yet. */
export function marksAtEntry(space: Space): readonly MarkBranch[] {
  return [
    {
      set: space.all,
      packet: { packet: whole, connection: 0, flip: 0 },
      connection: { packet: 0, connection: whole, flip: 0 },
    },
  ];
}

/** Where a test of a mark holds, of the marks as they are now. */
export function testMarks(space: Space, branches: readonly MarkBranch[], test: MarkTest): Bounds {
  return either(
    space,
    branches.map((branch) =>
      within(space, holdsNow(space, branch[test.of], test.mask, test.set), branch.set),
    ),
  );
}

function holdsNow(space: Space, now: MarkNow | undefined, mask: number, set: NumberSet): Bounds {
  if (now === undefined) return perhaps(space, space.all);
  if (now.packet === whole && now.connection === 0 && now.flip === 0)
    return exactly(space.mark("packet", mask, set));
  if (now.connection === whole && now.packet === 0 && now.flip === 0)
    return exactly(space.mark("connection", mask, set));
  return either(
    space,
    blocksOf(set).map(({ first, size }) => {
      const fixed = (mask & ~(size - 1)) >>> 0;
      const wanted = (first & ~(size - 1)) >>> 0;
      // Bits that the mask takes away are 0: a block that wants a 1 there holds no mark.
      if ((wanted & ~fixed) >>> 0 !== 0) return exactly(space.none);
      return bitsAre(space, now, fixed, wanted);
    }),
  );
}

/** Bits that both marks were mixed into are followed up to this many: each of them doubles the size of the set. */
const mostMixed = 8;

/** Where (mark now & fixed) = wanted. */
function bitsAre(space: Space, now: MarkNow, fixed: number, wanted: number): Bounds {
  const fromPacket = (now.packet & fixed) >>> 0;
  const fromConnection = (now.connection & fixed) >>> 0;
  const mixed = (fromPacket & fromConnection) >>> 0;
  const left = ((wanted ^ now.flip) & fixed) >>> 0;
  if ((left & ~(fromPacket | fromConnection)) >>> 0 !== 0) return exactly(space.none);
  const ofPacket = atEntry(space, "packet", fromPacket, left);
  const ofConnection = atEntry(space, "connection", (fromConnection & ~fromPacket) >>> 0, left);
  if (mixed === 0) return both(space, exactly(ofPacket), exactly(ofConnection));
  if (bitCount(mixed) > mostMixed) return perhaps(space, space.all);
  // A mixed bit is the exclusive or of the two: as if the connection's were copied into the packet's first.
  const copied = { from: "connection", fromMask: mixed, toMask: 0 } as const;
  return both(space, exactly(space.before(ofPacket, { copyMark: copied })), exactly(ofConnection));
}

function bitCount(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left = (left & (left - 1)) >>> 0) count += 1;
  return count;
}

function atEntry(space: Space, of: "packet" | "connection", bits: number, value: number): PacketSet {
  const wanted = (value & bits) >>> 0;
  return bits === 0 ? space.all : space.mark(of, bits, [wanted, wanted]);
}

/** The fewest aligned blocks whose size is a power of two that make up the set. */
function blocksOf(set: NumberSet): readonly { readonly first: number; readonly size: number }[] {
  const blocks: { first: number; size: number }[] = [];
  for (const [first, last] of pairsOf(set)) {
    let from = first;
    while (from <= last) {
      let size = 1;
      while (size < 2 ** 32 && from % (size * 2) === 0 && from + size * 2 - 1 <= last) size *= 2;
      blocks.push({ first: from, size });
      from += size;
    }
  }
  return blocks;
}

/**
 * The branches after a rule changed a mark of some packets. Where it is not sure that the rule was there, the mark is not
 * known any more, unless it would have been the same.
 *
 * @param may the packets that may have met the action; `sure`: those of them that certainly did
 */
export function changeMarks(
  space: Space,
  branches: readonly MarkBranch[],
  action: MarkAction,
  { may, sure }: { readonly may: PacketSet; readonly sure: PacketSet },
): readonly MarkBranch[] {
  const to = action.kind === "set-mark" ? action.of : action.from === "packet" ? "connection" : "packet";
  const ofConnection = action.kind === "copy-mark" || to === "connection";
  // Without a connection there is no mark to keep or to fetch, and netfilter does nothing.
  const meets = ofConnection ? space.minus(may, space.state(["invalid", "untracked"])) : may;
  const after: MarkBranch[] = [];
  const leave = (set: PacketSet, branch: MarkBranch): void => {
    if (!space.isEmpty(set)) after.push({ ...branch, set });
  };
  for (const branch of branches) {
    const met = space.and(branch.set, meets);
    if (space.isEmpty(met)) {
      after.push(branch);
      continue;
    }
    const next = nextMark(action, branch, to);
    const certain = space.and(met, sure);
    const unsure = space.minus(met, sure);
    const same = space.and(unsure, sameMark(space, branch[to], next));
    leave(space.or(space.minus(branch.set, met), same), branch);
    leave(certain, { ...branch, [to]: next });
    leave(space.minus(unsure, same), { ...branch, [to]: undefined });
  }
  return merged(space, after);
}

function nextMark(action: MarkAction, branch: MarkBranch, to: "packet" | "connection"): MarkNow | undefined {
  const old = branch[to];
  const from: MarkNow | undefined =
    action.kind === "set-mark" ? { packet: 0, connection: 0, flip: action.value } : branch[action.from];
  const fromMask = action.kind === "set-mark" ? whole : action.fromMask;
  const toMask = action.kind === "set-mark" ? action.mask : action.toMask;
  const base = old ?? (toMask >>> 0 === whole ? { packet: 0, connection: 0, flip: 0 } : undefined);
  if (from === undefined || base === undefined) return undefined;
  return {
    packet: ((base.packet & ~toMask) ^ (from.packet & fromMask)) >>> 0,
    connection: ((base.connection & ~toMask) ^ (from.connection & fromMask)) >>> 0,
    flip: ((base.flip & ~toMask) ^ (from.flip & fromMask)) >>> 0,
  };
}

/** The packets for which two ways to tell a mark tell the same; fewer where both marks are mixed into many bits. */
function sameMark(space: Space, a: MarkNow | undefined, b: MarkNow | undefined): PacketSet {
  if (a === undefined || b === undefined) return a === b ? space.all : space.none;
  const difference = {
    packet: (a.packet ^ b.packet) >>> 0,
    connection: (a.connection ^ b.connection) >>> 0,
    flip: (a.flip ^ b.flip) >>> 0,
  };
  return bitsAre(space, difference, whole, 0).must;
}

function merged(space: Space, branches: readonly MarkBranch[]): readonly MarkBranch[] {
  const byMarks = new Map<string, MarkBranch>();
  for (const branch of branches) {
    const key = `${nowKey(branch.packet)} ${nowKey(branch.connection)}`;
    const same = byMarks.get(key);
    byMarks.set(key, same === undefined ? branch : { ...same, set: space.or(same.set, branch.set) });
  }
  return [...byMarks.values()];
}

function nowKey(now: MarkNow | undefined): string {
  return now === undefined ? "?" : `${now.packet}.${now.connection}.${now.flip}`;
}
