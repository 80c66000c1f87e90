// A packet's passage through a host. What is expected was read in netfilter's documentation and source, or watched in a
// network namespace on Linux 6.18 where those are silent (marked so).
import { describe, expect, it } from "vitest";
import { addressSet } from "../../packet/address-set.ts";
import type { Packet } from "../../packet/packet.ts";
import { ConnectionTable } from "../../rules/connections/table.ts";
import {
  all,
  always,
  destination,
  destinationPorts,
  inverted,
  protocol,
  source,
  type ConnectionState,
  type Match,
} from "../../rules/match.ts";
import type { Action } from "../../rules/rule.ts";
import type { HostFirewall } from "./model.ts";
import { passHost } from "./pass.ts";
import type { HostPassage, Passing } from "./passage.ts";
import { address, host, rule, table } from "./testing.ts";

const accept: Action = { kind: "accept" };
const drop: Action = { kind: "drop" };
const state = (...states: ConnectionState[]): Match => ({ kind: "state", states });
const port = (number: number): Match => destinationPorts([number, number]);
const isIn = (name: string): Match => ({ kind: "interface", direction: "in", name, prefix: false });
const isOut = (name: string): Match => ({ kind: "interface", direction: "out", name, prefix: false });

function udp(from: string, to: string): Packet {
  const [source = "", sourcePort = ""] = from.split(" ");
  const [goal = "", goalPort = ""] = to.split(" ");
  return {
    family: source.includes(":") ? 6 : 4,
    source: address(source),
    destination: address(goal),
    protocol: 17,
    sourcePort: Number(sourcePort),
    destinationPort: Number(goalPort),
  };
}

/** One host with its connections: packets arrive by an interface, or are sent. */
function machine(firewall: HostFirewall) {
  const connections = new ConnectionTable();
  const pass = (packet: Packet, origin: Passing["origin"], more: Partial<Passing>): HostPassage =>
    passHost(firewall, { packet, origin, connections, now: 0, place: "db-1", ...more });
  return {
    connections,
    arrive: (packet: Packet, device: string, more: Partial<Passing> = {}) =>
      pass(packet, { kind: "arrives", device }, more),
    send: (packet: Packet, more: Partial<Passing> = {}) => pass(packet, { kind: "made" }, more),
  };
}

const own = ["eth0 192.0.2.10/24", "eth1 10.0.0.1/24"];
const ways = ["0.0.0.0/0 eth0 192.0.2.1", "192.0.2.0/24 eth0", "10.0.0.0/24 eth1"];
const client = udp("198.51.100.7 5000", "192.0.2.10 53");
const reply = udp("192.0.2.10 53", "198.51.100.7 5000");

describe("the way through the hooks", () => {
  const hooks = ["prerouting", "input", "forward", "output", "postrouting"] as const;
  /** The hooks that a packet saw: each has a rule that can't be known, and leaves its name among the causes. */
  const hooksOf = (firewall: HostFirewall, packet: Packet, made: boolean): string[] => {
    const watching = hooks.map((hook) => ({
      hook,
      priority: 0,
      rules: [rule(hook, { kind: "unknown", what: hook }, drop)],
    }));
    const { arrive, send } = machine({ ...firewall, tables: [table("watch", watching)] });
    const { causes } = made ? send(packet) : arrive(packet, "eth0");
    return causes.flatMap((cause) => (cause.kind === "condition" ? [cause.what] : []));
  };
  const router = host([], own, ways);
  it("is prerouting and input for what is the host's own", () => {
    expect(hooksOf(router, client, false)).toEqual(["prerouting", "input"]);
  });
  it("is prerouting, forward and postrouting for what is not", () => {
    expect(hooksOf(router, udp("198.51.100.7 1", "10.0.0.9 1"), false)).toEqual([
      "prerouting",
      "forward",
      "postrouting",
    ]);
  });
  it("is output and postrouting for what the host sends", () => {
    expect(hooksOf(router, reply, true)).toEqual(["output", "postrouting"]);
  });
  it("is all of output, postrouting, prerouting and input by way of loopback", () => {
    expect(hooksOf(router, udp("10.0.0.1 1", "192.0.2.10 2"), true)).toEqual([
      "output",
      "postrouting",
      "prerouting",
      "input",
    ]);
  });
  it("delivers broadcasts of its subnets and multicasts to the host itself", () => {
    for (const to of ["192.0.2.255", "255.255.255.255", "224.0.0.251"])
      expect(machine(router).arrive(udp("192.0.2.7 1", `${to} 1`), "eth0").path).toBe("input");
  });
});

