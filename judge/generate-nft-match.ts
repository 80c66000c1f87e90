// Single tests of nft rules: each is a piece of a rule's text with the features that it uses. What a rule does with
// the packet stands in generate-nft.ts.
import type { Random } from "./random.ts";
import type { Piece } from "./rule-set.ts";
import {
  drawPort,
  drawPorts,
  drawPrefix,
  drawSourcePorts,
  everyAddress,
  ports,
  type World,
} from "./world.ts";

/** Where a rule stands: what can be asked there. */
export interface Place {
  readonly world: World;
  readonly hook: "prerouting" | "input" | "forward" | "postrouting" | "anywhere";
  /** Connection tracking has seen the packet (priority above −200) and rules may ask. */
  readonly tracked: boolean;
  readonly devices: readonly string[];
  readonly sets: readonly NamedSet[];
  /** A table of the inet family can ask for the family. */
  readonly inet: boolean;
  /** What the rule at hand is about: nft refuses a rule that asks for two transports. */
  readonly transport: Transport;
}

/** `either`: TCP or UDP, asked for as a transport header (`th`). */
export type Transport = "tcp" | "udp" | "either" | "icmp" | "other";

export function drawTransport(random: Random): Transport {
  return random.pick(["tcp", "tcp", "tcp", "udp", "udp", "either", "icmp", "other", "other"]);
}

/** How a rule of this transport names a port: `tcp dport`, or `th dport` behind a test for both protocols. */
export function portKey(transport: Transport, key: "sport" | "dport"): { guard: string; key: string } {
  return transport === "tcp" || transport === "udp"
    ? { guard: "", key: `${transport} ${key}` }
    : { guard: "meta l4proto { tcp, udp } ", key: `th ${key}` };
}

/** A set that rules of the table can name. */
export interface NamedSet extends Piece {
  readonly name: string;
  readonly holds: "addresses" | "ports" | "pairs" | "verdicts by address" | "verdicts by port";
}

type Draw = (random: Random, place: Place) => Piece;

const ip = (place: Place): string => (place.world.family === 4 ? "ip" : "ip6");
const end = (random: Random): string => random.pick(["saddr", "daddr"]);
const piece = (text: string, ...features: Piece["features"][number][]): Piece => ({ text, features });

const address: Draw = (random, place) => {
  const field = `${ip(place)} ${end(random)}`;
  const prefix = (): string => drawPrefix(random, place.world);
  const family = place.world.family === 6 ? (["ipv6"] as const) : [];
  switch (random.below(6)) {
    case 0:
      return piece(`${field} != ${prefix()}`, "prefix", "negation", ...family);
    case 1:
      return piece(
        `${field} { ${random.some(everyAddress(place.world), 2, 5).join(", ")} }`,
        "anonymous set",
        ...family,
      );
    case 2:
      return piece(`${field} ${addressRange(random, place.world)}`, "address range", ...family);
    case 3:
      return place.world.family === 4
        ? piece(
            `ip ${end(random)} & 255.255.0.127 == 10.${random.pick([20, 30, 40])}.0.${random.pick([2, 5, 7])}`,
            "address mask",
          )
        : piece(
            `ip6 saddr & ffff:ffff:ffff::ff == 2001:db8:${random.pick(["20", "30"])}::${random.pick(["5", "7"])}`,
            "address mask",
            "ipv6",
          );
    default:
      return piece(`${field} ${prefix()}`, "prefix", ...family);
  }
};

function addressRange(random: Random, world: World): string {
  return world.family === 4
    ? `10.${random.pick([20, 30, 40])}.0.${random.between(0, 6)}-10.${random.pick([40, 41])}.${random.between(0, 9)}.9`
    : `2001:db8:${random.pick(["20", "30"])}::${random.between(0, 6)}-2001:db8:40:${random.between(0, 9)}::9`;
}

const port: Draw = (random, place) => {
  const source = portKey(place.transport, "sport");
  const { guard, key } = portKey(place.transport, "dport");
  switch (random.below(7)) {
    case 0:
      return piece(
        `${source.guard}${source.key} ${drawSourcePorts(random, "-")}`,
        "source port",
        "port range",
      );
    case 1:
      return piece(`${guard}${key} != ${drawPorts(random, "-")}`, "port", "negation");
    case 2:
      return piece(`${guard}${key} { ${random.some(ports, 2, 4).join(", ")} }`, "port", "anonymous set");
    case 3:
      return piece(
        `${guard}${key} { ${random.some([20, 22, 53], 1, 2).join(", ")}, 80-443, 5000-6000 }`,
        "port range",
        "anonymous set",
        "interval set",
      );
    default: {
      const drawn = drawPorts(random, "-");
      return piece(`${guard}${key} ${drawn}`, drawn.includes("-") ? "port range" : "port");
    }
  }
};

