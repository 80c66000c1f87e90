// Where a packet in a view stands among boxes: its coordinate in every dimension. A field that the question leaves open,
// or a part of the view that no dimension has room for, has no point.
import { isAddress } from "../../packet/address-set.ts";
import { ICMP, ICMPV6, TCP } from "../../packet/protocol.ts";
import { portedProtocols } from "../matches.ts";
import { holds } from "../../packet/intervals.ts";
import type { AddressValue, NumberValue } from "../../packet/packet.ts";
import type { View } from "../view.ts";
import { states } from "./extent-parts.ts";
import { classOfInterface } from "./interfaces.ts";
import type { Dimension, Dimensions } from "./model.ts";
import { spanOf, spanOf6 } from "./spans.ts";

/**
 * The coordinates of a packet; undefined where it has none: a field is open, or its ports are missing.
 *
 * @example pointOf({ packet, state: "new" }, dimensions)
 */
export function pointOf(view: View, dimensions: Dimensions): Uint32Array | undefined {
  const { packet } = view;
  if (packet.family !== dimensions.family || typeof packet.protocol !== "number") return undefined;
  const point = new Uint32Array(dimensions.list.length);
  for (const [at, dimension] of dimensions.list.entries()) {
    const coordinate = coordinateOf(view, packet.protocol, dimension);
    if (coordinate === undefined) return undefined;
    point[at] = coordinate;
  }
  return point;
}

function coordinateOf(view: View, protocol: number, dimension: Dimension): number | undefined {
  const { packet } = view;
  const { last, unknowns } = dimension;
  const lacksHeader = packet.fragment === "later";
  switch (dimension.field) {
    case "source":
    case "destination":
      return coordinateOfAddress(packet[dimension.field], dimension);
    case "protocol":
      return protocol;
    case "source-port":
    case "destination-port": {
      if (lacksHeader || !holds(portedProtocols, protocol)) return 0;
      return single(dimension.field === "source-port" ? packet.sourcePort : packet.destinationPort);
    }
    case "icmp-type":
    case "icmp-code": {
      if (lacksHeader || protocol !== (packet.family === 4 ? ICMP : ICMPV6)) return 0;
      const value = dimension.field === "icmp-type" ? packet.icmpType : packet.icmpCode;
      return value === undefined ? hidden(dimension) : single(value);
    }
    case "tcp-flags": {
      if (lacksHeader || protocol !== TCP) return 0;
      const { meaning } = dimension;
      if (packet.tcpFlags === undefined) return hidden(dimension);
      return meaning.kind === "flags" ? meaning.classOf[packet.tcpFlags] : undefined;
    }
    case "fragment":
      return packet.fragment === undefined ? 0 : packet.fragment === "first" ? 1 : 2;
    case "state":
      return view.state === undefined ? hidden(dimension) : states.indexOf(view.state);
    case "in-interface":
    case "out-interface": {
      const name = dimension.field === "in-interface" ? view.inInterface : view.outInterface;
      const { meaning } = dimension;
      if (meaning.kind !== "names") return undefined;
      if (name !== undefined) return classOfInterface(meaning.names, name);
      if (unknowns === 0) return undefined;
      return dimension.field === "in-interface" && view.fromElsewhere !== true ? last - 1 : last;
    }
    case "packet-mark":
    case "connection-mark": {
      const mark = dimension.field === "packet-mark" ? view.mark : view.connectionMark;
      const { meaning } = dimension;
      if (mark === undefined) return hidden(dimension);
      return meaning.kind === "spans" ? spanOf(meaning.starts, (mark & meaning.mask) >>> 0) : undefined;
    }
  }
}

/** The coordinate of what is not shown, where such packets are counted. */
function hidden({ last, unknowns }: Dimension): number | undefined {
  return unknowns === 0 ? undefined : last;
}

function coordinateOfAddress(value: AddressValue, { meaning }: Dimension): number | undefined {
  if (!isAddress(value)) return undefined;
  if (value.family === 4) return value.value;
  return meaning.kind === "spans6" ? spanOf6(meaning.starts, value.value) : undefined;
}

function single(value: NumberValue | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}
