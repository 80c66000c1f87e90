// Packets a second: reading a capture, decoding it, and replaying it. The peer for reading and decoding is tcpdump.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEstate } from "../src/formats/load.ts";
import { readHostFirewall } from "../src/formats/iptables/reader.ts";
import { makeAddress } from "../src/packet/address.ts";
import { openCapture } from "../src/packet/capture/capture.ts";
import { decode } from "../src/packet/decode.ts";
import { encode } from "../src/packet/encode.ts";
import { ACK, SYN, type Packet } from "../src/packet/packet.ts";
import { TCP } from "../src/packet/protocol.ts";
import { replayCapture, type Through } from "../src/questions/replay.ts";
import { measure, type Line } from "./measure.ts";

const connections = 10_000;
const segments = 20;

/** Ten thousand connections of twenty packets to a web server, in rounds, as raw IP. */
function capture(): Buffer {
  const server = makeAddress(4, 0x0a00_010a);
  const parts: Buffer[] = [Buffer.from("d4c3b2a1020004000000000000000000ffff000065000000", "hex")];
  for (let segment = 0; segment < segments; segment += 1) {
    for (let at = 0; at < connections; at += 1) {
      const client = makeAddress(4, 0xcb00_7100 + (at % 250));
      const asks = segment % 2 === 0;
      const ports = { client: 1024 + Math.floor(at / 250), server: 443 };
      const packet: Packet = {
        family: 4,
        source: asks ? client : server,
        destination: asks ? server : client,
        sourcePort: asks ? ports.client : ports.server,
        destinationPort: asks ? ports.server : ports.client,
        protocol: TCP,
        tcpFlags: segment === 0 ? SYN : segment === 1 ? SYN | ACK : ACK,
        tcp: {
          sequence: asks ? Math.min(segment, 1) : Number(segment > 1),
          acknowledgment: segment === 0 ? 0 : 1,
          window: 65535,
          payloadBytes: 0,
        },
      };
      const frame = encode(packet);
      const record = Buffer.alloc(16);
      record.writeUInt32LE(1_700_000_000 + segment, 0);
      record.writeUInt32LE(at * 100, 4);
      record.writeUInt32LE(frame.length, 8);
      record.writeUInt32LE(frame.length, 12);
      parts.push(record, Buffer.from(frame));
    }
  }
  return Buffer.concat(parts);
}

const rules = `*filter
:INPUT DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`;

export async function benchCapture(): Promise<Line[]> {
  const folder = mkdtempSync(join(tmpdir(), "ringwall-bench-"));
  try {
    return await lines(join(folder, "web.pcap"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function lines(path: string): Promise<Line[]> {
  writeFileSync(path, capture());
  const packets = connections * segments;
  const perSecond = async (run: () => Promise<void>): Promise<number> =>
    (packets / (await measure(run, { rounds: 3, warm: 1 })).ms) * 1000;
  const firewall = readHostFirewall("web", [{ path: "web.rules", text: rules }]);
  const host: Through = {
    kind: "host",
    host: {
      id: "web",
      name: "web",
      kind: "host",
      tags: {},
      interfaces: [],
      running: true,
      origin: firewall.origin,
      firewall,
    },
  };
  const estate: Through = {
    kind: "estate",
    estate: await loadEstate(new URL("../examples/nacl", import.meta.url).pathname),
  };
  const replaying = (through: Through) => async (): Promise<void> => {
    const replay = replayCapture(openCapture(path), through, {
      local: [makeAddress(4, 0x0a00_010a)],
      in: "eth0",
    });
    for await (const row of replay.rows) if (row.verdict === "depends") throw new Error(row.text);
  };
  const reading = await perSecond(async () => {
    let bytes = 0;
    for await (const packet of openCapture(path)) bytes += packet.frame.length;
    if (bytes === 0) throw new Error("an empty capture");
  });
  const decoding = await perSecond(async () => {
    for await (const packet of openCapture(path))
      if (decode(packet.frame, packet.linkType).kind !== "packet") throw new Error("not decoded");
  });
  const tcpdump = spawnSync("tcpdump", ["--version"]).error === undefined;
  const printing = tcpdump
    ? await perSecond(async () => void spawnSync("tcpdump", ["-nn", "-r", path], { maxBuffer: 1 << 30 }))
    : undefined;
  const against = tcpdump ? "tcpdump -nn -r, which prints them too" : "none: tcpdump is not there";
  const peer = printing === undefined ? {} : { peer: printing };
  return [
    { what: "read a capture", ours: reading, unit: "packets/s", ...peer, against },
    { what: "read and decode it", ours: decoding, unit: "packets/s", ...peer, against },
    {
      what: "replay it through a host",
      ours: await perSecond(replaying(host)),
      unit: "packets/s",
      ...peer,
      against,
    },
    {
      what: "replay it through an estate",
      ours: await perSecond(replaying(estate)),
      unit: "packets/s",
      ...peer,
      against,
    },
  ];
}
