// The connection table against what netfilter's documentation and source say of states, timers and bounds. Agreement
// with a running kernel, packet by packet, is the business of the judge.
import { describe, expect, it } from "vitest";
import type { Packet } from "../../packet/packet.ts";
import { ConnectionTable, type TableOptions } from "./table.ts";
import { address, icmp, tcp, udp } from "./testing.ts";

/** Tracks and confirms packets one after the other; their states. */
function states(table: ConnectionTable, packets: readonly Packet[], now = 0): string[] {
  return packets.map((packet) => {
    const tracked = table.track(packet, now);
    table.confirm(tracked, now);
    return tracked.state;
  });
}
function table(options: TableOptions = {}): ConnectionTable {
  return new ConnectionTable(options);
}
const only = (of: ConnectionTable, now = 0) => of.entries(now)[0];

describe("TCP", () => {
  it("is new until the first reply, then established both ways", () => {
    expect(
      states(table(), [
        tcp(">", "syn"),
        tcp(">", "syn"),
        tcp("<", "syn-ack"),
        tcp(">", "ack"),
        tcp("<", "ack"),
      ]),
    ).toEqual(["new", "new", "established", "established", "established"]);
  });

  it.each([
    ["SYN", [tcp(">", "syn")], "SYN_SENT", 120],
    ["SYN+ACK", [tcp(">", "syn"), tcp("<", "syn-ack")], "SYN_RECV", 60],
    ["the handshake's ACK", [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack")], "ESTABLISHED", 432_000],
    [
      "the first FIN",
      [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack"), tcp(">", "fin")],
      "FIN_WAIT",
      120,
    ],
    [
      "its ACK",
      [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack"), tcp(">", "fin"), tcp("<", "ack")],
      "CLOSE_WAIT",
      60,
    ],
    [
      "the second FIN",
      [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack"), tcp(">", "fin"), tcp("<", "fin")],
      "LAST_ACK",
      30,
    ],
    [
      "the last ACK",
      [
        tcp(">", "syn"),
        tcp("<", "syn-ack"),
        tcp(">", "ack"),
        tcp(">", "fin"),
        tcp("<", "fin"),
        tcp(">", "ack"),
      ],
      "TIME_WAIT",
      120,
    ],
    ["a RST", [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack"), tcp("<", "rst")], "CLOSE", 10],
    ["a SYN from both ends", [tcp(">", "syn"), tcp("<", "syn")], "SYN_SENT2", 120],
  ] as const)("after %s is remembered as long as nf_conntrack-sysctl says", (_, packets, state, seconds) => {
    const connections = table();
    states(connections, packets);
    expect(only(connections)).toMatchObject({ state, expiresIn: seconds });
  });

  it.each(["syn-ack", "fin", "rst", "rst-ack"] as const)("does not begin with %s", (segment) => {
    const connections = table();
    expect(states(connections, [tcp(">", segment)])).toEqual(["invalid"]);
    expect(connections.size(0)).toBe(0);
  });

  it.each([
    ["no flags (a null scan)", 0],
    ["FIN alone", 1],
    ["SYN and FIN", 3],
    ["SYN and RST", 6],
    ["FIN, PSH and URG (an Xmas scan)", 41],
    ["FIN and RST with ACK", 21],
  ])("is invalid with %s", (_, tcpFlags) => {
    const connections = table();
    states(connections, [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack")]);
    expect(connections.track({ ...tcp(">", "ack"), tcpFlags }, 0).state).toBe("invalid");
  });

  it("is picked up half-way by an ACK, unless that is switched off", () => {
    const loose = table();
    expect(states(loose, [tcp(">", "ack"), tcp("<", "ack")])).toEqual(["new", "established"]);
    // The first reply may be a stray one: remembered for minutes, not for days, until the connection goes on.
    expect(only(loose)).toMatchObject({ state: "ESTABLISHED", assured: false, expiresIn: 300 });
    states(loose, [tcp(">", "ack")]);
    expect(only(loose)).toMatchObject({ assured: true, expiresIn: 432_000 });
    expect(states(table({ looseTcp: false }), [tcp(">", "ack")])).toEqual(["invalid"]);
  });

  it("is assured once the handshake is complete, and not before", () => {
    const connections = table();
    states(connections, [tcp(">", "syn"), tcp("<", "syn-ack")]);
    expect(only(connections)).toMatchObject({ assured: false, seenReply: true });
    states(connections, [tcp(">", "ack")]);
    expect(only(connections)?.assured).toBe(true);
  });

  it("is forgotten at once when a RST is the only answer", () => {
    const connections = table();
    expect(states(connections, [tcp(">", "syn"), tcp("<", "rst-ack")])).toEqual(["new", "established"]);
    expect(connections.size(0)).toBe(0);
  });

  it("does not wait longer because the SYN is repeated", () => {
    const connections = table();
    states(connections, [tcp(">", "syn")], 0);
    states(connections, [tcp(">", "syn")], 100);
    expect(only(connections, 100)?.expiresIn).toBe(20);
  });

  it("begins anew with a SYN on the tuple of a connection that was closed", () => {
    const connections = table();
    states(connections, [
      tcp(">", "syn"),
      tcp("<", "syn-ack"),
      tcp(">", "ack"),
      tcp(">", "fin"),
      tcp("<", "fin"),
      tcp(">", "ack"),
    ]);
    expect(states(connections, [tcp(">", "syn")])).toEqual(["new"]);
    expect(only(connections)).toMatchObject({ state: "SYN_SENT", packets: 1 });
  });

  it("lets a SYN in the middle pass unbelieved, and gets in step with its answer", () => {
    const connections = table();
    states(connections, [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack")]);
    expect(states(connections, [tcp(">", "syn")])).toEqual(["established"]);
    expect(only(connections)?.state).toBe("ESTABLISHED");
    states(connections, [tcp("<", "syn-ack")]);
    expect(only(connections)?.state).toBe("SYN_RECV");
  });

  it("takes a packet without flags for the ordinary one of the moment", () => {
    const connections = table();
    const { tcpFlags: _, ...open } = tcp(">", "syn");
    const { tcpFlags: __, ...reply } = tcp("<", "syn-ack");
    expect(states(connections, [open, reply, open])).toEqual(["new", "established", "established"]);
    expect(only(connections)?.state).toBe("ESTABLISHED");
  });

  it("is over when a rule refuses one of its segments with a reset", () => {
    const connections = table();
    states(connections, [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack")]);
    connections.close(connections.track(tcp(">", "ack"), 0), 0);
    expect(only(connections)).toMatchObject({ state: "CLOSE", expiresIn: 10 });
  });
});

describe("TCP sequence numbers", () => {
  const numbered = (packet: Packet, sequence: number, acknowledgment: number, payloadBytes = 0): Packet => ({
    ...packet,
    tcp: { sequence, acknowledgment, window: 1000, payloadBytes, options: {} },
  });
  const handshake = [
    numbered(tcp(">", "syn"), 100, 0),
    numbered(tcp("<", "syn-ack"), 900, 101),
    numbered(tcp(">", "ack"), 101, 901),
  ];
  it("in the window pass", () => {
    const connections = table();
    states(connections, handshake);
    expect(
      states(connections, [numbered(tcp(">", "ack"), 101, 901, 500), numbered(tcp("<", "ack"), 901, 601)]),
    ).toEqual(["established", "established"]);
  });
  it("far beyond the window, or that acknowledge what was never sent, are invalid", () => {
    const connections = table();
    states(connections, handshake);
    expect(states(connections, [numbered(tcp(">", "ack"), 500_000, 901)])).toEqual(["invalid"]);
    expect(states(connections, [numbered(tcp("<", "ack"), 901, 5000)])).toEqual(["invalid"]);
  });
  it("wrap around 2^32", () => {
    const connections = table();
    const last = 0xffff_ffff;
    expect(
      states(connections, [
        numbered(tcp(">", "syn"), last, 0),
        numbered(tcp("<", "syn-ack"), last - 1, 0),
        numbered(tcp(">", "ack"), 0, last, 10),
        numbered(tcp("<", "ack"), last, 10, 10),
        numbered(tcp(">", "ack"), 10, 9),
      ]),
    ).toEqual(["new", "established", "established", "established", "established"]);
  });
  it("of a RST before what was acknowledged do not close an established connection", () => {
    const connections = table();
    states(connections, [
      ...handshake,
      numbered(tcp("<", "ack"), 901, 101, 100),
      numbered(tcp(">", "ack"), 101, 1001),
    ]);
    expect(states(connections, [numbered(tcp("<", "rst"), 950, 0)])).toEqual(["invalid"]);
    // In the window but not exact: it passes, and the connection stays, since it may only provoke a challenge ACK.
    expect(states(connections, [numbered(tcp("<", "rst"), 1100, 0)])).toEqual(["established"]);
    expect(only(connections)?.state).toBe("ESTABLISHED");
    states(connections, [numbered(tcp("<", "rst"), 1001, 0)]);
    expect(only(connections)?.state).toBe("CLOSE");
  });
  it("of a RST are not judged where it may answer a SYN of the other end that was let through (watched)", () => {
    const connections = table();
    states(connections, [numbered(tcp(">", "syn"), 100, 0), numbered(tcp("<", "syn"), 900, 0)]);
    // The server's SYN came last: only a RST of the client may be the answer to it.
    expect(states(connections, [numbered(tcp("<", "rst"), 500_000, 0)])).toEqual(["invalid"]);
    expect(states(connections, [numbered(tcp(">", "rst"), 500_000, 0)])).toEqual(["established"]);
    expect(only(connections)?.state).toBe("CLOSE");
  });
  it("are not judged where nobody read the SYN's options, since the window may be scaled", () => {
    const connections = table();
    states(
      connections,
      handshake.map((packet) => {
        const { tcp: header, ...rest } = packet;
        if (header === undefined) return rest;
        const { options: _, ...bare } = header;
        return { ...rest, tcp: bare };
      }),
    );
    expect(states(connections, [numbered(tcp(">", "ack"), 500_000, 901)])).toEqual(["established"]);
  });
});

describe("UDP", () => {
  it("is new until it was answered, and remembered for 30 seconds", () => {
    const connections = table();
    expect(states(connections, [udp(">"), udp(">"), udp("<"), udp(">")])).toEqual([
      "new",
      "new",
      "established",
      "established",
    ]);
    expect(only(connections)).toMatchObject({ expiresIn: 30, assured: false });
    expect(only(connections)).not.toHaveProperty("state");
  });
  it("is a stream, for 120 seconds, only when traffic both ways lasts over two seconds", () => {
    const connections = table();
    states(connections, [udp(">"), udp("<")], 0);
    states(connections, [udp(">")], 1.9);
    expect(only(connections, 1.9)).toMatchObject({ expiresIn: 30, assured: false });
    states(connections, [udp("<")], 2.5);
    expect(only(connections, 2.5)).toMatchObject({ expiresIn: 120, assured: true });
  });
  it("is forgotten when its time is up, and then new again", () => {
    const connections = table();
    states(connections, [udp(">")], 0);
    expect(states(connections, [udp("<")], 29.9)).toEqual(["established"]);
    expect(states(connections, [udp("<")], 60)).toEqual(["new"]);
    expect(connections.counters.expired).toBe(1);
  });
});

describe("ICMP", () => {
  it.each([
    [8, 0],
    [13, 14],
    [15, 16],
    [17, 18],
  ])("question %i begins a connection, and %i answers it", (question, answer) => {
    expect(states(table(), [icmp(">", question, { icmpId: 7 }), icmp("<", answer, { icmpId: 7 })])).toEqual([
      "new",
      "established",
    ]);
  });
  it("answers that nobody asked for are invalid, as are all other messages", () => {
    for (const type of [0, 14, 9, 10, 30, 1]) expect(states(table(), [icmp(">", type)])).toEqual(["invalid"]);
  });
  it("answers to another identifier are of another connection", () => {
    expect(states(table(), [icmp(">", 8, { icmpId: 7 }), icmp("<", 0, { icmpId: 8 })])).toEqual([
      "new",
      "invalid",
    ]);
  });
  it("errors are related to the connection that they quote, from whichever router they come", () => {
    const connections = table();
    states(connections, [tcp(">", "syn")]);
    const error = icmp("<", 3, { icmpCode: 1, source: address("203.0.113.1"), quoted: tcp(">", "syn") });
    expect(connections.track(error, 0)).toMatchObject({ state: "related", direction: "reply" });
  });
  it("errors about nothing known, and errors sent elsewhere than the quoted packet came from, are invalid", () => {
    const connections = table();
    expect(states(connections, [icmp("<", 3, { quoted: tcp(">", "syn") })])).toEqual(["invalid"]);
    states(connections, [tcp(">", "syn")]);
    expect(
      states(connections, [icmp("<", 3, { quoted: tcp(">", "syn"), destination: address("198.51.100.8") })]),
    ).toEqual(["invalid"]);
    expect(states(connections, [icmp("<", 3)])).toEqual(["invalid"]);
  });
});

describe("ICMPv6", () => {
  const message = (type: number): Packet => ({
    family: 6,
    source: address("2001:db8::1"),
    destination: address("2001:db8::2"),
    protocol: 58,
    icmpType: type,
    icmpCode: 0,
  });
  it.each([130, 131, 132, 133, 134, 135, 136, 143])(
    "type %i, on which IPv6 itself lives, is untracked",
    (type) => {
      expect(states(table(), [message(type)])).toEqual(["untracked"]);
    },
  );
  it("echo is tracked as in IPv4; a redirect is invalid", () => {
    const reply = { ...message(129), source: message(128).destination, destination: message(128).source };
    expect(states(table(), [message(128), reply])).toEqual(["new", "established"]);
    expect(states(table(), [message(137)])).toEqual(["invalid"]);
  });
});

describe("other protocols", () => {
  it("are told apart by addresses alone, and remembered for ten minutes", () => {
    const esp: Packet = {
      family: 4,
      source: address("198.51.100.7"),
      destination: address("192.0.2.10"),
      protocol: 50,
    };
    const connections = table();
    expect(states(connections, [esp, { ...esp, source: esp.destination, destination: esp.source }])).toEqual([
      "new",
      "established",
    ]);
    expect(only(connections)?.expiresIn).toBe(600);
  });
  it("a fragment without its transport header is invalid: the kernel puts datagrams together before it tracks", () => {
    expect(states(table(), [{ ...udp(">"), fragment: "later" }])).toEqual(["invalid"]);
  });
});

describe("the table", () => {
  it("does not hold what was dropped before it was confirmed", () => {
    const connections = table();
    connections.track(tcp(">", "syn"), 0);
    expect(connections.size(0)).toBe(0);
    expect(connections.track(tcp("<", "syn-ack"), 0).state).toBe("invalid");
  });

  it("drops the second of two connections that claim one tuple", () => {
    const connections = table();
    const first = connections.track(udp(">"), 0);
    const second = connections.track(udp("<"), 0);
    expect([first.state, second.state]).toEqual(["new", "new"]);
    expect(connections.confirm(first, 0)).toBe(true);
    expect(connections.confirm(second, 0)).toBe(false);
    expect(connections.counters.clashed).toBe(1);
  });

  it("lets half-open connections go first when it is full, the oldest of them", () => {
    const connections = table({ bound: 3 });
    const call = (port: number): [number, number] => [port, 443];
    states(connections, [tcp(">", "syn", call(1)), tcp("<", "syn-ack", call(1)), tcp(">", "ack", call(1))]);
    states(connections, [tcp(">", "syn", call(2))], 1);
    states(connections, [tcp(">", "syn", call(3))], 2);
    states(connections, [tcp(">", "syn", call(4))], 3);
    expect(connections.entries(3).map((entry) => entry.sourcePort)).toEqual([1, 3, 4]);
    expect(connections.counters).toMatchObject({ evicted: 1, refused: 0 });
  });

  it("refuses new connections when it is full of assured ones, and takes them again when those have run out", () => {
    const connections = table({ bound: 1, timeouts: { tcpEstablished: 50 } });
    states(connections, [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack")]);
    expect(connections.track(udp(">"), 10)).toEqual({ state: "new", direction: "original", refused: true });
    expect(connections.counters).toMatchObject({ evicted: 0, refused: 1 });
    expect(connections.track(udp(">"), 60).refused).toBeUndefined();
  });

  it("lets closing connections go before it refuses", () => {
    const connections = table({ bound: 1 });
    states(connections, [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack"), tcp(">", "fin")]);
    expect(connections.track(udp(">"), 5).refused).toBeUndefined();
    expect(connections.counters).toMatchObject({ evicted: 1, refused: 0 });
  });

  it("prints who talks to whom, how long, and how much", () => {
    const connections = table();
    states(connections, [{ ...tcp(">", "syn"), length: 60 }], 10);
    states(connections, [{ ...tcp("<", "syn-ack"), length: 44 }], 11);
    expect(connections.entries(15)).toEqual([
      {
        protocol: 6,
        source: address("198.51.100.7"),
        sourcePort: 50_000,
        destination: address("192.0.2.10"),
        destinationPort: 443,
        reply: {
          source: address("192.0.2.10"),
          sourcePort: 443,
          destination: address("198.51.100.7"),
          destinationPort: 50_000,
        },
        state: "SYN_RECV",
        age: 5,
        expiresIn: 56,
        packets: 2,
        bytes: 104,
        original: { packets: 1, bytes: 60 },
        replies: { packets: 1, bytes: 44 },
        mark: 0,
        assured: false,
        seenReply: true,
        status: ["seen-reply", "confirmed"],
      },
    ]);
  });

  it("sweeps what has run out while it is used, so that it does not grow with a capture's length", () => {
    const connections = table({ bound: 1_000_000 });
    for (let at = 0; at < 20_000; at += 1) {
      const tracked = connections.track(udp(">", [1024 + (at % 60_000), 53]), at / 10);
      connections.confirm(tracked, at / 10);
    }
    // 10 packets a second, each remembered for 30 seconds: 300 are alive, and sweeping keeps close behind.
    expect(connections.counters.confirmed - connections.counters.expired).toBeLessThan(600);
  });
});

describe("questions that leave fields open", () => {
  const open: Packet = { ...tcp(">", "syn"), sourcePort: [32_768, 60_999] };
  const reply: Packet = { ...tcp("<", "syn-ack"), destinationPort: [32_768, 60_999] };
  it("find their own connection again", () => {
    expect(states(table(), [open, reply])).toEqual(["new", "established"]);
  });
  it("cover the packets that lie within, and no others", () => {
    const connections = table();
    states(connections, [open]);
    expect(connections.track(tcp("<", "syn-ack", [50_000, 443]), 0).state).toBe("established");
    expect(connections.track(tcp("<", "syn-ack", [1024, 443]), 0).state).toBe("invalid");
  });
  it("are not covered by one connection of theirs", () => {
    const connections = table();
    states(connections, [tcp(">", "syn"), tcp("<", "syn-ack"), tcp(">", "ack")]);
    expect(connections.track(open, 0).state).toBe("new");
  });
});
