// The kernel as the judge of single rules: the same packets go through it and through our reading of its rules. The
// chains stand before connection tracking, so that fragments arrive as they were sent. Whole rule sets, verdicts and
// connections are judged elsewhere; here every construct stands alone, so that a difference names itself.
import { expect, test } from "vitest";
import { encode, fragments } from "../../packet/encode.ts";
import type { Packet } from "../../packet/packet.ts";
import { evaluate } from "../../rules/evaluate.ts";
import type { Chain, ChainSet } from "../../rules/rule.ts";
import { hasNft } from "./testing/nft.ts";
import { packet } from "./testing/packets.ts";
import { meet } from "./testing/reality.ts";
import { parseNftables } from "./ruleset.ts";

/** `accept` stands for “it matched”, `drop` for “it went another way”. */
const rules: readonly string[] = [
  "ip saddr 10.0.0.0/8 accept",
  "ip saddr != 10.0.0.1-10.0.0.9 accept",
  "ip saddr < 10.0.0.9 accept",
  "tcp dport { 22, 80-90 } accept",
  "tcp dport != { 22, 80 } accept",
  "tcp sport >= 1024 accept",
  "ip saddr & 255.0.0.255 == 10.0.0.1 accept",
  "ip saddr & 0.0.0.255 vmap { 0.0.0.1 : accept, 0.0.0.2 : drop }",
  "tcp flags syn accept",
  "tcp flags syn,ack accept",
  "tcp flags syn / fin,syn,rst,ack accept",
  "tcp flags != syn / fin,syn,rst,ack accept",
  "tcp flags & (fin | syn) != 0 accept",
  "tcp flags & syn == 0 accept",
  "tcp flags == syn accept",
  "tcp flags != syn accept",
  "tcp flags { syn, syn | ack } accept",
  "tcp flags 0x0 accept",
  "tcp flags == 0x0 accept",
  "icmp type echo-request accept",
  "icmp type 5-9 accept",
  "icmp type . icmp code { 3 . 4 } accept",
  "icmpv6 code 1 accept",
  "meta l4proto { icmp, icmpv6 } accept",
  "meta l4proto 5-60 accept",
  "meta nfproto vmap { ipv4 : accept, ipv6 : drop }",
  "ip ttl 1-5 accept",
  "ip length 20-60 accept",
  "ip length vmap { 0-40 : accept, 41-2000 : drop }",
  "ip protocol != { tcp, udp } accept",
  "ip6 saddr . ip6 nexthdr { 2001:db8::1 . tcp } accept",
  "meta mark | 1 == 5 accept",
  "meta mark & 0xff { 0, 2 } accept",
  "ct state { established, related } accept",
  "ct state ! new accept",
  "ct state vmap { invalid : accept, new : drop }",
  'log prefix "x" tcp dport 22 accept',
  "tcp option maxseg missing accept",
  "tcp option maxseg exists accept",
  "th dport 53 accept",
  "th dport != 53 accept",
  "meta l4proto { tcp, udp } th dport != 53 accept",
  "ip frag-off & 0x1fff != 0 accept",
  "ip frag-off & 0x1fff == 0 accept",
  "ip frag-off & 0x3fff != 0 accept",
  "ip frag-off & 0x2000 != 0 accept",
  "exthdr frag exists accept",
  "exthdr frag missing accept",
  "ip6 nexthdr udp accept",
  "ip6 nexthdr 44 accept",
  "ip6 nexthdr != udp accept",
  "ip6 nexthdr { tcp, 44 } accept",
  "meta l4proto udp accept",
  "meta l4proto != udp accept",
  "udp dport != 53 accept",
  "udp dport { 1-100 } accept",
  "ip saddr . udp dport != { 10.0.0.1 . 53 } accept",
  "ip6 saddr . udp dport != { 2001:db8::1 . 53 } accept",
  "ip6 saddr . tcp dport { 2001:db8::/32 . 80-90 } accept",
  "ip saddr . ip daddr . meta l4proto . th dport { 10.0.0.0/8 . 1.2.3.4 . tcp . 80-90, 10.0.0.0/8 . 1.2.3.4 . udp . 53 } accept",
  "meta l4proto . th dport { tcp . 22, icmp . 1 } accept",
  "meta nfproto . tcp dport { ipv4 . 22, ipv6 . 80 } accept",
  "ip6 length 12-40 accept",
  "ip6 length != 12 accept",
  "meta length < 33 accept",
  "meta length >= 44 accept",
  "ip dscp != cs1 accept",
  "ip6 dscp { af11, cs0 } accept",
  "ip6 hoplimit != 64 accept",
  "ip ttl < 5 accept",
  "ct state invalid accept",
  "ct state new accept",
  "ct state != new accept",
  "ct mark 0 accept",
  "ct mark != 5 accept",
  "ct direction original accept",
  "ct status dnat accept",
  "ct status ! dnat accept",
  "ct original ip saddr 10.0.0.1 accept",
  "ct original ip saddr != 10.0.0.1 accept",
  "ct protocol != udp accept",
  "meta mark != 5 accept",
  "meta mark < 5 accept",
  "meta mark ^ 5 == 5 accept",
  'iifname != "eth*" accept',
  'iifname "l*" accept',
  'oifname "lo" accept',
  'oifname != "lo" accept',
  'oif != "lo" accept',
  'iif . tcp dport { "lo" . 22 } accept',
  'iifname . oifname { "lo" . "lo" } accept',
  "meta pkttype host accept",
  "meta pkttype != host accept",
  "meta pkttype { broadcast, multicast } accept",
  "tcp flags & (syn|ack) == ack accept",
  "tcp flags & (fin|syn|rst|ack) vmap { syn : accept, ack : accept }",
  "tcp flags vmap { syn : accept, ack : drop, rst | ack : accept }",
  "tcp flags >= 16 accept",
  "tcp flags != { syn, ack } accept",
  "tcp flags ! syn,ack accept",
  "tcp sport . tcp dport { 80 . 80, 1000 . 22 } accept",
  "icmp type != echo-request accept",
  "icmp code != 0 accept",
  "icmpv6 type { 128-135 } accept",
  "icmpv6 type vmap { echo-request : accept, packet-too-big : accept }",
  "icmp type . icmp code vmap { 3 . 3 : accept, 3 . 4 : drop, * : accept }",
  "meta protocol ip6 accept",
  "meta protocol != ip accept",
  "ip version 4 accept",
  "ip6 version 6 accept",
  "ip version != 4 accept",
  "ip protocol != tcp accept",
  "ip protocol vmap { tcp : accept, icmp : accept }",
  "tcp dport vmap { 22 : accept, 80-90 : drop, * : accept }",
  "ip saddr vmap { 10.0.0.0/9 : accept, 1.0.0.0/8 : accept, * : drop }",
  "ip saddr . tcp dport vmap { 10.0.0.1 . 22 : accept, * : accept }",
  "ip6 saddr & ffff:ffff:: == 2001:db8:: accept",
  "ip6 saddr & ::ffff == ::1 accept",
  "ip6 saddr != fe80::/10 accept",
  "ip6 saddr < 2001:db8::5 accept",
  "ip daddr & 255.0.255.0 == 10.0.0.0 accept",
  "ip daddr { 1.2.3.4, 10.0.0.2-10.0.0.8 } accept",
  "tcp dport & 0xff == 0 accept",
  "tcp dport & 0xf00 != 0 accept",
  "udp sport & 3 { 1, 2 } accept",
  "tcp dport >= 256 tcp dport <= 511 accept",
  "th sport . th dport { 53 . 53 } accept",
  "frag frag-off != 0 accept",
  "frag more-fragments 1 accept",
  "exthdr hbh exists accept",
  "tcp option timestamp exists accept",
  "ip option lsrr exists accept",
  "ip hdrlength 5 accept",
  "udp length > 20 accept",
  "@th,16,16 22 accept",
  "@nh,72,8 6 accept",
  "udplite dport 53 accept",
  "sctp dport 53 accept",
  "meta l4proto 200 accept",
  "meta l4proto < 20 accept",
];