describe("base chains", () => {
  const at = (priority: number, action: Action, name: string) =>
    table(name, [{ hook: "input", priority, rules: [rule(name, always, action)] }]);
  it("run by priority, and a drop in one is not undone by an accept in another", () => {
    const { arrive } = machine(host([at(10, drop, "late"), at(0, accept, "early")], own));
    const passage = arrive(client, "eth0");
    expect(passage.answer).toBe("denied");
    expect(passage.steps.map((step) => step.ring)).toEqual(["late INPUT"]);
  });
  it("of one priority run the later loaded first (watched)", () => {
    const mark = (value: number, name: string) =>
      at(0, { kind: "set-mark", of: "packet", mask: 0xffffffff, value }, name);
    const isTwo = rule("mark 1", { kind: "mark", of: "packet", mask: 0xff, set: [1, 1] }, drop);
    const last = table("last", [{ hook: "input", priority: 10, rules: [isTwo] }]);
    // Table two runs first and sets 2; then table one sets 1, which is what the last chain sees.
    expect(machine(host([mark(1, "one"), mark(2, "two"), last], own)).arrive(client, "eth0").answer).toBe(
      "denied",
    );
  });
  it("of the other family see nothing", () => {
    const six = table("filter", [{ hook: "input", priority: 0, policy: "drop" }], { family: "ip6" });
    expect(machine(host([six], own)).arrive(client, "eth0").answer).toBe("allowed");
  });
  it("see no interface where there is none: a packet that the host makes came in by none", () => {
    const block = table("filter", [
      { hook: "output", priority: 0, rules: [rule("! -i eth0", inverted(isIn("eth0")), drop)] },
    ]);
    expect(machine(host([block], own, ways)).send(reply).answer).toBe("denied");
  });
});

