// The compiled reading of ClassBench's rule sets of 10 000 rules: how fast it answers, how long it takes to build, how
// large it is, and what an edit of one rule costs. The twin scans the list of rules, field by field, in typed arrays.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PacketColumns } from "../src/rules/classify/columns.ts";
import { compile } from "../src/rules/classify/classifier.ts";
import { compileList } from "../src/rules/classify/list.ts";
import { compileFor } from "../src/rules/classify/compile.ts";
import type { Chain } from "../src/rules/rule.ts";
import { readClassBench, rulesOfClassBench, traceOf, type ClassBenchRule } from "./classbench.ts";
import { median, type Line } from "./measure.ts";

const folder = fileURLToPath(new URL("../../shared/cases/classbench/", import.meta.url));
const packets = 256 * 1024;
const sliceSize = 16 * 1024;
const scanned = 1024;
const rounds = 9;

/**
 * Microseconds of CPU a packet. The trace is run through again and again in slices of a millisecond, and of each slice the
 * best time counts: other work on the machine disturbs a slice now and then, but not the same one every time.
 */
function bestTime(slices: readonly PacketColumns[], run: (slice: PacketColumns) => void): number {
  const best = slices.map(() => Infinity);
  for (let round = 0; round < rounds; round += 1)
    for (const [at, slice] of slices.entries()) {
      const start = process.cpuUsage();
      run(slice);
      const { user, system } = process.cpuUsage(start);
      best[at] = Math.min(best[at] ?? Infinity, user + system);
    }
  const count = slices.reduce((sum, slice) => sum + slice.count, 0);
  return best.reduce((sum, microseconds) => sum + microseconds, 0) / count;
}

function slicesOf(trace: PacketColumns, size: number, total: number): PacketColumns[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, at): PacketColumns => {
    const cut = <T extends { subarray(from: number, to: number): T }>(column: T): T =>
      column.subarray(at * size, Math.min((at + 1) * size, total));
    return {
      family: trace.family,
      count: Math.min(size, total - at * size),
      source: cut(trace.source),
      destination: cut(trace.destination),
      protocol: cut(trace.protocol),
      sourcePort: cut(trace.sourcePort),
      destinationPort: cut(trace.destinationPort),
      ...(trace.icmpType === undefined ? {} : { icmpType: cut(trace.icmpType) }),
      ...(trace.icmpCode === undefined ? {} : { icmpCode: cut(trace.icmpCode) }),
      ...(trace.tcpFlags === undefined ? {} : { tcpFlags: cut(trace.tcpFlags) }),
    };
  });
}

const isTcp = 1;
const isIcmp = 2;
const fields = 13;

/** The list as one typed array: the twin's rules. */
function scanner(rules: readonly ClassBenchRule[]): (slice: PacketColumns, results: Uint32Array) => void {
  const flat = Uint32Array.from(
    rules.flatMap((rule) => {
      const tests = rule.protocol === 6 ? isTcp : rule.protocol === 1 ? isIcmp : 0;
      const ends = [rule.source, rule.destination, rule.sourcePort, rule.destinationPort].flat();
      const ported = isAny(rule.sourcePort) && isAny(rule.destinationPort) ? 0 : 1;
      return [
        ...ends,
        rule.protocol ?? 256,
        tests === 0 ? 0 : rule.flags[0],
        tests === 0 ? 0 : rule.flags[1],
        tests,
        ported,
      ];
    }),
  );
  return (slice, results) => {
    for (let at = 0; at < slice.count; at += 1) {
      const [source, destination] = [slice.source[at] ?? 0, slice.destination[at] ?? 0];
      const [from, to] = [slice.sourcePort[at] ?? 0, slice.destinationPort[at] ?? 0];
      const protocol = slice.protocol[at] ?? 0;
      const flags = ((slice.tcpFlags?.[at] ?? 0) << 8) | (slice.icmpCode?.[at] ?? 0);
      const carriesPorts = protocol === 6 || protocol === 17 || protocol === 33 || protocol > 131;
      let found = rules.length;
      for (let rule = 0; rule < flat.length; rule += fields) {
        const named = flat[rule + 8] ?? 0;
        if (
          source >= (flat[rule] ?? 0) &&
          source <= (flat[rule + 1] ?? 0) &&
          destination >= (flat[rule + 2] ?? 0) &&
          destination <= (flat[rule + 3] ?? 0) &&
          from >= (flat[rule + 4] ?? 0) &&
          from <= (flat[rule + 5] ?? 0) &&
          to >= (flat[rule + 6] ?? 0) &&
          to <= (flat[rule + 7] ?? 0) &&
          (named === 256 || named === protocol) &&
          (flags & (flat[rule + 10] ?? 0)) === flat[rule + 9] &&
          (flat[rule + 12] === 0 || carriesPorts)
        ) {
          found = rule / fields;
          break;
        }
      }
      results[at] = found;
    }
  };
}

function isAny([low, high]: readonly [number, number]): boolean {
  return low === 0 && high === 65535;
}

