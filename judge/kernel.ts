// The judge's bench: the gateway with its links, rule sets loaded by their own programs, probes sent and their fates
// read. What comes out of the gateway is read off the links; what it keeps for itself is logged behind every other
// input chain. Its own answers are dropped before tracking sees them, so that only probes make connections.
import { onOneProcessor, waitReadable } from "./libc.ts";
import { attempt, must, removeNamespaces, removeStaleNamespaces, type Attempt } from "./namespaces.ts";
import { LogSocket } from "./nflog.ts";
import { bytesOf, idOf, mostProbesAtOnce, packetOf, type Arrival, type Fate, type Probe } from "./probe.ts";
import { iptablesCounts, nftCounts, withoutOwnTable } from "./listing.ts";
import type { Exported } from "./reading.ts";
import { render, type Language, type RuleSet } from "./rule-set.ts";
import { LinkSocket } from "./sockets.ts";
import { links, raise, rename, usualDevices, type Link, type Topology } from "./topology.ts";

/** Frames that may be under way at once: below the kernel's default backlog (netdev_max_backlog, 1000). */
const mostUnderWay = 400;
const logGroup = 4711;
/** Marks the routes of destinations that a round has placed (any number that no routing daemon has). */
const placedProtocol = "177";
const sentinelSource = [192, 0, 2, 251] as const;

/** The judge's own table. Priorities: sentinels go before anything else, arrivals at the gateway behind everything else. */
const ownTable = `table inet judge
delete table inet judge
table inet judge {
  chain sentinel {
    type filter hook prerouting priority -500; policy accept;
    ip saddr ${sentinelSource.join(".")} log group ${logGroup} drop
  }
  chain arrived {
    type filter hook input priority 500; policy accept;
    log group ${logGroup}
  }
  chain answers {
    type filter hook output priority -500; policy drop;
  }
}
`;

export type LoadOutcome = { readonly ok: true } | { readonly ok: false; readonly message: string };

export class Kernel {
  #topology: Topology;
  readonly #sockets: readonly LinkSocket[];
  readonly #log: LogSocket;
  #sentinels = 0;

