// Connections as scripts: who sends what in which order, from whole TCP conversations to packets that nobody expects.
// What a script's step looks like on the wire depends on what the other end has seen: conversation.ts.
import { ACK, CWR, ECE, FIN, PSH, RST, SYN, URG } from "../src/packet/packet.ts";
import { ICMP, ICMPV6, TCP, UDP } from "../src/packet/protocol.ts";
import type { Random } from "./random.ts";
import { drawPort, type World } from "./world.ts";

/** Who speaks: the end that the script calls client, the server, or somebody between them who reports an error. */
export type Speaker = "client" | "server" | "router behind the server" | "router behind the client";

export interface Line {
  readonly speaker: Speaker;
  readonly flags?: number;
  readonly payloadBytes: number;
  /** TCP: how far off the sequence number is from what the other end expects. */
  readonly off?: number;
  /** ICMP type and code in place of the flow's own. */
  readonly icmp?: readonly [number, number];
  readonly pieceBytes?: number;
  /** An error that quotes a packet which nobody has sent. */
  readonly stranger?: boolean;
}

export interface Flow {
  readonly protocol: number;
  readonly client: string;
  readonly server: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly ttl: number;
  readonly dscp: number;
  readonly lines: readonly Line[];
}

const tcp = (speaker: Speaker, flags: number, payloadBytes = 0, off = 0): Line => ({
  speaker,
  flags,
  payloadBytes,
  ...(off === 0 ? {} : { off }),
});
const c = "client";
const s = "server";
const handshake = [tcp(c, SYN), tcp(s, SYN | ACK), tcp(c, ACK)];
const talk = [tcp(c, PSH | ACK, 20), tcp(s, PSH | ACK, 30), tcp(c, ACK)];

const tcpScripts: readonly (readonly Line[])[] = [
  [...handshake, ...talk, tcp(c, FIN | ACK), tcp(s, FIN | ACK), tcp(c, ACK), tcp(c, ACK)],
  [...handshake, ...talk, tcp(s, FIN | ACK), tcp(c, ACK), tcp(c, FIN | ACK), tcp(s, ACK), tcp(c, SYN)],
  [...handshake, tcp(c, PSH | ACK, 8), tcp(s, RST | ACK), tcp(c, ACK), tcp(s, ACK)],
  [...handshake, tcp(c, RST), tcp(s, PSH | ACK, 4), tcp(c, SYN)],
  [tcp(c, SYN), tcp(c, SYN), tcp(s, RST | ACK), tcp(c, SYN)],
  [tcp(c, SYN), tcp(s, SYN | ACK), tcp(s, SYN | ACK), tcp(c, ACK), tcp(c, PSH | ACK, 12)],
  [tcp(c, SYN, 16), tcp(s, SYN | ACK), tcp(c, ACK), tcp(s, PSH | ACK, 5)],
  [tcp(c, SYN)],
  [tcp(c, SYN | ECE | CWR), tcp(s, SYN | ACK | ECE)],
  // Picked up half-way, and packets out of the blue.
  [tcp(c, ACK), tcp(s, ACK), tcp(c, PSH | ACK, 9), tcp(s, PSH | ACK, 9)],
  [tcp(c, PSH | ACK, 40), tcp(c, PSH | ACK, 40)],
  [tcp(s, SYN | ACK), tcp(c, RST)],
  [tcp(c, SYN | ACK)],
  [tcp(c, FIN | ACK), tcp(s, ACK)],
  [tcp(c, RST), tcp(c, SYN)],
  // Both ends begin at once (RFC 9293, section 3.5).
  [tcp(c, SYN), tcp(s, SYN), tcp(c, SYN | ACK), tcp(s, SYN | ACK), tcp(c, ACK)],
  // Outside the window.
  [...handshake, tcp(c, PSH | ACK, 10, 900_000), tcp(c, PSH | ACK, 10)],
  [...handshake, tcp(s, RST, 0, 700_000), tcp(c, PSH | ACK, 10)],
];

const oddFlags = [
  0,
  FIN,
  SYN | FIN,
  SYN | RST,
  FIN | PSH | URG,
  0xff,
  SYN | FIN | ACK,
  URG,
  PSH,
  FIN | RST,
] as const;

const say = (speaker: Speaker, payloadBytes: number): Line => ({ speaker, payloadBytes });

