// The question “what happens to this packet, there and back?” and its answer. Data only.
import type { Answer, Leg } from "../../estate/walk/passage.ts";
import type { Packet } from "../../packet/packet.ts";
import type { Unknown } from "../../problem.ts";
import type { Step } from "../../rules/step.ts";
import type { Cause } from "../../rules/truth.ts";

export interface TraceQuestion {
  /** As `findEndpoint` understands it. */
  readonly from: string;
  readonly to: string;
  /** IANA number; TCP unless said. */
  readonly protocol: number;
  /** Destination port; required where the protocol has ports. A set asks about all of it. */
  readonly port?: number | readonly number[];
  /** Unless said: any of the ephemeral ports of the client's system. */
  readonly sourcePort?: number | readonly number[];
  readonly icmpType?: number;
  readonly icmpCode?: number;
  /** What a written packet says beyond that: TCP flags (a forged ACK), length, TTL, the sender's hardware address. */
  readonly headers?: Partial<Pick<Packet, "tcpFlags" | "length" | "ttl" | "dscp" | "sourceMac" | "fragment">>;
  /** `established`: the packet belongs to a connection that the rings know. */
  readonly state?: "new" | "established";
  /** Which family, where both ends have both; IPv4 unless said. */
  readonly family?: 4 | 6;
}

/** What stands in the way, or what an answer hangs on, with the leg on which it does. */
export interface Blocker {
  readonly leg: "forward" | "reply" | "onward";
  readonly step: Step;
}

export interface Dependence {
  readonly what: string;
  readonly cause?: Cause;
}

/** One part of the question's packets, all of which fare alike. */
export interface TraceCase {
  readonly packet: Packet;
  readonly answer: Answer;
  readonly forward: Leg;
  /** Absent where nothing is answered (an ICMP error) or the packet got nowhere. */
  readonly reply?: Leg;
}

export interface Trace {
  readonly question: {
    readonly from: string;
    readonly to: string;
    readonly packet: Packet;
    readonly state: "new" | "established";
  };
  readonly answer: Answer;
  /** The part that is shown in full: where parts differ, one that is refused. */
  readonly shown: TraceCase;
  /** All parts; one where the answer is the same for every packet that was asked about. */
  readonly cases: readonly TraceCase[];
  /** From a load balancer on to its targets. */
  readonly onward: readonly Trace[];
  readonly blockers: readonly Blocker[];
  readonly dependsOn: readonly Dependence[];
  /** The smallest changes that would let it through, one a blocker. */
  readonly remedy: readonly string[];
  /** The other family, or the other interfaces that the question's names stand for, where they fare otherwise. */
  readonly also: readonly { readonly what: string; readonly answer: Answer }[];
  /** What the readers did not understand: it may bear on the answer. */
  readonly unknowns: readonly Unknown[];
}
