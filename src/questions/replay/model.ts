// What a replay is asked with and what it answers: a row for each packet, and the connection tables at the end.
// Types only.
import type { Estate, Host } from "../../estate/model.ts";
import type { HostFirewall } from "../../layers/host/model.ts";
import type { Address } from "../../packet/address.ts";
import type { CapturedPacket, CaptureTime } from "../../packet/capture/packet.ts";
import type { DecodedPacket } from "../../packet/decoded.ts";
import type { Packet } from "../../packet/packet.ts";
import type { ConnectionEntry } from "../../rules/connections/model.ts";
import type { ConnectionState } from "../../rules/match.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Cause } from "../../rules/truth.ts";

export type FirewalledHost = Host & { readonly firewall: HostFirewall };

/** What the packets go through: one host's firewall, or every ring of an estate. */
export type Through =
  | { readonly kind: "host"; readonly host: FirewalledHost }
  | { readonly kind: "estate"; readonly estate: Estate };

/** What the capture and the dump don't say of a host. */
export interface ReplayOptions {
  /** The interface that packets come in by, where the capture has no names. */
  readonly in?: string;
  /** The interface that packets leave by, likewise. */
  readonly out?: string;
  /** Addresses of the host itself, beside those in the dump. */
  readonly local?: readonly Address[];
}

/** `unjudged`: no firewall was asked, and `why` says why: it is no IP packet, or it was seen before. */
export type ReplayVerdict = "allowed" | "denied" | "depends" | "unjudged";

export interface Judgement {
  readonly verdict: ReplayVerdict;
  /** The rule that decided, and where it stands: `filter INPUT` of `web-1`. */
  readonly rule?: Rule;
  readonly ring?: string;
  readonly place?: string;
  readonly state?: ConnectionState;
  /** The way it took through a host. */
  readonly path?: "input" | "forward" | "output";
  readonly why: string;
  readonly causes: readonly Cause[];
}

export interface ReplayRow extends Judgement {
  /** From 1. */
  readonly number: number;
  /** Of the packet's record in the capture, in bytes. */
  readonly offset: number;
  readonly time?: CaptureTime;
  readonly packet?: Packet;
  /** The packet in a line; for what is not a packet, its length. */
  readonly text: string;
  /** What is missing or malformed in the packet. */
  readonly incomplete?: string;
}

/** The connections that one place knows when the capture ends. */
export interface ConnectionListing {
  readonly place: string;
  readonly connections: readonly ConnectionEntry[];
}

/** A decoded packet of the capture, as it comes to a judge. */
export interface Sight {
  readonly captured: CapturedPacket;
  readonly decoded: DecodedPacket;
  readonly packet: Packet;
  /** Seconds; never less than that of the sight before. */
  readonly now: number;
}

/** Whoever judges packets one by one, in the order of the capture, and remembers their connections. */
export interface Judge {
  /** @throws Problem `unanswerable` where it can't be told which way a packet goes */
  readonly judge: (sight: Sight) => Judgement;
  readonly tables: (now: number) => ConnectionListing[];
}

export function unjudged(why: string): Judgement {
  return { verdict: "unjudged", why, causes: [] };
}
