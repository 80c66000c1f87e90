import { array, assert, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { ACK, FIN, RST, SYN } from "../../../packet/packet.ts";
import type { ConnectionState, ConnectionStatus } from "../../../rules/match.ts";
import type { View } from "../../../rules/view.ts";
import { parseIptablesSave } from "../save.ts";
import { packetOf, problemOf, readLine, says } from "../testing/lines.ts";

const readTables = (text: string) => parseIptablesSave({ path: "host.rules", text });

const web = packetOf("tcp 10.1.0.7:50000 > 192.0.2.10:443");
const dns = packetOf("udp 10.1.0.7:50000 > 192.0.2.10:53");
const ping = packetOf("icmp 10.1.0.7 > 192.0.2.10", { icmpType: 8, icmpCode: 0 });
const gre = packetOf("gre 10.1.0.7 > 192.0.2.10");
const web6 = packetOf("tcp [2001:db8::7]:50000 > [2001:db8::10]:443");
const ping6 = packetOf("icmpv6 2001:db8::7 > 2001:db8::10", { icmpType: 128, icmpCode: 0 });
const laterPiece = packetOf("tcp 10.1.0.7 > 192.0.2.10", { fragment: "later" });

describe("addresses", () => {
  test.each([
    ["-s 10.1.0.0/16", true],
    ["-s 10.1.0.0/255.255.0.0", true],
    ["-s 10.1/16", true],
    ["-s 10.1.0.7", true],
    ["-s 10.1.0.99/24", true],
    ["-s 10.2.0.0/16", false],
    ["! -s 10.2.0.0/16", true],
    ["-s ! 10.2.0.0/16", true],
    ["-s ! 10.1.0.0/16", false],
    ["-s 0.0.0.0/0", true],
    ["! -s 0.0.0.0/0", false],
    ["-s 10.9.0.1,10.1.0.7", true],
    ["-s 10.9.0.1,10.9.0.2", false],
    ["-d 192.0.2.10/32 -s 10.0.0.0/8", true],
  ])("%s", (line, expected) => expect(says(line, web)).toBe(expected));

  test("a mask with holes compares only its own bits", () => {
    expect(says("-s 10.0.1.0/255.0.255.0", packetOf("tcp 10.77.1.9:1 > 192.0.2.1:2"))).toBe(true);
    expect(says("-s 10.0.1.0/255.0.255.0", packetOf("tcp 10.77.2.9:1 > 192.0.2.1:2"))).toBe(false);
    expect(readLine("-s 10.0.1.0/255.0.255.0").rule.match.kind).toBe("address-bits");
  });

  test("an IPv6 mask may have holes too", () => {
    const line = "-d ::10/::ffff";
    expect(says(line, packetOf("tcp [fe80::1]:1 > [2001:db8::10]:2"))).toBe(true);
    expect(says(line, packetOf("tcp [fe80::1]:1 > [2001:db8::11]:2"))).toBe(false);
  });

  test("a name is as unknown as what it resolved to", () => {
    const { unknowns } = readLine("-s office.example -j ACCEPT");
    expect(says("-s office.example", web)).toBe("unknown");
    expect(unknowns[0]?.effect).toMatch(/can't be known.*office\.example/);
  });

  test("an inclusive range, and its negation", () => {
    const line = (bang: string) => `-m iprange ${bang}--src-range 10.1.0.5-10.1.0.7`;
    expect(says(line(""), web)).toBe(true);
    expect(says(line("! "), web)).toBe(false);
    expect(says(line(""), packetOf("tcp 10.1.0.8:1 > 192.0.2.1:2"))).toBe(false);
    // The kernel warns “reversed and will never match”, and takes it.
    expect(says("-m iprange --src-range 10.1.0.9-10.1.0.1", web)).toBe(false);
  });
});

describe("interfaces", () => {
  const view: Omit<View, "packet"> = { inInterface: "eth0", outInterface: "tun3" };
  test.each([
    ["-i eth0", true],
    ["-i eth", false],
    ["-i eth+", true],
    ["-i +", true],
    ["! -i eth+", false],
    ["! -i wlan+", true],
    ["-i ! eth0", false],
    ["-o tun+", true],
    ["-i eth0 -o eth0", false],
  ])("%s", (line, expected) => expect(says(line, web, view)).toBe(expected));
});

describe("protocols", () => {
  test.each([
    ["-p tcp", web, true],
    ["-p TCP", web, true],
    ["-p 6", web, true],
    ["! -p tcp", web, false],
    ["-p ! udp", web, true],
    ["-p all", gre, true],
    ["-p 0", gre, true],
    ["-p gre", gre, true],
    ["-p 47", gre, true],
  ])("%s", (line, packet, expected) => expect(says(line, packet)).toBe(expected));

  // getprotobyname knows IPIP as 94, and IP in IP, number 4, as ipencap.
  test("ipip is protocol 94, ipencap is 4", () => {
    expect(says("-p ipencap", packetOf("4 10.0.0.1 > 10.0.0.2"))).toBe(true);
    expect(says("-p ipip", packetOf("4 10.0.0.1 > 10.0.0.2"))).toBe(false);
    expect(says("-p ipip", packetOf("94 10.0.0.1 > 10.0.0.2"))).toBe(true);
  });
});

describe("ports", () => {
  test.each([
    ["-p tcp --dport 443", true],
    ["-p tcp -m tcp --dport 443", true],
    ["-p tcp -m tcp --destination-port https", true],
    ["-p tcp --dport=443", true],
    ["-p tcp --dport 440:450", true],
    ["-p tcp --dport :442", false],
    ["-p tcp --dport 443:", true],
    ["-p tcp ! --dport 443", false],
    ["-p tcp --dport ! 443", false],
    ["-p tcp ! --dport 80", true],
    ["-p tcp --sport 1024:65535 --dport 443", true],
    ["-p tcp -m multiport --dports 22,440:450", true],
    ["-p tcp -m multiport --dports 22,80", false],
    ["-p tcp -m multiport ! --dports 22,80", true],
    ["-p tcp -m multiport ! --dports 22,443", false],
    ["-p tcp -m multiport --sports 50000", true],
    ["-p tcp -m multiport --ports 443", true],
    ["-p tcp -m multiport --ports 50000", true],
    ["-p tcp -m multiport --ports 22", false],
    ["-p tcp -m multiport ! --ports 50000", false],
    ["-p tcp -m multiport ! --ports 443", false],
    ["-p tcp -m multiport ! --ports 22", true],
  ])("%s", (line, expected) => expect(says(line, web)).toBe(expected));

  test.each(["-p tcp ! --dport 80", "-p tcp -m multiport ! --dports 80", "-p tcp -m tcp", "-p tcp ! --syn"])(
    "%s is false for another protocol, and for a later fragment, which has no ports",
    (line) => {
      expect(says(line, dns)).toBe(false);
      expect(says(line, gre)).toBe(false);
      expect(says(line, laterPiece)).toBe(false);
    },
  );

  test("for any two lists, --dports and its negation part the packets of the protocol", () => {
    const port = integer({ min: 0, max: 65535 });
    assert(
      property(array(port, { minLength: 1, maxLength: 15 }), port, (ports, destinationPort) => {
        const packet = { ...web, destinationPort };
        const list = ports.join(",");
        expect(says(`-p tcp -m multiport --dports ${list}`, packet)).toBe(ports.includes(destinationPort));
        expect(says(`-p tcp -m multiport ! --dports ${list}`, packet)).toBe(!ports.includes(destinationPort));
      }),
      { numRuns: 50 },
    );
  });

  test("a service name that only the host knows is unknown", () => {
    expect(says("-p tcp --dport our-service", web)).toBe("unknown");
  });

  test("sctp, dccp and udplite have ports too", () => {
    expect(says("-p sctp -m sctp --dport 5060", packetOf("sctp 10.0.0.1:1 > 10.0.0.2:5060"))).toBe(true);
    expect(says("-p dccp -m dccp --sport 1", packetOf("dccp 10.0.0.1:1 > 10.0.0.2:2"))).toBe(true);
    expect(says("-p udplite -m udplite --dport 2", packetOf("udplite 10.0.0.1:1 > 10.0.0.2:2"))).toBe(true);
  });
});

describe("TCP flags", () => {
  const flagged = (tcpFlags: number) => ({ ...web, tcpFlags });
  test.each([
    ["-p tcp --syn", SYN, true],
    ["-p tcp --syn", SYN | ACK, false],
    ["-p tcp ! --syn", SYN | ACK, true],
    ["-p tcp ! --syn", SYN, false],
    ["-p tcp --tcp-flags FIN,SYN,RST,ACK SYN", SYN, true],
    ["-p tcp ! --tcp-flags FIN,SYN,RST,ACK SYN", ACK, true],
    ["-p tcp --tcp-flags ALL NONE", 0, true],
    ["-p tcp --tcp-flags ALL NONE", ACK, false],
    ["-p tcp --tcp-flags SYN,RST SYN,RST", SYN | RST | FIN, true],
    ["-p tcp --tcp-flags ! SYN,RST SYN,RST", SYN | RST, false],
  ])("%s with flags %i", (line, flags, expected) => expect(says(line, flagged(flags))).toBe(expected));
});

describe("ICMP", () => {
  test.each([
    ["-p icmp --icmp-type 8", true],
    ["-p icmp --icmp-type 8/0", true],
    ["-p icmp --icmp-type 8/1", false],
    ["-p icmp --icmp-type echo-request", true],
    ["-p icmp --icmp-type ping", true],
    ["-p icmp --icmp-type echo-req", true],
    ["-p icmp ! --icmp-type 8", false],
    ["-p icmp ! --icmp-type 0", true],
    ["-p icmp --icmp-type any", true],
    ["-p icmp ! --icmp-type any", false],
    ["-p icmp --icmp-type destination-unreachable", false],
  ])("%s", (line, expected) => expect(says(line, ping)).toBe(expected));

  test("3/4 is fragmentation-needed, and no other code of type 3", () => {
    const unreachable = (icmpCode: number) => packetOf("icmp 10.0.0.1 > 10.0.0.2", { icmpType: 3, icmpCode });
    for (const line of ["-p icmp --icmp-type 3/4", "-p icmp --icmp-type fragmentation-needed"]) {
      expect(says(line, unreachable(4))).toBe(true);
      expect(says(line, unreachable(1))).toBe(false);
    }
  });

  test("ICMPv6 has types of its own", () => {
    expect(says("-p ipv6-icmp -m icmp6 --icmpv6-type 128", ping6)).toBe(true);
    expect(says("-p icmpv6 --icmpv6-type echo-request", ping6)).toBe(true);
    expect(says("-p icmpv6 --icmpv6-type neighbour-solicitation", ping6)).toBe(false);
  });

  test("icmp6 in an IPv4 dump is a rule that no kernel has: unknown, not a match", () => {
    expect(says("-p icmpv6 -m icmp6 --icmpv6-type 133", packetOf("58 10.0.0.1 > 10.0.0.2"))).toBe("unknown");
  });
});

describe("connections", () => {
  const at = (state: ConnectionState): Omit<View, "packet"> => ({ state });
  const connection = (
    status: readonly ConnectionStatus[],
    direction: "original" | "reply" = "original",
  ): Omit<View, "packet"> => ({
    state: "established",
    connection: {
      direction,
      status: new Set(status),
      original: packetOf("tcp 10.1.0.7:50000 > 198.51.100.1:8080"),
      reply: packetOf("tcp 192.0.2.10:443 > 10.1.0.7:50000"),
    },
  });

  test.each([
    ["-m state --state NEW", "new", true],
    ["-m state --state RELATED,ESTABLISHED", "related", true],
    ["-m state --state RELATED,ESTABLISHED", "untracked", false],
    ["-m state --state INVALID", "invalid", true],
    ["-m state ! --state NEW", "new", false],
    ["-m state ! --state NEW", "untracked", true],
    ["-m conntrack --ctstate NEW,UNTRACKED", "untracked", true],
    ["-m conntrack ! --ctstate INVALID", "invalid", false],
  ] as const)("%s for %s", (line, state, expected) => expect(says(line, web, at(state))).toBe(expected));

  test("a state that is not known makes the rule unknown", () => {
    expect(says("-m state --state NEW", web)).toBe("unknown");
  });

  test.each([
    ["-m conntrack --ctstate DNAT", ["dnat"], true],
    ["-m conntrack --ctstate DNAT", ["snat"], false],
    ["-m conntrack ! --ctstate SNAT", ["dnat"], true],
    ["-m conntrack --ctstatus ASSURED,SEEN_REPLY", ["assured"], true],
    ["-m conntrack --ctstatus CONFIRMED", ["assured"], false],
    ["-m conntrack --ctdir ORIGINAL", [], true],
    ["-m conntrack ! --ctdir ORIGINAL", [], false],
    ["-m conntrack --ctproto 6", [], true],
    ["-m conntrack --ctproto tcp --ctorigdst 198.51.100.0/24 --ctorigdstport 8080", [], true],
    ["-m conntrack --ctorigdst 192.0.2.10", [], false],
    ["-m conntrack ! --ctorigdst 192.0.2.10", [], true],
    ["-m conntrack --ctreplsrc 192.0.2.10 --ctorigsrcport 50000", [], true],
  ] as const)("%s of a connection with status %j", (line, status, expected) =>
    expect(says(line, web, connection(status))).toBe(expected),
  );

  // xt_conntrack.c: without a connection it returns as soon as the state test has passed.
  test("an invalid packet that passes the state test is asked nothing more", () => {
    const line = "-m conntrack --ctstate NEW,INVALID --ctproto 17 --ctorigdstport 53";
    expect(says(line, web, at("invalid"))).toBe(true);
    expect(says(line, web, at("untracked"))).toBe(false);
  });

  test("a negated test on the connection is false for a packet that has none", () => {
    expect(says("-m conntrack ! --ctproto 17", web, at("untracked"))).toBe(false);
    expect(says("-m connmark ! --mark 1", web, at("untracked"))).toBe(false);
  });

  test.each([
    ["-m mark --mark 0x12", true],
    ["-m mark --mark 18", true],
    ["-m mark --mark 022", true],
    ["-m mark --mark 0x2/0xf", true],
    ["-m mark --mark 0x1/0xf", false],
    ["-m mark ! --mark 0x1/0xf", true],
    ["-m mark --mark 0x10/0xf", false],
  ])("%s of a packet marked 0x12", (line, expected) =>
    expect(says(line, web, { mark: 0x12 })).toBe(expected),
  );

  test("a connection's mark is not the packet's", () => {
    const view = { state: "new", mark: 1, connectionMark: 2 } as const;
    expect(says("-m mark --mark 1 -m connmark --mark 2", web, view)).toBe(true);
    expect(says("-m mark --mark 2", web, view)).toBe(false);
  });
});

describe("other headers", () => {
  test.each([
    ["-m length --length 100", { length: 100 }, true],
    ["-m length --length 0:128", { length: 129 }, false],
    ["-m length ! --length 0:128", { length: 129 }, true],
    ["-m ttl --ttl-eq 1", { ttl: 1 }, true],
    ["-m ttl --ttl-lt 5", { ttl: 5 }, false],
    ["-m ttl --ttl-gt 5", { ttl: 6 }, true],
    ["-m ttl --ttl-lt 0", { ttl: 0 }, false],
    ["-m dscp --dscp 0x2e", { dscp: 46 }, true],
    ["-m dscp --dscp-class EF", { dscp: 46 }, true],
    ["-m dscp --dscp-class AF31", { dscp: 26 }, true],
    ["-m dscp ! --dscp-class CS0", { dscp: 0 }, false],
    ["-m tos --tos 0xb8/0xfc", { dscp: 46 }, true],
    ["-m tos --tos 0xb8/0xfc", { dscp: 45 }, false],
    // The byte's lowest two bits are for congestion, and no packet here says them.
    ["-m tos --tos 0xb8", { dscp: 46 }, "unknown"],
    ["-m tos --tos 0xb8", { dscp: 45 }, false],
    ["-m pkttype --pkt-type broadcast", { linkType: "broadcast" }, true],
    ["-m pkttype ! --pkt-type unicast", { linkType: "unicast" }, false],
    ["-m mac --mac-source 02:00:5E:10:00:01", { sourceMac: "02:00:5e:10:00:01" }, true],
    ["-m mac ! --mac-source 02:00:5e:10:00:01", { sourceMac: "02:00:5e:10:00:01" }, false],
    ["-m mac --mac-source 02:00:5e:10:00:01", {}, "unknown"],
    ["-f", { fragment: "later" }, true],
    ["-f", { fragment: "first" }, false],
    ["! -f", {}, true],
  ] as const)("%s for %j", (line, more, expected) => expect(says(line, { ...web, ...more })).toBe(expected));

  test("hl and frag are ip6tables' own", () => {
    expect(says("-m hl --hl-eq 255", { ...web6, ttl: 255 })).toBe(true);
    expect(says("-m hl ! --hl-eq 255", { ...web6, ttl: 255 })).toBe(false);
    expect(says("-m frag --fragfirst", { ...web6, fragment: "first" })).toBe(true);
    expect(says("-m frag --fragfirst", { ...web6, fragment: "later" })).toBe(false);
    expect(says("-m frag --fragmore", web6)).toBe(false);
    expect(says("-m frag --fragmore", { ...web6, fragment: "first" })).toBe("unknown");
  });

  test("the routing type of an address is the host's to say", () => {
    const view: Omit<View, "packet"> = {
      inInterface: "eth0",
      addressType: (_, device) => (device === "eth0" ? "unicast" : "local"),
    };
    expect(says("-m addrtype --dst-type LOCAL", web, view)).toBe(true);
    expect(says("-m addrtype ! --dst-type LOCAL,BROADCAST", web, view)).toBe(false);
    expect(says("-m addrtype --dst-type LOCAL --limit-iface-in", web, view)).toBe(false);
    expect(says("-m addrtype --dst-type LOCAL", web)).toBe("unknown");
  });

  test("a test on a TTL that another rule rewrites can't be known", () => {
    const text = "*mangle\n-A PREROUTING -j TTL --ttl-inc 1\n-A FORWARD -m ttl --ttl-eq 1 -j DROP\nCOMMIT\n";
    const { unknowns } = readTables(text);
    expect(unknowns.map(({ origin, effect }) => [origin.line, effect])).toContainEqual([
      3,
      expect.stringMatching(/the rule of line 2 rewrote the ttl/),
    ]);
  });

  test("an unknown SPI leaves other protocols certain", () => {
    expect(says("-p esp -m esp --espspi 500", packetOf("esp 10.0.0.1 > 10.0.0.2"))).toBe("unknown");
    expect(says("-p esp -m esp --espspi 500", web)).toBe(false);
  });
});

describe("what no dump can tell", () => {
  test.each([
    ["-m limit --limit 3/min --limit-burst 10", "whether the rate is still below 3/min (burst 10)"],
    ["-m limit --limit 3/min", "(burst 5)"],
    [
      "-m recent --update --seconds 60 --hitcount 4 --name SSH --rsource",
      "whether the sender was seen on the list “SSH” within the last 60 seconds, at least 4 times",
    ],
    ["-m owner --uid-owner 1000", "whether a process of user 1000 sends it"],
    ["-p tcp -m connlimit --connlimit-above 20", "whether the sender has more than 20 connections"],
    ["-m hashlimit --hashlimit-above 5/sec --hashlimit-mode srcip --hashlimit-name x", "above 5/sec"],
    ["-m time --timestart 08:00 --timestop 18:00", "the time of day"],
    ['-m string --string "GET /evil" --algo bm', "the text “GET /evil”"],
    ["-m statistic --mode random --probability 0.5", "chance (probability 0.5)"],
    ["-m geoip --src-cc DE", "whether the sender is from DE"],
    ["-m physdev --physdev-in vnet0", "the bridge port vnet0"],
    ["-m policy --dir in --pol ipsec", "whether IPsec protected it"],
    ["-m u32 --u32 6&0xFF=1", "-m u32"],
    ["-m foobar --colour blue ! --size 5", "the module foobar, which Ringwall does not know"],
  ])("%s", (line, words) => {
    const { unknowns } = readLine(`${line} -j ACCEPT`);
    expect(says(line, web)).toBe("unknown");
    expect(unknowns).toHaveLength(1);
    expect(unknowns[0]?.effect).toContain(words);
    expect(unknowns[0]?.effect).toContain("matched or not can't be known from a dump");
    expect(unknowns[0]?.origin).toMatchObject({ file: "host.rules", line: 3, id: "filter MINE 1" });
  });

  test("an unknown module hides no known test beside it", () => {
    expect(says("-p udp -m foobar --size 5 -m udp --dport 53", web)).toBe(false);
    expect(says("-p udp -m foobar --size 5 -m udp --dport 53", dns)).toBe("unknown");
    expect(says("-p udp -m foobar --size 5 --dport 53", packetOf("udp 10.0.0.1:1 > 10.0.0.2:54"))).toBe(
      false,
    );
  });

  test("recent --set always matches: it only remembers", () => {
    expect(says("-m recent --set --name SSH --rsource", web)).toBe(true);
    expect(readLine("-m recent --set --name SSH --rsource").unknowns).toEqual([]);
  });

  test("a comment says nothing of packets, whatever stands in it", () => {
    expect(says('-m comment --comment "! -s 1.2.3.4 \\"quoted\\""', web)).toBe(true);
    expect(says('-m comment --comment "!" -p udp', web)).toBe(false);
  });
});

describe("what the kernel refuses is a problem at its place", () => {
  test.each([
    ["-p udp -m tcp --dport 53", "meaning", /-m tcp needs -p tcp/, 16],
    ["-m multiport --dports 53", "meaning", /needs -p tcp or/, 9],
    ["--dport 53", "syntax", /no module of this rule has the option --dport/, 9],
    ["-p icmp --dport 53", "syntax", /./, 17],
    ["-p tcp --dport 90:80", "meaning", /lower one first/, 24],
    ["-p tcp --dport 70000", "meaning", /0 to 65535/, 24],
    ["-s 10.0.0.0/33", "meaning", /no IPv4 address/, 12],
    ["-s 10.0.0.256", "meaning", /no IPv4 address/, 12],
    ["-s fe80::1", "meaning", /address of IPv6 in a table of IPv4/, 12],
    ["! -s 10.0.0.1,10.0.0.2", "meaning", /several addresses can't be negated/, 14],
    ["-s 10.0.0.1 -s 10.0.0.2", "syntax", /twice/, 9],
    ["-p tcp -p udp", "syntax", /twice/, 9],
    ["-p tcp --dport 1 --dport 2", "syntax", /twice/, 16],
    ["-p nonsense", "meaning", /no protocol/, 12],
    ["! -p all", "meaning", /matches no packet/, 14],
    ["-p icmp --icmp-type nonsense", "meaning", /--icmp-type takes/, 29],
    ["-m state --state OLD", "meaning", /states out of/, 26],
    ["-m mac --mac-source 02:00", "meaning", /hardware address/, 29],
    ["! ! -s 10.0.0.1", "syntax", /two exclamation marks/, 9],
    ["-s", "syntax", /no value/, 9],
    ["stray -j ACCEPT", "syntax", /“stray” stands where an option/, 9],
    ['-m comment --comment "open', "syntax", /quote is not closed/, 30],
  ] as const)("%s", (line, code, message, column) => {
    const problem = problemOf(() => readLine(line));
    expect([problem.code, problem.origin?.line]).toEqual([code, 3]);
    expect(problem.message).toMatch(message);
    expect(problem.origin?.column).toBe(column);
  });

  test.each(["INPUT", "PREROUTING"])("-o in chain %s", (chain) => {
    const table = chain === "INPUT" ? "filter" : "nat";
    const problem = problemOf(() => readLine("-o eth0 -j ACCEPT", { chain, table }));
    expect(problem.message).toMatch(/-o can't stand in chain/);
  });
});
