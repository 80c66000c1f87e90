import { describe, expect, test } from "vitest";
import type { NetworkAcl, NetworkAclEntry } from "../../layers/nacl/model.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../layers/security-group/model.ts";
import { parseAddress, requirePrefix, type Address } from "../../packet/address.ts";
import { addressSet, prefixSet } from "../../packet/address-set.ts";
import { TCP } from "../../packet/protocol.ts";
import { Problem } from "../../problem.ts";
import { trace, type Trace, type TraceQuestion } from "../../questions/trace.ts";
import { mergeEstate } from "../merge.ts";
import type {
  EstatePart,
  Gateway,
  Interface,
  Network,
  Route,
  RouteTable,
  RouteTarget,
  Subnet,
} from "../model.ts";

// Two VPCs of a made-up account, small enough to reason about by hand; each test adds the way between them.
const origin = { file: "hand.json", line: 1 };
const place = (id: string) => ({ id, name: id, tags: {}, origin });
const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
const byId = <T extends { readonly id: string }>(...items: T[]): Map<string, T> =>
  new Map(items.map((item) => [item.id, item]));

const network = (id: string, ...prefixes: string[]): Network => ({
  ...place(id),
  kind: "vpc",
  prefixes: prefixes.map((text) => requirePrefix(text)),
});
const subnet = (id: string, of: string, acl: string | undefined, ...prefixes: string[]): Subnet => ({
  ...place(id),
  network: of,
  prefixes: prefixes.map((text) => requirePrefix(text)),
  routeTable: `rtb-${id}`,
  packetFilters: [],
  zone: "a",
  ...(acl === undefined ? {} : { networkAcl: acl }),
});
const table = (of: Subnet, ...routes: [string, RouteTarget][]): RouteTable => ({
  ...place(`rtb-${of.id}`),
  network: of.network,
  main: false,
  routes: routes.map(([to, target]): Route => ({
    destination: prefixSet(requirePrefix(to)),
    prefixes: [requirePrefix(to)],
    target,
    propagated: false,
    origin,
    text: to,
  })),
});
const host = (
  id: string,
  of: string,
  addresses: [string, string?][],
  about: Partial<Interface> = {},
): Interface => ({
  ...place(id),
  kind: "instance",
  subnet: of,
  addresses: addresses.map(([own, shown]) => ({
    address: address(own),
    ...(shown === undefined ? {} : { public: address(shown) }),
  })),
  securityGroups: ["open"],
  sourceDestinationCheck: true,
  ...about,
});
const rule = (
  peer: SecurityGroupRule["peer"],
  about: Partial<SecurityGroupRule> = {},
): SecurityGroupRule => ({ protocol: "any", peer, origin, text: "all", ...about });
const anywhere = { kind: "addresses", set: addressSet("0.0.0.0/0", "::/0") } as const;
const group = (id: string, inbound: SecurityGroupRule[], outbound = [rule(anywhere)]): SecurityGroup => ({
  ...place(id),
  network: "a",
  inbound,
  outbound,
});
const open = group("open", [rule(anywhere)]);
const entry = (
  number: number,
  action: "allow" | "deny",
  peer: string,
  ports?: [number, number],
): NetworkAclEntry => ({
  number,
  action,
  protocol: ports === undefined ? "any" : TCP,
  peer: addressSet(peer),
  origin: { ...origin, id: `rule ${number}` },
  text: `${number} ${action}`,
  ...(ports === undefined ? {} : { ports }),
});
const acl = (id: string, inbound: NetworkAclEntry[], outbound: NetworkAclEntry[]): NetworkAcl => ({
  ...place(id),
  network: "a",
  inbound,
  outbound,
});

const gateway = (id: string): RouteTarget => ({ kind: "gateway", id });
const ask = (parts: EstatePart, from: string, to: string, about: Partial<TraceQuestion> = {}): Trace =>
  trace(mergeEstate("hand", [parts]), { from, to, protocol: TCP, port: 443, ...about });
