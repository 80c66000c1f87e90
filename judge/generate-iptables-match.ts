// Single tests of iptables rules, as iptables-save writes them, with the features that they use. What a rule does with
// the packet stands in generate-iptables.ts.
import { senderMac } from "./probe.ts";
import type { Random } from "./random.ts";
import type { Feature, Piece } from "./rule-set.ts";
import { drawPorts, drawPrefix, drawSourcePorts, everyAddress, ports, type World } from "./world.ts";

export type Hook = "PREROUTING" | "INPUT" | "FORWARD" | "POSTROUTING";
export type Transport = "tcp" | "udp" | "icmp" | "any";

/** Where a rule stands: what can be asked there. */
export interface Spot {
  readonly world: World;
  readonly table: "raw" | "mangle" | "nat" | "filter";
  /** The hooks that reach the chain: what can be asked depends on all of them. */
  readonly hooks: readonly Hook[];
  readonly tracked: boolean;
  readonly devices: readonly string[];
  readonly transport: Transport;
  readonly ipsets: boolean;
}

type Draw = (random: Random, spot: Spot) => Piece;

const piece = (text: string, ...features: Feature[]): Piece => ({ text, features });
const bang = (random: Random): { readonly text: string; readonly features: Feature[] } =>
  random.chance(18) ? { text: "! ", features: ["negation"] } : { text: "", features: [] };

const address: Draw = (random, { world }) => {
  const family: Feature[] = world.family === 6 ? ["ipv6"] : [];
  const not = bang(random);
  if (random.chance(15)) {
    const range =
      world.family === 4
        ? `10.${random.pick([20, 30])}.0.${random.between(0, 6)}-10.40.${random.between(0, 9)}.9`
        : `2001:db8:20::${random.between(0, 6)}-2001:db8:40:${random.between(0, 9)}::9`;
    return piece(
      `-m iprange ${not.text}--${random.pick(["src", "dst"])}-range ${range}`,
      "address range",
      ...not.features,
      ...family,
    );
  }
  if (world.family === 4 && random.chance(8))
    return piece(
      `${not.text}-s 10.0.0.${random.pick([5, 7, 9])}/255.0.127.255`,
      "address mask",
      ...not.features,
    );
  return piece(
    `${not.text}-${random.pick(["s", "d"])} ${drawPrefix(random, world)}`,
    "prefix",
    ...not.features,
    ...family,
  );
};

const port: Draw = (random, { transport }) => {
  const not = bang(random);
  if (random.chance(35)) {
    const list = [
      ...random.some(ports.slice(0, 4), 1, 3).map(String),
      ...(random.chance(50) ? ["1000:6000"] : []),
    ];
    const side = random.pick(["dports", "dports", "sports", "ports"]);
    return piece(`-m multiport ${not.text}--${side} ${list.join(",")}`, "multiport", "port", ...not.features);
  }
  if (random.chance(20))
    return piece(
      `-m ${transport} ${not.text}--sport ${drawSourcePorts(random, ":")}`,
      "source port",
      "port range",
      ...not.features,
    );
  const drawn = drawPorts(random, ":");
  return piece(
    `-m ${transport} ${not.text}--dport ${drawn}`,
    drawn.includes(":") ? "port range" : "port",
    ...not.features,
  );
};

const tcpFlags: Draw = (random) => {
  const not = bang(random);
  const flags = random.pick([
    "FIN,SYN,RST,ACK SYN",
    "SYN,ACK ACK",
    "ALL NONE",
    "ALL FIN,PSH,URG",
    "SYN,FIN SYN,FIN",
    "RST RST",
    "ACK,FIN FIN",
  ]);
  return piece(`-m tcp ${not.text}--tcp-flags ${flags}`, "tcp flags", ...not.features);
};

const icmp: Draw = (random, { world }) => {
  const not = bang(random);
  return world.family === 4
    ? piece(
        `-m icmp ${not.text}--icmp-type ${random.pick(["8", "0", "3", "3/3", "11/0", "any", "13"])}`,
        "icmp type",
        ...not.features,
      )
    : piece(
        `-m icmp6 ${not.text}--icmpv6-type ${random.pick(["128", "129", "1", "1/4", "3/0", "2"])}`,
        "icmp type",
        "ipv6",
        ...not.features,
      );
};

const device: Draw = (random, { hooks, devices }) => {
  const incoming = !hooks.includes("POSTROUTING");
  const leaving = hooks.every((hook) => hook === "FORWARD" || hook === "POSTROUTING");
  if (!incoming && !leaving) return piece("");
  const out = leaving && (!incoming || random.chance(50));
  const name = random.pick(devices);
  const not = bang(random);
  const wild = random.chance(30);
  return piece(
    `${not.text}-${out ? "o" : "i"} ${wild ? `${name.slice(0, 2)}+` : name}`,
    out ? "out interface" : "in interface",
    ...(wild ? (["interface wildcard"] as const) : []),
    ...not.features,
  );
};

const states = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"] as const;

const state: Draw = (random) => {
  const some = random.some(states, 1, 2);
  const not = bang(random);
  const features = some.map((each): Feature => {
    switch (each) {
      case "NEW":
        return "state new";
      case "ESTABLISHED":
        return "state established";
      case "RELATED":
        return "state related";
      case "INVALID":
        return "state invalid";
      case "UNTRACKED":
        return "state untracked";
    }
  });
  const module = random.chance(50) ? `-m state ${not.text}--state` : `-m conntrack ${not.text}--ctstate`;
  return piece(`${module} ${some.join(",")}`, ...features, ...not.features);
};

