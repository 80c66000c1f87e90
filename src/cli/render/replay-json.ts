// A replay as JSON, a line a packet, and the connection tables as the last line.
import type { CaptureTime } from "../../packet/capture/packet.ts";
import { addressText, numberText, type NumberValue } from "../../packet/packet.ts";
import { protocolName } from "../../packet/protocol.ts";
import type { ConnectionListing, ReplayRow, ReplayVerdict } from "../../questions/replay.ts";
import type { ConnectionEntry } from "../../rules/connections/model.ts";
import { causeText, originJson, packetJson } from "./trace-json.ts";

const schema = "ringwall.replay/1";

export type ReplayCounts = Readonly<Record<ReplayVerdict, number>>;

export function replayRowJson(row: ReplayRow): object {
  const { rule } = row;
  return {
    schema,
    packet: row.number,
    offset: row.offset,
    ...(row.time === undefined ? {} : { time: timeText(row.time) }),
    text: row.text,
    ...(row.packet === undefined ? {} : { headers: packetJson(row.packet) }),
    verdict: row.verdict,
    ...(row.state === undefined ? {} : { state: row.state }),
    ...(row.path === undefined ? {} : { path: row.path }),
    ...(row.place === undefined ? {} : { place: row.place }),
    ...(row.ring === undefined ? {} : { ring: row.ring }),
    ...(rule === undefined ? {} : { rule: { text: rule.text, origin: originJson(rule.origin) } }),
    why: row.why,
    ...(row.causes.length === 0 ? {} : { dependsOn: [...new Set(row.causes.map(causeText))] }),
    ...(row.incomplete === undefined ? {} : { incomplete: row.incomplete }),
  };
}

/** `complete`: the capture was read to its end. */
export function replayTableJson(
  counts: ReplayCounts,
  tables: readonly ConnectionListing[],
  complete: boolean,
): object {
  return {
    schema,
    counts,
    complete,
    tables: tables.map(({ place, connections }) => ({
      place,
      connections: connections.map(connectionJson),
    })),
  };
}

function connectionJson(entry: ConnectionEntry): object {
  return {
    protocol: typeof entry.protocol === "number" ? protocolName(entry.protocol) : numberText(entry.protocol),
    source: addressText(entry.source),
    ...port("sourcePort", entry.sourcePort),
    destination: addressText(entry.destination),
    ...port("destinationPort", entry.destinationPort),
    ...port("icmpId", entry.icmpId),
    reply: {
      source: addressText(entry.reply.source),
      ...port("sourcePort", entry.reply.sourcePort),
      destination: addressText(entry.reply.destination),
      ...port("destinationPort", entry.reply.destinationPort),
    },
    ...(entry.state === undefined ? {} : { state: entry.state }),
    age: rounded(entry.age),
    expiresIn: rounded(entry.expiresIn),
    packets: entry.packets,
    bytes: entry.bytes,
    assured: entry.assured,
    status: entry.status,
  };
}

function port(name: string, value: NumberValue | undefined): object {
  if (value === undefined) return {};
  return { [name]: typeof value === "number" ? value : numberText(value) };
}

/** Seconds to the millisecond. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** `2023-11-14T22:13:20.123456789Z`; seconds since 1970 where a damaged capture names a year that no calendar has. */
export function timeText(time: CaptureTime): string {
  const fraction = String(time.nanoseconds).padStart(9, "0");
  const date = new Date(time.seconds * 1000);
  return Number.isNaN(date.getTime())
    ? `${time.seconds}.${fraction}`
    : `${date.toISOString().replace(/\.\d+Z$/, "")}.${fraction}Z`;
}