const blockers = (answer: Trace): string[] =>
  answer.blockers.map(({ leg, step }) => `${leg} ${step.layer} ${step.place}`);

const a = subnet("a1", "a", undefined, "10.1.0.0/24");
const b = subnet("b1", "b", undefined, "10.2.0.0/24");
const both = {
  networks: byId(network("a", "10.1.0.0/16"), network("b", "10.2.0.0/16")),
  subnets: byId(a, b),
  interfaces: byId(host("web", "a1", [["10.1.0.10"]]), host("db", "b1", [["10.2.0.10"]])),
  securityGroups: byId(open),
};
const peering = (active: boolean): Gateway => ({
  ...place("pcx"),
  kind: "peering",
  requester: "a",
  accepter: "b",
  active,
});

describe("peering", () => {
  const routes = (back: boolean): Map<string, RouteTable> =>
    byId(
      table(a, ["10.2.0.0/16", gateway("pcx")]),
      table(b, ...(back ? ([["10.1.0.0/16", gateway("pcx")]] as [string, RouteTarget][]) : [])),
    );

  test("carries a packet there and back where both sides have a route", () => {
    expect(
      ask({ ...both, gateways: byId(peering(true)), routeTables: routes(true) }, "web", "db").answer,
    ).toBe("allowed");
  });
  test("without a route on the far side, only the reply is lost", () => {
    const answer = ask({ ...both, gateways: byId(peering(true)), routeTables: routes(false) }, "web", "db");
    expect(answer.answer).toBe("denied");
    expect(blockers(answer)).toEqual(["reply route subnet b1"]);
  });
  test("that is not accepted carries nothing", () => {
    const answer = ask({ ...both, gateways: byId(peering(false)), routeTables: routes(true) }, "web", "db");
    expect(blockers(answer)).toEqual(["forward gateway pcx", "reply gateway pcx"]);
  });
  test("is not transitive: an address behind the peer is refused", () => {
    const answer = ask(
      {
        ...both,
        gateways: byId(peering(true)),
        routeTables: byId(table(a, ["0.0.0.0/0", gateway("pcx")]), table(b)),
      },
      "web",
      "8.8.8.8",
    );
    expect(blockers(answer)).toContain("forward gateway pcx");
  });
});

describe("a group as a source", () => {
  const refer = group("refer", [rule({ kind: "group", id: "clients" })]);
  const estate = (groups: string[]): EstatePart => ({
    networks: byId(network("a", "10.1.0.0/16")),
    subnets: byId(a),
    interfaces: byId(
      host("web", "a1", [["10.1.0.10", "198.51.100.10"]], { securityGroups: groups }),
      host("db", "a1", [["10.1.0.20", "198.51.100.20"]], { securityGroups: ["refer"] }),
    ),
    securityGroups: byId(refer, open, group("clients", [])),
    gateways: byId<Gateway>({ ...place("igw"), kind: "internet", networks: ["a"] }),
    routeTables: byId(table(a, ["0.0.0.0/0", gateway("igw")])),
  });
  test("lets its members in by their private addresses", () => {
    expect(ask(estate(["clients"]), "web", "db").answer).toBe("allowed");
  });
  test("is no one else", () => {
    expect(blockers(ask(estate(["open"]), "web", "db"))).toEqual(["forward security-group db"]);
  });
  test("does not mean their public addresses: by those, even a member is refused", () => {
    const answer = ask(estate(["clients"]), "web", "198.51.100.20");
    expect(blockers(answer)).toContain("forward security-group db");
  });
});

