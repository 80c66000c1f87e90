// Reads what `ip route` and `ip -6 route` print into a host's routes. Only what decides where a packet goes is kept:
// the prefix, the way, the kind of route and its metric. Routes of other tables are left to `ip rule`, which no one exported.
import { parsePrefix, type Address, type Family, type Prefix, parseAddress } from "../../packet/address.ts";
import { Problem, type Origin, type Unknown } from "../../problem.ts";
import type { HostRoute } from "../../layers/host/model.ts";
import type { SourceFile } from "../reader.ts";
import { linesOf, type Line } from "./lines.ts";

export interface RouteList {
  readonly routes: readonly HostRoute[];
  readonly unknowns: readonly Unknown[];
}

const types: ReadonlyMap<string, HostRoute["type"]> = new Map([
  ["unicast", "unicast"],
  ["local", "local"],
  ["broadcast", "broadcast"],
  // A subnet's anycast address is delivered to the host that has it (RFC 4291, section 2.6).
  ["anycast", "local"],
  ["blackhole", "blackhole"],
  ["unreachable", "unreachable"],
  ["prohibit", "prohibit"],
]);
const leftOut: ReadonlySet<string> = new Set(["throw", "multicast", "nat", "xresolve"]);
/** Words that take one value; all others stand alone (onlink, linkdown, dead, pervasive …). */
const valued: ReadonlySet<string> = new Set(
  "via dev proto protocol scope src metric table pref mtu advmss window rtt rttvar rto_min initcwnd initrwnd ssthresh realm realms features quickack congctl hoplimit cwnd reordering expires error encap weight tos dsfield preference nhid from iif uid cache ttl-propagate".split(
    " ",
  ),
);
/** ip -6 route prints metrics always; IPv4 leaves out the usual 0. */
const usualMetric: Readonly<Record<Family, number>> = { 4: 0, 6: 1024 };
const knownTables: ReadonlySet<string> = new Set(["main", "local", "default", "254", "255", "253"]);

/** @throws Problem for a line that no route is */
export function parseIpRoute(file: SourceFile, family?: Family): RouteList {
  const lines = [...linesOf(file)].filter(({ text }) => text.trim() !== "" && !text.trim().startsWith("#"));
  const decided = family ?? familyOfRoutes(lines, file.path);
  const routes: HostRoute[] = [];
  const unknowns: Unknown[] = [];
  const leaveOut = (line: Line, effect: string): void => {
    unknowns.push({ origin: { file: file.path, line: line.number }, what: line.text.trim(), effect });
  };
  for (const [line, ...hops] of withHops(lines, file)) {
    const origin: Origin = { file: file.path, line: line.number };
    const open = openRoute(line.text.trim().split(/\s+/), decided, origin);
    const table = open.words.get("table");
    if (leftOut.has(open.type)) leaveOut(line, `left out: Ringwall does not follow ${open.type} routes`);
    else if (table !== undefined && !knownTables.has(table)) {
      leaveOut(
        line,
        `left out: which packets are routed by table ${table} stands in “ip rule”, which was not exported`,
      );
    } else if (hops.length === 0) routes.push(routeOf(open, open.words, origin));
    else {
      leaveOut(
        line,
        "which of its next hops a packet takes can't be known: the kernel spreads flows over them",
      );
      routes.push(routeOf(open, commonWay(hops, file), origin));
    }
  }
  return { routes, unknowns };
}

/** Each route's line with the `nexthop` lines under it. */
function withHops(lines: readonly Line[], file: SourceFile): (readonly [Line, ...Line[]])[] {
  const groups: [Line, ...Line[]][] = [];
  for (const line of lines) {
    if (!/^\s*nexthop\s/.test(line.text)) groups.push([line]);
    else if (groups.length > 0) groups.at(-1)?.push(line);
    else {
      throw new Problem("syntax", "a nexthop stands here without its route", {
        origin: { file: file.path, line: line.number },
      });
    }
  }
  return groups;
}

/** Only what all next hops agree on: a route without a device leaves open which one it is. */
function commonWay(hops: readonly Line[], file: SourceFile): Map<string, string> {
  const ways = hops.map((hop) =>
    waysOf(hop.text.trim().split(/\s+/).slice(1), { file: file.path, line: hop.number }),
  );
  const common = new Map<string, string>();
  for (const word of ["dev", "via"]) {
    const values = new Set(ways.map((way) => way.get(word)));
    const [value] = values;
    if (values.size === 1 && value !== undefined) common.set(word, value);
  }
  return common;
}

interface OpenRoute {
  readonly type: string;
  readonly destination: Prefix;
  readonly words: ReadonlyMap<string, string>;
  readonly origin: Origin;
}

function openRoute(words: readonly string[], family: Family, origin: Origin): OpenRoute {
  const [first = ""] = words;
  const typed = types.has(first) || leftOut.has(first);
  const text = (typed ? words[1] : first) ?? "";
  const all = family === 4 ? "0.0.0.0/0" : "::/0";
  const destination = parsePrefix(text === "default" || text === "all" ? all : text);
  if (destination === undefined) {
    throw new Problem("syntax", `“${text}” stands where a route's destination was expected`, {
      origin,
      remedy: "default, 10.0.0.0/8 or 2001:db8::/32, as “ip route” prints it",
    });
  }
  const type = typed ? first : "unicast";
  return { type, destination, words: waysOf(words.slice(typed ? 2 : 1), origin), origin };
}

function waysOf(words: readonly string[], origin: Origin): Map<string, string> {
  const ways = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!valued.has(word)) continue;
    // “via inet6 fe80::1” is an IPv4 route by an IPv6 neighbour.
    const skip = word === "via" && /^inet6?$/.test(words[at + 1] ?? "") ? 2 : 1;
    const value = words[at + skip];
    if (value === undefined) {
      throw new Problem("syntax", `“${word}” has no value: the line was cut off`, { origin });
    }
    ways.set(word, value);
    at += skip;
  }
  return ways;
}

function routeOf(open: OpenRoute, ways: ReadonlyMap<string, string>, origin: Origin): HostRoute {
  const device = ways.get("dev");
  const via = viaOf(ways.get("via"), origin);
  const metric = Number(open.words.get("metric") ?? usualMetric[open.destination.family]);
  if (!Number.isSafeInteger(metric)) throw new Problem("syntax", "a route's metric is a number", { origin });
  return {
    destination: open.destination,
    ...(device === undefined ? {} : { device }),
    ...(via === undefined ? {} : { via }),
    type: types.get(open.type) ?? "unicast",
    metric,
    origin,
  };
}

function viaOf(text: string | undefined, origin: Origin): Address | undefined {
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (address === undefined) throw new Problem("syntax", `“${text}” is no neighbour's address`, { origin });
  return address;
}

/** By the addresses that stand in it; a list of nothing but “default dev …” by its name, and otherwise IPv4. */
function familyOfRoutes(lines: readonly Line[], path: string): Family {
  for (const { text } of lines) {
    for (const word of text.trim().split(/\s+/)) {
      const prefix = parsePrefix(word);
      if (prefix !== undefined && (word.includes(".") || word.includes(":"))) return prefix.family;
    }
  }
  return /ip6|ipv6|-6|6-route/i.test(path.split("/").at(-1) ?? "") ? 6 : 4;
}
