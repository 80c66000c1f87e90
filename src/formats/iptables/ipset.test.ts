import { describe, expect, test } from "vitest";
import { parseIpsetSave } from "./ipset.ts";
import { packetOf, problemOf, readLine, says } from "./testing/lines.ts";

const web = packetOf("tcp 10.1.0.7:50000 > 192.0.2.10:443");
const dns = packetOf("udp 10.1.0.7:50000 > 192.0.2.10:53");
const ping = packetOf("icmp 10.1.0.7 > 192.0.2.10", { icmpType: 8, icmpCode: 0 });
const gre = packetOf("gre 10.1.0.7 > 192.0.2.10");

/** Whether `-m set --match-set S …` matches, S being created and filled by these lines. */
function inSet(
  set: readonly string[],
  flags: string,
  packet = web,
  more = "",
  view = {},
): boolean | "unknown" {
  const [create = "", ...elements] = set;
  const sets = [`create S ${create}`, ...elements.map((element) => `add S ${element}`)].join("\n");
  return says(`-m set --match-set S ${flags}${more}`, packet, view, { sets });
}

describe("each type of set", () => {
  test.each([
    ["hash:ip", ["hash:ip family inet hashsize 1024", "10.1.0.7"], "src", true],
    ["hash:ip", ["hash:ip", "10.1.0.7"], "dst", false],
    ["hash:ip, a range", ["hash:ip", "10.1.0.1-10.1.0.9"], "src", true],
    ["hash:ip with a netmask", ["hash:ip netmask 24", "10.1.0.0"], "src", true],
    ["hash:net", ["hash:net", "10.2.0.0/16", "10.1.0.0/16"], "src", true],
    ["hash:net", ["hash:net", "192.0.2.0/28"], "dst", true],
    ["hash:net,net", ["hash:net,net", "10.1.0.0/16,192.0.2.0/24"], "src,dst", true],
    ["hash:net,net", ["hash:net,net", "10.1.0.0/16,192.0.2.0/24"], "dst,src", false],
    ["hash:ip,port", ["hash:ip,port", "192.0.2.10,tcp:443"], "dst,dst", true],
    ["hash:ip,port", ["hash:ip,port", "192.0.2.10,udp:443"], "dst,dst", false],
    ["hash:ip,port without a protocol", ["hash:ip,port", "192.0.2.10,443"], "dst,dst", true],
    ["hash:net,port", ["hash:net,port", "192.0.2.0/24,tcp:400-500"], "dst,dst", true],
    ["hash:ip,port,ip", ["hash:ip,port,ip", "192.0.2.10,tcp:443,10.1.0.7"], "dst,dst,src", true],
    ["hash:ip,port,ip", ["hash:ip,port,ip", "192.0.2.10,tcp:443,10.1.0.8"], "dst,dst,src", false],
    ["hash:ip,port,net", ["hash:ip,port,net", "192.0.2.10,tcp:443,10.0.0.0/8"], "dst,dst,src", true],
    ["hash:net,port,net", ["hash:net,port,net", "10.0.0.0/8,tcp:443,192.0.2.0/24"], "src,dst,dst", true],
    ["bitmap:ip", ["bitmap:ip range 10.1.0.0/24", "10.1.0.7"], "src", true],
    ["bitmap:port", ["bitmap:port range 0-1024", "443"], "dst", true],
    ["bitmap:port", ["bitmap:port range 0-1024", "443"], "src", false],
    ["hash:ip,mark", ["hash:ip,mark", "10.1.0.7,0x5"], "src,src", false],
  ])("%s %j by %s", (_, set, flags, expected) => expect(inSet(set, flags)).toBe(expected));

  test("a hardware address is the sender's", () => {
    const packet = { ...web, sourceMac: "02:00:5e:10:00:01" };
    expect(inSet(["hash:mac", "02:00:5E:10:00:01"], "src", packet)).toBe(true);
    expect(inSet(["hash:mac", "02:00:5E:10:00:02"], "src", packet)).toBe(false);
    expect(inSet(["hash:ip,mac", "10.1.0.7,02:00:5E:10:00:01"], "src,src", packet)).toBe(true);
    expect(inSet(["hash:mac", "02:00:5E:10:00:01"], "dst", packet)).toBe("unknown");
    // The kernel fills in the address of the first packet that matches.
    expect(inSet(["bitmap:ip,mac range 10.1.0.0/24", "10.1.0.7"], "src,src", packet)).toBe("unknown");
  });

  test("a mark, under the set's mask", () => {
    const set = ["hash:ip,mark markmask 0xff", "10.1.0.7,0x105"];
    expect(inSet(set, "src,src", web, "", { mark: 0x305 })).toBe(true);
    expect(inSet(set, "src,src", web, "", { mark: 0x306 })).toBe(false);
  });

  test("an interface: src is the one it came in by", () => {
    const set = ["hash:net,iface", "10.1.0.0/16,eth0", "10.9.0.0/16,eth1"];
    const view = { inInterface: "eth0", outInterface: "eth1" };
    expect(inSet(set, "src,src", web, "", view)).toBe(true);
    expect(inSet(set, "src,dst", web, "", view)).toBe(false);
    expect(inSet(["hash:net,iface", "10.1.0.0/16,eth wildcard"], "src,src", web, "", view)).toBe(true);
    expect(inSet(["hash:net,iface", "10.1.0.0/16,physdev:eth0"], "src,src", web, "", view)).toBe("unknown");
  });

  test("ICMP counts its type and code as a port, other protocols have none", () => {
    expect(inSet(["hash:ip,port", "10.1.0.7,icmp:8/0"], "src,src", ping)).toBe(true);
    expect(inSet(["hash:ip,port", "10.1.0.7,icmp:0/0"], "src,src", ping)).toBe(false);
    expect(inSet(["hash:ip,port", "10.1.0.7,47:0"], "src,src", gre)).toBe(true);
    expect(inSet(["hash:ip,port", "10.1.0.7,47:0", "10.1.0.7,tcp:1"], "src,src", web)).toBe(false);
  });

  test("bitmap:port looks at TCP and UDP, and at nothing else", () => {
    expect(inSet(["bitmap:port range 0-1024", "53"], "dst", dns)).toBe(true);
    expect(inSet(["bitmap:port range 0-1024", "53"], "dst", gre)).toBe(false);
  });
});

