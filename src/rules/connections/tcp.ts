// TCP in the connection table: which segments begin a connection, what each makes of its state, which are invalid, how
// long it is remembered. It follows nf_conntrack_tcp_packet (Linux 6). Where a packet shows no flags, the ordinary
// segment of that moment is taken (SYN, SYN+ACK, ACK); where it shows no sequence numbers, the window is not checked.
import { ACK, RST, SYN, type Packet } from "../../packet/packet.ts";
import type { Connection } from "./connection.ts";
import {
  areValidFlags,
  segmentKind,
  transition,
  unseenSide,
  type SegmentKind,
  type TcpState,
  type TcpTracking,
} from "./tcp-state.ts";
import { before as isBefore, checkWindow, segmentEnd, takeOptions } from "./tcp-window.ts";
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
  const next = transition(old, isReply, kind);
  if (next === "invalid")
    return { invalid: `no ${kind.toUpperCase()} belongs here while the connection is ${old}` };
  if (next === "SYN_SENT" && (old === "TIME_WAIT" || old === "CLOSE")) {
    const wasClosed = tracking.seen[0].closedFirst || tracking.seen[1].closedFirst;
    const wasReset = tracking.lastKind === "rst" && tracking.lastReply === isReply;
    return wasClosed || wasReset
      ? "reopen"
      : ignoreOrJoin(connection, tracking, packet, flags, kind, isReply, timeouts, now);
  }
  if (next === "ignore")
    return ignoreOrJoin(connection, tracking, packet, flags, kind, isReply, timeouts, now);
  let state: TcpState = next;
  if (next === "TIME_WAIT" && old === "LAST_ACK" && isChallenge(tracking, kind, isReply)) {
    tracking.challengeExpected = false;
    return "accept";
  }
  if (next === "SYN_SENT2") tracking.simultaneousOpen = true;
  if (next === "SYN_RECV" && isReply && kind === "ack" && tracking.simultaneousOpen) state = "ESTABLISHED";
  if (next === "CLOSE" && kind === "rst") {
    const reset = judgeReset(connection, tracking, packet, isReply);
    if (reset === "invalid") return { invalid: "a RST before what was acknowledged already" };
    if (reset === "challenge") state = old;
    if (reset === "skip-window")
      return settle(connection, tracking, flags, kind, isReply, old, state, timeouts, now);
  }
  return inWindow(connection, tracking, packet, flags, kind, isReply, old, state, timeouts, now);
}

function inWindow(
  connection: Connection,
  tracking: TcpTracking,
  packet: Packet,
  flags: number,
  kind: SegmentKind,
  isReply: boolean,
  old: TcpState,
  state: TcpState,
  timeouts: Timeouts,
  now: number,
): TcpVerdict {
  if (packet.tcp === undefined) {
    // From here on the numbers of this connection have a gap.
    tracking.seen[0].liberal = true;
    tracking.seen[1].liberal = true;
  } else {
    const verdict = checkWindow(tracking, isReply, kind, packet.tcp, flags);
    if (verdict === "ignore") return "accept";
    if (verdict === "out") {
      shorten(connection, tracking, kind, isReply, timeouts, now);
      return { invalid: "its sequence or acknowledgment number is out of the window" };
    }
  }
  return settle(connection, tracking, flags, kind, isReply, old, state, timeouts, now);
}

/** An ACK after a SYN that was let through while closing: an RFC 5961 challenge, not the last ACK. */
function isChallenge(tracking: TcpTracking, kind: SegmentKind, isReply: boolean): boolean {
  return (
    kind === "ack" &&
    tracking.lastReply !== isReply &&
    tracking.lastKind === "syn" &&
    tracking.challengeExpected
  );
}

/**
 * A segment that may show that both ends are in step while we are not: it passes, and is noted. If it answers a SYN
 * that was let through so before, we take that SYN's word and go on from there.
 */
function ignoreOrJoin(
  connection: Connection,
  tracking: TcpTracking,
  packet: Packet,
  flags: number,
  kind: SegmentKind,
  isReply: boolean,
  timeouts: Timeouts,
  now: number,
): TcpVerdict {
  const header = packet.tcp;
  const answersIgnored =
    kind === "syn-ack" &&
    tracking.lastKind === "syn" &&
    tracking.lastReply !== isReply &&
    (header === undefined || header.acknowledgment === tracking.lastEnd);
  if (answersIgnored) {
    const opener = tracking.seen[tracking.lastReply ? 1 : 0];
    const answerer = tracking.seen[isReply ? 1 : 0];
    const { ignoredSyn } = tracking;
    opener.liberal = ignoredSyn?.liberal ?? true;
    if (tracking.lastEnd !== undefined) {
      opener.end = tracking.lastEnd;
      opener.maxEnd = tracking.lastEnd;
      opener.maxWindow = Math.max(tracking.lastWindow ?? 1, 1);
    }
    opener.scale = ignoredSyn?.scale ?? 0;
    opener.scales = ignoredSyn?.scales ?? false;
    opener.sackPermitted = ignoredSyn?.sackPermitted ?? false;
    opener.closedFirst = false;
    opener.maxAck = undefined;
    opener.unacknowledged = false;
    tracking.challengeExpected = false;
    Object.assign(answerer, unseenSide(answerer.liberal || opener.liberal));
    return inWindow(
      connection,
      tracking,
      packet,
      flags,
      kind,
      isReply,
      "SYN_SENT",
      "SYN_RECV",
      timeouts,
      now,
    );
  }
  tracking.lastKind = kind;
  tracking.lastReply = isReply;
  tracking.lastSequence = header?.sequence;
  tracking.lastEnd = header === undefined ? undefined : segmentEnd(header, flags);
  tracking.lastWindow = header?.window;
  if (kind === "syn" && !isReply) {
    const options = header?.options;
    tracking.ignoredSyn = {
      scale: Math.min(options?.windowScale ?? 0, 14),
      scales: options?.windowScale !== undefined,
      sackPermitted: options?.sackPermitted === true,
      liberal: options === undefined,
    };
    tracking.challengeExpected = tracking.state === "LAST_ACK";
  }
  if (tracking.state === "SYN_SENT" && kind === "ack" && isReply) tracking.lastAck = header?.acknowledgment;
  return "accept";
}

