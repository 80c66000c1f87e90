import { describe, expect, test } from "vitest";
import { formatAddressSet } from "../../packet/address-set.ts";
import { formatAddress } from "../../packet/address.ts";
import { TCP, UDP } from "../../packet/protocol.ts";
import { parseRingwall, ringwallReader } from "./reader.ts";

const read = (text: string) => parseRingwall({ path: "ringwall.yaml", text });

const shop = `ringwall: 1
networks:
  shop: { prefix: [10.0.0.0/16, 2001:db8::/56] }
subnets:
  public: { prefix: [10.0.1.0/24, 2001:db8:0:1::/64], public: true }
  app: { prefix: 10.0.2.0/24, nat: nat }
hosts:
  app-1: { address: 10.0.2.10, security-groups: app-sg, listens: [tcp 8080, tcp 9090 on loopback] }
nat-gateways:
  nat: { address: 10.0.1.4, public-address: 198.51.100.4 }
security-groups:
  app-sg:
    in:
      - tcp 8080 from 10.0.1.0/24   # from the balancer
      - { protocol: udp, ports: [53, 5000-5010], from: [10.0.1.0/24, app-sg] }
`;

describe("places", () => {
  const { part } = read(shop);

  test("a subnet stands in the network whose prefix holds it, a host in the subnet that holds its address", () => {
    expect(part.subnets?.get("app")?.network).toBe("shop");
    expect(part.interfaces?.get("app-1/eth0")?.subnet).toBe("app");
    expect(part.interfaces?.get("nat/eth0")).toMatchObject({ kind: "nat-gateway", subnet: "public" });
  });

  test("a public subnet's default routes of both families lead to the network's internet gateway", () => {
    const routes = part.routeTables?.get("public")?.routes ?? [];
    expect(routes.map((route) => [route.text, route.target])).toEqual([
      ["10.0.0.0/16 local", { kind: "local" }],
      ["2001:db8::/56 local", { kind: "local" }],
      ["public: true", { kind: "gateway", id: "shop/internet" }],
    ]);
    expect(formatAddressSet(routes[2]?.destination ?? { v4: [], v6: [] })).toBe("any");
    expect(part.gateways?.get("shop/internet")).toMatchObject({ kind: "internet", networks: ["shop"] });
  });

  test("nat: is the IPv4 default route alone, since NAT gateways carry no IPv6", () => {
    const route = part.routeTables?.get("app")?.routes.at(-1);
    expect(route?.target).toEqual({ kind: "gateway", id: "nat" });
    expect(route?.prefixes.map((prefix) => prefix.family)).toEqual([4]);
    expect(part.gateways?.get("nat")).toMatchObject({ kind: "nat", subnet: "public" });
  });

  test("a program on loopback only is told apart from one that everybody reaches", () => {
    expect(part.hosts?.get("app-1")?.listens?.map(({ port, local }) => [port, local])).toEqual([
      [8080, false],
      [9090, true],
    ]);
  });

  test("a load balancer with an address in each of two subnets has two interfaces", () => {
    const { part: balanced } = read(`ringwall: 1
networks: { n: { prefix: 10.0.0.0/16 } }
subnets: { a: { prefix: 10.0.1.0/24 }, b: { prefix: 10.0.2.0/24 } }
hosts: { h: { address: 10.0.1.9 } }
load-balancers:
  lb:
    kind: network
    address: [10.0.1.5, 10.0.2.5]
    listeners: { "tcp 443": ["h:8443", "[2001:db8::1]:8443", 10.9.9.9] }
`);
    const lb = balanced.loadBalancers?.get("lb");
    expect(lb?.interfaces.map((id) => balanced.interfaces?.get(id)?.subnet)).toEqual(["a", "b"]);
    expect(lb).toMatchObject({ preservesClient: true, internetFacing: false });
    expect(
      lb?.listeners[0]?.targets.map((target) => [
        target.interface ?? formatAddress(target.address ?? { family: 4, value: 0 }),
        target.port,
      ]),
    ).toEqual([
      ["h/eth0", 8443],
      ["2001:db8::1", 8443],
      ["10.9.9.9", undefined],
    ]);
  });
});

