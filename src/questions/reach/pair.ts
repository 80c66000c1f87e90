// One pair with its answer; what takes work beyond the sets themselves (rules, causes, an example) is done when asked for.
import { decidingRings } from "../../estate/walk/deciding.ts";
import { isAddress } from "../../packet/address-set.ts";
import type { Address, Family } from "../../packet/address.ts";
import { SYN, type Packet } from "../../packet/packet.ts";
import { hasPorts, ICMP, ICMPV6, TCP } from "../../packet/protocol.ts";
import type { Cause } from "../../rules/truth.ts";
import type { PacketSet } from "../../space/space.ts";
import type { Ends } from "../trace/ends.ts";
import { thereAndBack } from "../trace/there-and-back.ts";
import type { Asker, Pair } from "./asker.ts";
import { Flows, type FlowContext } from "./flow-set.ts";
import type { EndClass, FlowSet, PairReach, RingShare } from "./model.ts";
import type { Outcome } from "./outcome.ts";
import { ringShares } from "./shares.ts";
import type { Way } from "./ways.ts";

/** What all pairs of an engine share. */
export interface PairSource {
  readonly asker: Asker;
  /** The packet of a trace between two classes, ports left open. */
  readonly endsOf: (from: EndClass, to: EndClass, family: Family) => Ends;
}

export interface Reached {
  readonly context: FlowContext;
  readonly from: EndClass;
  readonly to: EndClass;
  /** The place of `to` among the engine's ends. */
  readonly at: number;
  readonly pair: Pair;
  readonly way: Way;
  readonly outcome: Outcome;
}

/** Causes are read off walks of as many examples. */
const mostExamples = 8;

export class ReachedPair implements PairReach {
  readonly from: EndClass;
  readonly to: EndClass;
  readonly family: Family;
  readonly #source: PairSource;
  readonly #reached: Reached;
  #causes: readonly Cause[] | undefined;

  constructor(source: PairSource, reached: Reached) {
    this.#source = source;
    this.from = reached.from;
    this.to = reached.to;
    this.family = reached.pair.family;
    this.#reached = reached;
  }

  get at(): number {
    return this.#reached.at;
  }

  /** Nothing gets there, not even perhaps. */
  get isEmpty(): boolean {
    const { space } = this.#source.asker;
    const { allowed, depends, oneWay } = this.#reached.outcome;
    return space.isEmpty(allowed) && space.isEmpty(depends) && space.isEmpty(oneWay);
  }

  get allowed(): FlowSet {
    return this.flows(this.#reached.outcome.allowed);
  }

  get depends(): FlowSet {
    return this.flows(this.#reached.outcome.depends);
  }

  get oneWay(): FlowSet {
    return this.flows(this.#reached.outcome.oneWay);
  }

  get all(): FlowSet {
    return this.flows(this.#reached.context.flows);
  }

  get via(): readonly string[] {
    return this.#reached.way.via;
  }

  get causes(): readonly Cause[] {
    return (this.#causes ??= this.#readCauses());
  }

  get ends(): { readonly source: Address; readonly destination: Address } {
    const { source, destination } = this.#ends().packet;
    if (!isAddress(source) || !isAddress(destination)) throw new Error("classes stand for one address each");
    return { source, destination };
  }

  rings(): readonly RingShare[] {
    const { way, pair } = this.#reached;
    return ringShares(this.#source.asker, way, pair, (set) => this.flows(set));
  }

  witness(flows: FlowSet): Packet | undefined {
    return this.#example(flows.set);
  }

  flows(set: PacketSet): FlowSet {
    return new Flows(this.#reached.context, set);
  }

  #ends(): Ends {
    return this.#source.endsOf(this.from, this.to, this.family);
  }

  #example(set: PacketSet): Packet | undefined {
    const { space } = this.#source.asker;
    const { packet: asked } = this.#ends();
    const found = space.witness(space.and(set, space.family(this.family)))?.packet;
    if (found === undefined || typeof found.protocol !== "number") return undefined;
    const { protocol, sourcePort, destinationPort, icmpType, icmpCode } = found;
    const { from, to } = asked;
    return {
      family: asked.family,
      source: asked.source,
      destination: asked.destination,
      protocol,
      ...(hasPorts(protocol)
        ? {
            ...(sourcePort === undefined ? {} : { sourcePort }),
            ...(destinationPort === undefined ? {} : { destinationPort }),
          }
        : {}),
      ...(protocol === ICMP || protocol === ICMPV6
        ? {
            icmpId: 1,
            ...(icmpType === undefined ? {} : { icmpType }),
            ...(icmpCode === undefined ? {} : { icmpCode }),
          }
        : {}),
      ...(protocol === TCP ? { tcpFlags: SYN } : {}),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    };
  }

  /** What the flows hang on, in the words of a trace: of an example, then of another one with another service. */
  #readCauses(): readonly Cause[] {
    const { asker } = this.#source;
    const { outcome } = this.#reached;
    const { space, index } = asker;
    const causes = new Set<Cause>();
    let left = outcome.depends;
    for (let count = 0; count < mostExamples && !space.isEmpty(left); count += 1) {
      const packet = this.#example(left);
      if (packet === undefined) break;
      const { forward, reply } = thereAndBack(index, decidingRings, this.#ends(), packet);
      for (const step of [...forward.steps, ...(reply?.steps ?? [])])
        if (step.verdict === "depends") for (const cause of step.causes) causes.add(cause);
      left = space.minus(left, likeIt(asker, packet));
    }
    return [...causes];
  }
}

/** All flows of an example's service. */
function likeIt({ space }: Asker, { protocol, destinationPort }: Packet): PacketSet {
  const one = typeof protocol === "number" ? space.number("protocol", [protocol, protocol]) : space.all;
  return typeof destinationPort === "number"
    ? space.and(one, space.number("destination-port", [destinationPort, destinationPort]))
    : one;
}
