// Reads rule sets in ClassBench's format, and draws packets from the rules' own ranges. For benchmarks: the sets are
// synthetic, and no firewall speaks this language.
import { parsePrefix, prefixEnds } from "../src/packet/address.ts";
import { DCCP, ICMP, SCTP, TCP, UDP, UDPLITE } from "../src/packet/protocol.ts";
import type { PacketColumns } from "../src/rules/classify/columns.ts";
import {
  all,
  destination,
  destinationPorts,
  protocol,
  source,
  sourcePorts,
  type Match,
} from "../src/rules/match.ts";
import type { Rule } from "../src/rules/rule.ts";

/** A rule as its line has it, the protocols renamed. */
export interface ClassBenchRule {
  readonly source: readonly [number, number];
  readonly destination: readonly [number, number];
  readonly sourcePort: readonly [number, number];
  readonly destinationPort: readonly [number, number];
  /** Undefined: any. */
  readonly protocol: number | undefined;
  /** The flags' value and mask: TCP's flags in the upper byte, or ICMP's type there and its code in the lower. */
  readonly flags: readonly [number, number];
}

const line =
  /^@(\S+)\s+(\S+)\s+(\d+) : (\d+)\s+(\d+) : (\d+)\s+0x([0-9a-f]+)\/0x([0-9a-f]+)\s+0x([0-9a-f]+)\/0x([0-9a-f]+)\s*$/i;

/** `@source destination low : high low : high protocol/mask flags/mask`, a rule a line. */
export function readClassBench(text: string): ClassBenchRule[] {
  const rules = text
    .split("\n")
    .filter((one) => one.trim() !== "")
    .map((one): ClassBenchRule => {
      const parts = line.exec(one);
      if (parts === null) throw new Error(`not a rule of ClassBench: ${one}`);
      const hex = (at: number): number => Number.parseInt(parts[at] ?? "", 16);
      return {
        source: ends(parts[1] ?? ""),
        destination: ends(parts[2] ?? ""),
        sourcePort: [Number(parts[3]), Number(parts[4])],
        destinationPort: [Number(parts[5]), Number(parts[6])],
        protocol: hex(8) === 0 ? undefined : hex(7),
        flags: [hex(9) & hex(10), hex(10)],
      };
    });
  const names = renamed(rules);
  return rules.map((rule) =>
    rule.protocol === undefined ? rule : { ...rule, protocol: names.get(rule.protocol) ?? rule.protocol },
  );
}

function ends(text: string): [number, number] {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  const { first, last } = prefixEnds(prefix);
  return [Number(first.value), Number(last.value)];
}

/**
 * Two of the sets (fw2, fw4) give ports to protocols that have none (1, 2, 7, 8). So that all their fields count, such a
 * number changes places with one of a protocol that has ports and no use in the set.
 */
function renamed(rules: readonly ClassBenchRule[]): Map<number, number> {
  const ported = [TCP, UDP, SCTP, DCCP, UDPLITE];
  const used = new Set(rules.map((rule) => rule.protocol));
  const names = new Map<number, number>();
  for (const rule of rules) {
    const number = rule.protocol;
    if (number === undefined || names.has(number) || ported.includes(number) || !hasPortTest(rule)) continue;
    const free = ported.find((one) => !used.has(one));
    if (free === undefined) throw new Error("more protocols with ports than there are");
    used.add(free);
    names.set(number, free);
  }
  return names;
}

function isAny([low, high]: readonly [number, number]): boolean {
  return low === 0 && high === 65535;
}
function hasPortTest(rule: ClassBenchRule): boolean {
  return !isAny(rule.sourcePort) || !isAny(rule.destinationPort);
}

/** The set as a list of rules: even ones accept, odd ones drop. */
export function rulesOfClassBench(rules: readonly ClassBenchRule[]): Rule[] {
  return rules.map((rule, at) => ({
    match: matchOf(rule),
    actions: [{ kind: at % 2 === 0 ? "accept" : "drop" }],
    origin: { file: "classbench", line: at + 1 },
    text: `rule ${at + 1}`,
  }));
}

function matchOf(rule: ClassBenchRule): Match {
  const prefixes = (set: readonly [number, number]) => ({ v4: [...set], v6: [] });
  const [value, mask] = rule.flags;
  return all(
    { kind: "family", family: 4 },
    source(prefixes(rule.source)),
    destination(prefixes(rule.destination)),
    ...(rule.protocol === undefined ? [] : [protocol(rule.protocol)]),
    ...(isAny(rule.sourcePort) ? [] : [sourcePorts([...rule.sourcePort])]),
    ...(isAny(rule.destinationPort) ? [] : [destinationPorts([...rule.destinationPort])]),
    ...(mask !== 0 && rule.protocol === TCP
      ? [{ kind: "tcp-flags", mask: mask >> 8, value: value >> 8 } as const]
      : []),
    ...(mask !== 0 && rule.protocol === ICMP ? icmpMatch(value, mask) : []),
  );
}

function icmpMatch(value: number, mask: number): Match[] {
  const [type, code] = [value >> 8, value & 255];
  return [
    { kind: "number", field: "icmp-type", set: [type, type] },
    ...((mask & 255) === 0 ? [] : [{ kind: "number", field: "icmp-code", set: [code, code] } as const]),
  ];
}

/** A repeatable random number generator (mulberry32, public domain): numbers from 0 to below 1. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Packets from the rules' own ranges: for each a rule, uniformly, and in every field a random value of the rule's range
 * (half of the time) or one of its two ends. No packet is repeated on purpose, so caches are helped by nothing.
 */
export function traceOf(rules: readonly ClassBenchRule[], count: number, seed = 1): PacketColumns {
  const random = randomFrom(seed);
  const within = ([low, high]: readonly [number, number]): number => {
    const chance = random();
    return chance < 0.25 ? low : chance < 0.5 ? high : low + Math.floor(random() * (high - low + 1));
  };
  const trace = {
    family: 4 as const,
    count,
    source: new Uint32Array(count),
    destination: new Uint32Array(count),
    protocol: new Uint8Array(count),
    sourcePort: new Uint16Array(count),
    destinationPort: new Uint16Array(count),
    icmpType: new Uint16Array(count),
    icmpCode: new Uint16Array(count),
    tcpFlags: new Uint16Array(count),
  };
  for (let at = 0; at < count; at += 1) {
    const rule = rules[Math.floor(random() * rules.length)];
    if (rule === undefined) continue;
    const number = rule.protocol ?? [TCP, UDP, ICMP][Math.floor(random() * 3)] ?? TCP;
    const [value, mask] = rule.flags;
    const flags = value | (Math.floor(random() * 65536) & ~mask);
    trace.source[at] = within(rule.source);
    trace.destination[at] = within(rule.destination);
    trace.protocol[at] = number;
    trace.sourcePort[at] = within(rule.sourcePort);
    trace.destinationPort[at] = within(rule.destinationPort);
    trace.icmpType[at] = flags >> 8;
    trace.icmpCode[at] = flags & 255;
    trace.tcpFlags[at] = flags >> 8;
  }
  return trace;
}
