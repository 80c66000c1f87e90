// The kernel and its own tools judge what this reader takes: lines that it reads are loaded by iptables-restore in a
// network namespace of the test's own, and lines that it refuses are refused there too.
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Family } from "../../packet/address.ts";
import { Problem } from "../../problem.ts";
import { parseIptablesSave } from "./save.ts";
import { dump } from "./testing/lines.ts";

const inNamespace = (command: readonly string[], input = "") =>
  spawnSync("unshare", ["-n", ...command], { input, encoding: "utf8" });
const able =
  process.platform === "linux" &&
  inNamespace(["iptables-restore"], "*filter\n-A INPUT -j ACCEPT\nCOMMIT\n").status === 0;

interface Case {
  readonly line: string;
  readonly table: string;
  readonly chain: string;
  readonly family: Family;
}

function cases(table: string, chain: string, family: Family, lines: readonly string[]): Case[] {
  return lines.map((line) => ({ line, table, chain, family }));
}

const taken: readonly Case[] = [
  ...cases("filter", "INPUT", 4, [
    "-s 10/8 -j ACCEPT",
    "-s 10.0.1.0/255.0.255.0 -j DROP",
    "-s 10.0.0.1,10.0.0.2 -d 192.0.2.1 -j ACCEPT",
    "! -s 10.0.0.0/8 ! -i eth+ -j DROP",
    "-p tcp --syn --dport=22 -j ACCEPT",
    "-p tcp -m multiport ! --dports 22,80:90 -j REJECT --reject-with tcp-reset",
    "-p tcp -m multiport --ports 22 -j ACCEPT",
    "-p tcp --tcp-flags ALL NONE -j DROP",
    "-p icmp --icmp-type echo-req -j ACCEPT",
    "-p icmp --icmp-type 3/4 -j ACCEPT",
    "-p icmp ! --icmp-type any",
    "-p ipip -j ACCEPT",
    "-p ipencap -j ACCEPT",
    "! -f -j ACCEPT",
    "-m conntrack --ctstate NEW,DNAT --ctproto 6 --ctorigdstport 80:90 -j ACCEPT",
    "-m conntrack ! --ctstate INVALID --ctstatus SEEN_REPLY,ASSURED --ctdir REPLY -j ACCEPT",
    "-m state --state RELATED,ESTABLISHED -j ACCEPT",
    "-m mark --mark 0x1/0xff -m connmark ! --mark 2 -j ACCEPT",
    "-m iprange --src-range 10.0.0.1-10.0.0.9 ! --dst-range 192.0.2.1-192.0.2.9 -j ACCEPT",
    "-m addrtype --dst-type LOCAL,BROADCAST --limit-iface-in -j ACCEPT",
    "-m pkttype --pkt-type multicast -j DROP",
    "-m mac --mac-source 02:00:5E:10:00:01 -j ACCEPT",
    "-m length --length 0:128 -m ttl --ttl-lt 5 -m dscp --dscp-class EF -j DROP",
    "-m recent --update --seconds 60 --hitcount 4 --name SSH --rsource -j DROP",
    '-m comment --comment "a \\"b\\" ! c" -j LOG --log-prefix "in: "',
    "-m comment --comment ! -j DROP",
    "-j REJECT --reject-with host-prohib",
    "-j MINE",
    "-g MINE",
    "-p tcp -j NFQUEUE --queue-num 1 --queue-bypass",
  ]),
  ...cases("filter", "INPUT", 6, [
    "-s fe80::/10 ! -d fe80::1/ffff::ffff -j ACCEPT",
    "-p ipv6-icmp -m icmp6 --icmpv6-type neighbour-solicitation -j ACCEPT",
    "-p icmpv6 --icmpv6-type 1/4 -j ACCEPT",
    "-m hl --hl-eq 255 -j ACCEPT",
    "-m frag --fragfirst -j DROP",
    "-j REJECT",
  ]),
  ...cases("nat", "PREROUTING", 4, [
    "-p tcp -j DNAT --to-destination 10.0.0.5-10.0.0.9:8080-8090 --random --persistent",
    "-p tcp -j DNAT --to-destination 10.0.0.5:5000-5100/80",
    "-j NETMAP --to 10.5.0.0/16",
    "-p udp -j REDIRECT --to-ports 5353",
  ]),
  ...cases("nat", "PREROUTING", 6, ["-p tcp -j DNAT --to-destination [2001:db8::5-2001:db8::9]:80-81"]),
  ...cases("nat", "POSTROUTING", 4, [
    "-p tcp -j SNAT --to-source 203.0.113.1-203.0.113.9:1024-65535",
    "-o eth0 -j MASQUERADE --random",
    "-p udp -j MASQUERADE --to-ports 1024-65535",
  ]),
  ...cases("raw", "PREROUTING", 4, ["-j CT --notrack", "-i eth0 -j CT --zone 7"]),
  ...cases("mangle", "PREROUTING", 4, [
    "-j MARK --set-mark 1/3",
    "-j MARK --xor-mark 0x0f",
    "-j CONNMARK --save-mark --nfmask 0x3 --ctmask 0xf",
    "-j DSCP --set-dscp-class AF31",
  ]),
];

