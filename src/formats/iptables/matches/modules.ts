// The match modules that Ringwall reads, by the names that -m takes.
import { DCCP, ICMP, ICMPV6, SCTP, TCP, UDP, UDPLITE } from "../../../packet/protocol.ts";
import { all, type Match } from "../../../rules/match.ts";
import {
  moduleText,
  testText,
  undecidable,
  type MatchModule,
  type ModuleUse,
  type RuleContext,
} from "../grammar.ts";
import { connmark, conntrack, mark, state } from "./connection.ts";
import { addrtype, ah, dscp, esp, frag, hl, iprange, length, mac, pkttype, tos, ttl } from "./headers.ts";
import { icmp, icmp6 } from "./icmp.ts";
import { dccp, ecn, multiport, sctp, tcp, udp, udplite } from "./ports.ts";
import { set } from "./set.ts";
import { undecidedModules } from "./undecided.ts";

export const matchModules: ReadonlyMap<string, MatchModule> = new Map([
  ...undecidedModules,
  ...Object.entries({
    addrtype,
    ah,
    connmark,
    conntrack,
    dccp,
    dscp,
    ecn,
    esp,
    frag,
    hl,
    icmp,
    icmp6,
    iprange,
    length,
    mac,
    mark,
    multiport,
    pkttype,
    sctp,
    set,
    state,
    tcp,
    tos,
    ttl,
    udp,
    udplite,
  }),
]);

/** Modules that only one family's tool has. */
const familyOfModule: ReadonlyMap<string, 4 | 6> = new Map([
  ["icmp", 4],
  ["ttl", 4],
  ["realm", 4],
  ["unclean", 4],
  ["ipv4options", 4],
  ["icmp6", 6],
  ["hl", 6],
  ["frag", 6],
  ["ipv6header", 6],
  ["hbh", 6],
  ["dst", 6],
  ["rt", 6],
  ["srh", 6],
  ["mh", 6],
  ["eui64", 6],
]);

const implicitModules: ReadonlyMap<number, string> = new Map([
  [TCP, "tcp"],
  [UDP, "udp"],
  [UDPLITE, "udplite"],
  [SCTP, "sctp"],
  [DCCP, "dccp"],
  [ICMP, "icmp"],
  [ICMPV6, "icmp6"],
]);

/** The module that `-p` loads on its own when one of its options follows. */
export function implicitModule(protocol: number | undefined): string | undefined {
  return protocol === undefined ? undefined : implicitModules.get(protocol);
}

export function lowerModule(use: ModuleUse, rule: RuleContext): Match {
  const module = matchModules.get(use.name);
  if (module === undefined) {
    return undecidable(rule, moduleText(use), `the module ${use.name}, which Ringwall does not know`);
  }
  const only = familyOfModule.get(use.name);
  if (only !== undefined && only !== rule.family) {
    const tool = only === 4 ? "iptables" : "ip6tables";
    return undecidable(rule, moduleText(use), `the module ${use.name}, which only ${tool} has`);
  }
  const test = module.lower(use, rule);
  if (use.strays.length === 0) return test;
  const strays = use.strays.map((stray) =>
    undecidable(rule, testText(stray), `an option of ${use.name} that Ringwall does not know`),
  );
  return all(test, ...strays);
}
