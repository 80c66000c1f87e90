// “What would this firewall have done with the traffic of that capture?”: packet by packet, with the rule that decided,
// the connection's state, and the connection table at the end. In constant memory: a row is forgotten once it is given.
import type { CapturedPacket } from "../packet/capture/packet.ts";
import { decode } from "../packet/decode.ts";
import type { DecodedPacket } from "../packet/decoded.ts";
import { packetText } from "../packet/packet.ts";
import { Fragments, reassembled } from "./replay/fragments.ts";
import {
  unjudged,
  type ConnectionListing,
  type Judge,
  type Judgement,
  type ReplayOptions,
  type ReplayRow,
  type Through,
} from "./replay/model.ts";
import { judgeByEstate } from "./replay/through-estate.ts";
import { judgeByHost } from "./replay/through-host.ts";

export type { ConnectionListing, ReplayOptions, ReplayRow, ReplayVerdict, Through } from "./replay/model.ts";

export interface Replay {
  /** A row a packet, in the order of the capture. To be read once. */
  readonly rows: AsyncIterable<ReplayRow>;
  /** The connections as they stand after the rows that were read. */
  readonly tables: () => ConnectionListing[];
}

/**
 * @example
 * const replay = replayCapture(openCapture("web.pcap"), { kind: "host", host }, { in: "eth0" });
 * for await (const row of replay.rows) console.log(row.text, row.verdict, row.rule?.text);
 * @throws Problem from `rows`: what the capture's reader throws, and `unanswerable` where a packet's way can't be told
 */
export function replayCapture(
  packets: AsyncIterable<CapturedPacket>,
  through: Through,
  options: ReplayOptions = {},
): Replay {
  const judge = through.kind === "host" ? judgeByHost(through.host, options) : judgeByEstate(through.estate);
  const fragments = new Fragments();
  const clock = { now: 0 };
  async function* rows(): AsyncGenerator<ReplayRow, void> {
    for await (const captured of packets) yield rowOf(judge, fragments, clock, captured);
  }
  return { rows: rows(), tables: () => judge.tables(clock.now) };
}

function rowOf(
  judge: Judge,
  fragments: Fragments,
  clock: { now: number },
  captured: CapturedPacket,
): ReplayRow {
  const decoded = decode(captured.frame, captured.linkType, captured.wireBytes);
  const about = {
    number: captured.number,
    offset: captured.offset,
    ...(captured.time === undefined ? {} : { time: captured.time }),
  };
  if (decoded.kind === "undecodable")
    return { ...about, text: `${captured.wireBytes} bytes`, ...unjudged(decoded.why) };
  // Packets of several interfaces may be out of order by a little; the connection table's clock never goes back.
  if (captured.time !== undefined)
    clock.now = Math.max(clock.now, captured.time.seconds + captured.time.nanoseconds / 1e9);
  return {
    ...about,
    packet: decoded.packet,
    text: packetText(decoded.packet),
    ...judgementOf(judge, fragments, clock.now, captured, decoded),
    ...(decoded.incomplete === undefined ? {} : { incomplete: decoded.incomplete }),
  };
}

function judgementOf(
  judge: Judge,
  fragments: Fragments,
  now: number,
  captured: CapturedPacket,
  decoded: DecodedPacket,
): Judgement {
  const { packet, fragmentOf } = decoded;
  if (fragmentOf === undefined) return judge.judge({ captured, decoded, packet, now });
  if (packet.fragment === "later") return fragments.follow(packet, fragmentOf);
  const judgement = judge.judge({ captured, decoded, packet: reassembled(packet), now });
  fragments.note(packet, fragmentOf, captured.number, judgement);
  return judgement;
}
