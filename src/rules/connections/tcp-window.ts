// Whether a TCP segment lies in the window: sequence and acknowledgment numbers against what both ends have shown, as
// tcp_in_window of nf_conntrack_proto_tcp.c does (after van Rooij, “Real Stateful TCP Packet Filtering in IP Filter”).
// Where window scaling is not known, since nobody read the options, the check lets pass: `liberal`.
import { ACK, FIN, RST, SYN, type Packet } from "../../packet/packet.ts";
import type { SeenSide, SegmentKind, TcpTracking } from "./tcp-state.ts";

export type TcpHeader = NonNullable<Packet["tcp"]>;

/** `ignore`: the segment passes as part of the connection, but its state is left as it is. */
export type WindowVerdict = "in" | "ignore" | "out";

/** The kernel's MAXACKWINCONST: how far behind an acknowledgment may be. */
const leastAckWindow = 66_000;

/** Modulo 2^32: whether a lies before b. */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}
function after(a: number, b: number): boolean {
  return before(b, a);
}
function wrapped(value: number): number {
  return value >>> 0;
}

/** The sequence number after the segment; SYN and FIN count one each. */
export function segmentEnd(header: TcpHeader, flags: number): number {
  return wrapped(header.sequence + header.payloadBytes + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0));
}

/** Takes a SYN's options. */
export function takeOptions(side: SeenSide, header: TcpHeader): void {
  const { options } = header;
  if (options === undefined) {
    side.liberal = true;
    return;
  }
  side.scale = Math.min(options.windowScale ?? 0, 14);
  side.scales = options.windowScale !== undefined;
  side.sackPermitted = options.sackPermitted === true;
}

function beginSide(
  sender: SeenSide,
  receiver: SeenSide,
  header: TcpHeader,
  end: number,
  isReply: boolean,
): void {
  sender.end = end;
  sender.maxEnd = end;
  sender.maxWindow = Math.max(header.window, 1);
  takeOptions(sender, header);
  if (header.options === undefined) receiver.liberal = true;
  // Both ends must offer scaling, or neither scales (RFC 7323, section 2.2).
  if (isReply && !(sender.scales && receiver.scales)) {
    sender.scale = 0;
    receiver.scale = 0;
  }
}

/** Checks one segment, and takes from it what the next ones are measured by. */
export function checkWindow(
  tracking: TcpTracking,
  isReply: boolean,
  kind: SegmentKind,
  header: TcpHeader,
  flags: number,
): WindowVerdict {
  const sender = tracking.seen[isReply ? 1 : 0];
  const receiver = tracking.seen[isReply ? 0 : 1];
  let sequence = header.sequence;
  let ack = header.acknowledgment;
  let sack = receiver.sackPermitted ? highestAck(header) : ack;
  let end = segmentEnd(header, flags);
  const fresh =
    sender.maxWindow === 0
      ? beginOrJoin(sender, receiver, header, flags, end, sack, isReply)
      : reopen(tracking, sender, receiver, header, flags, end, isReply);
  if (fresh) return "in";
  if ((flags & ACK) === 0 || ((flags & RST) !== 0 && ack === 0)) {
    // No acknowledgment, or the zero that some stacks put into a RST: nothing to judge.
    ack = receiver.end;
    sack = ack;
  }
  if ((flags & RST) !== 0 && sequence === 0 && tracking.state === "SYN_SENT") {
    sequence = sender.end;
    end = sequence;
  }
  const verdict = judge(sender, receiver, sequence, end, sack);
  if (verdict !== "in") return sender.liberal ? "in" : verdict;
  update(tracking, sender, receiver, header, flags, { sequence, end, ack, sack }, isReply, kind);
  return "in";
}

function highestAck(header: TcpHeader): number {
  const sack = header.options?.sack;
  return sack !== undefined && after(sack, header.acknowledgment) ? sack : header.acknowledgment;
}

