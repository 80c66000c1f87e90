// The connection table: netfilter's connection tracking as an object of its own. A packet is first tracked (what is
// it?), and its connection enters the table once the packet has left the last hook (confirm); a dropped packet leaves
// none. It knows no rule and no hook. Time is a number of seconds that the caller gives and that never runs backwards.
import type { Packet } from "../../packet/packet.ts";
import { ICMP, ICMPV6 } from "../../packet/protocol.ts";
import { ByTuple, type Found } from "./by-tuple.ts";
import { Connection } from "./connection.ts";
import { entryOf } from "./entries.ts";
import type { ConnectionCounters, ConnectionEntry, Tracked } from "./model.ts";
import { begin, pass } from "./protocols.ts";
import { invalid, isUntrackedByNature, trackError, untracked } from "./related.ts";
import { closeTcp, isClosing, mayMakeWay } from "./tcp-ending.ts";
import { defaultTimeouts, type Timeouts } from "./timeouts.ts";
import { covers, inverted, isOpen, sameTuple, tupleHash, tupleOf, type Tuple } from "./tuple.ts";

export type { ConnectionCounters, ConnectionEntry, Direction, Tracked } from "./model.ts";

export interface TableOptions {
  /** The most connections that it holds (nf_conntrack_max); 65536 if absent. */
  readonly bound?: number;
  readonly timeouts?: Partial<Timeouts>;
  /** Whether an ACK of no known connection picks one up (nf_conntrack_tcp_loose); yes if absent. */
  readonly looseTcp?: boolean;
  /**
   * Where the kernel draws a translated port by lot, out of first … last: the port to try before any other, as it was
   * seen on the wire. Absent: the first free one.
   */
  readonly drawPort?: (first: number, last: number) => number | undefined;
}

/** How many entries are looked over, for such as have run out, whenever one is added. */
const sweptAtOnce = 4;

/**
 * Connections of one place.
 *
 * @example
 * const table = new ConnectionTable();
 * const tracked = table.track(syn, 0); // { state: "new", … }
 * table.confirm(tracked, 0);
 * table.track(synAck, 0.1).state; // "established"
 */
export class ConnectionTable {
  readonly #bound: number;
  readonly #timeouts: Timeouts;
  readonly #looseTcp: boolean;
  readonly #drawPort: TableOptions["drawPort"];
  readonly #byTuple = new ByTuple();
  readonly #connections = new Set<Connection>();
  /** Those that are not assured, oldest first: they go first when the table is full. */
  readonly #halfOpen = new Set<Connection>();
  /** Those that a question with open fields made; few. */
  readonly #open = new Set<Connection>();
  /** Translated sources, by their first tuple's source: the same source keeps its translation. */
  readonly #bySource = new Map<number, Connection[]>();
  readonly #counters = { confirmed: 0, expired: 0, evicted: 0, refused: 0, clashed: 0, invalid: 0 };
  #sweep: Iterator<Connection> | undefined;
  #sweptWholeAt = -Infinity;

  constructor(options: TableOptions = {}) {
    this.#bound = options.bound ?? 65_536;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#looseTcp = options.looseTcp ?? true;
    this.#drawPort = options.drawPort;
  }

