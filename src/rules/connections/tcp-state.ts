// The states of a TCP connection as someone in the middle sees them, and what each kind of segment makes of them: the
// table of nf_conntrack_proto_tcp.c, arranged by state. Which segments are believed at all stands in tcp.ts.
import { ACK, FIN, RST, SYN, URG } from "../../packet/packet.ts";

/** In the kernel's order, which comparisons rely on: from TIME_WAIT on, a fresh SYN may reuse the tuple. */
export const tcpStates = [
  "NONE",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT",
  "CLOSE_WAIT",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
  "SYN_SENT2",
] as const;
export type TcpState = (typeof tcpStates)[number];

/** What a segment is, by the first of its flags that counts. */
export type SegmentKind = "syn" | "syn-ack" | "fin" | "ack" | "rst" | "none";
/** `ignore`: let through, but not believed; what the receiver answers will tell. */
export type Transition = TcpState | "ignore" | "invalid";

export function segmentKind(flags: number): SegmentKind {
  if (flags & RST) return "rst";
  if (flags & SYN) return flags & ACK ? "syn-ack" : "syn";
  if (flags & FIN) return "fin";
  return flags & ACK ? "ack" : "none";
}

/** The combinations that a TCP may send; PSH, ECE and CWR are left out of account. FIN needs its ACK. */
const validFlags = new Set([
  SYN,
  SYN | URG,
  SYN | ACK,
  RST,
  RST | ACK,
  FIN | ACK,
  FIN | ACK | URG,
  ACK,
  ACK | URG,
]);

export function areValidFlags(flags: number): boolean {
  return validFlags.has(flags & (SYN | FIN | RST | ACK | URG));
}

type Row = { readonly [K in "syn" | "syn-ack" | "fin" | "ack"]: Transition };

/** By state: segments of the connection's original direction, then those of the reply direction. */
const transitions: { readonly [S in TcpState]: readonly [original: Row, reply: Row] } = {
  NONE: [
    // An ACK out of nowhere is a connection that began before we looked (loose pick-up).
    { syn: "SYN_SENT", "syn-ack": "invalid", fin: "invalid", ack: "ESTABLISHED" },
    { syn: "invalid", "syn-ack": "invalid", fin: "invalid", ack: "invalid" },
  ],
  SYN_SENT: [
    { syn: "SYN_SENT", "syn-ack": "invalid", fin: "invalid", ack: "invalid" },
    { syn: "SYN_SENT2", "syn-ack": "SYN_RECV", fin: "invalid", ack: "ignore" },
  ],
  SYN_RECV: [
    { syn: "ignore", "syn-ack": "SYN_RECV", fin: "FIN_WAIT", ack: "ESTABLISHED" },
    { syn: "invalid", "syn-ack": "ignore", fin: "FIN_WAIT", ack: "SYN_RECV" },
  ],
  ESTABLISHED: [
    { syn: "ignore", "syn-ack": "invalid", fin: "FIN_WAIT", ack: "ESTABLISHED" },
    { syn: "invalid", "syn-ack": "ignore", fin: "FIN_WAIT", ack: "ESTABLISHED" },
  ],
  FIN_WAIT: [
    { syn: "ignore", "syn-ack": "invalid", fin: "LAST_ACK", ack: "CLOSE_WAIT" },
    { syn: "invalid", "syn-ack": "ignore", fin: "LAST_ACK", ack: "CLOSE_WAIT" },
  ],
  CLOSE_WAIT: [
    { syn: "ignore", "syn-ack": "invalid", fin: "LAST_ACK", ack: "CLOSE_WAIT" },
    { syn: "invalid", "syn-ack": "ignore", fin: "LAST_ACK", ack: "CLOSE_WAIT" },
  ],
  LAST_ACK: [
    { syn: "ignore", "syn-ack": "invalid", fin: "LAST_ACK", ack: "TIME_WAIT" },
    { syn: "invalid", "syn-ack": "ignore", fin: "LAST_ACK", ack: "TIME_WAIT" },
  ],
  TIME_WAIT: [
    { syn: "SYN_SENT", "syn-ack": "invalid", fin: "TIME_WAIT", ack: "TIME_WAIT" },
    { syn: "SYN_SENT", "syn-ack": "ignore", fin: "TIME_WAIT", ack: "TIME_WAIT" },
  ],
  CLOSE: [
    { syn: "SYN_SENT", "syn-ack": "invalid", fin: "CLOSE", ack: "CLOSE" },
    { syn: "invalid", "syn-ack": "ignore", fin: "CLOSE", ack: "CLOSE" },
  ],
  // Both ends sent a SYN: simultaneous open (RFC 9293, section 3.5).
  SYN_SENT2: [
    { syn: "SYN_SENT2", "syn-ack": "SYN_RECV", fin: "invalid", ack: "invalid" },
    { syn: "SYN_SENT2", "syn-ack": "SYN_RECV", fin: "invalid", ack: "ignore" },
  ],
};

export function transition(state: TcpState, reply: boolean, kind: SegmentKind): Transition {
  if (kind === "none") return "invalid";
  if (kind === "rst") return state === "NONE" ? "invalid" : "CLOSE";
  return transitions[state][reply ? 1 : 0][kind];
}

/** What was seen of one end's sequence numbers (`struct ip_ct_tcp_state`). All numbers modulo 2^32. */
export interface SeenSide {
  /** The highest sequence number that it sent, and the highest that it may send. */
  end: number;
  maxEnd: number;
  /** The largest window that it offered, scaled; 0: nothing seen yet. */
  maxWindow: number;
  /** The highest acknowledgment that it sent. */
  maxAck: number | undefined;
  scale: number;
  scales: boolean;
  sackPermitted: boolean;
  /** Its window can't be judged: picked up half-way, or options or sequence numbers that nobody read. */
  liberal: boolean;
  /** Sent something that is not acknowledged yet. */
  unacknowledged: boolean;
  /** Closed its direction first. */
  closedFirst: boolean;
}

/** What the table remembers of a TCP connection (`struct ip_ct_tcp`). */
export interface TcpTracking {
  state: TcpState;
  readonly seen: readonly [original: SeenSide, reply: SeenSide];
  lastKind: SegmentKind;
  lastReply: boolean;
  /** Of the last segment that counted; undefined where it showed no sequence numbers. */
  lastSequence: number | undefined;
  lastAck: number | undefined;
  lastEnd: number | undefined;
  lastWindow: number | undefined;
  /** Of a SYN that was let through unbelieved: its options, to get in step if it is answered. */
  ignoredSyn: Pick<SeenSide, "scale" | "scales" | "sackPermitted" | "liberal"> | undefined;
  /** An ACK may be a challenge (RFC 5961) to that SYN, not the last one of the closing. */
  challengeExpected: boolean;
  simultaneousOpen: boolean;
  retransmissions: number;
}

export function unseenSide(liberal: boolean): SeenSide {
  return {
    end: 0,
    maxEnd: 0,
    maxWindow: 0,
    maxAck: undefined,
    scale: 0,
    scales: false,
    sackPermitted: false,
    liberal,
    unacknowledged: false,
    closedFirst: false,
  };
}
