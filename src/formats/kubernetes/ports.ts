// The ports of policy rules: read strictly, and turned into tests. A named port is a different number for every pod
// that it names one in, so it becomes a test on the destination and its port together.
import { numberDomain } from "../../packet/intervals.ts";
import * as intervals from "../../packet/intervals.ts";
import { protocolName, SCTP, TCP, UDP } from "../../packet/protocol.ts";
import { Problem } from "../../problem.ts";
import { all, any, destinationPorts, protocol, type Match } from "../../rules/match.ts";
import type { Endpoint } from "./cluster.ts";
import { asMap, asText, asWhole, field, mismatch, onlyFields, required } from "./fields.ts";
import { isEndpoint } from "./peers.ts";
import { portProtocol } from "./pods.ts";
import type { Tree } from "../tree.ts";

export type PolicyPort =
  | { readonly kind: "all"; readonly protocol: number }
  | { readonly kind: "range"; readonly protocol: number; readonly first: number; readonly last: number }
  /** `protocol` absent: AdminNetworkPolicy names the port alone, and the pod's own protocol counts. */
  | { readonly kind: "named"; readonly protocol?: number; readonly name: string };

/** An item of NetworkPolicy's ports. A missing protocol is TCP, a missing port is every port. */
export function readPort(tree: Tree): PolicyPort {
  const map = asMap(tree, "an item of ports");
  onlyFields(map, "an item of ports", ["port", "endPort", "protocol"]);
  const number = portProtocol(field(map, "protocol"));
  const port = field(map, "port");
  const end = field(map, "endPort");
  if (port === undefined) {
    if (end !== undefined) {
      throw new Problem("meaning", "endPort is expected to stand with a port", { origin: end.origin });
    }
    return { kind: "all", protocol: number };
  }
  if (port.kind === "scalar" && typeof port.value === "string") {
    if (end !== undefined) {
      throw new Problem("meaning", "endPort is expected to stand with a port's number, not with a name", {
        origin: end.origin,
      });
    }
    return { kind: "named", protocol: number, name: readPortName(port) };
  }
  const first = readPortNumber(port, "port", "a whole number from 1 to 65535, or a port's name");
  if (end === undefined) return { kind: "range", protocol: number, first, last: first };
  const last = asWhole(end, "endPort", 1, 65535);
  if (last < first) {
    throw new Problem("meaning", `endPort is expected to be ${first} or more, not ${last}`, {
      origin: end.origin,
    });
  }
  return { kind: "range", protocol: number, first, last };
}

/** An item of AdminNetworkPolicy's ports: exactly one of portNumber, portRange and namedPort. */
export function readAdminPort(tree: Tree): PolicyPort {
  const map = asMap(tree, "an item of ports");
  onlyFields(map, "an item of ports", ["portNumber", "portRange", "namedPort"]);
  if (map.entries.size !== 1) {
    throw new Problem("meaning", "exactly one of portNumber, portRange and namedPort is expected", {
      origin: map.origin,
    });
  }
  const name = field(map, "namedPort");
  if (name !== undefined) return { kind: "named", name: readPortName(name) };
  const one = field(map, "portNumber");
  if (one !== undefined) {
    const inner = asMap(one, "portNumber");
    onlyFields(inner, "portNumber", ["protocol", "port"]);
    const port = asWhole(required(inner, "port", "portNumber"), "port", 1, 65535);
    return { kind: "range", protocol: portProtocol(field(inner, "protocol")), first: port, last: port };
  }
  const range = asMap(required(map, "portRange", "an item of ports"), "portRange");
  onlyFields(range, "portRange", ["protocol", "start", "end"]);
  const first = asWhole(required(range, "start", "portRange"), "start", 1, 65535);
  const end = required(range, "end", "portRange");
  const last = asWhole(end, "end", 1, 65535);
  if (last < first) {
    throw new Problem("meaning", `end is expected to be ${first} or more, not ${last}`, {
      origin: end.origin,
    });
  }
  return { kind: "range", protocol: portProtocol(field(range, "protocol")), first, last };
}