describe("exceptions", () => {
  const set = ["hash:net", "10.0.0.0/8", "10.1.0.0/16 nomatch", "10.1.0.0/29"];
  const from = (source: string) => packetOf(`tcp ${source}:1 > 192.0.2.1:2`);

  test("the longest prefix decides", () => {
    expect(inSet(set, "src", from("10.2.0.1"))).toBe(true);
    expect(inSet(set, "src", from("10.1.9.1"))).toBe(false);
    expect(inSet(set, "src", from("10.1.0.7"))).toBe(true);
    expect(inSet(set, "src", from("11.0.0.1"))).toBe(false);
  });

  test("--return-nomatch asks for the exceptions", () => {
    expect(inSet(set, "src", from("10.1.9.1"), " --return-nomatch")).toBe(true);
    expect(inSet(set, "src", from("10.2.0.1"), " --return-nomatch")).toBe(false);
    expect(inSet(set, "src", from("11.0.0.1"), " --return-nomatch")).toBe(false);
  });

  test("an exception of a port leaves the other ports in", () => {
    const ports = ["hash:net,port", "10.0.0.0/8,tcp:443", "10.0.0.0/8,tcp:80", "10.1.0.0/16,tcp:443 nomatch"];
    expect(inSet(ports, "src,dst", web)).toBe(false);
    expect(inSet(ports, "src,dst", { ...web, destinationPort: 80 })).toBe(true);
  });
});