  /** @param devices the gateway's links by their first names: three, or more for rules that name many interfaces */
  constructor(devices: readonly string[] = usualDevices) {
    removeStaleNamespaces();
    this.#topology = raise(links(devices));
    const { gateway, client, server } = this.#topology;
    const { log, sockets } = ((): { log: LogSocket; sockets: LinkSocket[] } => {
      const log = gateway.run(() => new LogSocket(logGroup, 2000));
      const sockets = this.#topology.links.map((link) => {
        const mac = gateway.run(() => hardwareAddress(link.device));
        const far = link.side === "client" ? client : server;
        return far.run(() => new LinkSocket(link.far, mac, mostUnderWay));
      });
      return { log, sockets };
    })();
    this.#log = log;
    this.#sockets = sockets;
  }

  get links(): readonly Link[] {
    return this.#topology.links;
  }

  rename(devices: readonly string[]): void {
    const named = rename(this.#topology, devices);
    if (named !== this.#topology) this.#hostFacts = undefined;
    this.#topology = named;
  }

  /** Loads a rule set in place of the one before, and forgets every connection. */
  load(ruleSet: RuleSet): LoadOutcome {
    const { language, ipsets } = ruleSet;
    return this.#topology.gateway.run(() => {
      must("nft", ["-f", "-"], `flush ruleset\n${ownTable}`);
      for (const used of this.#legacyUsed) must(`${used}-legacy-restore`, [], emptyTables);
      this.#legacyUsed.clear();
      if (ipsets.length > 0 || this.#hasIpsets) {
        must("ipset", ["destroy"]);
        this.#hasIpsets = ipsets.length > 0;
        const loaded = attempt("ipset", ["restore"], `${ipsets.join("\n")}\n`);
        if (!loaded.ok) return loaded;
      }
      if (ruleSet.legacy === true && language !== "nft") this.#legacyUsed.add(language);
      const [program, ...args] = language === "nft" ? ["nft", "-f", "-"] : [`${toolOf(ruleSet)}-restore`];
      const loaded = attempt(program ?? "", args, render(ruleSet));
      if (!loaded.ok) return loaded;
      must("conntrack", ["--flush"]);
      return { ok: true };
    });
  }

  #hasIpsets = false;
  readonly #legacyUsed = new Set<Language>();

  /** What the gateway's own programs print of the rules in force, without the judge's own table. */
  export(ruleSet: RuleSet): Exported {
    const { language } = ruleSet;
    return this.#topology.gateway.run(() => ({
      language,
      rules:
        language === "nft"
          ? withoutOwnTable(must("nft", ["-j", "list", "ruleset"]))
          : must(`${toolOf(ruleSet)}-save`, []),
      ipsets: this.#hasIpsets ? must("ipset", ["save"]) : "",
      ...this.#host(),
    }));
  }

  /** How often each rule has matched so far, chain by chain, in the kernel's own count. */
  counts(ruleSet: RuleSet): ReadonlyMap<string, readonly number[]> {
    return this.#topology.gateway.run(() =>
      ruleSet.language === "nft"
        ? nftCounts(must("nft", ["-j", "list", "ruleset"]))
        : iptablesCounts(must(`${toolOf(ruleSet)}-save`, ["-c"])),
    );
  }

  /**
   * Gives the links names and each destination its place, in the stead of those placed before, and forgets every
   * connection. The rules stay as they are.
   *
   * @param places addresses without a prefix length, and where they are: the gateway's own, or behind a link
   */
  place(
    devices: readonly string[],
    places: ReadonlyMap<string, "gateway" | number>,
  ): Pick<Exported, "addresses" | "routes4" | "routes6"> {
    this.#topology.gateway.run(() => {
      for (const family of ["-4", "-6"]) {
        must("ip", [family, "address", "flush", "dev", "lo", "scope", "global"]);
        must("ip", [family, "route", "flush", "proto", placedProtocol]);
      }
    });
    this.rename(devices);
    return this.#topology.gateway.run(() => {
      const lines = [...places].map(([address, place]) => {
        const [family, length] = address.includes(":") ? ["-6", 128] : ["-4", 32];
        const line =
          place === "gateway"
            ? `address add ${address}/${length} dev lo`
            : `route add ${address}/${length} dev ${this.links[place]?.device} proto ${placedProtocol}`;
        return { family, line };
      });
      for (const family of ["-4", "-6"]) {
        const own = lines.filter((line) => line.family === family).map(({ line }) => `${line}\n`);
        if (own.length > 0) must("ip", [family, "-batch", "-"], own.join(""));
      }
      must("conntrack", ["--flush"]);
      this.#hostFacts = undefined;
      return this.#host();
    });
  }

  /** Addresses and routes stay as they are from rule set to rule set: asked once. */
  #host(): Pick<Exported, "addresses" | "routes4" | "routes6"> {
    this.#hostFacts ??= {
      addresses: must("ip", ["address"]),
      routes4: must("ip", ["route"]),
      routes6: must("ip", ["-6", "route"]),
    };
    return this.#hostFacts;
  }

  #hostFacts: Pick<Exported, "addresses" | "routes4" | "routes6"> | undefined;

  /** Runs a program inside the gateway's namespace. */
  inGateway(program: string, args: readonly string[], input = ""): Attempt {
    return this.#topology.gateway.run(() => attempt(program, args, input));
  }

  /** Sends probes in order and says what became of each. */
  send(probes: readonly Probe[]): Fate[] {
    // On one processor the kernel takes every frame in the order in which it was sent.
    return onOneProcessor(() => this.#send(probes));
  }

  #send(probes: readonly Probe[]): Fate[] {
    const fates: Arrival[][] = probes.map(() => []);
    if (probes.length >= mostProbesAtOnce) throw new Error(`${probes.length} probes are too many at once`);
    const take = (at: Arrival["at"]) => (bytes: Buffer) => {
      const fate = fates[idOf(bytes) - 1];
      const packet = packetOf(bytes);
      if (fate !== undefined && packet !== undefined) fate.push({ at, packet });
    };
    const drain = (): void => {
      for (const [link, socket] of this.#sockets.entries()) socket.drain(take(link));
    };
    let waiting = 0;
    let current: LinkSocket | undefined;
    for (const [index, probe] of probes.entries()) {
      const socket = this.#socket(probe.link);
      if (current !== socket) current?.flush();
      current = socket;
      for (const bytes of bytesOf(probe, index + 1)) {
        socket.add(bytes);
        waiting += 1;
      }
      if (waiting >= mostUnderWay - 50) {
        current.flush();
        this.#settle(take("gateway"));
        drain();
        waiting = 0;
      }
    }
    current?.flush();
    this.#settle(take("gateway"));
    drain();
    return fates;
  }

  #socket(link: number): LinkSocket {
    const socket = this.#sockets[link];
    if (socket === undefined) throw new Error(`no link ${link}`);
    return socket;
  }

  /**
   * Waits until all that was sent has come through. The first sentinel has seen every frame before it into the gateway;
   * what those made of themselves stands in the same queue before the second.
   */
  #settle(take: (packet: Buffer) => void): void {
    for (let round = 0; round < 2; round += 1) {
      this.#sentinels = (this.#sentinels + 1) & 0xffff;
      const wanted = this.#sentinels;
      const socket = this.#socket(0);
      socket.add(sentinel(wanted));
      socket.flush();
      const deadline = Date.now() + 5000;
      let seen = false;
      const read = (packet: Buffer): void => {
        if (!isSentinel(packet)) take(packet);
        else if (packet.readUInt16BE(4) === wanted) seen = true;
      };
      for (;;) {
        this.#log.drain(read);
        if (seen) break;
        if (Date.now() > deadline)
          throw new Error("a sentinel was lost: the machine is too busy to judge on");
        waitReadable(this.#log.descriptor, 100);
      }
    }
  }

  #closed = false;

  /** Gives everything back; a second time does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of this.#sockets) socket.close();
    this.#log.close();
    removeNamespaces();
  }
}

/** `iptables`, `ip6tables`, or their older engine. */
function toolOf({ language, legacy }: RuleSet): string {
  return legacy === true ? `${language}-legacy` : language;
}

const emptyTables = `*mangle
:PREROUTING ACCEPT
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
COMMIT
*filter
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
COMMIT
`;

function hardwareAddress(device: string): Buffer {
  const text = must("ip", ["-brief", "link", "show", "dev", device]);
  const mac = /\b([0-9a-f]{2}(?::[0-9a-f]{2}){5})\b/.exec(text)?.[1];
  if (mac === undefined) throw new Error(`${device} has no hardware address: ${text}`);
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}

function sentinel(id: number): Uint8Array {
  const value =
    ((sentinelSource[0] << 24) | (sentinelSource[1] << 16) | (sentinelSource[2] << 8) | sentinelSource[3]) >>>
    0;
  return (
    bytesOf(
      {
        flow: -1,
        link: 0,
        packet: {
          family: 4,
          source: { family: 4, value },
          destination: { family: 4, value: 0x0a140007 },
          protocol: 253,
        },
        payloadBytes: 8,
      },
      id,
    )[0] ?? new Uint8Array(0)
  );
}

function isSentinel(packet: Buffer): boolean {
  return (
    packet.length >= 20 &&
    packet.readUInt8(0) === 0x45 &&
    sentinelSource.every((byte, at) => packet[12 + at] === byte)
  );
}
