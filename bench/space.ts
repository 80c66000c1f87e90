// Sets of packets: what a list of rules accepts, and what of it two hosts may exchange. The twin keeps a set as a list of
// disjoint boxes of intervals, as one would without decision diagrams.
import { existsSync, readFileSync } from "node:fs";
import { readHostFirewall } from "../src/formats/iptables/reader.ts";
import type { Address } from "../src/packet/address.ts";
import { chainSets } from "../src/rules/symbolic/chain-sets.ts";
import { vocabularyOf } from "../src/rules/symbolic/vocabulary.ts";
import { Space, type PacketSet } from "../src/space/space.ts";
import { measure, type Line } from "./measure.ts";

const publicFirewall = new URL("../../shared/cases/iptables/fffuu/tum-i8.iptables-save", import.meta.url);

/** Source, destination, protocol, destination port: the first and the last value of each. */
type Box = readonly (readonly [number, number])[];

interface ListRule {
  readonly box: Box;
  readonly accepts: boolean;
}

/** Numbers that look random and are the same in every run. */
function sequence(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

/** Rules between the subnets and hosts of 10.0.0.0/16, some from or to anywhere, for a few services; one in eight denies. */
function ruleList(count: number): readonly ListRule[] {
  const next = sequence(7);
  const net = 0x0a000000;
  const prefix = (): readonly [number, number] => {
    const host = 2 ** ([0, 0, 4, 8, 16][next(5)] ?? 0);
    const first = net + Math.floor(next(65_536) / host) * host;
    return [first, first + host - 1];
  };
  const ports = [22, 25, 53, 80, 443, 3306, 5432, 8080];
  return Array.from({ length: count }, () => {
    const port = ports[next(ports.length)] ?? 0;
    return {
      box: [prefix(), prefix(), [6, 6], [port, port + next(2) * 10]],
      accepts: next(8) > 0,
    };
  });
}

function boxSet(space: Space, [source, destination, protocol, port]: Box): PacketSet {
  return space.intersectionOf([
    space.number("destination-port", port ?? []),
    space.number("protocol", protocol ?? []),
    space.address("destination", { v4: destination ?? [], v6: [] }),
    space.address("source", { v4: source ?? [], v6: [] }),
  ]);
}

/** From the last rule up: each decides over what those below it say. */
function acceptedSet(space: Space, rules: readonly ListRule[]): PacketSet {
  let accepted = space.none;
  for (const { box, accepts } of rules.toReversed()) {
    const set = boxSet(space, box);
    accepted = accepts ? space.or(accepted, set) : space.minus(accepted, set);
  }
  return accepted;
}

/** A box less another: the pieces beside it, field by field. */
function boxMinus(box: Box, other: Box): readonly Box[] {
  if (box.some(([first, last], at) => last < (other[at]?.[0] ?? 0) || first > (other[at]?.[1] ?? 0)))
    return [box];
  const pieces: Box[] = [];
  let rest = box;
  for (const [at, [first, last]] of other.entries()) {
    const [from, to] = rest[at] ?? [0, -1];
    if (from < first) pieces.push(rest.with(at, [from, first - 1]));
    if (to > last) pieces.push(rest.with(at, [last + 1, to]));
    rest = rest.with(at, [Math.max(from, first), Math.min(to, last)]);
  }
  return pieces;
}

function acceptedBoxes(rules: readonly ListRule[]): readonly Box[] {
  let accepted: readonly Box[] = [];
  for (const { box, accepts } of rules.toReversed()) {
    accepted = accepted.flatMap((one) => boxMinus(one, box));
    if (accepts) accepted = [...accepted, box];
  }
  return accepted;
}

function boxesAt(boxes: readonly Box[], source: number, destination: number): readonly Box[] {
  const within = (value: number, [first, last]: readonly [number, number]): boolean =>
    value >= first && value <= last;
  return boxes.filter(
    ([from, to]) => from !== undefined && to !== undefined && within(source, from) && within(destination, to),
  );
}

export async function benchSpace(): Promise<Line[]> {
  const rules = ruleList(2_000);
  const build = await measure(() => acceptedSet(new Space({ question: "bench" }), rules));
  const twin = await measure(() => acceptedBoxes(rules), { rounds: 1, warm: 0 });
  const space = new Space({ question: "bench" });
  const accepted = acceptedSet(space, rules);
  const boxes = acceptedBoxes(rules);
  const web = space.number("destination-port", [80, 80]);
  const hosts: readonly Address[] = Array.from({ length: 200 }, (_, at) => ({
    family: 4,
    value: 0x0a000000 + ((at * 331) & 0xffff),
  }));
  const pairs = hosts.length ** 2;
  const asking = await measure(() => {
    let open = 0;
    for (const source of hosts) {
      const from = space.at(accepted, "source", source);
      for (const destination of hosts)
        if (space.and(space.at(from, "destination", destination), web) !== space.none) open += 1;
    }
    return open;
  });
  const searching = await measure(
    () =>
      hosts
        .slice(0, 5)
        .map((source) => hosts.map((to) => boxesAt(boxes, Number(source.value), Number(to.value)))),
    { rounds: 3, warm: 1 },
  );
  return [
    {
      what: `what ${rules.length} rules accept, as a set`,
      ours: build.ms,
      unit: "ms",
      peer: twin.ms,
      against: `a list of ${boxes.length} disjoint boxes`,
    },
    {
      what: "what of it one host may send another, for one service",
      ours: asking.ms / pairs,
      unit: "ms",
      peer: searching.ms / (5 * hosts.length),
      against: "a search of that list",
    },
    ...(await benchFirewall()),
  ];
}

/** The FORWARD chain of a public firewall, where it is at hand. */
async function benchFirewall(): Promise<Line[]> {
  if (!existsSync(publicFirewall)) return [];
  const text = readFileSync(publicFirewall, "utf8");
  const firewall = readHostFirewall("bench", [{ path: "tum-i8.iptables-save", text }]);
  const chains = firewall.tables.find(({ name }) => name === "filter")?.chains ?? new Map();
  const forward = chains.get("FORWARD");
  if (forward === undefined) return [];
  const count = text.match(/^-A /gm)?.length ?? 0;
  const walk = (ssh: boolean): void => {
    const space = new Space({ question: "bench", ...vocabularyOf(chains.values()) });
    const entering = ssh
      ? space.intersectionOf([
          space.family(4),
          space.state(["new"]),
          space.number("source-port", [10_000, 10_000]),
          space.number("destination-port", [22, 22]),
          space.number("protocol", [6, 6]),
        ])
      : space.family(4);
    chainSets(space, forward, chains, entering);
  };
  const [service, everything] = [
    await measure(() => walk(true)),
    await measure(() => walk(false), { rounds: 3, warm: 1 }),
  ];
  const against = "none: no list of boxes holds it";
  return [
    { what: `what a firewall of ${count} rules forwards, new ssh`, ours: service.ms, unit: "ms", against },
    { what: "… and for every IPv4 packet", ours: everything.ms, unit: "ms", against },
  ];
}
