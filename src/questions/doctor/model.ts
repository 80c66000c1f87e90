// What `doctor` asks of a Linux host and what it finds. Data only.
import type { Address } from "../../packet/address.ts";
import type { Trace } from "../trace/model.ts";

export interface DoctorQuestion {
  /** IANA number: TCP or UDP. */
  readonly protocol: number;
  /** The port that clients connect to. */
  readonly port: number;
  /** Who can't connect; absent: anybody. */
  readonly client?: Address;
  /** The host's address that clients use; absent: the one that faces the client. */
  readonly server?: Address;
}

export type Health = "fine" | "fault" | "warning" | "unknown";

/** One line of the examination. */
export interface Examined {
  readonly check: string;
  readonly health: Health;
  /** What was looked at: a file, a command. */
  readonly lookedAt: string;
  readonly found: string;
  readonly remedy?: string;
}

export interface Examination {
  readonly host: string;
  readonly question: DoctorQuestion;
  /** The host's address that was looked at. */
  readonly server: Address;
  readonly lines: readonly Examined[];
  /** The packet's way through the host's own firewall, there and back. */
  readonly trace?: Trace;
}
