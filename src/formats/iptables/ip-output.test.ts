import { describe, expect, test } from "vitest";
import { formatAddress, formatPrefix } from "../../packet/address.ts";
import { parseIpAddr } from "./ip-address.ts";
import { parseIpRoute } from "./ip-route.ts";
import { problemOf } from "./testing/lines.ts";

const routesOf = (text: string, path = "routes") =>
  parseIpRoute({ path, text }).routes.map((route) =>
    [
      route.type,
      formatPrefix(route.destination),
      route.via === undefined ? "-" : formatAddress(route.via),
      route.device ?? "-",
      route.metric,
    ].join(" "),
  );

describe("ip route", () => {
  test("a prefix, its way and its metric", () => {
    const text = `default via 10.0.0.1 dev eth0 proto dhcp src 10.0.0.7 metric 100
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.7
10.9.0.4 via 10.0.0.2 dev eth0 onlink
blackhole 192.168.0.0/16
unreachable 172.16.0.0/12 metric 9
prohibit default metric 4278198272
local 10.0.0.7 dev eth0 table local proto kernel scope host src 10.0.0.7
broadcast 10.0.0.255 dev eth0 table local proto kernel scope link
`;
    expect(routesOf(text)).toEqual([
      "unicast 0.0.0.0/0 10.0.0.1 eth0 100",
      "unicast 10.0.0.0/24 - eth0 0",
      "unicast 10.9.0.4/32 10.0.0.2 eth0 0",
      "blackhole 192.168.0.0/16 - - 0",
      "unreachable 172.16.0.0/12 - - 9",
      "prohibit 0.0.0.0/0 - - 4278198272",
      "local 10.0.0.7/32 - eth0 0",
      "broadcast 10.0.0.255/32 - eth0 0",
    ]);
  });

  test("ip -6 route; default is ::/0 there, and an anycast address is the host's", () => {
    const text = `2001:db8:1::/64 dev eth0 proto kernel metric 256 pref medium
anycast 2001:db8:1:: dev eth0 table local proto kernel metric 0 pref medium
default via fe80::1 dev eth0 proto ra metric 1024 expires 1780sec pref medium
`;
    expect(routesOf(text)).toEqual([
      "unicast 2001:db8:1::/64 - eth0 256",
      "local 2001:db8:1::/128 - eth0 0",
      "unicast ::/0 fe80::1 eth0 1024",
    ]);
    expect(routesOf("default dev wg0 metric 50\n", "ip-6-route.txt")).toEqual(["unicast ::/0 - wg0 50"]);
  });

  test("several next hops leave open which one it is", () => {
    const text = `default proto static metric 20
	nexthop via 10.0.0.1 dev eth0 weight 1
	nexthop via 10.1.0.1 dev eth1 weight 1
10.0.0.0/8
	nexthop via 10.0.0.1 dev eth0 weight 1
	nexthop via 10.0.0.2 dev eth0 weight 1
`;
    expect(routesOf(text)).toEqual(["unicast 0.0.0.0/0 - - 20", "unicast 10.0.0.0/8 - eth0 0"]);
    expect(parseIpRoute({ path: "routes", text }).unknowns[0]).toMatchObject({
      origin: { line: 1 },
      effect: expect.stringMatching(/which of its next hops/),
    });
  });

  test("routes of another table are left out, and listed: ip rule would say who uses them", () => {
    const text =
      "default via 10.0.0.1 dev eth0\ndefault via 10.5.0.1 dev tun0 table vpn\nmulticast ff00::/8 dev eth0\n";
    const { routes, unknowns } = parseIpRoute({ path: "routes", text });
    expect(routes).toHaveLength(1);
    expect(unknowns.map(({ origin, effect }) => [origin.line, effect])).toEqual([
      [2, expect.stringMatching(/table vpn stands in “ip rule”/)],
      [3, expect.stringMatching(/does not follow multicast routes/)],
    ]);
  });

  test.each([
    ["somewhere via 10.0.0.1\n", /stands where a route's destination/],
    ["10.0.0.0/33 via 10.0.0.1\n", /stands where a route's destination/],
    ["default via\n", /no value: the line was cut off/],
    ["default via here dev eth0\n", /no neighbour's address/],
    ["default dev eth0 metric high\n", /metric is a number/],
    ["nexthop via 10.0.0.1\n", /without its route/],
  ])("%j is a problem", (text, message) => {
    const problem = problemOf(() => parseIpRoute({ path: "routes", text }));
    expect(problem.message).toMatch(message);
    expect(problem.origin).toMatchObject({ file: "routes", line: 1 });
  });
});

describe("ip addr", () => {
  const full = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host
       valid_lft forever preferred_lft forever
2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default
    link/ether 02:42:ac:11:00:02 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    altname enp3s0
    inet 10.0.0.7/24 brd 10.0.0.255 scope global dynamic eth0
       valid_lft 3000sec preferred_lft 3000sec
3: tun0: <POINTOPOINT,UP> mtu 1500 qdisc noqueue state UNKNOWN group default
    link/none
    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0
`;
  const listed = (text: string) =>
    parseIpAddr({ path: "addr", text }).addresses.map(
      ({ device, address, length }) => `${device} ${formatAddress(address)}/${length}`,
    );

  test("addresses by device; the near end of a tunnel is the host's own", () => {
    expect(listed(full)).toEqual(["lo 127.0.0.1/8", "lo ::1/128", "eth0 10.0.0.7/24", "tun0 10.8.0.1/32"]);
    expect(parseIpAddr({ path: "addr", text: full }).devices).toEqual(["lo", "eth0", "tun0"]);
  });

  test("ip -o addr and ip -br addr say the same", () => {
    expect(
      listed("2: eth0    inet 10.0.0.7/24 brd 10.0.0.255 scope global eth0\\       valid_lft forever\n"),
    ).toEqual(["eth0 10.0.0.7/24"]);
    expect(
      listed(
        "lo               UNKNOWN        127.0.0.1/8 ::1/128\neth0@if5         UP             10.0.0.7/24\n",
      ),
    ).toEqual(["lo 127.0.0.1/8", "lo ::1/128", "eth0 10.0.0.7/24"]);
  });

  test.each([
    ["    inet 10.0.0.7/24 scope global eth0\n", /before any device/],
    ["2: eth0: <UP> mtu 1500\n    inet 10.0.0.7/64 scope global eth0\n", /no address with a prefix length/],
    ["hello\n", /no line of “ip addr”/],
  ])("%j is a problem", (text, message) => {
    expect(problemOf(() => parseIpAddr({ path: "addr", text })).message).toMatch(message);
  });
});