const protocol: Draw = (random, place) => {
  const icmp = place.world.family === 4 ? "icmp" : "icmpv6";
  const header = place.world.family === 4 ? "ip protocol" : "ip6 nexthdr";
  switch (place.transport) {
    case "tcp":
    case "udp":
      return piece(`${random.pick(["meta l4proto", header])} ${place.transport}`, "protocol");
    case "icmp":
      return piece(`meta l4proto ${icmp}`, "protocol");
    case "either":
      return piece("meta l4proto { tcp, udp }", "protocol", "anonymous set");
    case "other":
      return random.pick([
        piece("meta l4proto esp", "protocol"),
        piece("meta l4proto != tcp", "protocol", "negation"),
        piece(`meta l4proto { ${icmp}, udp, 103 }`, "protocol", "anonymous set"),
        piece(`${header} != udp`, "protocol", "negation"),
      ]);
  }
};

const tcpFlags: Draw = (random) =>
  piece(
    random.pick([
      "tcp flags & (fin | syn | rst | ack) == syn",
      "tcp flags syn",
      "tcp flags & syn != 0",
      "tcp flags & (syn | ack) == ack",
      "tcp flags & (syn | rst) == rst",
      "tcp flags { syn, syn | ack }",
      "tcp flags & (fin | syn) == (fin | syn)",
      "tcp flags != syn",
      "tcp flags fin,ack / fin,ack",
    ]),
    "tcp flags",
  );

const icmp: Draw = (random, place) =>
  place.world.family === 4
    ? piece(
        random.pick([
          "icmp type echo-request",
          "icmp type { echo-reply, destination-unreachable }",
          "icmp type != echo-request",
          "icmp type destination-unreachable icmp code port-unreachable",
          "icmp code 1-3",
        ]),
        "icmp type",
      )
    : piece(
        random.pick([
          "icmpv6 type echo-request",
          "icmpv6 type { echo-reply, destination-unreachable }",
          "icmpv6 type != echo-reply",
          "icmpv6 code 1-4",
        ]),
        "icmp type",
        "ipv6",
      );

const device: Draw = (random, place) => {
  const leaving = place.hook === "postrouting" || (place.hook === "forward" && random.chance(50));
  const word = leaving ? "oifname" : "iifname";
  const feature = leaving ? "out interface" : "in interface";
  const name = random.pick(place.devices);
  return random.pick([
    piece(`${word} "${name}"`, feature),
    piece(`${word} != "${name}"`, feature, "negation"),
    piece(`${word} "${name.slice(0, 2)}*"`, feature, "interface wildcard"),
    piece(
      `${word} { ${random
        .some(place.devices, 1, 2)
        .map((each) => `"${each}"`)
        .join(", ")} }`,
      feature,
      "anonymous set",
    ),
    piece(`${leaving ? "oif" : "iif"} "${name}"`, feature),
  ]);
};

const state: Draw = (random) => {
  const states = random.some(["new", "established", "related", "invalid", "untracked"] as const, 1, 2);
  const negated = random.chance(15) ? "!= " : "";
  return {
    text: `ct state ${negated}${states.join(",")}`,
    features: [
      ...states.map((each) => `state ${each}` as const),
      ...(negated === "" ? [] : ["negation" as const]),
    ],
  };
};

const connection: Draw = (random, place) =>
  random.pick([
    piece("ct direction original", "ct direction"),
    piece("ct direction reply", "ct direction"),
    piece("ct status seen-reply", "ct status"),
    piece("ct status assured", "ct status"),
    piece("ct status dnat", "ct status"),
    piece("ct status snat,dnat", "ct status"),
    piece("ct status confirmed", "ct status"),
    piece(`ct original ${ip(place)} saddr ${drawPrefix(random, place.world)}`, "ct original"),
    piece(`ct original ${ip(place)} daddr ${drawPrefix(random, place.world)}`, "ct original"),
    piece(`ct reply ${ip(place)} saddr ${drawPrefix(random, place.world)}`, "ct original"),
    piece(`ct mark ${random.pick(["0x0", "0x1", "!= 0x0", "0x10-0x20"])}`, "connection mark"),
    piece("ct mark & 0xf == 0x1", "connection mark"),
  ]);

