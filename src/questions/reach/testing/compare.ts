// Holds reach to trace: random ends of an estate and random services, the same answer from both. For tests.
import type { Estate } from "../../../estate/model.ts";
import { formatAddress, makeAddress, type Address, type Family } from "../../../packet/address.ts";
import { hasPorts, ICMP, ICMPV6, SCTP, TCP, UDP } from "../../../packet/protocol.ts";
import { Problem } from "../../../problem.ts";
import type { Answer } from "../../../estate/walk/passage.ts";
import { trace } from "../../trace.ts";
import { reachability } from "../engine.ts";
import type { EndClass, Flow, PairReach } from "../model.ts";

export interface Difference {
  readonly ask: string;
  readonly reach: Answer;
  readonly trace: Answer;
}

export interface Comparison {
  readonly asked: number;
  readonly byAnswer: Readonly<Record<Answer, number>>;
  readonly differences: readonly Difference[];
}

/** Numbers that look random and are the same in every run (mulberry32). */
export function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export function compareWithTrace(estate: Estate, rounds: number, seed = 1): Comparison {
  const below = randomly(seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[below(list.length)];
  const engine = reachability(estate);
  const differences: Difference[] = [];
  const byAnswer = { allowed: 0, denied: 0, depends: 0 };
  const ports = interestingPorts(estate);
  const pairs = engine.pairs();
  let asked = 0;
  for (let round = 0; round < rounds; round += 1) {
    // Half of the questions are about pairs with some flow, at the edges of what reach says of them.
    const known = round % 2 === 0 ? pick(pairs) : undefined;
    const [from, to] =
      known === undefined ? [pick(engine.classes), pick(engine.classes)] : [known.from, known.to];
    if (from === undefined || to === undefined) break;
    const family: Family = known?.family ?? (below(3) === 0 ? 6 : 4);
    if (from.kind === "outside" && to.kind === "outside") continue;
    const [source, destination] = [endText(estate, from, family, below), endText(estate, to, family, below)];
    if (source === undefined || destination === undefined || source.name === destination.name) continue;
    const edge = known === undefined || below(4) === 0 ? undefined : pick(edgesOf(known));
    const protocol = edge?.protocol ?? pick([TCP, TCP, TCP, UDP, ICMP, SCTP, 47]) ?? TCP;
    const port = edge?.port ?? pick(ports) ?? 443;
    const flow: Flow = { protocol, ...(hasPorts(protocol) ? { destinationPort: port } : {}) };
    const named = toText(estate, from, destination, family);
    let expected: Answer;
    try {
      expected = trace(estate, {
        from: source.name,
        to: named,
        protocol,
        family,
        ...(hasPorts(protocol) ? { port } : {}),
      }).answer;
    } catch (error) {
      if (error instanceof Problem && error.code === "unanswerable") continue;
      throw error;
    }
    asked += 1;
    const found = answerOf(engine.pair(from, to, family), flow);
    byAnswer[expected] += 1;
    if (found !== expected)
      differences.push({
        ask: `${source.name} ${named} IPv${family} protocol ${protocol} port ${port}`,
        reach: found,
        trace: expected,
      });
  }
  return { asked, byAnswer, differences };
}

/** The first and last port of every range, and the ports beside them. */
function edgesOf({ allowed, depends, oneWay }: PairReach): { protocol: number; port: number }[] {
  return [allowed, depends, oneWay].flatMap((flows) =>
    flows.services().flatMap(({ protocol, destinationPorts = [443, 443] }) =>
      protocol === "any" || protocol === ICMPV6
        ? []
        : destinationPorts
            .flatMap((port) => [port - 1, port, port + 1])
            .filter((port) => port > 0 && port < 65_536)
            .map((port) => ({ protocol, port })),
    ),
  );
}

/** What a pair says of a flow, in a trace's words. */
export function answerOf(pair: PairReach | undefined, flow: Flow): Answer {
  if (pair === undefined) return "denied";
  if (pair.allowed.has(flow)) return "allowed";
  return pair.allowed.touches(flow) || pair.depends.touches(flow) ? "depends" : "denied";
}

interface End {
  readonly name: string;
  readonly address: Address | undefined;
}

/** A random member of a class, as a question names it. */
function endText(
  estate: Estate,
  end: EndClass,
  family: Family,
  below: (count: number) => number,
): End | undefined {
  if (end.kind === "inside") {
    const id = end.interfaces[below(end.interfaces.length)];
    const place = id === undefined ? undefined : estate.interfaces.get(id);
    const own = place?.addresses.find((item) => item.address.family === family);
    return place === undefined || own === undefined ? undefined : { name: place.id, address: own.address };
  }
  const spans = family === 4 ? end.addresses.v4 : end.addresses.v6;
  const at = below(spans.length / 2) * 2;
  const [first, last] = [spans[at], spans[at + 1]];
  if (first === undefined || last === undefined) return undefined;
  const size = BigInt(last) - BigInt(first) + 1n;
  const address = makeAddress(family, BigInt(first) + (BigInt(below(2 ** 30)) * size) / 2n ** 30n);
  return { name: formatAddress(address), address };
}

/** What comes by a private way asks for the private address; whose name stands for that already is asked by name. */
function toText(estate: Estate, from: EndClass, destination: End, family: Family): string {
  if (from.kind === "inside" || from.internet || destination.address === undefined) return destination.name;
  const shown = estate.interfaces
    .get(destination.name)
    ?.addresses.some((item) => item.address.family === family && item.public !== undefined);
  return shown === true ? formatAddress(destination.address) : destination.name;
}

/** Ports that rules speak of, those beside them, and a few others. */
function interestingPorts(estate: Estate): number[] {
  const ports = new Set([22, 80, 443, 5432, 8080, 40_000]);
  const add = (set: readonly number[] | undefined): void => {
    for (const port of set ?? [])
      for (const near of [port - 1, port, port + 1]) if (near > 0 && near < 65_536) ports.add(near);
  };
  for (const group of estate.securityGroups.values())
    for (const rule of [...group.inbound, ...group.outbound]) add(rule.ports);
  for (const acl of estate.networkAcls.values())
    for (const entry of [...acl.inbound, ...acl.outbound]) add(entry.ports);
  for (const host of estate.hosts.values()) for (const item of host.listens ?? []) add([item.port]);
  for (const balancer of estate.loadBalancers.values())
    for (const item of balancer.listeners) add(item.ports);
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (
      "field" in value &&
      "set" in value &&
      String(value.field).endsWith("port") &&
      Array.isArray(value.set)
    )
      add(value.set.filter((item): item is number => typeof item === "number"));
    for (const inner of value instanceof Map ? value.values() : Object.values(value)) visit(inner);
  };
  for (const filter of estate.packetFilters.values()) visit([filter.inbound.rules, filter.outbound.rules]);
  for (const policy of estate.policies) visit([policy.ingress, policy.egress]);
  for (const host of estate.hosts.values())
    visit(host.firewall?.tables.map((table) => [...table.chains.values()]));
  return [...ports];
}
