// The rules that fffuu printed, in the words of our own rule model: so that its firewalls are asked by the same code.
import { addressSet, type AddressSet } from "../../src/packet/address-set.ts";
import type { NumberSet } from "../../src/packet/intervals.ts";
import { parseProtocol } from "../../src/packet/protocol.ts";
import {
  all,
  destination,
  destinationPorts,
  inverted,
  protocol,
  source,
  sourcePorts,
  type ConnectionState,
  type Match,
} from "../../src/rules/match.ts";
import type { Chain, Rule } from "../../src/rules/rule.ts";

/** A chain of lines such as `(-i eth1 -p tcp -m tcp --dpts [22] -d 10.0.0.1/32, -j ACCEPT)`. */
export function upperClosureChain(lines: readonly string[]): Chain {
  return chainOf(
    lines.map((line, at) => {
      const [, tests = "", action = ""] = /^\((.*), -j (\w+)\)$/.exec(line) ?? [];
      return ruleOf(line, at, testsOf(tests), action);
    }),
  );
}

/** A chain of lines such as `ACCEPT     tcp  --  0.0.0.0/0   10.0.0.1/32 in: eth1   dports: 22`. */
export function simpleChain(lines: readonly string[]): Chain {
  return chainOf(
    lines.map((line, at) => {
      const [, action = "", name = "", from = "", to = "", rest = ""] =
        /^(\w+)\s+(\w+)\s+--\s+(\S+)\s+(\S+)\s*(.*)$/.exec(line) ?? [];
      const tests = [
        source(addressSet(from)),
        destination(addressSet(to)),
        ...(name === "all" ? [] : [protocolTest(name)]),
      ];
      for (const [, key, value = ""] of rest.matchAll(/(in|out|sports|dports): (\S+)/g)) {
        if (key === "in" || key === "out") tests.push(interfaceTest(key, value));
        else tests.push(key === "sports" ? sourcePorts(portsOf(value)) : destinationPorts(portsOf(value)));
      }
      return ruleOf(line, at, all(...tests), action);
    }),
  );
}

function chainOf(rules: readonly Rule[]): Chain {
  return { name: "FORWARD", rules, origin: { file: "expected", line: 1 } };
}

function ruleOf(text: string, at: number, match: Match, action: string): Rule {
  if (action !== "ACCEPT" && action !== "DROP") throw new Error(`“${text}” is no rule of fffuu's`);
  return {
    match,
    actions: [{ kind: action === "ACCEPT" ? "accept" : "drop" }],
    origin: { file: "expected", line: at + 1 },
    text,
  };
}

const tokens =
  /(! )?(?:-m state --state (?<states>\S+)|-(?<way>[io]) (?<device>\S+)|-p (?<protocol>\S+)|-m \w+ --(?<side>[sd])pts \[(?<ports>[^\]]*)\]|-(?<end>[sd]) (?<prefix>\S+)|--tcp-flags \[(?<mask>[^\]]*)\] \[(?<set>[^\]]*)\])(?: |$)/gy;

function testsOf(text: string): Match {
  const tests: Match[] = [];
  let read = 0;
  for (const found of text.matchAll(tokens)) {
    read += found[0].length;
    const test = testOf(found.groups ?? {});
    tests.push(found[1] === undefined ? test : inverted(test));
  }
  if (read !== text.length) throw new Error(`“${text.slice(read)}” of “${text}” is not understood`);
  return all(...tests);
}

function testOf(found: Readonly<Record<string, string | undefined>>): Match {
  if (found["states"] !== undefined)
    return { kind: "state", states: found["states"].split(",").map(stateOf) };
  if (found["device"] !== undefined)
    return interfaceTest(found["way"] === "i" ? "in" : "out", found["device"]);
  if (found["protocol"] !== undefined) return protocolTest(found["protocol"]);
  if (found["ports"] !== undefined)
    return (found["side"] === "s" ? sourcePorts : destinationPorts)(portsOf(found["ports"]));
  if (found["prefix"] !== undefined)
    return (found["end"] === "s" ? source : destination)(prefixOf(found["prefix"]));
  return { kind: "tcp-flags", mask: flagsOf(found["mask"]), value: flagsOf(found["set"]) };
}

const states = ["new", "established", "related", "invalid", "untracked"] as const;

function stateOf(text: string): ConnectionState {
  const state = states.find((one) => one === text.toLowerCase());
  if (state === undefined) throw new Error(`“${text}” is no state`);
  return state;
}

function prefixOf(text: string): AddressSet {
  return addressSet(text);
}

function protocolTest(name: string): Match {
  const number = parseProtocol(name);
  if (number === undefined) throw new Error(`“${name}” is no protocol`);
  return protocol(number);
}

function interfaceTest(direction: "in" | "out", text: string): Match {
  return { kind: "interface", direction, name: text.replace(/\+$/, ""), prefix: text.endsWith("+") };
}

function portsOf(text: string): NumberSet {
  const [first = "", last = first] = text.split(":");
  return [Number(first), Number(last)];
}

const flagBits: Readonly<Record<string, number>> = {
  TCP_FIN: 1,
  TCP_SYN: 2,
  TCP_RST: 4,
  TCP_PSH: 8,
  TCP_ACK: 16,
  TCP_URG: 32,
};

function flagsOf(list = ""): number {
  return list
    .split(", ")
    .filter((name) => name !== "")
    .reduce((bits, name) => bits | (flagBits[name] ?? 0), 0);
}
