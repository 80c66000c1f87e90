// The small language that rules are written in, the same in every ring: `tcp 443 from office`, `allow tcp 443 from any`,
// `allow tcp 10.0.1.0/24 -> any:22`. Reads a rule's text into its parts; what they mean in a ring is the ring's.
import { allAddresses, unionOfAddresses, type AddressSet } from "../../packet/address-set.ts";
import { fromPairs, pairsOf, type NumberSet } from "../../packet/intervals.ts";
import { ICMP, ICMPV6, portDomain } from "../../packet/protocol.ts";
import type { Match } from "../../rules/match.ts";
import { closest } from "../../closest.ts";
import {
  flagsOf,
  icmpNames,
  icmpOf,
  interfaceMatch,
  placeSet,
  portless,
  portPair,
  protocolOf,
  whoOf,
  type Known,
  type Who,
} from "./terms.ts";
import { Words, type Fail } from "./words.ts";

/** Protocol with destination ports or ICMP type: what every rule begins with. */
export interface What {
  readonly protocol: number | "any";
  readonly ports?: NumberSet;
  readonly icmp?: { readonly type: number; readonly code?: number };
}

export interface FilterRule extends What {
  readonly action: "allow" | "deny" | "reject";
  readonly source: AddressSet;
  readonly destination: AddressSet;
  readonly sourcePorts?: NumberSet;
  readonly destinationPorts?: NumberSet;
  readonly flags?: { readonly mask: number; readonly value: number };
  readonly fragments?: boolean;
  readonly interfaces: readonly Extract<Match, { kind: "interface" }>[];
}

/** `tcp 443 from office, alb`: a security group's rule; `side` is its word for the other end. */
export function parseGroupRule(text: string, side: "from" | "to", known: Known, fail: Fail) {
  const words = new Words(text, fail);
  refuseAction(words);
  const what = readWhat(words, side);
  const who = readPeers(words, side, known);
  words.end("the end of the rule");
  return { what, who };
}

/** A security group has no action: the commonest slip of who comes from packet filters. */
function refuseAction(words: Words): void {
  const word = words.peek();
  if (word === "allow" || word === "deny" || word === "reject")
    words.refuse(
      "a protocol was expected",
      word === "allow"
        ? "leave the word out: a security group only allows"
        : "a security group can't deny: use a network ACL for that",
    );
}

/** `allow tcp 443 from 0.0.0.0/0`: a network ACL's rule. */
export function parseAclRule(text: string, side: "from" | "to", known: Known, fail: Fail) {
  const words = new Words(text, fail);
  const action = readAction(words, ["allow", "deny"]);
  const what = readWhat(words, side);
  const set = readPeers(words, side, known).flatMap((who) => (who.kind === "addresses" ? [who.set] : []));
  words.end("the end of the rule");
  return { action, what, peer: unionOfAddresses(set) };
}

