// For ways that sets can't follow (a host rewrites packets by port, a machine with a firewall forwards): the walk of a
// trace, protocol by protocol, parted wherever a rule parts it. Exact, and dearer: only for pairs that need it.
import type { EstateIndex } from "../../estate/estate-index.ts";
import { decidingRings } from "../../estate/walk/deciding.ts";
import type { Family } from "../../packet/address.ts";
import { pairsOf, type NumberSet } from "../../packet/intervals.ts";
import { SYN, type NumberValue, type Packet } from "../../packet/packet.ts";
import { DCCP, ICMP, ICMPV6, SCTP, TCP, UDP, UDPLITE } from "../../packet/protocol.ts";
import { askInPieces } from "../../rules/split.ts";
import type { PacketSet } from "../../space/space.ts";
import type { Ends } from "../trace/ends.ts";
import type { TraceCase } from "../trace/model.ts";
import { thereAndBack } from "../trace/there-and-back.ts";
import type { Outcome } from "./outcome.ts";
import { partsOf, portCuts, type PortCuts } from "./port-cuts.ts";
import type { Views } from "./views.ts";
import type { Way } from "./ways.ts";

/** A rule set of some thousands of rules parts the ports into no more than that. */
const mostPieces = 16_384;

/** @param ends of one packet of the pair; its protocol, ports and types are replaced by all that the flows have */
export function outcomeByPieces(
  index: EstateIndex,
  views: Views,
  ends: Ends,
  family: Family,
  flows: PacketSet,
  way: Way,
): Outcome {
  const { space } = views;
  const allowed: PacketSet[] = [];
  const depends: PacketSet[] = [];
  const oneWay: PacketSet[] = [];
  const cuts = portCuts(
    [...way.there, ...way.back].flatMap(({ stop }) => (stop.kind === "host" ? [stop.firewall] : [])),
  );
  for (const packet of questions(ends.packet, family, cuts)) {
    const pieces = askInPieces(
      packet,
      (piece) => thereAndBack(index, decidingRings, ends, piece),
      causesOf,
      mostPieces,
    );
    for (const { packet: piece, result } of pieces) {
      if (result.answer === "allowed") allowed.push(setOf(views, piece, family));
      else if (result.answer === "depends") depends.push(setOf(views, piece, family));
      else if (result.forward.answer === "allowed" && result.forward.end.kind !== "nowhere")
        oneWay.push(setOf(views, piece, family));
    }
  }
  const within = (sets: readonly PacketSet[]): PacketSet => space.and(space.unionOf(sets), flows);
  return { allowed: within(allowed), depends: within(depends), oneWay: within(oneWay) };
}

function causesOf({ answer, forward, reply }: TraceCase) {
  return answer === "depends"
    ? [...forward.steps, ...(reply?.steps ?? [])].flatMap((step) => step.causes)
    : [];
}

const ported = [TCP, UDP, DCCP, SCTP, UDPLITE] as const;
const everyPort: NumberSet = [0, 65535];

function* questions(packet: Packet, family: Family, cuts: PortCuts): Generator<Packet> {
  const { tcpFlags: _flags, icmpType: _type, icmpCode: _code, icmpId: _id, ...open } = packet;
  const clients = numbers(open.sourcePort ?? everyPort);
  for (const protocol of ported)
    for (const sourcePort of partsOf(cuts.source, clients))
      for (const destinationPort of partsOf(cuts.destination, everyPort))
        yield {
          ...open,
          protocol,
          sourcePort,
          destinationPort,
          ...(protocol === TCP ? { tcpFlags: SYN } : {}),
        };
  const { sourcePort: _from, destinationPort: _to, ...portless } = open;
  const [icmp, types] = family === 4 ? [ICMP, [8, 13, 15, 17]] : [ICMPV6, [128]];
  for (const icmpType of types)
    yield { ...portless, protocol: icmp, icmpType, icmpCode: [0, 255], icmpId: 1 };
  for (let protocol = 0; protocol < 256; protocol += 1)
    if (!ported.some((one) => one === protocol) && protocol !== ICMP && protocol !== ICMPV6)
      yield { ...portless, protocol };
}

function setOf(
  views: Views,
  { protocol, sourcePort, destinationPort, icmpType, icmpCode }: Packet,
  family: Family,
): PacketSet {
  const { space } = views;
  const parts = [space.number("protocol", numbers(protocol))];
  if (sourcePort !== undefined) parts.push(space.number("source-port", numbers(sourcePort)));
  if (destinationPort !== undefined) parts.push(space.number("destination-port", numbers(destinationPort)));
  if (icmpType !== undefined)
    parts.push(views.ofFamily(space.number("icmp-type", numbers(icmpType)), family));
  if (icmpCode !== undefined)
    parts.push(views.ofFamily(space.number("icmp-code", numbers(icmpCode)), family));
  return space.intersectionOf(parts);
}

function numbers(value: NumberValue): NumberSet {
  return typeof value === "number" ? [value, value] : pairsOf(value).flat();
}
