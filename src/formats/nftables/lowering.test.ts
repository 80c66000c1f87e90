// What lowered rules say of packets, construct by construct: the rules go through the real nft, the answers are
// reasoned from nft(8) and from the kernel's code (nft_payload_eval, nft_ct_get_eval, nft_lookup_eval).
import { expect, test } from "vitest";
import { ACK, SYN } from "../../packet/packet.ts";
import type { Packet } from "../../packet/packet.ts";
import { evaluate, type Outcome } from "../../rules/evaluate.ts";
import type { View } from "../../rules/view.ts";
import { hasNft, loadScripts } from "./testing/nft.ts";
import { packet } from "./testing/packets.ts";
import { parseNftables } from "./ruleset.ts";

type Expected = "yes" | "no" | "perhaps";
type Asked = readonly [packet: string | Packet, expected: Expected, view?: Partial<View>];
interface Case {
  readonly rule: string;
  readonly asked: readonly Asked[];
}

/** `yes`: the rule's accept is reached. */
const cases: readonly Case[] = [
  {
    rule: "ip saddr 10.0.0.0/8 accept",
    asked: [
      ["tcp 10.1.2.3:1 > 1.1.1.1:2", "yes"],
      ["tcp 11.1.2.3:1 > 1.1.1.1:2", "no"],
      ["tcp [::1]:1 > [::2]:2", "no"],
    ],
  },
  {
    rule: "ip saddr != 10.0.0.0/8 accept",
    asked: [
      ["tcp 10.1.2.3:1 > 1.1.1.1:2", "no"],
      ["tcp 11.1.2.3:1 > 1.1.1.1:2", "yes"],
      // nft implies IPv4: what has no IPv4 address is not “another one”.
      ["tcp [::1]:1 > [::2]:2", "no"],
    ],
  },
  {
    rule: "tcp dport != 22 accept",
    asked: [
      ["tcp 10.1.2.3:1 > 1.1.1.1:80", "yes"],
      ["tcp 10.1.2.3:1 > 1.1.1.1:22", "no"],
      ["udp 10.1.2.3:1 > 1.1.1.1:80", "no"],
      ["tcp later 10.1.2.3 > 1.1.1.1", "no"],
    ],
  },
  {
    rule: "meta l4proto tcp accept",
    asked: [
      ["tcp later 10.1.2.3 > 1.1.1.1", "yes"],
      ["tcp [::1]:1 > [::2]:2", "yes"],
      ["udp 10.1.2.3:1 > 1.1.1.1:80", "no"],
    ],
  },
  {
    rule: "th dport 53 accept",
    asked: [
      ["udp 10.1.2.3:1 > 1.1.1.1:53", "yes"],
      ["tcp 10.1.2.3:1 > 1.1.1.1:53", "yes"],
      ["tcp 10.1.2.3:1 > 1.1.1.1:54", "no"],
      // Bytes 2 and 3 of an ICMP message are its checksum, which may well be 53.
      ["icmp 10.1.2.3 > 1.1.1.1", "perhaps"],
      ["udp later 10.1.2.3 > 1.1.1.1", "no"],
    ],
  },
  {
    rule: "meta l4proto { tcp, udp } th dport 53 accept",
    asked: [
      ["icmp 10.1.2.3 > 1.1.1.1", "no"],
      ["udp 10.1.2.3:1 > 1.1.1.1:53", "yes"],
    ],
  },
  {
    rule: "tcp dport & 1 == 1 accept",
    asked: [
      ["tcp 10.1.2.3:1 > 1.1.1.1:81", "yes"],
      ["tcp 10.1.2.3:1 > 1.1.1.1:80", "no"],
    ],
  },
  {
    rule: "ip saddr & 255.0.0.255 == 10.0.0.1 accept",
    asked: [
      ["tcp 10.9.9.1:1 > 1.1.1.1:81", "yes"],
      ["tcp 10.9.9.2:1 > 1.1.1.1:81", "no"],
      ["tcp 11.9.9.1:1 > 1.1.1.1:81", "no"],
    ],
  },
  {
    rule: "ip saddr & 0.0.0.255 != 0.0.0.1 accept",
    asked: [
      ["tcp 10.9.9.1:1 > 1.1.1.1:81", "no"],
      ["tcp 10.9.9.2:1 > 1.1.1.1:81", "yes"],
      ["tcp [::2]:1 > [::1]:81", "no"],
    ],
  },
  {
    rule: "ip saddr < 10.0.0.9 accept",
    asked: [
      ["tcp 10.0.0.8:1 > 1.1.1.1:81", "yes"],
      ["tcp 10.0.0.9:1 > 1.1.1.1:81", "no"],
      ["tcp [::2]:1 > [::1]:81", "no"],
    ],
  },
  // Flags: without an operator any of the bits; with one, the whole byte.
  {
    rule: "tcp flags syn accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 syn", "yes"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 syn,ack", "yes"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 ack", "no"],
      ["tcp later 10.0.0.1 > 1.1.1.1", "no"],
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "no"],
    ],
  },
  {
    rule: "tcp flags == syn accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 syn", "yes"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 syn,ack", "no"],
    ],
  },
  {
    rule: "tcp flags syn,rst accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 rst,ack", "yes"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 ack", "no"],
    ],
  },
  {
    rule: "tcp flags & (fin|syn|rst|ack) == syn accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 syn", "yes"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 syn,ack", "no"],
    ],
  },
  {
    rule: "tcp flags & (fin|syn|rst|ack) != syn accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 syn", "no"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 ack", "yes"],
      ["tcp later 10.0.0.1 > 1.1.1.1", "no"],
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "no"],
    ],
  },
  {
    rule: "tcp flags ! syn,ack accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 fin", "yes"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 ack", "no"],
    ],
  },
  {
    rule: "tcp flags { syn, syn | ack } accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 syn,ack", "yes"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 ack", "no"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2 syn,fin", "no"],
    ],
  },
  {
    rule: "tcp flags 0x0 accept",
    // Any of no bits: never. (Whoever wants null packets writes `== 0x0`.)
    asked: [["tcp 10.0.0.1:1 > 1.1.1.1:2 none", "no"]],
  },
  {
    rule: "tcp flags == 0x0 accept",
    asked: [["tcp 10.0.0.1:1 > 1.1.1.1:2 none", "yes"]],
  },
  {
    rule: "tcp option maxseg missing accept",
    asked: [
      // The kernel looks for TCP options in any packet, and finds none where there is no TCP.
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "yes"],
      ["tcp later 10.0.0.1 > 1.1.1.1", "yes"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "perhaps"],
    ],
  },
  {
    rule: "tcp option maxseg exists accept",
    asked: [
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "no"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "perhaps"],
    ],
  },
  // ICMP
  {
    rule: "icmp type echo-request accept",
    asked: [
      ["icmp 10.0.0.1 > 1.1.1.1 8", "yes"],
      ["icmp 10.0.0.1 > 1.1.1.1 0", "no"],
      ["icmpv6 ::1 > ::2 8", "no"],
    ],
  },
  {
    rule: "icmpv6 type != echo-request accept",
    asked: [
      ["icmpv6 ::1 > ::2 128", "no"],
      ["icmpv6 ::1 > ::2 135", "yes"],
      ["icmp 10.0.0.1 > 1.1.1.1 3", "no"],
    ],
  },
  {
    rule: "icmp type . icmp code { destination-unreachable . frag-needed } accept",
    asked: [
      ["icmp 10.0.0.1 > 1.1.1.1 3/4", "yes"],
      ["icmp 10.0.0.1 > 1.1.1.1 3/3", "no"],
    ],
  },
  // Connections
  {
    rule: "ct state established,related accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { state: "established" }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { state: "new" }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { state: "untracked" }],
    ],
  },
  {
    rule: "ct state != { established, related } accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { state: "related" }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { state: "untracked" }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { state: "invalid" }],
    ],
  },
  {
    rule: "ct state & (established | related) == established accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { state: "established" }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { state: "related" }],
    ],
  },
  {
    rule: "ct mark != 5 accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { state: "new", connectionMark: 4 }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { state: "new", connectionMark: 5 }],
      // No connection, no mark: the rule ends.
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { state: "untracked" }],
    ],
  },
  {
    rule: "ct status ! dnat accept",
    asked: [["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { state: "invalid" }]],
  },
  // Marks
  {
    rule: "meta mark & 0xff == 0x10 accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { mark: 0x110 }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { mark: 0x111 }],
    ],
  },
  {
    rule: "meta mark | 1 == 5 accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { mark: 4 }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { mark: 5 }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { mark: 6 }],
    ],
  },
  {
    rule: "meta mark & 0xff != 0x10 accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { mark: 0x210 }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { mark: 0x211 }],
    ],
  },
  {
    rule: "meta mark set meta mark & 0xffff0000 | 5 meta mark 0xa0005 accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { mark: 0xa1234 }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { mark: 0xb1234 }],
    ],
  },
  {
    rule: "meta mark set ct mark & 0xff | 0x100 meta mark 0x112 accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { state: "new", mark: 0, connectionMark: 0xf12 }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { state: "new", mark: 0, connectionMark: 0xf13 }],
    ],
  },
  {
    rule: "meta mark set tcp dport map { 22 : 1, 80 : 2 } meta mark { 1, 2 } accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:22", "yes", { mark: 0 }],
      // The map does not hold 443: the rule ends there, though the mark would fit.
      ["tcp 10.0.0.1:1 > 1.1.1.1:443", "no", { mark: 1 }],
    ],
  },
  {
    rule: "meta mark set numgen random mod 4 meta mark 3 accept",
    asked: [["tcp 10.0.0.1:1 > 1.1.1.1:443", "perhaps", { mark: 9 }]],
  },
  // Interfaces
  {
    rule: 'iifname "eth*" accept',
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { inInterface: "eth3" }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { inInterface: "wg0" }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "perhaps"],
    ],
  },
  {
    rule: 'oifname != { "eth0", "eth1" } accept',
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "yes", { outInterface: "eth2" }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:2", "no", { outInterface: "eth1" }],
    ],
  },
  // Sets, concatenations, maps
  {
    rule: "ip saddr . tcp dport { 10.0.0.0/24 . 22, 10.0.1.1 . 80-90 } accept",
    asked: [
      ["tcp 10.0.0.7:1 > 1.1.1.1:22", "yes"],
      ["tcp 10.0.1.1:1 > 1.1.1.1:85", "yes"],
      ["tcp 10.0.1.1:1 > 1.1.1.1:22", "no"],
      ["udp 10.0.0.7:1 > 1.1.1.1:22", "no"],
    ],
  },
  {
    rule: "ip saddr . tcp dport != { 10.0.0.1 . 22 } accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:22", "no"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:23", "yes"],
      ["udp 10.0.0.1:1 > 1.1.1.1:23", "no"],
      ["tcp later 10.0.0.1 > 1.1.1.1", "no"],
      ["tcp [::1]:1 > [::2]:23", "no"],
    ],
  },
  {
    rule: 'iifname . ct state . tcp dport { "eth0" . new . 22, "eth1" . established . 22 } accept',
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:22", "yes", { inInterface: "eth0", state: "new" }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:22", "no", { inInterface: "eth0", state: "established" }],
      ["tcp 10.0.0.1:1 > 1.1.1.1:23", "no", { inInterface: "eth0", state: "new" }],
    ],
  },
  {
    rule: "meta l4proto . th dport { tcp . 22, icmp . 1 } accept",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:22", "yes"],
      ["udp 10.0.0.1:1 > 1.1.1.1:22", "no"],
      ["icmp 10.0.0.1 > 1.1.1.1", "perhaps"],
    ],
  },
  {
    rule: "tcp dport vmap { 22 : accept, 80-90 : drop, * : continue }",
    asked: [
      ["tcp 10.0.0.1:1 > 1.1.1.1:22", "yes"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:81", "no"],
      ["tcp 10.0.0.1:1 > 1.1.1.1:443", "no"],
    ],
  },
  {
    rule: "ip saddr . ip daddr vmap { 10.0.0.0/8 . 1.2.3.4 : drop, * : accept }",
    asked: [
      ["tcp 10.0.0.1:1 > 1.2.3.4:22", "no"],
      ["tcp 10.0.0.1:1 > 1.2.3.5:22", "yes"],
      ["tcp [::1]:1 > [::2]:22", "no"],
    ],
  },
  {
    rule: "ct state vmap { established : accept, related : accept, invalid : drop }",
    asked: [
      ["tcp 10.0.0.1:1 > 1.2.3.4:22", "yes", { state: "related" }],
      ["tcp 10.0.0.1:1 > 1.2.3.4:22", "no", { state: "invalid" }],
      ["tcp 10.0.0.1:1 > 1.2.3.4:22", "no", { state: "new" }],
    ],
  },
  {
    rule: "tcp flags & (syn | ack) vmap { syn : drop, ack : accept }",
    asked: [
      ["tcp 10.0.0.1:1 > 1.2.3.4:22 syn", "no"],
      ["tcp 10.0.0.1:1 > 1.2.3.4:22 ack,fin", "yes"],
    ],
  },
  {
    rule: "tcp dport vmap { 22 : jump back, 23 : goto yes }",
    asked: [
      ["tcp 10.0.0.1:1 > 1.2.3.4:22", "no"],
      ["tcp 10.0.0.1:1 > 1.2.3.4:23", "yes"],
    ],
  },
  {
    rule: "numgen inc mod 2 vmap { 0 : accept, 1 : accept }",
    asked: [["tcp 10.0.0.1:1 > 1.2.3.4:22", "yes"]],
  },
  {
    rule: "numgen inc mod 2 vmap { 0 : accept, 1 : drop }",
    asked: [["tcp 10.0.0.1:1 > 1.2.3.4:22", "perhaps"]],
  },
  // Tests that stand behind an action
  {
    rule: 'log prefix "all" tcp dport 22 accept',
    asked: [
      ["tcp 10.0.0.1:1 > 1.2.3.4:22", "yes"],
      ["tcp 10.0.0.1:1 > 1.2.3.4:23", "no"],
    ],
  },
  { rule: "limit rate 10/second accept", asked: [["tcp 10.0.0.1:1 > 1.2.3.4:22", "perhaps"]] },
  { rule: "tcp dport 22 ct count over 3 accept", asked: [["tcp 10.0.0.1:1 > 1.2.3.4:23", "no"]] },
  {
    rule: "add @dyn { ip saddr } accept",
    asked: [
      ["tcp [::1]:1 > [::2]:23", "no"],
      ["tcp 10.0.0.1:1 > 1.2.3.4:23", "yes"],
    ],
  },
  { rule: "meta skuid 0 accept", asked: [["tcp 10.0.0.1:1 > 1.2.3.4:22", "perhaps"]] },
  // Fragments
  {
    rule: "ip frag-off & 0x1fff != 0 accept",
    asked: [
      ["udp later 10.0.0.1 > 1.1.1.1", "yes"],
      ["udp first 10.0.0.1:1 > 1.1.1.1:2", "no"],
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "no"],
    ],
  },
  {
    rule: "ip frag-off & 0x3fff != 0 accept",
    asked: [
      ["udp later 10.0.0.1 > 1.1.1.1", "yes"],
      ["udp first 10.0.0.1:1 > 1.1.1.1:2", "yes"],
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "no"],
    ],
  },
  {
    rule: "exthdr frag exists accept",
    asked: [
      ["udp later ::1 > ::2", "yes"],
      ["udp [::1]:1 > [::2]:2", "no"],
      ["udp later 10.0.0.1 > 1.1.1.1", "no"],
    ],
  },
  {
    rule: "ip6 nexthdr udp accept",
    asked: [
      ["udp [::1]:1 > [::2]:2", "yes"],
      ["udp later ::1 > ::2", "no"],
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "no"],
    ],
  },
  // Lengths, time to live, DSCP
  {
    rule: "ip6 length 100 accept",
    asked: [
      [packet("udp [::1]:1 > [::2]:2", { length: 140 }), "yes"],
      [packet("udp [::1]:1 > [::2]:2", { length: 100 }), "no"],
    ],
  },
  {
    rule: "ip ttl > 1 accept",
    asked: [
      [packet("udp 10.0.0.1:1 > 1.1.1.1:2", { ttl: 2 }), "yes"],
      [packet("udp 10.0.0.1:1 > 1.1.1.1:2", { ttl: 1 }), "no"],
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "perhaps"],
    ],
  },
  {
    rule: "ip dscp { cs1, ef } accept",
    asked: [
      [packet("udp 10.0.0.1:1 > 1.1.1.1:2", { dscp: 46 }), "yes"],
      [packet("udp 10.0.0.1:1 > 1.1.1.1:2", { dscp: 0 }), "no"],
    ],
  },
  {
    rule: "ether saddr != 00:11:22:33:44:55 accept",
    asked: [[packet("udp 10.0.0.1:1 > 1.1.1.1:2", { sourceMac: "00:11:22:33:44:56" }), "yes"]],
  },
  {
    rule: "fib daddr type { local, broadcast } accept",
    asked: [
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "yes", { addressType: () => "local" }],
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "no", { addressType: () => "unicast" }],
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "perhaps"],
    ],
  },
  {
    rule: "fib daddr type != local accept",
    asked: [
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "no", { addressType: () => "local" }],
      ["udp 10.0.0.1:1 > 1.1.1.1:2", "yes", { addressType: () => "multicast" }],
    ],
  },
  { rule: "fib saddr . iif oif missing accept", asked: [["udp 10.0.0.1:1 > 1.1.1.1:2", "perhaps"]] },
  { rule: "@th,0,16 80 accept", asked: [["tcp 10.0.0.1:80 > 1.1.1.1:2", "yes"]] },
  { rule: "@nh,8,8 5 accept", asked: [["tcp 10.0.0.1:80 > 1.1.1.1:2", "perhaps"]] },
];

