// Packets as columns: what the classifier reads. One family a set of columns. Data only.
import type { Family } from "../../packet/address.ts";

/**
 * Packets, field by field. A column that is absent stands for a field that no packet shows: a test of it is unknown, as
 * it is to `evaluate`. Absent fragments: whole packets.
 */
export interface PacketColumns {
  readonly family: Family;
  readonly count: number;
  /** IPv4: a word each. IPv6: four words each, the highest first. */
  readonly source: Uint32Array;
  readonly destination: Uint32Array;
  readonly protocol: Uint8Array;
  /** Read only where the protocol has ports and the fragment carries them. */
  readonly sourcePort: Uint16Array;
  readonly destinationPort: Uint16Array;
  /** 0–255; 256: not known. Read only of ICMP (IPv4) and ICMPv6 (IPv6). */
  readonly icmpType?: Uint16Array;
  readonly icmpCode?: Uint16Array;
  /** 0–255; 256: not known. Read only of TCP. */
  readonly tcpFlags?: Uint16Array;
  /** 0 whole, 1 the first fragment, 2 a later one. */
  readonly fragment?: Uint8Array;
  /** 0 new, 1 established, 2 related, 3 invalid, 4 untracked, 5 not known. */
  readonly state?: Uint8Array;
  /** Numbers that the classifier gives to names (`interfaceNumber`). */
  readonly inInterface?: Uint16Array;
  readonly outInterface?: Uint16Array;
  readonly packetMark?: Uint32Array;
  readonly connectionMark?: Uint32Array;
}