describe("connection state", () => {
  const stateful = (rules = [rule("-p udp --dport 53", all(protocol(17), port(53)), accept)]) =>
    host(
      [
        table("filter", [
          {
            hook: "input",
            priority: 0,
            policy: "drop",
            rules: [rule("ESTABLISHED,RELATED", state("established", "related"), accept), ...rules],
          },
          {
            hook: "output",
            priority: 0,
            policy: "drop",
            rules: [rule("ESTABLISHED", state("established"), accept)],
          },
        ]),
      ],
      own,
      ways,
    );

  it("lets the reply out that no rule lets out for itself", () => {
    const { arrive, send } = machine(stateful());
    expect(arrive(client, "eth0")).toMatchObject({ answer: "allowed", state: "new", path: "input" });
    expect(send(reply)).toMatchObject({ answer: "allowed", state: "established", outDevice: "eth0" });
    expect(send(udp("192.0.2.10 53", "198.51.100.8 5000"))).toMatchObject({ answer: "denied", state: "new" });
  });

  it("is not remembered of a packet that was dropped", () => {
    const { arrive, send, connections } = machine(stateful([]));
    expect(arrive(client, "eth0").answer).toBe("denied");
    expect(connections.size(0)).toBe(0);
    expect(send(reply).state).toBe("new");
  });

  it("is invalid to chains before tracking, and to no other (watched)", () => {
    const raw = (match: Match) =>
      host([table("raw", [{ hook: "prerouting", priority: -300, rules: [rule("raw", match, drop)] }])], own);
    expect(machine(raw(state("invalid"))).arrive(client, "eth0").answer).toBe("denied");
    expect(machine(raw(state("new", "untracked"))).arrive(client, "eth0").answer).toBe("allowed");
  });

  it("is untracked after NOTRACK, which ESTABLISHED does not match, and the reply is not known", () => {
    const exempt = rule("-j NOTRACK", port(53), { kind: "notrack" });
    const firewall = stateful();
    const { arrive, send, connections } = machine({
      ...firewall,
      tables: [table("raw", [{ hook: "prerouting", priority: -300, rules: [exempt] }]), ...firewall.tables],
    });
    const passage = arrive(client, "eth0");
    expect(passage).toMatchObject({ answer: "allowed", state: "untracked" });
    expect(passage.steps[0]).toMatchObject({ ring: "raw PREROUTING", verdict: "passed", rules: [exempt] });
    expect(connections.size(0)).toBe(0);
    expect(send(reply).answer).toBe("denied");
  });

  it("hangs on what can't be known where only that exempts from tracking", () => {
    const raw = table("raw", [
      {
        hook: "prerouting",
        priority: -300,
        rules: [rule("-m limit", { kind: "unknown", what: "a rate" }, { kind: "notrack" })],
      },
    ]);
    const passage = machine(host([raw], own)).arrive(client, "eth0");
    expect(passage).toMatchObject({ answer: "depends", state: "new" });
    expect(passage.causes).toEqual([{ kind: "condition", what: "a rate" }]);
  });

  it("is what the question takes it to be, and the table is left alone", () => {
    const { arrive, connections } = machine(stateful([]));
    const passage = arrive(client, "eth0", { assume: "established" });
    expect(passage).toMatchObject({ answer: "allowed", state: "established" });
    expect(passage.steps[0]?.why).toContain(
      "belongs to a connection that was let through (established): rule 1 (line 7) accepts",
    );
    expect(arrive(client, "eth0", { assume: "new" }).answer).toBe("denied");
    expect(connections.size(0)).toBe(0);
  });

  it("drops packets when the table is full of assured connections", () => {
    const connections = new ConnectionTable({ bound: 1 });
    for (const [flags, way] of [
      [2, 0],
      [18, 1],
      [16, 0],
    ] as const) {
      const [a, b] = way === 0 ? [client, reply] : [reply, client];
      connections.confirm(
        connections.track({ ...a, destination: b.source, protocol: 6, tcpFlags: flags }, 0),
        0,
      );
    }
    const passage = machine(host([], own)).arrive(client, "eth0", { connections });
    expect(passage.answer).toBe("denied");
    expect(passage.steps[0]).toMatchObject({ ring: "connection table", silent: true });
  });
});

