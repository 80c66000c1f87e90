// One tracked connection: its two tuples, how it stands, how long it is remembered. Its protocol's own rules stand in
// tcp.ts and protocols.ts, its place among others in table.ts.
import type { ConnectionStatus } from "../match.ts";
import type { ConnectionView } from "../view.ts";
import type { Direction } from "./model.ts";
import type { TcpTracking } from "./tcp-state.ts";
import type { Tuple } from "./tuple.ts";

const statusBits: Readonly<Record<ConnectionStatus, number>> = {
  expected: 1,
  "seen-reply": 2,
  assured: 4,
  confirmed: 8,
  snat: 16,
  dnat: 32,
};
const statusNames = ["expected", "seen-reply", "assured", "confirmed", "snat", "dnat"] as const;
const statusSets: ReadonlySet<ConnectionStatus>[] = [];

function statusSet(bits: number): ReadonlySet<ConnectionStatus> {
  return (statusSets[bits] ??= new Set(statusNames.filter((name) => (bits & statusBits[name]) !== 0)));
}

export class Connection {
  readonly original: Tuple;
  readonly began: number;
  #status = 0;
  /** Seconds until it is forgotten, from its last packet; and the moment that this comes to. */
  timeout = 0;
  expires = 0;
  /** In the table; and no longer in it. */
  confirmed = false;
  gone = false;
  /** The connection's mark (CONNMARK); undefined where a rule that can't be known may have set it. */
  mark: number | undefined = 0;
  /** How its first packet passed here, for a place whose own addresses nobody told: replies go the other way round. */
  way: "input" | "forward" | "output" | undefined;
  tcp: TcpTracking | undefined;
  /** From when on UDP traffic both ways counts as a stream. */
  streamFrom = 0;
  /** Whether source and destination were bound (translated, or bound to what they are), which happens once. */
  sourceBound = false;
  destinationBound = false;
  originalPackets = 0;
  originalBytes = 0;
  replyPackets = 0;
  replyBytes = 0;
  /** The connection with a direction, made once: what finding it by a tuple gives. */
  readonly found: {
    readonly original: { readonly connection: Connection; readonly direction: "original" };
    readonly reply: { readonly connection: Connection; readonly direction: "reply" };
  };
  #reply: Tuple;
  #views: { original?: ConnectionView; reply?: ConnectionView } = {};

  constructor(original: Tuple, reply: Tuple, now: number) {
    this.original = original;
    this.#reply = reply;
    this.began = now;
    this.found = {
      original: { connection: this, direction: "original" },
      reply: { connection: this, direction: "reply" },
    };
  }

  get reply(): Tuple {
    return this.#reply;
  }

  /** What it has gained so far. One set for all connections that stand alike. */
  get status(): ReadonlySet<ConnectionStatus> {
    return statusSet(this.#status);
  }

  gain(status: ConnectionStatus): void {
    this.#status |= statusBits[status];
  }

  get seenReply(): boolean {
    return (this.#status & statusBits["seen-reply"]) !== 0;
  }

  get assured(): boolean {
    return (this.#status & statusBits.assured) !== 0;
  }

  /** Sets the tuple that replies are expected with: address translation. Only before the connection is confirmed. */
  expectReply(reply: Tuple): void {
    this.#reply = reply;
  }

  tuple(direction: Direction): Tuple {
    return direction === "original" ? this.original : this.#reply;
  }

  /** What rules see of it, for a packet of that direction. */
  view(direction: Direction): ConnectionView {
    const made = this.#views[direction];
    if (made !== undefined) return made;
    const view = new DirectedView(this, direction);
    this.#views[direction] = view;
    return view;
  }

  count(direction: Direction, bytes: number): void {
    if (direction === "original") {
      this.originalPackets += 1;
      this.originalBytes += bytes;
    } else {
      this.replyPackets += 1;
      this.replyBytes += bytes;
    }
  }

  /** Remembers it for so many seconds from now. */
  refresh(seconds: number, now: number): void {
    this.timeout = seconds;
    this.expires = now + seconds;
  }
}

class DirectedView implements ConnectionView {
  readonly direction: Direction;
  readonly #connection: Connection;

  constructor(connection: Connection, direction: Direction) {
    this.#connection = connection;
    this.direction = direction;
  }

  get status(): ReadonlySet<ConnectionStatus> {
    return this.#connection.status;
  }

  get original(): Tuple {
    return this.#connection.original;
  }

  get reply(): Tuple {
    return this.#connection.reply;
  }
}
