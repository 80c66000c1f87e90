// A packet as a capture file holds it, before anybody decodes it. Types only.

export interface CapturedPacket {
  /** From 1, counting every packet of the file. */
  readonly number: number;
  /** Where its record begins in the (uncompressed) file, in bytes. */
  readonly offset: number;
  /** Seconds since 1970 and the nanoseconds beside them; absent in simple packet blocks, which have no time. */
  readonly time?: CaptureTime;
  /** As in https://www.tcpdump.org/linktypes.html. */
  readonly linkType: number;
  /** What was captured: a view into the file's bytes, not a copy. Whoever keeps it for long should copy it. */
  readonly frame: Uint8Array;
  /** Its length on the wire; more than the frame's where the snap length cut it. */
  readonly wireBytes: number;
  /** The interface's name, where the file has it (pcapng). */
  readonly interface?: string;
  /** Whether the capturing host received or sent it, where the file says so. */
  readonly direction?: "in" | "out";
}

export interface CaptureTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** No packet on any link that Ringwall decodes is longer; libpcap has the same bound. A greater length is damage. */
export const mostFrameBytes = 262_144;