interface Sent {
  readonly name: string;
  readonly packet: Packet;
  readonly bytes: Uint8Array;
}

function whole(line: string, more: Partial<Packet> = {}): Sent {
  const sent = packet(line, more);
  const bytes = encode(sent, { payload: new Uint8Array(4) });
  return { name: line, packet: { ttl: 64, dscp: 0, ...sent, length: bytes.length }, bytes };
}

function pieces(line: string): Sent[] {
  const { sourcePort, destinationPort, tcpFlags, icmpType, icmpCode, ...bare } = packet(line);
  const header = { sourcePort, destinationPort, tcpFlags, icmpType, icmpCode };
  const known = Object.fromEntries(Object.entries(header).filter(([, value]) => value !== undefined));
  return fragments(encode(packet(line), { payload: new Uint8Array(100) }), 64, 77).map((bytes, at) => ({
    name: `${line}, fragment ${at}`,
    packet: {
      ...bare,
      ...(at === 0 ? { ...known, fragment: "first" } : { fragment: "later" }),
      ttl: 64,
      dscp: 0,
      length: bytes.length,
    },
    bytes,
  }));
}

const sent: readonly Sent[] = [
  ...["syn", "syn,ack", "ack", "fin", "none", "syn,fin", "rst,ack"].map((flags) =>
    whole(`tcp 10.0.0.1:1000 > 10.0.0.2:22 ${flags}`),
  ),
  ...[53, 80, 90, 91, 256, 443].flatMap((port) => [
    whole(`tcp 10.0.0.1:${port} > 1.2.3.4:${port} ack`),
    whole(`udp 10.1.0.2:${port} > 1.2.3.4:${port}`),
    whole(`tcp [2001:db8::1]:${port} > [::2]:${port} syn`),
    whole(`udp [fe80::1]:2 > [2001::1]:${port}`),
  ]),
  ...["0", "3/3", "3/4", "5/1", "8"].map((type) => whole(`icmp 192.168.1.5 > 10.0.0.1 ${type}`)),
  ...["1/1", "2", "128", "135"].map((type) => whole(`icmpv6 2001:db8::5 > ::9 ${type}`)),
  whole("tcp 1.1.1.1:5 > 10.0.0.9:22 syn", { ttl: 1, dscp: 8 }),
  whole("udp [2001:db8::7]:53 > [::2]:53", { ttl: 6, dscp: 10 }),
  ...pieces("udp 10.0.0.1:53 > 1.2.3.4:53"),
  ...pieces("udp [2001:db8::1]:53 > [::2]:53"),
  ...pieces("tcp 10.0.0.1:80 > 1.2.3.4:22 syn"),
  ...pieces("tcp [2001:db8::1]:80 > [::2]:22 syn"),
];

