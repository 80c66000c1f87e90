// Points as packets: the reverse of boxes/point.ts. Fields that no rule asks about get values that people know from
// examples; knows no rules.
import type { Address, Family } from "../../packet/address.ts";
import { SYN, type Packet } from "../../packet/packet.ts";
import { hasPorts, ICMP, ICMPV6, TCP, UDP } from "../../packet/protocol.ts";
import { states } from "../boxes/extent-parts.ts";
import { classOfInterface } from "../boxes/interfaces.ts";
import type { BoxField, Dimension, InterfaceClasses } from "../boxes/model.ts";
import { spanOf } from "../boxes/spans.ts";
import type { View } from "../view.ts";
import type { Point } from "./program.ts";
import { leastUnder } from "./shown.ts";
import type { Axis } from "./universe.ts";

/** RFC 5737 and RFC 3849: addresses for documentation. */
const known: Readonly<Record<Family, Readonly<Record<"source" | "destination", Address>>>> = {
  4: { source: { family: 4, value: 0xcb007107 }, destination: { family: 4, value: 0xc000020a } },
  6: {
    source: { family: 6, value: (0x20010db8n << 96n) + 7n },
    destination: { family: 6, value: (0x20010db8n << 96n) + 10n },
  },
};
const knownPorts = { "source-port": [50_000], "destination-port": [443, 22, 80, 53] } as const;
const echoRequest = { 4: 8, 6: 128 } as const;

/** A coordinate between two that people would recognise: TCP, a well-known port, an address that is not the network's own. */
export function recognisable(axis: Axis | undefined, low: number, high: number): number {
  const inside = (value: number): boolean => low <= value && value <= high;
  if (axis?.kind !== "field") return low;
  const [dimension] = axis.of.values();
  switch (dimension?.field) {
    case "source":
    case "destination": {
      const value = known[4][dimension.field].value;
      if (axis.of.get(4) === dimension && inside(Number(value))) return Number(value);
      return axis.of.get(4) === dimension && high - low >= 3 ? low + 1 : low;
    }
    case "protocol":
      return [TCP, UDP, ICMP].find(inside) ?? low;
    case "source-port":
    case "destination-port":
      return knownPorts[dimension.field].find(inside) ?? low;
    case "icmp-type":
      return inside(8) ? 8 : low;
    case "tcp-flags": {
      const syn = dimension.meaning.kind === "flags" ? dimension.meaning.classOf[SYN] : undefined;
      return syn !== undefined && inside(syn) ? syn : low;
    }
    case "icmp-code":
    case "fragment":
    case "state":
    case "in-interface":
    case "out-interface":
    case "packet-mark":
    case "connection-mark":
    case undefined:
      return low;
  }
}

/** The packet that a point stands for, as a ring sees it. What no rule asks of the ring (state, interfaces) is left out. */
export function viewOf(point: Point, axes: readonly Axis[], families: readonly Family[]): View {
  const familyAxis = axes.findIndex(({ kind }) => kind === "family");
  const family = families[familyAxis < 0 ? 0 : (point[familyAxis] ?? 0)] ?? 4;
  const at = (field: BoxField): { readonly dimension: Dimension; readonly value: number } | undefined => {
    for (const [place, axis] of axes.entries()) {
      const dimension = axis.kind === "field" ? axis.of.get(family) : undefined;
      if (dimension?.field === field) return { dimension, value: point[place] ?? 0 };
    }
    return undefined;
  };
  const state = at("state");
  const mark = markOf("packet-mark", point, axes, family);
  const connectionMark = markOf("connection-mark", point, axes, family);
  return {
    packet: packetOf(family, at),
    ...(state === undefined ? {} : { state: states[state.value] }),
    ...interfaceOf("inInterface", at("in-interface")),
    ...interfaceOf("outInterface", at("out-interface")),
    ...(mark === undefined ? {} : { mark }),
    ...(connectionMark === undefined ? {} : { connectionMark }),
  };
}

type At = (field: BoxField) => { readonly dimension: Dimension; readonly value: number } | undefined;