/** A connection that is closing may go early where room is needed (tcp_can_early_drop). */
export function isClosing(connection: Connection): boolean {
  const state = connection.tcp?.state;
  return (
    state === "FIN_WAIT" ||
    state === "CLOSE_WAIT" ||
    state === "LAST_ACK" ||
    state === "TIME_WAIT" ||
    state === "CLOSE"
  );
}

type ResetVerdict = "check-window" | "skip-window" | "challenge" | "invalid";

/** Whether a RST is believed: an exact one closes, one somewhere in the window may only provoke a challenge ACK. */
function judgeReset(
  connection: Connection,
  tracking: TcpTracking,
  packet: Packet,
  isReply: boolean,
): ResetVerdict {
  const { state } = tracking;
  if (isClosing(connection)) return "skip-window";
  const header = packet.tcp;
  if (header === undefined) return "check-window";
  let challenge = false;
  const { maxAck } = tracking.seen[isReply ? 0 : 1];
  if (maxAck !== undefined && tracking.lastKind !== "syn") {
    const { sequence } = header;
    const established = state === "ESTABLISHED" && connection.assured;
    if (sequence === 0 && !established) return "check-window";
    if (isBefore(sequence, maxAck)) return "invalid";
    if (!established || sequence === maxAck) return "check-window";
    if (tracking.lastKind === "ack" && tracking.lastReply === isReply && sequence === tracking.lastEnd)
      return "check-window";
    challenge = true;
  }
  // A RST that answers a SYN or ACK which was let through unbelieved may acknowledge what we ignored. That it must come
  // from the other end is newer than most published copies of the source; Linux 6.18 behaves so.
  const answersIgnored =
    tracking.lastReply !== isReply &&
    ((connection.seenReply && tracking.lastKind === "syn") ||
      (!connection.assured && tracking.lastKind === "ack")) &&
    header.acknowledgment === tracking.lastEnd;
  if (answersIgnored) return "skip-window";
  const answersChallenge =
    state === "SYN_SENT" &&
    tracking.lastKind === "ack" &&
    tracking.lastReply &&
    header.sequence === tracking.lastAck;
  if (answersChallenge) return "skip-window";
  return challenge ? "challenge" : "check-window";
}

/** After a FIN or RST out of the window both ways, an established connection is not remembered for days. */
function shorten(
  connection: Connection,
  tracking: TcpTracking,
  kind: SegmentKind,
  isReply: boolean,
  timeouts: Timeouts,
  now: number,
): void {
  if (!connection.assured || (kind !== "rst" && kind !== "fin")) return;
  if (tracking.lastReply === isReply || (tracking.lastKind !== "fin" && tracking.lastKind !== "rst")) {
    tracking.lastKind = kind;
    tracking.lastReply = isReply;
  } else if (connection.expires - now > Math.max(120, timeouts.tcpUnacknowledged)) {
    connection.refresh(timeouts.tcpUnacknowledged, now);
  }
}

/** The segment counts: the new state, and how long the connection is remembered now. */
function settle(
  connection: Connection,
  tracking: TcpTracking,
  flags: number,
  kind: SegmentKind,
  isReply: boolean,
  old: TcpState,
  state: TcpState,
  timeouts: Timeouts,
  now: number,
): TcpVerdict {
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
    connection.status.add("assured");
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

/** A rule refused a segment with a TCP reset: both ends are told that it is over (nf_conntrack_tcp_set_closing). */
export function closeTcp(connection: Connection, timeouts: Timeouts, now: number): void {
  const tracking = connection.tcp;
  if (tracking === undefined || !connection.confirmed || tracking.state === "CLOSE") return;
  tracking.state = "CLOSE";
  connection.refresh(timeouts.tcpClose, now);
}

/**
 * Whether a translated connection that is over may make way for a new one that needs its ports: the newcomer's SYN
 * must be ahead in sequence, so that the old one's late segments do not count (nf_nat_used_tuple_harder).
 */
export function mayMakeWay(old: Connection, newer: Connection): boolean {
  if (old.tcp === undefined || newer.tcp?.state !== "SYN_SENT" || !old.status.has("snat")) return false;
  const { state } = old.tcp;
  if (state !== "TIME_WAIT" && state !== "CLOSE" && state !== "SYN_SENT2") return false;
  const [before, after] = [old.tcp.seen[0], newer.tcp.seen[0]];
  return before.maxWindow === 0 || after.maxWindow === 0 || isBefore(before.end, after.end);
}
