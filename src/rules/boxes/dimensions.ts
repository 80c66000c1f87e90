// Finds the fields that some matches cut, and cuts those that are told apart only in part (IPv6 addresses, marks, flags,
// interfaces) into the classes that these matches see.
import type { Family } from "../../packet/address.ts";
import type { Match } from "../match.ts";
import { asksOf } from "../absent.ts";
import { addressesOfBits, isAddressField } from "./extent-of-test.ts";
import { interfaceClasses, type NameTest } from "./interfaces.ts";
import type { BoxField, Dimension, Dimensions } from "./model.ts";

interface Cuts {
  readonly family: Family;
  readonly fields: Set<BoxField>;
  readonly starts6: Readonly<Record<"source" | "destination", Set<bigint>>>;
  readonly flags: Map<number, Set<number>>;
  readonly names: Readonly<Record<"in" | "out", NameTest[]>>;
  readonly marks: Readonly<Record<"packet" | "connection", Map<number, Set<number>>>>;
}

/**
 * The dimensions in which the matches of some rules can be told apart, for packets of one family.
 *
 * @param unknowns whether packets are counted that do not show their state, interface, mark, ICMP type or TCP flags; the
 *   default is yes. Without them, a test of such a field is known everywhere.
 * @example dimensionsOf(4, chain.rules.map((rule) => rule.match))
 */
export function dimensionsOf(
  family: Family,
  matches: Iterable<Match>,
  { unknowns = true }: { readonly unknowns?: boolean } = {},
): Dimensions {
  const cuts: Cuts = {
    family,
    fields: new Set(),
    starts6: { source: new Set([0n]), destination: new Set([0n]) },
    flags: new Map(),
    names: { in: [], out: [] },
    marks: { packet: new Map(), connection: new Map() },
  };
  for (const match of matches) collect(match, cuts);
  return { family, list: fieldOrder.flatMap((field) => dimensionsOfField(field, cuts, unknowns)) };
}

const fieldOrder: readonly BoxField[] = [
  "source",
  "destination",
  "protocol",
  "source-port",
  "destination-port",
  "icmp-type",
  "icmp-code",
  "tcp-flags",
  "fragment",
  "state",
  "in-interface",
  "out-interface",
  "packet-mark",
  "connection-mark",
];

function collect(match: Match, cuts: Cuts): void {
  const { fields } = cuts;
  const asks = asksOf(match);
  if (asks.connection) fields.add("state");
  if (asks.transport) fields.add("fragment");
  switch (match.kind) {
    case "not":
      collect(match.match, cuts);
      return;
    case "all":
    case "any":
      for (const one of match.of) collect(one, cuts);
      return;
    case "address":
      cutAddresses(match.field, match.set.v6, match.set.v4.length > 0, cuts);
      return;
    case "address-bits": {
      const set = match.family === cuts.family ? addressesOfBits(match) : undefined;
      if (set !== undefined) cutAddresses(match.field, set.v6, set.v4.length > 0, cuts);
      return;
    }
    case "number":
      cutNumber(match.field, cuts);
      return;
    case "tuple":
      for (const field of match.fields) if (!isAddressField(field)) cutNumber(field, cuts);
      for (const element of match.elements)
        for (const [at, part] of element.entries()) {
          const field = match.fields[at];
          if (field !== undefined && isAddressField(field) && "addresses" in part)
            cutAddresses(field, part.addresses.v6, part.addresses.v4.length > 0, cuts);
        }
      return;
    case "tcp-flags": {
      fields.add("protocol").add("tcp-flags");
      const values = cuts.flags.get(match.mask) ?? new Set();
      cuts.flags.set(match.mask, values.add(match.value));
      return;
    }
    case "tcp-option":
      fields.add("protocol");
      return;
    case "fragment":
      fields.add("fragment");
      return;
    case "interface":
      if (match.prefix && match.name === "") return;
      fields.add(match.direction === "in" ? "in-interface" : "out-interface");
      cuts.names[match.direction].push(match);
      return;
    case "state":
      fields.add("state");
      return;
    case "mark": {
      fields.add(match.of === "packet" ? "packet-mark" : "connection-mark");
      const starts = cuts.marks[match.of].get(match.mask >>> 0) ?? new Set([0]);
      for (const [at, value] of match.set.entries()) starts.add(at % 2 === 0 ? value : value + 1);
      cuts.marks[match.of].set(match.mask >>> 0, starts);
      return;
    }
    case "always":
    case "never":
    case "endpoint":
    case "family":
    case "status":
    case "direction":
    case "mac":
    case "link-type":
    case "address-type":
    case "unknown":
      return;
  }
}