const skeleton = `table inet t {
  set dyn { type ipv4_addr; flags dynamic,timeout; timeout 1m; size 100
  }
  chain back { tcp dport 1 accept
  }
  chain yes { accept
  }
${cases.map((_, at) => `chain c${at} {\n}`).join("\n")}
}
`;

function answer(outcomes: readonly Outcome["kind"][]): Expected {
  if (outcomes.every((kind) => kind === "accept")) return "yes";
  return outcomes.includes("accept") ? "perhaps" : "no";
}

test.runIf(hasNft)("each construct matches what the kernel matches, and no more", () => {
  const { json, errors } = loadScripts(
    skeleton,
    cases.map(({ rule }, at) => `add rule inet t c${at} ${rule}\n`).join(""),
  );
  expect(errors).toEqual(["", ""]);
  const [table] = parseNftables({ path: "ruleset.json", text: json }).tables;
  const answers: unknown[] = [];
  const wanted: unknown[] = [];
  for (const [at, { rule, asked }] of cases.entries()) {
    const chain = table?.chains.get(`c${at}`);
    if (table === undefined || chain === undefined) throw new Error(`no chain c${at}`);
    for (const [of, expected, view] of asked) {
      const seen: View = { mark: 0, packet: typeof of === "string" ? packet(of) : of, ...view };
      const { decisions } = evaluate(chain, table.chains, seen);
      answers.push([rule, of, answer(decisions.map((decision) => decision.outcome.kind))]);
      wanted.push([rule, of, expected]);
    }
  }
  expect(answers).toEqual(wanted);
});

test("the packets of these tests are what they say", () => {
  expect(packet("tcp 10.0.0.1:1 > 1.1.1.1:2 syn,ack").tcpFlags).toBe(SYN | ACK);
  expect(packet("icmp 10.0.0.1 > 1.1.1.1 3/4")).toMatchObject({ icmpType: 3, icmpCode: 4, protocol: 1 });
  expect(packet("udp later ::1 > ::2")).toMatchObject({ family: 6, fragment: "later" });
});