describe("how a rule asks", () => {
  const sets =
    "create A hash:ip\nadd A 10.1.0.7\ncreate B hash:net\nadd B 172.16.0.0/12\ncreate L list:set\nadd L B\nadd L A\n";
  test.each([
    ["-m set --match-set A src", true],
    ["-m set ! --match-set A src", false],
    ["-m set --set A src", true],
    ["-m set --match-set L src", true],
    ["-m set --match-set L dst", false],
    ["-m set ! --match-set L dst", true],
    // More flags than dimensions: the rest is not looked at.
    ["-m set --match-set A src,dst", true],
    ["-m set --match-set A src --packets-gt 5", "unknown"],
    ["-m set --match-set A dst --packets-gt 5", false],
  ])("%s", (line, expected) => expect(says(line, web, {}, { sets })).toBe(expected));

  test("fewer flags than dimensions match nothing (ip_set_test), and negated everything", () => {
    const two = "create P hash:ip,port\nadd P 192.0.2.10,tcp:443\n";
    expect(says("-m set --match-set P dst", web, {}, { sets: two })).toBe(false);
    expect(says("-m set ! --match-set P dst", web, {}, { sets: two })).toBe(true);
  });

  test("a set of the other family matches nothing", () => {
    const six = packetOf("tcp [2001:db8::7]:1 > [2001:db8::10]:2");
    expect(says("-m set --match-set A src", six, {}, { sets })).toBe(false);
    const sets6 = "create A6 hash:net family inet6\nadd A6 2001:db8::/32\n";
    expect(says("-m set --match-set A6 src", six, {}, { sets: sets6 })).toBe(true);
  });

  test("a set that nobody exported is unknown, and listed", () => {
    const { unknowns } = readLine("-m set --match-set gone src -j DROP");
    expect(says("-m set --match-set gone src", web)).toBe("unknown");
    expect(unknowns[0]).toMatchObject({
      what: "-m set --match-set gone src",
      effect: expect.stringMatching(/depends on what the set gone holds/),
    });
  });

  test("a rule that fills a set says that its export may be out of date", () => {
    const { unknowns } = readLine("-j SET --add-set A src --exist", { sets });
    expect(unknowns[0]?.effect).toMatch(/packets change the set A/);
  });
});

describe("ipset save", () => {
  const read = (text: string) => parseIpsetSave({ path: "ipset.save", text });

  test("entries that expire are taken as they were, and that is said once", () => {
    const { sets, unknowns } = read(
      'create ban hash:ip timeout 600 counters comment\nadd ban 10.0.0.1 timeout 500 packets 3 comment "by hand"\nadd ban 10.0.0.2 timeout 9\n',
    );
    expect(sets.get("ban")?.elements).toHaveLength(2);
    expect(unknowns).toMatchObject([
      { origin: { line: 1 }, effect: expect.stringMatching(/moment of the export/) },
    ]);
  });

  test.each([
    ["add gone 10.0.0.1\n", "reference", 1, /set gone is not created/],
    ["create A hash:ip\ncreate A hash:ip\n", "reference", 2, /created twice/],
    ["create A hash:up\n", "meaning", 1, /no type of set/],
    ["create A hash:ip\nadd A 10.0.0.300\n", "meaning", 2, /an IPv4 address/],
    ["create A hash:ip\nadd A fe80::1\n", "meaning", 2, /an IPv4 address/],
    ["create A hash:net\nadd A 10.0.0.0/33\n", "meaning", 2, /an IPv4 address/],
    ["create A hash:ip,port\nadd A 10.0.0.1\n", "syntax", 2, /has not the 2 parts/],
    ["create A hash:ip,port\nadd A 10.0.0.1,tcp:99999\n", "meaning", 2, /a port such as/],
    ["create A hash:mac\nadd A 02:00\n", "meaning", 2, /hardware address/],
    ["create L list:set\nadd L gone\n", "reference", 2, /which is not there/],
    ["create L list:set\ncreate M list:set\nadd L M\n", "reference", 3, /a list itself/],
    ["flush A\n", "syntax", 1, /create or add was expected/],
    ['create A hash:ip comment\nadd A 10.0.0.1 comment "open\n', "syntax", 2, /quote is not closed/],
  ] as const)("%j is a problem", (text, code, line, message) => {
    const problem = problemOf(() => read(text));
    expect([problem.code, problem.origin?.line]).toEqual([code, line]);
    expect(problem.message).toMatch(message);
  });
});