function cutAddresses(
  field: string,
  v6: readonly bigint[],
  some4: boolean,
  { family, fields, starts6 }: Cuts,
): void {
  if (field !== "source" && field !== "destination") return;
  if (family === 4) {
    if (some4) fields.add(field);
    return;
  }
  if (v6.length === 0) return;
  fields.add(field);
  for (const [at, value] of v6.entries()) starts6[field].add(at % 2 === 0 ? value : value + 1n);
}

function cutNumber(field: string, { fields }: Cuts): void {
  if (field === "protocol") fields.add(field);
  if (
    field === "source-port" ||
    field === "destination-port" ||
    field === "icmp-type" ||
    field === "icmp-code"
  )
    fields.add("protocol").add(field);
}

function dimensionsOfField(field: BoxField, cuts: Cuts, unknowns: boolean): Dimension[] {
  if (!cuts.fields.has(field)) return [];
  const number = (last: number): Dimension[] => [{ field, meaning: { kind: "number" }, last, unknowns: 0 }];
  const hidden = unknowns ? 1 : 0;
  switch (field) {
    case "source":
    case "destination": {
      if (cuts.family === 4) return number(0xffffffff);
      const starts = [...cuts.starts6[field]].filter((start) => start >> 128n === 0n);
      starts.sort((a, b) => (a < b ? -1 : 1));
      return [{ field, meaning: { kind: "spans6", starts }, last: starts.length - 1, unknowns: 0 }];
    }
    case "protocol":
      return number(255);
    case "source-port":
    case "destination-port":
      return number(65535);
    case "icmp-type":
    case "icmp-code":
      return [{ field, meaning: { kind: "number" }, last: 255 + hidden, unknowns: hidden }];
    case "tcp-flags": {
      const classOf = classesOfFlags(cuts.flags);
      const last = Math.max(...classOf) + hidden;
      return [{ field, meaning: { kind: "flags", classOf }, last, unknowns: hidden }];
    }
    case "fragment":
      return number(2);
    case "state":
      return [{ field, meaning: { kind: "number" }, last: 4 + hidden, unknowns: hidden }];
    case "in-interface":
    case "out-interface": {
      const incoming = field === "in-interface";
      const names = interfaceClasses(cuts.names[incoming ? "in" : "out"]);
      const nameless = unknowns ? (incoming ? 2 : 1) : 0;
      const last = names.classes.length - 1 + nameless;
      return [{ field, meaning: { kind: "names", names }, last, unknowns: nameless }];
    }
    case "packet-mark":
    case "connection-mark": {
      const marks = cuts.marks[field === "packet-mark" ? "packet" : "connection"];
      return [...marks].map(([mask, values]) => {
        const starts = [...values].filter((start) => start <= 0xffffffff).sort((a, b) => a - b);
        return {
          field,
          meaning: { kind: "spans", starts, mask },
          last: starts.length - 1 + hidden,
          unknowns: hidden,
        };
      });
    }
  }
}

/** The class of each of the 256 values of the flags: values that every test answers alike are one. */
function classesOfFlags(tests: ReadonlyMap<number, ReadonlySet<number>>): Uint8Array {
  const classOf = new Uint8Array(256);
  const seen = new Map<string, number>();
  for (let flags = 0; flags < 256; flags += 1) {
    const answers = [...tests]
      .map(([mask, values]) => (values.has(flags & mask) ? flags & mask : "-"))
      .join(" ");
    const at = seen.get(answers) ?? seen.size;
    seen.set(answers, at);
    classOf[flags] = at;
  }
  return classOf;
}
