// The terms of the rule language, each by itself: protocol, ports, ICMP type, TCP flags, and who is at the other end.
// How they stand in a rule is in rule-language.ts.
import { addressBits, formatAddress, formatPrefix, parsePrefix, prefixEnds } from "../../packet/address.ts";
import { allAddresses, prefixSet, type AddressSet } from "../../packet/address-set.ts";
import * as packet from "../../packet/packet.ts";
import { hasPorts, ICMP, ICMPV6, parsePort, parseProtocol, TCP } from "../../packet/protocol.ts";
import type { Match } from "../../rules/match.ts";
import { closest } from "../../closest.ts";
import type { Fail } from "./words.ts";

/** What bare names and `subnet …`, `host …` stand for. Absent `groups`: this ring can't name them. */
export interface Known {
  readonly names: ReadonlyMap<string, AddressSet>;
  readonly subnets: ReadonlyMap<string, AddressSet>;
  readonly hosts: ReadonlyMap<string, AddressSet>;
  readonly groups?: ReadonlySet<string>;
}

export type Who =
  | { readonly kind: "addresses"; readonly set: AddressSet }
  | { readonly kind: "group"; readonly id: string };

/** Words for every address: the internet and the inside alike, since no ring can tell them apart. */
export const anywhere: readonly string[] = ["any", "anywhere", "internet"];

const commonProtocols = ["tcp", "udp", "icmp", "icmpv6", "all", "gre", "esp", "ah", "sctp"];

/** @example protocolOf("tcp", fail, 0) // 6 */
export function protocolOf(text: string, fail: Fail, offset: number): number | "any" {
  if (text === "all") return "any";
  const number = parseProtocol(text);
  if (number !== undefined) return number;
  const near = text === "any" ? "all" : closest(text, commonProtocols);
  return fail(
    `“${text}” is not a protocol: a name such as tcp, udp, icmp, a number from 0 to 255, or all was expected`,
    offset,
    near === undefined ? undefined : `did you mean “${near}”?`,
  );
}

const icmp4: Readonly<Record<string, string>> = {
  "echo-reply": "0",
  "destination-unreachable": "3",
  "port-unreachable": "3/3",
  "fragmentation-needed": "3/4",
  redirect: "5",
  "echo-request": "8",
  "time-exceeded": "11",
  "parameter-problem": "12",
};
const icmp6: Readonly<Record<string, string>> = {
  "destination-unreachable": "1",
  "packet-too-big": "2",
  "time-exceeded": "3",
  "parameter-problem": "4",
  "echo-request": "128",
  "echo-reply": "129",
  "router-solicitation": "133",
  "router-advertisement": "134",
  "neighbour-solicitation": "135",
  "neighbour-advertisement": "136",
};

export function icmpNames(protocol: number | "any"): Readonly<Record<string, string>> {
  return protocol === ICMP ? icmp4 : icmp6;
}

/** ICMP type, or type and code: `8`, `3/4`, `echo-request`. */
export function icmpOf(
  text: string,
  protocol: number | "any",
  fail: Fail,
  offset: number,
): { readonly type: number; readonly code?: number } {
  if (protocol !== ICMP && protocol !== ICMPV6)
    return fail("only icmp and icmpv6 have types", offset, "write the ports, or another protocol");
  const names = icmpNames(protocol);
  const found = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(Object.hasOwn(names, text) ? (names[text] ?? "") : text);
  const type = Number(found?.[1]);
  const code = found?.[2] === undefined ? undefined : Number(found[2]);
  if (found === null || type > 255 || (code ?? 0) > 255) {
    const near = closest(text, Object.keys(names));
    return fail(
      `“${text}” is not an ICMP type: 8, 3/4 or echo-request was expected`,
      offset,
      near === undefined ? undefined : `did you mean “${near}”?`,
    );
  }
  return code === undefined ? { type } : { type, code };
}

/** Ports need a protocol that has them: “all 443” would be read as something else by everybody. */
export function portless(protocol: number | "any", fail: Fail, offset: number): void {
  if (protocol === "any") fail("ports need a protocol: tcp or udp was expected in place of “all”", offset);
  else if (!hasPorts(protocol)) fail("only tcp, udp, sctp, dccp and udplite have ports", offset);
}

/** `443`, `8000-8100`, `https`. */
export function portPair(text: string, fail: Fail, offset: number): [number, number] {
  const range = /^(\d+)-(\d+)$/.exec(text);
  const ends = range === null ? [text, text] : [range[1] ?? "", range[2] ?? ""];
  const [first, last] = ends.map(parsePort);
  if (first !== undefined && last !== undefined) {
    if (first > last) fail(`the range ${text} is empty: its first port is above its last`, offset);
    return [first, last];
  }
  if (/^[\d-]+$/.test(text)) return fail(`ports are numbers from 0 to 65535, not “${text}”`, offset);
  return fail(
    `“${text}” is not a port: a number, a range such as 8000-8100, or a service name such as https was expected`,
    offset,
    text === "any" || text === "all" ? "leave the ports out to mean every port" : undefined,
  );
}

