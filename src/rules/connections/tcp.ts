// TCP in the connection table: which segments begin a connection, what each makes of its state, which are invalid, how
// long it is remembered. It follows nf_conntrack_tcp_packet (Linux 6). Where a packet shows no flags, the ordinary
// segment of that moment is taken (SYN, SYN+ACK, ACK); where it shows no sequence numbers, the window is not checked.
import { ACK, RST, SYN, type Packet } from "../../packet/packet.ts";
import type { Connection } from "./connection.ts";
import {
  answersIgnoredSyn,
  getInStep,
  isChallenge,
  judgeReset,
  noteIgnored,
  type Segment,
} from "./tcp-doubt.ts";
import {
  areValidFlags,
  segmentKind,
  transition,
  unseenSide,
  type SegmentKind,
  type TcpState,
  type TcpTracking,
} from "./tcp-state.ts";
import { checkWindow, segmentEnd, takeOptions } from "./tcp-window.ts";
import type { Timeouts } from "./timeouts.ts";

/** `reopen`: the entry is of a connection that is over; forget it and track the packet anew. `kill`: accept and forget. */
export type TcpVerdict = "accept" | "kill" | "reopen" | { readonly invalid: string };

/** nf_conntrack_tcp_max_retrans */
const mostRetransmissions = 3;

const stateTimeouts: { readonly [S in TcpState]: keyof Timeouts } = {
  NONE: "tcpClose",
  SYN_SENT: "tcpSynSent",
  SYN_RECV: "tcpSynReceived",
  ESTABLISHED: "tcpEstablished",
  FIN_WAIT: "tcpFinWait",
  CLOSE_WAIT: "tcpCloseWait",
  LAST_ACK: "tcpLastAck",
  TIME_WAIT: "tcpTimeWait",
  CLOSE: "tcpClose",
  SYN_SENT2: "tcpSynSent",
};

/** Begins to track a new connection, or says why its first segment can't begin one. */
export function beginTcp(
  connection: Connection,
  packet: Packet,
  loose: boolean,
): { readonly invalid: string } | undefined {
  const flags = packet.tcpFlags ?? SYN;
  if (!areValidFlags(flags)) return { invalid: "its TCP flags are a combination that no TCP sends" };
  const first = transition("NONE", false, segmentKind(flags));
  if (first === "invalid") return { invalid: "no connection begins with such a segment" };
  const isSyn = first === "SYN_SENT";
  if (!isSyn && !loose) return { invalid: "it is of no known connection, and none is picked up half-way" };
  const header = packet.tcp;
  const original = unseenSide(!isSyn || header === undefined);
  if (header !== undefined) {
    original.end = segmentEnd(header, flags);
    original.maxWindow = Math.max(header.window, 1);
    original.maxEnd = isSyn ? original.end : (original.end + original.maxWindow) >>> 0;
    if (isSyn) takeOptions(original, header);
    else original.sackPermitted = true;
  }
  const reply = unseenSide(original.liberal);
  reply.sackPermitted = !isSyn;
  // The kernel begins with zeros, and compares with them.
  const unseen = header === undefined ? undefined : 0;
  connection.tcp = {
    state: "NONE",
    seen: [original, reply],
    lastKind: "none",
    lastReply: false,
    lastSequence: unseen,
    lastAck: unseen,
    lastEnd: unseen,
    lastWindow: unseen,
    ignoredSyn: undefined,
    challengeExpected: false,
    simultaneousOpen: false,
    retransmissions: 0,
  };
  return undefined;
}

/** The flags that a packet without flags is taken to have. */
function ordinaryFlags(state: TcpState, isReply: boolean): number {
  if (state === "NONE") return SYN;
  return state === "SYN_SENT" && isReply ? SYN | ACK : ACK;
}