describe("destination translation", () => {
  const dnat = rule("-j DNAT --to 10.0.0.5:5353", all(protocol(17), port(53)), {
    kind: "dnat",
    first: address("10.0.0.5"),
    ports: [5353, 5353],
  });
  const gateway = host(
    [
      table("nat", [{ hook: "prerouting", priority: -100, type: "nat", rules: [dnat] }]),
      table("filter", [
        {
          hook: "forward",
          priority: 0,
          policy: "drop",
          rules: [
            rule("established", state("established"), accept),
            rule(
              "-d 10.0.0.5 --dport 5353 -o eth1",
              all(destination(addressSet("10.0.0.5/32")), port(5353), isOut("eth1")),
              accept,
            ),
          ],
        },
      ]),
    ],
    own,
    ways,
  );
  const answer = udp("10.0.0.5 5353", "198.51.100.7 5000");

  it("comes before routing and filtering, which see the new address", () => {
    const passage = machine(gateway).arrive(client, "eth0");
    expect(passage).toMatchObject({ answer: "allowed", path: "forward", outDevice: "eth1" });
    expect(passage.packet).toEqual(udp("198.51.100.7 5000", "10.0.0.5 5353"));
    expect(passage.steps.map((step) => [step.ring, step.verdict])).toEqual([
      ["nat PREROUTING", "passed"],
      ["filter FORWARD", "allowed"],
    ]);
    expect(passage.steps[0]).toMatchObject({ rules: [dnat], rewritten: passage.packet });
  });

  it("is undone in the reply, without any rule", () => {
    const { arrive } = machine(gateway);
    arrive(client, "eth0");
    const passage = arrive(answer, "eth1");
    expect(passage).toMatchObject({
      answer: "allowed",
      path: "forward",
      outDevice: "eth0",
      state: "established",
    });
    expect(passage.packet).toEqual(reply);
  });

  it("looks at the first packet only: later ones are rewritten alike even if the rules have changed", () => {
    const { arrive, connections } = machine(gateway);
    arrive(client, "eth0");
    arrive(answer, "eth1");
    const changed = {
      ...gateway,
      tables: [
        ...gateway.tables.slice(1),
        table("nat", [{ hook: "prerouting", priority: -100, type: "nat" }]),
      ],
    };
    const passage = passHost(changed, {
      packet: client,
      origin: { kind: "arrives", device: "eth0" },
      connections,
      now: 1,
      place: "db-1",
    });
    expect(passage.packet.destination).toEqual(address("10.0.0.5"));
  });

  it("goes on to the next nat chain where one accepts, for accept does not bind", () => {
    const early = table("early", [
      { hook: "prerouting", priority: -110, type: "nat", rules: [rule("accept", always, accept)] },
    ]);
    expect(
      machine({ ...gateway, tables: [early, ...gateway.tables] }).arrive(client, "eth0").packet.destination,
    ).toEqual(address("10.0.0.5"));
  });

  it("that only may happen is told with what it hangs on", () => {
    const perhaps = rule(
      "-m recent -j DNAT",
      { kind: "unknown", what: "a list" },
      { kind: "dnat", first: address("10.0.0.5") },
    );
    const nat = table("nat", [{ hook: "prerouting", priority: -100, type: "nat", rules: [perhaps] }]);
    const passage = machine(host([nat], own, ways)).arrive(client, "eth0");
    expect(passage).toMatchObject({ answer: "depends", packet: client, path: "input" });
    expect(passage.steps[0]).toMatchObject({
      ring: "nat PREROUTING",
      verdict: "depends",
      causes: [{ what: "a list" }],
    });
    const certain = rule("-j DNAT", always, { kind: "dnat", first: address("10.0.0.6") });
    const both = table("nat", [
      { hook: "prerouting", priority: -100, type: "nat", rules: [perhaps, certain] },
    ]);
    const moved = machine(host([both], own, ways)).arrive(client, "eth0");
    expect(moved).toMatchObject({ answer: "depends", packet: { destination: address("10.0.0.6") } });
    expect(moved.steps[0]?.why).toContain("unless a list tells otherwise");
  });

  it("of the host's own packets changes the way, though the output chain still sees the first interface (watched)", () => {
    const firewall = host(
      [
        table("nat", [
          {
            hook: "output",
            priority: -100,
            type: "nat",
            rules: [rule("dnat", port(1001), { kind: "dnat", first: address("10.0.0.5") })],
          },
        ]),
        table("filter", [
          { hook: "output", priority: 0, policy: "drop", rules: [rule("-o eth0", isOut("eth0"), accept)] },
          {
            hook: "postrouting",
            priority: 300,
            policy: "drop",
            rules: [rule("-o eth1", isOut("eth1"), accept)],
          },
        ]),
      ],
      own,
      ways,
    );
    expect(machine(firewall).send(udp("192.0.2.10 9", "203.0.113.9 1001"))).toMatchObject({
      answer: "allowed",
      outDevice: "eth1",
    });
  });

  it("to the host itself by REDIRECT takes the incoming interface's address, or loopback for its own packets", () => {
    const redirect = rule("-j REDIRECT --to-ports 8053", port(53), { kind: "redirect", ports: [8053, 8053] });
    const firewall = host(
      [
        table("nat", [
          { hook: "prerouting", priority: -100, type: "nat", rules: [redirect] },
          { hook: "output", priority: -100, type: "nat", rules: [redirect] },
        ]),
      ],
      own,
      ways,
    );
    const { arrive, send } = machine(firewall);
    const caught = arrive(udp("10.0.0.9 5000", "203.0.113.53 53"), "eth1");
    expect(caught).toMatchObject({
      path: "input",
      packet: { destination: address("10.0.0.1"), destinationPort: 8053 },
    });
    expect(send(udp("10.0.0.1 8053", "10.0.0.9 5000")).packet).toEqual(
      udp("203.0.113.53 53", "10.0.0.9 5000"),
    );
    expect(send(udp("192.0.2.10 77", "203.0.113.53 53"))).toMatchObject({
      loopback: true,
      outDevice: "lo",
      packet: { destination: address("127.0.0.1"), destinationPort: 8053 },
    });
  });

  it("by REDIRECT on a host whose addresses nobody told still goes to the host, at an address left open", () => {
    const nat = table("nat", [
      {
        hook: "prerouting",
        priority: -100,
        type: "nat",
        rules: [rule("redirect", always, { kind: "redirect" })],
      },
    ]);
    const { arrive, send } = machine(host([nat]));
    const caught = arrive(client, "eth0");
    expect(caught).toMatchObject({
      path: "input",
      answer: "allowed",
      packet: { destination: addressSet("0.0.0.0/0") },
    });
    const back: Packet = { ...reply, source: addressSet("0.0.0.0/0") };
    expect(send(back, { outDevice: "eth0" }).packet).toEqual(reply);
  });

  it("exchanges a prefix and keeps the host part (NETMAP)", () => {
    const netmap = rule("NETMAP", always, {
      kind: "netmap",
      side: "destination",
      to: address("10.0.0.0"),
      length: 24,
    });
    const nat = table("nat", [{ hook: "prerouting", priority: -100, type: "nat", rules: [netmap] }]);
    expect(
      machine(host([nat], own, ways)).arrive(udp("198.51.100.7 1", "203.0.113.77 2"), "eth0").packet
        .destination,
    ).toEqual(address("10.0.0.77"));
  });
});