/** Bytes of all typed arrays that something holds. */
function bytesOf(held: unknown, seen = new Set<unknown>()): number {
  if (typeof held !== "object" || held === null || seen.has(held)) return 0;
  seen.add(held);
  if (ArrayBuffer.isView(held)) return held.byteLength;
  return Object.values(held).reduce((sum: number, inner: unknown) => sum + bytesOf(inner, seen), 0);
}

function timed<T>(run: () => T): { readonly ms: number; readonly made: T } {
  const start = process.cpuUsage();
  const made = run();
  const { user, system } = process.cpuUsage(start);
  return { ms: (user + system) / 1000, made };
}

interface OneSet {
  readonly line: Line;
  readonly edit: { readonly ms: number; readonly rebuildMs: number; readonly rate: number };
}

export function benchSet(name: string): OneSet {
  const rules = readClassBench(readFileSync(`${folder}${name}`, "utf8"));
  const lowered = rulesOfClassBench(rules);
  const origin = { file: name, line: 1 };
  const policy = { match: { kind: "always" }, actions: [{ kind: "drop" }], origin, text: "policy" } as const;
  const chain: Chain = { name, rules: lowered, policy, origin };
  const noChains = new Map<string, Chain>();
  const builds = Array.from({ length: 3 }, () => timed(() => compileFor(4, chain, noChains)));
  const buildMs = Math.min(...builds.map(({ ms }) => ms));
  const megabytes = bytesOf(builds[0]?.made.table) / 1e6;

  const trace = traceOf(rules, packets);
  const classifier = compile(chain, noChains);
  const results = new Uint32Array(sliceSize);
  const slices = slicesOf(trace, sliceSize, packets);
  const ours = bestTime(slices, (slice) => classifier.classify(slice, results));

  const scan = scanner(rules);
  const few = slicesOf(trace, 256, scanned);
  const found = new Uint32Array(256);
  for (const slice of few) {
    classifier.classify(slice, results);
    scan(slice, found);
    for (let at = 0; at < slice.count; at += 1) {
      const rule = classifier.outcomes[results[at] ?? 0]?.decisions[0].rule;
      if (rule !== (lowered[found[at] ?? 0] ?? policy)) throw new Error(`the twin says otherwise in ${name}`);
    }
  }
  const twin = bestTime(few, (slice) => scan(slice, found));
  return {
    line: {
      what: `${name}: built in ${buildMs.toFixed(0)} ms, ${megabytes.toFixed(1)} MB`,
      ours: 1e6 / ours,
      unit: "packets/s",
      peer: 1e6 / twin,
      against: `scanning ${rules.length} rules in a typed array`,
    },
    edit: benchEdit(chain, slices, results, buildMs),
  };
}

/** An edit is complete when the first packet after it has its answer. */
function benchEdit(
  chain: Chain,
  slices: readonly PacketColumns[],
  results: Uint32Array,
  rebuildMs: number,
): OneSet["edit"] {
  const [first] = slicesOf(slices[0] ?? emptySlice, 1, 1);
  const one = first ?? emptySlice;
  let list = compileList(chain);
  list.classify(one, results);
  const times: number[] = [];
  for (let round = 0; round < 30; round += 1) {
    const index = (round * 997) % chain.rules.length;
    const rule = chain.rules[(index * 31) % chain.rules.length];
    if (rule === undefined) continue;
    const edit = timed(() => {
      const edited = list.withRule(index, rule);
      edited.classify(one, results);
      return edited;
    });
    times.push(edit.ms);
    if (round < 8) list = edit.made;
  }
  const rate = 1e6 / bestTime(slices, (slice) => list.classify(slice, results));
  return { ms: median(times), rebuildMs, rate };
}

const emptySlice: PacketColumns = {
  family: 4,
  count: 0,
  source: new Uint32Array(0),
  destination: new Uint32Array(0),
  protocol: new Uint8Array(0),
  sourcePort: new Uint16Array(0),
  destinationPort: new Uint16Array(0),
};

/** A line a set, then the median, and an edit. Without the sets, no lines. */
export async function benchClassify(): Promise<Line[]> {
  await Promise.resolve();
  if (!existsSync(folder)) return [];
  const sets = readdirSync(folder)
    .filter((name) => name.endsWith("_10k"))
    .map(benchSet);
  const rates = sets.map(({ line }) => line.ours);
  const edits = sets.map(({ edit }) => edit);
  return [
    ...sets.map(({ line }) => line),
    {
      what: "the median set",
      ours: median(rates),
      unit: "packets/s",
      peer: Math.min(...rates),
      against: "the slowest set",
    },
    {
      what: "an edit of one rule, the median set",
      ours: median(edits.map(({ ms }) => ms)),
      unit: "ms",
      peer: median(edits.map(({ rebuildMs }) => rebuildMs)),
      against: "compiling all rules anew",
    },
    {
      what: "after 8 edits, the median set",
      ours: median(edits.map(({ rate }) => rate)),
      unit: "packets/s",
      peer: median(rates),
      against: "without edits",
    },
  ];
}
