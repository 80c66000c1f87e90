// A tracked connection as a row of the printable table. How rows are written is a renderer's.
import type { Connection } from "./connection.ts";
import type { ConnectionEntry } from "./model.ts";

/** The row of one connection at a moment, in seconds. */
export function entryOf(connection: Connection, now: number): ConnectionEntry {
  const { original, reply } = connection;
  return {
    protocol: original.protocol,
    source: original.source,
    ...(original.sourcePort === undefined ? {} : { sourcePort: original.sourcePort }),
    destination: original.destination,
    ...(original.destinationPort === undefined ? {} : { destinationPort: original.destinationPort }),
    ...(original.icmpType === undefined ? {} : { icmpType: original.icmpType }),
    ...(original.icmpCode === undefined ? {} : { icmpCode: original.icmpCode }),
    ...(original.icmpId === undefined ? {} : { icmpId: original.icmpId }),
    reply: {
      source: reply.source,
      ...(reply.sourcePort === undefined ? {} : { sourcePort: reply.sourcePort }),
      destination: reply.destination,
      ...(reply.destinationPort === undefined ? {} : { destinationPort: reply.destinationPort }),
    },
    ...(connection.tcp === undefined ? {} : { state: connection.tcp.state }),
    age: now - connection.began,
    expiresIn: connection.expires - now,
    packets: connection.originalPackets + connection.replyPackets,
    bytes: connection.originalBytes + connection.replyBytes,
    original: { packets: connection.originalPackets, bytes: connection.originalBytes },
    replies: { packets: connection.replyPackets, bytes: connection.replyBytes },
    mark: connection.mark,
    assured: connection.assured,
    seenReply: connection.seenReply,
    status: [...connection.status],
  };
}