const ruleset = `table inet t {
${rules.map((_, at) => `counter n${at} {\n}\nchain y${at} { counter name "n${at}"\n}`).join("\n")}
${rules.map((rule, at) => `chain c${at} { ${rule.replace(/\baccept\b/g, `jump y${at}`).replace(/\bdrop\b/g, "continue")}\n}`).join("\n")}
chain base { type filter hook prerouting priority -450
${rules.map((_, at) => `jump c${at}`).join("\n")}
}
}
`;

const origin = { file: "ruleset.json", line: 1 };
/** A chain that says that it was reached. */
const reached = (name: string): Chain => ({
  name,
  origin,
  rules: [{ match: { kind: "always" }, actions: [{ kind: "accept" }], origin, text: "accept" }],
});

/** What our reading says: matched, not matched, or either. */
function answer(chains: ChainSet, at: number, of: Packet): boolean | "either" {
  const chain = chains.get(`c${at}`);
  if (chain === undefined) throw new Error(`no chain c${at}`);
  const view = { packet: of, mark: 0, state: "invalid", inInterface: "lo", outInterface: "" } as const;
  const { decisions } = evaluate(chain, new Map(chains).set(`y${at}`, reached(`y${at}`)), view);
  return decisions.length > 1 ? "either" : decisions[0].outcome.kind === "accept";
}

test.runIf(hasNft)(
  "no rule matches a packet for us that it does not match for the kernel, nor the other way",
  () => {
    const { json, met } = meet(
      ruleset,
      sent.map(({ bytes }) => bytes),
    );
    expect(met).toHaveLength(sent.length);
    const chains =
      parseNftables({ path: "ruleset.json", text: json }).tables[0]?.chains ?? new Map<string, Chain>();
    const differences: string[] = [];
    const answers = { matched: 0, passed: 0, either: 0 };
    for (const [number, { name, packet: of }] of sent.entries()) {
      for (const [at, rule] of rules.entries()) {
        const kernel = (met[number]?.get(`n${at}`) ?? 0) > 0;
        const ours = answer(chains, at, of);
        answers[ours === "either" ? "either" : ours ? "matched" : "passed"] += 1;
        if (ours !== "either" && ours !== kernel) differences.push(`${rule} | ${name} | kernel ${kernel}`);
      }
    }
    expect(differences).toEqual([]);
    // Uncertain answers are honest, but must stay the exception.
    expect(answers.either).toBeLessThan((answers.matched + answers.passed) / 5);
    expect(answers.matched).toBeGreaterThan(500);
  },
);