  get counters(): ConnectionCounters {
    return { ...this.#counters };
  }

  /** Says what a packet is to the table. A known connection's state and time go on; a new one is not in the table yet. */
  track(packet: Packet, now: number): Tracked {
    if (packet.fragment === "later")
      return this.#invalid(invalid("it is a fragment without its transport header"));
    if (packet.protocol === ICMP || packet.protocol === ICMPV6) {
      if (isUntrackedByNature(packet)) return untracked;
      const error = trackError(packet, (tuple) => this.#find(tuple, now));
      if (error !== undefined) return error.state === "invalid" ? this.#invalid(error) : error;
    }
    const tuple = tupleOf(packet);
    const found = this.#find(tuple, now);
    if (found === undefined) return this.#begin(packet, tuple, now);
    const { connection, direction } = found;
    const verdict = pass(connection, packet, direction, this.#timeouts, now);
    if (verdict === "reopen") {
      this.#remove(connection);
      return this.#begin(packet, tuple, now);
    }
    if (typeof verdict === "object") return this.#invalid(invalid(verdict.invalid));
    if (verdict === "kill") this.#remove(connection);
    connection.count(direction, packet.length ?? 0);
    if (direction === "reply") connection.gain("seen-reply");
    if (connection.assured) this.#halfOpen.delete(connection);
    const state = direction === "reply" || connection.seenReply ? "established" : "new";
    return { state, connection, direction };
  }

  /** As `track`, but the packet is taken to begin a connection whatever the table holds: for questions that say so. */
  trackAsNew(packet: Packet, now: number): Tracked {
    const tuple = tupleOf(packet);
    return this.#begin(packet, tuple, now);
  }

  /** What a packet becomes that a rule exempts from tracking (NOTRACK). */
  untracked(): Tracked {
    return untracked;
  }

  /**
   * Enters a new packet's connection, after the last hook let it pass. Nothing to do for any other packet.
   * False: another connection has one of its tuples by now, and the kernel drops the packet.
   */
  confirm(tracked: Tracked, now: number): boolean {
    const { connection } = tracked;
    if (connection === undefined || connection.confirmed || connection.gone) return true;
    this.#sweepSome(sweptAtOnce, now);
    if (
      this.#alive(connection.original, now) !== undefined ||
      this.#alive(connection.reply, now) !== undefined
    ) {
      this.#counters.clashed += 1;
      this.#remove(connection);
      return false;
    }
    this.#byTuple.add(connection);
    this.#connections.add(connection);
    if (!connection.assured) this.#halfOpen.add(connection);
    if (isOpen(connection.original) || isOpen(connection.reply)) this.#open.add(connection);
    if (connection.status.has("snat")) this.#noteSource(connection);
    connection.confirmed = true;
    connection.gain("confirmed");
    connection.refresh(connection.timeout, now);
    this.#counters.confirmed += 1;
    return true;
  }

  /** A rule refused the packet with a TCP reset: the connection, if it stands, is over. */
  close(tracked: Tracked, now: number): void {
    if (tracked.connection !== undefined) closeTcp(tracked.connection, this.#timeouts, now);
  }

  /** Forgets a connection before its time (`conntrack -D`). */
  forget(connection: Connection): void {
    this.#remove(connection);
  }

  /** The connection that has this tuple, in either direction. The packet itself is not counted. */
  find(packet: Packet, now: number): Found | undefined {
    const tuple = tupleOf(packet);
    return this.#find(tuple, now);
  }

  /** Whether a living connection other than this one has the reply tuple: address translation must choose another. */
  isTaken(reply: Tuple, besides: Connection, now: number): boolean {
    const other = this.#alive(reply, now)?.connection;
    return other !== undefined && other !== besides && !sameTuple(other.original, besides.original);
  }

  /** Forgets the connection that has the reply tuple, if it is over and the new one is sure to outlive it. */
  evictFor(reply: Tuple, newer: Connection, now: number): boolean {
    const other = this.#alive(reply, now);
    if (other?.direction !== "reply" || !mayMakeWay(other.connection, newer)) return false;
    this.#remove(other.connection);
    return true;
  }

  /** The port that a lot falls on, if that is known. */
  drawPort(first: number, last: number): number | undefined {
    return this.#drawPort?.(first, last);
  }

  /** Connections whose source, the same as this tuple's, was translated; the latest first. */
  withSource(original: Tuple): readonly Connection[] {
    const known = this.#bySource.get(sourceKey(original)) ?? [];
    return known.filter((other) => sameTuple(sourceOf(other.original), sourceOf(original)));
  }

  /** How many connections it holds. */
  size(now: number): number {
    this.#sweepWhole(now);
    return this.#connections.size;
  }

  /** The table, oldest connection first. */
  entries(now: number): ConnectionEntry[] {
    this.#sweepWhole(now);
    return [...this.#connections].map((connection) => entryOf(connection, now));
  }

  #begin(packet: Packet, tuple: Tuple, now: number): Tracked {
    const reply = inverted(tuple);
    if (reply === undefined)
      return this.#invalid(invalid("it is an ICMP message that is neither question nor answer"));
    if (this.#connections.size >= this.#bound && !this.#makeRoom(now)) {
      this.#counters.refused += 1;
      return { state: "new", direction: "original", refused: true };
    }
    const connection = new Connection(tuple, reply, now);
    const refusal = begin(connection, packet, now, this.#looseTcp);
    if (refusal !== undefined) return this.#invalid(invalid(refusal.invalid));
    const verdict = pass(connection, packet, "original", this.#timeouts, now);
    if (typeof verdict === "object") return this.#invalid(invalid(verdict.invalid));
    connection.count("original", packet.length ?? 0);
    return { state: "new", connection, direction: "original" };
  }

  #invalid(tracked: Tracked): Tracked {
    this.#counters.invalid += 1;
    return tracked;
  }

  #find(tuple: Tuple, now: number): Found | undefined {
    const found = this.#alive(tuple, now);
    if (found !== undefined) return found;
    for (const open of this.#open) {
      if (this.#isOver(open, now)) continue;
      if (covers(open.original, tuple)) return open.found.original;
      if (covers(open.reply, tuple)) return open.found.reply;
    }
    return undefined;
  }

  #alive(tuple: Tuple, now: number): Found | undefined {
    const found = this.#byTuple.find(tuple);
    return found === undefined || this.#isOver(found.connection, now) ? undefined : found;
  }

  #isOver(connection: Connection, now: number): boolean {
    if (now < connection.expires) return false;
    this.#counters.expired += 1;
    this.#remove(connection);
    return true;
  }

  #remove(connection: Connection): void {
    connection.gone = true;
    if (!connection.confirmed) return;
    if (connection.status.has("snat")) this.#forgetSource(connection);
    this.#byTuple.remove(connection);
    this.#connections.delete(connection);
    this.#halfOpen.delete(connection);
    this.#open.delete(connection);
  }

  /** So that the same source is translated alike. */
  #noteSource(connection: Connection): void {
    const key = sourceKey(connection.original);
    const known = this.#bySource.get(key);
    if (known === undefined) this.#bySource.set(key, [connection]);
    else known.unshift(connection);
  }

  #forgetSource(connection: Connection): void {
    const key = sourceKey(connection.original);
    const left = this.#bySource.get(key)?.filter((other) => other !== connection) ?? [];
    if (left.length === 0) this.#bySource.delete(key);
    else this.#bySource.set(key, left);
  }