const refused: readonly Case[] = [
  ...cases("filter", "INPUT", 4, [
    "-p udp -m tcp --dport 53 -j ACCEPT",
    "-o eth0 -j ACCEPT",
    "-s 10.0.0.0/33 -j ACCEPT",
    "-s fe80::1 -j ACCEPT",
    "! -s 10.0.0.1,10.0.0.2 -j ACCEPT",
    "-p tcp --dport 90:80 -j ACCEPT",
    "--dport 90 -j ACCEPT",
    "-m multiport --dports 90 -j ACCEPT",
    "! -p all -j ACCEPT",
    "-p nonsense -j ACCEPT",
    "-p tcp -p udp -j DROP",
    "-p tcp --dport 22 --dport 23 -j DROP",
    "-j ACCEPT -j DROP",
    "-j DROP --foo",
    "stray",
    "-ptcp -j ACCEPT",
    "-p tcp ! -m tcp --dport 80 -j DROP",
    "-m 10.0.0.1 -j DROP",
    "-i an-interface-too-long -j DROP",
    "-j REJECT --reject-with nonsense",
    "-j 10.0.0.1 --log-prefix x",
    "-j NOWHERE",
    "-j INPUT",
    "-j LOOP",
    "-j MASQUERADE",
    "-j REJECT --reject-with tcp-reset",
    "-m state --state OLD -j DROP",
    "-p icmp --icmp-type nonsense -j DROP",
    "-m iprange --src-range 10.0.0.300 -j DROP",
    "-m mac --mac-source 02:00 -j DROP",
  ]),
  ...cases("nat", "PREROUTING", 4, [
    "-j DNAT --to-destination 10.0.0.1:80",
    "-j DNAT --to-destination 2001:db8::1",
    "-p tcp -j DNAT",
  ]),
  ...cases("mangle", "PREROUTING", 4, ["-j MARK", "-j MARK --set-mark 0x100000000", "-j NOTRACK"]),
];

function textFor({ line, table, chain }: Case): string {
  return dump(
    table,
    ["MINE", "LOOP"],
    [`-A LOOP -p gre -j ${line.includes("LOOP") ? "LOOP" : "MINE"}`, `-A ${chain} ${line}`],
  );
}

function load(one: Case): ReturnType<typeof inNamespace> {
  return inNamespace([one.family === 4 ? "iptables-restore" : "ip6tables-restore"], textFor(one));
}

describe.skipIf(!able)("iptables-restore (skipped: no root, no iptables or no namespaces here)", () => {
  test.each(taken)("$table $chain (IPv$family) takes what the reader takes: $line", (one) => {
    const { stderr, status } = load(one);
    expect({ stderr, status }).toMatchObject({ status: 0 });
    const { tables } = parseIptablesSave({ path: "rules", text: textFor(one) }, { family: one.family });
    expect(tables[0]?.chains.get(one.chain)?.rules).toHaveLength(1);
  });

  test.each(refused)("$table $chain (IPv$family) refuses what the reader refuses: $line", (one) => {
    expect(load(one).status).not.toBe(0);
    expect(() => parseIptablesSave({ path: "rules", text: textFor(one) }, { family: one.family })).toThrow(
      Problem,
    );
  });

  test("what the kernel gives back means what it was given, in whatever words", () => {
    const own = taken.filter(
      ({ table, family, line }) => table === "filter" && family === 4 && !line.includes(",10."),
    );
    const text = dump(
      "filter",
      ["MINE"],
      own.map(({ line }) => `-A INPUT ${line}`),
    );
    const saved = inNamespace(["sh", "-c", "iptables-restore && iptables-save -t filter"], text);
    expect(saved).toMatchObject({ status: 0 });
    const [given, back] = [meaning(text), meaning(saved.stdout)];
    expect(back).toHaveLength(own.length);
    expect(back).toEqual(given);
  });
});

/** Each rule's tests, sorted, and its actions: iptables-save has an order and spellings of its own. */
function meaning(text: string): unknown[] {
  const { tables } = parseIptablesSave({ path: "x", text }, { family: 4 });
  return (tables[0]?.chains.get("INPUT")?.rules ?? []).map(({ match, actions }) => {
    const tests = match.kind === "all" ? match.of : [match];
    return [tests.map((test) => JSON.stringify(test, plain)).toSorted(), JSON.stringify(actions, plain)];
  });
}

function plain(key: string, value: unknown): unknown {
  if (key === "origin" || key === "what") return undefined;
  return typeof value === "bigint" ? String(value) : value;
}