describe("source translation", () => {
  const masquerade = rule("-o eth0 -j MASQUERADE", isOut("eth0"), { kind: "masquerade" });
  const nat = table("nat", [{ hook: "postrouting", priority: 100, type: "nat", rules: [masquerade] }]);
  const outward = udp("10.0.0.9 4000", "203.0.113.53 53");

  it("by MASQUERADE takes the leaving interface's address, and the reply finds its way back to the client", () => {
    const { arrive } = machine(host([nat], own, ways));
    expect(arrive(outward, "eth1").packet).toEqual(udp("192.0.2.10 4000", "203.0.113.53 53"));
    const back = arrive(udp("203.0.113.53 53", "192.0.2.10 4000"), "eth0");
    // Routed by the client's own address: forwarded, though the packet was addressed to the host.
    expect(back).toMatchObject({
      path: "forward",
      outDevice: "eth1",
      packet: udp("203.0.113.53 53", "10.0.0.9 4000"),
    });
  });

  it("says when the kernel would draw a port by lot", () => {
    const { arrive } = machine(host([nat], own, ways));
    arrive(outward, "eth1");
    const passage = arrive({ ...outward, source: address("10.0.0.8") }, "eth1");
    expect(passage.packet.sourcePort).not.toBe(4000);
    expect(passage.steps.map((step) => step.why)).toEqual([
      expect.stringContaining("by lot"),
      "no chain of this host's firewall filters packets that it forwards",
    ]);
  });

  it("by MASQUERADE drops where the interface has no address of the family", () => {
    expect(
      machine(host([nat], ["eth1 10.0.0.1/24", "eth0 2001:db8::1/64"], ["0.0.0.0/0 eth0"])).arrive(
        outward,
        "eth1",
      ),
    ).toMatchObject({ answer: "denied" });
  });

  it("of the host's own connection is undone though nobody told the host's addresses: the reply is for the host", () => {
    const snat = table("nat", [
      {
        hook: "postrouting",
        priority: 100,
        type: "nat",
        rules: [rule("snat", always, { kind: "snat", first: address("192.0.2.99") })],
      },
    ]);
    const { arrive, send } = machine(host([snat]));
    expect(send(udp("10.0.0.1 4000", "203.0.113.53 53"), { outDevice: "eth0" }).packet.source).toEqual(
      address("192.0.2.99"),
    );
    expect(arrive(udp("203.0.113.53 53", "192.0.2.99 4000"), "eth0")).toMatchObject({
      path: "input",
      packet: { destination: address("10.0.0.1") },
    });
  });

  it("works alike in IPv6", () => {
    const six = table("nat", [{ hook: "postrouting", priority: 100, type: "nat", rules: [masquerade] }], {
      family: "ip6",
    });
    const { arrive } = machine(
      host(
        [six],
        ["eth0 2001:db8::1/64", "eth0 fe80::1/64", "eth1 fd00::1/64"],
        ["::/0 eth0 fe80::99", "fd00::/64 eth1"],
      ),
    );
    expect(arrive(udp("fd00::9 4000", "2001:db8:53::1 53"), "eth1").packet.source).toEqual(
      address("2001:db8::1"),
    );
    expect(arrive(udp("2001:db8:53::1 53", "2001:db8::1 4000"), "eth0").packet.destination).toEqual(
      address("fd00::9"),
    );
  });
});

