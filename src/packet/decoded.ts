// What comes out of decoding: a packet with what the link layer told about it, or the reason why there is none.
// Types only; decode.ts fills them.
import type { Packet } from "./packet.ts";

export interface DecodedPacket {
  readonly kind: "packet";
  readonly packet: Packet;
  /** Linux cooked captures say whether the host received or sent it. */
  readonly direction?: "in" | "out";
  /** The capturing host's index of the interface (cooked capture, version 2). */
  readonly interfaceIndex?: number;
  /** Which datagram it is a fragment of, and what part. */
  readonly fragmentOf?: FragmentPlace;
  /** What is missing or malformed in it: fields behind that place are absent from the packet. */
  readonly incomplete?: string;
}

/** A fragment's place in its datagram (RFC 791, RFC 8200 section 4.5): offset in bytes. */
export interface FragmentPlace {
  readonly identification: number;
  readonly offset: number;
  readonly more: boolean;
}

export interface Undecodable {
  readonly kind: "undecodable";
  readonly why: string;
}

export type Decoded = DecodedPacket | Undecodable;

export function undecodable(why: string): Undecodable {
  return { kind: "undecodable", why };
}

/** A packet while its headers are being read. */
export type Draft = { -readonly [K in keyof Packet]: Packet[K] };
