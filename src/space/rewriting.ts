// What translation and marking do to sets of packets: forgetting fields, giving them other values, and back from what
// came out to what went in.
import { familiesOf, type AddressSet } from "../packet/address-set.ts";
import { addressBits, type Address, type Family } from "../packet/address.ts";
import type { NumberSet } from "../packet/intervals.ts";
import type { Edge } from "./bdd.ts";
import type { FieldSets } from "./field-sets.ts";
import { bitsEdge, numbersEdge } from "./interval-edges.ts";
import { variablesOf, type Field, type Place, type Side } from "./layout.ts";

/**
 * What a rule makes of the packets that it matches. A field that is given a set takes any value of it, whatever it was;
 * addresses of a family that the set lacks, and ports of packets without ports, stay as they are.
 */
export interface Rewriting {
  readonly source?: AddressSet;
  readonly destination?: AddressSet;
  readonly sourcePorts?: NumberSet;
  readonly destinationPorts?: NumberSet;
  /** The first `length` bits become those of `to`, the others are kept. */
  readonly prefix?: { readonly side: Side; readonly to: Address; readonly length: number };
  /** mark = (mark & ~mask) ^ value; 32 bits. */
  readonly setMark?: { readonly of: MarkOf; readonly mask: number; readonly value: number };
  /** to = (to & ~toMask) ^ (from & fromMask); `from` is the mark that is read, the other one is written. */
  readonly copyMark?: { readonly from: MarkOf; readonly fromMask: number; readonly toMask: number };
}

export type MarkOf = "packet" | "connection";

const icmpFields = ["icmp-type", "icmp-code"] as const;
const portFields = ["source-port", "destination-port"] as const;

/** Which fields bear on whether a packet has others: once they are forgotten, a packet may lack what the set asked of it. */
const deciding: ReadonlySet<Field> = new Set<Field>(["family", "protocol", "fragment", "state"]);

/** Where some value of the fields makes the packet a member. Without its family a packet keeps no address. */
export function forget(sets: FieldSets, a: Edge, fields: readonly Field[]): Edge {
  const whole = fields.includes("family") ? [...fields, "source" as const, "destination" as const] : fields;
  const open = sets.bdd.exists(a, sets.variables(whole));
  return fields.some((field) => deciding.has(field)) ? withoutAbsent(sets, open) : open;
}

/** The same, with nothing said of fields that a packet lacks. */
function withoutAbsent(sets: FieldSets, a: Edge): Edge {
  let result = a;
  for (const fields of [portFields, icmpFields, ["tcp-flags"], ["connection-mark"]] as const) {
    const open = sets.bdd.exists(result, sets.variables(fields));
    if (open !== result) result = sets.bdd.choose(sets.bearers(fields[0]), result, open);
  }
  return result;
}

/** What the packets become. */
export function assign(sets: FieldSets, a: Edge, rewriting: Rewriting): Edge {
  const { bdd } = sets;
  let result = a;
  eachValue(sets, rewriting, (field, where, values) => {
    const changed = bdd.and(
      bdd.exists(bdd.and(result, where), sets.variables([field])),
      bdd.and(where, values),
    );
    result = bdd.or(bdd.minus(result, where), changed);
  });
  if (rewriting.prefix !== undefined) {
    const { where, variables, values } = prefixOf(sets, rewriting.prefix);
    const changed = bdd.and(bdd.exists(bdd.and(result, where), variables), bdd.and(where, values));
    result = bdd.or(bdd.minus(result, where), changed);
  }
  for (const bit of markBits(sets, rewriting)) result = markImage(sets, result, bit);
  return result;
}

/** The packets that the rewriting may turn into members: the marks are written last, so they are taken back first. */
export function before(sets: FieldSets, a: Edge, rewriting: Rewriting): Edge {
  const { bdd } = sets;
  let result = a;
  for (const bit of markBits(sets, rewriting)) result = markPreimage(sets, result, bit);
  if (rewriting.prefix !== undefined) {
    const { where, variables, values } = prefixOf(sets, rewriting.prefix);
    const taken = bdd.and(bdd.exists(bdd.and(result, bdd.and(where, values)), variables), where);
    result = bdd.or(bdd.minus(result, where), taken);
  }
  eachValue(sets, rewriting, (field, where, values) => {
    const taken = bdd.exists(bdd.and(result, bdd.and(where, values)), sets.variables([field]));
    result = bdd.or(bdd.minus(result, where), bdd.and(taken, where));
  });
  return result;
}

/** Each field that is given values: which packets have it, and the values. No packet's `where` depends on the field. */
function eachValue(
  sets: FieldSets,
  rewriting: Rewriting,
  give: (field: Field, where: Edge, values: Edge) => void,
): void {
  for (const side of ["source", "destination"] as const) {
    const set = rewriting[side];
    if (set === undefined) continue;
    for (const family of familiesOf(set))
      give(side, sets.family(family), sets.addressValues(side, family, set));
  }
  for (const field of portFields) {
    const set = field === "source-port" ? rewriting.sourcePorts : rewriting.destinationPorts;
    if (set !== undefined) give(field, sets.bearers(field), numbersEdge(sets.bdd, sets.place(field), set));
  }
}

