import { describe, expect, test } from "vitest";
import { evaluate } from "../../../rules/evaluate.ts";
import type { View } from "../../../rules/view.ts";
import { actionsOf, addressOf, packetOf, problemOf, readLine, tableOf } from "../testing/lines.ts";

const nat = { table: "nat" } as const;

describe("verdicts and notes", () => {
  test.each([
    ["-j ACCEPT", [{ kind: "accept" }]],
    ["-j DROP", [{ kind: "drop" }]],
    ["-j RETURN", [{ kind: "return" }]],
    ["-j REJECT", [{ kind: "reject", with: "icmp-port-unreachable" }]],
    ["-p tcp -j REJECT --reject-with tcp-reset", [{ kind: "reject", with: "tcp-reset" }]],
    ["-j REJECT --reject-with icmp-host-prohibited", [{ kind: "reject", with: "icmp-host-prohibited" }]],
    ["-s 10.0.0.1", []],
    ['-j LOG --log-prefix "a \\"b\\" c" --log-level 6', [{ kind: "log", prefix: 'a "b" c' }]],
    ["-j NFLOG --nflog-group 5", [{ kind: "log" }]],
    ["-j NFQUEUE --queue-num 1 --queue-bypass", [{ kind: "queue", bypass: true }]],
    ["-j NFQUEUE --queue-balance 0:3", [{ kind: "queue", bypass: false }]],
    ["-p tcp -j TCPMSS --clamp-mss-to-pmtu", [{ kind: "note", what: "-j TCPMSS --clamp-mss-to-pmtu" }]],
    ["-j TRACE", [{ kind: "note", what: "-j TRACE" }]],
  ])("%s", (line, expected) => expect(actionsOf(line)).toEqual(expected));

  test("REJECT without a word answers ICMPv6 in a table of IPv6", () => {
    expect(actionsOf("-j REJECT", { family: 6 })).toEqual([
      { kind: "reject", with: "icmp6-port-unreachable" },
    ]);
  });

  test("a chain of one's own is jumped to, or gone to", () => {
    expect(actionsOf("-j OTHER", { chains: ["OTHER"] })).toEqual([{ kind: "jump", chain: "OTHER" }]);
    expect(actionsOf("-g OTHER", { chains: ["OTHER"] })).toEqual([{ kind: "goto", chain: "OTHER" }]);
  });

  test("a target with options that Ringwall does not know may do anything, and is listed", () => {
    const { rule, unknowns } = readLine("-j BARRIER --height 3");
    expect(rule.actions).toEqual([{ kind: "unknown", what: expect.stringContaining("BARRIER") }]);
    expect(unknowns[0]?.effect).toMatch(/can't be known.*target BARRIER/);
  });

  test.each(["TPROXY --on-port 3129 --tproxy-mark 0x1/0x1", "HMARK --hmark-mod 8 --hmark-rnd 1"])(
    "%s is known by name, and its outcome is not",
    (target) => {
      const { rule, unknowns } = readLine(`-p tcp -j ${target}`, { table: "mangle" });
      expect(rule.actions.map((action) => action.kind)).toEqual(["unknown"]);
      expect(unknowns).toHaveLength(1);
    },
  );
});

describe("marks: mark = (mark & ~mask) ^ value", () => {
  const result = (target: string, before: Partial<View>, table = "mangle") => {
    const text = `*${table}\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ${target}\nCOMMIT\n`;
    const { chains } = tableOf(text, table);
    const chain = chains.get("PREROUTING");
    if (chain === undefined) throw new Error("the chain was read");
    const packet = packetOf("tcp 10.0.0.1:1 > 10.0.0.2:2");
    const view: View = { state: "new", mark: 0, connectionMark: 0, ...before, packet };
    evaluate(chain, chains, view);
    return [view.mark, view.connectionMark];
  };

  test.each([
    // value/mask: the bits of the mask become those of the value
    ["MARK --set-mark 0x5", 0xff, 0x5],
    ["MARK --set-mark 0x5/0xf", 0xff, 0xf5],
    // OR, even where the value has bits outside of the mask
    ["MARK --set-mark 0x15/0xf", 0xe0, 0xf5],
    ["MARK --set-xmark 0x5/0xffffffff", 0xff, 0x5],
    // XOR there
    ["MARK --set-xmark 0x15/0xf", 0xff, 0xe5],
    ["MARK --and-mark 0x0f", 0xff, 0x0f],
    ["MARK --or-mark 0x0f", 0xf0, 0xff],
    ["MARK --xor-mark 0x0f", 0xff, 0xf0],
    ["MARK --set-mark 0xffffffff", 0, 0xffffffff],
  ])("%s on %i gives %i", (target, mark, expected) => {
    expect(result(target, { mark })[0]).toBe(expected);
  });

  test.each([
    ["CONNMARK --set-xmark 0x1/0x1", { connectionMark: 0x10 }, [0, 0x11]],
    ["CONNMARK --save-mark", { mark: 0x7, connectionMark: 0x70 }, [0x7, 0x7]],
    ["CONNMARK --save-mark --nfmask 0x3 --ctmask 0xf", { mark: 0x7, connectionMark: 0xff }, [0x7, 0xf3]],
    ["CONNMARK --save-mark --mask 0xf", { mark: 0x75, connectionMark: 0xff }, [0x75, 0xf5]],
    ["CONNMARK --restore-mark", { mark: 0x7, connectionMark: 0x70 }, [0x70, 0x70]],
    ["CONNMARK --restore-mark --nfmask 0xf --ctmask 0x3", { mark: 0xff, connectionMark: 0x7 }, [0xf3, 0x7]],
  ])("%s with %j gives %j", (target, before, expected) => expect(result(target, before)).toEqual(expected));

  test("an untracked packet has no connection to restore a mark from", () => {
    expect(result("CONNMARK --restore-mark", { state: "untracked", mark: 5, connectionMark: 9 })[0]).toBe(5);
  });
});

describe("exemption from tracking", () => {
  test.each(["NOTRACK", "CT --notrack"])("%s", (target) => {
    expect(actionsOf(`-j ${target}`, { table: "raw", chain: "PREROUTING" })).toEqual([{ kind: "notrack" }]);
  });

  test("a helper is a note", () => {
    expect(actionsOf("-p tcp --dport 21 -j CT --helper ftp", { table: "raw" })).toEqual([
      { kind: "note", what: "-j CT --helper ftp" },
    ]);
  });

  test("a zone matters once any rule asks for a connection's state", () => {
    const zoned = "*raw\n-A PREROUTING -i eth1 -j CT --zone 7\nCOMMIT\n";
    const kinds = (text: string) =>
      tableOf(text, "raw")
        .chains.get("PREROUTING")
        ?.rules[0]?.actions.map((action) => action.kind);
    expect(kinds(zoned)).toEqual(["note"]);
    expect(kinds(`${zoned}*filter\n-A INPUT -m state --state NEW -j DROP\nCOMMIT\n`)).toEqual(["unknown"]);
  });
});

describe("address translation", () => {
  const address = addressOf;
  test.each([
    [
      "DNAT --to-destination 10.0.0.5",
      { kind: "dnat", first: address("10.0.0.5"), last: address("10.0.0.5") },
    ],
    [
      "DNAT --to-destination 10.0.0.5-10.0.0.9:8080-8090",
      { kind: "dnat", first: address("10.0.0.5"), last: address("10.0.0.9"), ports: [8080, 8090] },
    ],
    ["DNAT --to-destination :8080", { kind: "dnat", ports: [8080, 8080] }],
    [
      "SNAT --to-source 203.0.113.1:1024-65535 --random --persistent",
      { kind: "snat", first: address("203.0.113.1"), last: address("203.0.113.1"), ports: [1024, 65535] },
    ],
    [
      "SNAT --to-source 203.0.113.1 --random-fully",
      { kind: "snat", first: address("203.0.113.1"), last: address("203.0.113.1"), ports: [1024, 65535] },
    ],
    ["MASQUERADE", { kind: "masquerade" }],
    ["MASQUERADE --to-ports 1024-65535", { kind: "masquerade", ports: [1024, 65535] }],
    ["MASQUERADE --random", { kind: "masquerade", ports: [1024, 65535] }],
    ["REDIRECT --to-ports 3128", { kind: "redirect", ports: [3128, 3128] }],
    ["REDIRECT", { kind: "redirect" }],
  ])("%s", (target, expected) => expect(actionsOf(`-p tcp -j ${target}`, nat)).toEqual([expected]));

  test.each([
    ["2001:db8::5", { first: address("2001:db8::5"), last: address("2001:db8::5") }],
    ["[2001:db8::5]:443", { first: address("2001:db8::5"), last: address("2001:db8::5"), ports: [443, 443] }],
    ["2001:db8::5-2001:db8::9", { first: address("2001:db8::5"), last: address("2001:db8::9") }],
    [
      "[2001:db8::5-2001:db8::9]:80-81",
      { first: address("2001:db8::5"), last: address("2001:db8::9"), ports: [80, 81] },
    ],
    [":8443", { ports: [8443, 8443] }],
  ])("IPv6: --to-destination %s", (text, expected) => {
    const line = `-p tcp -j DNAT --to-destination ${text}`;
    expect(actionsOf(line, { ...nat, family: 6 })).toEqual([{ kind: "dnat", ...expected }]);
  });

  test("ports that move by a distance are more than a range can say", () => {
    expect(actionsOf("-p tcp -j DNAT --to-destination 10.0.0.5:5000-5100/80", nat)).toEqual([
      { kind: "unknown", what: expect.stringContaining("5000-5100/80") },
    ]);
  });

  test.each([
    ["PREROUTING", "destination"],
    ["OUTPUT", "destination"],
    ["POSTROUTING", "source"],
    ["INPUT", "source"],
  ])("NETMAP in %s exchanges the %s", (chain, side) => {
    expect(actionsOf("-j NETMAP --to 10.5.0.0/16", { ...nat, chain })).toEqual([
      { kind: "netmap", side, to: address("10.5.0.0"), length: 16 },
    ]);
  });

  test("NETMAP in a chain of one's own does as the chain that it is reached from", () => {
    const lines = (...jumps: string[]) =>
      ["*nat", ":MAP - [0:0]", ...jumps, "-A MAP -j NETMAP --to 10.5.0.0/16", "COMMIT", ""].join("\n");
    const action = (text: string) => tableOf(text, "nat").chains.get("MAP")?.rules[0]?.actions[0];
    expect(action(lines("-A POSTROUTING -j MAP"))).toMatchObject({ kind: "netmap", side: "source" });
    expect(action(lines("-A PREROUTING -j MAP"))).toMatchObject({ kind: "netmap", side: "destination" });
    expect(action(lines("-A PREROUTING -j MAP", "-A POSTROUTING -j MAP"))?.kind).toBe("unknown");
  });
});

describe("what the kernel refuses", () => {
  test.each([
    ["-j NOWHERE", "filter", "reference", /no chain NOWHERE/],
    ["-g ACCEPT", "filter", "reference", /no chain ACCEPT/],
    ["-j INPUT", "filter", "reference", /no chain INPUT/],
    ["-j ACCEPT --loudly", "filter", "syntax", /ACCEPT has no option --loudly/],
    ["-j DROP -j ACCEPT", "filter", "syntax", /one target/],
    ["! -j DROP", "filter", "syntax", /can't be negated/],
    ["-j REJECT --reject-with tcp-reset", "filter", "meaning", /needs -p tcp/],
    ["-j MASQUERADE", "filter", "meaning", /can't stand in table filter/],
    ["-j NOTRACK", "filter", "meaning", /can't stand in table filter/],
    ["-j REJECT", "mangle", "meaning", /can't stand in table mangle/],
    ["-j DNAT --to-destination 10.0.0.1:80", "nat", "meaning", /needs -p tcp, udp/],
    ["-p tcp -j DNAT --to-destination 10.0.0.1:80:90", "nat", "meaning", /--to-destination takes/],
    ["-j DNAT --to-destination 2001:db8::1", "nat", "meaning", /address of IPv4/],
    ["-j DNAT", "nat", "meaning", /needs --to-destination/],
    ["-j MARK", "mangle", "meaning", /MARK needs/],
    ["-j MARK --set-mark 0x100000000", "mangle", "meaning", /32 bits/],
  ])("%s in table %s", (line, table, code, message) => {
    const problem = problemOf(() => readLine(line, { table }));
    expect([problem.code, problem.origin?.line]).toEqual([code, 3]);
    expect(problem.message).toMatch(message);
  });

  test("a jump to a base chain", () => {
    const text = "*filter\n:INPUT ACCEPT [0:0]\n:MINE - [0:0]\n-A MINE -j INPUT\nCOMMIT\n";
    expect(problemOf(() => tableOf(text)).message).toMatch(/INPUT is a base chain/);
  });
});
