// One flow while it is being played: turns each line of its script into a packet, from what each end has seen so far.
// The server answers what arrived there, after translation, as a real one would.
import type { Packet } from "../src/packet/packet.ts";
import { ACK, addressText, FIN, SYN } from "../src/packet/packet.ts";
import { hasPorts, ICMP, ICMPV6, TCP } from "../src/packet/protocol.ts";
import type { Flow, Line } from "./flows.ts";
import { requireAddress, type Fate, type Probe } from "./probe.ts";
import type { Random } from "./random.ts";

export class Conversation {
  readonly #flow: Flow;
  readonly #number: number;
  readonly #linkOf: (address: string) => number;
  readonly #own: ReadonlySet<string>;
  readonly #first: Packet;
  /** The last packet of the client as the server saw it, and of the server as the client saw it. */
  #atServer: { readonly packet: Packet; readonly link: number };
  #atClient: Packet | undefined;
  readonly #sequence = { client: 0, server: 0 };
  /** The gateway took the packet for itself: it does not answer, and nobody else may in its name. */
  #ended = false;
  #line = 0;

  /** @param own the gateway's addresses: nobody outside sends from them, the kernel drops such packets as martians */
  constructor(
    random: Random,
    flow: Flow,
    number: number,
    linkOf: (address: string) => number,
    own: ReadonlySet<string>,
  ) {
    this.#flow = flow;
    this.#number = number;
    this.#linkOf = linkOf;
    this.#own = own;
    const source = requireAddress(flow.client);
    const destination = requireAddress(flow.server);
    this.#first = {
      family: source.family,
      source,
      destination,
      protocol: flow.protocol,
      ttl: flow.ttl,
      dscp: flow.dscp,
      ...(hasPorts(flow.protocol)
        ? { sourcePort: flow.sourcePort, destinationPort: flow.destinationPort }
        : {}),
      ...(isIcmp(flow.protocol) ? { icmpId: flow.sourcePort } : {}),
    };
    this.#atServer = { packet: this.#first, link: linkOf(flow.server) };
    this.#sequence.client = random.between(1, 0x7fffffff);
    this.#sequence.server = random.between(1, 0x7fffffff);
  }

  /** The next line's packet, or undefined where the script has ended. */
  next(): Probe | undefined {
    const line = this.#flow.lines[this.#line];
    if (line === undefined || this.#ended) return undefined;
    this.#line += 1;
    const fromClient = line.speaker === "client" || line.speaker === "router behind the client";
    const packet = this.#packet(line);
    if (this.#own.has(addressText(packet.source))) return this.next();
    return {
      flow: this.#number,
      link: fromClient ? this.#linkOf(this.#flow.client) : this.#atServer.link,
      packet,
      payloadBytes: line.payloadBytes,
      ...(line.pieceBytes === undefined ? {} : { pieceBytes: line.pieceBytes }),
    };
  }

  /** Tells what became of the last packet. */
  learn(fate: Fate): void {
    const speaker = this.#flow.lines[this.#line - 1]?.speaker;
    // Of fragments the first one tells the ports.
    const arrival = fate.find(({ packet }) => packet.fragment !== "later");
    if (arrival === undefined) return;
    if (speaker === "client" && arrival.at !== "gateway")
      this.#atServer = { packet: arrival.packet, link: arrival.at };
    if (speaker === "client" && arrival.at === "gateway") this.#ended = true;
    if (speaker === "server") this.#atClient = arrival.packet;
  }

  #packet(line: Line): Packet {
    if (line.speaker === "client") return this.#speak(line, this.#first, "client");
    if (line.speaker === "server") return this.#speak(line, mirrored(this.#atServer.packet), "server");
    return this.#report(line);
  }

  #speak(line: Line, tuple: Packet, end: "client" | "server"): Packet {
    const base: Packet = { ...tuple, ttl: this.#flow.ttl, dscp: this.#flow.dscp };
    if (isIcmp(this.#flow.protocol)) {
      const [icmpType, icmpCode] = line.icmp ?? [8, 0];
      return { ...base, icmpType, icmpCode };
    }
    if (this.#flow.protocol !== TCP) return base;
    const other = end === "client" ? "server" : "client";
    const flags = line.flags ?? ACK;
    const sequence = (this.#sequence[end] + (line.off ?? 0)) >>> 0;
    if (line.off === undefined)
      this.#sequence[end] +=
        line.payloadBytes + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);
    return {
      ...base,
      tcpFlags: flags,
      tcp: {
        sequence,
        acknowledgment: (flags & ACK) === 0 ? 0 : this.#sequence[other] >>> 0,
        window: 29_200,
        payloadBytes: line.payloadBytes,
      },
    };
  }

  /** An ICMP error from somewhere on the way, about the last packet as it was seen there. */
  #report(line: Line): Packet {
    const behindServer = line.speaker === "router behind the server";
    const seen = behindServer ? this.#atServer.packet : (this.#atClient ?? mirrored(this.#first));
    const [icmpType, icmpCode] = line.icmp ?? [3, 3];
    const about = withFlags(line.stranger === true ? estranged(seen) : seen);
    const router =
      seen.family === 4
        ? requireAddress(behindServer ? "10.20.200.1" : "10.30.200.1")
        : requireAddress(behindServer ? "2001:db8:20:c8::1" : "2001:db8:30:c8::1");
    return {
      family: seen.family,
      source: router,
      destination: about.source,
      protocol: seen.family === 4 ? ICMP : ICMPV6,
      ttl: 60,
      dscp: 0,
      icmpType,
      icmpCode,
      quoted: about,
    };
  }
}

function isIcmp(protocol: number): boolean {
  return protocol === ICMP || protocol === ICMPV6;
}

function mirrored(packet: Packet): Packet {
  const { family, source, destination, protocol, sourcePort, destinationPort, icmpId } = packet;
  return {
    family,
    protocol,
    source: destination,
    destination: source,
    ...(destinationPort === undefined ? {} : { sourcePort: destinationPort }),
    ...(sourcePort === undefined ? {} : { destinationPort: sourcePort }),
    ...(icmpId === undefined ? {} : { icmpId }),
  };
}

/** The same packet with another port or identifier: of a connection that is not there. */
function estranged(packet: Packet): Packet {
  if (typeof packet.sourcePort === "number") return { ...packet, sourcePort: packet.sourcePort ^ 1 };
  return { ...packet, icmpId: (packet.icmpId ?? 0) ^ 1 };
}

/** A quoted packet as a router quotes it: whole headers, whatever the tuple was taken from. */
function withFlags(packet: Packet): Packet {
  const { fragment: _, quoted: __, ...whole } = packet;
  if (isIcmp(Number(packet.protocol)) && packet.icmpType === undefined)
    return { ...whole, icmpType: packet.family === 4 ? 8 : 128, icmpCode: 0 };
  return whole;
}
