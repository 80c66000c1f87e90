// What a ring sees when it tests a packet: the headers, and what only that place knows: interfaces, the connection,
// marks, the routing type of an address. A part that is not known is absent, and a test on it is unknown.
import type { Address } from "../packet/address.ts";
import type { Packet } from "../packet/packet.ts";
import type { AddressType, ConnectionState, ConnectionStatus } from "./match.ts";

export interface View {
  readonly packet: Packet;
  /** Empty where there certainly is none: the host itself made the packet. */
  readonly inInterface?: string | undefined;
  /** The name of the interface is not known, but it is not loopback: the packet came from another machine. */
  readonly fromElsewhere?: boolean;
  /** Empty where there certainly is none: before the routing decision, and for what is delivered here. */
  readonly outInterface?: string | undefined;
  /** Absent: this place does not track connections, or can't tell. */
  readonly state?: ConnectionState | undefined;
  readonly connection?: ConnectionView | undefined;
  /** Marks, changed as rules pass. `undefined`: not known. Packets start with 0. */
  mark?: number | undefined;
  connectionMark?: number | undefined;
  /** The routing type of an address at this place, where it is known. `device`: asked for that interface alone. */
  readonly addressType?: (address: Address, device?: string) => AddressType | undefined;
}

/** The tracked connection that the packet belongs to. */
export interface ConnectionView {
  readonly direction: "original" | "reply";
  readonly status: ReadonlySet<ConnectionStatus>;
  /** The first packet's own tuple, before rewriting. */
  readonly original: Packet;
  /** The tuple that replies are expected with: rewriting shows here. */
  readonly reply: Packet;
}