/** `allow tcp 10.0.1.0/24 -> any:22 flags syn,!ack in eth0`, or without ends `allow tcp 80`: a packet filter's rule. */
export function parseFilterRule(text: string, known: Known, fail: Fail): FilterRule {
  const words = new Words(text, fail);
  const action = readAction(words, ["allow", "deny", "reject"]);
  const arrow = words.words.some((word) => word.text === "->");
  const head = arrow ? readProtocol(words) : undefined;
  const what = head === undefined ? readWhat(words, undefined) : readIcmpBeforeEnd(words, head);
  const any = { set: allAddresses };
  const from: { set: AddressSet; ports?: NumberSet } = arrow ? readEnd(words, known, what) : any;
  if (arrow && !words.take("->")) words.refuse("“->” and the destination were expected");
  const to: { set: AddressSet; ports?: NumberSet } = arrow ? readEnd(words, known, what) : any;
  const destinationPorts = to.ports ?? what.ports;
  let rule: FilterRule = {
    action,
    protocol: what.protocol,
    ...(what.icmp === undefined ? {} : { icmp: what.icmp }),
    source: from.set,
    destination: to.set,
    ...(from.ports === undefined ? {} : { sourcePorts: from.ports }),
    ...(destinationPorts === undefined ? {} : { destinationPorts }),
    interfaces: [],
  };
  while (words.peek() !== undefined) {
    const option = words.next("an option");
    if (option.text === "flags") {
      rule = { ...rule, flags: readFlags(words, what.protocol, option.offset) };
    } else if (option.text === "fragments") {
      rule = { ...rule, fragments: true };
    } else if (option.text === "in" || option.text === "out") {
      const name = words.next("the name of an interface");
      rule = { ...rule, interfaces: [...rule.interfaces, interfaceMatch(option.text, name.text)] };
    } else {
      const near = closest(option.text, ["flags", "fragments", "in", "out"]);
      words.fail(
        `“${option.text}” is no part of a rule; after the ends may stand flags, fragments, in and out`,
        option.offset,
        near === undefined ? undefined : `did you mean “${near}”?`,
      );
    }
  }
  return rule;
}

function readAction<A extends string>(words: Words, actions: readonly A[]): A {
  const word = words.peek();
  const action = actions.find((name) => name === word);
  if (action !== undefined) {
    words.at += 1;
    return action;
  }
  const near = word === undefined ? undefined : closest(word, actions);
  return words.refuse(
    `${actions.join(" or ")} was expected`,
    near === undefined ? undefined : `did you mean “${near}”?`,
  );
}

function readProtocol(words: Words): number | "any" {
  const word = words.next("a protocol such as tcp, udp, icmp or all");
  return protocolOf(word.text, words.fail, word.offset);
}

/** Protocol, and destination ports or ICMP type, up to the word for the other end. */
function readWhat(words: Words, side: "from" | "to" | undefined): What {
  const protocol = readProtocol(words);
  const word = words.peek();
  const stop = side === undefined ? ["flags", "fragments", "in", "out"] : ["from", "to"];
  if (word === undefined || stop.includes(word)) return { protocol };
  if (protocol === ICMP || protocol === ICMPV6) return { protocol, icmp: readIcmp(words, protocol) };
  return { protocol, ports: readPorts(words, protocol) };
}

function readIcmpBeforeEnd(words: Words, protocol: number | "any"): What {
  const typed = protocol === ICMP || protocol === ICMPV6;
  const word = words.peek() ?? "";
  if (!typed || (!/^\d+(\/\d+)?$/.test(word) && !Object.hasOwn(icmpNames(protocol), word)))
    return { protocol };
  return { protocol, icmp: readIcmp(words, protocol) };
}

function readIcmp(words: Words, protocol: number) {
  const word = words.next("an ICMP type");
  return icmpOf(word.text, protocol, words.fail, word.offset);
}

function readPorts(words: Words, protocol: number | "any"): NumberSet {
  const pairs: [number, number][] = [];
  do {
    const word = words.next("a port");
    portless(protocol, words.fail, word.offset);
    pairs.push(portPair(word.text, words.fail, word.offset));
  } while (words.take(","));
  return fromPairs(portDomain, pairs);
}

function readPeers(words: Words, side: "from" | "to", known: Known): Who[] {
  const other = side === "from" ? "to" : "from";
  if (words.peek() === other)
    words.refuse(
      `“${side}” was expected`,
      side === "from" ? "rules for the way in say from whom" : "rules for the way out say to whom",
    );
  if (!words.take(side)) words.refuse(`“${side}” and an address, prefix or name were expected`);
  const peers: Who[] = [];
  do peers.push(readWho(words, known));
  while (words.take(","));
  return peers;
}

