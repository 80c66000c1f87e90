import { describe, expect, test } from "vitest";
import { loadEstate } from "../../formats/load.ts";
import { readHostFirewall } from "../../formats/iptables/reader.ts";
import { parseAddress, type Address } from "../../packet/address.ts";
import type { CapturedPacket } from "../../packet/capture/packet.ts";
import { linkTypes } from "../../packet/decode.ts";
import { encode, fragments } from "../../packet/encode.ts";
import { ACK, FIN, SYN, type Packet } from "../../packet/packet.ts";
import { TCP, UDP } from "../../packet/protocol.ts";
import { replayCapture, type Replay, type ReplayOptions, type ReplayRow } from "../replay.ts";
import type { FirewalledHost } from "./model.ts";

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

/** `10.0.0.1:5000` and the like. */
function end(text: string): [Address, number] {
  const at = text.lastIndexOf(":");
  return [address(text.slice(0, at)), Number(text.slice(at + 1))];
}

function between(protocol: number, from: string, to: string, flags?: number): Packet {
  const [source, sourcePort] = end(from);
  const [destination, destinationPort] = end(to);
  return {
    family: 4,
    source,
    destination,
    protocol,
    sourcePort,
    destinationPort,
    ...(flags === undefined ? {} : { tcpFlags: flags }),
  };
}

interface Shown {
  readonly bytes: Uint8Array;
  readonly interface?: string;
  readonly direction?: "in" | "out";
  readonly seconds?: number;
}

async function* captured(shown: readonly Shown[]): AsyncGenerator<CapturedPacket> {
  for (const [at, item] of shown.entries()) {
    yield {
      number: at + 1,
      offset: 24 + at * 100,
      time: { seconds: item.seconds ?? at, nanoseconds: 0 },
      linkType: linkTypes.raw,
      frame: item.bytes,
      wireBytes: item.bytes.length,
      ...(item.interface === undefined ? {} : { interface: item.interface }),
      ...(item.direction === undefined ? {} : { direction: item.direction }),
    };
  }
}

const show = (packet: Packet, more: Omit<Shown, "bytes"> = {}): Shown => ({ bytes: encode(packet), ...more });

function hostOf(rules: string, beside = ""): FirewalledHost {
  const files = [{ path: "gate.rules", text: `*filter\n${rules}\nCOMMIT\n` }];
  if (beside !== "") files.push({ path: "gate.addr", text: beside });
  const firewall = readHostFirewall("gate", files);
  return {
    id: "gate",
    name: "gate",
    kind: "host",
    tags: {},
    interfaces: [],
    running: true,
    origin: firewall.origin,
    firewall,
  };
}

async function rowsOf(replay: Replay): Promise<ReplayRow[]> {
  const rows: ReplayRow[] = [];
  for await (const row of replay.rows) rows.push(row);
  return rows;
}
const through = (
  host: FirewalledHost,
  shown: readonly Shown[],
  options: ReplayOptions = {},
): Promise<ReplayRow[]> => rowsOf(replayCapture(captured(shown), { kind: "host", host }, options));

const server = `:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p udp -m udp --dport 53 -j ACCEPT
-A FORWARD -i eth0 -o eth1 -p tcp -m tcp --dport 443 -j ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT`;
const local = [address("192.0.2.10")];

describe("which way a packet goes", () => {
  const query = between(UDP, "203.0.113.7:5000", "192.0.2.10:53");
  const answer = between(UDP, "192.0.2.10:53", "203.0.113.7:5000");

  test("to a local address it comes in, from one it goes out", async () => {
    const rows = await through(hostOf(server), [show(query), show(answer)], { local });
    expect(rows.map((row) => [row.path, row.state, row.verdict])).toEqual([
      ["input", "new", "allowed"],
      ["output", "established", "allowed"],
    ]);
    expect(rows[0]?.rule?.text).toContain("--dport 53");
  });

  test("with --in alone, and no address known, everything comes in for the host", async () => {
    const [row] = await through(hostOf(server), [show(query)], { in: "eth0" });
    expect(row).toMatchObject({ path: "input", verdict: "allowed" });
  });

  test("with --in and --out, a connection goes one way and its replies the other", async () => {
    const rows = await through(
      hostOf(server),
      [
        show(between(TCP, "203.0.113.7:5000", "10.0.0.5:443", SYN)),
        show(between(TCP, "10.0.0.5:443", "203.0.113.7:5000", SYN | ACK)),
        show(between(TCP, "10.0.0.5:6000", "203.0.113.7:443", SYN)),
      ],
      { local, in: "eth0", out: "eth1" },
    );
    expect(rows.map((row) => [row.path, row.state, row.verdict])).toEqual([
      ["forward", "new", "allowed"],
      ["forward", "established", "allowed"],
      // Not a reply, so it is taken to come in by eth0 like every first packet.
      ["forward", "new", "allowed"],
    ]);
  });

  test("a capture that names interfaces needs no options, and a forwarded packet is judged once", async () => {
    const syn = between(TCP, "203.0.113.7:5000", "10.0.0.5:443", SYN);
    const beside =
      "2: eth0    inet 198.51.100.1/24 scope global eth0\n3: eth1    inet 10.0.0.1/24 scope global eth1\n";
    const rows = await through(hostOf(server, beside), [
      show(syn, { interface: "eth0", direction: "in" }),
      show(syn, { interface: "eth1", direction: "out" }),
    ]);
    expect(rows.map((row) => row.verdict)).toEqual(["allowed", "unjudged"]);
    expect(rows[1]?.why).toBe("forwarded: judged when it came in");
  });

  test("a packet whose way nobody tells is an error, not a guess", async () => {
    await expect(through(hostOf(server), [show(query)])).rejects.toMatchObject({
      code: "unanswerable",
      message: expect.stringContaining("packet 1 (udp 203.0.113.7:5000 > 192.0.2.10:53)"),
    });
  });

  test("an interface that nobody names makes a rule on interfaces unknowable", async () => {
    const rules = `:INPUT DROP [0:0]\n-A INPUT -i eth0 -j ACCEPT`;
    const [row] = await through(hostOf(rules), [show(query)], { local });
    expect(row?.verdict).toBe("depends");
    expect(row?.causes.length).toBeGreaterThan(0);
  });
});