const connection: Draw = (random, { world }) => {
  const not = bang(random);
  const prefix = drawPrefix(random, world);
  const drawn = random.pick([
    piece(`-m conntrack --ctdir ${random.pick(["ORIGINAL", "REPLY"])}`, "ct direction"),
    piece(
      `-m conntrack ${not.text}--ctstatus ${random.pick(["SEEN_REPLY", "ASSURED", "CONFIRMED", "NONE"])}`,
      "ct status",
    ),
    piece(`-m conntrack ${not.text}--ctstate ${random.pick(["DNAT", "SNAT", "NEW,DNAT"])}`, "ct status"),
    piece(`-m conntrack ${not.text}--ctorig${random.pick(["src", "dst"])} ${prefix}`, "ct original"),
    piece(`-m conntrack ${not.text}--ctrepl${random.pick(["src", "dst"])} ${prefix}`, "ct original"),
    piece(`-m conntrack ${not.text}--ctorigdstport ${random.pick(ports)}`, "ct original"),
    piece(`-m conntrack ${not.text}--ctproto ${random.pick([6, 17])}`, "ct original"),
    piece(`-m connmark ${not.text}--mark ${random.pick(["0x1", "0x0/0xf", "0x10/0xf0"])}`, "connection mark"),
  ]);
  return drawn.text.includes("! ") ? { ...drawn, features: [...drawn.features, "negation"] } : drawn;
};

const field: Draw = (random, { world, hooks, table }) => {
  const not = bang(random);
  const four = world.family === 4;
  const ttl = four ? "-m ttl --ttl" : "-m hl --hl";
  const choices = [
    piece(
      `-m mark ${not.text}--mark ${random.pick(["0x1", "0x0/0xf", "0x10/0xf0", "0x11"])}`,
      "mark",
      ...not.features,
    ),
    piece(
      `-m length ${not.text}--length ${random.pick(["0:60", "61:65535", "40", "48:100"])}`,
      "length",
      ...not.features,
    ),
    piece(`${ttl}-${random.pick(["lt 64", "gt 63", "eq 64"])}`, "ttl"),
    piece(`-m dscp ${not.text}--dscp ${random.pick(["0x2e", "0x08", "0x00"])}`, "dscp", ...not.features),
    piece(`-m pkttype ${not.text}--pkt-type unicast`, "packet type", ...not.features),
    piece(
      `-m addrtype ${not.text}--dst-type ${random.pick(["LOCAL", "UNICAST", "LOCAL,UNICAST"])}`,
      "address type",
      ...not.features,
    ),
    piece("-m addrtype --src-type UNICAST", "address type"),
  ];
  if (!hooks.includes("POSTROUTING"))
    choices.push(piece(`-m mac ${not.text}--mac-source ${senderMac}`, "mac", ...not.features));
  if (table === "filter" && hooks.every((hook) => hook === "INPUT"))
    choices.push(piece("-m addrtype --dst-type LOCAL --limit-iface-in", "address type"));
  return random.pick(choices);
};

const ipset: Draw = (random, { transport }) => {
  const not = bang(random);
  const end = random.pick(["src", "dst"]);
  const ported = transport === "tcp" || transport === "udp";
  return random.pick([
    piece(`-m set ${not.text}--match-set hosts ${end}`, "ipset", ...not.features),
    piece(`-m set ${not.text}--match-set nets ${end}`, "ipset", "ipset net", ...not.features),
    ...(ported
      ? [
          piece(`-m set ${not.text}--match-set pairs ${end},dst`, "ipset", "ipset pair", ...not.features),
          piece(`-m set ${not.text}--match-set services dst`, "ipset", ...not.features),
        ]
      : []),
  ]);
};

/** Draws a test that can stand there. The rule's `-p` is written by whoever puts the rule together. */
export function drawTest(random: Random, spot: Spot): Piece {
  const draws: Draw[] = [address, address, address, device, field, field];
  if (spot.transport === "tcp") draws.push(port, port, port, tcpFlags);
  if (spot.transport === "udp") draws.push(port, port, port);
  if (spot.transport === "icmp") draws.push(icmp, icmp);
  if (spot.tracked) draws.push(state, state, connection);
  if (spot.ipsets) draws.push(ipset, ipset);
  if (!spot.tracked && spot.world.family === 4 && random.chance(25))
    return piece(`${random.chance(30) ? "! " : ""}-f`, "fragment");
  return random.pick(draws)(random, spot);
}

/** Lines of `ipset restore` for the sets that rules name. */
export function drawIpsets(random: Random, world: World): string[] {
  const family = world.family === 4 ? "inet" : "inet6";
  const everywhere = everyAddress(world);
  const nets = [
    ...new Set([drawPrefix(random, world, world.clients), drawPrefix(random, world, world.servers)]),
  ];
  return [
    `create hosts hash:ip family ${family}`,
    ...random.some(everywhere, 2, 6).map((each) => `add hosts ${each}`),
    `create nets hash:net family ${family}`,
    ...nets.map((net) => `add nets ${net}`),
    ...(random.chance(40)
      ? [`add nets ${random.pick(everywhere)}/${world.family === 4 ? 30 : 126} nomatch`]
      : []),
    `create pairs hash:ip,port family ${family}`,
    ...random
      .some([...world.servers, ...world.dmz, ...world.clients], 6, 12)
      .flatMap((each) => random.some(ports, 1, 4).map((port) => ({ each, port })))
      .map(({ each, port }) => `add pairs ${each},${random.pick(["tcp", "tcp", "udp"])}:${port}`),
    "create services bitmap:port range 0-10000",
    ...random.some(ports, 2, 4).map((each) => `add services ${each}`),
  ];
}