function readWho(words: Words, known: Known): Who {
  const word = words.next("an address, prefix or name");
  if (
    (word.text === "subnet" || word.text === "host") &&
    words.peek() !== undefined &&
    words.peek() !== ","
  ) {
    const name = words.next(`the name of a ${word.text}`);
    return { kind: "addresses", set: placeSet(word.text, name.text, known, words.fail, name.offset) };
  }
  return whoOf(word.text, known, words.fail, word.offset);
}

/** One end of a packet filter's rule: `any`, `10.0.1.0/24:22`, `host db:5432`, `[2001:db8::1]:443`. */
function readEnd(words: Words, known: Known, what: What): { set: AddressSet; ports?: NumberSet } {
  const first = words.next("an address, prefix or name");
  const place = first.text === "subnet" || first.text === "host";
  const word = place ? words.next(`the name of a ${first.text}`) : first;
  const { head, tail } = splitEnd(word.text);
  const whole = place ? `${first.text} ${head}` : head;
  const who = whoOf(whole, known, words.fail, place ? word.offset : first.offset);
  const set = who.kind === "addresses" ? who.set : allAddresses;
  if (tail === undefined) {
    if (words.peek() === ",")
      words.refuse("one address, prefix or name was expected", "give several of them a name under names:");
    return { set };
  }
  const offset = word.offset + word.text.length - tail.length;
  portless(what.protocol, words.fail, offset);
  const pairs = [portPair(tail, words.fail, offset)];
  while (words.take(",")) {
    const port = words.next("a port");
    pairs.push(portPair(port.text, words.fail, port.offset));
  }
  return { set, ports: fromPairs(portDomain, pairs) };
}

function splitEnd(text: string): { head: string; tail?: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) {
    const head = bracketed[1] ?? "";
    return bracketed[2] === undefined ? { head } : { head, tail: bracketed[2] };
  }
  const parts = text.split(":");
  const [head = "", tail] = parts;
  return parts.length === 2 && tail !== undefined ? { head, tail } : { head: text };
}

function readFlags(words: Words, protocol: number | "any", offset: number) {
  const names: string[] = [];
  do names.push(words.next("a TCP flag").text);
  while (words.take(","));
  return flagsOf(names.join(","), protocol, words.fail, offset);
}

/** `tcp 8080, 8443`, `udp 53 on loopback`: what a program listens on. At most 100 ports. */
export function readListens(text: string, fail: Fail) {
  const words = new Words(text, fail);
  const { protocol, ports } = readPorted(words);
  let local = false;
  if (words.take("on")) {
    const where = words.next("loopback");
    local = ["loopback", "127.0.0.1", "::1"].includes(where.text);
    if (!local)
      fail(
        `“${where.text}” is not “loopback”`,
        where.offset,
        "leave “on …” out for a program that listens on all of the host's addresses",
      );
  }
  words.end("the end, or “on loopback”,");
  const count = pairsOf(ports).reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (count > 100) fail(`${count} ports are more than a program listens on: at most 100 were expected`, 0);
  return { protocol, ports, local };
}

/** `tcp 443`, `tcp 80, 443`: what a load balancer listens on. */
export function readListener(text: string, fail: Fail) {
  const words = new Words(text, fail);
  const listener = readPorted(words);
  words.end("the end");
  return listener;
}

function readPorted(words: Words): { protocol: number; ports: NumberSet } {
  const offset = words.words[0]?.offset ?? 0;
  const protocol = readProtocol(words);
  if (protocol === "any") return words.fail("a protocol with ports was expected: tcp or udp", offset);
  return { protocol, ports: readPorts(words, protocol) };
}

/** `app-1:8080`, `app-1/eth1:8080`, `10.0.2.10`, `[2001:db8::1]:8080`: where a load balancer sends to. */
export function readTarget(text: string, fail: Fail): { end: string; port?: number } {
  const { head, tail } = splitEnd(text);
  if (tail === undefined) return { end: head };
  const [port, last] = portPair(tail, fail, text.length - tail.length);
  if (last !== port) fail("a target has one port, not a range", text.length - tail.length);
  return { end: head, port };
}