describe("a network ACL", () => {
  const closed = acl("closed", [], []);
  const estate = (subnets: Subnet[], second: string): EstatePart => ({
    networks: byId(network("a", "10.1.0.0/16")),
    subnets: byId(...subnets),
    interfaces: byId(
      host("web", "a1", [["10.1.0.10"]]),
      host("db", second, [[second === "a1" ? "10.1.0.20" : "10.1.2.20"]]),
    ),
    securityGroups: byId(open),
    networkAcls: byId(
      closed,
      acl(
        "narrow",
        [entry(100, "allow", "0.0.0.0/0", [443, 443])],
        [entry(100, "allow", "0.0.0.0/0", [49152, 65535])],
      ),
    ),
  });
  test("is not asked between two interfaces of its subnet", () => {
    expect(ask(estate([subnet("a1", "a", "closed", "10.1.0.0/24")], "a1"), "web", "db").answer).toBe(
      "allowed",
    );
  });
  test("is asked both ways between subnets, and every refusal is named", () => {
    const answer = ask(
      estate([subnet("a1", "a", "closed", "10.1.0.0/24"), subnet("a2", "a", undefined, "10.1.2.0/24")], "a2"),
      "web",
      "db",
    );
    expect(blockers(answer)).toEqual(["forward nacl subnet a1", "reply nacl subnet a1"]);
  });
  test("with too narrow an ephemeral range, the answer depends on the client's port and says which", () => {
    const answer = ask(
      estate([subnet("a1", "a", undefined, "10.1.0.0/24"), subnet("a2", "a", "narrow", "10.1.2.0/24")], "a2"),
      "web",
      "db",
    );
    expect(answer.answer).toBe("depends");
    expect(answer.dependsOn.map((item) => item.what)).toEqual([
      "the client's source port: denied for 32768–49151, allowed for 49152–60999",
    ]);
  });
});

describe("the internet", () => {
  const estate = (interfaces: Interface[], gateways: Gateway[], to: string): EstatePart => ({
    networks: byId(network("a", "10.1.0.0/16", "2001:db8:1::/56")),
    subnets: byId(subnet("a1", "a", undefined, "10.1.0.0/24", "2001:db8:1::/64")),
    interfaces: byId(...interfaces),
    securityGroups: byId(open),
    gateways: byId(...gateways),
    routeTables: byId(table(a, ["0.0.0.0/0", gateway(to)], ["::/0", gateway(to)])),
  });
  const igw: Gateway = { ...place("igw"), kind: "internet", networks: ["a"] };
  const shown = host("web", "a1", [["10.1.0.10", "198.51.100.10"], ["2001:db8:1::10"]]);

  test("reaches a public address, by IPv4 and IPv6", () => {
    const answer = ask(estate([shown], [igw], "igw"), "internet", "web");
    expect(answer.answer).toBe("allowed");
    expect(answer.also).toEqual([{ what: "IPv6 web", answer: "allowed" }]);
  });
  test("does not reach an interface without one", () => {
    expect(
      blockers(ask(estate([host("web", "a1", [["10.1.0.10"]])], [igw], "igw"), "internet", "web")),
    ).toEqual(["forward gateway outside"]);
  });
  test("is not reached from an interface without a public address by an internet gateway", () => {
    expect(
      blockers(ask(estate([host("web", "a1", [["10.1.0.10"]])], [igw], "igw"), "web", "internet")),
    ).toEqual(["forward gateway igw"]);
  });
  test("comes in by a public address even where the subnet's route leads elsewhere, and the reply is lost", () => {
    const answer = ask({ ...estate([shown], [igw], "igw"), routeTables: byId(table(a)) }, "internet", "web", {
      family: 4,
    });
    expect(blockers(answer)).toEqual(["reply route subnet a1"]);
  });
  test("is reached by an egress-only gateway over IPv6, and does not come in by it", () => {
    const egress: Gateway = { ...place("eigw"), kind: "egress-only", networks: ["a"] };
    const parts = estate([shown], [egress], "eigw");
    expect(ask(parts, "web", "internet", { family: 6 }).answer).toBe("allowed");
    expect(blockers(ask(parts, "internet", "web", { family: 6 }))).toContain("forward gateway a");
    expect(blockers(ask(parts, "web", "internet", { family: 4 }))).toEqual(["forward gateway eigw"]);
  });
  test("an answer that would leave by a NAT gateway is a stranger's to the client", () => {
    const parts = estate(
      [
        shown,
        host("nat-eni", "n1", [["10.1.9.4", "198.51.100.4"]], {
          kind: "nat-gateway",
          securityGroups: [],
          owner: "nat",
        }),
      ],
      [
        igw,
        {
          ...place("nat"),
          kind: "nat",
          subnet: "n1",
          interface: "nat-eni",
          privateAddress: address("10.1.9.4"),
          publicAddress: address("198.51.100.4"),
        },
      ],
      "nat",
    );
    const nat = subnet("n1", "a", undefined, "10.1.9.0/24");
    const answer = ask(
      {
        ...parts,
        subnets: byId(...(parts.subnets ?? new Map<string, Subnet>()).values(), nat),
        routeTables: byId(table(a, ["0.0.0.0/0", gateway("nat")]), table(nat, ["0.0.0.0/0", gateway("igw")])),
      },
      "internet",
      "web",
      { family: 4 },
    );
    expect(answer.answer).toBe("denied");
    expect(answer.blockers.at(-1)?.step.why).toMatch(
      /comes from 198\.51\.100\.4, but 198\.51\.100\.10 was asked/,
    );
  });
});

