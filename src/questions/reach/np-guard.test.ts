// The connections that an independent analyser finds in exports of its own, against reach's sets: equal as sets, port by
// port, on the way there and with the answer. Where its client picks any port, ours picks an ephemeral one.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import type { Estate } from "../../estate/model.ts";
import { awsReader } from "../../formats/aws/reader.ts";
import { connectionsIn, type Connection } from "../../formats/aws/testing/np-guard.ts";
import { parsePrefix } from "../../packet/address.ts";
import { hasAddress, isAddressSubset, prefixSet } from "../../packet/address-set.ts";
import { ICMP, TCP, UDP } from "../../packet/protocol.ts";
import type { PacketSet } from "../../space/space.ts";
import { reachability, type Engine } from "./engine.ts";
import type { EndClass, PairReach } from "./model.ts";

const cases = new URL("../../../../shared/cases/aws/np-guard/", import.meta.url).pathname;
const present = existsSync(cases);
const reports = ["aws_acl_1", "aws_mixed", "aws_sg_1", "basic_config_with_sg"];
const protocols = { tcp: TCP, udp: UDP, icmp: ICMP } as const;

function estateOf(name: string): Estate {
  const path = `input_${name}.json`;
  return mergeEstate(name, [
    awsReader.read([{ path, text: readFileSync(join(cases, "input", path), "utf8") }]),
  ]);
}

/** Whether a written end (an address, a prefix, `internet`) speaks of a class. */
function covers(written: string, end: EndClass, member: "first" | "last"): boolean {
  if (end.kind === "outside" && (!end.internet || end.addresses.v4.length === 0)) return false;
  if (written === "internet") return end.kind === "outside";
  const prefix = parsePrefix(written);
  if (prefix === undefined) return false;
  if (end.kind === "outside") return isAddressSubset(end.addresses, prefixSet(prefix));
  // The first member begins; within a class it asks the last one.
  const value = member === "first" ? end.addresses.v4.at(0) : end.addresses.v4.at(-1);
  return value !== undefined && hasAddress(prefixSet(prefix), { family: 4, value });
}

/** The flows of some lines, of one protocol, as far as the pair's client can begin them. */
function flowsOf(
  { space }: Engine,
  pair: PairReach,
  lines: readonly Connection[],
  name: keyof typeof protocols,
): PacketSet {
  const fitting = lines.filter((line) => line.protocol === "all" || line.protocol === name);
  const number = protocols[name];
  const sets = fitting.map((line) =>
    name === "icmp"
      ? space.all
      : space.and(
          space.number("source-port", line.sourcePorts.flat()),
          space.number("destination-port", line.destinationPorts.flat()),
        ),
  );
  return space.intersectionOf([
    space.unionOf(sets),
    space.number("protocol", [number, number]),
    pair.all.set,
  ]);
}

describe.skipIf(!present)(
  "an independent analyser's connections (outside cases, absent from a clone alone)",
  () => {
    test.each(reports)("%s: every pair of classes, every port, as sets", (name) => {
      const estate = estateOf(name);
      const engine = reachability(estate);
      const { space } = engine;
      const lines = connectionsIn(
        readFileSync(join(cases, "out/analysis_out", `${name}_all_vpcs_.txt`), "utf8"),
      );
      // Its port 0 is no port: the reports begin at 1.
      const real = space.not(space.number("destination-port", [0, 0]));
      const differences: string[] = [];
      let held = 0;
      for (const from of engine.classes) {
        for (const to of engine.classes) {
          const pair = engine.examined(from, to, 4);
          const own = lines.filter((line) => covers(line.from, from, "first") && covers(line.to, to, "last"));
          // Where no way leads, the report must have no line.
          if (pair === undefined) {
            if (own.length > 0 && from !== to) differences.push(`${from.name} ${to.name}: no way`);
            continue;
          }
          const there = space.or(pair.allowed.set, pair.oneWay.set);
          for (const protocol of ["tcp", "udp", "icmp"] as const) {
            const within = space.and(real, flowsOf(engine, pair, [everything], protocol));
            const expected = space.and(real, flowsOf(engine, pair, own, protocol));
            held += 1;
            if (space.and(there, within) !== expected)
              differences.push(`${protocol} ${from.name} ${to.name} there`);
            const answered = space.and(
              real,
              flowsOf(
                engine,
                pair,
                own.filter((line) => line.replies),
                protocol,
              ),
            );
            // The reports speak of replies for TCP alone.
            if (protocol === "tcp" && space.and(pair.allowed.set, within) !== answered)
              differences.push(`${protocol} ${from.name} ${to.name} and back`);
          }
        }
      }
      expect(differences).toEqual([]);
      expect(held).toBeGreaterThanOrEqual(12);
    });
  },
);

const everything: Connection = {
  from: "internet",
  to: "internet",
  protocol: "all",
  sourcePorts: [[0, 65535]],
  destinationPorts: [[0, 65535]],
  replies: true,
};
