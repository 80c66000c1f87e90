// How connections of every protocol begin and go on: TCP by its own tracker, the rest by who has spoken and how long
// ago. SCTP counts as established once it was answered, since packets here show no chunks; DCCP is generic, as in
// kernels since 6.16.
import type { Packet } from "../../packet/packet.ts";
import { ICMP, ICMPV6, SCTP, TCP, UDP, UDPLITE } from "../../packet/protocol.ts";
import type { Connection } from "./connection.ts";
import type { Direction } from "./model.ts";
import { beginTcp, passTcp, type TcpVerdict } from "./tcp.ts";
import type { Timeouts } from "./timeouts.ts";
import { isIcmpQuestion } from "./tuple.ts";

const GRE = 47;

/** Whether a packet of no known connection may begin one; if not, why. */
export function begin(
  connection: Connection,
  packet: Packet,
  now: number,
  looseTcp: boolean,
): { readonly invalid: string } | undefined {
  const { protocol, icmpType } = packet;
  if (protocol === TCP) return beginTcp(connection, packet, looseTcp);
  if (protocol === UDP || protocol === UDPLITE) connection.streamFrom = now + 2;
  if ((protocol === ICMP || protocol === ICMPV6) && typeof icmpType === "number") {
    if (!isIcmpQuestion(protocol, icmpType))
      return { invalid: "it answers an ICMP request that was never seen" };
  }
  return undefined;
}

/** Takes a packet of a connection that has begun: its state and its time. */
export function pass(
  connection: Connection,
  packet: Packet,
  direction: Direction,
  timeouts: Timeouts,
  now: number,
): TcpVerdict {
  switch (packet.protocol) {
    case TCP:
      return connection.tcp === undefined
        ? "accept"
        : passTcp(connection, connection.tcp, packet, direction === "reply", timeouts, now);
    case UDP:
    case UDPLITE:
      passUdp(connection, timeouts, now);
      return "accept";
    case ICMP:
      connection.refresh(timeouts.icmp, now);
      return "accept";
    case ICMPV6:
      connection.refresh(timeouts.icmpv6, now);
      return "accept";
    case GRE:
      passAnswered(connection, timeouts.gre, timeouts.greStream, now);
      return "accept";
    case SCTP:
      passAnswered(connection, timeouts.sctpCookie, timeouts.sctpEstablished, now);
      return "accept";
    default:
      connection.refresh(timeouts.generic, now);
      return "accept";
  }
}

/** A stream only where traffic both ways goes on for over two seconds: a question and its answer are soon forgotten. */
function passUdp(connection: Connection, timeouts: Timeouts, now: number): void {
  if (connection.seenReply && now > connection.streamFrom) {
    connection.gain("assured");
    connection.refresh(timeouts.udpStream, now);
  } else {
    connection.refresh(timeouts.udp, now);
  }
}

function passAnswered(connection: Connection, unanswered: number, answered: number, now: number): void {
  if (connection.seenReply) connection.gain("assured");
  connection.refresh(connection.seenReply ? answered : unanswered, now);
}