  /**
   * The kernel's early drop: a half-open connection goes, the oldest first. Where all are assured, those that are
   * closing go (gc_worker_can_early_drop), which is looked for once a second. False: nothing may go.
   */
  #makeRoom(now: number): boolean {
    const pressed = now - this.#sweptWholeAt >= 1;
    if (pressed) this.#sweepWhole(now);
    if (this.#connections.size < this.#bound) return true;
    for (const oldest of this.#halfOpen) {
      this.#evict(oldest);
      return true;
    }
    if (pressed)
      for (const connection of this.#connections) if (isClosing(connection)) this.#evict(connection);
    return this.#connections.size < this.#bound;
  }

  #evict(connection: Connection): void {
    this.#counters.evicted += 1;
    this.#remove(connection);
  }

  #sweepSome(most: number, now: number): void {
    for (let swept = 0; swept < most; swept += 1) {
      this.#sweep ??= this.#connections.values();
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = undefined;
        return;
      }
      this.#isOver(next.value, now);
    }
  }

  #sweepWhole(now: number): void {
    this.#sweptWholeAt = now;
    for (const connection of this.#connections) this.#isOver(connection, now);
  }
}

/** Protocol, address, and port or identifier; not ICMP's type and code, which the kernel does not compare here. */
function sourceKey(tuple: Tuple): number {
  return tupleHash(sourceOf(tuple));
}

function sourceOf({ family, protocol, source, sourcePort, icmpId }: Tuple): Tuple {
  const end = sourcePort ?? icmpId ?? 0;
  return { family, protocol, source, destination: source, sourcePort: end, destinationPort: end };
}