describe("ICMP errors", () => {
  it("reach a client behind translation, rewritten inside and out", () => {
    const nat = table("nat", [
      {
        hook: "postrouting",
        priority: 100,
        type: "nat",
        rules: [rule("masquerade", isOut("eth0"), { kind: "masquerade" })],
      },
    ]);
    const { arrive } = machine(host([nat], own, ways));
    const sent = arrive(udp("10.0.0.9 4000", "203.0.113.53 53"), "eth1").packet;
    const error: Packet = {
      family: 4,
      source: address("203.0.113.53"),
      destination: address("192.0.2.10"),
      protocol: 1,
      icmpType: 3,
      icmpCode: 3,
      quoted: sent,
    };
    const passage = arrive(error, "eth0");
    expect(passage).toMatchObject({ state: "related", path: "forward", outDevice: "eth1" });
    expect(passage.packet).toMatchObject({
      destination: address("10.0.0.9"),
      quoted: { source: address("10.0.0.9"), sourcePort: 4000 },
    });
  });
});

describe("routing", () => {
  const router = host([], own, ["192.0.2.0/24 eth0", "10.0.0.0/24 eth1", "10.9.0.0/16 blackhole"]);
  it("refuses what has no route, and what a route refuses", () => {
    expect(machine(router).arrive(udp("192.0.2.7 1", "203.0.113.1 1"), "eth0").steps[0]).toMatchObject({
      layer: "route",
      verdict: "denied",
    });
    expect(machine(router).arrive(udp("192.0.2.7 1", "10.9.1.1 1"), "eth0").steps[0]).toMatchObject({
      layer: "route",
      silent: true,
    });
  });
  it("is taken from the question where nobody told the host's addresses", () => {
    const bare = machine(host([]));
    expect(bare.arrive(client, "eth0").path).toBe("input");
    expect(bare.arrive(client, "eth0", { to: "elsewhere" }).path).toBe("forward");
    expect(bare.arrive(udp("198.51.100.7 1", "192.0.2.10 1"), "eth0", { outDevice: "eth1" })).toMatchObject({
      path: "forward",
      outDevice: "eth1",
    });
  });
  it("leaves a test of an interface open where it is not known", () => {
    const firewall = host([
      table("filter", [
        { hook: "forward", priority: 0, policy: "drop", rules: [rule("-o eth1", isOut("eth1"), accept)] },
      ]),
    ]);
    const passage = machine(firewall).arrive(client, "eth0", { to: "elsewhere" });
    expect(passage.answer).toBe("depends");
    expect(passage.causes).toHaveLength(1);
  });
  it("knows of address types what the host's addresses tell, and else what the question tells", () => {
    const local: Match = { kind: "address-type", field: "destination", types: ["local"] };
    const tables = [
      table("filter", [
        { hook: "input", priority: 0, policy: "drop", rules: [rule("local", local, accept)] },
      ]),
    ];
    expect(machine(host(tables, own)).arrive(client, "eth0").answer).toBe("allowed");
    expect(machine(host(tables)).arrive(client, "eth0").answer).toBe("depends");
    expect(machine(host(tables)).arrive(client, "eth0", { to: "self" }).answer).toBe("allowed");
  });
});