describe("memory", () => {
  test("a reply after the table forgot its connection is no reply any more", async () => {
    const rules = `:INPUT DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT`;
    const query = between(UDP, "192.0.2.10:5000", "203.0.113.53:53");
    const reply = between(UDP, "203.0.113.53:53", "192.0.2.10:5000");
    const rows = await through(
      hostOf(rules),
      // nf_conntrack_udp_timeout is 30 seconds.
      [
        show(query, { seconds: 0 }),
        show(reply, { seconds: 29 }),
        show(query, { seconds: 1000 }),
        show(reply, { seconds: 1031 }),
      ],
      { local },
    );
    expect(rows.map((row) => [row.state, row.verdict])).toEqual([
      ["new", "allowed"],
      ["established", "allowed"],
      ["new", "allowed"],
      ["new", "denied"],
    ]);
  });

  test("a clock that goes back a little is no reason to fail", async () => {
    const query = between(UDP, "203.0.113.7:5000", "192.0.2.10:53");
    const rows = await through(hostOf(server), [show(query, { seconds: 5 }), show(query, { seconds: 4 })], {
      local,
    });
    expect(rows.map((row) => row.verdict)).toEqual(["allowed", "allowed"]);
  });

  test("fragments share the verdict of the first, which has the ports", async () => {
    const whole = encode(between(UDP, "203.0.113.7:5000", "192.0.2.10:53"), { payload: new Uint8Array(100) });
    const [first, second, third] = fragments(whole, 40, 77).map((bytes) => ({ bytes }));
    if (first === undefined || second === undefined || third === undefined)
      throw new Error("three fragments");
    const rows = await through(hostOf(server), [first, second, third], { local });
    expect(rows.map((row) => row.verdict)).toEqual(["allowed", "allowed", "allowed"]);
    expect(rows[2]?.rule).toBe(rows[0]?.rule);
    expect(rows[2]?.why).toMatch(/^goes with packet 1, the first fragment/);
    const [alone] = await through(hostOf(server), [third], { local });
    expect(alone).toMatchObject({ verdict: "depends", why: expect.stringContaining("first fragment") });
  });

  test("what is no IP packet gets a row and no verdict", async () => {
    const [row] = await through(hostOf(server), [{ bytes: new Uint8Array([0x12, 0, 0]) }], { local });
    expect(row).toMatchObject({ number: 1, verdict: "unjudged", text: "3 bytes", why: "IP version 1" });
  });
});

describe("through an estate without hosts' firewalls", () => {
  const estate = (name: string) => loadEstate(new URL(`../../../examples/${name}`, import.meta.url).pathname);
  const client = "203.0.113.7:52431";
  const conversation = (web: string): Shown[] => [
    show(between(TCP, client, web, SYN)),
    show(between(TCP, web, client, SYN | ACK)),
    show(between(TCP, client, web, ACK)),
    show(between(TCP, client, web, FIN | ACK)),
  ];

  test.each([["198.51.100.10:443"], ["10.0.1.10:443"]])(
    "captured on either side of the internet gateway (%s), the NACL without ephemeral ports drops the replies",
    async (web) => {
      const replay = replayCapture(captured(conversation(web)), {
        kind: "estate",
        estate: await estate("nacl-no-ephemeral"),
      });
      const rows = await rowsOf(replay);
      expect(rows.map((row) => [row.state, row.verdict])).toEqual([
        ["new", "allowed"],
        ["established", "denied"],
        ["established", "allowed"],
        ["established", "allowed"],
      ]);
      expect(rows[1]).toMatchObject({ ring: expect.stringContaining("web-acl") });
    },
  );

  test("with the ephemeral ports open the whole conversation passes", async () => {
    const replay = replayCapture(captured(conversation("10.0.1.10:443")), {
      kind: "estate",
      estate: await estate("nacl"),
    });
    expect((await rowsOf(replay)).map((row) => row.verdict)).toEqual(
      Array.from({ length: 4 }, () => "allowed"),
    );
    expect(replay.tables()[0]?.connections).toMatchObject([{ destinationPort: 443, packets: 4 }]);
  });

  test("a security group answers replies from memory and drops what nobody asked for", async () => {
    const web = "10.0.2.10:80";
    const packets = [
      show(between(TCP, client, web, SYN)),
      show(between(TCP, web, client, SYN | ACK)),
      show(between(TCP, client, "10.0.2.10:22", SYN)),
    ];
    const rows = await rowsOf(
      replayCapture(captured(packets), { kind: "estate", estate: await estate("web-server-sg") }),
    );
    expect(rows.map((row) => row.verdict)).toEqual(["allowed", "allowed", "denied"]);
    expect(rows[1]?.why).toMatch(/belongs to a connection/);
  });

  test("packets between strangers are not the estate's matter", async () => {
    const shown = [show(between(UDP, "203.0.113.7:5000", "203.0.113.9:53"))];
    const [row] = await rowsOf(
      replayCapture(captured(shown), { kind: "estate", estate: await estate("nacl") }),
    );
    expect(row).toMatchObject({
      verdict: "unjudged",
      why: expect.stringContaining("neither 203.0.113.7 nor"),
    });
  });
});
