// The end of TCP connections in the table: which are closing, which may make way for new ones, and closing one by order.
import type { Connection } from "./connection.ts";
import { before as isBefore } from "./tcp-window.ts";
import type { Timeouts } from "./timeouts.ts";

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
