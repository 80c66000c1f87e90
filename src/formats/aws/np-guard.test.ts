// The verdicts of an independent analyser on exports of its own: every pair of endpoints, every port, there and back.
// Its lists are complete, so an endpoint without a line is one that can't be reached.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import type { Estate } from "../../estate/model.ts";
import { formatAddress, parsePrefix } from "../../packet/address.ts";
import { hasAddress, prefixSet } from "../../packet/address-set.ts";
import { ICMP, TCP, UDP } from "../../packet/protocol.ts";
import { trace, type Trace, type TraceQuestion } from "../../questions/trace.ts";
import { awsReader } from "./reader.ts";
import { connectionsIn, explanationsIn, type Connection } from "./testing/np-guard.ts";

const cases = new URL("../../../../shared/cases/aws/np-guard/", import.meta.url).pathname;
const present = existsSync(cases);
const reports = ["aws_acl_1", "aws_mixed", "aws_sg_1", "basic_config_with_sg"];

function estateOf(name: string): Estate {
  const path = `input_${name}.json`;
  const text = readFileSync(join(cases, "input", path), "utf8");
  return mergeEstate(name, [awsReader.read([{ path, text }])]);
}

/** In and around every prefix that the reports speak of. */
const outside = [
  "8.8.8.8",
  "147.234.255.255",
  "147.235.0.1",
  "147.235.208.136",
  "147.235.208.137",
  "147.236.0.0",
  "161.26.0.0",
];
const protocols = [
  ["tcp", TCP],
  ["udp", UDP],
  ["icmp", ICMP],
] as const;

/** The addresses of what stands in the estate, as the reports write them. */
function endpointsOf(estate: Estate): string[] {
  return [...estate.interfaces.values()].flatMap((one) =>
    one.addresses.map(({ address }) => formatAddress(address)),
  );
}

/**
 * As a question names it. A machine is named by its interface: from outside it is then asked for by its public address,
 * while the report, which writes private ones everywhere, means the machine.
 */
function asked(estate: Estate, end: string): string {
  const own = [...estate.interfaces.values()].find((one) =>
    one.addresses.some(({ address }) => formatAddress(address) === end),
  );
  return own?.id ?? end;
}

/** Whether a written end (an address, a prefix, `internet`) holds an address that is asked about. */
function covers(written: string, asked: string): boolean {
  if (written === "internet") return outside.includes(asked);
  const prefix = parsePrefix(written);
  const address = parsePrefix(asked);
  return prefix !== undefined && address !== undefined && hasAddress(prefixSet(prefix), address);
}

const within = (ranges: readonly (readonly [number, number])[], port: number): boolean =>
  ranges.some(([first, last]) => first <= port && port <= last);

/** The ports where an answer may change: the first of each range and the first after it, in the reports and in ours. */
function boundaries(sets: Iterable<readonly (readonly [number, number])[]>): number[] {
  const points = new Set([1]);
  for (const ranges of sets) {
    for (const [first, last] of ranges) {
      points.add(first);
      if (last < 65535) points.add(last + 1);
    }
  }
  return [...points].filter((port) => port >= 1);
}

const rangesOf = (value: number | readonly number[] | undefined): (readonly [number, number])[] => {
  if (value === undefined) return [[1, 65535]];
  if (typeof value === "number") return [[value, value]];
  return value.flatMap((first, at) => (at % 2 === 0 ? [[first, value[at + 1] ?? first] as const] : []));
};

/** One port pair of a trace over all ports: whether it gets there, and whether the answer gets back. */
function outcomeAt(
  estate: Estate,
  question: TraceQuestion,
  whole: Trace,
  source: number,
  destination: number,
): { there: string; both: string } {
  const part = whole.cases.find(
    ({ packet }) =>
      within(rangesOf(packet.sourcePort), source) && within(rangesOf(packet.destinationPort), destination),
  );
  if (part === undefined) throw new Error(`no case holds ${source} > ${destination}`);
  if (part.forward.answer !== "depends") return { there: part.forward.answer, both: part.answer };
  // Parted no further, since the answer does not hang on it: the way there is asked for this pair alone.
  const single = trace(estate, { ...question, sourcePort: source, port: destination });
  return { there: single.shown.forward.answer, both: single.answer };
}

interface Difference {
  readonly pair: string;
  readonly expected: string;
  readonly found: string;
}

/** Every way in which a pair of endpoints differs from the lines; and how many port pairs were held against them. */
function compare(
  estate: Estate,
  from: string,
  to: string,
  lines: readonly Connection[],
): { count: number; differences: Difference[] } {
  const own = lines.filter((line) => covers(line.from, from) && covers(line.to, to));
  const differences: Difference[] = [];
  let count = 0;
  for (const [name, protocol] of protocols) {
    const fitting = own.filter((line) => line.protocol === "all" || line.protocol === name);
    const ported = protocol !== ICMP;
    const open = ported ? { port: [1, 65535], sourcePort: [1, 65535] } : {};
    const question: TraceQuestion = {
      from: asked(estate, from),
      to: asked(estate, to),
      protocol,
      family: 4,
      ...open,
    };
    const whole = trace(estate, question);
    const packets = whole.cases.map((one) => one.packet);
    const sources = ported
      ? boundaries([
          ...fitting.map((line) => line.sourcePorts),
          ...packets.map((one) => rangesOf(one.sourcePort as number[])),
        ])
      : [0];
    const destinations = ported
      ? boundaries([
          ...fitting.map((line) => line.destinationPorts),
          ...packets.map((one) => rangesOf(one.destinationPort as number[])),
        ])
      : [0];
    for (const source of sources) {
      for (const destination of destinations) {
        count += 1;
        const matching = ported
          ? fitting.filter(
              (line) => within(line.sourcePorts, source) && within(line.destinationPorts, destination),
            )
          : fitting;
        const there = matching.length > 0 ? "allowed" : "denied";
        const both = matching.some((line) => line.replies) ? "allowed" : "denied";
        const found = ported
          ? outcomeAt(estate, question, whole, source, destination)
          : { there: whole.shown.forward.answer, both: whole.answer };
        // The reports speak of replies for TCP alone.
        const same = found.there === there && (protocol !== TCP || found.both === both);
        if (same) continue;
        differences.push({
          pair: `${name} ${from}:${source} > ${to}:${destination}`,
          expected: `${there}, with its reply ${both}`,
          found: `${found.there}, with its reply ${found.both}`,
        });
      }
    }
  }
  return { count, differences };
}