function udpScript(random: Random): Line[] {
  const size = (): number => random.pick([0, 4, 12, 28, 60]);
  return random.pick([
    [say(c, size())],
    [say(c, size()), say(s, size())],
    [say(c, size()), say(s, size()), say(c, size()), say(s, size()), say(c, size())],
    [say(c, size()), say(c, size()), say(s, size())],
    [say(s, size())],
  ]);
}

/** Unreachable by port, time exceeded, packet too big, administratively prohibited. */
function errorsOf(family: 4 | 6): (readonly [number, number])[] {
  return family === 4
    ? [
        [3, 3],
        [3, 1],
        [11, 0],
        [3, 13],
        [12, 0],
      ]
    : [
        [1, 4],
        [1, 1],
        [3, 0],
        [2, 0],
        [4, 1],
      ];
}

function withErrors(random: Random, family: 4 | 6, lines: readonly Line[]): Line[] {
  const at = random.between(1, lines.length);
  const speaker = random.pick([
    "router behind the server",
    "router behind the server",
    "router behind the client",
  ] as const);
  const error: Line = {
    speaker,
    payloadBytes: 8,
    icmp: random.pick(errorsOf(family)),
    ...(random.chance(20) ? { stranger: true } : {}),
  };
  return [...lines.slice(0, at), error, ...lines.slice(at)];
}

function icmpScript(random: Random, family: 4 | 6): Line[] {
  const [request, reply]: [readonly [number, number], readonly [number, number]] =
    family === 4
      ? [
          [8, 0],
          [0, 0],
        ]
      : [
          [128, 0],
          [129, 0],
        ];
  const ask: Line = { speaker: c, payloadBytes: 16, icmp: request };
  const answer: Line = { speaker: s, payloadBytes: 16, icmp: reply };
  const scripts = [
    [ask, answer],
    [ask, answer, ask, answer],
    [ask],
    [answer],
    [{ ...ask, icmp: reply }],
    [ask, ask, answer, answer],
  ];
  if (family === 4)
    scripts.push([
      { ...ask, icmp: [13, 0] as const },
      { ...answer, icmp: [14, 0] as const },
    ]);
  return random.pick(scripts);
}

/**
 * Draws one connection. Source ports (and ICMP identifiers) are the flow's own, so that no two flows share a tuple.
 *
 * @param portless protocols without ports that no flow has yet; each is used once, since translation can't tell two such
 * connections apart
 */
export function drawFlow(random: Random, world: World, sourcePort: number, portless: number[]): Flow {
  const { family } = world;
  const outbound = random.chance(75);
  const far = random.chance(70) ? world.servers : world.dmz;
  const client = outbound ? random.pick(world.clients) : random.pick(far);
  const server = random.chance(12)
    ? random.pick(world.own)
    : outbound
      ? random.pick(random.chance(90) ? far : world.translated)
      : random.pick(random.chance(70) ? world.clients : random.chance(50) ? world.dmz : world.servers);
  const roll = random.below(100);
  const protocol =
    roll < 50 ? TCP : roll < 78 ? UDP : roll < 94 ? (family === 4 ? ICMP : ICMPV6) : (portless.pop() ?? UDP);
  const plain =
    protocol === TCP
      ? random.chance(12)
        ? [tcp(c, random.pick(oddFlags)), tcp(s, ACK)]
        : random.pick(tcpScripts)
      : protocol === ICMP || protocol === ICMPV6
        ? icmpScript(random, family)
        : udpScript(random);
  // Fragments for the gateway itself are put together before its input chains, whoever tracks or not: left out.
  const fragmented = protocol === UDP && !world.own.includes(server) && random.chance(16);
  const lines = fragmented
    ? plain.map((line) => ({ ...line, payloadBytes: line.payloadBytes + 40, pieceBytes: 24 }))
    : random.chance(15)
      ? withErrors(random, family, plain)
      : plain;
  return {
    protocol,
    client,
    server,
    sourcePort,
    destinationPort: world.ports === undefined ? drawPort(random) : random.pick(world.ports),
    ttl: random.pick([64, 64, 63, 128, 255, 33, 2]),
    dscp: random.chance(70) ? 0 : random.pick([46, 8, 10]),
    lines,
  };
}
