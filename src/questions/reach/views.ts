// Which packets a flow stands for at a ring: the first packet of a connection on its way there, and the answer on its way
// back. And the way from such packets to flows, which say nothing of flags, states and interfaces.
import type { Family } from "../../packet/address.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import { ACK, SYN } from "../../packet/packet.ts";
import { ICMP, ICMPV6, TCP } from "../../packet/protocol.ts";
import type { ConnectionState } from "../../rules/match.ts";
import type { Bounds } from "../../rules/symbolic/bounds.ts";
import type { Field, PacketSet, Space } from "../../space/space.ts";

/** What a flow does not say. */
const beside: readonly Field[] = [
  "tcp-flags",
  "state",
  "in-interface",
  "out-interface",
  "source-endpoint",
  "destination-endpoint",
  "mark",
  "connection-mark",
];

/** RFC 792 and RFC 950: messages that are answered, and their answers. RFC 4443 for ICMPv6. */
const requests: NumberSet = [8, 8, 13, 13, 15, 15, 17, 17];
const answers: NumberSet = [0, 0, 14, 14, 16, 16, 18, 18];
const requests6: NumberSet = [128, 128];
const answers6: NumberSet = [129, 129];

export class Views {
  readonly space: Space;
  /** Every flow: ICMP messages that nobody answers (errors, advertisements) begin none, and are in no set. */
  readonly flows: PacketSet;
  readonly #ported: PacketSet;

  constructor(space: Space) {
    this.space = space;
    this.#ported = space.number("source-port", [0, 65535]);
    this.flows = this.#settled(this.first());
  }

  /** First packets of connections: whole, SYN where they are TCP, of a new connection, unmarked. */
  first(): PacketSet {
    return this.#packets("new", SYN, requests, requests6);
  }

  /** Their answers. `new`: to a ring that does not know the connection. */
  replies(state: ConnectionState): PacketSet {
    return this.#packets(state, SYN | ACK, answers, answers6);
  }

  #packets(state: ConnectionState, flags: number, four: NumberSet, six: NumberSet): PacketSet {
    const { space } = this;
    const whole = space.fragment(["whole"]);
    const protocol = (number: number): PacketSet => space.number("protocol", [number, number]);
    const tcp = space.or(space.tcpFlags(0xff, flags), space.not(protocol(TCP)));
    const icmp = (number: number, family: 4 | 6, types: NumberSet): PacketSet =>
      space.or(
        space.and(space.family(family), space.number("icmp-type", types)),
        space.not(protocol(number)),
      );
    return space.intersectionOf([
      tcp,
      icmp(ICMP, 4, four),
      icmp(ICMPV6, 6, six),
      space.state([state]),
      space.mark("packet", 0xffffffff, [0, 0]),
      whole,
    ]);
  }

  #settled(set: PacketSet): PacketSet {
    return this.space.forget(set, beside);
  }

  /** What a ring makes of first packets, as flows. */
  settled({ must, may }: Bounds): Bounds {
    const most = this.#settled(may);
    return { must: must === may ? most : this.#settled(must), may: most };
  }

  /** What a ring makes of answers, as the flows that they answer. */
  answered(bounds: Bounds): Bounds {
    const { must, may } = this.settled(bounds);
    const most = this.space.mirrored(may);
    return { must: must === may ? most : this.space.mirrored(must), may: most };
  }

  /** All flows of a family, in the shape of sets whose addresses are known: they say nothing of addresses and family. */
  flowsOf(family: Family): PacketSet {
    return this.ofFamily(this.flows, family);
  }

  /** A set with its family known. */
  ofFamily(set: PacketSet, family: Family): PacketSet {
    return this.space.at(set, "source", family === 4 ? { family, value: 0 } : { family, value: 0n });
  }

  /**
   * For a ring behind a NAT gateway, which sees ports of the gateway's choosing instead of the client's: certain where it
   * lets all of them through, possible where it lets some.
   */
  withPortsOf({ must, may }: Bounds, ports: NumberSet, flows: PacketSet): Bounds {
    const { space } = this;
    const chosen = space.number("source-port", ports);
    const some = (set: PacketSet): PacketSet =>
      space.and(space.forget(space.and(set, chosen), ["source-port"]), this.#ported);
    const portless = (set: PacketSet): PacketSet => space.minus(set, this.#ported);
    const refused = some(space.minus(flows, must));
    const possible = some(may);
    return {
      must: space.or(portless(must), space.minus(some(must), refused)),
      may: space.or(portless(may), possible),
    };
  }
}