const statements = present
  ? readdirSync(join(cases, "out/explain_out"))
      .toSorted()
      .flatMap((name) =>
        explanationsIn(readFileSync(join(cases, "out/explain_out", name), "utf8")).map((one) => ({
          name,
          ...one,
        })),
      )
  : [];

describe.skipIf(!present)(
  "an independent analyser's verdicts (outside cases, absent from a clone alone)",
  () => {
    test.each(reports)("%s: every pair of endpoints, every port, there and back", (name) => {
      const estate = estateOf(name);
      const lines = connectionsIn(
        readFileSync(join(cases, "out/analysis_out", `${name}_all_vpcs_.txt`), "utf8"),
      );
      expect(lines.length).toBeGreaterThan(0);
      const inside = endpointsOf(estate);
      // Each line speaks of endpoints that are there: none is passed over.
      const known = [...inside, ...outside];
      expect(
        lines.filter((line) => ![line.from, line.to].every((end) => known.some((one) => covers(end, one)))),
      ).toEqual([]);
      const pairs = inside.flatMap((one) => [
        ...inside.filter((other) => other !== one).map((other) => [one, other] as const),
        ...outside.flatMap((other) => [[one, other] as const, [other, one] as const]),
      ]);
      const results = pairs.map(([from, to]) => compare(estate, from, to, lines));
      expect(results.flatMap((result) => result.differences)).toEqual([]);
      expect(Math.min(...results.map((result) => result.count))).toBeGreaterThanOrEqual(protocols.length);
      // Held against a report that lacks one line, or answers where it says that nothing does, it must not agree.
      for (const line of lines) {
        const [from, to] = [line.from, line.to].map((end) => known.find((one) => covers(end, one)) ?? end);
        const without = lines.filter((other) => other !== line);
        expect(compare(estate, from ?? "", to ?? "", without).differences).not.toEqual([]);
        const turned = [...without, { ...line, protocol: "tcp" as const, replies: !line.replies }];
        expect(compare(estate, from ?? "", to ?? "", turned).differences).not.toEqual([]);
      }
    });

    test.each(statements)(
      "$name: from $from to $to",
      ({ name, network, from, to, connection, unanswered }) => {
        const lines = connection === undefined ? [] : [connection];
        const ends = [from, to].map(sample);
        const { differences } = compare(
          estateOf(inputOf(name, network)),
          ends[0] ?? "",
          ends[1] ?? "",
          withoutReplies(lines, unanswered),
        );
        expect(differences).toEqual([]);
      },
    );

    test.each(statements.filter((one) => one.blocking.length > 0))(
      "$name: the rings in the way from $from to $to are $blocking",
      ({ name, network, from, to, blocking }) => {
        const estate = estateOf(inputOf(name, network));
        const [source = "", destination = ""] = [from, to].map((end) => asked(estate, sample(end)));
        const answer = trace(estate, { from: source, to: destination, protocol: TCP, port: 80 });
        expect(blockingRings(answer)).toEqual(blocking.toSorted());
      },
    );
  },
);

/** The estate that an explanation speaks of: by its VPC, or by its own name where it has a variant of its own. */
function inputOf(explanation: string, network: string): string {
  if (explanation.startsWith("to_external_blocked_only_private_subnet")) return "aws_sg_1_allow_sg_private";
  if (network === "mixed") return "aws_mixed";
  if (network === "vpc0") return "aws_sg_1";
  throw new Error(`which estate is ${network}?`);
}

/** One address of a prefix that is asked about; an address is its own. */
function sample(end: string): string {
  return end.includes("/") ? (outside.find((one) => covers(end, one)) ?? end) : end;
}

/** A connection part of which has no replies, as two lines. */
function withoutReplies(lines: readonly Connection[], unanswered: Connection | undefined): Connection[] {
  if (unanswered === undefined) return [...lines];
  return lines.flatMap((line) => {
    const answered = { ...line, sourcePorts: gapsIn(unanswered.sourcePorts) };
    return [answered, unanswered];
  });
}

function gapsIn(ranges: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const gaps: (readonly [number, number])[] = [];
  let from = 1;
  for (const [first, last] of ranges) {
    if (first > from) gaps.push([from, first - 1]);
    from = last + 1;
  }
  return from <= 65535 ? [...gaps, [from, 65535]] : gaps;
}

/** The rings that refuse the way there, in the report's words. */
function blockingRings(answer: Trace): string[] {
  const rings = answer.blockers
    .filter((blocker) => blocker.leg === "forward")
    .map(({ step }) => {
      const side = step.ring.endsWith("inbound") ? "ingress" : "egress";
      if (step.layer === "security-group") return `${side} security group`;
      return step.layer === "nacl" ? `${side} network ACL` : `${side} route`;
    });
  return [...new Set(rings)].toSorted();
}
