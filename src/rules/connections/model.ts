// What the connection table hands out: a packet's place among the tracked connections, and the table's rows. Types
// only; the table itself is table.ts.
import type { AddressValue, NumberValue } from "../../packet/packet.ts";
import type { ConnectionState, ConnectionStatus } from "../match.ts";
import type { Connection } from "./connection.ts";

export type Direction = "original" | "reply";

/** What tracking says of one packet. */
export interface Tracked {
  readonly state: ConnectionState;
  /** Absent for `invalid` and `untracked` packets, which belong to no connection. */
  readonly connection?: Connection;
  readonly direction: Direction;
  /** The table is full and nothing in it may go: the kernel drops the packet here, before any rule sees it. */
  readonly refused?: true;
  /** Why a packet is `invalid`, in words. */
  readonly why?: string;
}

/** A tracked connection as `conntrack -L` lists it: who began it, what replies look like, and how it stands. */
export interface ConnectionEntry {
  readonly protocol: NumberValue;
  readonly source: AddressValue;
  readonly sourcePort?: NumberValue;
  readonly destination: AddressValue;
  readonly destinationPort?: NumberValue;
  readonly icmpType?: NumberValue;
  readonly icmpCode?: NumberValue;
  readonly icmpId?: number;
  /** The tuple that replies are expected with; differs from the mirrored original where addresses are translated. */
  readonly reply: {
    readonly source: AddressValue;
    readonly sourcePort?: NumberValue;
    readonly destination: AddressValue;
    readonly destinationPort?: NumberValue;
  };
  /** The protocol's own state: `SYN_SENT`, `ESTABLISHED` …; absent where the protocol has none (UDP, ICMP, others). */
  readonly state?: string;
  /** Seconds since its first packet, and until it is forgotten if no packet comes. */
  readonly age: number;
  readonly expiresIn: number;
  /** Both directions together, and each for itself. */
  readonly packets: number;
  readonly bytes: number;
  readonly original: { readonly packets: number; readonly bytes: number };
  readonly replies: { readonly packets: number; readonly bytes: number };
  readonly mark: number | undefined;
  readonly assured: boolean;
  readonly seenReply: boolean;
  readonly status: readonly ConnectionStatus[];
}

/** What the table did since it was made. */
export interface ConnectionCounters {
  /** Connections that entered the table. */
  readonly confirmed: number;
  /** Forgotten because their time ran out. */
  readonly expired: number;
  /** Half-open connections that went so that a new one could come (early drop). */
  readonly evicted: number;
  /** Packets dropped because the table was full of assured connections. */
  readonly refused: number;
  /** Connections not entered because another one had taken a tuple of theirs. */
  readonly clashed: number;
  readonly invalid: number;
}