describe("rings", () => {
  const { part } = read(shop);
  const group = part.securityGroups?.get("app-sg");

  test("a security group without “out” lets everything out; with an empty list, nothing", () => {
    expect(group?.outbound.map((rule) => [rule.protocol, rule.peer.kind])).toEqual([["any", "addresses"]]);
    const closed = read("ringwall: 1\nsecurity-groups: { db: { out: [] } }\n").part.securityGroups?.get("db");
    expect(closed?.outbound).toEqual([]);
    expect(closed?.inbound).toEqual([]);
  });

  test("a rule keeps its own words, its note and its place", () => {
    expect(group?.inbound[0]).toMatchObject({
      protocol: TCP,
      ports: [8080, 8080],
      text: "tcp 8080 from 10.0.1.0/24  # from the balancer",
      origin: { file: "ringwall.yaml", line: 14, column: 9, id: "app-sg in 1" },
    });
  });

  test("a mapping says the same as a line, and a rule for two peers is two rules of one origin", () => {
    const [, first, second] = group?.inbound ?? [];
    expect(first).toMatchObject({ protocol: UDP, ports: [53, 53, 5000, 5010] });
    expect([first?.peer.kind, second?.peer]).toEqual(["addresses", { kind: "group", id: "app-sg" }]);
    expect(second?.origin).toEqual(first?.origin);
  });

  test("a network ACL's rules stand in the order of their numbers, not of the file", () => {
    const acl = read(
      "ringwall: 1\nnetwork-acls:\n  a:\n    in:\n      200: deny all from any\n      100: allow icmp 8 from any\n",
    ).part.networkAcls?.get("a");
    expect(acl?.inbound.map((entry) => [entry.number, entry.action, entry.icmp?.type])).toEqual([
      [100, "allow", 8],
      [200, "deny", undefined],
    ]);
    expect(acl?.outbound).toEqual([]);
  });

  test("one list of a packet filter is for both directions, and its default is a rule of its own", () => {
    const filter = read(
      "ringwall: 1\npacket-filters:\n  p:\n    stateful: false\n    default: reject\n    rules: [deny all]\n",
    ).part.packetFilters?.get("p");
    expect(filter?.inbound).toBe(filter?.outbound);
    expect(filter?.inbound.policy).toMatchObject({ actions: [{ kind: "reject" }], origin: { line: 5 } });
  });

  test("a filter's rule reads ends, ports, flags, fragments and interfaces", () => {
    const filter = read(`ringwall: 1
names: { office: [203.0.113.0/24, 2001:db8:9::/48] }
packet-filters:
  p:
    stateful: false
    default: deny
    rules:
      10: allow tcp office:1024-65535 -> [2001:db8::1]:22,443 flags syn,!ack in eth*
      20: { action: allow, protocol: tcp, from: office, from-ports: 1024-65535, to: "2001:db8::1", to-ports: "22,443", flags: "syn,!ack", in: eth* }
      30: deny all fragments
`).part.packetFilters?.get("p");
    const [line, mapping, fragments] = filter?.inbound.rules ?? [];
    expect(line?.match).toEqual(mapping?.match);
    expect(line?.match).toMatchObject({
      kind: "all",
      of: [
        { field: "protocol" },
        { field: "source" },
        { field: "destination" },
        { field: "source-port", set: [1024, 65535] },
        { field: "destination-port", set: [22, 22, 443, 443] },
        { kind: "tcp-flags", mask: 18, value: 2 },
        { kind: "interface", direction: "in", name: "eth", prefix: true },
      ],
    });
    expect(fragments?.match).toEqual({ kind: "fragment", is: "later" });
    expect(fragments?.origin.id).toBe("p 30");
  });

  test("“subnet” and “host” stand for the addresses that are drawn", () => {
    const filter = read(`${shop}packet-filters:
  p: { stateful: true, default: deny, rules: [allow udp subnet public -> host app-1:53] }
`).part.packetFilters?.get("p");
    const match = filter?.inbound.rules[0]?.match;
    const sets =
      match?.kind === "all"
        ? match.of.flatMap((test) => (test.kind === "address" ? formatAddressSet(test.set) : []))
        : [];
    expect(sets).toEqual(["10.0.1.0/24, 2001:db8:0:1::/64", "10.0.2.10"]);
  });
});

describe("what belongs to the estate besides", () => {
  const { sources, attachments } = read(`ringwall: 1
sources: [aws/*.json, k8s]
networks: { n: { prefix: 10.0.0.0/16 } }
subnets: { s: { prefix: 10.0.1.0/24 } }
hosts:
  drawn:
    address: 10.0.1.9
    firewall: |
      *filter
      COMMIT
attach:
  i-0db1: { firewall: [db.rules, db.addr], system: linux, listens: tcp 5432 }
`);

  test("sources come with their place, so that a pattern that fits nothing can be told", () => {
    expect(sources).toEqual([
      { pattern: "aws/*.json", origin: { file: "ringwall.yaml", line: 2, column: 11 } },
      { pattern: "k8s", origin: { file: "ringwall.yaml", line: 2, column: 23 } },
    ]);
  });

  test("a dump written into the file keeps the file's line numbers", () => {
    const [drawn] = attachments;
    expect(drawn).toMatchObject({ host: "drawn", drawn: true });
    const [firewall] = drawn?.firewall ?? [];
    expect(firewall?.kind === "inline" && firewall.file.text.split("\n").indexOf("*filter") + 1).toBe(9);
  });

  test("an attachment names a host of another source, with files, system and listening ports", () => {
    expect(attachments[1]).toMatchObject({
      host: "i-0db1",
      drawn: false,
      system: "linux",
      firewall: [
        { kind: "file", path: "db.rules" },
        { kind: "file", path: "db.addr" },
      ],
      listens: [{ protocol: TCP, port: 5432, local: false }],
    });
  });

  test("read alone, firewalls and sources that nobody opened are reported as unknown", () => {
    const part = ringwallReader.read([
      { path: "ringwall.yaml", text: "ringwall: 1\nsources: aws\nattach: { i-1: { firewall: f } }\n" },
    ]);
    expect(part.unknowns?.map((unknown) => unknown.what)).toEqual(["sources: aws", "the firewall of i-1"]);
  });
});

test("a file is recognised by its version key, or by its name", () => {
  expect(ringwallReader.recognises({ path: "a.yaml", text: "# x\nringwall: 1\n" })).toBe(true);
  expect(ringwallReader.recognises({ path: "x/ringwall.yaml", text: "" })).toBe(true);
  expect(ringwallReader.recognises({ path: "a.yaml", text: "kind: Pod\n" })).toBe(false);
  expect(ringwallReader.recognises({ path: "a.json", text: "ringwall: 1" })).toBe(false);
});