const mark: Draw = (random) =>
  piece(
    random.pick([
      "meta mark 0x1",
      "meta mark != 0x0",
      "meta mark & 0xff == 0x1",
      "meta mark & 0xf0 != 0x10",
      "meta mark { 0x1, 0x11 }",
      "meta mark 0x10-0x1f",
    ]),
    "mark",
  );

const field: Draw = (random, place) => {
  const four = place.world.family === 4;
  return random.pick([
    piece("meta length 0-60", "length"),
    piece(`meta length > ${random.pick([48, 64, 80])}`, "length"),
    piece(`${four ? "ip ttl" : "ip6 hoplimit"} < 64`, "ttl"),
    piece(`${four ? "ip ttl" : "ip6 hoplimit"} { 63, 64, 128 }`, "ttl", "anonymous set"),
    piece(`${ip(place)} dscp ${random.pick(["ef", "cs1", "!= cs0", "{ af11, cs1 }"])}`, "dscp"),
    piece(`fib daddr type ${random.pick(["local", "unicast", "!= local"])}`, "address type"),
    piece("fib saddr type unicast", "address type"),
    piece("meta pkttype host", "packet type"),
    ...(place.inet
      ? [piece(`meta nfproto ${four ? "ipv4" : "ipv6"}`, ...(four ? [] : (["ipv6"] as const)))]
      : []),
  ]);
};

const fragment: Draw = (random, place) =>
  place.world.family === 4
    ? piece(random.pick(["ip frag-off & 0x1fff != 0", "ip frag-off & 0x3fff != 0"]), "fragment")
    : piece("exthdr frag exists", "fragment", "ipv6");

const concatenation: Draw = (random, place) => {
  const each = (): string => `${random.pick(everyAddress(place.world))} . ${drawPort(random)}`;
  const wide = (): string =>
    `${drawPrefix(random, place.world)} . ${random.pick(["22", "80-443", "0-1023", "5000-9000"])}`;
  const port = portKey(place.transport, "dport");
  const guard = port.guard;
  const key = `${ip(place)} ${end(random)} . ${port.key}`;
  const family = place.world.family === 6 ? (["ipv6"] as const) : [];
  return random.chance(50)
    ? piece(`${guard}${key} { ${distinct(each, 4)} }`, "concatenation", "anonymous set", ...family)
    : piece(`${guard}${key} { ${wide()} }`, "concatenation", "interval set", ...family);
};

function distinct(draw: () => string, most: number): string {
  return [...new Set(Array.from({ length: most }, draw))].join(", ");
}

const named: Draw = (random, place) => {
  const ported = place.transport === "tcp" || place.transport === "udp";
  const usable = place.sets.filter(
    ({ holds }) => holds === "addresses" || (ported && (holds === "ports" || holds === "pairs")),
  );
  if (usable.length === 0) return address(random, place);
  const set = random.pick(usable);
  const port = portKey(place.transport, "dport").key;
  const far = `${ip(place)} ${end(random)}`;
  const key = set.holds === "addresses" ? far : set.holds === "ports" ? port : `${far} . ${port}`;
  const negated = random.chance(20);
  return {
    text: `${key} ${negated ? "!= " : ""}@${set.name}`,
    features: [...set.features, "named set", ...(negated ? (["negation"] as const) : [])],
  };
};

/** Draws a test that can stand at the place. */
export function drawMatch(random: Random, place: Place): Piece {
  const draws: Draw[] = [address, address, address, device, mark, field, named, protocol];
  if (place.transport === "tcp") draws.push(port, port, port, concatenation, tcpFlags);
  if (place.transport === "udp" || place.transport === "either") draws.push(port, port, port, concatenation);
  if (place.transport === "icmp") draws.push(icmp, icmp, icmp);
  if (!place.tracked) draws.push(fragment, fragment, fragment);
  else if (random.chance(3)) draws.push(fragment);
  if (place.tracked) draws.push(state, state, connection);
  return random.pick(draws)(random, place);
}
