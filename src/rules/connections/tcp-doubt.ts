// TCP segments that are not simply believed: SYNs on a living connection, what answers them, resets, and challenge ACKs
// (RFC 5961). Someone in the middle can't know which end is right, and lets the ends settle it.
import type { Packet } from "../../packet/packet.ts";
import type { Connection } from "./connection.ts";
import { isClosing } from "./tcp-ending.ts";
import { unseenSide, type SegmentKind, type TcpTracking } from "./tcp-state.ts";
import { before as isBefore, segmentEnd } from "./tcp-window.ts";
import type { Timeouts } from "./timeouts.ts";

/** One segment, as the tracker looks at it. */
export interface Segment {
  readonly connection: Connection;
  readonly tracking: TcpTracking;
  readonly packet: Packet;
  readonly flags: number;
  readonly kind: SegmentKind;
  readonly isReply: boolean;
  readonly timeouts: Timeouts;
  readonly now: number;
}

/** An ACK after a SYN that was let through while closing: a challenge, not the last ACK. */
export function isChallenge({ tracking, kind, isReply }: Segment): boolean {
  return (
    kind === "ack" &&
    tracking.lastReply !== isReply &&
    tracking.lastKind === "syn" &&
    tracking.challengeExpected
  );
}

/** Whether a SYN+ACK answers a SYN that was let through unbelieved: then both ends are in step, and we were not. */
export function answersIgnoredSyn({ tracking, kind, isReply, packet }: Segment): boolean {
  return (
    kind === "syn-ack" &&
    tracking.lastKind === "syn" &&
    tracking.lastReply !== isReply &&
    (packet.tcp === undefined || packet.tcp.acknowledgment === tracking.lastEnd)
  );
}

/** Takes the word of the SYN that was let through, as if the connection had begun with it. */
export function getInStep({ tracking, isReply }: Segment): void {
  const opener = tracking.seen[tracking.lastReply ? 1 : 0];
  const answerer = tracking.seen[isReply ? 1 : 0];
  const { ignoredSyn, lastEnd } = tracking;
  opener.liberal = ignoredSyn?.liberal ?? true;
  if (lastEnd !== undefined) {
    opener.end = lastEnd;
    opener.maxEnd = lastEnd;
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
}

/** Notes a segment that passes without being believed, for what may answer it. */
export function noteIgnored({ tracking, packet, flags, kind, isReply }: Segment): void {
  const header = packet.tcp;
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
}

export type ResetVerdict = "check-window" | "skip-window" | "challenge" | "invalid";

/** Whether a RST is believed: an exact one closes, one somewhere in the window may only provoke a challenge ACK. */
export function judgeReset({ connection, tracking, packet, isReply }: Segment): ResetVerdict {
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
  // A RST that answers a SYN or ACK which was let through unbelieved may acknowledge what we ignored. That a SYN must
  // be the other end's is newer than most published copies of the source; Linux 6.18 behaves so.
  const answersSyn = connection.seenReply && tracking.lastKind === "syn" && tracking.lastReply !== isReply;
  const answersAck = !connection.assured && tracking.lastKind === "ack";
  const answersIgnored = (answersSyn || answersAck) && header.acknowledgment === tracking.lastEnd;
  if (answersIgnored) return "skip-window";
  const answersChallenge =
    state === "SYN_SENT" &&
    tracking.lastKind === "ack" &&
    tracking.lastReply &&
    header.sequence === tracking.lastAck;
  if (answersChallenge) return "skip-window";
  return challenge ? "challenge" : "check-window";
}