function readPortNumber(tree: Tree, what: string, expected: string): number {
  const value = tree.kind === "scalar" ? tree.value : undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 65535) {
    throw mismatch(tree, what, expected);
  }
  return value;
}

/** RFC 6335 names: up to 15 letters, digits and hyphens, with a letter. */
function readPortName(tree: Tree): string {
  const name = asText(tree, "a port's name");
  if (!/^(?=.*[a-z])[a-z0-9-]{1,15}$/.test(name)) {
    throw mismatch(
      tree,
      "a port",
      "a number from 1 to 65535, or a name of up to 15 letters, digits and hyphens",
    );
  }
  return name;
}

/** The tests of a rule's ports. `destinations`: the pods whose container ports a named port can mean. */
export function portsMatch(ports: readonly PolicyPort[], destinations: readonly Endpoint[]): Match {
  const byProtocol = new Map<number, [number, number][]>();
  const named: Match[] = [];
  for (const port of ports) {
    if (port.kind === "named") named.push(...namedMatches(port, destinations));
    else {
      const pairs = byProtocol.get(port.protocol) ?? [];
      pairs.push(port.kind === "all" ? [0, 65535] : [port.first, port.last]);
      byProtocol.set(port.protocol, pairs);
    }
  }
  const numbered = [...byProtocol].map(([number, pairs]) => {
    const set = intervals.fromPairs(numberDomain(65535), pairs);
    return set[0] === 0 && set[1] === 65535 ? protocol(number) : all(protocol(number), destinationPorts(set));
  });
  return any(...numbered, ...named);
}

interface NamedPort {
  readonly protocol: number;
  readonly number: number;
  readonly endpoints: readonly Endpoint[];
}

/** By list of destinations and port: policies name the same ports again and again. */
const namedPorts = new WeakMap<readonly Endpoint[], Map<string, readonly NamedPort[]>>();

function namedMatches(
  port: Extract<PolicyPort, { kind: "named" }>,
  destinations: readonly Endpoint[],
): Match[] {
  const known = namedPorts.get(destinations) ?? new Map<string, readonly NamedPort[]>();
  namedPorts.set(destinations, known);
  const key = `${port.protocol ?? ""} ${port.name}`;
  const groups = known.get(key) ?? findNamed(port, destinations);
  known.set(key, groups);
  return groups.map((group) =>
    all(
      protocol(group.protocol),
      destinationPorts([group.number, group.number]),
      isEndpoint("destination", group.endpoints),
    ),
  );
}

function findNamed(
  port: Extract<PolicyPort, { kind: "named" }>,
  destinations: readonly Endpoint[],
): readonly NamedPort[] {
  const groups = new Map<string, NamedPort & { readonly endpoints: Endpoint[] }>();
  for (const endpoint of destinations) {
    for (const each of endpoint.workload.ports) {
      if (each.name !== port.name || (port.protocol ?? each.protocol) !== each.protocol) continue;
      const key = `${each.protocol} ${each.port}`;
      const group = groups.get(key) ?? { protocol: each.protocol, number: each.port, endpoints: [] };
      group.endpoints.push(endpoint);
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

/** NetworkPolicy speaks of TCP, UDP and SCTP; what becomes of other protocols is left to the network plugin. */
export const anyPortMatch: Match = any(protocol(TCP, UDP, SCTP), {
  kind: "unknown",
  what: "what the network plugin does with protocols other than TCP, UDP and SCTP",
});

/** `TCP 80, UDP 5353, SCTP 9000–9010, TCP http`. */
export function portsText(ports: readonly PolicyPort[]): string {
  return ports
    .map((port) => {
      const name = port.protocol === undefined ? "" : `${protocolName(port.protocol).toUpperCase()} `;
      if (port.kind === "all") return `all of ${name.trim()}`;
      if (port.kind === "named") return `${name}${port.name}`;
      return `${name}${port.first === port.last ? port.first : `${port.first}–${port.last}`}`;
    })
    .join(", ");
}