test("neither a security group nor a network ACL stands before the metadata service and the VPC's resolver", () => {
  const parts: EstatePart = {
    networks: byId(network("a", "10.1.0.0/16")),
    subnets: byId(subnet("a1", "a", "closed", "10.1.0.0/24")),
    interfaces: byId(host("web", "a1", [["10.1.0.10"]], { securityGroups: ["shut"] })),
    securityGroups: byId(group("shut", [], [])),
    networkAcls: byId(acl("closed", [], [])),
  };
  expect(ask(parts, "web", "169.254.169.254", { port: 80 }).answer).toBe("allowed");
  expect(ask(parts, "web", "10.1.0.2", { port: 53 }).answer).toBe("allowed");
  expect(ask(parts, "web", "10.1.0.3", { port: 53 }).answer).toBe("denied");
});

describe("a transit gateway", () => {
  const attachment = (id: string, of: string, within: string) => ({
    ...place(id),
    network: of,
    subnets: [within],
    routeTable: "tgw-rtb",
  });
  const transit = (blackhole: boolean): Gateway => ({
    ...place("tgw"),
    kind: "transit",
    attachments: [attachment("att-a", "a", "a-tgw"), attachment("att-b", "b", "b-tgw")],
    routeTables: [
      {
        ...place("tgw-rtb"),
        routes: [
          {
            prefix: requirePrefix("10.1.0.0/16"),
            attachment: "att-a",
            blackhole: false,
            propagated: true,
            origin,
            text: "10.1.0.0/16",
          },
          {
            prefix: requirePrefix("10.2.0.0/16"),
            attachment: "att-b",
            blackhole,
            propagated: false,
            origin,
            text: "10.2.0.0/16",
          },
        ],
      },
    ],
  });
  // The attachments' own subnets, whose ACLs are open one way only: outbound towards the far instance is asked in b, and
  // inbound from the near instance in a. (Transit Gateway guide, "Network ACLs", different subnets.)
  const aTgw = subnet("a-tgw", "a", "a-acl", "10.1.9.0/28");
  const bTgw = subnet("b-tgw", "b", "b-acl", "10.2.9.0/28");
  const parts = (gatewayItem: Gateway, bOut: NetworkAclEntry[]): EstatePart => ({
    ...both,
    subnets: byId(a, b, aTgw, bTgw),
    networkAcls: byId(
      acl("a-acl", [entry(100, "allow", "10.1.0.0/16")], [entry(100, "allow", "10.1.0.0/16")]),
      acl("b-acl", [entry(100, "allow", "10.2.0.0/16")], bOut),
    ),
    gateways: byId(gatewayItem),
    routeTables: byId(
      table(a, ["10.2.0.0/16", gateway("tgw")]),
      table(b, ["10.1.0.0/16", gateway("tgw")]),
      table(aTgw),
      table(bTgw),
    ),
  });
  const toB = [entry(100, "allow", "10.2.0.0/16")];

  test("joins two networks by its route table, and only the documented directions of the attachments' ACLs count", () => {
    expect(ask(parts(transit(false), toB), "web", "db").answer).toBe("allowed");
  });
  test("refuses by the ACL of the attachment's subnet on the way to the instance", () => {
    expect(blockers(ask(parts(transit(false), []), "web", "db"))).toEqual(["forward nacl subnet b-tgw"]);
  });
  test("drops what its table sends to a blackhole", () => {
    expect(blockers(ask(parts(transit(true), toB), "web", "db"))).toEqual(["forward route tgw"]);
  });
});