describe("what is told", () => {
  const ssh = rule("-A INPUT -p tcp --dport 22 -j ACCEPT", all(protocol(6), port(22)), accept);
  const firewall = host(
    [
      table("mangle", [
        { hook: "prerouting", priority: -150 },
        { hook: "input", priority: -150 },
      ]),
      table("filter", [{ hook: "input", priority: 0, policy: "drop", rules: [ssh] }]),
    ],
    own,
  );
  const syn: Packet = { ...client, protocol: 6, tcpFlags: 2, destinationPort: 22 };

  it("is one line where chains merely accept, and it cites the rule", () => {
    const { steps, rule: cited } = machine(firewall).arrive(syn, "eth0");
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({
      layer: "host",
      place: "db-1",
      ring: "filter INPUT",
      verdict: "allowed",
      rules: [ssh],
      why: "rule 1 (line 7) accepts: -A INPUT -p tcp --dport 22 -j ACCEPT",
    });
    expect(cited).toBe(ssh);
  });

  it("is the policy, and a command that would let it through, where no rule does", () => {
    const { steps } = machine(firewall).arrive({ ...syn, destinationPort: 8080 }, "eth0");
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({
      verdict: "denied",
      silent: true,
      why: "INPUT has no rule for it: the policy DROP decides",
      remedy: "iptables -A INPUT -i eth0 -s 198.51.100.7 -d 192.0.2.10 -p tcp --dport 8080 -j ACCEPT",
    });
  });

  it("puts the command before the rule that refuses, in nft's words for nft's rules", () => {
    const blocked = rule("drop", source(addressSet("198.51.100.0/24")), drop);
    const nft = table(
      "fw",
      [
        {
          hook: "input",
          priority: 0,
          rules: [ssh, { ...blocked, origin: { file: "r.json", line: 9, id: "handle 12" } }],
        },
      ],
      { engine: "nftables", family: "inet" },
    );
    const [step] = machine(host([nft], own)).arrive({ ...syn, destinationPort: 80 }, "eth0").steps;
    expect(step?.ring).toBe("inet fw INPUT");
    expect(step?.remedy).toBe(
      `nft 'insert rule inet fw INPUT position 12 iifname "eth0" ip saddr 198.51.100.7 ip daddr 192.0.2.10 tcp dport 80 accept'`,
    );
  });

  it("names what it hangs on, and both ways", () => {
    const limited = rule(
      "-m limit --limit 5/s -j ACCEPT",
      { kind: "unknown", what: "a rate of 5 packets a second" },
      accept,
    );
    const passage = machine(
      host([table("filter", [{ hook: "input", priority: 0, policy: "drop", rules: [limited] }])], own),
    ).arrive(syn, "eth0");
    expect(passage.answer).toBe("depends");
    expect(passage.causes).toEqual([{ kind: "condition", what: "a rate of 5 packets a second" }]);
    expect(passage.steps[0]?.why).toContain(
      "it hangs on a rate of 5 packets a second: if nothing unknown matches INPUT has no rule for it",
    );
  });

  it("is said too of a host without a chain for the packet", () => {
    expect(machine(host([], own)).arrive(client, "eth0").steps).toMatchObject([
      { verdict: "allowed", rules: [] },
    ]);
  });
});
