// Real iptables dumps as rule sets for the judge: their own interfaces' names go onto the gateway's links, and packets
// are drawn from the ranges and ports that their rules name. The dumps are outside material and may be absent.
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { formatAddress, makeAddress, parsePrefix, prefixEnds, type Prefix } from "../src/packet/address.ts";
import { addressSet, hasAddress, type AddressSet } from "../src/packet/address-set.ts";
import { requireAddress, senderMac } from "./probe.ts";
import type { Random } from "./random.ts";
import type { GeneratedChain, GeneratedTable, Piece, RuleSet } from "./rule-set.ts";
import { tracksConnections } from "./trial.ts";
import { world4, world6, type World } from "./world.ts";

export interface Dump {
  readonly name: string;
  readonly ruleSet: RuleSet;
}

const folders = ["../../shared/cases/iptables/dumps/", "../../shared/cases/iptables/fffuu/"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Every dump that is there; none where the outside cases are absent. */
export function readDumps(): Dump[] {
  return folders.flatMap((folder) =>
    filesOf(folder)
      .filter((name) => /save|serverfault__\d+\.txt/.test(name))
      .map((name) => {
        const text = withHardwareAddresses(readFileSync(folder + name, "utf8"));
        const language = /ip6tables/.test(name) ? "ip6tables" : "iptables";
        return { name: basename(name), ruleSet: parseDump(text, language) };
      })
      .filter(({ ruleSet }) => ruleSet.tables.length > 0),
  );
}

/** Some dumps were published with their hardware addresses blotted out, which no iptables takes: the judge's own stands in. */
function withHardwareAddresses(text: string): string {
  return text.replace(/(--mac-source) \S*[^\s0-9A-Fa-f:]\S*/g, `$1 ${senderMac}`);
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Splits a dump into tables, chains and rules, each in its own words. Lines of prose are left out. */
function parseDump(text: string, language: "iptables" | "ip6tables"): RuleSet {
  const tables: { name: string; chains: Map<string, { base?: string; rules: Piece[] }> }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const table = /^\*([a-z]+)\s*$/.exec(line)?.[1];
    if (table !== undefined) tables.push({ name: table, chains: new Map() });
    const chains = tables.at(-1)?.chains;
    const [, chain, policy] = /^:(\S+)\s+(\S+)/.exec(line) ?? [];
    if (chain !== undefined && policy !== undefined)
      chains?.set(chain, policy === "-" ? { rules: [] } : { base: policy, rules: [] });
    const [, name, rest] = /^(?:\[\d+:\d+\]\s*)?-A\s+(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) {
      const known = chains?.get(name) ?? { rules: [] };
      chains?.set(name, known);
      known.rules.push({ text: rest ?? "", features: [] });
    }
  }
  const ruleSet: RuleSet = {
    language,
    ipsets: ipsetsOf(text, language),
    asWritten: true,
    tables: tables.map(({ name, chains }): GeneratedTable => ({
      name,
      sets: [],
      chains: [...chains].map(([chain, rest]): GeneratedChain => ({ name: chain, ...rest })),
    })),
  }; // As for generated ones: without tracking the two engines differ about fragments.
  return tracksConnections(ruleSet) ? ruleSet : { ...ruleSet, legacy: true };
}

/** Sets that the dump's rules name and nobody exported: made here, with a few members. */
function ipsetsOf(text: string, language: "iptables" | "ip6tables"): string[] {
  const names = new Set([...text.matchAll(/--match-set (\S+)/g)].map(([, name]) => name ?? ""));
  const { clients, servers } = language === "iptables" ? world4 : world6;
  return [...names].flatMap((name) => [
    `create ${name} hash:net family ${language === "iptables" ? "inet" : "inet6"}`,
    ...[...clients.slice(0, 2), ...servers.slice(0, 2)].map((address) => `add ${name} ${address}`),
  ]);
}

/** Never a source or a destination here: the kernel drops them before any rule, or the topology has them. */
const unusable = {
  4: addressSet("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24"),
  6: addressSet("::/8", "fe80::/9", "ff00::/8", "2001:db8:1::/64", "2001:db8:2::/64", "2001:db8:3::/64"),
} as const satisfies Readonly<Record<4 | 6, AddressSet>>;

export interface DrawnDump {
  readonly devices: readonly [string, string, string];
  readonly world: World;
  readonly linkOf: (address: string) => number;
}

export function drawDump(random: Random, dump: Dump): DrawnDump {
  const rules = dump.ruleSet.tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  const base = dump.ruleSet.language === "iptables" ? world4 : world6;
  const words = rules.map(({ text }) => text).join("\n");
  const prefixes = [...words.matchAll(/(?:-s|-d|--src|--dst|--source|--destination) (\S+)/g)].flatMap(
    ([, text]) => {
      const prefix = parsePrefix(text ?? "");
      return prefix?.family === base.family ? [prefix] : [];
    },
  );
  const addresses = (besides: readonly string[]): string[] => [
    ...besides,
    ...Array.from({ length: 40 }, () => drawInside(random, prefixes)).filter((text) => text !== undefined),
  ];
  const ports = [...words.matchAll(/--(?:dports?|ports|sports?) (\S+)/g)].flatMap(([, list]) =>
    (list ?? "").split(/[,:]/).map(Number),
  );
  const known = ports.filter((port) => Number.isInteger(port) && port > 0 && port < 65_536);
  return {
    devices: drawDevices(random, words),
    world: {
      ...base,
      clients: addresses(base.clients),
      servers: addresses(base.servers),
      ports: [...known, 22, 80, 443, 33_333],
    },
    linkOf: (address) => Number(BigInt(requireAddress(address).value) % 3n),
  };
}

function drawInside(random: Random, prefixes: readonly Prefix[]): string | undefined {
  if (prefixes.length === 0) return undefined;
  const prefix = random.pick(prefixes);
  const { first, last } = prefixEnds(prefix);
  const size = BigInt(last.value) - BigInt(first.value) + 1n;
  const offset = ((BigInt(random.below(0x7fffffff)) << 31n) + BigInt(random.below(0x7fffffff))) % size;
  const address = makeAddress(prefix.family, BigInt(first.value) + offset);
  return hasAddress(unusable[prefix.family], address) ? undefined : formatAddress(address);
}

/** Three of the dump's own interfaces, filled up with the usual names. */
function drawDevices(random: Random, words: string): [string, string, string] {
  const named = new Set(
    [...words.matchAll(/-(?:i|o) (\S+)/g)].map(([, name]) => (name ?? "").replace(/\+$/, "7")),
  );
  const usable = [...named].filter((name) => name !== "lo" && /^[\w.-]{1,15}$/.test(name));
  const drawn = random.some(usable, Math.min(3, usable.length), 3);
  const filled = [...new Set([...drawn, "lan0", "wan0", "dmz0"])];
  return [filled[0] ?? "lan0", filled[1] ?? "wan0", filled[2] ?? "dmz0"];
}