function packetOf(family: Family, at: At): Packet {
  const protocol = at("protocol")?.value ?? TCP;
  const fragment = ([undefined, "first", "later"] as const)[at("fragment")?.value ?? 0];
  const whole = fragment !== "later";
  const flags = at("tcp-flags");
  return {
    family,
    source: addressOf("source", family, at),
    destination: addressOf("destination", family, at),
    protocol,
    ...(whole && hasPorts(protocol)
      ? {
          sourcePort: at("source-port")?.value ?? 50_000,
          destinationPort: at("destination-port")?.value ?? 443,
        }
      : {}),
    ...(whole && protocol === (family === 4 ? ICMP : ICMPV6)
      ? { icmpType: at("icmp-type")?.value ?? echoRequest[family], icmpCode: at("icmp-code")?.value ?? 0 }
      : {}),
    ...(whole && protocol === TCP ? { tcpFlags: flags === undefined ? SYN : flagsOf(flags) } : {}),
    ...(fragment === undefined ? {} : { fragment }),
  };
}

function addressOf(field: "source" | "destination", family: Family, at: At): Address {
  const found = at(field);
  if (found === undefined) return known[family][field];
  const { dimension, value } = found;
  if (family === 4) return { family, value };
  const starts = dimension.meaning.kind === "spans6" ? dimension.meaning.starts : [];
  const first = starts[value] ?? 0n;
  const last = (starts[value + 1] ?? 1n << 128n) - 1n;
  const documented = known[6][field].value;
  if (first <= documented && documented <= last) return known[6][field];
  return { family, value: last - first >= 3n ? first + 1n : first };
}

/** The connection's first packet, if flags of that class can be its; else the fewest flags. */
function flagsOf({ dimension, value }: { readonly dimension: Dimension; readonly value: number }): number {
  if (dimension.meaning.kind !== "flags") return SYN;
  const { classOf } = dimension.meaning;
  return classOf[SYN] === value ? SYN : Math.max(0, classOf.indexOf(value));
}

function interfaceOf(
  side: "inInterface" | "outInterface",
  found: { readonly dimension: Dimension; readonly value: number } | undefined,
): Partial<View> {
  if (found === undefined || found.dimension.meaning.kind !== "names") return {};
  return { [side]: nameOf(found.dimension.meaning.names, found.value) };
}

/** A name of the class: the tested one itself, or one that only begins as its prefix says. */
function nameOf(names: InterfaceClasses, at: number): string {
  const tested = names.classes[at];
  if (tested === undefined) return "";
  if (!tested.prefix) return tested.name;
  const starts = tested.name === "" ? ["eth", "other"] : [tested.name];
  for (let number = 0; ; number += 1)
    for (const start of starts)
      if (classOfInterface(names, `${start}${number}`) === at) return `${start}${number}`;
}

/** A mark that lies in the spans of every mask it is asked under, if that is easily found; undefined where it is not asked. */
function markOf(
  field: "packet-mark" | "connection-mark",
  point: Point,
  axes: readonly Axis[],
  family: Family,
): number | undefined {
  let mark: number | undefined;
  for (const [place, axis] of axes.entries()) {
    const dimension = axis.kind === "field" ? axis.of.get(family) : undefined;
    if (dimension?.field !== field || dimension.meaning.kind !== "spans") continue;
    const { starts, mask } = dimension.meaning;
    const start = starts[point[place] ?? 0] ?? 0;
    mark = ((mark ?? 0) | (leastUnder(mask, start) ?? 0)) >>> 0;
  }
  return mark;
}

/** Whether some packet stands at the point. Only marks that are asked under several masks can make it impossible, or doubtful. */
export function isPossible(point: Point, axes: readonly Axis[], families: readonly Family[]): boolean {
  const view = viewOf(point, axes, families);
  return axes.every((axis, place) => {
    const dimension = axis.kind === "field" ? axis.of.get(view.packet.family) : undefined;
    if (dimension?.meaning.kind !== "spans") return true;
    const mark = dimension.field === "packet-mark" ? view.mark : view.connectionMark;
    const { starts, mask } = dimension.meaning;
    return mark !== undefined && spanOf(starts, (mark & mask) >>> 0) === point[place];
  });
}