/** The first segment of this direction. True: accepted without a further check. */
function beginOrJoin(
  sender: SeenSide,
  receiver: SeenSide,
  header: TcpHeader,
  flags: number,
  end: number,
  sack: number,
  isReply: boolean,
): boolean {
  if ((flags & SYN) !== 0) {
    beginSide(sender, receiver, header, end, isReply);
    return (flags & ACK) === 0;
  }
  // Half-way into a connection: this segment is all there is to measure by.
  sender.end = end;
  sender.maxWindow = Math.max(header.window * 2 ** sender.scale, 1);
  sender.maxEnd = wrapped(end + sender.maxWindow);
  if (receiver.maxWindow === 0) {
    receiver.end = sack;
    receiver.maxEnd = sack;
  } else if (sack === wrapped(receiver.end + 1)) {
    receiver.end = wrapped(receiver.end + 1);
  }
  return false;
}

/** A SYN with later numbers begins this direction anew while the handshake is under way. */
function reopen(
  tracking: TcpTracking,
  sender: SeenSide,
  receiver: SeenSide,
  header: TcpHeader,
  flags: number,
  end: number,
  isReply: boolean,
): boolean {
  if ((flags & SYN) === 0 || !after(end, sender.end)) return false;
  if (tracking.state !== "SYN_SENT" && tracking.state !== "SYN_RECV") return false;
  beginSide(sender, receiver, header, end, isReply);
  return isReply && (flags & ACK) === 0;
}

function judge(
  sender: SeenSide,
  receiver: SeenSide,
  sequence: number,
  end: number,
  sack: number,
): WindowVerdict {
  const ackWindow = Math.max(sender.maxWindow, leastAckWindow);
  const ackIsRecent = after(sack, wrapped(receiver.end - ackWindow - 1));
  const ackIsKnown = before(sack, wrapped(receiver.end + 1));
  const endIsRecent = after(end, wrapped(sender.end - receiver.maxWindow - 1));
  if (!before(sequence, wrapped(sender.maxEnd + 1))) {
    const overshot = wrapped(end - sender.maxEnd + 1);
    if (
      receiver.maxWindow !== 0 &&
      endIsRecent &&
      ackIsRecent &&
      ackIsKnown &&
      overshot <= receiver.maxWindow
    ) {
      // A little more than the receiver had room for: if it passes, its acknowledgment must be believed.
      sender.end = end;
      sender.unacknowledged = true;
      return "ignore";
    }
    return "out";
  }
  if (!ackIsKnown) return "out";
  if (receiver.maxWindow !== 0 && !endIsRecent) return "ignore";
  return ackIsRecent ? "in" : "ignore";
}

function update(
  tracking: TcpTracking,
  sender: SeenSide,
  receiver: SeenSide,
  header: TcpHeader,
  flags: number,
  numbers: { readonly sequence: number; readonly end: number; readonly ack: number; readonly sack: number },
  isReply: boolean,
  kind: SegmentKind,
): void {
  const { sequence, end, ack, sack } = numbers;
  // A SYN's own window is never scaled (RFC 7323, section 2.2).
  const window = flags & SYN ? header.window : header.window * 2 ** sender.scale;
  sender.maxWindow = Math.max(sender.maxWindow, window + wrapped(sack - ack));
  if (after(end, sender.end)) {
    sender.end = end;
    sender.unacknowledged = true;
  }
  if ((flags & ACK) !== 0 && (sender.maxAck === undefined || after(ack, sender.maxAck))) sender.maxAck = ack;
  if (receiver.maxWindow !== 0 && after(end, sender.maxEnd))
    receiver.maxWindow += wrapped(end - sender.maxEnd);
  const mayEnd = wrapped(sack + window);
  if (after(mayEnd, wrapped(receiver.maxEnd - 1)))
    receiver.maxEnd = window === 0 ? wrapped(mayEnd + 1) : mayEnd;
  if (ack === receiver.end) receiver.unacknowledged = false;
  if (kind !== "ack") return;
  const again =
    tracking.lastReply === isReply &&
    tracking.lastSequence === sequence &&
    tracking.lastAck === ack &&
    tracking.lastEnd === end &&
    tracking.lastWindow === header.window;
  tracking.retransmissions = again ? tracking.retransmissions + 1 : 0;
  tracking.lastReply = isReply;
  tracking.lastSequence = sequence;
  tracking.lastAck = ack;
  tracking.lastEnd = end;
  tracking.lastWindow = header.window;
}
