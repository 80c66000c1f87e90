// The judge's network: a gateway under test with three links, the client's side and the server's side of them, and the
// routes between. The same description sets up the kernel and tells our reading what the host knows of itself.
import { writeFileSync } from "node:fs";
import { makeNamespace, must, type Namespace } from "./namespaces.ts";

export interface Link {
  /** The gateway's name for it; rule sets match on it. */
  readonly device: string;
  /** The far end's name, in the client's or the server's namespace. */
  readonly far: string;
  readonly side: "client" | "server";
  /** The gateway's own addresses on it. */
  readonly address4: string;
  readonly address6: string;
  /** What the gateway routes into it, beside its connected prefixes. */
  readonly routes4: readonly string[];
  readonly routes6: readonly string[];
}

export const usualDevices = ["lan0", "wan0", "dmz0"] as const;

/**
 * The links with their usual names; a real dump's names may be put in their place. Links beyond the third lead only
 * where a round of probes says.
 */
export function links(devices: readonly string[] = usualDevices): Link[] {
  const [lan = "lan0", wan = "wan0", dmz = "dmz0", ...more] = devices;
  return [
    {
      device: lan,
      far: "c0",
      side: "client",
      address4: "10.1.0.1/24",
      address6: "2001:db8:1::1/64",
      routes4: ["10.30.0.0/16"],
      routes6: ["2001:db8:30::/48"],
    },
    {
      device: wan,
      far: "s0",
      side: "server",
      address4: "10.2.0.1/24",
      address6: "2001:db8:2::1/64",
      routes4: ["0.0.0.0/0"],
      routes6: ["::/0"],
    },
    {
      device: dmz,
      far: "d0",
      side: "server",
      address4: "10.3.0.1/24",
      address6: "2001:db8:3::1/64",
      routes4: ["10.40.0.0/16"],
      routes6: ["2001:db8:40::/48"],
    },
    ...more.map((device, at): Link => ({
      device,
      far: `e${at}`,
      side: "server",
      address4: `198.18.${at}.1/24`,
      address6: `2001:db8:4:${at}::1/64`,
      routes4: [],
      routes6: [],
    })),
  ];
}

export interface Topology {
  readonly gateway: Namespace;
  readonly client: Namespace;
  readonly server: Namespace;
  readonly links: readonly Link[];
}

/**
 * Makes the three namespaces. The gateway forwards both families and asks nobody for a hardware address: with ARP off on
 * its links every next hop is taken as it is, so nothing but probes is on the wire.
 */
export function raise(named: readonly Link[]): Topology {
  const topology = {
    gateway: makeNamespace("gateway"),
    client: makeNamespace("client"),
    server: makeNamespace("server"),
    links: named,
  };
  for (const end of [topology.client, topology.server]) end.run(() => setSysctls(farSysctls));
  topology.gateway.run(() => {
    setSysctls(gatewaySysctls);
    must("ip", ["link", "set", "lo", "up"]);
  });
  for (const link of named) join(topology, link);
  return topology;
}

const farSysctls: Readonly<Record<string, string>> = {
  "net/ipv6/conf/all/disable_ipv6": "1",
  "net/ipv6/conf/default/disable_ipv6": "1",
};

const gatewaySysctls: Readonly<Record<string, string>> = {
  "net/ipv4/ip_forward": "1",
  "net/ipv4/conf/all/rp_filter": "0",
  "net/ipv4/conf/default/rp_filter": "0",
  "net/ipv4/conf/all/send_redirects": "0",
  "net/ipv4/conf/default/send_redirects": "0",
  "net/ipv6/conf/all/forwarding": "1",
  "net/ipv6/conf/default/forwarding": "1",
  "net/ipv6/conf/default/accept_dad": "0",
  "net/ipv6/conf/default/accept_ra": "0",
};

function setSysctls(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) writeFileSync(`/proc/sys/${name}`, value);
}

function join({ gateway, client, server }: Topology, link: Link): void {
  const far = link.side === "client" ? client : server;
  const near = ["link", "add", link.device, "netns", gateway.name, "type", "veth"];
  must("ip", [...near, "peer", "name", link.far, "netns", far.name]);
  far.run(() => must("ip", ["link", "set", link.far, "up"]));
  gateway.run(() => {
    must("ip", ["link", "set", "dev", link.device, "arp", "off", "addrgenmode", "none"]);
    must("ip", ["link", "set", "dev", link.device, "up"]);
    must("ip", ["address", "add", link.address4, "dev", link.device]);
    must("ip", ["-6", "address", "add", link.address6, "dev", link.device, "nodad"]);
    for (const route of link.routes4) must("ip", ["route", "add", route, "dev", link.device]);
    for (const route of link.routes6) must("ip", ["-6", "route", "add", route, "dev", link.device]);
  });
}

/** Gives the gateway's links other names, as a real dump has them. One for each link. */
export function rename(topology: Topology, devices: readonly string[]): Topology {
  const named = links(devices);
  const moved = topology.links.flatMap(({ device }, at) => {
    const next = named[at]?.device;
    return next === undefined || next === device ? [] : [{ device, between: `judge${at}`, next }];
  });
  if (moved.length === 0) return topology;
  const batch = (lines: readonly string[], family = "-4"): void => {
    must("ip", [family, "-batch", "-"], `${lines.join("\n")}\n`);
  };
  topology.gateway.run(() => {
    // By way of names that nobody has, since two links may exchange theirs.
    batch(
      moved.flatMap(({ device, between }) => [
        `link set dev ${device} down`,
        `link set dev ${device} name ${between}`,
      ]),
    );
    batch(
      moved.flatMap(({ between, next }) => [
        `link set dev ${between} name ${next}`,
        `link set dev ${next} up`,
      ]),
    );
    batch(
      named.flatMap(({ device, routes4 }) => routes4.map((route) => `route replace ${route} dev ${device}`)),
    );
    batch(
      named.flatMap(({ device, address6, routes6 }) => [
        `address replace ${address6} dev ${device} nodad`,
        ...routes6.map((route) => `route replace ${route} dev ${device}`),
      ]),
      "-6",
    );
  });
  return { ...topology, links: named };
}