test("an appliance with its source/destination check on drops what it should forward", () => {
  const fw = (check: boolean): EstatePart => ({
    networks: byId(network("a", "10.1.0.0/16")),
    subnets: byId(a, subnet("f1", "a", undefined, "10.1.5.0/24")),
    interfaces: byId(
      host("web", "a1", [["10.1.0.10", "198.51.100.10"]]),
      host("fw", "f1", [["10.1.5.4", "198.51.100.4"]], { sourceDestinationCheck: check }),
    ),
    securityGroups: byId(open),
    routeTables: byId(
      table(a, ["192.0.2.0/24", { kind: "interface", id: "fw" }]),
      table(subnet("f1", "a", undefined, "10.1.5.0/24"), ["192.0.2.0/24", gateway("vgw")]),
    ),
    gateways: byId<Gateway>({ ...place("vgw"), kind: "private", networks: ["a"] }),
  });
  expect(blockers(ask(fw(true), "web", "192.0.2.7"))).toEqual(["forward endpoint fw"]);
  expect(ask(fw(false), "web", "192.0.2.7").answer).toBe("allowed");
});

test("routes that go in a circle end with an answer", () => {
  const loop: EstatePart = {
    networks: byId(network("a", "10.1.0.0/16")),
    subnets: byId(a),
    interfaces: byId(
      host("web", "a1", [["10.1.0.10"]]),
      host("fw", "a1", [["10.1.0.4"]], { sourceDestinationCheck: false }),
    ),
    securityGroups: byId(open),
    routeTables: byId(table(a, ["0.0.0.0/0", { kind: "interface", id: "fw" }])),
  };
  const answer = ask(loop, "web", "8.8.8.8");
  expect(answer.answer).toBe("denied");
  expect(answer.blockers.map(({ step }) => step.why).join()).toMatch(/circle/);
});

test("a name that two things have, or nothing has, is an error that says so", () => {
  expect(() => ask(both, "web", "dbb")).toThrow(Problem);
  expect(() => ask(both, "web", "dbb")).toThrow(/nothing in hand is called/);
});

describe("an address that two interfaces have", () => {
  test("leads to the one that is asked for", () => {
    const shut = group("shut", []);
    const estate: EstatePart = {
      networks: byId(network("a", "10.1.0.0/16")),
      subnets: byId(a),
      interfaces: byId(
        host("web", "a1", [["10.1.0.10"]]),
        host("left", "a1", [["10.1.0.20"]]),
        host("right", "a1", [["10.1.0.20"]], { securityGroups: ["shut"] }),
      ),
      securityGroups: byId(open, shut),
    };
    expect(ask(estate, "web", "left").answer).toBe("allowed");
    expect(blockers(ask(estate, "web", "right"))).toEqual(["forward security-group right"]);
  });
});