/** Takes one segment of a connection that `beginTcp` began. */
export function passTcp(
  connection: Connection,
  tracking: TcpTracking,
  packet: Packet,
  isReply: boolean,
  timeouts: Timeouts,
  now: number,
): TcpVerdict {
  const old = tracking.state;
  const flags = packet.tcpFlags ?? ordinaryFlags(old, isReply);
  if (!areValidFlags(flags)) return { invalid: "its TCP flags are a combination that no TCP sends" };
  const kind = segmentKind(flags);
  const segment: Segment = { connection, tracking, packet, flags, kind, isReply, timeouts, now };
  const next = transition(old, isReply, kind);
  if (next === "invalid")
    return { invalid: `no ${kind.toUpperCase()} belongs here while the connection is ${old}` };
  if (next === "ignore") return ignoreOrJoin(segment);
  if (next === "SYN_SENT" && (old === "TIME_WAIT" || old === "CLOSE")) {
    const wasClosed = tracking.seen[0].closedFirst || tracking.seen[1].closedFirst;
    const wasReset = tracking.lastKind === "rst" && tracking.lastReply === isReply;
    return wasClosed || wasReset ? "reopen" : ignoreOrJoin(segment);
  }
  if (next === "TIME_WAIT" && old === "LAST_ACK" && isChallenge(segment)) {
    tracking.challengeExpected = false;
    return "accept";
  }
  if (next === "SYN_SENT2") tracking.simultaneousOpen = true;
  if (next === "SYN_RECV" && isReply && kind === "ack" && tracking.simultaneousOpen)
    return inWindow(segment, old, "ESTABLISHED");
  if (next === "CLOSE" && kind === "rst") {
    const reset = judgeReset(segment);
    if (reset === "invalid") return { invalid: "a RST before what was acknowledged already" };
    if (reset === "challenge") return inWindow(segment, old, old);
    if (reset === "skip-window") return settle(segment, old, next);
  }
  return inWindow(segment, old, next);
}

/** A segment that may show that both ends are in step while we are not: it passes. */
function ignoreOrJoin(segment: Segment): TcpVerdict {
  if (answersIgnoredSyn(segment)) {
    getInStep(segment);
    return inWindow(segment, "SYN_SENT", "SYN_RECV");
  }
  noteIgnored(segment);
  return "accept";
}

function inWindow(segment: Segment, old: TcpState, state: TcpState): TcpVerdict {
  const { tracking, packet, flags, kind, isReply } = segment;
  if (packet.tcp === undefined) {
    // From here on the numbers of this connection have a gap.
    tracking.seen[0].liberal = true;
    tracking.seen[1].liberal = true;
    return settle(segment, old, state);
  }
  const verdict = checkWindow(tracking, isReply, kind, packet.tcp, flags);
  if (verdict === "ignore") return "accept";
  if (verdict === "in") return settle(segment, old, state);
  shorten(segment);
  return { invalid: "its sequence or acknowledgment number is out of the window" };
}

/** After a FIN or RST out of the window both ways, an established connection is not remembered for days. */
function shorten({ connection, tracking, kind, isReply, timeouts, now }: Segment): void {
  if (!connection.assured || (kind !== "rst" && kind !== "fin")) return;
  if (tracking.lastReply === isReply || (tracking.lastKind !== "fin" && tracking.lastKind !== "rst")) {
    tracking.lastKind = kind;
    tracking.lastReply = isReply;
  } else if (connection.expires - now > Math.max(120, timeouts.tcpUnacknowledged)) {
    connection.refresh(timeouts.tcpUnacknowledged, now);
  }
}

/** The segment counts: the new state, and how long the connection is remembered now. */
function settle(segment: Segment, old: TcpState, state: TcpState): TcpVerdict {
  const { connection, tracking, flags, kind, isReply, timeouts, now } = segment;
  tracking.lastKind = kind;
  tracking.lastReply = isReply;
  tracking.state = state;
  if (state !== old && state === "FIN_WAIT") tracking.seen[isReply ? 1 : 0].closedFirst = true;
  let timeout = timeoutOf(tracking, kind, state, timeouts);
  if (!connection.seenReply) {
    // Refused before there ever was a reply: nothing to remember.
    if ((flags & RST) !== 0) return "kill";
    // A repeated SYN does not prolong the wait, or a busy client would keep a dead entry for ever.
    if (kind === "syn" && old === "SYN_SENT") return "accept";
    if (state === "ESTABLISHED") timeout = Math.min(timeout, timeouts.tcpUnacknowledged);
  } else if (state === "ESTABLISHED" && (old === "SYN_RECV" || old === "ESTABLISHED")) {
    connection.gain("assured");
  }
  connection.refresh(timeout, now);
  return "accept";
}

function timeoutOf(tracking: TcpTracking, kind: SegmentKind, state: TcpState, timeouts: Timeouts): number {
  const usual = timeouts[stateTimeouts[state]];
  if (tracking.retransmissions >= mostRetransmissions && usual > timeouts.tcpMaxRetransmission)
    return timeouts.tcpMaxRetransmission;
  if (kind === "rst") return timeouts.tcpClose;
  if (
    (tracking.seen[0].unacknowledged || tracking.seen[1].unacknowledged) &&
    usual > timeouts.tcpUnacknowledged
  )
    return timeouts.tcpUnacknowledged;
  if (tracking.lastWindow === 0 && usual > timeouts.tcpMaxRetransmission)
    return timeouts.tcpMaxRetransmission;
  return usual;
}