export function placeSet(
  kind: "subnet" | "host",
  name: string,
  known: Known,
  fail: Fail,
  offset: number,
): AddressSet {
  const places = kind === "subnet" ? known.subnets : known.hosts;
  const set = places.get(name);
  if (set !== undefined) return set;
  const near = closest(name, places.keys());
  return fail(
    `there is no ${kind} “${name}” in this file`,
    offset,
    near === undefined ? undefined : `did you mean “${near}”?`,
    "reference",
  );
}

/** An address, a prefix, a word for everything, a name, or (where the ring has them) a security group. */
export function whoOf(text: string, known: Known, fail: Fail, offset: number): Who {
  if (anywhere.includes(text)) return { kind: "addresses", set: allAddresses };
  if (/^[\d.]+(\/.*)?$/.test(text) || text.includes(":")) {
    return { kind: "addresses", set: prefixSet(prefixOf(text, fail, offset)) };
  }
  const place = /^(subnet|host) +(\S+)$/.exec(text);
  if (place !== null)
    return {
      kind: "addresses",
      set: placeSet(place[1] === "subnet" ? "subnet" : "host", place[2] ?? "", known, fail, offset),
    };
  const set = known.names.get(text);
  if (set !== undefined) return { kind: "addresses", set };
  if (known.groups?.has(text) === true) return { kind: "group", id: text };
  return fail(`“${text}” is ${unknownName(known)}`, offset, nameRemedy(text, known), "reference");
}

function unknownName(known: Known): string {
  return known.groups === undefined
    ? "no address, and no name in this file"
    : "no address, and no name or security group in this file";
}

function nameRemedy(text: string, known: Known): string | undefined {
  if (known.subnets.has(text)) return `write “subnet ${text}” for the addresses of that subnet`;
  if (known.hosts.has(text)) return `write “host ${text}” for the addresses of that host`;
  const near = closest(text, [...known.names.keys(), ...(known.groups ?? []), ...anywhere]);
  return near === undefined ? undefined : `did you mean “${near}”?`;
}

/** A prefix, or the reason why it is none: length, host bits, or no address at all. */
export function prefixOf(text: string, fail: Fail, offset: number) {
  const prefix = parsePrefix(text);
  if (prefix !== undefined) {
    const whole = formatPrefix(prefix);
    const length = addressBits(prefix.family);
    if (prefixEnds(prefix).first.value !== prefix.value)
      return fail(
        `${text} has bits set beyond its length`,
        offset,
        `write ${whole} for the whole prefix, or ${formatAddress(prefix)}/${length} for the one address`,
      );
    return prefix;
  }
  const [head = "", tail] = text.split("/");
  const address = parsePrefix(head);
  if (address !== undefined && tail !== undefined)
    return fail(
      `the length of a prefix of IPv${address.family} is 0 to ${address.family === 4 ? 32 : 128}, not “${tail}”`,
      offset,
    );
  return fail(`“${text}” is not an address or prefix such as 10.0.0.0/8 or 2001:db8::/32`, offset);
}

const flagBits: Readonly<Record<string, number>> = {
  fin: packet.FIN,
  syn: packet.SYN,
  rst: packet.RST,
  psh: packet.PSH,
  ack: packet.ACK,
  urg: packet.URG,
  ece: packet.ECE,
  cwr: packet.CWR,
};

/** `ack`: set; `syn,!ack`: SYN set and ACK not. */
export function flagsOf(text: string, protocol: number | "any", fail: Fail, offset: number) {
  if (protocol !== TCP) fail("only tcp has flags", offset);
  let mask = 0;
  let value = 0;
  for (const name of text.split(",").map((part) => part.trim())) {
    const flag = name.replace(/^!/, "").toLowerCase();
    const bit = Object.hasOwn(flagBits, flag) ? flagBits[flag] : undefined;
    if (bit === undefined)
      return fail(
        `“${name}” is not a TCP flag: ${Object.keys(flagBits).join(", ")}, or with “!” for not set`,
        offset,
      );
    if ((mask & bit) !== 0) return fail(`the flag ${name} is named twice`, offset);
    mask |= bit;
    if (!name.startsWith("!")) value |= bit;
  }
  return { mask, value };
}

/** `eth0`, or `eth*` for every interface that begins so. */
export function interfaceMatch(direction: "in" | "out", text: string): Extract<Match, { kind: "interface" }> {
  const prefix = text.endsWith("*");
  return { kind: "interface", direction, name: prefix ? text.slice(0, -1) : text, prefix };
}