function prefixOf(sets: FieldSets, { side, to, length }: { side: Side; to: Address; length: number }) {
  const family: Family = to.family;
  const place = sets.addressPlace(side, family);
  const bits = BigInt(addressBits(family));
  const mask = ((1n << BigInt(length)) - 1n) << (bits - BigInt(length));
  return {
    where: sets.family(family),
    variables: sets.bdd.variables(variablesOf({ first: place.first, bits: length })),
    values: bitsEdge(sets.bdd, place, mask, BigInt(to.value) & mask),
  };
}

/** One bit of a mark as it becomes: `kept ? old : 0`, exclusive or with a constant or another bit. */
interface MarkBit {
  readonly variable: number;
  readonly kept: boolean;
  readonly flip: Edge;
  /** Whether the packet has such a mark: a connection's is not there without a connection. */
  readonly where: Edge;
}

function markBits(sets: FieldSets, { setMark, copyMark }: Rewriting): MarkBit[] {
  const found: MarkBit[] = [];
  const bitOf = (of: MarkOf, bit: number): number => markPlace(sets, of).first + 31 - bit;
  for (let bit = 0; bit < 32; bit += 1) {
    const has = (mask: number): boolean => ((mask >>> bit) & 1) === 1;
    if (setMark !== undefined && (has(setMark.mask) || has(setMark.value)))
      found.push({
        variable: bitOf(setMark.of, bit),
        kept: !has(setMark.mask),
        flip: has(setMark.value) ? 1 : 0,
        where: setMark.of === "connection" ? sets.tracked : 1,
      });
    if (copyMark !== undefined && (has(copyMark.toMask) || has(copyMark.fromMask)))
      found.push({
        variable: bitOf(copyMark.from === "packet" ? "connection" : "packet", bit),
        kept: !has(copyMark.toMask),
        flip: has(copyMark.fromMask) ? sets.bdd.variable(bitOf(copyMark.from, bit)) : 0,
        where: sets.tracked,
      });
  }
  return found;
}

function markPlace(sets: FieldSets, of: MarkOf): Place {
  return sets.place(of === "packet" ? "mark" : "connection-mark");
}

function markImage({ bdd }: FieldSets, a: Edge, { variable, kept, flip, where }: MarkBit): Edge {
  const inside = bdd.and(a, where);
  const old = bdd.variable(variable);
  // Kept: new = old xor flip, its own inverse. Not kept: the old bit is forgotten and the new one equals `flip`.
  const changed = kept
    ? bdd.and(bdd.compose(inside, variable, bdd.xor(old, flip)), where)
    : bdd.and(bdd.exists(inside, bdd.variables([variable])), bdd.and(where, bdd.not(bdd.xor(old, flip))));
  return bdd.or(bdd.minus(a, where), changed);
}

function markPreimage({ bdd }: FieldSets, a: Edge, { variable, kept, flip, where }: MarkBit): Edge {
  const by = kept ? bdd.xor(bdd.variable(variable), flip) : flip;
  return bdd.choose(where, bdd.compose(a, variable, by), a);
}

/** Echo and its kin, request and reply (RFC 792; RFC 4443 and 4620): those that netfilter takes for replies. */
const icmpPairs: Readonly<Record<Family, readonly (readonly [number, number])[]>> = {
  4: [
    [8, 0],
    [13, 14],
    [15, 16],
    [17, 18],
  ],
  6: [
    [128, 129],
    [139, 140],
  ],
};

/** Source and destination, their ports and endpoints exchanged, and requests of ICMP with their replies. */
export function mirrored(sets: FieldSets, a: Edge): Edge {
  const { bdd } = sets;
  const exchanged: [number, number][] = [];
  for (const [one, other] of exchangedFields) {
    const [first, second] = [sets.place(one).first, sets.place(other).first];
    for (let bit = 0; bit < sets.place(one).bits; bit += 1)
      exchanged.push([first + bit, second + bit], [second + bit, first + bit]);
  }
  const turned = bdd.rename(a, bdd.renaming(exchanged));
  const typed = bdd.and(turned, sets.icmp);
  if (bdd.exists(typed, sets.variables(["icmp-type"])) === typed) return turned;
  const type = sets.variables(["icmp-type"]);
  let paired: Edge = 0;
  const parts: Edge[] = [];
  for (const family of [4, 6] as const)
    for (const [request, reply] of icmpPairs[family]) {
      const [asked, answered] = [request, reply].map((number) =>
        bdd.and(sets.family(family), sets.number("icmp-type", [number, number])),
      );
      if (asked === undefined || answered === undefined) continue;
      for (const [from, to] of [
        [asked, answered],
        [answered, asked],
      ] as const) {
        paired = bdd.or(paired, from);
        parts.push(bdd.and(bdd.exists(bdd.and(turned, from), type), to));
      }
    }
  return bdd.or(bdd.minus(turned, paired), bdd.unionOf(parts));
}

const exchangedFields = [
  ["source", "destination"],
  ["source-port", "destination-port"],
  ["source-endpoint", "destination-endpoint"],
] as const;
